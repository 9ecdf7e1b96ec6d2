"""`zyn run FILE`: compile a program, call one of its functions, print the value."""

import argparse
import contextlib
import gc
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from zyn.cli.exit import FAILED, INTERRUPTED, OK, STUCK, USAGE, CommandError

if TYPE_CHECKING:
    from zyn.cli.source import Source
    from zyn.embed.runtime import Runtime


def register(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "run",
        help="run a program and print the value of a call",
        description="Compile a program, call main or another function, print its value.",
        allow_abbrev=False,
    )
    parser.add_argument("file", metavar="FILE")
    parser.add_argument(
        "--call",
        metavar="'NAME(ARGS)'",
        help="what to call instead of main(); the arguments are literals of the language",
    )
    parser.add_argument("--json", action="store_true", help='print {"value": ..} or {"error": ..}')
    parser.add_argument(
        "--clock",
        choices=("real", "virtual"),
        default="real",
        help="virtual: delays take no time (default: real)",
    )
    parser.add_argument("--timeout", type=_seconds, metavar="S", help="give up after S seconds")
    parser.add_argument(
        "--fuel", type=_units, metavar="N", help="give up after N polls of tasks and direct calls"
    )
    parser.add_argument(
        "--workers",
        type=_workers,
        default=1,
        metavar="N",
        help="threads that run tasks; auto: one for each core (default: 1)",
    )
    parser.add_argument(
        "--seed",
        type=_units,
        default=0,
        metavar="N",
        help="poll runnable tasks in an order made from N; 0: in the order of their wakes",
    )
    parser.add_argument("--trace", metavar="FILE", help="write the polls as a Chrome trace")
    parser.add_argument("--language", help="the language, where the file ending does not say it")
    parser.add_argument(
        "--check", action="store_true", help="check the compiler's own work between its passes"
    )
    parser.add_argument(
        "--dump", metavar="PASS", help="print what the compiler made of the program, run nothing"
    )
    parser.add_argument(
        "--no-cache", action="store_true", help="neither read nor keep compiled code"
    )
    parser.add_argument(
        "--profile", action="store_true", help="print what every function and await point cost"
    )
    parser.add_argument("--svg", metavar="FILE", help="write the profile as a flame graph too")
    parser.set_defaults(run=run)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds


