"""Answers that propose or make changes."""

from lsprotocol import types

from zyn.base.diagnostic import Edit
from zyn.ide import actions, completion, rename
from zyn.lsp import convert
from zyn.lsp.documents import OpenDocument
from zyn.lsp.server import ZynServer


def completion_(server: ZynServer, params: types.CompletionParams) -> types.CompletionList:
    """What could be written at the cursor."""
    opened = server.documents.get(params.text_document.uri)
    found = completion.completions(opened.document, opened.offset(params.position))
    snippets = server.has_snippets
    items = [
        convert.completion(opened, one, place, snippets=snippets) for place, one in enumerate(found)
    ]
    return types.CompletionList(is_incomplete=False, items=items)


def prepare_rename(
    server: ZynServer, params: types.PrepareRenameParams
) -> types.PrepareRenamePlaceholder:
    """The word that would be renamed, or an error that says why none can be."""
    opened = server.documents.get(params.text_document.uri)
    found = rename.prepare_rename(opened.document, opened.offset(params.position))
    return types.PrepareRenamePlaceholder(opened.range(found.span), found.name)


def rename_(server: ZynServer, params: types.RenameParams) -> types.WorkspaceEdit:
    """Rename everywhere in the file."""
    opened = server.documents.get(params.text_document.uri)
    edits = rename.rename(opened.document, opened.offset(params.position), params.new_name)
    return _edit(server, opened, edits)


def code_action(server: ZynServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """Changes for a range."""
    opened = server.documents.get(params.text_document.uri)
    start, end = opened.span(params.range)
    only = params.context.only
    answers: list[types.CodeAction] = []
    for found in actions.actions(opened.document, start, end):
        kind = types.CodeActionKind.RefactorRewrite
        if found.diagnostic is not None:
            kind = types.CodeActionKind.QuickFix
        if only and not any(kind.value.startswith(str(getattr(o, "value", o))) for o in only):
            continue
        about = found.diagnostic
        answers.append(
            types.CodeAction(
                title=found.title,
                kind=kind,
                diagnostics=[convert.diagnostic(opened, about)] if about is not None else None,
                edit=_edit(server, opened, list(found.edits)),
            )
        )
    return answers


def _edit(server: ZynServer, opened: OpenDocument, edits: list[Edit]) -> types.WorkspaceEdit:
    """Edits of one document, with its version for clients that check it."""
    made = [convert.edit(opened, one) for one in edits]
    workspace = server.client.workspace
    if workspace and workspace.workspace_edit and workspace.workspace_edit.document_changes:
        document = types.OptionalVersionedTextDocumentIdentifier(opened.uri, opened.version)
        return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, made)])
    return types.WorkspaceEdit(changes={opened.uri: made})
