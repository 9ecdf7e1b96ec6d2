"""Our plain values to the types of LSP, in one place."""

from lsprotocol import types

from zyn.base.diagnostic import Diagnostic, Edit
from zyn.base.span import Span
from zyn.ide.completion import Completion, CompletionKind
from zyn.ide.hints import Hint
from zyn.ide.lens import Lens
from zyn.ide.symbols import OutlineEntry, OutlineKind
from zyn.lsp.documents import OpenDocument
from zyn.lsp.plain import Json

SOURCE = "zyn"

_SYMBOL_KINDS: dict[OutlineKind, types.SymbolKind] = {
    "function": types.SymbolKind.Function,
    "async function": types.SymbolKind.Function,
    "struct": types.SymbolKind.Struct,
    "field": types.SymbolKind.Field,
}

_COMPLETION_KINDS: dict[CompletionKind, types.CompletionItemKind] = {
    "variable": types.CompletionItemKind.Variable,
    "function": types.CompletionItemKind.Function,
    "builtin": types.CompletionItemKind.Function,
    "struct": types.CompletionItemKind.Struct,
    "field": types.CompletionItemKind.Field,
    "method": types.CompletionItemKind.Method,
    "keyword": types.CompletionItemKind.Keyword,
    "type": types.CompletionItemKind.TypeParameter,
}

_LENS_COMMANDS = {
    "frame": "zyn.showStateMachine",
    "run": "zyn.run",
    "debug": "zyn.debug",
}


def diagnostic(opened: OpenDocument, found: Diagnostic) -> types.Diagnostic:
    """A finding whose spans count from the file."""
    code = found.code
    message = found.message if found.hint is None else f"{found.message}\n{found.hint}"
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(opened.uri, opened.range(label.span)), label.text
        )
        for label in found.labels
    ]
    return types.Diagnostic(
        range=opened.range(found.span),
        message=message,
        severity=types.DiagnosticSeverity(int(code.severity)),
        code=code.name,
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if code.unnecessary else None,
        related_information=related or None,
    )


def hint(opened: OpenDocument, found: Hint) -> Json:
    """An InlayHint; one that is stale says so."""
    line, column = opened.document.text.position(found.offset, opened.encoding)
    position = {"line": line, "character": column}
    is_name = found.kind == "parameter"
    made: Json = {
        "position": position,
        "label": f"{found.label} (stale)" if found.is_stale else found.label,
        "kind": int(types.InlayHintKind.Parameter if is_name else types.InlayHintKind.Type),
        "paddingLeft": found.kind in ("state", "capture"),
        "paddingRight": is_name,
    }
    if found.insert:
        here = {"start": position, "end": position}
        made["textEdits"] = [{"range": here, "newText": found.label}]
    if found.tooltip:
        made["tooltip"] = {"kind": "markdown", "value": found.tooltip}
    return made


def lens(opened: OpenDocument, found: Lens) -> types.CodeLens:
    """A lens with the command that a click sends."""
    argument = {"uri": opened.uri, "function": found.function}
    title = f"{found.title} (stale)" if found.is_stale else found.title
    return types.CodeLens(
        range=opened.range(found.span),
        command=types.Command(title, _LENS_COMMANDS[found.kind], arguments=[argument]),
    )


def outline(opened: OpenDocument, entry: OutlineEntry) -> types.DocumentSymbol:
    """A declaration and what is inside it."""
    return types.DocumentSymbol(
        name=entry.name,
        kind=_SYMBOL_KINDS[entry.kind],
        range=opened.range(entry.whole),
        selection_range=opened.range(entry.selection),
        detail=entry.detail or None,
        children=[outline(opened, child) for child in entry.children],
    )


def workspace_symbol(opened: OpenDocument, entry: OutlineEntry) -> types.WorkspaceSymbol:
    """A declaration of some file."""
    location = types.Location(opened.uri, opened.range(entry.selection))
    return types.WorkspaceSymbol(location, entry.name, _SYMBOL_KINDS[entry.kind])


def completion(
    opened: OpenDocument, found: Completion, place: int, *, snippets: bool
) -> types.CompletionItem:
    """A proposal; `place` is its rank in the list."""
    as_snippet = snippets and bool(found.snippet)
    text = found.snippet if as_snippet else found.insert
    snippet = types.InsertTextFormat.Snippet if as_snippet else types.InsertTextFormat.PlainText
    return types.CompletionItem(
        label=found.label,
        kind=_COMPLETION_KINDS[found.kind],
        detail=found.detail or None,
        documentation=found.documentation or None,
        sort_text=f"{place:05}",
        insert_text_format=snippet,
        text_edit=types.TextEdit(opened.range(found.replaced), text),
    )


def edit(opened: OpenDocument, found: Edit) -> types.TextEdit:
    """A replacement of some bytes."""
    return types.TextEdit(opened.range(found.span), found.text)


def location(opened: OpenDocument, span: Span) -> types.Location:
    """Some bytes of a document."""
    return types.Location(opened.uri, opened.range(span))
