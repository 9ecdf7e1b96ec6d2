"""The numbers that C and Python share, as Python names.

Written by dev/gen_abi.py from runtime/include/zynrt.def and zynrt.h; edit those and run it again.
"""

from enum import IntEnum, IntFlag
from typing import NamedTuple


class Leaf(NamedTuple):
    """The frame of a leaf future, and what a debugger says about a task parked there."""

    size: int
    align: int
    wait_kind: str


class StructLayout(NamedTuple):
    """The size of a C structure and the offsets of its fields."""

    size: int
    offsets: dict[str, int]


ABI_VERSION = 1
STATE_START = 0
STATE_CANCELLED = 0xFFFFFFFD
STATE_RETURNED = 0xFFFFFFFE
STATE_FAILED = 0xFFFFFFFF
FRAME_RUNNING = 1
FRAME_TASK = 2
FRAME_DETACHED = 4
CLOCK_REAL = 0
CLOCK_VIRTUAL = 1
NOTE_TASKS = 1
SEED_PCT = 2
STARTED_MORE = 0x100
RESUME_OPEN = 0x100
PRIORITY_CRITICAL = 0
PRIORITY_HIGH = 1
PRIORITY_NORMAL = 2
PRIORITY_LOW = 3
PRIORITY_IDLE = 4


class TaskState(IntEnum):
    """What a task is doing."""

    PENDING = 0
    RUNNABLE = 1
    RUNNING = 2
    PARKED = 3
    HELD = 4
    COMPLETED = 5
    FAILED = 6
    CANCELLED = 7

    @property
    def text(self) -> str:
        """The name that a person or a program reads."""
        return _TASK_STATE_TEXTS[self]


_TASK_STATE_TEXTS = {
    TaskState.PENDING: "pending",
    TaskState.RUNNABLE: "runnable",
    TaskState.RUNNING: "running",
    TaskState.PARKED: "parked",
    TaskState.HELD: "held",
    TaskState.COMPLETED: "completed",
    TaskState.FAILED: "failed",
    TaskState.CANCELLED: "cancelled",
}


class ErrorCode(IntEnum):
    """Why a task failed; `text` is the stable code for programs."""

    PANIC = 1
    DIVISION_BY_ZERO = 2
    INDEX_OUT_OF_RANGE = 3
    STACK_OVERFLOW = 4
    OUT_OF_MEMORY = 5
    OUT_OF_FUEL = 6
    CANCELLED = 7
    DEADLOCK = 8
    TIMEOUT = 9
    BUSY = 10
    FOREIGN = 11
    NULL_VALUE = 12
    INTERRUPTED = 13
    IO = 14

    @property
    def text(self) -> str:
        """The name that a person or a program reads."""
        return _ERROR_CODE_TEXTS[self]


_ERROR_CODE_TEXTS = {
    ErrorCode.PANIC: "panic",
    ErrorCode.DIVISION_BY_ZERO: "division-by-zero",
    ErrorCode.INDEX_OUT_OF_RANGE: "index-out-of-range",
    ErrorCode.STACK_OVERFLOW: "stack-overflow",
    ErrorCode.OUT_OF_MEMORY: "out-of-memory",
    ErrorCode.OUT_OF_FUEL: "out-of-fuel",
    ErrorCode.CANCELLED: "cancelled",
    ErrorCode.DEADLOCK: "deadlock",
    ErrorCode.TIMEOUT: "timeout",
    ErrorCode.BUSY: "busy",
    ErrorCode.FOREIGN: "foreign",
    ErrorCode.NULL_VALUE: "null-value",
    ErrorCode.INTERRUPTED: "interrupted",
    ErrorCode.IO: "io",
}


class Status(IntEnum):
    """What a host call gives."""

    PENDING = 0
    READY = 1
    FAILED = 2
    CANCELLED = 3
    TIMEOUT = 4
    DEADLOCK = 5
    BUSY = 6
    OUT_OF_MEMORY = 7

    @property
    def text(self) -> str:
        """The name that a person or a program reads."""
        return _STATUS_TEXTS[self]


_STATUS_TEXTS = {
    Status.PENDING: "pending",
    Status.READY: "ready",
    Status.FAILED: "failed",
    Status.CANCELLED: "cancelled",
    Status.TIMEOUT: "timeout",
    Status.DEADLOCK: "deadlock",
    Status.BUSY: "busy",
    Status.OUT_OF_MEMORY: "out-of-memory",
}


class TypeKind(IntEnum):
    """Kinds of values; see TYPE_SIZES."""

    VOID = 0
    BOOL = 1
    I8 = 2
    I16 = 3
    I32 = 4
    I64 = 5
    U8 = 6
    U16 = 7
    U32 = 8
    U64 = 9
    F32 = 10
    F64 = 11
    STRING = 12
    PROMISE = 13
    STRUCT = 14
    ARRAY = 15
    OPTIONAL = 16
    DYN = 17
    OBJECT = 18


