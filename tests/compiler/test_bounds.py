"""Programs that never end, divide by zero, reach beyond an array or recurse for ever: all are told.

Nothing a program does may end the process; what fails says which line is to blame.
"""

import threading

import pytest

from tests.support.native import Native, Outcome
from zyn.driver.load import Engine

ENGINE = Engine(check=True, baseline=False)
BASELINE = Engine(check=True)
BUILDS = pytest.mark.parametrize("build", ["fast", "debug", "baseline"])
MILLISECOND_NS = 1_000_000


def check(source: str, build: str, name: str = "main", timeout_ns: int = -1) -> Outcome:
    """How a call ends; nothing is left over."""
    with Native(source, engine=BASELINE if build == "baseline" else ENGINE) as native:
        if build == "debug":
            native.module.debug_build()
        outcome = native.call(name, timeout_ns=timeout_ns)
        assert native.live_objects() == 0
        return outcome


ENDLESS = {
    "loop": "async fn main() i32 { while (true) { } }",
    "counting": "async fn main() i32 { var i: i64 = 0; while (i >= 0) { i = i % 7; } return 1; }",
    "continue": "async fn main() i32 { while (true) { continue; } }",
    "in_a_direct_function": """
fn spin() i32 { while (true) { } }
async fn main() i32 { return spin(); }
""",
    "after_an_await": """
async fn main() i32 {
    const text = "a" + "b";
    await yield_now();
    while (text == "ab") { }
    return 1;
}
""",
    "calls": """
fn down(n: i32) i32 { if (n == 0) { return 0; } return down(n - 1); }
async fn main() i32 { while (true) { down(20); } }
""",
    "turns": "async fn main() i32 { while (true) { await yield_now(); } }",
}


@BUILDS
@pytest.mark.parametrize("name", ENDLESS)
def test_a_program_that_never_ends_runs_out_of_time(name: str, build: str) -> None:
    outcome = check(ENDLESS[name], build, timeout_ns=20 * MILLISECOND_NS)

    assert outcome.kind in ("timeout", "out-of-fuel", "cancelled")


@BUILDS
@pytest.mark.parametrize("name", ENDLESS)
def test_a_program_that_never_ends_can_be_interrupted(name: str, build: str) -> None:
    with Native(ENDLESS[name], engine=BASELINE if build == "baseline" else ENGINE) as native:
        if build == "debug":
            native.module.debug_build()
        ended = threading.Event()

        def interrupt() -> None:
            while not ended.wait(0.001):
                native.runtime.interrupt()

        thread = threading.Thread(target=interrupt)
        thread.start()
        outcome = native.call("main", timeout_ns=-1)
        ended.set()
        thread.join()

        assert outcome.kind == "interrupted"
        assert native.live_objects() == 0


DEEP = {
    "direct": """
fn down(n: i64) i64 { return 1 + down(n + 1); }
fn main() i64 { return down(0); }
""",
    "two_direct": """
fn one(n: i64) string { return "a" + other(n); }
fn other(n: i64) string { return one(n) + "b"; }
fn main() string { return one(0); }
""",
    "async": """
async fn down(n: i64) i64 { return 1 + await down(n + 1); }
async fn main() i64 { return await down(0); }
""",
    "async_and_direct": """
async fn down(text: string) string { return wrap(await down(text + "a")); }
fn wrap(text: string) string { return text; }
async fn main() string { return await down(""); }
""",
    "large_locals": """
const Row = struct { cells: [64]i64 };
fn fill(n: i64) Row { return Row{ .cells = [CELLS] }; }
fn down(n: i64) i64 {
    var rows = [fill(n), fill(n), fill(n), fill(n)];
    var more = [rows, rows, rows, rows];
    more[1][2].cells[n % 64] = down(n + 1);
    return more[1][2].cells[0] + rows[0].cells[1];
}
fn main() i64 { return down(0); }
""".replace("CELLS", ", ".join(["n"] * 64)),
}


@BUILDS
@pytest.mark.parametrize("name", DEEP)
def test_unbounded_recursion_fails(name: str, build: str) -> None:
    outcome = check(DEEP[name], build)

    assert outcome.kind == "stack-overflow"
    assert outcome.line in (2, 3, 4)


