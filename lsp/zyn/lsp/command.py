"""The command `zyn-lsp`."""

import argparse
import logging
import os
import sys
from importlib.metadata import version

from zyn.base import log

USAGE = 2
"""Exit code for a command line that makes no sense."""


def main(argv: list[str] | None = None) -> int:
    """Serve an editor; 0 after `shutdown` and `exit`, 1 when the client is just gone."""
    parser = argparse.ArgumentParser(
        prog="zyn-lsp", description="The language server of zyn.", allow_abbrev=False
    )
    parser.add_argument(
        "--stdio", action="store_true", help="serve over stdin and stdout (this is the default)"
    )
    parser.add_argument("--tcp", action="store_true", help="serve one client on a port")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (default %(default)s)")
    parser.add_argument("--port", type=int, default=2087, help="port (default %(default)s, 0: any)")
    parser.add_argument("--log-file", metavar="FILE", help="write the log there, not to stderr")
    parser.add_argument("--version", action="version", version=f"zyn-lsp {version('zyn')}")
    # Clients of vscode-languageclient add this to any server.
    parser.add_argument("--clientProcessId", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.tcp and options.stdio:
        parser.error("--tcp and --stdio are two different ways")
    if not 0 <= options.port <= 65_535:
        parser.error(f"no port has the number {options.port}")
    problems = log.configure(os.environ.get("ZYN_LOG", ""))
    if options.log_file is not None:
        try:
            handler = logging.FileHandler(options.log_file, encoding="utf-8")
        except OSError as error:
            print(f"zyn-lsp: {options.log_file}: {error.strerror}", file=sys.stderr)
            return USAGE
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-5s %(name)s: %(message)s"))
        logging.getLogger("zyn").handlers[:] = [handler]
    for problem in problems:
        logging.getLogger("zyn.lsp").warning("%s", problem)

    from zyn.lsp.session import serve, serve_tcp

    if options.tcp:
        try:
            return serve_tcp(options.host, options.port)
        except OSError as error:
            print(f"zyn-lsp: {options.host}:{options.port}: {error.strerror}", file=sys.stderr)
            return USAGE
    output = sys.stdout.buffer
    # Nothing but messages may go to the client.
    sys.stdout = sys.stderr
    source = sys.stdin.fileno()
    return serve(lambda size: os.read(source, size), output)