class Attention(IntFlag):
    """Bits of ZynContext.attention."""

    STOP = 1
    CANCEL = 2
    FUEL = 4
    TIMERS = 8
    INTERRUPT = 16


class FrameState(IntEnum):
    """Words at offset 0 of a state machine; 1..n are points."""

    START = 0
    CANCELLED = 0xFFFFFFFD
    RETURNED = 0xFFFFFFFE
    FAILED = 0xFFFFFFFF


class StepMode(IntEnum):
    """How far a debugger lets a task go."""

    NONE = 0
    INTO = 1
    OVER = 2
    OUT = 3
    AWAIT = 4
    POLL = 5
    KEEP = 6

    @property
    def text(self) -> str:
        """The name that a person or a program reads."""
        return _STEP_TEXTS[self]


_STEP_TEXTS = {
    StepMode.NONE: "continue",
    StepMode.INTO: "into",
    StepMode.OVER: "over",
    StepMode.OUT: "out",
    StepMode.AWAIT: "await",
    StepMode.POLL: "poll",
    StepMode.KEEP: "keep",
}


class StopReason(IntEnum):
    """Why a task stopped."""

    BREAKPOINT = 1
    STEP = 2
    PAUSE = 3
    ENTRY = 4
    FAILURE = 5
    DEADLOCK = 6

    @property
    def text(self) -> str:
        """The name that a person or a program reads."""
        return _STOP_REASON_TEXTS[self]


_STOP_REASON_TEXTS = {
    StopReason.BREAKPOINT: "breakpoint",
    StopReason.STEP: "step",
    StopReason.PAUSE: "pause",
    StopReason.ENTRY: "entry",
    StopReason.FAILURE: "exception",
    StopReason.DEADLOCK: "deadlock",
}


class Outcome(IntEnum):
    """How an operation on a channel, a lock or a set of tasks ended."""

    DONE = 0
    FULL = 1
    EMPTY = 2
    CLOSED = 3
    TIMEOUT = 4
    LAGGED = 5
    OUT_OF_MEMORY = 6
    REFUSED = 7
    PENDING = 8

    @property
    def text(self) -> str:
        """The name that a person or a program reads."""
        return _OUTCOME_TEXTS[self]


_OUTCOME_TEXTS = {
    Outcome.DONE: "done",
    Outcome.FULL: "full",
    Outcome.EMPTY: "empty",
    Outcome.CLOSED: "closed",
    Outcome.TIMEOUT: "timeout",
    Outcome.LAGGED: "lagged",
    Outcome.OUT_OF_MEMORY: "out-of-memory",
    Outcome.REFUSED: "refused",
    Outcome.PENDING: "pending",
}


class ObjectKind(IntEnum):
    """Kinds of counted objects."""

    CHANNEL = 1
    ONESHOT = 2
    MUTEX = 3
    RWLOCK = 4
    SEMAPHORE = 5
    JOIN_SET = 6
    FUTURES = 7
    NURSERY = 8
    NOTIFY = 9
    BARRIER = 10
    ONCE = 11
    WATCH = 12
    WATCH_RECEIVER = 13
    BROADCAST = 14
    BROADCAST_RECEIVER = 15
    IO = 16

    @property
    def text(self) -> str:
        """The name that a person or a program reads."""
        return _OBJECT_TEXTS[self]


_OBJECT_TEXTS = {
    ObjectKind.CHANNEL: "channel",
    ObjectKind.ONESHOT: "oneshot",
    ObjectKind.MUTEX: "mutex",
    ObjectKind.RWLOCK: "rwlock",
    ObjectKind.SEMAPHORE: "semaphore",
    ObjectKind.JOIN_SET: "join-set",
    ObjectKind.FUTURES: "futures",
    ObjectKind.NURSERY: "nursery",
    ObjectKind.NOTIFY: "notify",
    ObjectKind.BARRIER: "barrier",
    ObjectKind.ONCE: "once",
    ObjectKind.WATCH: "watch",
    ObjectKind.WATCH_RECEIVER: "watch-receiver",
    ObjectKind.BROADCAST: "broadcast",
    ObjectKind.BROADCAST_RECEIVER: "broadcast-receiver",
    ObjectKind.IO: "io",
}


class Wake(IntEnum):
    """Who woke a task for a poll."""

    NONE = 0
    TASK = 1
    TIMER = 2
    OUTSIDE = 3

    @property
    def text(self) -> str:
        """The name that a person or a program reads."""
        return _WAKE_TEXTS[self]


_WAKE_TEXTS = {
    Wake.NONE: "none",
    Wake.TASK: "task",
    Wake.TIMER: "timer",
    Wake.OUTSIDE: "outside",
}


