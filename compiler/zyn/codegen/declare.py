"""The functions of the runtime that compiled code calls, as LLVM declarations.

Only those named in the text of a module are declared in it; the driver imports each by address.
"""

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
    "zyn_string_retain": "void @zyn_string_retain(ptr)",
    "zyn_string_release": "void @zyn_string_release(ptr)",
    "zyn_string_concat": "ptr @zyn_string_concat(ptr, ptr, ptr)",
    "zyn_string_equal": "i32 @zyn_string_equal(ptr, ptr)",
    "zyn_string_compare": "i32 @zyn_string_compare(ptr, ptr)",
    "zyn_promise_retain": "void @zyn_promise_retain(ptr)",
    "zyn_promise_release": "void @zyn_promise_release(ptr)",
    "zyn_spawn": "ptr @zyn_spawn(ptr, ptr, i64)",
    "zyn_start": "i32 @zyn_start(ptr, ptr, i64)",
    "zyn_delay_init": "void @zyn_delay_init(ptr, ptr, i64)",
    "zyn_yield_now_init": "void @zyn_yield_now_init(ptr, ptr)",
    "zyn_pending_init": "void @zyn_pending_init(ptr, ptr)",
    "zyn_await_promise_init": "void @zyn_await_promise_init(ptr, ptr, ptr)",
    "zyn_join_init": "void @zyn_join_init(ptr, ptr, ptr, i64)",
    "zyn_race_init": "void @zyn_race_init(ptr, ptr, ptr, i64)",
    "zyn_all_settled_init": "void @zyn_all_settled_init(ptr, ptr, ptr, i64)",
    "zyn_await_promise_take": "void @zyn_await_promise_take(ptr, ptr)",
    "zyn_join_take": "void @zyn_join_take(ptr, ptr)",
    "zyn_race_take": "void @zyn_race_take(ptr, ptr)",
    "zyn_all_settled_take": "void @zyn_all_settled_take(ptr, ptr, i32, i32, i32, i32)",
    "zyn_probe_enter": "void @zyn_probe_enter(ptr, ptr)",
    "zyn_probe_leave": "void @zyn_probe_leave(ptr, ptr)",
    "zyn_probe": "i32 @zyn_probe(ptr, ptr, i32)",
    "zyn_shadow": "ptr @zyn_shadow(ptr, ptr, i32, i32)",
    **{
        f"zyn_{leaf}_poll": f"i64 @zyn_{leaf}_poll(ptr, ptr)"
        for leaf in (
            "delay", "yield_now", "pending", "await_promise", "join", "race", "all_settled",
        )
    },
    **{
        f"zyn_{leaf}_drop": f"void @zyn_{leaf}_drop(ptr)"
        for leaf in ("await_promise", "join", "race", "all_settled")
    },
    "llvm.memcpy.p0.p0.i64": "void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)",
    "llvm.memset.p0.i64": "void @llvm.memset.p0.i64(ptr, i8, i64, i1)",
}  # fmt: skip

C_LIBRARY = ("memcpy", "memset", "memmove", "fmod", "fmodf")
"""What LLVM itself may call for a copy or a float remainder."""
