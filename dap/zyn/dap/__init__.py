"""The debug adapter: protocol messages in and out of zyn.debug.

Invariants
- Nothing here knows how a program is stopped or read: that is `zyn.debug`, behind its `Engine`.
- Nothing in `zyn.debug` knows a word of the protocol.
- Every request gets exactly one response, also one that makes no sense.
- The standard output carries messages and nothing else.
"""


def main() -> None:
    """The command `zyn-dap`."""
    from zyn.dap.command import run

    raise SystemExit(run())
