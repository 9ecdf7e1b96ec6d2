"""What compiled code promises to whoever meets it: polls, states, stubs, cells and symbols."""

import ctypes
import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.native import Native, read
from zyn.codegen import Target, emit_module
from zyn.driver.load import Engine
from zyn.driver.loaded import LoadedFunction
from zyn.runtime.abi import ErrorCode, FrameState, Status
from zyn.runtime.host import NativeRuntime
from zyn.runtime.load import library
from zyn.runtime.structs import ZynContext, ZynDescriptor, ZynError, ZynPromise

LOOK = -(1 << 63)
POLL = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)


@pytest.fixture(params=["fast", "baseline"], autouse=True)
def build(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every build keeps the contract."""
    monkeypatch.setattr(Native, "baseline", request.param == "baseline")


class Machine:
    """A frame in memory of the test's own, as a caller would place it inside its own."""

    def __init__(self, runtime: NativeRuntime, function: LoadedFunction) -> None:
        descriptor = ZynDescriptor.from_address(function.descriptor)
        self.function = function
        self.result_offset = descriptor.result_offset
        self.memory = ctypes.create_string_buffer(descriptor.size + descriptor.align)
        self.address = ctypes.addressof(self.memory)
        self.context = ZynContext(runtime=runtime.address)
        self.poll_fn = POLL(descriptor.poll)

    def poll(self) -> int:
        """One poll."""
        return int(self.poll_fn(self.address, ctypes.addressof(self.context)))

    @property
    def state(self) -> int:
        """The state word."""
        return ctypes.c_uint32.from_address(self.address).value

    @property
    def result(self) -> Any:
        """What lies in the result slot."""
        return read(self.function.result, self.memory.raw, self.result_offset)

    def error(self) -> ErrorCode:
        """The code in the context, which is cleared."""
        assert self.context.error.tag == 1
        code = ZynError.from_address(self.context.error.payload).code
        library().zyn_error_release(self.context.error.payload)
        self.context.error.tag = 0
        return ErrorCode(code)


@contextmanager
def machine(result: str, value: str) -> Iterator[Machine]:
    """A machine that waits one turn and then gives a value."""
    source = f"async fn f() {result} {{ await yield_now(); return {value}; }}"
    with Native(source) as native:
        yield Machine(native.runtime, native.function("f"))


POLLS = [
    ("i8", "5", 5),
    ("i8", "-1", -1),
    ("i8", "-128", -128),
    ("i16", "-300", -300),
    ("i32", "42", 42),
    ("i32", "0", LOOK),
    ("i32", "-2147483648", -(1 << 31)),
    ("i64", "-1", -1),
    ("i64", "9223372036854775807", (1 << 63) - 1),
    ("i64", "-9223372036854775808", LOOK),
    ("i64", "0", LOOK),
    ("u8", "255", 255),
    ("u8", "0", LOOK),
    ("u16", "65535", 65535),
    ("u32", "4294967295", 4294967295),
    ("u64", "18446744073709551615", -1),
    ("u64", "9223372036854775808", LOOK),
    ("bool", "true", 1),
    ("bool", "false", LOOK),
    ("f64", "1.5", LOOK),
    ("f64", "0.0", LOOK),
    ("f32", "2.5", LOOK),
    ("?i32", "null", LOOK),
    ("?i32", "7", LOOK),
    ("[2]i32", "[1, 2]", LOOK),
    ("string", '"constant"', LOOK),
]


@pytest.mark.parametrize(("result", "value", "answer"), POLLS)
def test_a_poll_gives_the_value_or_says_where_to_look(result: str, value: str, answer: int) -> None:
    with machine(result, value) as made:
        assert made.state == FrameState.START
        assert made.poll() == 0
        assert made.state == 1
        assert made.poll() == answer
        assert made.state == FrameState.RETURNED
        shown = made.result
        if answer != LOOK:
            assert shown == answer or (result == "u64" and shown == answer + (1 << 64))
        elif isinstance(shown, float | int | str):
            text = shown if isinstance(shown, str) else json.dumps(shown)
            assert text == value.strip('"')


def test_a_poll_of_nothing_gives_one() -> None:
    with Native("async fn f() void { await yield_now(); }") as native:
        made = Machine(native.runtime, native.function("f"))

        assert (made.poll(), made.poll()) == (0, 1)
        assert made.state == FrameState.RETURNED


def test_states_are_numbered_as_they_stand() -> None:
    source = """
async fn f(n: i32) i32 {
    await yield_now();
    if (n == 0) { await yield_now(); }
    await yield_now();
    return n;
}
"""
    with Native(source) as native:
        for argument, states in ((0, [1, 2, 3]), (1, [1, 3])):
            made = Machine(native.runtime, native.function("f"))
            ctypes.c_int32.from_address(made.address + 4).value = argument
            seen = []
            while made.poll() == 0:
                seen.append(made.state)
            assert seen == states


def test_a_failed_machine_says_so() -> None:
    with Native("async fn f(n: i32) i32 { await yield_now(); return 1 / n; }") as native:
        made = Machine(native.runtime, native.function("f"))

        assert (made.poll(), made.poll()) == (0, LOOK)
        assert made.state == FrameState.FAILED
        assert made.error() is ErrorCode.DIVISION_BY_ZERO


def test_an_attention_of_cancel_ends_a_parked_machine() -> None:
    with Native("async fn f() i32 { await pending(); return 1; }") as native:
        made = Machine(native.runtime, native.function("f"))

        assert made.poll() == 0
        made.context.attention = 2
        assert made.poll() == LOOK
        assert made.state == FrameState.CANCELLED
        assert made.error() is ErrorCode.CANCELLED


def test_a_promise_has_two_pointers() -> None:
    with Native("async fn f(n: i32) i32 { await yield_now(); return n; }") as native:
        function = native.function("f")
        entry = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int32)
        context = ZynContext(runtime=native.runtime.address)

        promise = entry(function.entry)(ctypes.addressof(context), 9)

        found = ZynPromise.from_address(promise)
        assert found.state_machine == promise + 32
        assert found.poll_fn == function.stub
        assert ctypes.c_uint32.from_address(found.state_machine).value == FrameState.START
        assert ctypes.c_int32.from_address(found.state_machine + 4).value == 9
        library().zyn_promise_release(promise)
        assert native.live_objects() == 0


