"""Parsing after edits gives what parsing afresh gives, and no text breaks the parser.

The first holds for every text without errors, whatever happened on the way to it.  For broken
texts tree-sitter does not promise it: a reused part can lead recovery to another, equally
valid choice (about one edit in ten thousand here), so there only soundness is asked for.

Work is counted, not timed: the parser reports after each hundred of its steps.
"""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_sitter import Point, Tree

from tests.grammar.corpus import read_corpus
from tests.support.repository import ROOT
from zyn import grammar

CORPUS = ROOT / "tree-sitter-grammar" / "zyntax" / "test" / "corpus"
CASES = list(read_corpus(CORPUS))
SOUND = [case.source.encode() for case in CASES if case.topic != "errors"]
BROKEN = [case.source.encode() for case in CASES if case.topic == "errors"]

# Pieces of text that change the structure around them.
PIECES = b'( ) { } [ ] ; : , . = == + - ! ? " \\ // /* */ fn async await if else return T{ x 1 1.5'
INSERTIONS = [*PIECES.split(), b" ", b"\n", b"\xff", b"\x00", "数".encode()]

# One report stands for a hundred steps; the worst texts below need one per twenty bytes.
BYTES_PER_REPORT = 8
NESTING = 10_000
MEGABYTE = 1_000_000

untimed = settings(deadline=None)

programs = st.lists(st.sampled_from(SOUND), max_size=4).map(b"\n".join)
texts = st.lists(st.sampled_from(SOUND + BROKEN), max_size=4).map(b"\n".join)


@st.composite
def edited(draw: st.DrawFn, text: bytes) -> bytes:
    """The text with a few bytes taken out at one place and a piece put in."""
    start = draw(st.integers(0, len(text)))
    end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 2, 5, 40])))
    return text[:start] + draw(st.sampled_from([b"", *INSERTIONS])) + text[end:]


def point(text: bytes, offset: int) -> Point:
    """Row and column of a byte offset."""
    line_start = text.rfind(b"\n", 0, offset) + 1
    return Point(text.count(b"\n", 0, offset), offset - line_start)


def reparse(tree: Tree, old: bytes, new: bytes) -> Tree:
    """Parse the new text with the old tree, told of the one place where they differ."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    tail = 0
    while tail < min(len(old), len(new)) - start and old[-tail - 1] == new[-tail - 1]:
        tail += 1
    old_end, new_end = len(old) - tail, len(new) - tail
    tree.edit(start, old_end, new_end, point(old, start), point(old, old_end), point(new, new_end))
    return grammar.parser("zyntax").parse(new, tree)


def outline(tree: Tree) -> Iterator[tuple[int, str | None, str, bool, int, int]]:
    """Every node with depth, field, kind and byte range.  Walks without recursion."""
    cursor = tree.walk()
    depth = 0
    while True:
        if (node := cursor.node) is None:
            raise AssertionError("a cursor of a tree stands on a node")
        yield depth, cursor.field_name, node.type, node.is_missing, node.start_byte, node.end_byte
        if cursor.goto_first_child():
            depth += 1
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            depth -= 1


def assert_sound(tree: Tree, text: bytes) -> None:
    """Children lie inside their parents and in order, and nothing is beyond the text."""
    ends: list[tuple[int, int]] = []  # Per open depth: where the next child may begin, and end.
    for depth, _, kind, _, start, end in outline(tree):
        del ends[depth:]
        assert 0 <= start <= end <= len(text)
        if ends:
            begin, limit = ends[-1]
            assert begin <= start, kind
            assert end <= limit, kind
            ends[-1] = (end, limit)
        ends.append((start, end))


def counted_parse(text: bytes) -> tuple[Tree, int]:
    """The tree, and how often the parser reported a hundred steps."""
    reports = 0

    def count(_offset: int, _has_error: bool) -> bool:
        nonlocal reports
        reports += 1
        return False

    tree = grammar.parser("zyntax").parse(
        lambda offset, _: text[offset : offset + 65536], progress_callback=count
    )
    return tree, reports


@untimed
@given(st.data(), programs, programs, st.integers(0, 3))
def test_any_way_to_a_program_gives_its_tree(
    data: st.DataObject, first: bytes, last: bytes, detours: int
) -> None:
    tree, text = grammar.parser("zyntax").parse(first), first
    for _ in range(detours):
        new = data.draw(edited(text))
        tree, text = reparse(tree, text, new), new
    tree = reparse(tree, text, last)

    fresh = grammar.parser("zyntax").parse(last)
    assert not fresh.root_node.has_error
    assert str(tree.root_node) == str(fresh.root_node)
    assert list(outline(tree)) == list(outline(fresh))


@untimed
@given(st.data(), texts)
def test_an_edit_of_any_text_gives_a_sound_tree(data: st.DataObject, text: bytes) -> None:
    new = data.draw(edited(text))
    tree = reparse(grammar.parser("zyntax").parse(text), text, new)

    fresh = grammar.parser("zyntax").parse(new)
    assert tree.root_node.has_error == fresh.root_node.has_error
    assert_sound(tree, new)
    if not fresh.root_node.has_error:
        assert list(outline(tree)) == list(outline(fresh))


@untimed
@given(st.binary(max_size=400))
def test_any_bytes_give_a_sound_tree(text: bytes) -> None:
    assert_sound(grammar.parser("zyntax").parse(text), text)


@untimed
@given(st.lists(st.sampled_from(INSERTIONS), max_size=60).map(b" ".join))
def test_any_words_give_a_sound_tree(text: bytes) -> None:
    assert_sound(grammar.parser("zyntax").parse(text), text)


@pytest.mark.parametrize("source", SOUND, ids=range(len(SOUND)))
def test_any_beginning_of_a_program_gives_a_sound_tree(source: bytes) -> None:
    for end in range(len(source)):
        assert_sound(grammar.parser("zyntax").parse(source[:end]), source[:end])


@pytest.mark.parametrize(
    ("opening", "core", "closing", "kind"),
    [
        (b"(", b"1", b")", "parenthesized_expression"),
        (b"[", b"", b"]", "array_expression"),
        (b"-", b"1", b"", "unary_expression"),
        (b"await ", b"f()", b"", "await_expression"),
    ],
)
def test_deep_nesting_parses(opening: bytes, core: bytes, closing: bytes, kind: str) -> None:
    nested = opening * NESTING + core + closing * NESTING
    tree, reports = counted_parse(b"fn f() void { x = " + nested + b"; }")
    assert not tree.root_node.has_error
    assert sum(node[2] == kind for node in outline(tree)) == NESTING
    assert reports * BYTES_PER_REPORT < len(nested)


@pytest.mark.parametrize("opening", [b"(", b"[", b"{", b"if (", b"T{ .a = "])
def test_nesting_without_an_end_takes_bounded_work(opening: bytes) -> None:
    text = b"fn f() void { " + opening * NESTING + b"\nfn g() void {}"
    tree, reports = counted_parse(text)
    assert tree.root_node.has_error
    assert reports * BYTES_PER_REPORT < len(text)


@pytest.mark.parametrize(
    ("piece", "broken"),
    [(b"total + ", False), (b"f(1), ", True), (b"a" * 80, False), (b"?#", True), (b") ", True)],
)
def test_one_line_of_a_megabyte_takes_bounded_work(piece: bytes, broken: bool) -> None:
    text = b"fn f() i32 { return " + piece * (MEGABYTE // len(piece)) + b"1; }"
    tree, reports = counted_parse(text)
    assert tree.root_node.has_error == broken
    assert tree.root_node.end_byte == len(text)
    assert reports * BYTES_PER_REPORT < len(text)
