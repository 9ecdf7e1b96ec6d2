"""Looking: threads, stacks, scopes, variables, expressions, failures, sources.

Looking reads memory at a safe point and never runs code of the program.  Setting a value belongs
here too, since it goes through the same references.
"""

import re

from msgspec import UNSET

from zyn.dap import protocol, values
from zyn.dap.convert import read_bytes
from zyn.dap.errors import AdapterError, Kind
from zyn.dap.handles import Container
from zyn.dap.registry import STARTED, NoArguments, request
from zyn.dap.state import THREADS_SHOWN_MAX, Phase, State
from zyn.debug.model import DebugError, Variable

COMPLETIONS_MAX = 200
DEPTH_MAX = 32
UNPAGED_MAX = 200
ASSIGNMENT = re.compile(r"\s*([A-Za-z_][\w.\[\]]*)\s*=(?!=)\s*(\S.*)", re.DOTALL)
WORD = re.compile(r"[A-Za-z_]\w*$")


@request("threads", NoArguments, when=STARTED)
async def threads(state: State, _arguments: NoArguments) -> protocol.ThreadsResponseBody:
    """The most interesting tasks; all of them are in `zyn/tasks`."""
    if state.phase is Phase.ENDED:
        return protocol.ThreadsResponseBody(threads=[])
    tasks, _total = await state.engine.tasks(count=THREADS_SHOWN_MAX)
    return protocol.ThreadsResponseBody(
        threads=[protocol.Thread(id=task.id, name=values.thread_name(task)) for task in tasks]
    )


@request("stackTrace", protocol.StackTraceArguments)
async def stack_trace(
    state: State, arguments: protocol.StackTraceArguments
) -> protocol.StackTraceResponseBody:
    """A page of a stack; the frames keep their numbers until the task runs."""
    task = arguments.thread_id
    numbers = state.handles.stack(task)
    if numbers is None:
        frames = await state.engine.stack(task)
        numbers = state.handles.add_stack(task, frames)
    start = 0 if arguments.start_frame is UNSET else arguments.start_frame
    levels = 0 if arguments.levels is UNSET else arguments.levels
    page = numbers[start : start + levels] if levels else numbers[start:]
    return protocol.StackTraceResponseBody(
        stack_frames=[
            values.stack_frame(state, number, state.handles.frame(number).frame) for number in page
        ],
        total_frames=len(numbers),
    )


@request("scopes", protocol.ScopesArguments)
async def scopes(state: State, arguments: protocol.ScopesArguments) -> protocol.ScopesResponseBody:
    """The scopes of a frame."""
    entry = state.handles.frame(arguments.frame_id)
    found = await state.engine.scopes(entry.frame.reference)
    return protocol.ScopesResponseBody(
        scopes=[values.scope(state, entry.task, one) for one in found]
    )


@request("variables", protocol.VariablesArguments)
async def variables(
    state: State, arguments: protocol.VariablesArguments
) -> protocol.VariablesResponseBody:
    """What is inside a scope or a value: a page, or for simple clients pieces of a long list."""
    container = state.handles.container(arguments.variables_reference)
    start = 0 if arguments.start is UNSET else arguments.start
    count = None if arguments.count is UNSET or arguments.count == 0 else arguments.count
    whole = container.count is None and count is None and arguments.filter is UNSET
    if whole and not state.client.paging and container.indexed > UNPAGED_MAX:
        named = await _page(state, container, 0, container.named) if container.named else []
        return protocol.VariablesResponseBody(variables=[*named, *values.chunks(state, container)])
    if container.count is not None:
        if container.count > values.CHUNK and count is None:
            pieces = values.chunks(state, container)
            return protocol.VariablesResponseBody(variables=[*pieces])
        start, count = start + container.start, min(count or container.count, container.count)
        start += container.named
    elif arguments.filter == "indexed":
        if not container.indexed:
            return protocol.VariablesResponseBody(variables=[])
        left = max(container.indexed - start, 0)
        count = left if count is None else min(count, left)
        start += container.named
    elif arguments.filter == "named" and container.indexed:
        left = max(container.named - start, 0)
        count = left if count is None else min(count, left)
    page = [] if count == 0 else await _page(state, container, start, count)
    return protocol.VariablesResponseBody(variables=page)


