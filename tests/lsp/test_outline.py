"""Lenses, symbols, folds, selections, tokens, inline values and states of one small program."""

from inline_snapshot import snapshot

from tests.lsp.pictures import open_at, underlined
from zyn.base.span import Span
from zyn.driver.queries import Document
from zyn.ide.actions import actions
from zyn.ide.folding import folds
from zyn.ide.inline_values import inline_values
from zyn.ide.lens import lenses
from zyn.ide.selection import selections
from zyn.ide.semantic import MODIFIERS, TYPES, tokens
from zyn.ide.state_machine import machine_of
from zyn.ide.symbols import OutlineEntry, matching, outline

PROGRAM = """\
const Point = struct { x: i32, y: f64 };

/* Waits, unless
   there is nothing to wait for. */
async fn step(p: Point, n: i32) i32 {
    var left: i32 = n;
    while (left > 0) {
        if (left == p.x) {
            await delay(left);
        }
        left = left - 1;
    }
    return await other() + left;
}

async fn other() i32 {
    await yield_now();
    return 1;
}

fn main() i32 {
    return 1;
}
"""


def program() -> Document:
    return Document("zyntax", PROGRAM.encode())


def test_lenses() -> None:
    document = program()
    picture = underlined(document, [(one.span, one.title) for one in lenses(document)])
    assert picture == snapshot("""\
  5 async fn step(p: Point, n: i32) i32 {
             ▔▔▔▔ 3 states - 48 B frame
             ▔▔▔▔ Debug…
             ▔▔▔▔ Run…
 16 async fn other() i32 {
             ▔▔▔▔▔ 2 states - 8 B frame
             ▔▔▔▔▔ Debug
             ▔▔▔▔▔ Run
 21 fn main() i32 {
       ▔▔▔▔ Debug
       ▔▔▔▔ Run\
""")


def drawn(entries: list[OutlineEntry], indent: str = "") -> str:
    rows: list[str] = []
    for one in entries:
        rows.append(f"{indent}{one.kind} {one.name} {one.detail}".rstrip())
        if one.children:
            rows.append(drawn(list(one.children), indent + "  "))
    return "\n".join(rows)


def test_document_symbols() -> None:
    assert drawn(outline(program())) == snapshot("""\
struct Point
  field x
  field y
async function step (p: Point, n: i32) i32
async function other () i32
function main () i32\
""")


def test_symbols_are_found_by_their_letters() -> None:
    assert [one.name for one in matching("OE", outline(program()))] == snapshot(["other"])
    assert len(list(matching("", outline(program())))) == 4


def test_folds() -> None:
    lines = PROGRAM.splitlines()
    assert [f"{f.kind}: {lines[f.first]} .. {lines[f.last]}" for f in folds(program())] == snapshot(
        [
            "comment: /* Waits, unless ..    there is nothing to wait for. */",
            "region: async fn step(p: Point, n: i32) i32 { ..     return await other() + left;",
            "region:     while (left > 0) { ..         left = left - 1;",
            "region:         if (left == p.x) { ..             await delay(left);",
            "region: async fn other() i32 { ..     return 1;",
            "region: fn main() i32 { ..     return 1;",
        ]
    )


def test_selections_grow() -> None:
    document, offset = open_at("fn f(a: i32) i32 { return a * (1 + |a); }")
    picture = [document.data[one.start : one.end].decode() for one in selections(document, offset)]
    assert picture == snapshot(
        [
            "a",
            "1 + a",
            "a * (1 + a)",
            "return a * (1 + a);",
            "{ return a * (1 + a); }",
            "fn f(a: i32) i32 { return a * (1 + a); }",
        ]
    )


