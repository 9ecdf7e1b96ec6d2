"""The zyn command line, one module per subcommand.

    run      run a program, print the value of a call
    check    print what the compiler has to say about files
    explain  print the state machines of async functions

Each has `register`, which describes its arguments and imports nothing heavy, and `run`, which gives
the exit code.  Invariant: whatever a file or a command line holds, the answer is a result or an
error of one or a few lines, never a traceback; a traceback is a bug of zyn and says so.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from zyn.cli.exit import FAILED, INTERRUPTED, USAGE, CommandError

_COMMANDS = ("run", "check", "explain")

_EPILOG = """\
exit codes:
  0    ok
  1    the program failed, or a check found errors
  2    the command line, or a file it names, cannot be used
  3    deadlock, or the time or the fuel is used up
  130  interrupted

environment:
  ZYN_LOG        what to log, e.g. compiler.async=trace,embed=debug
  ZYN_CACHE_DIR  where compiled code is kept (default: zyn in the user's cache folder)
  NO_COLOR       print no colours
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser(words).parse_args(words)
    _configure_log()
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except CommandError as error:
        print(f"zyn: {error}", file=sys.stderr)
        return error.code
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python must not complain when it exits.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        print("zyn: interrupted", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        print(f"zyn: {error}", file=sys.stderr)
        return USAGE
    except Exception:
        import traceback

        traceback.print_exc()
        print("zyn: this is a bug of zyn, please report it", file=sys.stderr)
        return FAILED


def _parser(words: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="zyn",
        description="Run, check and explain programs of small async languages.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    # A command that is named first is the only one that is described: the others need not load.
    for name in words[:1] if words[:1] and words[0] in _COMMANDS else _COMMANDS:
        import_module(f"zyn.cli.{name}").register(commands)
    return parser


class _Version(argparse.Action):
    """Prints the version; importlib.metadata is slow, so it is imported only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"zyn {version('zyn')}")
        parser.exit()


def _configure_log() -> None:
    setting = os.environ.get("ZYN_LOG")
    if setting:
        from zyn.base.log import configure

        for problem in configure(setting):
            print(f"zyn: {problem}", file=sys.stderr)
