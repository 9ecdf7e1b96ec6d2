"""Cutting a file again after an edit gives what cutting it afresh gives."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.driver.edits import Edit, edits, place, texts
from zyn import grammar
from zyn.syntax import items
from zyn.syntax.tree import SyntaxTree


def pieces(text: str) -> list[str]:
    tree = SyntaxTree("zyntax", text.encode())
    return [tree.text(index).decode() for index in range(len(tree.starts))]


def test_what_stands_in_front_is_a_piece_of_its_own() -> None:
    assert pieces("// note\nfn a() void {}\n") == ["// note\n", "fn a() void {}\n"]


def test_a_file_that_starts_with_a_declaration() -> None:
    assert pieces("fn a() void {}") == ["fn a() void {}"]


def test_async_and_comments_belong_to_the_declaration() -> None:
    text = "fn a() void {}\nasync /* x */ fn b() void {}\nconst // y\nP = struct {};"
    assert pieces(text) == [
        "fn a() void {}\n",
        "async /* x */ fn b() void {}\n",
        "const // y\nP = struct {};",
    ]


def test_words_in_comments_and_strings_start_nothing() -> None:
    assert len(pieces('fn a() void { f("fn b"); /* fn c */ } // fn d\n')) == 1


def test_an_open_brace_costs_one_function() -> None:
    assert len(pieces("fn a() void { {\nfn b() void {}\nfn c() void {}")) == 3


def test_a_comment_that_ends_swallows_what_is_in_it() -> None:
    assert len(pieces("fn a() void {} /*\nfn b() void {}\n*/ fn c() void {}")) == 2


def test_a_comment_that_never_ends_swallows_nothing() -> None:
    assert len(pieces("fn a() void {} /*\nfn b() void {}")) == 2


def test_a_name_that_only_begins_like_a_word() -> None:
    assert len(pieces("fn a() void { fnord(); asyncfn(); x.fn_ = 1; }")) == 1


@given(texts, edits)
@settings(deadline=None)
def test_edits_give_what_a_fresh_cut_gives(text: bytes, changes: list[Edit]) -> None:
    tree = SyntaxTree("zyntax", text)
    for change in changes:
        before = [tree.text(index) for index in range(len(tree.starts))]
        first, removed, added = tree.edit(*place(change, len(tree.data)))
        after = [tree.text(index) for index in range(len(tree.starts))]
        assert tree.starts == SyntaxTree("zyntax", tree.data).starts
        assert before[:first] == after[:first]
        assert before[first + removed :] == after[first + added :]
        assert b"".join(after) == tree.data


declarations = st.lists(
    st.sampled_from(
        (
            b"fn a() i32 { return 1; }",
            b"async\nfn b(x: i32) void { await a(); if (x < 1) { } else { } }",
            b"const P = struct { a: i32, };",
            b"const/**/Q=struct{};",
            b"async // fn\n fn c() void {}",
            b'fn d() string { return "fn {\\" /*"; }',
            b"/* fn e() void {} */",
            b"// fn f() void {\n",
            b"async\x0b\x0cfn g() void {}",
        )
    )
).map(b"\n".join)


@given(declarations)
@settings(deadline=None)
def test_a_correct_file_has_the_items_of_its_grammar(text: bytes) -> None:
    whole = grammar.parser("zyntax").parse(text)
    tree = SyntaxTree("zyntax", text)
    found = [
        (start + placed.offset, placed.item.text)
        for index, start in enumerate(tree.starts)
        for placed in tree.read(index, lambda _: None)
    ]
    assert not whole.root_node.has_error
    assert found == [(n.start_byte, text[n.start_byte : n.end_byte]) for n in items(whole)]
