"""The exception that says zyn itself is wrong.

A broken user program is never raised: it is diagnostics.  A failed operation has an exception of
its own package.
"""


class ZynBug(Exception):
    """An invariant of zyn does not hold.  A shell shows it, loses one answer and goes on."""

    def __init__(self, what: str) -> None:
        super().__init__(f"zyn bug: {what} (please report this)")