def test_a_stack_limit_of_the_host_is_kept() -> None:
    source = """
fn down(n: i32) i32 { if (n == 0) { return 0; } return 1 + down(n - 1); }
fn shallow() i32 { return down(10); }
fn deep() i32 { return down(100000); }
"""
    with Native(source, engine=ENGINE, stack_bytes=256 * 1024) as native:
        assert native.call("deep").kind == "stack-overflow"
        assert native.call("shallow").value == 10


OPERATIONS = {
    "i8": ("-128 / -1", -128),
    "i16": ("-32768 / -1", -32768),
    "i32": ("-2147483648 / -1", -(1 << 31)),
    "i64": ("-9223372036854775808 / -1", -(1 << 63)),
}


@BUILDS
@pytest.mark.parametrize("type_", OPERATIONS)
def test_the_least_number_by_minus_one_wraps(type_: str, build: str) -> None:
    text, value = OPERATIONS[type_]
    least = text.split(" ", maxsplit=1)[0]
    source = f"""
fn divide(a: {type_}, b: {type_}) {type_} {{ return a / b; }}
fn rest(a: {type_}, b: {type_}) {type_} {{ return a % b; }}
fn main() {type_} {{ return divide({least}, -1); }}
fn left() {type_} {{ return rest({least}, -1); }}
fn constant(a: {type_}) {type_} {{ return a / -1; }}
fn by_constant() {type_} {{ return constant({least}); }}
fn folded() {type_} {{ return {text}; }}
"""
    assert check(source, build).value == value
    assert check(source, build, "left").value == 0
    assert check(source, build, "by_constant").value == value
    assert check(source, build, "folded").value == value


LINES = """
fn divided(a: i32, b: i32) i32 {
    const fine = 7 / 2;
    return fine +
        a / b; // 5
}
fn rest(a: u8, b: u8) u8 {
    var x = a;
    x %= b; // 9
    return x;
}
fn reached(i: i64) i32 {
    const list = [1, 2, 3];
    return list[0]
        + list[i]; // 15
}
fn stored(i: i64) i32 {
    var grid = [[1, 2], [3, 4]];
    grid[1]
        [i] = 7; // 20
    return 1;
}
fn panics(i: i64) i32 {
    if (i > 100) {
        panic("too " + "large"); // 25
    }
    return 1;
}
async fn awaited(i: i64) i32 {
    await yield_now();
    const list = [1, 2, 3];
    return await given(
        list[i] // 33
    );
}
async fn given(i: i32) i32 {
    await delay(1);
    return i;
}
fn div_zero() i32 { return divided(1, 0); }
fn rest_zero() u8 { return rest(1, 0); }
fn read() i32 { return reached(3); }
fn read_below() i32 { return reached(-1); }
fn store() i32 { return stored(2); }
fn panic_large() i32 { return panics(101); }
async fn wait() i32 { return await awaited(-9223372036854775808); }
async fn tasks() i32 {
    const both = await join(given(1), awaited(8));
    return both[0];
}
async fn told() string {
    const all = await all_settled(given(1), awaited(8));
    return all[1].message;
}
"""

FAILURES = {
    "div_zero": Outcome("division-by-zero", 5, None, "division of 1 by zero"),
    "rest_zero": Outcome("division-by-zero", 9, None, "division of 1 by zero"),
    "read": Outcome("index-out-of-range", 15, None, "index 3 is out of range for length 3"),
    "read_below": Outcome("index-out-of-range", 15, None, "index -1 is out of range for length 3"),
    "store": Outcome("index-out-of-range", 19, None, "index 2 is out of range for length 2"),
    "panic_large": Outcome("panic", 25, None, "too large"),
    "wait": Outcome(
        "index-out-of-range", 33, None, "index -9223372036854775808 is out of range for length 3"
    ),
    "tasks": Outcome("index-out-of-range", 33, None, "index 8 is out of range for length 3"),
    "told": Outcome("value", 0, "index 8 is out of range for length 3"),
}


@BUILDS
@pytest.mark.parametrize("name", FAILURES)
def test_what_fails_says_where(name: str, build: str) -> None:
    assert check(LINES, build, name) == FAILURES[name]


@BUILDS
def test_a_deadlock_is_told(build: str) -> None:
    assert check("async fn main() void { await pending(); }", build).kind == "deadlock"
