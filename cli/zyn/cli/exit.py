"""Exit codes, and the error that ends a command."""

OK = 0
FAILED = 1
USAGE = 2
STUCK = 3
INTERRUPTED = 130


class CommandError(Exception):
    """A command cannot go on; the message is one line for the user."""

    def __init__(self, message: str, code: int = USAGE) -> None:
        super().__init__(message)
        self.code = code
