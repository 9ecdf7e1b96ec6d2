"""Line starts after an edit are those of the new text."""

from hypothesis import given
from hypothesis import strategies as st

from zyn.base.source import line_starts
from zyn.driver.lines import patched

endings = st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\r\n", b"bc"]), max_size=12)


@given(endings.map(b"".join), st.integers(0, 20), st.integers(0, 5), endings.map(b"".join))
def test_patched_equals_counted(text: bytes, start: int, removed: int, new: bytes) -> None:
    start = min(start, len(text))
    end = min(start + removed, len(text))
    after = text[:start] + new + text[end:]
    assert patched(line_starts(text), after, start, end, len(new)) == line_starts(after)


def test_a_line_end_that_is_put_together() -> None:
    assert patched(line_starts(b"a\rb\nc"), b"a\r\nc", 2, 3, 0) == [0, 3]