def _units(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of polls")
    return int(text)


def _workers(text: str) -> int:
    from zyn.runtime.cores import WORKERS_MAX, cores

    if text == "auto":
        return cores()
    if not re.fullmatch(r"[0-9]{1,2}", text) or int(text) > WORKERS_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to {WORKERS_MAX}, nor auto")
    return int(text) or cores()


class Failure(NamedTuple):
    """Why there is no value.  `rendered` is what a person reads; None: made from the rest."""

    code: str
    message: str
    line: int | None
    exit_code: int
    rendered: str | None = None


def run(options: argparse.Namespace) -> int:
    """Run the program."""
    answer: dict[str, Any] | str | None
    profiled: dict[str, Any] = {}  # what --json prints beside the value
    # Importing and compiling make many objects and no garbage.
    collects = gc.isenabled()
    gc.disable()
    try:
        from zyn.cli.source import read

        source = read(options.file, options.language)
        if options.dump is not None:
            from zyn.cli.dump import dump

            sys.stdout.write(dump(source, options.dump))
            return OK
        answer, failure = _answer(source, options, profiled)
    except CommandError as error:
        if not options.json:
            raise
        answer, failure = None, Failure("usage", str(error), None, error.code)
        source = None
    except KeyboardInterrupt:
        if not options.json:
            raise
        answer, failure = None, Failure("interrupted", "interrupted", None, INTERRUPTED)
        source = None
    finally:
        if collects:
            gc.enable()
    if failure is None:
        if options.json:
            _print_json({"value": answer} | profiled)
        elif answer is not None:
            print(answer)
        return OK
    if options.json:
        error_ = {"code": failure.code, "message": failure.message, "line": failure.line}
        _print_json({"error": error_} | profiled)
    else:
        _show(failure, source)
    return failure.exit_code


def _print_json(value: dict[str, Any]) -> None:
    import json

    print(json.dumps(value, ensure_ascii=False))


def _answer(
    source: "Source", options: argparse.Namespace, profiled: dict[str, Any]
) -> tuple[Any, Failure | None]:
    """The value as text, None for void, or as JSON; or why there is none."""
    from zyn.cli.style import Style
    from zyn.embed.errors import CallError, CompileFailed
    from zyn.embed.runtime import Runtime

    cache_dir = None if options.no_cache else cache_folder()
    if options.workers > 1 and (options.seed or options.clock == "virtual"):
        one = "--seed" if options.seed else "--clock virtual"
        raise CommandError(f"{one} means one order, and that means --workers 1", USAGE)
    with Runtime(
        source.language,
        clock=options.clock,
        seed=options.seed,
        workers=options.workers,
        fuel=options.fuel,
        cache_dir=cache_dir,
        check=options.check,
    ) as runtime:
        style = Style(sys.stderr)
        try:
            runtime.load_bytes(source.data, file=source.path)
        except CompileFailed as error:
            first = next(p for p in error.problems if p.severity == "error")
            shown = "\n".join(style.diagnostic(p.rendered) for p in error.problems)
            return None, Failure(first.code, first.message, first.line, FAILED, shown)
        for problem in runtime.diagnostics:
            if problem.severity == "warning":
                print(style.diagnostic(problem.rendered), file=sys.stderr)
        try:
            with _trace(runtime, options), _profile(runtime, options, profiled):
                return _call(runtime, source.language, options), None
        except CallError as error:
            return None, Failure("call", str(error), None, USAGE)
        except Exception as error:
            failure = _failure(error)
            if failure is None:
                raise
            return None, failure


@contextlib.contextmanager
def _trace(runtime: "Runtime", options: argparse.Namespace) -> Iterator[None]:
    """Record the polls inside, also of a call that fails."""
    if options.trace is None:
        yield
        return
    from zyn.cli import trace

    path = Path(options.trace)
    trace.start(runtime, path)
    try:
        yield
    finally:
        trace.write(runtime, path)


@contextlib.contextmanager
def _profile(
    runtime: "Runtime", options: argparse.Namespace, profiled: dict[str, Any]
) -> Iterator[None]:
    """Tell what the calls inside cost, also when they fail."""
    if not options.profile and options.svg is None:
        yield
        return
    from zyn.cli.profile import as_json, as_svg, as_table
    from zyn.embed.profile import read_profile, start_profile

    start_profile(runtime)
    try:
        yield
    finally:
        stacks = read_profile(runtime)
        if options.svg is not None:
            Path(options.svg).write_text(as_svg(stacks), encoding="utf-8")
        if options.json:
            profiled["profile"] = as_json(stacks)
        elif options.profile:
            print(as_table(stacks), file=sys.stderr)


def _call(runtime: "Runtime", language: str, options: argparse.Namespace) -> Any:
    from zyn.embed.errors import CallError
    from zyn.embed.promise import Promise
    from zyn.embed.show import plain, show
    from zyn.embed.written import WrittenCall, read_call
    from zyn.sema.types import PromiseType, VoidType

    written = WrittenCall("main", ())
    if options.call is not None:
        cache_dir = None if options.no_cache else cache_folder()
        written = read_call(options.call, language, cache_dir)
    elif "main" not in runtime.functions:
        raise CallError("there is no function main; say which one with --call")
    function = runtime.function(written.name)
    result = function.signature.result
    if function.signature.is_async:
        value = _awaited(runtime.call_async(written.name, *written.args), options.timeout)
    else:
        value = _limited(
            lambda: runtime.call(written.name, *written.args), runtime, options.timeout
        )
    if isinstance(value, Promise) and isinstance(result, PromiseType):
        value, result = _awaited(value, options.timeout), result.result
    if options.json:
        return plain(value)
    return None if isinstance(result, VoidType) else show(value, result)


def _awaited(promise: Any, timeout: float | None) -> Any:
    return promise.await_result() if timeout is None else promise.await_with_timeout(timeout)


def _limited(call: Callable[[], Any], runtime: "Runtime", timeout: float | None) -> Any:
    """A direct call, which only an interrupt can end."""
    if timeout is None:
        return call()
    from zyn.embed.errors import PromiseFailed, PromiseTimeout

    timer = threading.Timer(timeout, runtime.interrupt)
    timer.daemon = True
    timer.start()
    try:
        return call()
    except PromiseFailed as error:
        if error.code != "interrupted":
            raise
        raise PromiseTimeout("the time is up; the call was ended", line=error.line) from None
    finally:
        timer.cancel()


def _failure(error: Exception) -> Failure | None:
    from zyn.embed.errors import Deadlocked, PromiseCancelled, PromiseFailed, PromiseTimeout

    match error:
        case PromiseFailed():
            exit_code = STUCK if error.code == "out-of-fuel" else FAILED
            return Failure(error.code, error.message, error.line, exit_code)
        case Deadlocked():
            line = next((task.line for task in error.tasks if task.line), None)
            return Failure("deadlock", str(error).removeprefix("deadlock: "), line, STUCK)
        case PromiseTimeout():
            return Failure("timeout", str(error), error.line, STUCK)
        case PromiseCancelled():
            return Failure("cancelled", str(error), None, FAILED)
        case MemoryError():
            return Failure("out-of-memory", str(error), None, FAILED)
    return None


def _show(failure: Failure, source: "Source | None") -> None:
    """What a person reads on stderr."""
    from zyn.cli.style import Style

    rendered = failure.rendered
    if rendered is None and failure.exit_code == USAGE:
        rendered = f"zyn: {failure.message}"
    elif rendered is None:
        rendered = _with_line(failure, source)
    print(Style(sys.stderr).diagnostic(rendered).rstrip("\n"), file=sys.stderr)


def _with_line(failure: Failure, source: "Source | None") -> str:
    """A failure of the running program in the shape of a diagnostic, with its line of source."""
    if source is None or failure.line is None:
        return f"error[{failure.code}]: {failure.message}"
    from zyn.base.diagnostic import Code, Diagnostic, Severity
    from zyn.base.render import render
    from zyn.base.source import SourceText
    from zyn.base.span import Span

    text = SourceText(source.data)
    start, end = text.line_span(min(failure.line, len(text.starts)) - 1)
    code = Code(failure.code, Severity.ERROR, "")
    line = source.data[start:end]
    span = Span(start + len(line) - len(line.lstrip()), start + len(line.rstrip()))
    return render(Diagnostic(code, span, failure.message), text, source.path)


def cache_folder() -> Path | None:
    """Where compiled code is kept; None when nobody says where the user's things are."""
    chosen = os.environ.get("ZYN_CACHE_DIR")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    if base and os.path.isabs(base):
        return Path(base) / "zyn"
    home = os.environ.get("HOME") or os.environ.get("LOCALAPPDATA")
    return Path(home) / ".cache" / "zyn" if home else None
