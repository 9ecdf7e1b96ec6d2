"""The native library: where it lies, what it exports, whether it is the right one.

It is looked for beside this package, or in the folder that ZYN_NATIVE_DIR names.  Every function of
zynrt.h has its prototype here; a test compares the two.
"""

import ctypes
import os
import sys
import threading
from ctypes import c_char_p, c_int, c_int32, c_int64, c_uint32, c_uint64, c_void_p
from pathlib import Path

import zyn.runtime
from zyn.runtime.abi import ABI_VERSION
from zyn.runtime.structs import (
    ZynDebugEvents,
    ZynMetrics,
    ZynOptions,
    ZynTaskInfo,
    ZynWaitInfo,
    ZynWaker,
)

FOREIGN_FN = ctypes.CFUNCTYPE(c_int64, c_void_p)
RELEASE_FN = ctypes.CFUNCTYPE(None, c_void_p)

_LIBRARY_NAMES = {"darwin": "libzynrt.dylib", "win32": "zynrt.dll"}
_POINTER = ctypes.POINTER

# What is called by a host or a debugger: result, then parameters.
_HOST_FUNCTIONS: dict[str, tuple[object, ...]] = {
    "zyn_abi_version": (c_uint32,),
    "zyn_rt_new": (c_void_p, _POINTER(ZynOptions)),
    "zyn_rt_free": (None, c_void_p),
    "zyn_rt_turn": (c_int64, c_void_p),
    "zyn_rt_next_deadline": (c_int64, c_void_p),
    "zyn_rt_wake_fd": (c_int, c_void_p),
    "zyn_rt_block_on": (c_int32, c_void_p, c_void_p, c_int64),
    "zyn_rt_run_until_idle": (c_int32, c_void_p),
    "zyn_rt_interrupt": (None, c_void_p),
    "zyn_rt_interrupt_clear": (None, c_void_p),
    "zyn_sigint_look": (c_uint64,),
    "zyn_rt_live_objects": (c_uint64, c_void_p),
    "zyn_rt_live_bytes": (c_uint64, c_void_p),
    "zyn_rt_fuel": (c_uint64, c_void_p),
    "zyn_rt_refuel": (None, c_void_p, c_uint64),
    "zyn_rt_now_ns": (c_uint64, c_void_p),
    "zyn_rt_outside": (None, c_void_p, c_int64),
    "zyn_call_direct": (c_int32, c_void_p, c_void_p, c_void_p, c_void_p, _POINTER(c_void_p)),
    "zyn_call_async": (c_void_p, c_void_p, c_void_p, c_void_p, c_uint32, c_uint32),
    "zyn_call_foreign": (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p),
    "zyn_foreign_fail": (None, c_void_p, c_char_p, c_uint64),
    "zyn_promise_poll": (c_int32, c_void_p, c_void_p),
    "zyn_promise_start": (c_int32, c_void_p, c_void_p),
    "zyn_promise_status": (c_int32, c_void_p),
    "zyn_promise_polls": (c_uint64, c_void_p),
    "zyn_promise_task_id": (c_uint64, c_void_p),
    "zyn_promise_result": (c_void_p, c_void_p),
    "zyn_promise_result_info": (c_void_p, c_void_p),
    "zyn_promise_error": (c_void_p, c_void_p),
    "zyn_promise_cancel": (None, c_void_p),
    "zyn_promise_spawn": (None, c_void_p, c_void_p),
    "zyn_promise_priority": (c_int32, c_void_p, c_void_p, c_uint32),
    "zyn_rt_trace_hash": (c_uint64, c_void_p),
    "zyn_rt_metrics": (c_uint32, c_void_p, c_uint32, _POINTER(ZynMetrics)),
    "zyn_promise_retain": (None, c_void_p),
    "zyn_promise_release": (None, c_void_p),
    "zyn_string_new": (c_void_p, c_void_p, c_char_p, c_uint64),
    "zyn_string_retain": (None, c_void_p),
    "zyn_string_release": (None, c_void_p),
    "zyn_error_release": (None, c_void_p),
    "zyn_gdb_register": (c_int32, c_void_p, c_uint64),
    "zyn_waker_wake": (None, ZynWaker),
    "zyn_dbg_attach": (None, c_void_p, _POINTER(ZynDebugEvents)),
    "zyn_dbg_tasks": (c_uint64, c_void_p, c_uint64, _POINTER(ZynTaskInfo), c_uint64),
    "zyn_dbg_task": (c_int32, c_void_p, c_uint64, _POINTER(ZynTaskInfo)),
    "zyn_dbg_probes": (None, c_void_p, c_uint32, c_void_p, c_uint32),
    "zyn_dbg_break": (c_int32, c_void_p, c_uint32, c_uint32, c_int32),
    "zyn_dbg_resume": (c_int32, c_void_p, c_uint64, c_uint32),
    "zyn_dbg_pause": (c_int32, c_void_p, c_uint64),
    "zyn_dbg_gate": (None, c_void_p, c_int32),
    "zyn_dbg_stop_all": (None, c_void_p, c_int32),
    "zyn_dbg_hold": (c_int32, c_void_p, c_uint64, c_int32),
    "zyn_dbg_wake": (c_int32, c_void_p, c_uint64),
    "zyn_dbg_cancel": (c_int32, c_void_p, c_uint64),
    "zyn_dbg_filters": (None, c_void_p, c_uint32),
    "zyn_dbg_read": (c_uint64, c_void_p, c_void_p, c_uint64),
    "zyn_dbg_write": (c_uint64, c_void_p, c_char_p, c_uint64),
    "zyn_dbg_changes": (None, c_void_p, c_int32),
    "zyn_dbg_trace": (c_int32, c_void_p, c_int32),
    "zyn_dbg_trace_read": (c_uint64, c_void_p, _POINTER(c_uint64), c_void_p, c_uint64),
    "zyn_dbg_profile": (c_int32, c_void_p, c_int32, c_void_p, c_uint64),
    "zyn_dbg_profile_read": (c_uint64, c_void_p, c_void_p, c_uint64),
    "zyn_dbg_shadow": (c_void_p, c_void_p, c_void_p, _POINTER(c_uint32), _POINTER(c_uint32)),
}

