"""The engine steps real programs: by statement, by await, by poll, one task or all of them."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.support.debugging import Debugging, debugging
from zyn.debug.model import DebugError, LaunchConfig, SourceBreakpoint, Stopped, TaskChanged

THREE_TASKS = """
async fn worker(n: i32) i32 {
    var total: i32 = 0;
    var i: i32 = 0;
    while (i < n) {
        await delay(10); // @wait
        total = total + i;
        i = i + 1;
    }
    return total; // @done
}

async fn stuck() i32 {
    await pending(); // @stuck
    return 1;
}

async fn main() i32 {
    const a = spawn(worker(3)); // @a
    const b = spawn(worker(2)); // @b
    const c = spawn(stuck()); // @c
    const x = await a; // @x
    const y = await b;
    return x + y + await c; // @last
}
"""

CALLS = """
fn square(x: i32) i32 {
    const y = x * x; // @square
    return y;
}

async fn inner(x: i32) i32 {
    await yield_now(); // @inner
    return square(x);
}

async fn outer() i32 {
    const a = await inner(3); // @outer
    const b = square(a); // @after
    return a + b; // @end
}
"""


SPAWNS = """
async fn child() i32 {
    await yield_now();
    return 20;
}

async fn main() i32 {
    const one = spawn(child()); // @first
    return await one + 1;
}
"""


@pytest.fixture
async def debug(tmp_path: Path) -> AsyncIterator[Callable[[str], Debugging]]:
    async with debugging(tmp_path) as make:
        yield make


async def where(debug: Debugging, stop: Stopped) -> tuple[str, int | None]:
    """Function and line of a stop."""
    top = await debug.top(stop.task)
    return top.function, top.line


async def test_three_tasks_poll_by_poll(debug: Callable[[str], Debugging]) -> None:
    session = debug(THREE_TASKS)
    await session.launch(breaks="x")
    stop = await session.stopped()
    assert (stop.task, stop.reason, stop.all_stopped) == (1, "breakpoint", True)
    await session.session.set_breakpoints(str(session.program), [])

    # Task 2 poll by poll: parked at its await each time, with its fields to be seen.
    seen = []
    await session.session.step(2, "poll")
    stop = await session.stopped()
    await session.session.hold(3)
    for _ in range(2):
        fields = await session.scope(2, "state_machine")
        seen.append([fields[name].value for name in ("state", "total", "i")])
        stop = await session.step(2, "poll")
        assert (stop.task, stop.reason) == (2, "step")
    fields = await session.scope(2, "state_machine")
    line = session.line("wait")
    assert seen == [
        [f"1 (await delay(10), line {line})", "0", "0"],
        [f"1 (await delay(10), line {line})", "0", "1"],
    ]
    assert [fields[name].value for name in ("total", "i")] == ["1", "2"]

    scope = await session.scope_of(2, "state_machine")
    changed = await session.session.set_variable(scope.variables, "total", "total + 100")
    assert (changed.value, changed.offset) == ("101", fields["total"].offset)

    held = next(view for view in (await session.session.tasks())[0] if view.id == 3)
    assert (held.state, held.held) == ("held", True)
    await session.session.release(3)
    await session.session.resume(None)
    info = await session.exited()
    assert info.value is None
    by_name = {task.name: task for task in info.deadlock}
    stuck = by_name["stuck"]
    assert (stuck.id, stuck.line, stuck.waits_for) == (4, session.line("stuck"), "nothing")
    assert by_name["main"].waits_for == "task 4"


async def test_a_held_task_stays_while_the_others_go_on(debug: Callable[[str], Debugging]) -> None:
    session = debug(THREE_TASKS)
    await session.launch(breaks="x done")
    await session.stopped()
    await session.session.hold(2)
    await session.session.resume(None)
    stop = await session.stopped()
    assert (stop.task, await where(session, stop)) == (3, ("worker", session.line("done")))
    views = {view.id: view for view in (await session.session.tasks())[0]}
    assert (views[2].polls, views[2].state) == (0, "held")
    await session.session.release(2)
    await session.session.resume(None)
    stop = await session.stopped()
    assert stop.task == 2
    assert (await session.scope(2, "locals"))["total"].value == "3"


async def test_over_stays_in_its_task_across_suspensions(debug: Callable[[str], Debugging]) -> None:
    session = debug(CALLS)
    await session.launch("outer()", stop_on_entry=True)
    stop = await session.stopped()
    assert stop.reason == "entry"
    places = [await where(session, stop)]
    places += [await where(session, await session.step(1, "over")) for _ in range(3)]
    # A statement with an await has two places: before it, and where it goes on.
    assert places == [
        ("outer", session.line("outer")),
        ("outer", session.line("outer")),
        ("outer", session.line("after")),
        ("outer", session.line("end")),
    ]


async def test_into_and_out_follow_the_calls(debug: Callable[[str], Debugging]) -> None:
    session = debug(CALLS)
    await session.launch("outer()", stop_on_entry=True)
    await session.stopped()
    path = [
        (kind, *await where(session, await session.step(1, kind)))
        for kind in ("into", "into", "into", "into", "out", "over", "into", "out")
    ]
    assert path == [
        ("into", "inner", session.line("inner")),
        ("into", "inner", session.line("inner")),
        ("into", "inner", session.line("inner") + 1),
        ("into", "square", session.line("square")),
        ("out", "outer", session.line("outer")),
        ("over", "outer", session.line("after")),
        ("into", "square", session.line("square")),
        ("out", "outer", session.line("end")),
    ]


async def test_stepping_one_task_leaves_the_other_stopped(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(THREE_TASKS)
    await session.launch(breaks="wait")
    first = await session.stopped()
    await session.session.resume(first.task, only=True)
    second = await session.stopped()
    assert {first.task, second.task} == {2, 3}
    assert (await session.top(second.task)).line == session.line("wait")
    await session.session.resume(None)
    again = await session.stopped()
    assert again.task in (2, 3)


async def test_steps_need_a_stopped_task(debug: Callable[[str], Debugging]) -> None:
    session = debug(THREE_TASKS)
    await session.launch(breaks="x")
    await session.stopped()
    with pytest.raises(DebugError, match="task 2 is not stopped"):
        await session.session.step(2, "over")
    with pytest.raises(DebugError, match="no task 99"):
        await session.session.step(99, "over")


async def test_pause_stops_a_loop_that_never_awaits(debug: Callable[[str], Debugging]) -> None:
    session = debug("fn main() i32 {\n    var i: i32 = 0;\n    while (true) {\n"
                    "        i = i + 1;\n    }\n    return i;\n}\n")  # fmt: skip
    await session.launch()
    await session.until(TaskChanged)
    await session.session.pause(None)
    stop = await session.stopped()
    assert stop.reason == "pause"
    assert (await session.top(stop.task)).function == "main"
    await session.session.terminate()


async def test_a_parked_task_stops_at_its_await(debug: Callable[[str], Debugging]) -> None:
    session = debug(THREE_TASKS)
    await session.launch(breaks="x")
    await session.stopped()
    await session.session.step(4, "poll")
    stop = await session.stopped()
    assert stop.task == 4
    frames = await session.session.stack(4)
    assert [(f.function, f.line, f.kind) for f in frames] == [
        ("stuck", session.line("stuck"), "awaiting"),
        ("main", session.line("c"), "spawn"),
    ]


async def test_wake_and_cancel(debug: Callable[[str], Debugging]) -> None:
    session = debug(THREE_TASKS)
    await session.launch(breaks="done last")
    await session.stopped()
    await session.session.cancel(4)
    views = {view.id: view for view in (await session.session.tasks())[0]}
    assert [view.id for view in views.values() if view.cancelling] == [4]
    await session.session.resume(None)
    await session.stopped()
    await session.session.resume(None)
    stop = await session.stopped()
    assert await where(session, stop) == ("main", session.line("last"))
    assert not any(view.cancelling for view in (await session.session.tasks())[0])  # it ended
    await session.session.resume(None)
    info = await session.exited()
    assert info.error is not None
    assert info.error[0] == "cancelled"


async def test_the_value_of_the_call(debug: Callable[[str], Debugging]) -> None:
    session = debug(CALLS)
    await session.launch("square", args=("7",))
    info = await session.exited()
    assert (info.value, info.code, info.leaked) == ("49", 0, 0)


async def test_restart_runs_again_with_the_same_breakpoints(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(CALLS)
    await session.launch("outer()", breaks="after")
    await session.stopped()
    await session.session.restart()
    stop = await session.stopped()
    assert await where(session, stop) == ("outer", session.line("after"))
    await session.session.resume(None)
    assert (await session.exited()).value == "90"


async def test_every_poll_is_recorded(debug: Callable[[str], Debugging]) -> None:
    session = debug(CALLS)
    await session.launch("outer()", breaks="end")
    stop = await session.stopped()
    before = await session.session.poll_trace()
    await session.session.resume(None)
    await session.exited()
    polls = await session.session.poll_trace()
    assert [(one.task, one.function, one.state_before) for one in polls] == [
        (stop.task, "outer", 0),
        (stop.task, "outer", 1),
    ]
    assert before == polls[:1]
    assert (polls[0].state_after, polls[1].state_after) == (1, 0xFFFFFFFE)


RESUMED = """
async fn inner(x: i32) i32 {
    await yield_now(); // @inner
    return x; // @resumed
}

