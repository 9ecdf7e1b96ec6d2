"""Random texts and edits that like to break the structure of a file."""

from hypothesis import strategies as st

PIECES = (
    b"fn", b"async ", b"async fn a(x: i32) i32 {\n", b"}\n", b"{", b"/*", b"*/", b"//", b"\n",
    b"\r", b"\r\n", b'"', b"\\", b"const ", b"P = ", b"struct", b"struct { a: i32 };\n", b" ",
    b"x", b"*", b"/", b"n", b"f", b"\xc2\xa0", b"async /* c */ fn b() void {}\n", b"\xff",
    b"return await a(1);\n", b"(", b")", b";", b"1",
)  # fmt: skip

texts = st.lists(st.sampled_from(PIECES), max_size=24).map(b"".join)

Edit = tuple[float, int, bytes]

edits: st.SearchStrategy[list[Edit]] = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.sampled_from([0, 0, 0, 1, 2, 5, 40]),
        st.lists(st.sampled_from(PIECES), max_size=3).map(b"".join),
    ),
    max_size=8,
)


def place(edit: Edit, size: int) -> tuple[int, int, bytes]:
    """First byte, end and new text of an edit in a text of `size` bytes."""
    where, removed, new = edit
    start = min(int(where * (size + 1)), size)
    return start, min(start + removed, size), new
