"""The leaf futures of the runtime, as lowering and code generation see them.

Size and alignment are those of `zynrt.def`; a test compares the two.  `takes` says how the result
leaves the leaf.
"""

from typing import Literal, NamedTuple


class Leaf(NamedTuple):
    """A future written in C.

    args    `values`: each argument is passed as it is; `promises`: one array of promises is passed
            as
            pointer and count
    takes   `none`: no result; `take`: zyn_<name>_take(mem, out); `settled`: the same with field
            offsets
    """

    size: int
    align: int
    args: Literal["values", "promises"]
    takes: Literal["none", "take", "settled"]


LEAVES: dict[str, Leaf] = {
    "delay": Leaf(48, 8, "values", "none"),
    "yield_now": Leaf(4, 4, "values", "none"),
    "pending": Leaf(4, 4, "values", "none"),
    "await_promise": Leaf(48, 8, "values", "take"),
    "join": Leaf(32, 8, "promises", "take"),
    "race": Leaf(32, 8, "promises", "take"),
    "all_settled": Leaf(32, 8, "promises", "settled"),
}
