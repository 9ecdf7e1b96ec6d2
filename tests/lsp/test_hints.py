"""Inlay hints, written into the text."""

from inline_snapshot import snapshot

from tests.lsp.pictures import hinted
from zyn.driver.queries import Document
from zyn.ide.hints import ALL_KINDS, HintKind, hints, state_details


def check(text: str, *kinds: HintKind) -> str:
    document = Document("zyntax", text.encode())
    found = hints(document, 0, len(document.data), frozenset(kinds) or ALL_KINDS)
    return hinted(document, found)


def test_everything_at_once() -> None:
    assert check(
        """\
async fn add(a: i32, y: i64) i32 {
    const x = a + 1;
    await delay(10);
    return x + a;
}

async fn main(limit: i32) i32 {
    var total: i32 = 0;
    var i: i32 = 0;
    while (i < limit) {
        total = total + await add(i, 2);
        i += 1;
    }
    return total;
}
"""
    ) == snapshot("""\
async fn add(a: i32⟨captured @4⟩, y: i64⟨stored @8⟩) i32 {
    const x⟨: i32⟩⟨captured @8⟩ = a + 1;
    await delay(⟨ms:⟩10);⟨state 1 - x, a live - 20 B⟩
    return x + a;
}

async fn main(limit: i32⟨captured @4⟩) i32 {
    var total: i32⟨captured @8⟩ = 0;
    var i: i32⟨captured @12⟩ = 0;
    while (i < limit) {
        total = total + await add(⟨a:⟩i, ⟨y:⟩2);⟨state 1 - total, i, limit live - 16 B⟩
        i += 1;
    }
    return total;
}
""")


def test_a_loop_keeps_what_the_next_round_reads() -> None:
    assert check(
        """\
async fn f(n: i32) void {
    var i: i32 = 0;
    while (i < n) {
        await yield_now();
        i = i + 1;
    }
}
""",
        "state",
        "capture",
    ) == snapshot("""\
async fn f(n: i32⟨captured @4⟩) void {
    var i: i32⟨captured @8⟩ = 0;
    while (i < n) {
        await yield_now();⟨state 1 - i, n live - 12 B⟩
        i = i + 1;
    }
}
""")


def test_two_awaits_in_one_line() -> None:
    assert check(
        """\
async fn one() i32 { await delay(1); return 1; }
async fn f() i32 {
    const x = await one() + await one();
    return x;
}
""",
        "state",
    ) == snapshot("""\
async fn one() i32 { await delay(1); return 1; }⟨state 1 - nothing live - 4 B⟩
async fn f() i32 {
    const x = await one() + await one();⟨state 1 - nothing live - 4 B⟩⟨state 2 - one() live - 8 B⟩
    return x;
}
""")


def test_a_function_with_a_mistake_has_no_states_and_others_have() -> None:
    assert check(
        """\
async fn good() void { await delay(1); }
async fn bad() void { await delay(true); }
async fn open() void { await delay(1);
""",
        "state",
    ) == snapshot("""\
async fn good() void { await delay(1); }⟨state 1 - nothing live - 4 B⟩
async fn bad() void { await delay(true); }
async fn open() void { await delay(1);
""")


def test_types_only_where_none_is_written() -> None:
    assert check(
        """\
const P = struct { x: i32 };
fn f(p: P) f64 {
    const x = p.x;
    var y: f64 = 1.5;
    const q = P{ .x = x };
    const wrong = nothing;
    return y;
}
""",
        "type",
    ) == snapshot("""\
const P = struct { x: i32 };
fn f(p: P) f64 {
    const x⟨: i32⟩ = p.x;
    var y: f64 = 1.5;
    const q⟨: P⟩ = P{ .x = x };
    const wrong = nothing;
    return y;
}
""")


def test_names_of_parameters_where_they_tell_something() -> None:
    assert check(
        """\
const P = struct { width: i32 };
fn area(width: i32, height: i32) i32 { return width * height; }
fn half(x: i32) i32 { return x / 2; }
fn f(height: i32, p: P) i32 {
    const a = area(1, 2) + area(p.width, height);
    return a + half(3) + area(half(height), 4);
}
""",
        "parameter",
    ) == snapshot("""\
const P = struct { width: i32 };
fn area(width: i32, height: i32) i32 { return width * height; }
fn half(x: i32) i32 { return x / 2; }
fn f(height: i32, p: P) i32 {
    const a = area(⟨width:⟩1, ⟨height:⟩2) + area(p.width, height);
    return a + half(3) + area(⟨width:⟩half(height), ⟨height:⟩4);
}
""")


def test_what_a_state_is_made_of() -> None:
    document = Document(
        "zyntax",
        b"async fn g(k: i64) i32 { await delay(k); return 1; }\n"
        b"async fn f(a: i32, b: i32) i32 { const x = a; return await g(1) + x; }\n",
    )
    placed = document.declaration("f")
    table = document.side_table(placed) if placed is not None else None
    assert table is not None
    assert state_details(table, table.states[1]) == snapshot("""\
waits for `g(1)`

| bytes | at | what |
| ---: | ---: | --- |
| 4 | 0 | state word |
| 4 | 4 | `a` parameter, dead here |
| 4 | 8 | `b` parameter, dead here |
| 4 | 4 | `x` i32 |

16 B are in use here, and 32 B at 8 by what is awaited; the whole frame has 40 B.\
""")


def test_only_the_asked_range() -> None:
    text = b"async fn a() void { await delay(1); }\nasync fn b() void { await delay(2); }\n"
    document = Document("zyntax", text)
    assert [hint.offset for hint in hints(document, 0, 37, frozenset({"state"}))] == [37]
    assert hints(document, 0, 20, frozenset({"state"})) == []