# Bytes of a value; 0 where they depend on the type.
TYPE_SIZES = {
    TypeKind.VOID: 0,
    TypeKind.BOOL: 1,
    TypeKind.I8: 1,
    TypeKind.I16: 2,
    TypeKind.I32: 4,
    TypeKind.I64: 8,
    TypeKind.U8: 1,
    TypeKind.U16: 2,
    TypeKind.U32: 4,
    TypeKind.U64: 8,
    TypeKind.F32: 4,
    TypeKind.F64: 8,
    TypeKind.STRING: 8,
    TypeKind.PROMISE: 8,
    TypeKind.STRUCT: 0,
    TypeKind.ARRAY: 0,
    TypeKind.OPTIONAL: 0,
    TypeKind.DYN: 16,
    TypeKind.OBJECT: 8,
}

LEAVES = {
    "delay": Leaf(24, 8, "timer"),
    "yield_now": Leaf(4, 4, "turn"),
    "pending": Leaf(4, 4, "nothing"),
    "await_promise": Leaf(48, 8, "task"),
    "join": Leaf(32, 8, "tasks"),
    "race": Leaf(32, 8, "tasks"),
    "all_settled": Leaf(32, 8, "tasks"),
    "foreign": Leaf(32, 8, "host"),
    "channel_send": Leaf(96, 8, "channel"),
    "channel_recv": Leaf(112, 8, "channel"),
    "channel_recv_for": Leaf(136, 8, "channel"),
    "oneshot_recv": Leaf(112, 8, "oneshot"),
    "mutex_lock": Leaf(64, 8, "mutex"),
    "rwlock_read": Leaf(64, 8, "rwlock"),
    "rwlock_write": Leaf(64, 8, "rwlock"),
    "semaphore_acquire": Leaf(64, 8, "semaphore"),
    "timeout": Leaf(96, 8, "task"),
    "select": Leaf(24, 8, "tasks"),
    "ready": Leaf(56, 8, "nothing"),
    "map": Leaf(136, 8, "task"),
    "and_then": Leaf(136, 8, "task"),
    "join_next": Leaf(80, 8, "tasks"),
    "join_next_promise": Leaf(80, 8, "tasks"),
    "futures_next": Leaf(80, 8, "tasks"),
    "nursery_join": Leaf(64, 8, "tasks"),
    "notify_wait": Leaf(64, 8, "notify"),
    "barrier_wait": Leaf(64, 8, "barrier"),
    "once_begin": Leaf(64, 8, "once"),
    "watch_changed": Leaf(120, 8, "watch"),
    "broadcast_recv": Leaf(120, 8, "broadcast"),
    "io_read": Leaf(80, 8, "io"),
    "io_write": Leaf(80, 8, "io"),
    "io_ready": Leaf(80, 8, "io"),
    "tcp_accept": Leaf(80, 8, "io"),
    "tcp_connect": Leaf(136, 8, "io"),
    "udp_send": Leaf(128, 8, "io"),
    "udp_recv": Leaf(128, 8, "io"),
    "process_wait": Leaf(80, 8, "process"),
    "file_open": Leaf(96, 8, "io"),
    "file_read": Leaf(96, 8, "io"),
    "file_write": Leaf(96, 8, "io"),
    "file_sync": Leaf(96, 8, "io"),
    "blocking": Leaf(56, 8, "blocking call"),
    "within": Leaf(96, 8, "task"),
}

STRUCTS = {
    "ZynContext": StructLayout(
        64,
        {
            "task": 0,
            "waker": 8,
            "attention": 24,
            "stack_limit": 32,
            "error": 40,
            "runtime": 56,
        },
    ),
    "ZynPromise": StructLayout(
        16,
        {
            "state_machine": 0,
            "poll_fn": 8,
        },
    ),
    "ZynFrameHeader": StructLayout(
        32,
        {
            "promise": 0,
            "refs": 16,
            "flags": 20,
            "descriptor": 24,
        },
    ),
    "ZynDescriptor": StructLayout(
        72,
        {
            "size": 0,
            "align": 4,
            "result_offset": 8,
            "result_type": 12,
            "init": 16,
            "poll_cell": 24,
            "drop": 32,
            "side_table": 40,
            "flags": 44,
            "poll": 48,
            "result_info": 56,
            "name": 64,
        },
    ),
    "ZynTypeInfo": StructLayout(
        40,
        {
            "size": 0,
            "align": 4,
            "kind": 8,
            "flags": 12,
            "retain": 16,
            "release": 24,
            "name": 32,
        },
    ),
    "ZynString": StructLayout(
        16,
        {
            "refs": 0,
            "hash": 4,
            "length": 8,
        },
    ),
    "ZynActivation": StructLayout(
        40,
        {
            "caller": 0,
            "state_machine": 8,
            "shadow": 16,
            "side_table": 24,
            "probe": 28,
            "flags": 32,
        },
    ),
}