def test_tokens() -> None:
    document = program()
    marks: list[tuple[Span, str]] = []
    for one in tokens(document, 0, len(document.data)):
        names = [name for bit, name in enumerate(MODIFIERS) if one.modifiers >> bit & 1]
        marks.append((one.span, " ".join([TYPES[one.type], *names])))
    assert underlined(document, marks) == snapshot("""\
  1 const Point = struct { x: i32, y: f64 };
          ▔▔▔▔▔ struct declaration
                           ▔ property declaration
                              ▔▔▔ type
                                   ▔ property declaration
                                      ▔▔▔ type
  5 async fn step(p: Point, n: i32) i32 {
             ▔▔▔▔ function declaration async
                  ▔ parameter declaration readonly captured
                     ▔▔▔▔▔ struct
                            ▔ parameter declaration readonly
                               ▔▔▔ type
                                    ▔▔▔ type
  6     var left: i32 = n;
            ▔▔▔▔ variable declaration captured
                  ▔▔▔ type
                        ▔ parameter readonly
  7     while (left > 0) {
               ▔▔▔▔ variable captured
  8         if (left == p.x) {
                ▔▔▔▔ variable captured
                        ▔ parameter readonly captured
                          ▔ property
  9             await delay(left);
                ▔▔▔▔▔ keyword suspends
                      ▔▔▔▔▔ function defaultLibrary suspends
                            ▔▔▔▔ variable captured
 11         left = left - 1;
            ▔▔▔▔ variable modification captured
                   ▔▔▔▔ variable captured
 13     return await other() + left;
               ▔▔▔▔▔ keyword suspends
                     ▔▔▔▔▔ function async suspends
                               ▔▔▔▔ variable captured
 16 async fn other() i32 {
             ▔▔▔▔▔ function declaration async
                     ▔▔▔ type
 17     await yield_now();
        ▔▔▔▔▔ keyword suspends
              ▔▔▔▔▔▔▔▔▔ function defaultLibrary suspends
 21 fn main() i32 {
       ▔▔▔▔ function declaration
              ▔▔▔ type\
""")


def test_inline_values_up_to_where_the_task_stopped() -> None:
    document = program()
    stopped = document.data.index(b"left = left - 1")
    found = inline_values(document, 0, len(document.data), stopped)
    assert underlined(document, [(one.span, one.name) for one in found]) == snapshot("""\
  5 async fn step(p: Point, n: i32) i32 {
                  ▔ p
                            ▔ n
  6     var left: i32 = n;
            ▔▔▔▔ left
                        ▔ n
  7     while (left > 0) {
               ▔▔▔▔ left
  8         if (left == p.x) {
                ▔▔▔▔ left
                        ▔ p
  9             await delay(left);
                            ▔▔▔▔ left
 11         left = left - 1;
            ▔▔▔▔ left\
""")


def test_states_and_their_order() -> None:
    machine = machine_of(program(), "step")
    assert machine is not None
    states = [f"{s.index} line {s.line + 1}: {s.awaits or s.kind}" for s in machine.table.states]
    assert states == snapshot(["0 line 5: start", "1 line 9: delay(left)", "2 line 13: other()"])
    assert [tuple(edge) for edge in machine.edges] == snapshot(
        [(0, 1), (0, 2), (1, 1), (1, 2), (2, -1)]
    )
    assert machine_of(program(), "main") is None
    assert machine_of(program(), "nobody") is None


def changed(sample: str) -> list[str]:
    """Each action at the cursor and the text that it leaves."""
    document, offset = open_at(sample)
    result: list[str] = []
    for one in actions(document, offset, offset):
        copy = Document("zyntax", document.data)
        for edit in sorted(one.edits, key=lambda change: change.span, reverse=True):
            copy.edit(edit.span.start, edit.span.end, edit.text.encode())
        result.append(f"{one.title}: {copy.data.decode()}")
    return result


def test_action_remove_needless_async() -> None:
    assert changed("a|sync fn f() i32 { return 1; }") == snapshot(
        ["remove `async`: fn f() i32 { return 1; }"]
    )


def test_action_add_await() -> None:
    sample = (
        "async fn g() i32 { await delay(1); return 1; }\n"
        "async fn f() i32 { const a: i32 = |g(); return a; }"
    )
    assert changed(sample) == snapshot(
        [
            """\
add `await`: async fn g() i32 { await delay(1); return 1; }
async fn f() i32 { const a: i32 = await g(); return a; }\
"""
        ]
    )


def test_action_write_the_type() -> None:
    assert changed("fn f() i32 { const |a = 1; return a; }") == snapshot(
        ["write the type `i32`: fn f() i32 { const a: i32 = 1; return a; }"]
    )
