"""Tasks, frames and values of the debugger as the protocol shows them."""

from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from zyn.dap import custom, protocol
from zyn.dap.convert import address_text
from zyn.dap.handles import Container
from zyn.dap.state import State
from zyn.debug.model import Breakpoint, Frame, PollRecord, Scope, TaskView, Variable

T = TypeVar("T")

CHUNK = 100


def thread_name(task: TaskView) -> str:
    """A task in one line, for clients that show nothing but a name."""
    name = f"{task.name} #{task.id}"
    detail: str = task.state
    if task.stopped is not None:
        detail = f"stopped: {task.stopped}"
    elif task.error is not None:
        detail = f"{task.state}: {task.error}"
    elif task.waits_for is not None and task.state in {"parked", "held"}:
        detail = f"{task.state}: {task.waits_for}"
    if task.held and task.state != "held":
        detail = f"held, {detail}"
    return f"{name} [{detail}]"


def task_view(state: State, task: TaskView) -> custom.Task:
    """A task with everything that is known of it."""
    state.saw_file(task.file)
    line_out = state.converter.line_out
    return custom.Task(
        id=task.id,
        name=task.name,
        state=task.state,
        held=task.held,
        function=task.function,
        polls=task.polls,
        wakes=task.wakes,
        stopped=_or_unset(task.stopped),
        parent=_or_unset(task.parent),
        source=state.converter.source(task.file),
        line=UNSET if task.line is None else line_out(task.line),
        await_state=_or_unset(task.await_state),
        waits_for=_or_unset(task.waits_for),
        parked_since_ns=_or_unset(task.parked_since_ns),
        woken_by=_or_unset(task.woken_by),
        spawned_at=UNSET if task.spawned_at is None else line_out(task.spawned_at),
        error=_or_unset(task.error),
        cancelling=task.cancelling or UNSET,
        children=_or_unset(task.children),
    )


def poll_view(poll: PollRecord) -> custom.Poll:
    """One poll, and the wake that led to it."""
    wake = poll.wake
    return custom.Poll(
        task=poll.task,
        function=poll.function,
        begin_ns=poll.begin_ns,
        length_ns=poll.length_ns,
        state_before=poll.state_before,
        state_after=poll.state_after,
        wake=UNSET
        if wake is None
        else custom.Wake(at_ns=wake.at_ns, by=wake.by, task=_or_unset(wake.task)),
    )


def stack_frame(state: State, number: int, frame: Frame) -> protocol.StackFrame:
    """One frame; the place where a task was spawned is a label."""
    state.saw_file(frame.file)
    converter = state.converter
    name = frame.function
    if frame.kind == "spawn":
        name = f"spawned by {frame.function}"
    elif frame.kind == "awaiter":
        name = f"{frame.function} (awaits)"
    shown = protocol.StackFrame(
        id=number,
        name=name,
        line=0,
        column=0,
        source=converter.source(frame.file),
        presentation_hint="label" if frame.kind == "spawn" else "normal",
    )
    if frame.line is not None:
        shown.line = converter.line_out(frame.line)
        shown.column = converter.column_out(frame.file, frame.line, frame.column or 1)
    # No end: VS Code would select the statement at every stop, and a key pressed would replace it.
    return shown


def scope(state: State, task: int | None, scope: Scope) -> protocol.Scope:
    """A scope of a frame."""
    number = state.handles.add(
        Container(task=task, reference=scope.variables, named=scope.count, kind=scope.kind)
    )
    return protocol.Scope(
        name=scope.name,
        variables_reference=number,
        expensive=scope.expensive,
        named_variables=scope.count,
        presentation_hint="locals" if scope.kind == "locals" else UNSET,
    )


def variable(state: State, task: int | None, value: Variable) -> custom.Variable:
    """A value with a name."""
    shown = custom.Variable(
        name=value.name,
        value=value.value,
        variables_reference=children(state, task, value),
        presentation_hint=_hint(value),
        evaluate_name=_or_unset(value.evaluate_name),
        type=value.type if state.client.types else UNSET,
        memory_reference=_memory(state, value),
        zyn=_field(value),
    )
    if value.children is not None and state.client.paging:
        shown.named_variables = value.named
        shown.indexed_variables = value.indexed
    return shown


def children(state: State, task: int | None, value: Variable) -> int:
    """The variables reference of a value, 0 for a plain one."""
    if value.children is None:
        return 0
    return state.handles.add(
        Container(task=task, reference=value.children, named=value.named, indexed=value.indexed)
    )


def chunks(state: State, container: Container) -> list[protocol.Variable]:
    """The parts of a long list, for clients that cannot ask for a page of it."""
    first = container.start
    last = first + (container.indexed if container.count is None else container.count)
    step = CHUNK
    while (last - first) > step * CHUNK:
        step *= CHUNK
    return [
        protocol.Variable(
            name=f"[{start}..{min(start + step, last) - 1}]",
            value="",
            variables_reference=state.handles.add(
                msgspec.structs.replace(
                    container, start=start, count=min(step, last - start), named=0
                )
            ),
            presentation_hint=protocol.VariablePresentationHint(kind="virtual"),
        )
        for start in range(first, last, step)
    ]


def evaluated(state: State, task: int | None, value: Variable) -> protocol.EvaluateResponseBody:
    """The answer of `evaluate`."""
    body = protocol.EvaluateResponseBody(
        result=value.value,
        type=value.type if state.client.types else UNSET,
        presentation_hint=_hint(value),
        variables_reference=children(state, task, value),
        memory_reference=_memory(state, value),
    )
    if value.children is not None and state.client.paging:
        body.named_variables = value.named
        body.indexed_variables = value.indexed
    return body


def changed(state: State, task: int | None, value: Variable) -> protocol.SetVariableResponseBody:
    """The answer of `setVariable`."""
    return protocol.SetVariableResponseBody(
        value=value.value,
        type=value.type if state.client.types else UNSET,
        variables_reference=children(state, task, value),
        memory_reference=_memory(state, value),
    )


def breakpoint_(state: State, file: str | None, point: Breakpoint) -> protocol.Breakpoint:
    """A breakpoint with its number and the place where it came to lie."""
    shown = protocol.Breakpoint(
        id=point.id,
        verified=point.verified,
        message=_or_unset(point.message),
        source=state.converter.source(file),
    )
    if not point.verified:
        shown.reason = "failed"
    if point.line is not None:
        shown.line = state.converter.line_out(point.line)
        if point.column is not None:
            shown.column = state.converter.column_out(file, point.line, point.column)
    return shown


def _hint(value: Variable) -> protocol.VariablePresentationHint | UnsetType:
    attributes = [] if value.writable else ["readOnly"]
    if value.absent is not None:
        return protocol.VariablePresentationHint(kind="virtual", attributes=attributes)
    return protocol.VariablePresentationHint(kind="data", attributes=attributes)


def _memory(state: State, value: Variable) -> str | UnsetType:
    return address_text(value.address) if state.client.memory_references else UNSET


def _field(value: Variable) -> custom.FrameField | UnsetType:
    if value.offset is None and value.absent is None:
        return UNSET
    return custom.FrameField(
        offset=_or_unset(value.offset),
        size=_or_unset(value.size),
        raw=_or_unset(value.raw),
        absent=_or_unset(value.absent),
    )


def _or_unset(value: T | None) -> T | UnsetType:
    return UNSET if value is None else value
