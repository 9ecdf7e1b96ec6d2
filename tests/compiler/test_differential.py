"""The same program as native code, fast and debug, and in the reference interpreter.

Generated programs: 150 of them, always the same ones.  ZYN_DIFFERENTIAL_EXAMPLES=20000 asks for as
many others, made afresh each time; what fails is then shrunk and printed like any failed example.
"""

import os
import sys

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.support.differential import differences
from tests.support.generate import Generated, generate
from tests.support.native import Native
from zyn.driver.load import Engine

EXAMPLES = int(os.environ.get("ZYN_DIFFERENTIAL_EXAMPLES", "0"))
ENGINE = Engine(check=True)

sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))  # generators inside generators


def check(program: Generated) -> None:
    """Fail with every difference."""
    found = list(differences(program, ENGINE))
    assert not found, "\n".join([*found, program.source])


@settings(
    max_examples=EXAMPLES or 150,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def test_generated_programs(data: st.DataObject) -> None:
    draws = {count: st.integers(0, count - 1) for count in range(1, 40)}
    conjecture = data.conjecture_data

    def choose(count: int) -> int:
        return conjecture.draw(draws[count])

    program = generate(choose)
    note(program.source)
    check(program)


PROGRAMS = {
    "panic_in_every_place": """
fn value() i32 { return panic("value"); }
fn declared() i32 { const a: i32 = panic("declared"); return a; }
fn condition() i32 { if (panic("condition")) { return 1; } return 2; }
fn loop() i32 { while (panic("loop")) { } return 3; }
fn argument() i32 { return give(panic("argument")); }
fn give(x: i32) i32 { return x; }
fn message() i32 { panic(panic("message")); }
fn element() i64 { const a = [1, panic("element")]; return a.len; }
fn missing() i32 { const a: ?i32 = null; return a orelse panic("missing"); }
fn present() i32 { const a: ?i32 = 4; return a orelse panic("missing"); }
fn right() bool { return true and panic("right"); }
fn skipped() bool { return false and panic("right"); }
async fn waiting() i32 { await yield_now(); return await given(panic("waiting")); }
async fn given(x: i32) i32 { await yield_now(); return x; }
""",
    "length_of_what_must_be_made": """
fn broken() [2]i32 { panic("broken"); }
fn plain() i64 { return broken().len; }
async fn slow() [3]i32 { await delay(5); panic("slow"); }
async fn awaited() i64 { return (await slow()).len; }
async fn outside() i64 { const grid = [[1, 2], [3, 4]]; return grid[7].len; }
""",
    "floats": """
fn not_a_number(zero: f64) f64 { return zero / zero; }
fn infinite(zero: f64) f64 { return 1.5 / zero; }
fn compare(a: f64, b: f64) [6]bool { return [a == b, a != b, a < b, a <= b, a > b, a >= b]; }
fn with_itself() [6]bool { return compare(not_a_number(0.0), not_a_number(0.0)); }
fn with_one() [6]bool { return compare(not_a_number(0.0), 1.0); }
fn with_infinity() [6]bool { return compare(infinite(0.0), infinite(-0.0)); }
fn zeros() [6]bool { return compare(0.0, -0.0); }
fn minus(x: f64) f64 { return -x; }
fn negative_zero() f64 { return minus(0.0); }
fn narrow(a: f32, b: f32) [5]f32 { return [a + b, a - b, a * b, a / b, a % b]; }
fn rounded() [5]f32 { return narrow(0.1, 0.3); }
fn overflowing() [5]f32 { return narrow(340000000000000000000000000000000000000.0, 0.1); }
fn widened() f64 { const x: f32 = 0.1; return x; }
fn rest(a: f64, b: f64) f64 { return a % b; }
fn rests() [6]f64 {
    const large = infinite(0.0);
    return [rest(5.5, 2.0), rest(-5.5, 2.0), rest(5.5, -2.0), rest(1.0, 0.0), rest(1.0, large),
        rest(large, 2.0)];
}
""",
    "texts": """
fn order(a: string, b: string) [6]bool { return [a == b, a != b, a < b, a <= b, a > b, a >= b]; }
fn prefix() [6]bool { return order("ab", "abc"); }
fn empty() [6]bool { return order("", ""); }
fn beyond_ascii() [6]bool { return order("z", "é"); }
fn zero_inside() [6]bool { return order("a\\0b", "a\\0c"); }
fn same(a: string) string { return a + a; }
fn doubled() string { var a = "x\\n\\"é"; a = same(a); a += a; a = a; return a; }
""",
    "a_promise_that_two_await": """
async fn once(n: i32) i32 { await delay(n); return n; }
async fn twice(p: Promise<i32>) i32 { return await p + await p; }
async fn main() i32 {
    const p = once(5);
    const q = twice(p);
    const both = await join([q, p]);
    return both[0] * 100 + both[1] + await p;
}
""",
    "races": """
async fn after(ms: i64, text: string) string { await delay(ms); return text + "!"; }
async fn main() string {
    const slow = after(30, "slow");
    const first = await race(slow, after(10, "quick"), after(10, "later"));
    return first + await slow;
}
async fn turns(n: i32) i32 {
    var left = n;
    while (left > 0) {
        await yield_now();
        left -= 1;
    }
    return n;
}
async fn earlier_turn() i32 { return await race(turns(2), turns(1)); }
async fn same_turn() i32 { return await race(turns(1), turns(1 + 0)) * 10 + await race(turns(0)); }
async fn nobody() string { await race(pending(), pending()); return "never"; }
""",
    "settled": """
async fn part(n: i32) [2]string {
    await delay(n);
    const texts = ["a", "b"];
    if (n == 2) { const x = texts[n]; }
    return [texts[0] + "x", texts[1]];
}
async fn main() [2]string {
    var all = await all_settled([part(1), part(2), part(3)]);
    all[1].value[0] = all[1].message;
    all[0].value[0] += all[2].value[1];
    return [all[0].value[0], all[1].value[0]];
}
""",
}


def test_a_race_goes_to_the_first_turn() -> None:
    with Native(PROGRAMS["races"], engine=ENGINE) as native:
        assert native.call("earlier_turn").value == 1
        assert native.call("main").value == "quick!slow!"


@pytest.mark.parametrize("name", PROGRAMS)
def test_chosen_programs(name: str) -> None:
    source = PROGRAMS[name]
    heads = [line for line in source.splitlines() if "fn " in line and "()" in line.split("{")[0]]
    entries = tuple(head.split("fn ")[1].split("(")[0] for head in heads)
    skip = {"broken", "slow"}
    check(Generated(source, tuple(entry for entry in entries if entry not in skip)))
