"""The polls of a run as a file that Chrome and Perfetto open; the same as `zyn-dap exec` writes."""

from pathlib import Path
from typing import TYPE_CHECKING

from zyn.cli.exit import USAGE, CommandError
from zyn.dap.headless.trace import check_trace, write_trace
from zyn.debug.polls import poll_record, table_of

if TYPE_CHECKING:
    from zyn.embed.runtime import Runtime


def start(runtime: "Runtime", path: Path) -> None:
    """Record every poll from now on; CommandError when the file could not be written."""
    try:
        check_trace(path)
    except OSError as error:
        raise _refused(path, error) from None
    runtime._native.record_polls()


def write(runtime: "Runtime", path: Path) -> None:
    """Write what was recorded, of very many polls the last."""
    tables = {number: function.name for number, function in runtime._by_table.items()}
    polls = [
        poll_record(record, tables.get(table_of(record), ""))
        for record in runtime._native.recorded_polls()
    ]
    try:
        write_trace(path, polls)
    except OSError as error:
        raise _refused(path, error) from None


def _refused(path: Path, error: OSError) -> CommandError:
    why = error.strerror or str(error)
    return CommandError(f"the trace cannot be written to {path}: {why}", USAGE)
