"""Diagnostics for clients that ask for them.

A result id names a state of the text; who has it gets `unchanged`.  Built from plain objects, since
a long list of typed ones would take longer to write down than to find out.
"""

from lsprotocol import types

from zyn.lsp.documents import OpenDocument
from zyn.lsp.plain import Json, Plain
from zyn.lsp.reports import report
from zyn.lsp.server import ZynServer


def document(server: ZynServer, params: types.DocumentDiagnosticParams) -> Plain:
    """The diagnostics of one document."""
    opened = server.documents.get(params.text_document.uri)
    return Plain(_report(opened, params.previous_result_id))


def workspace(server: ZynServer, params: types.WorkspaceDiagnosticParams) -> Plain:
    """The diagnostics of open documents and of the files of the workspace."""
    before = {one.uri: one.value for one in params.previous_result_ids}
    items: list[Json] = []
    seen: set[str] = set()
    for opened in (*server.documents, *server.files.documents(server.documents.encoding)):
        if opened.uri not in seen:
            seen.add(opened.uri)
            is_open = server.documents.find(opened.uri) is opened
            version = opened.version if is_open else None
            found = _report(opened, before.get(opened.uri))
            items.append({"uri": opened.uri, "version": version, **found})
    return Plain({"items": items})


def _report(opened: OpenDocument, previous: str | None) -> Json:
    if previous == opened.state:
        return {"kind": "unchanged", "resultId": opened.state}
    return {"kind": "full", "resultId": opened.state, "items": report(opened)}
