"""The command line of `zyn-dap exec`."""

import argparse
import asyncio
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from zyn.dap.headless.facts import EXIT_USAGE, Reporter
from zyn.dap.headless.lines import LineReporter
from zyn.dap.headless.run import Headless, Script
from zyn.dap.headless.text import TextReporter, coloured, plain
from zyn.dap.headless.trace import check_trace, write_trace
from zyn.debug.engine import Engine
from zyn.debug.model import ClockKind, LaunchConfig, workers_of
from zyn.runtime.cores import WORKERS_MAX

VERDICTS = ("failure", "deadlock", "leak")
EXIT_INTERRUPTED = 130
SEED_MAX = 2**63 - 1

EPILOG = """\
exit codes: 0 the program ended well; 1 it failed, or does not compile; 2 this command line makes
no sense, or a breakpoint cannot be set; 3 a deadlock, a leak, or the time was up.
"""


def run_exec(arguments: Sequence[str], make_engine: Callable[[], Engine] | None = None) -> int:
    """Run the command; gives its exit code."""
    if make_engine is None:
        from zyn.dap.command import make_engine as real_engine

        make_engine = real_engine
    options = _parser().parse_args(arguments)
    if not Path(options.file).is_file():
        print(f"zyn-dap exec: {options.file}: there is no such file", file=sys.stderr)
        return EXIT_USAGE
    if workers_of(options.workers) > 1 and (options.seed or options.clock == "virtual"):
        one = "--seed" if options.seed else "--clock virtual"
        print(f"zyn-dap exec: {one} means one order, and that means --workers 1", file=sys.stderr)
        return EXIT_USAGE
    if options.trace is not None and not _can_trace(options.trace, check_trace):
        return EXIT_USAGE  # before the program runs, whose polls would be lost
    script = _script(options)
    reporter = _reporter(sys.stdout, as_lines=options.json)
    try:
        code, session = asyncio.run(_play(script, make_engine, reporter))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return EXIT_INTERRUPTED
    if options.trace is not None:
        polls = session.polls
        if not _can_trace(options.trace, lambda path: write_trace(path, polls)):
            return EXIT_USAGE
    return code


def _can_trace(name: str, act: Callable[[Path], None]) -> bool:
    """Do something with the file of the trace; what keeps it from being done is printed."""
    try:
        act(Path(name))
    except (OSError, ValueError) as error:  # the latter: a zero byte in the name
        why = (isinstance(error, OSError) and error.strerror) or str(error)
        print(f"zyn-dap exec: the trace cannot be written to {name}: {why}", file=sys.stderr)
        return False
    return True


async def _play(
    script: Script, make_engine: Callable[[], Engine], reporter: Reporter
) -> tuple[int, Headless]:
    session = Headless(script, make_engine(), reporter)
    task = asyncio.ensure_future(session.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task, session


def _script(options: argparse.Namespace) -> Script:
    lines = [point for point in options.breaks if isinstance(point, tuple)]
    functions = [point for point in options.breaks if isinstance(point, str)]
    workers = workers_of(options.workers)
    clock: ClockKind = options.clock or ("virtual" if workers == 1 else "real")
    config = LaunchConfig(
        program=str(Path(options.file).absolute()),
        call=options.call,
        stop_on_entry=options.step_polls[1] > 0 and options.step_polls[0] is None,
        language=options.language,
        clock=clock,
        seed=options.seed,
        workers=workers,
    )
    return Script(
        config=config,
        lines=lines,
        functions=functions,
        step_polls=options.step_polls,
        expressions=options.expressions,
        fail_on=options.fail_on,
        timeout_s=options.timeout,
        trace=options.trace is not None,
    )


def _reporter(stream: TextIO, *, as_lines: bool) -> Reporter:
    def write(text: str) -> None:
        stream.write(text)
        stream.flush()

    if as_lines:
        return LineReporter(write)
    forced = os.environ.get("FORCE_COLOR", "") not in {"", "0"}
    wanted = forced or (stream.isatty() and not os.environ.get("NO_COLOR"))
    return TextReporter(write, coloured if wanted else plain)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="zyn-dap exec",
        description="Run a program under the debugger and print every stop.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    add("file", metavar="FILE", help="the program")
    add("--call", metavar="'NAME(ARGS)'", help="what to call; main() when absent")
    add("--break", dest="breaks", type=_break, action="append", default=[],
        metavar="LINE[:COND]", help="stop at a line, or at a function by its name")  # fmt: skip
    add("--step-polls", type=_step_polls, default=(None, 0), metavar="[NAME=]N",
        help="step the first task, or the first of function NAME, by N polls")  # fmt: skip
    add("--print", dest="expressions", action="append", default=[], metavar="EXPR",
        help="evaluate at every stop")  # fmt: skip
    add("--fail-on", type=_fail_on, default=frozenset(VERDICTS), metavar="LIST",
        help="which of failure,deadlock,leak give a bad exit code; all when absent")  # fmt: skip
    add("--timeout", type=_seconds, metavar="S", help="give up after S seconds of real time")
    add("--trace", metavar="FILE", help="write the polls as a Chrome/Perfetto trace")
    add("--json", action="store_true", help="print one JSON object per line")
    add("--clock", choices=("virtual", "real"),
        help="virtual when absent, real with several workers")  # fmt: skip
    add("--workers", type=_workers, default=1, metavar="N",
        help="threads that run the tasks; 0: one for each core; 1 when absent")  # fmt: skip
    add("--seed", type=_seed, default=0, metavar="N", help="seed of everything random; 0")
    add("--language", metavar="ID", help="found from the file name when absent")
    return parser


def _break(text: str) -> tuple[int, str | None] | str:
    if re.fullmatch(r"[A-Za-z_]\w*", text):
        return text
    line, colon, condition = text.partition(":")
    if not re.fullmatch(r"[1-9][0-9]{0,8}", line) or (colon and not condition.strip()):
        raise argparse.ArgumentTypeError(f"{text!r} is no LINE[:COND]")
    return int(line), condition.strip() or None


def _step_polls(text: str) -> tuple[str | None, int]:
    name, equals, number = text.rpartition("=")
    good_name = not equals or re.fullmatch(r"[A-Za-z_]\w*", name)
    if not good_name or not re.fullmatch(r"[0-9]{1,9}", number):
        raise argparse.ArgumentTypeError(f"{text!r} is no [NAME=]N")
    return name or None, int(number)


def _fail_on(text: str) -> frozenset[str]:
    wanted = frozenset(filter(None, (part.strip() for part in text.split(","))))
    unknown = sorted(wanted.difference(VERDICTS))
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(VERDICTS)}")
    return wanted


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds


def _workers(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,2}", text) or int(text) > WORKERS_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to {WORKERS_MAX}")
    return int(text)


def _seed(text: str) -> int:
    seed = int(text) if re.fullmatch(r"[0-9]{1,19}", text) else -1
    if not 0 <= seed <= SEED_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is no seed")
    return seed