# Of zyn_sync.h a host needs only to keep and to look at objects; the language does the rest.
_OBJECT_FUNCTIONS: dict[str, tuple[object, ...]] = {
    "zyn_object_retain": (None, c_void_p),
    "zyn_object_release": (None, c_void_p),
    "zyn_object_id": (c_uint64, c_void_p),
    "zyn_nursery_failures": (c_uint64, c_void_p),
    "zyn_nursery_failure": (c_void_p, c_void_p, c_uint64),
    "zyn_dbg_task_wait": (
        c_int32, c_void_p, c_uint64, c_uint64, c_uint32, c_void_p, _POINTER(ZynWaitInfo),
    ),
}  # fmt: skip

# What takes a few instructions and waits for nobody, and is called with the interpreter's lock
# held: to give it up would cost more, and with several threads it might be long in coming back.
_QUICK = frozenset(
    ("zyn_promise_status", "zyn_promise_polls", "zyn_promise_task_id", "zyn_promise_result",
     "zyn_promise_error", "zyn_promise_retain", "zyn_sigint_look"),
)  # fmt: skip

# What only compiled code calls, by address: the code generator resolves these names.
COMPILED_FUNCTIONS = (
    "zyn_frame_new", "zyn_attend", "zyn_failed",
    "zyn_enter", "zyn_start", "zyn_repoll", "zyn_fail_cancelled",
    "zyn_fail_stack", "zyn_fail_division", "zyn_fail_index", "zyn_fail_null", "zyn_fail_panic",
    "zyn_fail_at",
    "zyn_string_retain", "zyn_string_release", "zyn_string_concat", "zyn_string_equal",
    "zyn_string_compare", "zyn_string_from_i64", "zyn_promise_retain", "zyn_promise_release",
    "zyn_spawn", "zyn_delay_init", "zyn_delay_poll", "zyn_delay_drop", "zyn_yield_now_init",
    "zyn_yield_now_poll", "zyn_yield_now_drop", "zyn_pending_init", "zyn_pending_poll",
    "zyn_pending_drop", "zyn_await_promise_init", "zyn_await_promise_poll",
    "zyn_await_promise_drop", "zyn_await_promise_take", "zyn_join_init", "zyn_join_poll",
    "zyn_join_drop", "zyn_join_take", "zyn_race_init", "zyn_race_poll", "zyn_race_drop",
    "zyn_race_take", "zyn_all_settled_init", "zyn_all_settled_poll", "zyn_all_settled_drop",
    "zyn_all_settled_take", "zyn_probe_enter", "zyn_probe_leave", "zyn_probe", "zyn_shadow",
)  # fmt: skip


class NativeLibraryError(OSError):
    """The native library is absent, unreadable or of another version."""


_loaded: ctypes.CDLL | None = None
_loading = threading.Lock()


def library() -> ctypes.CDLL:
    """The library, loaded once.  Calls through it release the interpreter's lock, but for those
    that are quick.
    """
    global _loaded
    if _loaded is None:
        with _loading:
            if _loaded is None:
                _loaded = _load(library_path())
    return _loaded


def library_path() -> Path:
    """Where the library lies; raises NativeLibraryError when it is nowhere."""
    name = _LIBRARY_NAMES.get(sys.platform, "libzynrt.so")
    chosen = os.environ.get("ZYN_NATIVE_DIR")
    # The package's path names both the sources and, where it is installed editable, the built
    # files; importlib.resources gives the same answer and costs 20 ms.
    folders = [chosen] if chosen else list(zyn.runtime.__path__)
    for folder in folders:
        path = Path(folder) / name
        if path.is_file():
            return path
    places = ", ".join(str(folder) for folder in folders)
    raise NativeLibraryError(f"{name} is not in {places}: build zyn with `make build`")


def symbol_address(name: str) -> int:
    """The address of an exported function, for the linker of compiled code."""
    try:
        function = getattr(library(), name)
    except AttributeError:
        raise NativeLibraryError(f"libzynrt does not export {name}: build zyn again") from None
    address = ctypes.cast(function, c_void_p).value
    if address is None:
        raise NativeLibraryError(f"{name} has no address")
    return address


def symbol_addresses() -> dict[str, int]:
    """Every function that compiled code may call, with its address."""
    return {name: symbol_address(name) for name in COMPILED_FUNCTIONS}


def _load(path: Path) -> ctypes.CDLL:
    try:
        native, quick = ctypes.CDLL(str(path)), ctypes.PyDLL(str(path))
    except OSError as error:
        raise NativeLibraryError(f"{path} cannot be loaded: {error}") from error
    for name, (result, *parameters) in (_HOST_FUNCTIONS | _OBJECT_FUNCTIONS).items():
        try:
            function = getattr(quick if name in _QUICK else native, name)
        except AttributeError:
            raise NativeLibraryError(f"{path} does not export {name}") from None
        function.restype = result
        function.argtypes = parameters
        setattr(native, name, function)
        if name == "zyn_abi_version" and function() != ABI_VERSION:
            raise NativeLibraryError(
                f"{path} has ABI version {function()}, zyn needs {ABI_VERSION}: build again"
            )
    return native
