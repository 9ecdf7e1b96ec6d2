"""What the engine reports, as events of the protocol.

Ordering.  The engine calls `deliver` in the order in which things happened, and events leave in
that order; while a request is being answered they wait for its response.  The one exception is a
step by lines: a stop inside the same line is looked into by a task of its own and either hidden,
by stepping on, or delivered then.
"""

import asyncio
import logging

from msgspec import UNSET

from zyn.dap import protocol
from zyn.dap.custom import TaskChangedEventBody
from zyn.dap.state import THREADS_SHOWN_MAX, Phase, State
from zyn.dap.values import breakpoint_, task_view
from zyn.debug.model import (
    BreakpointChanged,
    Continued,
    DebugError,
    DebugEvent,
    Exited,
    ExitInfo,
    Output,
    Stopped,
    TaskChanged,
    TaskView,
)

log = logging.getLogger("zyn.dap")

BACKLOG_BYTES_MAX = 32 * 1024 * 1024
OVER = frozenset({"completed", "failed", "cancelled"})
DESCRIPTIONS = {
    "breakpoint": "Stopped at a breakpoint",
    "step": "Stopped after a step",
    "pause": "Paused",
    "entry": "Stopped on entry",
    "exception": "A task failed",
    "deadlock": "Deadlock",
}


