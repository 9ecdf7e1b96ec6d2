"""What compiled code has the runtime do at once with handles and texts: see `zyn_call.h`.

Each is called as zyn_do_<name>(cx, site, arguments.., [type], [out]) and fails by setting cx.error.
What it gives is known from the type that the program sees: a scalar is returned, an optional is
written to `out` and there if the function gives 1, a bool is an int32_t.
"""

from typing import NamedTuple


class Operation(NamedTuple):
    """A function of the runtime.

    params      LLVM's types of the parameters after the site
    result      LLVM's type of what it returns
    by_address  the last argument of the program is passed by its address
    info        the type of the handle's element is passed behind the arguments
    """

    params: str = "ptr"
    result: str = "void"
    by_address: bool = False
    info: bool = False


OPERATIONS: dict[str, Operation] = {
    "channel": Operation("i64, ptr", "ptr", info=True),
    "channel_try_send": Operation("ptr, ptr", "i32", by_address=True),
    "channel_try_recv": Operation("ptr, ptr", "i32"),
    "channel_close": Operation(),
    "channel_len": Operation("ptr", "i64"),
    "oneshot": Operation("ptr", "ptr", info=True),
    "oneshot_send": Operation("ptr, ptr", "i32", by_address=True),
    "oneshot_try_recv": Operation("ptr, ptr", "i32"),
    "oneshot_close": Operation(),
    "mutex": Operation("", "ptr"),
    "mutex_try_lock": Operation("ptr", "i32"),
    "mutex_unlock": Operation(),
    "rwlock": Operation("", "ptr"),
    "rwlock_try_read": Operation("ptr", "i32"),
    "rwlock_try_write": Operation("ptr", "i32"),
    "rwlock_read_unlock": Operation(),
    "rwlock_write_unlock": Operation(),
    "semaphore": Operation("i64", "ptr"),
    "semaphore_try_acquire": Operation("ptr, i32", "i32"),
    "semaphore_release": Operation("ptr, i32"),
    "semaphore_close": Operation(),
    "semaphore_available": Operation("ptr", "i64"),
    "barrier": Operation("i64", "ptr"),
    "notify": Operation("", "ptr"),
    "notify_one": Operation(),
    "notify_all": Operation(),
    "join_set": Operation("", "ptr"),
    "join_set_spawn": Operation("ptr, ptr"),
    "join_set_abort_all": Operation(),
    "join_set_len": Operation("ptr", "i64"),
    "nursery": Operation("", "ptr"),
    "nursery_spawn": Operation("ptr, ptr"),
    "nursery_cancel": Operation(),
    "nursery_failures": Operation("ptr", "i64"),
    "nursery_failure": Operation("ptr, i64, ptr", "i32"),
    "tcp_listen": Operation("ptr, i64", "ptr"),
    "tcp_port": Operation("ptr", "i64"),
    "io_shutdown": Operation(),
    "io_close": Operation(),
    "string_len": Operation("ptr", "i64"),
}
