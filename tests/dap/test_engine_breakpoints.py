"""Where breakpoints land, when they stop, and what they say when they cannot."""

import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.support.debugging import Debugging, debugging
from zyn.debug.model import Breakpoint, BreakpointChanged, LaunchConfig, SourceBreakpoint

LOOP = """
// A loop.

async fn main() i32 {
    var total: i32 = 0;

    var i: i32 = 0;
    while (i < 6) {
        await yield_now();
        total = total + step(i); // @body
        i = i + 1;
    }
    return total; // @end
}

fn step(i: i32) i32 {
    return i * 10; // @step
}
"""


@pytest.fixture
async def debug(tmp_path: Path) -> AsyncIterator[Callable[[str], Debugging]]:
    async with debugging(tmp_path) as make:
        yield make


async def place(session: Debugging, **wanted: object) -> Breakpoint:
    """Set one breakpoint, before the program starts."""
    point = SourceBreakpoint(**wanted)  # type: ignore[arg-type]
    return (await session.session.set_breakpoints(str(session.program), [point]))[0]


async def stops_at(session: Debugging, name: str) -> list[str]:
    """The values of a variable at every stop until the end."""
    await session.session.configuration_done()
    seen: list[str] = []
    for _ in itertools.count():
        event = await session.until_stopped_or_exited()
        if event is None:
            return seen
        seen.append((await session.scope(event.task, "locals"))[name].value)
        await session.session.resume(None)
    raise AssertionError


async def test_lines_move_to_the_next_statement(debug: Callable[[str], Debugging]) -> None:
    session = debug(LOOP)
    await session.session.launch(LaunchConfig(program=str(session.program)))
    lines = [session.line("step") - 1, 1, 6, session.line("body"), 99]
    wanted = [SourceBreakpoint(line=line) for line in lines]
    placed = await session.session.set_breakpoints(str(session.program), wanted)
    assert [(one.verified, one.line, one.message) for one in placed] == [
        (True, session.line("step"), None),
        (True, 5, None),
        (True, 7, None),
        (True, session.line("body"), None),
        (False, None, "there is no statement at line 99 or after it"),
    ]
    lines_known = await session.session.breakpoint_lines(str(session.program), 4, 8)
    assert lines_known == [(5, 5), (7, 5), (8, 5)]
    other = await session.session.set_breakpoints("other.zyntax", [SourceBreakpoint(line=1)])
    assert other[0].message == "other.zyntax is not loaded"


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        ({"condition": "i % 2 == 1"}, ["1", "3", "5"]),
        ({"condition": "total > 50 and i < 5"}, ["4"]),
        ({"hit_condition": "2"}, ["1"]),
        ({"hit_condition": ">= 5"}, ["4", "5"]),
        ({"hit_condition": "> 5"}, ["5"]),
        ({"hit_condition": "== 3"}, ["2"]),
        ({"hit_condition": "% 3"}, ["2", "5"]),
        ({"condition": "i > 1", "hit_condition": "% 2"}, ["3", "5"]),
        ({"condition": "10 / (i - 2) > 0"}, ["2", "3", "4", "5"]),
    ],
)
async def test_conditions(
    debug: Callable[[str], Debugging], wanted: dict[str, str], seen: list[str]
) -> None:
    session = debug(LOOP)
    await session.session.launch(LaunchConfig(program=str(session.program)))
    point = await place(session, line=session.line("body"), **wanted)
    assert point.verified
    assert await stops_at(session, "i") == seen


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"condition": "nobody == 1"}, "`nobody == 1`: there is no `nobody` here"),
        ({"condition": "i +"}, "expected"),
        ({"condition": "i"}, "`i`: expected `bool`, found `i32`"),
        ({"condition": "step(1) == 1"}, "calls are refused"),
        ({"hit_condition": "often"}, "`often` is no hit condition"),
        ({"log_message": "{nobody}"}, "there is no `nobody` here"),
    ],
)
async def test_what_does_not_compile_is_not_verified(
    debug: Callable[[str], Debugging], wanted: dict[str, str], message: str
) -> None:
    session = debug(LOOP)
    await session.session.launch(LaunchConfig(program=str(session.program)))
    point = await place(session, line=session.line("body"), **wanted)
    assert not point.verified
    assert point.message is not None
    assert message in point.message
    assert await stops_at(session, "i") == []


async def test_log_messages_never_stop(debug: Callable[[str], Debugging]) -> None:
    session = debug(LOOP)
    await session.session.launch(LaunchConfig(program=str(session.program)))
    await place(
        session, line=session.line("body"), log_message="i is {i}, {total + 1}", condition="i < 2"
    )
    assert await stops_at(session, "i") == []
    assert session.output() == "i is 0, 1\ni is 1, 1\n"


async def test_function_breakpoints(debug: Callable[[str], Debugging]) -> None:
    session = debug(LOOP)
    await session.session.launch(LaunchConfig(program=str(session.program)))
    placed = await session.session.set_function_breakpoints(
        [("step", "i == 4", None), ("nobody", None, None)]
    )
    assert [(one.verified, one.line, one.message) for one in placed] == [
        (True, session.line("step"), None),
        (False, None, "there is no function nobody"),
    ]
    assert await stops_at(session, "i") == ["4"]


async def test_breakpoints_that_were_set_before_the_launch(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(LOOP)
    point = await place(session, line=session.line("end"))
    assert (point.verified, point.message) == (False, "the program is not loaded yet")
    await session.session.launch(LaunchConfig(program=str(session.program)))
    changed = await session.until(BreakpointChanged)
    assert changed.breakpoint == Breakpoint(
        id=point.id, verified=True, line=session.line("end"), column=5
    )
    assert await stops_at(session, "total") == ["150"]


async def test_a_breakpoint_that_is_taken_away_stops_no_more(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(LOOP)
    await session.launch(breaks="body")
    stop = await session.stopped()
    assert (await session.scope(stop.task, "locals"))["i"].value == "0"
    await session.session.set_breakpoints(str(session.program), [])
    await session.session.resume(None)
    assert (await session.exited()).value == "150"


async def test_a_condition_that_fails_does_not_disturb_a_step(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(LOOP)
    await session.launch(breaks="body")
    stop = await session.stopped()
    await place(session, line=session.line("step"), condition="i == 99")
    stop = await session.step(stop.task, "over")
    top = await session.top(stop.task)
    assert (stop.reason, top.function, top.line) == ("step", "main", session.line("body") + 1)