MANY = """
const Pair = struct { left: f64, name: string };
async fn many(
    a: i8, b: f32, c: bool, pair: Pair, d: u16, text: string, e: i64, f: u8, g: i32, h: bool,
    numbers: [20]i64, w: f64, x: f64, y: f64, z: f64, p: f64, q: f64, r: f64, s: f64, t: f32
) string {
    await yield_now();
    if (c and !h and a == -1 and d == 65535 and e == -5 and f == 200 and g == 7) {
        if (numbers[0] + numbers[19] == 19 and pair.left == 0.5 and b == 1.5) {
            if (w + x + y + z + p + q + r == 28.0 and s == 8.0 and t == 9.0) {
                return pair.name + text;
            }
        }
    }
    return "no";
}
"""

KINDS: dict[str, type[Any]] = {
    "i8": ctypes.c_int8, "u8": ctypes.c_uint8, "u16": ctypes.c_uint16, "i32": ctypes.c_int32,
    "i64": ctypes.c_int64, "f32": ctypes.c_float, "f64": ctypes.c_double, "bool": ctypes.c_bool,
}  # fmt: skip
"""Everything else goes by address."""


@pytest.mark.parametrize("how", ["entry", "init"])
def test_entry_and_init_fill_a_frame_with_arguments_of_all_kinds(how: str) -> None:
    """In registers, on the stack and by address; what is counted is retained."""
    with Native(MANY) as native:
        function = native.function("many")
        context = ZynContext(runtime=native.runtime.address)
        texts = [
            library().zyn_string_new(native.runtime.address, text, 4) for text in (b"pair", b"text")
        ]
        pair = (ctypes.c_uint64 * 2)(struct.unpack("<Q", struct.pack("<d", 0.5))[0], texts[0])
        numbers = (ctypes.c_int64 * 20)(*range(20))
        values: list[Any] = [
            -1, 1.5, True, ctypes.addressof(pair), 65535, texts[1], -5, 200, 7, False,
            ctypes.addressof(numbers), 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0,
        ]  # fmt: skip
        promise = None
        kinds = [KINDS.get(str(type_), ctypes.c_void_p) for _, type_, _ in function.args]

        if how == "entry":
            make = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, *kinds)(function.entry)
            promise = make(ctypes.addressof(context), *values)
            machine = promise + 32
        else:
            made = Machine(native.runtime, function)
            ctypes.memset(made.address, 0xEE, ZynDescriptor.from_address(function.descriptor).size)
            machine = made.address
            address = ZynDescriptor.from_address(function.descriptor).init
            fill = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, *kinds)(address)
            fill(ctypes.addressof(context), machine, *values)
        for text in texts:
            library().zyn_string_release(text)
        poll = POLL(function.stub)
        assert poll(machine, ctypes.addressof(context)) == 0
        assert poll(machine, ctypes.addressof(context)) == LOOK
        descriptor = ZynDescriptor.from_address(function.descriptor)
        result = ctypes.string_at(machine + descriptor.result_offset, 8)
        assert read(function.result, result) == "pairtext"
        if promise is not None:
            library().zyn_promise_release(promise)
        else:
            ctypes.CFUNCTYPE(None, ctypes.c_void_p)(descriptor.drop)(machine)
        assert native.live_objects() == 0


