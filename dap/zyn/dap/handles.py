"""The integers that stand for frames and values in the protocol, and what they stand for.

Invariants
- A number is given out once in a session and never again, so a late request cannot meet another
  object under an old number.
- A number belongs to the task whose memory it shows, and dies when that task runs; a number
  without a task (a value evaluated outside any frame) dies when anything runs.
- A dead number is refused as stale, one that was never given out as unknown.
"""

from collections.abc import Sequence

import msgspec

from zyn.dap.errors import AdapterError, Kind
from zyn.debug.model import Frame

FIRST = 1000  # Small numbers are often 0 or an index by mistake: they are refused.


class FrameEntry(msgspec.Struct, frozen=True):
    """A frame of a task's stack; `index` is its distance from the innermost one."""

    task: int
    frame: Frame
    index: int


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """A scope or a value with parts.

    start, count   the indexed parts that this one shows, of a list cut in pieces; count None: all
    kind           the scope's kind where the container is a scope
    """

    task: int | None
    reference: object
    named: int = 0
    indexed: int = 0
    start: int = 0
    count: int | None = None
    kind: str | None = None


class Handles:
    """One table for frames and values of one session."""

    def __init__(self) -> None:
        self._next = FIRST
        self._entries: dict[int, FrameEntry | Container] = {}
        self._of_task: dict[int | None, list[int]] = {}
        self._stacks: dict[int, list[int]] = {}

    def add_stack(self, task: int, frames: Sequence[Frame]) -> list[int]:
        """Numbers for the frames of a task, kept until it runs again."""
        numbers = [
            self._add(task, FrameEntry(task, frame, index)) for index, frame in enumerate(frames)
        ]
        self._stacks[task] = numbers
        return numbers

    def stack(self, task: int) -> list[int] | None:
        """The numbers of a stack that was asked for before and is still true."""
        return self._stacks.get(task)

    def add(self, container: Container) -> int:
        """A number for a scope or a value."""
        return self._add(container.task, container)

    def frame(self, number: int) -> FrameEntry:
        """What a frame number stands for."""
        entry = self._find(number)
        if not isinstance(entry, FrameEntry):
            raise AdapterError(Kind.UNKNOWN_REFERENCE, f"{number} is no frame")
        return entry

    def container(self, number: int) -> Container:
        """What a variables reference stands for."""
        entry = self._find(number)
        if not isinstance(entry, Container):
            raise AdapterError(Kind.UNKNOWN_REFERENCE, f"{number} holds no variables")
        return entry

    def drop_task(self, task: int) -> None:
        """The task runs, or ran: its numbers die, and those of no task with them."""
        self._stacks.pop(task, None)
        for owner in (task, None):
            for number in self._of_task.pop(owner, ()):
                del self._entries[number]

    def drop_all(self) -> None:
        """Everything runs, or the program is gone."""
        self._entries.clear()
        self._of_task.clear()
        self._stacks.clear()

    def __len__(self) -> int:
        return len(self._entries)

    def _add(self, task: int | None, entry: FrameEntry | Container) -> int:
        number = self._next
        self._next += 1
        self._entries[number] = entry
        self._of_task.setdefault(task, []).append(number)
        return number

    def _find(self, number: int) -> FrameEntry | Container:
        entry = self._entries.get(number)
        if entry is not None:
            return entry
        if FIRST <= number < self._next:
            raise AdapterError(
                Kind.STALE_REFERENCE, f"reference {number} is stale: its task has run since"
            )
        raise AdapterError(Kind.UNKNOWN_REFERENCE, f"reference {number} was never given out")
