"""`zyn explain FILE [FUNCTION]`: the state machines of a file's async functions."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from zyn.cli.exit import FAILED, OK, CommandError

if TYPE_CHECKING:
    from zyn.ir.side_table import SideTable


def register(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "explain",
        help="print the state machines of async functions",
        description="Print the states, await points, captures and frame of async functions.",
        allow_abbrev=False,
    )
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("function", nargs="?", metavar="FUNCTION", help="only this one")
    parser.add_argument("--json", action="store_true", help='print {"functions": [..]}')
    parser.add_argument("--language", help="the language, where the file ending does not say it")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Explain what has no errors; exit code 1 when something has."""
    from zyn.base.diagnostic import Severity
    from zyn.cli.source import read
    from zyn.driver.queries import Document

    source = read(options.file, options.language)
    document = Document(source.language, source.data)
    tables: list[SideTable] = []
    for placed in document.items:
        table = document.side_table(placed)
        if table is not None and options.function in {None, table.function}:
            tables.append(table.at(placed.offset, placed.line))
    errors = sum(d.code.severity is Severity.ERROR for d in document.diagnostics())
    if errors:
        plural = "s" * (errors != 1)
        print(f"zyn: {options.file} has {errors} error{plural}: see zyn check", file=sys.stderr)
    elif options.function is not None and not tables:
        known = options.function in document.names()
        why = "is not an async function" if known else "is not in the file"
        raise CommandError(f"{options.file}: {options.function} {why}")
    if options.json:
        import json

        print(json.dumps({"functions": [as_json(table) for table in tables]}, indent=2))
    else:
        from zyn.cli.picture import picture
        from zyn.cli.style import Style

        style = Style(sys.stdout)
        pictures = [picture(table, document.text, options.file, style) for table in tables]
        sys.stdout.write("\n".join(pictures))
        if not pictures and not errors:
            print(f"zyn: {options.file} has no async function", file=sys.stderr)
    return FAILED if errors else OK


def as_json(table: "SideTable") -> dict[str, Any]:
    """One function; lines are 1-based."""
    frame = table.frame
    slots = frame.slots if frame is not None else ()
    return {
        "name": table.function,
        "states": [
            {
                "index": state.index,
                "kind": state.kind,
                "line": state.line + 1,
                "awaits": state.awaits,
                "live": list(state.live),
            }
            for state in table.states
        ],
        "frame": {
            "size": frame.size if frame is not None else 0,
            "align": frame.align if frame is not None else 1,
            "slots": [
                {
                    "name": slot.name,
                    "type": slot.type,
                    "offset": slot.offset,
                    "size": slot.size,
                    "stored": slot.stored,
                    "live_in": list(slot.live_in),
                }
                for slot in slots
            ],
        },
    }