class Events:
    """Turns the engine's events into the client's."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._looking: set[asyncio.Task[None]] = set()
        self._dropped = 0

    def deliver(self, event: DebugEvent) -> None:
        """One event of the engine; never raises."""
        try:
            self._deliver(event)
        except Exception:
            log.exception("event %r", event)

    def close(self) -> None:
        """The session is over: look into nothing more."""
        for task in self._looking:
            task.cancel()

    def _deliver(self, event: DebugEvent) -> None:
        match event:
            case Stopped():
                self._stopped(event)
            case Continued():
                self._continued(event)
            case TaskChanged():
                self._task_changed(event.task)
            case Output():
                self._output(event)
            case BreakpointChanged():
                file = None if self._state.config is None else self._state.config.program
                point = breakpoint_(self._state, file, event.breakpoint)
                body = protocol.BreakpointEventBody(reason="changed", breakpoint=point)
                self._state.emit("breakpoint", body)
            case Exited():
                self._exited(event.info)

    def _stopped(self, event: Stopped) -> None:
        state = self._state
        state.handles.drop_task(event.task)
        state.stops[event.task] = event
        if event.task in state.line_steps:
            if event.reason == "step":
                looking = asyncio.get_running_loop().create_task(self._look(event))
                self._looking.add(looking)
                looking.add_done_callback(self._looking.discard)
                return
            del state.line_steps[event.task]
        self._tell_stopped(event)

    async def _look(self, event: Stopped) -> None:
        """End a step by lines, or go on with it when the task is still in the same line."""
        state = self._state
        place = state.line_steps.get(event.task)
        try:
            frames = await state.engine.stack(event.task) if place is not None else []
            still = place is not None and state.stops.get(event.task) is event
            if still and place is not None and frames and event.task in state.line_steps:
                top = frames[0]
                here = (top.line, top.function, len(frames))
                if here == (place.line, place.function, place.depth):
                    with state.letting_go(event.task, everyone=place.others):
                        await state.engine.step(event.task, place.kind, others=place.others)
                    return
        except DebugError as error:
            log.info("step by lines: %s", error)
        state.line_steps.pop(event.task, None)
        if state.stops.get(event.task) is event:
            self._tell_stopped(event)

    def _tell_stopped(self, event: Stopped) -> None:
        state = self._state
        description = DESCRIPTIONS[event.reason]
        reason: str = event.reason
        if event.reason == "deadlock":
            reason = "exception"
        elif event.breakpoints and state.function_breakpoints.issuperset(event.breakpoints):
            reason = "function breakpoint"
        body = protocol.StoppedEventBody(
            reason=reason,
            description=description,
            thread_id=event.task,
            all_threads_stopped=event.all_stopped,
        )
        if event.text is not None:
            body.text = event.text
        if event.breakpoints:
            body.hit_breakpoint_ids = list(event.breakpoints)
        state.emit("stopped", body)

    def _continued(self, event: Continued) -> None:
        state = self._state
        if state.pay(event.task):
            return
        state.went(event.task, everyone=event.all_tasks)
        body = protocol.ContinuedEventBody(
            thread_id=event.task, all_threads_continued=event.all_tasks
        )
        state.emit("continued", body)

    def _task_changed(self, task: TaskView) -> None:
        state = self._state
        # Of a task that is stopped this is told late, and from before its stop.
        if state.polls.get(task.id, task.polls) != task.polls and task.id not in state.stops:
            state.handles.drop_task(task.id)
        state.polls[task.id] = task.polls
        if task.state in OVER:
            state.polls.pop(task.id, None)
            state.stops.pop(task.id, None)
            if task.id in state.announced:
                state.announced.discard(task.id)
                body = protocol.ThreadEventBody(reason="exited", thread_id=task.id)
                state.emit("thread", body)
        elif task.id not in state.announced and len(state.announced) < THREADS_SHOWN_MAX:
            state.announced.add(task.id)
            state.emit("thread", protocol.ThreadEventBody(reason="started", thread_id=task.id))
        state.emit("zyn/taskChanged", TaskChangedEventBody(task=task_view(state, task)))

    def _output(self, event: Output) -> None:
        """Pass text on; a client that stopped reading loses text before it costs memory."""
        state = self._state
        if state.outlet.backlog > BACKLOG_BYTES_MAX:
            self._dropped += len(event.text)
            return
        if self._dropped:
            self._say("console", f"... {self._dropped} characters of output were dropped\n")
            self._dropped = 0
        body = protocol.OutputEventBody(category=event.category, output=event.text)
        if event.file is not None:
            body.source = state.converter.source(event.file)
            if event.line is not None:
                body.line = state.converter.line_out(event.line)
        state.emit("output", body)

    def _exited(self, info: ExitInfo) -> None:
        state = self._state
        if state.restarting is not None:
            state.restarting.set()
            return
        if state.phase is Phase.ENDED:
            return
        if info.value is not None:
            self._say("stdout", f"{info.value}\n")
        for line in verdict_lines(info):
            self._say("stderr", f"{line}\n")
        if state.attached:
            self._say("console", "the program that was attached to ended, or hung up\n")
        for task in sorted(state.announced):
            state.emit("thread", protocol.ThreadEventBody(reason="exited", thread_id=task))
        state.program_gone()
        state.phase = Phase.ENDED
        state.emit("exited", protocol.ExitedEventBody(exit_code=exit_code(info)))
        state.emit("terminated", protocol.TerminatedEventBody(restart=UNSET))

    def _say(self, category: str, text: str) -> None:
        self._state.emit("output", protocol.OutputEventBody(category=category, output=text))


def verdict_lines(info: ExitInfo) -> list[str]:
    """Why a program did not end well, a line for each fact."""
    lines = []
    if info.error is not None:
        code, message, line = info.error
        place = "" if line is None else f"line {line}: "
        lines.append(f"{place}{message} [{code}]")
    if info.deadlock:
        lines.append("deadlock: nothing can run any more")
        for task in info.deadlock:
            place = "" if task.line is None else f" at line {task.line}"
            lines.append(f"  {task.name} #{task.id} waits{place} for {task.waits_for}")
    if info.leaked:
        lines.append(f"leak: {info.leaked} objects are still alive")
    if info.signal is not None or info.abrupt:
        lines.append(f"the process of the program {how_it_ended(info)}")
        lines += [f"  {line}" for line in info.last_lines]
    return lines


def how_it_ended(info: ExitInfo) -> str:
    """A clause about the end of the process."""
    if info.signal is not None:
        return f"was killed by {info.signal}"
    return f"ended with exit code {info.code} before the program did"


def exit_code(info: ExitInfo) -> int:
    """The exit code of the program; 1 where it has none but did not end well."""
    if info.code:
        return info.code
    bad = info.error is not None or info.deadlock or info.signal is not None or info.abrupt
    return 1 if bad else 0
