"""Diagnostics as plain text."""

from zyn.base import codes
from zyn.base.diagnostic import Diagnostic, Edit, Fix, Label
from zyn.base.render import WIDTH_MAX, render
from zyn.base.source import SourceText
from zyn.base.span import Span


def shown(source: str, start: int, end: int, *labels: tuple[int, int, str]) -> str:
    """A diagnostic over some bytes of a text, without its headline."""
    marks = tuple(Label(Span(first, last), text) for first, last, text in labels)
    found = Diagnostic(codes.SYNTAX, Span(start, end), "message", marks)
    return render(found, SourceText(source.encode()), "a.zyntax").split("\n", 1)[1]


def test_everything_at_once() -> None:
    fix = Fix("add `x`", (Edit(Span(0, 0), "x"),))
    label = Label(Span(0, 5), "from here")
    found = Diagnostic(codes.TYPE_MISMATCH, Span(19, 22), "message", (label,), "think", (fix,))

    assert render(found, SourceText(b"first\nsecond\nthird foo\n"), "dir/a.zyntax") == (
        "error[type-mismatch]: message\n"
        "  --> dir/a.zyntax:3:7\n"
        "   |\n"
        "1  | first\n"
        "   | ----- from here\n"
        "  ..\n"
        "3  | third foo\n"
        "   |       ^^^\n"
        "   = hint: think\n"
        "   = fix: add `x`\n"
    )


def test_an_empty_place_has_one_mark() -> None:
    assert shown("ab", 2, 2).endswith("1  | ab\n   |   ^\n")


def test_tabs_and_wide_text_keep_the_marks_in_place() -> None:
    assert shown("\té\x00x = y", 6, 7).endswith("1  |     é·x = y\n   |         ^\n")


def test_several_lines_are_marked_to_the_end_of_the_first() -> None:
    assert shown("abc\ndef", 1, 6).endswith("1  | abc\n   |  ^^\n")


def test_marks_on_one_line_share_it() -> None:
    assert shown("abcdef", 3, 4, (0, 1, "here")).endswith("1  | abcdef\n   |    ^\n   | - here\n")


def test_a_long_line_is_cut_around_the_mark() -> None:
    text = shown("x" * 5000 + "HERE" + "y" * 5000, 5000, 5004)
    line, marks = text.splitlines()[2:4]

    assert len(line) == WIDTH_MAX + len("1  | ")
    assert line[marks.index("^") : marks.rindex("^") + 1] == "HERE"


def test_any_place_is_shown() -> None:
    for start in range(8):
        for end in range(start, 8):
            assert "^" in shown("a\r\n\n\xff", start, end)
