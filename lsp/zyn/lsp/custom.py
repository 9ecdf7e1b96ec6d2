"""Our own requests, as JSON.

`zyn/stateMachine`: the states of one async function.

    -> {"textDocument": {"uri": ..}, "position": {..}}  or  {"textDocument": .., "function": name}
    <- {"function", "result", "range", "states": [..], "edges": [..], "slots": [..],
        "captures": [..], "size", "align"}, or null where there is no async function without errors

It is the side table of the compiler, with ranges instead of bytes.

`zyn/functions`: what can be called in a file, which need not be open.

    -> {"textDocument": {"uri": ..}}
    <- [{"name", "isAsync", "parameters": [{"name", "type"}], "result", "range", "selectionRange"}]
"""

import attrs
from lsprotocol import types

from zyn.base.span import Span
from zyn.ide.functions import functions as functions_of
from zyn.ide.state_machine import StateMachine, machine_at, machine_of
from zyn.lsp.documents import BadRequestError, OpenDocument
from zyn.lsp.plain import Json

STATE_MACHINE = "zyn/stateMachine"
FUNCTIONS = "zyn/functions"


@attrs.define
class StateMachineParams:
    """Which function: the one at a position, or one by name."""

    text_document: types.TextDocumentIdentifier = attrs.field()
    position: types.Position | None = attrs.field(default=None)
    function: str | None = attrs.field(default=None)


@attrs.define
class StateMachineRequest:
    """The message as JSON-RPC frames it."""

    id: int | str = attrs.field()
    params: StateMachineParams = attrs.field()
    method: str = attrs.field(default=STATE_MACHINE)
    jsonrpc: str = attrs.field(default="2.0")


@attrs.define
class FunctionsParams:
    """Of which file."""

    text_document: types.TextDocumentIdentifier = attrs.field()


@attrs.define
class FunctionsRequest:
    """The message as JSON-RPC frames it."""

    id: int | str = attrs.field()
    params: FunctionsParams = attrs.field()
    method: str = attrs.field(default=FUNCTIONS)
    jsonrpc: str = attrs.field(default="2.0")


REQUESTS: dict[str, type[StateMachineRequest | FunctionsRequest]] = {
    STATE_MACHINE: StateMachineRequest,
    FUNCTIONS: FunctionsRequest,
}


def functions(opened: OpenDocument) -> list[Json]:
    """The answer to `zyn/functions`."""
    return [
        {
            "name": found.name,
            "isAsync": found.is_async,
            "parameters": [{"name": name, "type": type_} for name, type_ in found.parameters],
            "result": found.result,
            "range": _range(opened, found.whole),
            "selectionRange": _range(opened, found.selection),
        }
        for found in functions_of(opened.document)
    ]


def state_machine(opened: OpenDocument, params: StateMachineParams) -> Json | None:
    """The answer to `zyn/stateMachine`."""
    if params.function is not None:
        machine = machine_of(opened.document, params.function)
    elif params.position is not None:
        machine = machine_at(opened.document, opened.offset(params.position))
    else:
        raise BadRequestError("one of `position` and `function` is needed")
    return _machine(opened, machine) if machine is not None else None


def _machine(opened: OpenDocument, machine: StateMachine) -> Json:
    table = machine.table
    frame = table.frame
    slots = frame.slots if frame is not None else ()
    return {
        "function": table.function,
        "result": table.result,
        "range": _range(opened, machine.whole),
        "selectionRange": _range(opened, table.span),
        "states": [
            {
                "index": state.index,
                "kind": state.kind,
                "range": _range(opened, state.span),
                "line": state.line,
                "awaits": state.awaits,
                "callee": state.callee,
                "live": list(state.live),
                "size": state.size,
                "child": state.child,
            }
            for state in table.states
        ],
        "edges": [{"source": edge.source, "target": edge.target} for edge in machine.edges],
        "slots": [
            {
                "name": slot.name,
                "type": slot.type,
                "offset": slot.offset,
                "size": slot.size,
                "align": slot.align,
                "stored": slot.stored,
                "liveIn": list(slot.live_in),
                "range": _range(opened, slot.span) if slot.span is not None else None,
            }
            for slot in slots
        ],
        "captures": [
            {
                "variable": next((s.name for s in slots if s.variable == c.variable), ""),
                "state": c.state,
                "use": _range(opened, c.use),
            }
            for c in table.captures
        ],
        "size": frame.size if frame is not None else 0,
        "align": frame.align if frame is not None else 0,
    }


def _range(opened: OpenDocument, span: Span) -> Json:
    start, end = opened.position(span.start), opened.position(span.end)
    return {
        "start": {"line": start.line, "character": start.character},
        "end": {"line": end.line, "character": end.character},
    }
