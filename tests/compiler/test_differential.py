"""The same program as native code, in every build, and in the reference interpreter.

Generated programs: 150 of them, always the same ones.  ZYN_DIFFERENTIAL_EXAMPLES=20000 asks for as
many others, made afresh each time; what fails is then shrunk and printed like any failed example.
"""

import os
import sys

import pytest

from tests.support.differential import differences
from tests.support.generate import Generated
from tests.support.generated import holds_for_programs
from tests.support.native import Native
from zyn.driver.load import Engine

EXAMPLES = int(os.environ.get("ZYN_DIFFERENTIAL_EXAMPLES", "0"))
ENGINE = Engine(check=True, baseline=False)

sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))  # generators inside generators


def check(program: Generated) -> None:
    """Fail with every difference."""
    found = list(differences(program, ENGINE))
    assert not found, "\n".join([*found, program.source])


@holds_for_programs(EXAMPLES or 150, afresh=EXAMPLES > 0)
def test_generated_programs(program: Generated) -> None:
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
    "widths": """
fn i8s(a: i8, b: i8) [9]i8 { return [a + b, a - b, a * b, a / b, a % b, -a, 100, b, a]; }
fn small() [9]i8 { return i8s(100, 99); }
fn least() [9]i8 { return i8s(-128, -1); }
fn i16s(a: i16, b: i16) [5]i16 { return [a + b, a - b, a * b, a / b, a % b]; }
fn short() [5]i16 { return i16s(-32768, 7); }
fn u8s(a: u8, b: u8) [5]u8 { return [a + b, a - b, a * b, a / b, a % b]; }
fn bytes() [5]u8 { return u8s(200, 201); }
fn u16s(a: u16, b: u16) [5]u16 { return [a + b, a - b, a * b, a / b, a % b]; }
fn shorts() [5]u16 { return u16s(65000, 3); }
fn u32s(a: u32, b: u32) [5]u32 { return [a + b, a - b, a * b, a / b, a % b]; }
fn words() [5]u32 { return u32s(4000000000, 4100000000); }
fn u64s(a: u64, b: u64) [5]u64 { return [a + b, a - b, a * b, a / b, a % b]; }
fn longs() [5]u64 { return u64s(18446744073709551615, 10); }
fn constants(a: i64, b: u64) [4]i64 {
    return [a + 5000000000, a * -5000000000, a - 2147483648, 9000000000 - a];
}
fn large() [4]i64 { return constants(4000000000, 1); }
fn order_u8(a: u8, b: u8) [6]bool { return [a == b, a != b, a < b, a <= b, a > b, a >= b]; }
fn above() [6]bool { return order_u8(200, 100); }
fn order_i8(a: i8, b: i8) [6]bool { return [a == b, a != b, a < b, a <= b, a > b, a >= b]; }
fn below() [6]bool { return order_i8(-56, 100); }
fn order_u64(a: u64, b: u64) [6]bool { return [a == b, a != b, a < b, a <= b, a > b, a >= b]; }
fn top() [6]bool { return order_u64(9223372036854775808, 5); }
fn by_constant(a: i8) [4]bool { return [a < 0, a * 2 < a, a + 100 > 0, -a > 0]; }
fn around() [4]bool { return by_constant(-128); }
fn signed(a: i8, b: i16, c: i32) [3]i64 { return [a, b, c]; }
fn widened() [3]i64 { return signed(-1, -2, -3); }
fn unsigned(a: u8, b: u16, c: u32) [3]u64 { return [a, b, c]; }
fn filled() [3]u64 { return unsigned(255, 65535, 4294967295); }
async fn answer(a: i8) i8 { await yield_now(); return a + a; }
async fn answers() [3]i8 { return [await answer(100), await answer(-64), await answer(0)]; }
fn negations(a: bool, b: bool) [4]bool { return [!a, !(a == b), a and !b, a or !b]; }
fn negated() [4]bool { return negations(false, true); }
""",
    "arguments": """
const Point = struct { x: f64, y: f64 };
const Wide = struct { text: string, parts: [12]i64, point: Point };
fn many(a: i8, b: f64, c: bool, d: string, e: u16, f: f32, g: i64, h: bool, p: Point, q: u8,
        b2: f64, b3: f64, b4: f64, b5: f64, b6: f64, b7: f64, b8: f32, b9: f64, r: bool) string {
    if (a == -1 and b == 1.5 and c and e == 65535 and f == 2.5 and g == -9 and !h and p.y == 4.0
        and q == 200 and b8 == 8.0 and b9 == 9.0 and r and b2 + b7 == 9.0) {
        return d + "!";
    }
    return "wrong";
}
fn all() string {
    const point = Point{ .x = 3.0, .y = 4.0 };
    return many(-1, 1.5, true, "all", 65535, 2.5, -9, false, point, 200, 2.0, 3.0, 4.0, 5.0, 6.0,
        7.0, 8.0, 9.0, true);
}
fn spread(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, wide: Wide) Wide {
    var own = wide;
    own.parts[3] = a + b + c + d + e + f;
    own.text = own.text + "?";
    return own;
}
fn unchanged() string {
    const parts: [12]i64 = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    const wide = Wide{ .text = "wide", .parts = parts, .point = Point{ .x = 1.0, .y = 2.0 } };
    const other = spread(1, 2, 3, 4, 5, 6, wide);
    if (wide.parts[3] == 4 and other.parts[3] == 21 and other.point.y == 2.0) {
        return wide.text + other.text;
    }
    return "wrong";
}
async fn later(a: Wide, n: i32, p: Point, b: bool) Wide {
    await delay(n);
    if (b) { return a; }
    return spread(0, 0, 0, 0, 0, 1, a);
}
async fn waited() string {
    const parts: [12]i64 = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    const wide = Wide{ .text = "w", .parts = parts, .point = Point{ .x = 1.0, .y = 2.0 } };
    const one = await later(wide, 3, wide.point, false);
    const p = later(one, 2, one.point, true);
    const two = await p;
    return one.text + two.text;
}
""",
    "loops": """
fn nested(rows: i64, columns: u32, start: i32) i64 {
    var sum: i64 = 0;
    var row = rows;
    var seen = start;
    while (row > 0) {
        var column: u32 = columns;
        while (column > 0) {
            sum = sum * 3 + row;
            seen -= 1;
            if (seen < 0) { sum += 7; seen = start; }
            column -= 1;
        }
        row -= 1;
    }
    return sum + seen;
}
fn all() i64 { return nested(5, 7, 3) + nested(4, 1, 0); }
fn late(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i32) i64 {
    var left = g;
    var sum = a + b + c + d + e + f;
    var small = h;
    while (left > 0) { sum += left * nested(left, 2, small); left -= 1; small += 1; }
    return sum + small;
}
fn passed() i64 { return late(1, 2, 3, 4, 5, 6, 7, -8); }
fn failing(n: i32) i64 {
    const cells: [4]i64 = [10, 20, 30, 40];
    var i: i32 = 0;
    var sum: i64 = 0;
    while (i < n) { sum += cells[i] / (3 - i); i += 1; }
    return sum;
}
fn ends() i64 { return failing(3); }
fn divides() i64 { return failing(4); }
async fn turns(n: i32, step: i64) i64 {
    var i: i32 = 0;
    var sum: i64 = 0;
    while (i < n) {
        sum += step * i;
        if (i % 3 == 0) { await yield_now(); } else { sum += nested(2, 2, i); }
        var j: i64 = 0;
        while (j < 4) { sum = sum * 2 - j; j += 1; }
        i += 1;
    }
    return sum;
}
async fn turned() i64 {
    const all = await join([turns(7, 3), turns(5, -2)]);
    return all[0] - all[1];
}
""",
    "many_states": """
async fn one(n: i32) i32 { await yield_now(); return n; }
async fn sum() i32 {
    var total = await one(1);
    total += await one(2);
    total += await one(3);
    await delay(1);
    total += await one(4);
    total += await one(5);
    await yield_now();
    total += await one(6);
    total += await one(7);
    total += await one(8);
    return total;
}
""",
    "nested_references": """
const Leaf = struct { name: string, more: ?string };
const Tree = struct { leaves: [3]Leaf, grid: [2][2]string, size: i32 };
fn grow(seed: string) Tree {
    const leaf = Leaf{ .name = seed + "a", .more = null };
    const other = Leaf{ .name = seed + "b", .more = seed + "c" };
    const row = [seed + "d", "e"];
    return Tree{ .leaves = [leaf, other, leaf], .grid = [row, row], .size = 3 };
}
fn change(i: i64) string {
    var tree = grow("x");
    var copy = tree;
    copy.leaves[i].name = copy.leaves[i + 1].name + tree.grid[i][1];
    copy.grid[i] = [copy.leaves[i].name, "f"];
    tree.leaves[2] = copy.leaves[i];
    return tree.leaves[2].name + copy.grid[i][0] + tree.leaves[0].name;
}
fn changed() string { return change(0); }
fn changed_again() string { return change(1); }
fn outside() string { return change(2); }
async fn kept(tree: Tree, n: i32) Tree { await delay(n); return tree; }
async fn waiting() string {
    const all = await join([kept(grow("p"), 2), kept(grow("q"), 1)]);
    return all[0].leaves[1].more orelse "none";
}
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


def chosen(name: str) -> Generated:
    """One of the programs above."""
    source = PROGRAMS[name]
    heads = [line for line in source.splitlines() if "fn " in line and "()" in line.split("{")[0]]
    entries = tuple(head.split("fn ")[1].split("(")[0] for head in heads)
    skip = {"broken", "slow"}
    return Generated(source, tuple(entry for entry in entries if entry not in skip))


@pytest.mark.parametrize("name", PROGRAMS)
def test_chosen_programs(name: str) -> None:
    check(chosen(name))
