"""The polls of a run as a file that Chrome and Perfetto open; the same as `zyn-dap exec` writes."""

from pathlib import Path
from typing import TYPE_CHECKING

from zyn.cli.exit import USAGE, CommandError
from zyn.dap.headless.trace import check_trace, write_trace
from zyn.debug.model import PollRecord

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
        PollRecord(
            task=task, function=tables.get(table, ""), begin_ns=begin_ns, length_ns=length_ns,
            state_before=before, state_after=after,
        )
        for task, begin_ns, length_ns, table, before, after in runtime._native.recorded_polls()
    ]  # fmt: skip
    try:
        write_trace(path, polls)
    except OSError as error:
        raise _refused(path, error) from None


def _refused(path: Path, error: OSError) -> CommandError:
    why = error.strerror or str(error)
    return CommandError(f"the trace cannot be written to {path}: {why}", USAGE)