async fn outer() i32 {
    const a = 20;
    const b = 22; // @before
    const c = await inner(a); // @outer
    return b + c;
}
"""


async def test_a_frame_that_polls_on_is_at_its_await(debug: Callable[[str], Debugging]) -> None:
    session = debug(RESUMED)
    await session.launch("outer()", breaks="resumed")
    stop = await session.stopped()

    stack = await session.session.stack(stop.task)
    assert [(frame.function, frame.line) for frame in stack] == [
        ("inner", session.line("resumed")),
        ("outer", session.line("outer")),
    ]
    assert (await session.scope(stop.task, "state_machine", 1))["b"].value == "22"


async def test_a_pause_before_the_start_stops_the_first_task(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(CALLS)
    await session.session.launch(LaunchConfig(program=str(session.program), call="square(5)"))
    await session.session.pause(None)
    await session.session.configuration_done()
    stop = await session.stopped()
    assert (stop.reason, (await session.top(stop.task)).line) == ("pause", session.line("square"))
    await session.session.resume(None)
    assert (await session.exited()).value == "25"


async def test_a_pause_that_came_to_nothing_is_taken_back(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(CALLS)
    await session.session.launch(LaunchConfig(program=str(session.program), call="square(5)"))
    await session.session.pause(None)
    await session.session.resume(None)
    await session.session.configuration_done()
    assert (await session.exited()).value == "25"


@pytest.mark.parametrize(("condition", "reason"), [(None, "breakpoint"), ("false", "entry")])
async def test_a_breakpoint_at_the_entry_is_the_entry(
    condition: str | None, reason: str, debug: Callable[[str], Debugging]
) -> None:
    session = debug(SPAWNS)
    config = LaunchConfig(program=str(session.program), stop_on_entry=True)
    await session.session.launch(config)
    point = SourceBreakpoint(line=session.line("first"), condition=condition)
    await session.session.set_breakpoints(str(session.program), [point])
    await session.session.configuration_done()
    stop = await session.stopped()
    assert (stop.reason, (await session.top(stop.task)).line) == (reason, session.line("first"))
    await session.session.resume(None)
    # The task that it spawns does not stop as if it were the first.
    assert (await session.exited()).value == "21"
