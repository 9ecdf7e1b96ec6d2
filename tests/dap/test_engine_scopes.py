"""What the engine shows of a stopped or parked task, and what it lets a user change."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.support.debugging import Debugging, debugging, described
from zyn.debug.model import DebugError

VALUES = """
const Point = struct { x: i32, y: f64 };

async fn nap(ms: i64) i64 {
    await delay(ms); // @nap
    return ms;
}

async fn main() i32 {
    const gone = 7; // @gone
    var count: u8 = 200;
    var name = "Ada";
    var point = Point{ .x = gone, .y = 0.5 };
    var items: [3]i16 = [1, 2, 3];
    var maybe: ?i32 = null;
    const p = nap(5); // @made
    const got = await p; // @parked
    count = count + 1; // @after
    if (maybe == null and point.x + 0 > 0) {
        const text = name + "!"; // @inside
        point.x = items[0] + 0;
    }
    return point.x; // @end
}
"""

DIVIDE = """fn divide(a: i32, b: i32) i32 {
    return a / b;
}

async fn main() i32 {
    await yield_now();
    return divide(1, 0);
}
"""


@pytest.fixture
async def debug(tmp_path: Path) -> AsyncIterator[Callable[[str], Debugging]]:
    async with debugging(tmp_path) as make:
        yield make


SAME_NAMES = """
async fn one(state: i32) i32 {
    await yield_now(); // @one
    return state;
}

