"""The structures of zynrt.h that Python fills or reads.

A test compares each with the header, and those that zynrt.def lists with their offsets there.
"""

import ctypes
from ctypes import c_char_p, c_uint32, c_uint64, c_void_p

STOPPED_FN = ctypes.CFUNCTYPE(None, c_void_p, c_uint64, c_uint32, c_uint32)
TASK_CHANGED_FN = ctypes.CFUNCTYPE(None, c_void_p, c_uint64, c_uint32)
DEADLOCK_FN = ctypes.CFUNCTYPE(None, c_void_p, c_uint64)
WAKE_FN = ctypes.CFUNCTYPE(None, c_void_p)


class ZynDyn(ctypes.Structure):
    """A tagged value; as ZynContext.error tag 1 says that payload is a ZynError."""

    _fields_ = (("tag", c_uint64), ("payload", c_uint64))


class ZynWaker(ctypes.Structure):
    """Whom to tell that something is ready."""

    _fields_ = (("fn", c_void_p), ("data", c_void_p))


class ZynContext(ctypes.Structure):
    """What every compiled function gets first."""

    _fields_ = (
        ("task", c_void_p),
        ("waker", ZynWaker),
        ("attention", c_uint64),
        ("stack_limit", c_uint64),
        ("error", ZynDyn),
        ("runtime", c_void_p),
    )


class ZynPromise(ctypes.Structure):
    """A state machine and how to poll it."""

    _fields_ = (("state_machine", c_void_p), ("poll_fn", c_void_p))


class ZynFrameHeader(ctypes.Structure):
    """In front of every frame that is not inside its caller's."""

    _fields_ = (
        ("promise", ZynPromise),
        ("refs", c_uint32),
        ("flags", c_uint32),
        ("descriptor", c_void_p),
    )


class ZynTypeInfo(ctypes.Structure):
    """How a value lies in memory and how its references are counted."""

    _fields_ = (
        ("size", c_uint32),
        ("align", c_uint32),
        ("kind", c_uint32),
        ("flags", c_uint32),
        ("retain", c_void_p),
        ("release", c_void_p),
        ("name", c_char_p),
    )


class ZynDescriptor(ctypes.Structure):
    """One async function as the runtime sees it."""

    _fields_ = (
        ("size", c_uint32),
        ("align", c_uint32),
        ("result_offset", c_uint32),
        ("result_type", c_uint32),
        ("init", c_void_p),
        ("poll_cell", c_void_p),
        ("drop", c_void_p),
        ("side_table", c_uint32),
        ("flags", c_uint32),
        ("poll", c_void_p),
        ("result_info", c_void_p),
        ("name", c_char_p),
    )


class ZynString(ctypes.Structure):
    """The head of a text; its bytes follow."""

    _fields_ = (("refs", c_uint32), ("hash", c_uint32), ("length", c_uint64))


class ZynError(ctypes.Structure):
    """The head of an error; its message follows."""

    _fields_ = (
        ("refs", c_uint32),
        ("code", c_uint32),
        ("line", c_uint32),
        ("side_table", c_uint32),
        ("length", c_uint64),
    )


class ZynActivation(ctypes.Structure):
    """One activation of a function in its debug build."""

    _fields_ = (
        ("caller", c_void_p),
        ("state_machine", c_void_p),
        ("shadow", c_void_p),
        ("side_table", c_uint32),
        ("probe", c_uint32),
        ("flags", c_uint64),
    )


class ZynOptions(ctypes.Structure):
    """What a runtime is made with."""

    _fields_ = (
        ("size", c_uint32),
        ("workers", c_uint32),
        ("clock", c_uint32),
        ("flags", c_uint32),
        ("seed", c_uint64),
        ("stack_bytes", c_uint64),
        ("memory_max", c_uint64),
        ("fuel", c_uint64),
    )


class ZynMetrics(ctypes.Structure):
    """Counters of one worker since the beginning; `queued` is how many tasks are runnable now."""

    _fields_ = (
        ("polls", c_uint64),
        ("parks", c_uint64),
        ("wakes", c_uint64),
        ("steals", c_uint64),
        ("given", c_uint64),
        ("queued", c_uint64),
    )


class ZynTaskInfo(ctypes.Structure):
    """One task as a debugger sees it."""

    _fields_ = (
        ("id", c_uint64),
        ("parent", c_uint64),
        ("spawn_site", c_uint64),
        ("state_machine", c_void_p),
        ("descriptor", c_void_p),
        ("activation", c_void_p),
        ("error", c_void_p),
        ("polls", c_uint64),
        ("wakes", c_uint64),
        ("parked_since_ns", c_uint64),
        ("waker", c_uint64),
        ("stop_site", c_uint64),
        ("state", c_uint32),
        ("stop", c_uint32),
        ("held", c_uint32),
        ("cancelling", c_uint32),
    )


class ZynWaitInfo(ctypes.Structure):
    """What a parked leaf waits for; fields that mean nothing for it are 0."""

    text = ""  # what only a debugger asks for: see `zyn.runtime.waits`

    _fields_ = (
        ("object", c_uint64),
        ("task", c_uint64),
        ("owner", c_uint64),
        ("fill", c_uint64),
        ("capacity", c_uint64),
        ("amount", c_uint64),
        ("ahead", c_uint64),
        ("deadline_ns", c_uint64),
        ("waiting", c_uint64),
        ("waiting_senders", c_uint64),
        ("kind", c_uint32),
        ("senders", c_uint32),
        ("receivers", c_uint32),
        ("closed", c_uint32),
    )


class ZynDebugEvents(ctypes.Structure):
    """What a debugger is told."""

    _fields_ = (
        ("data", c_void_p),
        ("stopped", STOPPED_FN),
        ("task_changed", TASK_CHANGED_FN),
        ("deadlock", DEADLOCK_FN),
    )
