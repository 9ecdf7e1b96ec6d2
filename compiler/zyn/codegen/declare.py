"""The functions of the runtime that compiled code calls, as LLVM declarations.

Only those named in the text of a module are declared in it; the driver imports each by address.
"""

from zyn.ir.leaf import LEAVES
from zyn.ir.operation import OPERATIONS

DECLARATIONS: dict[str, str] = {
    "zyn_frame_new": "ptr @zyn_frame_new(ptr, ptr)",
    "zyn_attend": "i32 @zyn_attend(ptr, ptr, i64)",
    "zyn_enter": "i32 @zyn_enter(ptr, ptr, i64)",
    "zyn_repoll": "i64 @zyn_repoll(ptr, ptr)",
    "zyn_failed": "i64 @zyn_failed(ptr, ptr)",
    "zyn_fail_stack": "void @zyn_fail_stack(ptr, i64)",
    "zyn_fail_division": "void @zyn_fail_division(ptr, i64, i64)",
    "zyn_fail_index": "void @zyn_fail_index(ptr, i64, i64, i64)",
    "zyn_fail_panic": "void @zyn_fail_panic(ptr, i64, ptr)",
    "zyn_fail_at": "void @zyn_fail_at(ptr, i64)",
    "zyn_string_retain": "void @zyn_string_retain(ptr)",
    "zyn_string_release": "void @zyn_string_release(ptr)",
    "zyn_string_concat": "ptr @zyn_string_concat(ptr, ptr, ptr)",
    "zyn_string_equal": "i32 @zyn_string_equal(ptr, ptr)",
    "zyn_string_compare": "i32 @zyn_string_compare(ptr, ptr)",
    "zyn_promise_retain": "void @zyn_promise_retain(ptr)",
    "zyn_promise_release": "void @zyn_promise_release(ptr)",
    "zyn_spawn": "ptr @zyn_spawn(ptr, ptr, i64)",
    "zyn_start": "i32 @zyn_start(ptr, ptr, i64)",
    "zyn_probe_enter": "void @zyn_probe_enter(ptr, ptr)",
    "zyn_probe_leave": "void @zyn_probe_leave(ptr, ptr)",
    "zyn_probe": "i32 @zyn_probe(ptr, ptr, i32)",
    "zyn_shadow": "ptr @zyn_shadow(ptr, ptr, i32, i32)",
    "zyn_object_retain": "void @zyn_object_retain(ptr)",
    "zyn_object_release": "void @zyn_object_release(ptr)",
    "llvm.memcpy.p0.p0.i64": "void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)",
    "llvm.memset.p0.i64": "void @llvm.memset.p0.i64(ptr, i8, i64, i1)",
}  # fmt: skip

_TAKES = {
    "take": "void @{}(ptr, ptr)",
    "settled": "void @{}(ptr, ptr, i32, i32, i32, i32)",
    "index": "i32 @{}(ptr, ptr)",
    "outcome": "i32 @{}(ptr, ptr)",
}

for _name, _leaf in LEAVES.items():
    _stem = f"zyn_{_name}"
    _params = ", ".join(("ptr, ptr", *filter(None, (_leaf.params,))))
    DECLARATIONS[f"{_stem}_init"] = f"void @{_stem}_init({_params})"
    DECLARATIONS[f"{_stem}_poll"] = f"i64 @{_stem}_poll(ptr, ptr)"
    if _leaf.takes != "none":
        DECLARATIONS[f"{_stem}_take"] = _TAKES[_leaf.takes].format(f"{_stem}_take")
        DECLARATIONS[f"{_stem}_drop"] = f"void @{_stem}_drop(ptr)"

for _name, _operation in OPERATIONS.items():
    _params = ", ".join(("ptr, i64", *filter(None, (_operation.params,))))
    DECLARATIONS[f"zyn_do_{_name}"] = f"{_operation.result} @zyn_do_{_name}({_params})"

C_LIBRARY = ("memcpy", "memset", "memmove", "fmod", "fmodf")
"""What LLVM itself may call for a copy or a float remainder."""