@request("setVariable", protocol.SetVariableArguments)
async def set_variable(
    state: State, arguments: protocol.SetVariableArguments
) -> protocol.SetVariableResponseBody:
    """Change a variable; the value is an expression of the program's language."""
    container = state.handles.container(arguments.variables_reference)
    return await _assign(state, container, arguments.name, arguments.value)


@request("setExpression", protocol.SetExpressionArguments)
async def set_expression(
    state: State, arguments: protocol.SetExpressionArguments
) -> protocol.SetExpressionResponseBody:
    """Change what an expression names: a variable, or a part of one."""
    if arguments.frame_id is UNSET:
        raise AdapterError(Kind.BAD_ARGUMENTS, "setExpression: the frame is missing")
    done = await _assign_path(state, arguments.frame_id, arguments.expression, arguments.value)
    return protocol.SetExpressionResponseBody(
        value=done.value,
        type=done.type,
        variables_reference=done.variables_reference,
        memory_reference=done.memory_reference,
    )


@request("evaluate", protocol.EvaluateArguments)
async def evaluate(
    state: State, arguments: protocol.EvaluateArguments
) -> protocol.EvaluateResponseBody:
    """The value of an expression; in the console `name = value` changes a variable."""
    context = "watch" if arguments.context is UNSET else arguments.context
    task, frame = None, None
    if arguments.frame_id is not UNSET:
        entry = state.handles.frame(arguments.frame_id)
        task, frame = entry.task, entry.frame.reference
        assignment = ASSIGNMENT.fullmatch(arguments.expression)
        if context == "repl" and assignment is not None:
            done = await _assign_path(state, arguments.frame_id, assignment[1], assignment[2])
            return protocol.EvaluateResponseBody(
                result=done.value,
                type=done.type,
                variables_reference=done.variables_reference or 0,
                memory_reference=done.memory_reference,
            )
    if not arguments.expression.strip():
        raise AdapterError(Kind.BAD_ARGUMENTS, "evaluate: the expression is empty")
    value = await state.engine.evaluate(arguments.expression, frame, context)
    return values.evaluated(state, task, value)


@request("completions", protocol.CompletionsArguments)
async def completions(
    state: State, arguments: protocol.CompletionsArguments
) -> protocol.CompletionsResponseBody:
    """Names of variables that go on from the word before the cursor."""
    lines = arguments.text.splitlines() or [""]
    line = 0 if arguments.line is UNSET else state.converter.line_in(arguments.line) - 1
    column = arguments.column - state.client.first_column
    before = lines[min(max(line, 0), len(lines) - 1)][: max(column, 0)]
    word = WORD.search(before)
    typed = "" if word is None else word[0]
    targets = []
    if arguments.frame_id is not UNSET and not before.removesuffix(typed).rstrip().endswith("."):
        entry = state.handles.frame(arguments.frame_id)
        names: dict[str, None] = {}
        for scope in await state.engine.scopes(entry.frame.reference):
            if scope.kind == "locals":
                for variable in await state.engine.variables(scope.variables):
                    if variable.name.startswith(typed) and WORD.fullmatch(variable.name):
                        names.setdefault(variable.name)
        targets = [
            protocol.CompletionItem(
                label=name,
                type="variable",
                start=column - len(typed) + state.client.first_column,
                length=len(typed),
            )
            for name in list(names)[:COMPLETIONS_MAX]
        ]
    return protocol.CompletionsResponseBody(targets=targets)


