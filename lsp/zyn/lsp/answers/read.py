"""Answers about a place or a document that change nothing."""

from itertools import islice
from typing import Any

from lsprotocol import types

from zyn.ide import folding, hints, hover, inline_values, lens, navigate, references, symbols
from zyn.ide import selection as selections
from zyn.ide import signature_help as calls
from zyn.lsp import convert, custom
from zyn.lsp.documents import OpenDocument
from zyn.lsp.plain import Plain
from zyn.lsp.server import ZynServer

WORKSPACE_SYMBOLS_MAX = 1000

_AtPosition = types.TextDocumentPositionParams


def _at(server: ZynServer, params: Any) -> tuple[OpenDocument, int]:
    opened = server.documents.get(params.text_document.uri)
    return opened, opened.offset(params.position)


def hover_(server: ZynServer, params: types.HoverParams) -> types.Hover | None:
    """What stands under the cursor."""
    opened, offset = _at(server, params)
    found = hover.hover(opened.document, offset)
    if found is None:
        return None
    kind = types.MarkupKind.Markdown if server.has_markdown else types.MarkupKind.PlainText
    return types.Hover(types.MarkupContent(kind, found.markdown), opened.range(found.span))


def definition(server: ZynServer, params: types.DefinitionParams) -> types.Location | None:
    """Where it is declared."""
    opened, offset = _at(server, params)
    target = navigate.definition(opened.document, offset)
    return convert.location(opened, target.name) if target is not None else None


def type_definition(server: ZynServer, params: types.TypeDefinitionParams) -> types.Location | None:
    """Where its struct is declared."""
    opened, offset = _at(server, params)
    target = navigate.type_definition(opened.document, offset)
    return convert.location(opened, target.name) if target is not None else None


def references_(server: ZynServer, params: types.ReferenceParams) -> list[types.Location]:
    """Where it is used."""
    opened, offset = _at(server, params)
    return [
        convert.location(opened, found.span)
        for found in references.references(opened.document, offset)
        if params.context.include_declaration or not found.is_declaration
    ]


def highlight(
    server: ZynServer, params: types.DocumentHighlightParams
) -> list[types.DocumentHighlight]:
    """The same places, told apart by what happens there."""
    opened, offset = _at(server, params)
    kinds = types.DocumentHighlightKind
    return [
        types.DocumentHighlight(
            opened.range(found.span), kinds.Write if found.is_write else kinds.Read
        )
        for found in references.references(opened.document, offset)
    ]


def document_symbol(
    server: ZynServer, params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol]:
    """The outline."""
    opened = server.documents.get(params.text_document.uri)
    return [convert.outline(opened, entry) for entry in symbols.outline(opened.document)]


def workspace_symbol(
    server: ZynServer, params: types.WorkspaceSymbolParams
) -> list[types.WorkspaceSymbol]:
    """Declarations of open documents, then of files of the workspace."""
    opened = list(server.documents)
    uris = {one.uri for one in opened}
    opened += (
        one for one in server.files.documents(server.documents.encoding) if one.uri not in uris
    )
    found = (
        convert.workspace_symbol(one, entry)
        for one in opened
        for entry in symbols.matching(params.query, symbols.outline(one.document))
    )
    return list(islice(found, WORKSPACE_SYMBOLS_MAX))


def folding_range(server: ZynServer, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
    """What can be folded."""
    opened = server.documents.get(params.text_document.uri)
    return [
        types.FoldingRange(fold.first, fold.last, kind=types.FoldingRangeKind(fold.kind))
        for fold in folding.folds(opened.document)
    ]


def selection_range(
    server: ZynServer, params: types.SelectionRangeParams
) -> list[types.SelectionRange]:
    """For each position ever larger ranges around it."""
    opened = server.documents.get(params.text_document.uri)
    answers: list[types.SelectionRange] = []
    for position in params.positions:
        around: types.SelectionRange | None = None
        for span in reversed(selections.selections(opened.document, opened.offset(position))):
            around = types.SelectionRange(opened.range(span), around)
        assert around is not None
        answers.append(around)
    return answers


def inlay_hint(server: ZynServer, params: types.InlayHintParams) -> Plain:
    """The hints of a range."""
    opened = server.documents.get(params.text_document.uri)
    start, end = opened.span(params.range)
    found = hints.hints(opened.document, start, end, server.settings.hints)
    return Plain([convert.hint(opened, one) for one in found])


def code_lens(server: ZynServer, params: types.CodeLensParams) -> list[types.CodeLens]:
    """The lenses of a document."""
    opened = server.documents.get(params.text_document.uri)
    settings = server.settings
    return [
        convert.lens(opened, found)
        for found in lens.lenses(opened.document)
        if (settings.frame_lens if found.kind == "frame" else settings.run_lens)
    ]


def inline_value(
    server: ZynServer, params: types.InlineValueParams
) -> list[types.InlineValueVariableLookup]:
    """The variables to show while a task is stopped."""
    opened = server.documents.get(params.text_document.uri)
    start, end = opened.span(params.range)
    stopped = opened.offset(params.context.stopped_location.end)
    return [
        types.InlineValueVariableLookup(
            opened.range(found.span), case_sensitive_lookup=True, variable_name=found.name
        )
        for found in inline_values.inline_values(opened.document, start, end, stopped)
    ]


def signature_help(
    server: ZynServer, params: types.SignatureHelpParams
) -> types.SignatureHelp | None:
    """The call around the cursor."""
    opened, offset = _at(server, params)
    found = calls.signature_help(opened.document, offset)
    if found is None:
        return None
    parameters = [
        types.ParameterInformation(found.label[span.start : span.end]) for span in found.parameters
    ]
    signature = types.SignatureInformation(
        found.label,
        documentation=found.documentation or None,
        parameters=parameters,
        active_parameter=found.active,
    )
    return types.SignatureHelp([signature], 0, found.active)


def state_machine(server: ZynServer, params: custom.StateMachineParams) -> Plain:
    """Our own request, which files that are not open answer too."""
    return Plain(custom.state_machine(_open_or_on_disk(server, params), params))


def functions(server: ZynServer, params: custom.FunctionsParams) -> Plain:
    """Our own request, which files that are not open answer too."""
    return Plain(custom.functions(_open_or_on_disk(server, params)))


def _open_or_on_disk(server: ZynServer, params: Any) -> OpenDocument:
    uri = params.text_document.uri
    found = server.documents.find(uri) or server.files.find(uri, server.documents.encoding)
    # Asked for once more, a file that is neither open nor readable is refused with the reason.
    return found or server.documents.get(uri)
