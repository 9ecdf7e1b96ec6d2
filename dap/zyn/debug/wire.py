"""The bytes that engine and agent exchange.

The numbers are those of runtime/core/agent_protocol.h, which says what each message means; a test
compares the two.
"""

import struct
from enum import IntEnum
from typing import Any

import msgspec

VERSION = 1
HEADER = struct.Struct("<IHHI")
MESSAGE_MAX = 512 << 20  # of a message from the agent: one that is larger is garbage


class Kind(IntEnum):
    """What a message is."""

    HELLO = 1
    TASKS = 2
    TASK = 3
    READ = 4
    WRITE = 5
    SHADOW = 6
    BREAK = 7
    RESUME = 8
    PAUSE = 9
    GATE = 10
    STOP_ALL = 11
    HOLD = 12
    WAKE = 13
    CANCEL = 14
    FILTERS = 15
    METADATA = 16
    HOST = 17
    STATE = 18
    DETACH = 19
    INTERRUPT = 20
    CHAIN = 21
    TRACE = 22
    WAIT = 23
    PAGE = 24
    GROUPS = 25
    METRICS = 26
    STOPPED = 100
    CHANGED = 101
    DEADLOCK = 102
    PUBLISHED = 103
    TOLD = 104
    MANY_CHANGED = 105


class Status(IntEnum):
    """How a request went."""

    OK = 0
    NOT_FOUND = 1
    REFUSED = 2
    UNKNOWN = 3
    BUSY = 4
    LIMIT = 5


class Metadata(IntEnum):
    """What a published fact is about."""

    SIDE_TABLE = 1
    MODULE = 2
    SOURCE = 3
    PROGRAM = 4


class StepMode(IntEnum):
    """How far a task goes: ZYN_STEP of zynrt.def."""

    NONE = 0
    INTO = 1
    OVER = 2
    OUT = 3
    AWAIT = 4
    POLL = 5
    KEEP = 6


class Task(msgspec.Struct, frozen=True, gc=False):
    """A task as the agent tells it.  Addresses are numbers; 0 stands for none."""

    id: int
    parent: int
    spawn_site: int
    machine: int
    descriptor: int
    activation: int
    polls: int
    wakes: int
    parked_since_ns: int
    waker: int
    stop_site: int
    state: int
    stop: int
    held: int
    cancelling: int
    side_table: int
    error_code: int
    error_line: int
    error_table: int
    name: str
    error: str
    frame: bytes


class Activation(msgspec.Struct, frozen=True, gc=False):
    """One call of a debug build that is on the native stack."""

    address: int
    machine: int
    shadow: int
    side_table: int
    probe: int
    flags: int


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """What a leaf waits for; see ZynWaitInfo and, for the text, ZynIoInfo."""

    object: int
    task: int
    owner: int
    fill: int
    capacity: int
    amount: int
    ahead: int
    deadline_ns: int
    waiting: int
    waiting_senders: int
    kind: int
    senders: int
    receivers: int
    closed: int
    text: str


WAITING = struct.Struct("<10Q4I")
_TASK = struct.Struct("<11Q8I")
_ACTIVATION = struct.Struct("<QQQIIQ")
_U32 = struct.Struct("<I")


class WireError(Exception):
    """The peer sent something that is not the protocol."""


class Reader:
    """Takes numbers and blocks off the front of a payload."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: struct.Struct) -> tuple[int, ...]:
        """The numbers of a layout."""
        try:
            values = layout.unpack_from(self.data, self.at)
        except struct.error as error:
            raise WireError("a message is too short") from error
        self.at += layout.size
        return values

    def u32(self) -> int:
        """One number of four bytes."""
        return self.take(_U32)[0]

    def block(self) -> bytes:
        """Bytes with their size in front."""
        size = self.u32()
        end = self.at + size
        if end > len(self.data):
            raise WireError("a message is too short")
        block = self.data[self.at : end]
        self.at = end
        return block

    def rest(self) -> bytes:
        """All that is left."""
        block = self.data[self.at :]
        self.at = len(self.data)
        return block

    def task(self) -> Task:
        """A task."""
        fields: list[Any] = [*self.take(_TASK)]
        fields += [self.block().decode("utf-8", "replace") for _ in range(2)]
        fields.append(self.block())
        return Task(*fields)

    def waiting(self) -> Waiting:
        """What a leaf waits for."""
        fields: list[Any] = [*self.take(WAITING), self.block().decode("utf-8", "replace")]
        return Waiting(*fields)

    def chain(self) -> tuple[Activation, ...]:
        """Activations, newest first."""
        return tuple(Activation(*self.take(_ACTIVATION)) for _ in range(self.u32()))


def message(kind: Kind, id_: int, payload: bytes = b"", status: int = 0) -> bytes:
    """A whole message."""
    return HEADER.pack(len(payload), kind, status, id_) + payload
