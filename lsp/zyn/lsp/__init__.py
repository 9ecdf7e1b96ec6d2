"""The language server: protocol messages in and out of zyn.ide.

Invariants: only this package knows pygls and lsprotocol, and only `zyn.lsp.convert` and its
neighbours turn bytes into lines and columns; every request gets one answer or one error; nothing
but messages is written to the client.  Importing it loads neither pygls nor the compiler.
"""


def main(argv: list[str] | None = None) -> int:
    """Run the command `zyn-lsp`."""
    from zyn.lsp.command import main as command

    return command(argv)
