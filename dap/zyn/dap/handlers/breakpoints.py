"""Where and why to stop: lines, functions, failures."""

import msgspec
from msgspec import UNSET

from zyn.dap import protocol
from zyn.dap.convert import optional_text
from zyn.dap.registry import request
from zyn.dap.state import State
from zyn.dap.values import breakpoint_
from zyn.debug import model

FILTERS = ("failure", "deadlock")
NOT_DEBUGGING = "the program runs without debugging"


@request("setBreakpoints", protocol.SetBreakpointsArguments)
async def set_breakpoints(
    state: State, arguments: protocol.SetBreakpointsArguments
) -> protocol.SetBreakpointsResponseBody:
    """Replace the breakpoints of one file."""
    file = state.converter.file_of(arguments.source)
    wanted = [] if arguments.breakpoints is UNSET else arguments.breakpoints
    if arguments.breakpoints is UNSET and arguments.lines is not UNSET:
        wanted = [protocol.SourceBreakpoint(line=line) for line in arguments.lines]
    if state.no_debug:
        off = [protocol.Breakpoint(verified=False, message=NOT_DEBUGGING) for _ in wanted]
        return protocol.SetBreakpointsResponseBody(breakpoints=off)
    points = await state.engine.set_breakpoints(
        file, [_source_breakpoint(state, file, one) for one in wanted]
    )
    return protocol.SetBreakpointsResponseBody(
        breakpoints=[breakpoint_(state, file, point) for point in points]
    )


@request("setFunctionBreakpoints", protocol.SetFunctionBreakpointsArguments)
async def set_function_breakpoints(
    state: State, arguments: protocol.SetFunctionBreakpointsArguments
) -> protocol.SetFunctionBreakpointsResponseBody:
    """Replace the breakpoints on functions."""
    if state.no_debug:
        off = [
            protocol.Breakpoint(verified=False, message=NOT_DEBUGGING)
            for _ in arguments.breakpoints
        ]
        return protocol.SetFunctionBreakpointsResponseBody(breakpoints=off)
    points = await state.engine.set_function_breakpoints(
        [
            (one.name, optional_text(one.condition), optional_text(one.hit_condition))
            for one in arguments.breakpoints
        ]
    )
    state.function_breakpoints = {point.id for point in points}
    file = None if state.config is None else state.config.program
    return protocol.SetFunctionBreakpointsResponseBody(
        breakpoints=[
            breakpoint_(state, file if point.line is not None else None, point) for point in points
        ]
    )


@request("setExceptionBreakpoints", protocol.SetExceptionBreakpointsArguments)
async def set_exception_breakpoints(
    state: State, arguments: protocol.SetExceptionBreakpointsArguments
) -> protocol.SetExceptionBreakpointsResponseBody:
    """Choose the failures that stop a task; an unknown filter is answered, not fatal."""
    known = [name for name in arguments.filters if name in FILTERS]
    await state.engine.set_exception_filters([] if state.no_debug else list(dict.fromkeys(known)))
    answers = []
    for name in arguments.filters:
        answer = protocol.Breakpoint(verified=name in FILTERS and not state.no_debug)
        if name not in FILTERS:
            answer.message = f"there is no filter {name!r}, only {' and '.join(FILTERS)}"
        answers.append(answer)
    return protocol.SetExceptionBreakpointsResponseBody(breakpoints=answers)


@request("breakpointLocations", protocol.BreakpointLocationsArguments)
async def breakpoint_locations(
    state: State, arguments: protocol.BreakpointLocationsArguments
) -> protocol.BreakpointLocationsResponseBody:
    """Every statement between two lines."""
    file = state.converter.file_of(arguments.source)
    first = state.converter.line_in(arguments.line)
    last = first if arguments.end_line is UNSET else state.converter.line_in(arguments.end_line)
    places = await state.engine.breakpoint_lines(file, first, last)
    return protocol.BreakpointLocationsResponseBody(
        breakpoints=[
            protocol.BreakpointLocation(
                line=state.converter.line_out(line),
                column=state.converter.column_out(file, line, column),
            )
            for line, column in places
        ]
    )


def _source_breakpoint(
    state: State, file: str, wanted: protocol.SourceBreakpoint
) -> model.SourceBreakpoint:
    line = state.converter.line_in(wanted.line)
    point = model.SourceBreakpoint(
        line=line,
        condition=optional_text(wanted.condition),
        hit_condition=optional_text(wanted.hit_condition),
        log_message=optional_text(wanted.log_message),
    )
    if wanted.column is UNSET:
        return point
    column = state.converter.column_in(file, line, wanted.column)
    return msgspec.structs.replace(point, column=column)
