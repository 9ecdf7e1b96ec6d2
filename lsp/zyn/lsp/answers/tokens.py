"""Semantic tokens: whole, as the difference to what the client has, or of a range."""

from array import array

from lsprotocol import types

from zyn.ide.semantic import MODIFIERS, TYPES, Token, tokens
from zyn.lsp.documents import OpenDocument
from zyn.lsp.plain import Json, Plain
from zyn.lsp.server import ZynServer

LEGEND = types.SemanticTokensLegend(list(TYPES), list(MODIFIERS))


def full(server: ZynServer, params: types.SemanticTokensParams) -> Plain:
    """All tokens."""
    opened = server.documents.get(params.text_document.uri)
    return Plain({"resultId": opened.state, "data": _remember(server, opened)})


def delta(server: ZynServer, params: types.SemanticTokensDeltaParams) -> Plain:
    """What changed since the result the client names; all tokens when that is not known."""
    opened = server.documents.get(params.text_document.uri)
    known = server.tokens.get(opened.uri)
    data = _remember(server, opened)
    if known is None or known[0] != params.previous_result_id:
        return Plain({"resultId": opened.state, "data": data})
    return Plain({"resultId": opened.state, "edits": _edits(known[1], data)})


def of_range(server: ZynServer, params: types.SemanticTokensRangeParams) -> Plain:
    """The tokens of a range."""
    opened = server.documents.get(params.text_document.uri)
    start, end = opened.span(params.range)
    return Plain({"data": _encoded(opened, tokens(opened.document, start, end))})


def _remember(server: ZynServer, opened: OpenDocument) -> list[int]:
    data = _encoded(opened, tokens(opened.document, 0, len(opened.document.data)))
    server.tokens[opened.uri] = (opened.state, data)
    return data


def _encoded(opened: OpenDocument, found: list[Token]) -> list[int]:
    """Five numbers for each token, its place relative to the one before."""
    position = opened.document.text.position
    encoding = opened.encoding
    data: list[int] = []
    line = column = 0
    for (start, end), type_, modifiers in found:
        first, last = position(start, encoding), position(end, encoding)
        if first.line != last.line:
            continue
        shift = first.column - column if first.line == line else first.column
        data += (first.line - line, shift, last.column - first.column, type_, modifiers)
        line, column = first
    return data


def _edits(old: list[int], new: list[int]) -> list[Json]:
    """One edit between the equal ends of two lists."""
    if old == new:
        return []
    before, after = array("I", old), array("I", new)
    limit = min(len(before), len(after))
    head = _common(before, after, limit)
    before.reverse()
    after.reverse()
    tail = _common(before, after, limit - head)
    inserted = new[head : len(new) - tail]
    return [{"start": head, "deleteCount": len(old) - head - tail, "data": inserted}]


def _common(one: "array[int]", other: "array[int]", limit: int) -> int:
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