def test_symbols_and_names() -> None:
    source = "fn direct() i32 { return 1; } async fn f() i32 { await yield_now(); return 1; }"
    with Native(source) as native:
        module = native.module
        text = emit_module("some", module.units, Target().triple).text

        assert module.generated == ["direct", "f", "__f_poll"]
        assert set(module.symbols()) == {
            "zyn$main$direct", "zyn$main$f$poll", "zyn$main$f$descriptor", "zyn$main$sites",
        }  # fmt: skip
        assert "zyn$some$direct" in text
        assert "zyn$some$f$poll" in text
        assert "@direct" not in text


@pytest.mark.parametrize("name", ["malloc", "main", "free", "memcpy", "zyn_frame_new", "_start"])
def test_functions_may_have_any_name(name: str) -> None:
    source = f"""
const Large = struct {{ a: [20]i64, text: string }};
fn {name}(n: i64) i64 {{ return n + 1; }}
fn fill(n: i64) Large {{
    var large = Large{{ .a = [{", ".join(["n"] * 20)}], .text = "a" + "b" }};
    large.a[3] = {name}(n);
    return large;
}}
async fn __{name}_poll(n: i64) i64 {{
    const large = fill(n);
    await yield_now();
    const copy = large;
    return copy.a[3] + {name}(copy.a[4]);
}}
"""
    with Native(source) as native:
        assert native.call(f"__{name}_poll", 40).value == 82
        assert native.call(name, 41).value == 42
        assert native.live_objects() == 0


def test_a_function_and_the_poll_of_another_do_not_meet() -> None:
    source = """
async fn f() i32 { await yield_now(); return 1; }
fn __f_poll() i32 { return 2; }
async fn __f_init() i32 { await yield_now(); return 3 + await f(); }
"""
    with Native(source) as native:
        assert native.call("f").value == 1
        assert native.call("__f_poll").value == 2
        assert native.call("__f_init").value == 4


SWITCHED = """
const Named = struct { name: string, count: i32 };
async fn inner(n: i32) Named {
    const text = "n" + "!";
    await yield_now();
    return Named{ .name = text, .count = n };
}
fn twice(text: string) string { return text + text; }
async fn outer(n: i32) string {
    var all = "";
    var i: i32 = 0;
    while (i < n) {
        i += 1;
        const named = await inner(i);
        const note: ?string = named.name;
        await yield_now();
        all += twice(note orelse "none");
    }
    return all;
}
"""


@pytest.mark.parametrize("polls", range(9))
def test_running_frames_go_on_in_the_other_build(polls: int) -> None:
    with Native(SWITCHED) as native:
        function = native.function("outer")
        fast = ctypes.c_uint64.from_address(function.cell).value
        promise = native.runtime.call_async(
            function.descriptor, b"\x04\0\0\0", function.args_offset
        )
        for _ in range(polls):
            assert native.runtime.poll(promise) is Status.PENDING
        stub = function.stub

        builds = native.module.debug_build()

        assert {build.function for build in builds} == {"inner", "twice", "outer"}
        assert ctypes.c_uint64.from_address(function.cell).value != fast
        assert function.stub == stub
        if polls == 4:  # and back again
            ctypes.c_uint64.from_address(function.cell).value = fast
        assert native.runtime.block_on(promise, -1) is Status.READY
        text = read(function.result, ctypes.string_at(promise.result_address, 8))
        assert text == "n!n!" * 4
        del promise
        assert native.live_objects() == 0


def test_a_debug_build_is_made_once() -> None:
    with Native(SWITCHED) as native:
        assert [build.function for build in native.module.debug_build(["inner"])] == ["inner"]
        assert native.module.debug_build(["inner"]) == []
        assert len(native.module.debug_build()) == 2
        assert native.call("outer", 1).value == "n!n!"


def test_modules_of_one_name_do_not_meet() -> None:
    engine = Engine(check=True)
    one = Native("fn f() i32 { return 1; }", engine=engine)
    other = Native("fn f() i32 { return 2; }", engine=engine)
    with one, other:
        assert (one.call("f").value, other.call("f").value) == (1, 2)
        assert one.function("f").side_table.id != other.function("f").side_table.id
