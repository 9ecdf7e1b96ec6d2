"""Letting tasks go and stopping them: continue, pause, and the steps."""

from msgspec import UnsetType

from zyn.dap import custom, protocol
from zyn.dap.errors import AdapterError, Kind
from zyn.dap.registry import request
from zyn.dap.state import LinePlace, Phase, State
from zyn.debug.model import DebugError, StepKind

RUNNING = frozenset({Phase.RUNNING})


@request("continue", protocol.ContinueArguments, when=RUNNING)
async def continue_(
    state: State, arguments: protocol.ContinueArguments
) -> protocol.ContinueResponseBody:
    """Let one task go with `singleThread`, else every stopped one."""
    only = arguments.single_thread is True
    if arguments.thread_id and arguments.thread_id not in state.stops:
        await state.engine.stack(arguments.thread_id)  # Refuses a task that is not there.
    with state.letting_go(arguments.thread_id, everyone=not only):
        await state.engine.resume(arguments.thread_id or None, only=only)
    return protocol.ContinueResponseBody(all_threads_continued=not only)


@request("pause", protocol.PauseArguments, when=RUNNING)
async def pause(state: State, arguments: protocol.PauseArguments) -> None:
    """Stop a task wherever it is; thread 0 stands for all of them."""
    state.line_steps.pop(arguments.thread_id, None)
    await state.engine.pause(arguments.thread_id or None)


@request("next", protocol.NextArguments, when=RUNNING)
async def next_(state: State, arguments: protocol.NextArguments) -> None:
    """Step over: to the next line of the same function, through suspensions."""
    await _step(state, arguments.thread_id, "over", arguments.granularity, arguments.single_thread)


@request("stepIn", protocol.StepInArguments, when=RUNNING)
async def step_in(state: State, arguments: protocol.StepInArguments) -> None:
    """Step into what the statement calls or awaits."""
    await _step(state, arguments.thread_id, "into", arguments.granularity, arguments.single_thread)


@request("stepOut", protocol.StepOutArguments, when=RUNNING)
async def step_out(state: State, arguments: protocol.StepOutArguments) -> None:
    """Step out: to the caller, which for an async function is its awaiter."""
    await _step(state, arguments.thread_id, "out", "statement", arguments.single_thread)


@request("zyn/step", custom.StepArguments, when=RUNNING)
async def zyn_step(state: State, arguments: custom.StepArguments) -> None:
    """Step to the next await, by one poll, or by one statement."""
    kind: StepKind = "over" if arguments.granularity == "statement" else arguments.granularity
    await _step(state, arguments.thread_id, kind, "statement", arguments.single_thread)


async def _step(
    state: State,
    task: int,
    kind: StepKind,
    granularity: str | UnsetType,
    single_thread: bool | UnsetType,
) -> None:
    """Step; by lines when the client does not say, since a statement with an await has two places.

    The engine stops before such a statement and where it goes on after the await.  Other stopped
    tasks go on too, as the protocol wants it without `singleThread`: the one that steps may wait
    for one of them.
    """
    if granularity == "instruction":
        raise AdapterError(
            Kind.REFUSED, "there is no stepping by instructions: use statement or line"
        )
    others = single_thread is not True and not (state.config and state.config.non_stop)
    place = None
    if granularity != "statement" and kind in {"over", "into"}:
        frames = await state.engine.stack(task)
        if frames:
            top = frames[0]
            place = LinePlace(kind, top.line, top.function, len(frames), others)
    state.line_steps.pop(task, None)
    with state.letting_go(task, everyone=others):
        if place is not None:
            state.line_steps[task] = place
        try:
            await state.engine.step(task, kind, others=others)
        except DebugError:
            state.line_steps.pop(task, None)
            raise