@request("exceptionInfo", protocol.ExceptionInfoArguments)
async def exception_info(
    state: State, arguments: protocol.ExceptionInfoArguments
) -> protocol.ExceptionInfoResponseBody:
    """Why a task stopped at a failure or a deadlock."""
    stopped = state.stops.get(arguments.thread_id)
    if stopped is None or stopped.reason not in {"exception", "deadlock"}:
        raise AdapterError(
            Kind.NOT_STOPPED_THERE,
            f"task {arguments.thread_id} is not stopped at a failure or a deadlock",
        )
    kind = "deadlock" if stopped.reason == "deadlock" else "failure"
    text = stopped.text or kind
    return protocol.ExceptionInfoResponseBody(
        exception_id=kind,
        description=text,
        break_mode="always",
        details=protocol.ExceptionDetails(message=text, type_name=kind),
    )


@request("source", protocol.SourceArguments, when=STARTED)
async def source(state: State, arguments: protocol.SourceArguments) -> protocol.SourceResponseBody:
    """The text of a file of the program."""
    if arguments.source is UNSET or arguments.source.path is UNSET:
        raise AdapterError(
            Kind.UNKNOWN_REFERENCE, f"there is no source {arguments.source_reference}"
        )
    file = state.converter.file_of(arguments.source)
    try:
        text = read_bytes(file).decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        raise AdapterError(Kind.REFUSED, f"{file} cannot be read: {error}") from None
    return protocol.SourceResponseBody(content=text)


async def _page(
    state: State, container: Container, start: int, count: int | None
) -> list[protocol.Variable]:
    found = await state.engine.variables(container.reference, start, count)
    return [values.variable(state, container.task, one) for one in found]


async def _assign(
    state: State, container: Container, name: str, text: str
) -> protocol.SetVariableResponseBody:
    """Set one variable and tell the client what it shows may be old."""
    value = await state.engine.set_variable(container.reference, name, text)
    if state.client.invalidated_events:
        body = protocol.InvalidatedEventBody(areas=["variables"])
        if container.task is not None:
            body.thread_id = container.task
        state.emit("invalidated", body)
    if state.client.memory_events and value.address is not None:
        state.emit(
            "memory",
            protocol.MemoryEventBody(
                memory_reference=f"0x{value.address:x}", offset=0, count=value.size or 0
            ),
        )
    return values.changed(state, container.task, value)


async def _assign_path(
    state: State, frame: int, expression: str, text: str
) -> protocol.SetVariableResponseBody:
    """Find the variable that an expression such as `total` or `point.x` names, and set it."""
    entry = state.handles.frame(frame)
    wanted = re.sub(r"\s+", "", expression)
    for scope in await state.engine.scopes(entry.frame.reference):
        if scope.kind in {"locals", "state_machine"}:
            place = await _find(state, scope.variables, wanted, 0)
            if place is not None:
                reference, name = place
                container = Container(task=entry.task, reference=reference)
                return await _assign(state, container, name, text)
    raise AdapterError(Kind.REFUSED, f"{expression!r} names no variable that can be set")


async def _find(
    state: State, reference: object, wanted: str, depth: int
) -> tuple[object, str] | None:
    """The container and the name of a variable by its path, without evaluating anything."""
    for variable in await state.engine.variables(reference):
        path = variable.evaluate_name or variable.name
        if wanted in (path, variable.name):
            return reference, variable.name
        inside = wanted.startswith((f"{path}.", f"{path}["))
        if inside and variable.children is not None and depth < DEPTH_MAX:
            return await _find_inside(state, variable, wanted, depth)
    return None


async def _find_inside(
    state: State, variable: Variable, wanted: str, depth: int
) -> tuple[object, str] | None:
    """Look into a value; of a long list only at the part that the path names."""
    path = variable.evaluate_name or variable.name
    index = re.match(r"\[(\d{1,9})\]", wanted[len(path) :])
    if variable.indexed and index is not None:
        at = variable.named + int(index[1])
        try:
            part = await state.engine.variables(variable.children, at, 1)
        except DebugError:
            return None
        if not part:
            return None
        path += index[0]
        if wanted == path:
            return variable.children, part[0].name
        return (
            None
            if part[0].children is None
            else await _find_inside(state, part[0], wanted, depth + 1)
        )
    return await _find(state, variable.children, wanted, depth + 1)
