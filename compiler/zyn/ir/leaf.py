"""The leaf futures of the runtime, as lowering and code generation see them.

Size and alignment are those of `zynrt.def`; a test compares the two.  `takes` says how the result
leaves the leaf.
"""

from typing import Literal, NamedTuple


class Leaf(NamedTuple):
    """A future written in C.

    args    `values`: each argument is passed as it is; `promises`: one array of promises is passed
            as pointer and count; `address`: as `values`, but the last by its address
    takes   `none`: no result; `take`: zyn_<name>_take(mem, out); `settled`: the same with field
            offsets; `index`: the same, and the number it gives is the first field of the result;
            `outcome`: the same, and the value is there if it gives 0: a bool says whether, an
            optional is it
    params  LLVM's types of the arguments of zyn_<name>_init after the memory
    placed  whether an error of input or output may come out of it, which the await gives a place
    """

    size: int
    align: int
    args: Literal["values", "promises", "address"]
    takes: Literal["none", "take", "settled", "index", "outcome"]
    params: str = "ptr"
    placed: bool = False


LEAVES: dict[str, Leaf] = {
    "delay": Leaf(24, 8, "values", "none", "i64"),
    "yield_now": Leaf(4, 4, "values", "none", ""),
    "pending": Leaf(4, 4, "values", "none", ""),
    "await_promise": Leaf(48, 8, "values", "take", placed=True),
    "join": Leaf(32, 8, "promises", "take", "ptr, i64", placed=True),
    "race": Leaf(32, 8, "promises", "take", "ptr, i64", placed=True),
    "all_settled": Leaf(32, 8, "promises", "settled", "ptr, i64"),
    "select": Leaf(24, 8, "promises", "index", "ptr, i64", placed=True),
    "within": Leaf(96, 8, "values", "outcome", "i64, ptr", placed=True),
    "channel_send": Leaf(96, 8, "address", "outcome", "ptr, ptr"),
    "channel_recv": Leaf(112, 8, "values", "outcome"),
    "channel_recv_for": Leaf(136, 8, "values", "outcome", "ptr, i64"),
    "oneshot_recv": Leaf(112, 8, "values", "outcome"),
    "mutex_lock": Leaf(64, 8, "values", "outcome"),
    "rwlock_read": Leaf(64, 8, "values", "outcome"),
    "rwlock_write": Leaf(64, 8, "values", "outcome"),
    "semaphore_acquire": Leaf(64, 8, "values", "outcome", "ptr, i32"),
    "barrier_wait": Leaf(64, 8, "values", "take"),
    "notify_wait": Leaf(64, 8, "values", "outcome"),
    "join_next": Leaf(80, 8, "values", "outcome", placed=True),
    "nursery_join": Leaf(64, 8, "values", "outcome", placed=True),
    "tcp_accept": Leaf(80, 8, "values", "take", placed=True),
    "tcp_connect": Leaf(136, 8, "values", "take", "ptr, i64", placed=True),
    "io_read": Leaf(80, 8, "values", "take", "ptr, i64", placed=True),
    "io_write": Leaf(80, 8, "values", "take", "ptr, ptr", placed=True),
}
