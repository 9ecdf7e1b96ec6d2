"""The command line of zyn-dap: the adapter itself, and `exec` without an editor.

Exit codes of the adapter: 0 when the session ended, 1 when the port is taken or the log cannot be
written, 2 for a command line that makes no sense.  Those of `exec` are in docs/headless.md.
"""

import argparse
import asyncio
import importlib.metadata
import logging
import os
import sys
from collections.abc import Sequence

from zyn.base import log as zyn_log
from zyn.debug.engine import Engine


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] == "exec":
        from zyn.dap.headless.command import run_exec

        return run_exec(arguments[1:])
    options = _parser().parse_args(arguments)
    for problem in zyn_log.configure(os.environ.get("ZYN_LOG", "")):
        print(problem, file=sys.stderr)
    if options.log is not None:
        try:
            _log_to(options.log)
        except OSError as error:
            print(f"zyn-dap: {options.log}: {error.strerror}", file=sys.stderr)
            return 1
    from zyn.dap.server import serve_stdio, serve_tcp

    if options.port is None:
        asyncio.run(serve_stdio(make_engine))
        return 0
    try:
        asyncio.run(serve_tcp(options.port, make_engine, _announce))
    except OSError as error:
        print(f"zyn-dap: port {options.port}: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


def make_engine() -> Engine:
    """The real engine; imported late, since it brings the compiler along."""
    from zyn.debug.session import Session

    return Session()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="zyn-dap",
        description="Debug adapter for programs of the zyn languages, over stdio or TCP.",
        epilog="zyn-dap exec FILE runs and debugs a program without an editor: see its --help.",
    )
    parser.add_argument(
        "--port", type=_port, metavar="N", help="listen on 127.0.0.1:N; 0 picks a free port"
    )
    parser.add_argument("--log", metavar="FILE", help="append what the adapter does to FILE")
    parser.add_argument(
        "--version", action="version", version=f"zyn-dap {importlib.metadata.version('zyn')}"
    )
    return parser


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return port


def _announce(port: int) -> None:
    print(f"zyn-dap listens on 127.0.0.1:{port}", flush=True)


def _log_to(path: str) -> None:
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-5s %(name)s: %(message)s"))
    logger = logging.getLogger("zyn")
    logger.addHandler(handler)
    if logger.getEffectiveLevel() > logging.INFO:
        logger.setLevel(logging.INFO)
