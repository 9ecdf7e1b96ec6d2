"""The native debug agent of a runtime, as zyn_agent.h declares it."""

import ctypes
from collections.abc import Callable
from ctypes import c_char_p, c_int, c_int32, c_int64, c_uint16, c_uint32, c_uint64, c_void_p
from functools import cache
from typing import Any, NamedTuple

from zyn.runtime.load import library

LAUNCHED = 1

_REQUEST_GUESS = 4096
_PROTOTYPES: dict[str, tuple[object, ...]] = {
    "zyn_agent_start": (c_void_p, c_void_p, c_int, c_uint32),
    "zyn_agent_listen": (c_void_p, c_void_p, c_uint16, c_char_p, ctypes.POINTER(c_uint16)),
    "zyn_agent_stop": (None, c_void_p),
    "zyn_agent_close": (None, c_void_p),
    "zyn_agent_connected": (c_int32, c_void_p),
    "zyn_agent_publish": (c_int32, c_void_p, c_uint32, c_char_p, c_uint64, c_char_p, c_uint64),
    "zyn_agent_tell": (c_int32, c_void_p, c_char_p, c_uint64),
    "zyn_agent_next_request": (
        c_int64, c_void_p, ctypes.POINTER(c_uint64), c_void_p, c_uint64,
    ),
    "zyn_agent_answer": (None, c_void_p, c_uint64, c_uint32, c_char_p, c_uint64),
}  # fmt: skip


class Request(NamedTuple):
    """Something the debugger wants of the host."""

    id: int
    data: bytes


class NativeAgent:
    """The agent.  `stop` is the last call; `next_request` must have given None before."""

    def __init__(self, address: int, port: int = 0) -> None:
        self._address = address
        self.port = port

    @classmethod
    def start(cls, runtime: int, fd: int) -> "NativeAgent":
        """Serve the debugger at the other end of a connected socket, which the agent then owns."""
        address = _native("zyn_agent_start")(runtime, fd, LAUNCHED)
        if not address:
            raise MemoryError("the debug agent has no memory or no thread")
        return cls(address)

    @classmethod
    def listen(cls, runtime: int, port: int, token: str) -> "NativeAgent":
        """Wait for debuggers on the loopback interface; OSError when the port is taken."""
        bound = c_uint16()
        ctypes.set_errno(0)
        address = _native("zyn_agent_listen")(runtime, port, token.encode(), ctypes.byref(bound))
        if not address:
            raise OSError(f"port {port} cannot be listened on")
        return cls(address, bound.value)

    def publish(self, kind: int, key: str, data: bytes) -> None:
        """Keep a fact for every debugger that comes."""
        name = key.encode()
        _native("zyn_agent_publish")(self._address, kind, name, len(name), data, len(data))

    def tell(self, data: bytes) -> bool:
        """Tell the debugger of the moment; False when there is none."""
        return bool(_native("zyn_agent_tell")(self._address, data, len(data)))

    @property
    def is_connected(self) -> bool:
        """Whether a debugger is there."""
        return bool(_native("zyn_agent_connected")(self._address))

    def next_request(self) -> Request | None:
        """Wait for a request without the interpreter's lock; None once closed."""
        capacity = _REQUEST_GUESS
        id_ = c_uint64()
        while True:
            buffer = ctypes.create_string_buffer(capacity)
            size = _native("zyn_agent_next_request")(
                self._address, ctypes.byref(id_), buffer, capacity
            )
            if size < 0:
                return None
            if size <= capacity:
                return Request(id_.value, buffer.raw[:size])
            capacity = size

    def answer(self, request: Request, data: bytes) -> None:
        """Answer a request."""
        _native("zyn_agent_answer")(self._address, request.id, 0, data, len(data))

    def close(self) -> None:
        """Wake `next_request` for good."""
        _native("zyn_agent_close")(self._address)

    def stop(self) -> None:
        """Send what is left, let everything go, free the agent."""
        _native("zyn_agent_stop")(self._address)


@cache
def _native(name: str) -> Callable[..., Any]:
    """A function of the library with its prototype."""
    function = getattr(library(), name)
    function.restype, *function.argtypes = _PROTOTYPES[name]
    found: Callable[..., Any] = function
    return found
