"""Tasks as themselves: all of them, and each held, let go, woken or cancelled alone."""

import msgspec
from msgspec import UNSET

from zyn.dap import custom, protocol
from zyn.dap.errors import AdapterError, Kind
from zyn.dap.registry import STARTED, NoArguments, request
from zyn.dap.state import Phase, State
from zyn.dap.values import poll_view, task_view
from zyn.debug.model import DebugError

TRACE_PAGE = 1000
TRACE_PAGE_MAX = 65536
RUNNING = frozenset({Phase.RUNNING})


@request("zyn/tasks", custom.TasksArguments)
async def zyn_tasks(state: State, arguments: custom.TasksArguments) -> custom.TasksResponseBody:
    """A page of the tasks, and on demand all parked ones by the line where they wait."""
    tasks, total = await state.engine.tasks(
        states=None if arguments.states is UNSET else arguments.states,
        text=None if arguments.filter is UNSET or not arguments.filter else arguments.filter,
        parent=None if arguments.parent is UNSET else arguments.parent,
        awaits=None if arguments.awaits is UNSET else _place(state, arguments.awaits),
        start=0 if arguments.start is UNSET else arguments.start,
        count=None if arguments.count is UNSET or arguments.count == 0 else arguments.count,
    )
    body = custom.TasksResponseBody(tasks=[task_view(state, task) for task in tasks], total=total)
    if arguments.group_by == "await":
        body.groups = [
            custom.AwaitGroup(
                function=group.function,
                line=UNSET if group.line is None else state.converter.line_out(group.line),
                source=state.converter.source(group.file),
                count=group.count,
                tasks=list(group.tasks),
                oldest_since_ns=group.oldest_since_ns,
            )
            for group in await state.engine.tasks_by_await()
        ]
        body.now_ns = await state.engine.clock_ns()
    return body


def _place(state: State, place: custom.AwaitPlace) -> tuple[str, int | None]:
    line = None if place.line is UNSET else state.converter.line_in(place.line)
    return place.function, line


@request("zyn/trace", custom.TraceArguments, when=STARTED)
async def zyn_trace(state: State, arguments: custom.TraceArguments) -> custom.TraceResponseBody:
    """A page of the polls, in their order; those of a program that ended are still known."""
    start = 0 if arguments.start is UNSET else arguments.start
    count = TRACE_PAGE if arguments.count is UNSET else min(arguments.count, TRACE_PAGE_MAX)
    first, polls = await state.engine.polls_from(start, count)
    return custom.TraceResponseBody(
        start=first,
        polls=[poll_view(poll) for poll in polls],
    )


@request("zyn/runtime", NoArguments)
async def zyn_runtime(state: State, _arguments: NoArguments) -> custom.RuntimeResponseBody:
    """The counters of the runtime, read without stopping anything."""
    seen = await state.engine.runtime()
    return custom.RuntimeResponseBody(
        clock=seen.clock,
        now_ns=seen.now_ns,
        timers=seen.timers,
        live_objects=seen.live_objects,
        live_bytes=seen.live_bytes,
        workers=[custom.Worker(**msgspec.structs.asdict(worker)) for worker in seen.workers],
    )


@request("zyn/hold", custom.TaskArguments, when=RUNNING)
async def zyn_hold(state: State, arguments: custom.TaskArguments) -> None:
    """Keep a task from being polled while the others run on."""
    await state.engine.hold(arguments.thread_id)


@request("zyn/resume", custom.TaskArguments, when=RUNNING)
async def zyn_resume(state: State, arguments: custom.TaskArguments) -> None:
    """Let a held task be polled again."""
    await state.engine.release(arguments.thread_id)


@request("zyn/wake", custom.TaskArguments, when=RUNNING)
async def zyn_wake(state: State, arguments: custom.TaskArguments) -> None:
    """Make a parked task runnable."""
    await state.engine.wake(arguments.thread_id)


@request("zyn/cancelTask", custom.TaskArguments, when=RUNNING)
async def zyn_cancel_task(state: State, arguments: custom.TaskArguments) -> None:
    """Cancel a task."""
    await state.engine.cancel(arguments.thread_id)


@request("terminateThreads", protocol.TerminateThreadsArguments, when=RUNNING)
async def terminate_threads(state: State, arguments: protocol.TerminateThreadsArguments) -> None:
    """Cancel several tasks; those that can be are, whatever becomes of the others."""
    refused = []
    for task in [] if arguments.thread_ids is UNSET else arguments.thread_ids:
        try:
            await state.engine.cancel(task)
        except DebugError as error:
            refused.append(str(error))
    if refused:
        raise AdapterError(Kind.REFUSED, "; ".join(refused))
