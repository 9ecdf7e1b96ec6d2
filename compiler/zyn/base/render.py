"""Show a diagnostic as plain text, under the lines of source that it speaks of.

    error[type-mismatch]: `x` needs `i32`, found `bool`
      --> demo.zyntax:2:15
        |
      2 |     f(1, true);
        |          ^^^^
        = hint: ..

Lines and columns are counted from 1, columns in characters.  Absent here: colours, which whoever
has a terminal may add, and reading files: the text is handed in.
"""

from zyn.base.diagnostic import Diagnostic, Severity
from zyn.base.source import Encoding, SourceText
from zyn.base.span import Span

WIDTH_MAX = 120
"""Characters of a source line that are shown; of a longer one, those around the mark."""

_WORDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "note",
    Severity.HINT: "hint",
}


def render(diagnostic: Diagnostic, source: SourceText, path: str) -> str:
    """The diagnostic as lines of text; its spans count from the start of `source`."""
    marks = [(diagnostic.span, "^", "")]
    marks += [(label.span, "-", label.text) for label in diagnostic.labels]
    numbers = [source.line_of(span.start) + 1 for span, _, _ in marks]
    gutter = " " * len(str(max(numbers)))
    line, column = source.position(diagnostic.span.start, Encoding.UTF32)
    lines = [
        f"{_WORDS[diagnostic.code.severity]}[{diagnostic.code.name}]: {diagnostic.message}",
        f"{gutter} --> {path}:{line + 1}:{column + 1}",
        f"{gutter}  |",
    ]
    shown = 0
    shown_code = ""
    for number, (span, sign, text) in sorted(
        zip(numbers, marks, strict=True), key=lambda pair: (pair[0], pair[1][1] == "-", pair[1][0])
    ):
        if shown and number > shown + 1:
            lines.append(f"{gutter} ..")
        code, mark = _marked(source, span, number - 1, sign)
        if number != shown or code != shown_code:
            lines.append(f"{number:>{len(gutter)}}  | {code}".rstrip())
        lines.append(f"{gutter}  | {mark} {text}".rstrip())
        shown, shown_code = number, code
    if diagnostic.hint is not None:
        lines.append(f"{gutter}  = hint: {diagnostic.hint}")
    lines += [f"{gutter}  = fix: {fix.title}" for fix in diagnostic.fixes]
    return "".join(f"{line}\n" for line in lines)


def _marked(source: SourceText, span: Span, line: int, sign: str) -> tuple[str, str]:
    """A line as it is shown, and the line of marks under it; at least one mark."""
    start, end = source.line_span(line)
    before = _plain(source.data[start : min(span.start, end)])
    inside = _plain(source.data[min(span.start, end) : max(min(span.end, end), span.start)])
    after = _plain(source.data[min(max(span.end, span.start), end) : end])
    left, right = len(before), len(before) + max(len(inside), 1)
    text = before + inside + after
    if len(text) > WIDTH_MAX:
        first = max(0, min(left - WIDTH_MAX // 3, len(text) - WIDTH_MAX))
        text = text[first : first + WIDTH_MAX]
        left -= first
        right = min(right - first, WIDTH_MAX + 1)
    return text, " " * left + sign * (right - left)


def _plain(data: bytes) -> str:
    """Text that keeps its width in a terminal: a tab is four blanks, what cannot be shown a dot."""
    text = data.decode("utf-8", "replace").replace("\t", "    ")
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "·" for character in text)
