"""Every error that the adapter can answer with, by number.

1xxx the message itself, 2xxx starting and ending, 3xxx references, 4xxx what the engine refuses,
9xxx bugs in zyn.  Numbers are never reused.  `show_user` is for what a person must read now: a
failed hover stays quiet, a launch that failed does not.
"""

from enum import Enum
from typing import NamedTuple

from zyn.dap import protocol


class Trait(NamedTuple):
    """The number of an error, and whether a client shows it in a dialogue."""

    id: int
    show_user: bool = False


class Kind(Enum):
    """All of them."""

    BAD_MESSAGE = Trait(1000)
    UNKNOWN_COMMAND = Trait(1001)
    BAD_ARGUMENTS = Trait(1002)
    OUT_OF_ORDER = Trait(1003)
    CANCELLED = Trait(1004)
    LAUNCH = Trait(2000, show_user=True)
    ATTACH = Trait(2001, show_user=True)
    UNKNOWN_REFERENCE = Trait(3000)
    STALE_REFERENCE = Trait(3001)
    NOT_STOPPED_THERE = Trait(3002)
    REFUSED = Trait(4000)
    BUG = Trait(9000, show_user=True)


class AdapterError(Exception):
    """A request that gets an error response; the text is one sentence for the user."""

    def __init__(self, kind: Kind, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text


def error_body(kind: Kind, text: str) -> protocol.ErrorResponseBody:
    """The body of an error response; the text is a variable, so that braces in it are plain."""
    message = protocol.Message(
        id=kind.value.id,
        format="{text}",
        variables={"text": text},
        show_user=kind.value.show_user,
    )
    return protocol.ErrorResponseBody(error=message)
