"""The debuggee's memory as one stop sees it.

Blocks that were read are kept until something may have changed them: `forget` says so.  While
tasks run, nothing is kept.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable

import msgspec

from zyn.debug.link import Hello, Link
from zyn.debug.program import Program
from zyn.debug.values import PromiseAt, Text, Value, promises_of, strings_of, with_strings

POINTER_SIZE = 8
TASK_ID_SIZE = 4  # the lower half, which is all that a header holds
HEADER_SIZE = 32  # ZynFrameHeader
FLAGS_AT = 20
DESCRIPTOR_AT = 24
FRAME_TASK = 2
STATE_CANCELLED = 0xFFFFFFFD
STATE_RETURNED = 0xFFFFFFFE
STATE_FAILED = 0xFFFFFFFF
ENDED = {STATE_CANCELLED: "cancelled", STATE_RETURNED: "returned", STATE_FAILED: "failed"}

OVERLAPS_MAX = 4  # blocks in front of an address that are asked whether they contain it
_STRING_HEAD = 16
_STRING_GUESS = 240  # bytes of text read with the head; longer ones cost a second request
_STRING_MAX = 1 << 20
_NAME_MAX = 128


class Descriptor(msgspec.Struct, frozen=True):
    """What a frame's descriptor says; it never changes."""

    side_table: int
    name: str
    size: int


class PromiseSeen(msgspec.Struct, frozen=True):
    """A promise looked at: its machine, its task (0: none) and its state word."""

    machine: int
    task: int
    state: int
    descriptor: Descriptor


class Memory:
    """Reads and writes; see the module."""

    def __init__(self, link: Link, hello: Hello, program: Program) -> None:
        self.link = link
        self.places = hello
        self.program = program
        self._blocks: dict[int, bytes] = {}
        self._starts: list[int] = []  # of the blocks, sorted
        self._descriptors: dict[int, Descriptor] = {}

    def forget(self) -> None:
        """Something ran or was written."""
        self._blocks.clear()
        self._starts.clear()

    def seed(self, address: int, data: bytes) -> None:
        """A block that came with something else."""
        known = self._blocks.get(address)
        if known is None:
            insort(self._starts, address)
        if known is None or len(data) >= len(known):
            self._blocks[address] = data

    def _kept(self, address: int, size: int) -> bytes | None:
        last = bisect_right(self._starts, address)
        for begin in reversed(self._starts[max(0, last - OVERLAPS_MAX) : last]):
            block = self._blocks[begin]
            if address + size <= begin + len(block):
                return block[address - begin : address - begin + size]
        return None

    async def read(self, address: int, size: int) -> bytes:
        """Bytes, fewer where memory ends."""
        return (await self.read_all([(address, size)]))[0]

    async def read_all(self, places: Iterable[tuple[int, int]]) -> list[bytes]:
        """Several blocks with at most one request."""
        wanted = list(places)
        found = [self._kept(address, size) for address, size in wanted]
        missing = [place for place, data in zip(wanted, found, strict=True) if data is None]
        if missing:
            fetched = await self.link.read(missing)
            for (address, _), data in zip(missing, fetched, strict=True):
                self.seed(address, data)
            rest = iter(fetched)
            found = [next(rest) if data is None else data for data in found]
        return [data for data in found if data is not None]

    async def write(self, address: int, data: bytes) -> int:
        """Change memory."""
        self.forget()
        return await self.link.write(address, data)

    async def u32(self, address: int) -> int:
        """A number of four bytes; 0 where there is no memory."""
        return int.from_bytes(await self.read(address, 4), "little")

    async def pointer(self, address: int) -> int:
        """An address; 0 where there is no memory."""
        return int.from_bytes(await self.read(address, POINTER_SIZE), "little")

    # --- strings --------------------------------------------------------------------------------

    async def resolved(self, value: Value) -> Value:
        """The value with the text of its strings."""
        texts = await self.texts(strings_of(value))
        return with_strings(value, texts) if texts else with_strings(value, {})

    async def texts(self, wanted: Iterable[Text]) -> dict[int, str]:
        """The text of strings, by address."""
        addresses = sorted({text.address for text in wanted} - {0})
        heads = await self.read_all((a, _STRING_HEAD + _STRING_GUESS) for a in addresses)
        found: dict[int, bytes] = {}
        long: list[tuple[int, int]] = []
        for address, head in zip(addresses, heads, strict=True):
            length = int.from_bytes(head[8:16], "little")
            found[address] = head[_STRING_HEAD : _STRING_HEAD + length]
            if length > len(found[address]):
                long.append((address, min(length, _STRING_MAX)))
        rest = await self.read_all((a + _STRING_HEAD, length) for a, length in long)
        for (address, _), data in zip(long, rest, strict=True):
            found[address] = data
        return {address: data.decode("utf-8", "replace") for address, data in found.items()}

    # --- promises -------------------------------------------------------------------------------

    async def descriptor(self, address: int) -> Descriptor:
        """What a descriptor says."""
        known = self._descriptors.get(address)
        if known is not None:
            return known
        data = await self.read(address, 72)
        if len(data) < 72:
            return Descriptor(0, "", 0)
        name = await self.read(int.from_bytes(data[64:72], "little"), _NAME_MAX)
        known = Descriptor(
            int.from_bytes(data[40:44], "little"),
            name.split(b"\0")[0].decode("utf-8", "replace"),
            int.from_bytes(data[0:4], "little"),
        )
        self._descriptors[address] = known
        return known

    async def promise(self, address: int) -> PromiseSeen | None:
        """A promise, or None when there is none at the address."""
        if address == 0:
            return None
        head, task = await self.read_all(
            [(address, HEADER_SIZE + 4), (address + self.places.task_id, TASK_ID_SIZE)]
        )
        if len(head) < HEADER_SIZE + 4:
            return None
        flags = int.from_bytes(head[FLAGS_AT : FLAGS_AT + 4], "little")
        descriptor = int.from_bytes(head[DESCRIPTOR_AT:HEADER_SIZE], "little")
        return PromiseSeen(
            address + HEADER_SIZE,
            int.from_bytes(task, "little") if flags & FRAME_TASK else 0,
            int.from_bytes(head[HEADER_SIZE:], "little"),
            await self.descriptor(descriptor),
        )

    async def is_awaited(self, machine: int) -> bool:
        """Whether somebody waits for the end of the task with this machine."""
        joiners = machine - HEADER_SIZE + self.places.joiners
        first = await self.pointer(joiners)
        return first not in (0, joiners)

    async def promise_texts(self, value: Value) -> dict[int, str]:
        """What to show for each promise inside a value."""
        found: dict[int, str] = {}
        for at in promises_of(value):
            found[at.address] = await self.promise_text(at)
        return found

    async def promise_text(self, at: PromiseAt) -> str:
        """`task 3, returned`, `double, not started`, `none`."""
        seen = await self.promise(at.address)
        if seen is None:
            return "none" if at.address == 0 else "unreadable"
        who = f"task {seen.task}" if seen.task else (seen.descriptor.name or "promise")
        return f"{who}, {state_text(seen.state)}"


def state_text(state: int) -> str:
    """The state word in words."""
    if state in ENDED:
        return ENDED[state]
    return f"suspended at {state}" if state else "not started"
