"""`zyn check FILE...`: what the compiler has to say, without running anything."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from zyn.cli.exit import FAILED, OK, CommandError

if TYPE_CHECKING:
    from zyn.base.diagnostic import Diagnostic
    from zyn.base.source import SourceText
    from zyn.base.span import Span


def register(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "check",
        help="print diagnostics",
        description="Print the diagnostics of files.  Exit code 1 when there is an error.",
        allow_abbrev=False,
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--json", action="store_true", help="print one JSON array on stdout")
    parser.add_argument("--language", help="the language, where the file ending does not say it")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check every file; a file that cannot be read does not keep the others from being checked."""
    from zyn.base.source import SourceText
    from zyn.cli.source import read
    from zyn.driver.queries import Document

    rows: list[dict[str, Any]] = []
    report = _Report()
    code = OK
    checked = 0
    for path in options.files:
        try:
            source = read(path, options.language)
        except CommandError as error:
            print(f"zyn: {error}", file=sys.stderr)
            code = max(code, error.code)
            continue
        checked += 1
        text = SourceText(source.data)
        for diagnostic in Document(source.language, source.data).diagnostics():
            report.count(diagnostic)
            if options.json:
                rows.append(_row(diagnostic, text, path))
            else:
                report.show(diagnostic, text, path)
    if options.json:
        import json

        print(json.dumps(rows, ensure_ascii=False, indent=2))
    elif checked:
        report.summary(checked)
    return max(code, FAILED if report.counts.get("error") else OK)


class _Report:
    """The text form."""

    def __init__(self) -> None:
        from zyn.cli.style import Style

        self._style = Style(sys.stdout)
        self.counts: dict[str, int] = {}

    def count(self, diagnostic: "Diagnostic") -> None:
        severity = diagnostic.code.severity.name.lower()
        self.counts[severity] = self.counts.get(severity, 0) + 1

    def show(self, diagnostic: "Diagnostic", text: "SourceText", path: str) -> None:
        from zyn.base.render import render

        print(self._style.diagnostic(render(diagnostic, text, path)))

    def summary(self, files: int) -> None:
        found = ", ".join(
            f"{count} {severity}{'s' * (count != 1)}" for severity, count in self.counts.items()
        )
        checked = f"{files} file{'s' * (files != 1)} checked"
        print(f"{checked}: {found or 'nothing to report'}", file=sys.stderr)


def _row(diagnostic: "Diagnostic", text: "SourceText", path: str) -> dict[str, Any]:
    return {
        "file": path,
        **_place(diagnostic.span, text),
        "severity": diagnostic.code.severity.name.lower(),
        "code": diagnostic.code.name,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        "labels": [{**_place(label.span, text), "text": label.text} for label in diagnostic.labels],
    }


def _place(span: "Span", text: "SourceText") -> dict[str, int]:
    """Lines and columns, 1-based, columns in characters; the end is behind the last character."""
    from zyn.base.source import Encoding

    start = text.position(span.start, Encoding.UTF32)
    end = text.position(span.end, Encoding.UTF32)
    return {
        "line": start.line + 1,
        "column": start.column + 1,
        "end_line": end.line + 1,
        "end_column": end.column + 1,
    }