async fn main() i32 {
    const p = spawn(one(1));
    const total = 5;
    {
        const total = 7;
        const got = await p; // @parked
        if (got > total) { return got; }
    }
    return total; // @end
}
"""


async def test_no_two_variables_of_a_scope_have_one_name(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(SAME_NAMES)
    await session.launch(breaks="one end")
    stop = await session.stopped()
    machine = await session.scope_of(1, "state_machine")
    rows = await session.session.variables(machine.variables)
    assert [row.name for row in rows] == ["state", "total", "total #2", "await p", "result"]
    assert [row.value for row in rows if row.name.startswith("total")] == ["5", "7"]
    assert [row.evaluate_name for row in rows if row.name.startswith("total")] == ["total", None]
    found = await session.scope_of(1, "locals")
    rows = await session.session.variables(found.variables)
    assert [(row.name, row.value) for row in rows if "total" in row.name] == [
        ("total (outer)", "5"),
        ("total", "7"),
    ]
    changed = await session.session.set_variable(found.variables, "total (outer)", "50")
    assert (changed.name, changed.value) == ("total (outer)", "50")
    main = await session.top(1)
    assert (await session.session.evaluate("total", main.reference, "watch")).value == "7"
    inner = await session.scope_of(stop.task, "state_machine")
    names = [row.name for row in await session.session.variables(inner.variables)]
    assert names == ["state word", "state", "await yield_now()", "result"]
    await session.session.resume(None)
    await session.stopped()
    await session.session.resume(None)
    assert (await session.exited()).value == "50"


async def test_locals_of_a_stopped_task(debug: Callable[[str], Debugging]) -> None:
    session = debug(VALUES)
    await session.launch(breaks="made inside")
    stop = await session.stopped()
    found = await session.scope(stop.task, "locals")
    assert [described(one) for one in found.values()] == [
        "gone: i32 = 7",
        "count: u8 = 200",
        'name: string = "Ada"',
        "point: Point = Point{ .x = 7, .y = 0.5 }",
        "items: [3]i16 = [1, 2, 3]",
        "maybe: ?i32 = null",
        "p: Promise<i64> = [not initialised yet]",
        "got: i64 = [not initialised yet]",
    ]
    items = await session.session.variables(found["items"].children, 1, 2)
    assert [(one.name, one.value) for one in items] == [("1", "2"), ("2", "3")]
    fields = await session.session.variables(found["point"].children)
    assert [(one.name, one.value, one.evaluate_name) for one in fields] == [
        ("x", "7", "point.x"),
        ("y", "0.5", "point.y"),
    ]
    await session.session.resume(None)
    stop = await session.stopped()
    assert (await session.scope(stop.task, "locals"))["text"].value == "[not initialised yet]"


async def test_a_parked_task_shows_every_variable_or_the_reason_why_not(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(VALUES)
    await session.launch(breaks="nap")
    stop = await session.stopped()
    await session.session.set_breakpoints(str(session.program), [])
    stop = await session.step(stop.task, "poll")
    frames = await session.session.stack(stop.task)
    assert [(f.function, f.line, f.kind) for f in frames] == [
        ("nap", session.line("nap"), "awaiting"),
        ("main", session.line("parked"), "awaiting"),
    ]
    found = await session.scope(stop.task, "locals", frame=1)
    gone = session.line("gone") + 3
    shown = {one.name: one.value for one in found.values()}
    assert shown["gone"] == f"[dead since line {gone}, was 7]"
    assert shown["count"] == "200"
    assert shown["name"] == '"Ada"'
    assert shown["point"] == "Point{ .x = 7, .y = 0.5 }"
    assert shown["got"] == "[not initialised yet]"


async def test_fast_frames_say_that_nothing_was_recorded(
    debug: Callable[[str], Debugging],
) -> None:
    text = VALUES.replace("await delay(ms)", "await pending()")
    session = debug(text)
    await session.session.set_exception_filters(["deadlock"])
    await session.launch()
    stop = await session.stopped()
    assert stop.reason == "deadlock"
    assert stop.text == f"main (task 1) waits for nothing at line {session.line('nap')}"
    frames = await session.session.stack(1)
    assert {frame.build for frame in frames} == {"fast"}
    last = len(frames) - 1
    found = await session.scope(1, "locals", frame=last)
    assert found["count"].value == "200"
    assert found["gone"].absent is not None
    assert "was" not in found["gone"].value
    with pytest.raises(DebugError, match="gone has no value"):
        await session.session.evaluate("gone + 1", frames[last].reference, "watch")
    await session.session.terminate()


async def test_expressions_mean_what_they_mean_in_the_program(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(VALUES)
    await session.launch(breaks="after")
    stop = await session.stopped()
    frame = (await session.top(stop.task)).reference
    wanted = {
        "count + 100": ("44", "u8"),
        "point.x * 2": ("14", "i32"),
        "point": ("Point{ .x = 7, .y = 0.5 }", "Point"),
        "items[1] + items[2]": ("5", "i16"),
        "items.len": ("3", "i64"),
        "maybe orelse 9": ("9", "i32"),
        'name + " L."': ('"Ada L."', "string"),
        "got == 5 and count > 3": ("true", "bool"),
        "[point.x, 1]": ("[7, 1]", "[2]i32"),
    }
    for text, expected in wanted.items():
        value = await session.session.evaluate(text, frame, "watch")
        assert (value.value, value.type) == expected, text
    refused = {
        "nap(1)": "calls are refused",
        "await p": "await is refused",
        "items[3]": "out of range",
        "count / 0": "division of 200 by zero",
        "nothing": "there is no `nothing` here",
        "1 +": "expected",
        "": "no expression",
        "1; }": "closes nothing",
    }
    for text, message in refused.items():
        with pytest.raises(DebugError, match=message):
            await session.session.evaluate(text, frame, "watch")


async def test_variables_take_values_of_their_type(debug: Callable[[str], Debugging]) -> None:
    session = debug(VALUES)
    await session.launch(breaks="after end")
    stop = await session.stopped()
    scope = (await session.scope_of(stop.task, "locals")).variables
    changed = [
        await session.session.set_variable(scope, name, text)
        for name, text in (
            ("count", "count + 50"),
            ("name", '"Grace"'),
            ("maybe", "point.x"),
            ("point", "Point{ .x = 40, .y = 1.5 }"),
        )
    ]
    assert [one.value for one in changed] == ["250", '"Grace"', "7", "Point{ .x = 40, .y = 1.5 }"]
    part = (await session.scope(stop.task, "locals"))["point"].children
    assert (await session.session.set_variable(part, "x", "41")).value == "41"
    for name, text, message in (
        ("count", "256", "does not fit"),
        ("count", "name", "expected `u8`"),
        ("p", "p", "cannot be set|no value"),
        ("nobody", "1", "no variable"),
    ):
        with pytest.raises(DebugError, match=message):
            await session.session.set_variable(scope, name, text)
    await session.session.resume(None)
    stop = await session.stopped()
    after = await session.scope(stop.task, "locals")
    assert (after["count"].value, after["maybe"].value) == ("251", "7")
    assert after["name"].value == f"[dead since line {session.line('inside')}]"
    await session.session.resume(None)
    info = await session.exited()
    assert (info.value, info.leaked) == ("41", 0)


async def test_the_state_machine_is_what_the_compiler_says(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug("async fn f(a: i64, b: i32) i64 {\n    var c: i32 = b;\n    await delay(5);\n"
                    "    c = c + 1;\n    return a;\n}\n")  # fmt: skip
    await session.launch("f(1, 2)", stop_on_entry=True)
    await session.stopped()
    stop = await session.step(1, "poll")
    fields = await session.scope(stop.task, "state_machine")
    assert fields["state"].value == "1 (await delay(5), line 3)"
    assert fields["state"].raw == "01 00 00 00"
    assert (fields["a"].value, fields["a"].raw) == ("1", "01 00 00 00 00 00 00 00")
    assert fields["a"].offset == 8
    delay = next(one for one in fields.values() if one.type == "delay")
    assert delay.value == "delay: until 5 ms"
    address = fields["a"].address
    assert address is not None
    assert await session.session.read_memory(address, 8) == (1).to_bytes(8, "little")
    assert await session.session.write_memory(address, (77).to_bytes(8, "little")) == 8
    await session.session.resume(None)
    assert (await session.exited()).value == "77"


async def test_references_die_when_their_task_runs(debug: Callable[[str], Debugging]) -> None:
    session = debug(VALUES)
    await session.launch(breaks="after end")
    stop = await session.stopped()
    frame = (await session.top(stop.task)).reference
    scope = (await session.session.scopes(frame))[0].variables
    point = (await session.scope(stop.task, "locals"))["point"].children
    await session.session.resume(None)
    await session.stopped()
    for look in (
        session.session.scopes(frame),
        session.session.variables(scope),
        session.session.variables(point),
        session.session.set_variable(scope, "count", "1"),
        session.session.evaluate("count", frame, "watch"),
    ):
        with pytest.raises(DebugError) as caught:
            await look
        assert caught.value.stale
    for look in (session.session.scopes(object()), session.session.variables(None)):
        with pytest.raises(DebugError):
            await look


async def test_failures_stop_with_their_message(debug: Callable[[str], Debugging]) -> None:
    session = debug(DIVIDE)
    await session.session.set_exception_filters(["failure"])
    await session.launch(breaks="")
    stop = await session.stopped()
    assert stop.reason == "exception"
    assert stop.text is not None
    assert stop.text == "division of 1 by zero"
    top = await session.top(stop.task)
    assert (top.function, top.line) == ("divide", 2)
    # What failed is seen with its values, without a breakpoint that asked for a debug build.
    fields = await session.scope(stop.task, "locals")
    assert fields
    assert all(field.absent is None for field in fields.values())
    await session.session.resume(None)
    info = await session.exited()
    assert info.error is not None
    assert (info.error[0], info.error[2]) == ("division-by-zero", 2)
