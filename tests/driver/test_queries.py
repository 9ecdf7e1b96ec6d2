"""Answers after edits are those of the text, and little is done again for each."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.driver.edits import Edit, edits, place
from zyn.driver.queries import Document
from zyn.ide.hints import Hint, hints

SAMPLE = """\
const Point = struct { x: i32, y: f64 };

// Waits twice.
async fn add(a: i32, b: i32) i32 {
    await delay(10);
    const sum = a + b;
    await yield_now();
    return sum;
}

fn plain(p: Point) i32 {
    return p.x;
}

async fn main() i32 {
    var total: i32 = 0;
    while (total < 10) {
        total = total + await add(total, 1);
    }
    return total;
}

async fn even(n: i32) bool {
    if (n == 0) { return true; }
    return await odd(n - 1);
}

async fn odd(n: i32) bool {
    if (n == 0) { return false; }
    return await even(n - 1);
}
"""

LINES = SAMPLE.splitlines(keepends=True)

programs = st.lists(st.sampled_from(LINES), max_size=30).map("".join) | st.just(SAMPLE)


def shown(document: Document) -> tuple[list[Hint], list[object], list[tuple[int, str | None]]]:
    """Everything that a reader sees, without what is marked stale."""
    return (
        [hint for hint in hints(document, 0, len(document.data)) if not hint.is_stale],
        list(document.diagnostics()),
        [(placed.offset, placed.state.name) for placed in document.items],
    )


@given(programs, edits)
@example(SAMPLE, [(0.0, 0, b"/*"), (0.99, 0, b"*/"), (0.0, 2, b"")])
@example("async fn f() i32 {\nasync fn f() i32 {\n", [(0.55, 1, b"")])
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_edits_give_what_a_fresh_document_gives(text: str, changes: list[Edit]) -> None:
    document = Document("zyntax", text.encode())
    shown(document)
    for change in changes:
        document.edit(*place(change, len(document.data)))
        fresh = Document("zyntax", document.data)
        assert shown(document) == shown(fresh)
        assert document.text.starts == fresh.text.starts


@given(programs, programs)
@settings(deadline=None)
def test_replacing_the_text_is_an_edit(text: str, other: str) -> None:
    document = Document("zyntax", text.encode())
    document.replace(other.encode())
    assert document.data == other.encode()
    assert shown(document) == shown(Document("zyntax", other.encode()))


def find(document: Document, text: str) -> int:
    return document.data.index(text.encode())


def edited(document: Document, old: str, new: str) -> None:
    start = find(document, old)
    document.edit(start, start + len(old.encode()), new.encode())


def facts_by_name(document: Document) -> dict[str | None, object]:
    document.diagnostics()
    return {placed.state.name: placed.state.facts for placed in document.items}


def kept(before: dict[str | None, object], after: dict[str | None, object]) -> set[str | None]:
    return {name for name in before if after.get(name) is before[name]}


def test_an_edit_in_a_body_checks_one_item() -> None:
    document = Document("zyntax", SAMPLE.encode())
    before = facts_by_name(document)
    edited(document, "a + b", "a - b")
    assert kept(before, facts_by_name(document)) == before.keys() - {"add"}


def test_a_comment_checks_nothing() -> None:
    document = Document("zyntax", SAMPLE.encode())
    before = facts_by_name(document)
    edited(document, "// Waits twice.", "// Waits.")
    assert kept(before, facts_by_name(document)) == before.keys()


def test_a_changed_signature_checks_those_that_name_it() -> None:
    document = Document("zyntax", SAMPLE.encode())
    before = facts_by_name(document)
    edited(document, "b: i32) i32", "b: i64) i32")
    assert kept(before, facts_by_name(document)) == before.keys() - {"add", "main"}


def test_blanks_in_a_signature_check_one_item() -> None:
    document = Document("zyntax", SAMPLE.encode())
    before = facts_by_name(document)
    edited(document, "b: i32) i32", "b:  i32)  i32")
    assert kept(before, facts_by_name(document)) == before.keys() - {"add"}


def test_a_name_that_appears_is_seen() -> None:
    document = Document("zyntax", b"fn a() i32 { return b(); }\n")
    assert [d.code.name for d in document.diagnostics()] == ["unknown-name"]
    document.edit(len(document.data), len(document.data), b"fn b() i32 { return 1; }\n")
    assert document.diagnostics() == []


def test_a_name_that_resembles_an_unknown_one_is_proposed() -> None:
    document = Document("zyntax", b"fn a() i32 { return counted(); }\n")
    document.diagnostics()
    document.edit(len(document.data), len(document.data), b"fn counter() i32 { return 1; }\n")
    assert [d.hint for d in document.diagnostics()] == ["did you mean `counter`?"]


def test_an_equal_frame_stops_an_edit() -> None:
    document = Document("zyntax", SAMPLE.encode())
    main = document.declaration("main")
    assert main is not None
    before = document.lowered(main)
    edited(document, "a + b", "a - b")
    main = document.declaration("main")
    assert main is not None
    assert document.lowered(main) is before


def frame_size(document: Document, name: str) -> int:
    placed = document.declaration(name)
    table = document.side_table(placed) if placed is not None else None
    assert table is not None
    assert table.frame is not None
    return table.frame.size


def test_a_larger_frame_reaches_its_callers() -> None:
    document = Document("zyntax", SAMPLE.encode())
    before = frame_size(document, "main")
    edited(document, "return sum;", "const c = [b, b, b, b, b, b]; await delay(1); return c[0];")
    assert frame_size(document, "main") > before


def test_functions_that_await_each_other_are_no_part_of_one_another() -> None:
    document = Document("zyntax", SAMPLE.encode())
    even = document.declaration("even")
    lowered = document.lowered(even) if even is not None else None
    assert lowered is not None
    assert lowered.callees == {}


def test_a_chain_of_calls_is_no_deep_recursion() -> None:
    count = 3000
    text = (
        "".join(f"async fn f{n}() void {{ await f{n + 1}(); }}\n" for n in range(count))
        + f"async fn f{count}() void {{ await delay(1); }}\n"
    )
    document = Document("zyntax", text.encode())
    first = document.declaration("f0")
    assert first is not None
    assert document.side_table(first) is not None


def test_what_a_comment_swallows_is_kept_and_marked() -> None:
    document = Document("zyntax", SAMPLE.encode() + b"/* */")
    document.diagnostics()
    before = hints(document, 0, len(document.data), frozenset({"state"}))
    document.edit(0, 0, b"/*")
    assert document.items == []
    after = hints(document, 0, len(document.data), frozenset({"state"}))
    assert [(h.offset - 2, h.label) for h in after] == [(h.offset, h.label) for h in before]
    assert all(hint.is_stale for hint in after)
    document.edit(0, 2, b"")
    assert hints(document, 0, len(document.data), frozenset({"state"})) == before


def test_a_function_that_is_deleted_leaves_nothing() -> None:
    document = Document("zyntax", SAMPLE.encode())
    document.diagnostics()
    document.edit(0, len(document.data), b"")
    assert hints(document, 0, 0) == []


def test_the_first_of_two_declarations_counts() -> None:
    document = Document("zyntax", b"fn a() i32 { return 1; }\nfn a() bool { return true; }\n")
    found = document.diagnostics()
    assert [(d.code.name, d.span.start) for d in found] == [("duplicate-name", 28)]
    assert [unit.name for unit in document.compile_units()] == ["a"]


def test_one_of_two_equal_functions_is_edited() -> None:
    twice = b"fn a() i32 { return 1; }\n"
    document = Document("zyntax", twice + twice + b"fn b() i32 { return a(); }\n")
    assert [unit.name for unit in document.compile_units()] == ["a", "b"]
    second = document.data.rindex(b"i32 { return 1")
    document.edit(second, second + 3, b"bool")
    assert [unit.facts.signature.name for unit in document.compile_units()] == ["a", "b"]
    assert [d.code.name for d in document.diagnostics()] == ["type-mismatch", "duplicate-name"]


def test_compile_units_are_sound_functions_in_order() -> None:
    text = SAMPLE + "fn broken( {}\nfn wrong() i32 { return true; }\n"
    units = Document("zyntax", text.encode()).compile_units()
    assert [unit.name for unit in units] == ["add", "plain", "main", "even", "odd"]
    add = units[0]
    assert add.side_table.line == 3
    assert text.encode()[add.side_table.span.start : add.side_table.span.end] == b"add"
