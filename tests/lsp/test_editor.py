"""The real server over stdio, driven as an editor would, with checks of what it may answer."""

from collections.abc import AsyncIterator

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

from tests.lsp.command import SERVER

pytestmark = pytest.mark.e2e

URI = "file:///work/sample.zyntax"
TEXT = """\
async fn wait(n: i64) i32 {
    await delay(n);
    return 1;
}

async fn main() i32 {
    const first = await wait(1);
    const second = wait(2);
    return first + second;
}
"""
DOCUMENT = types.TextDocumentIdentifier(URI)
WHOLE = types.Range(types.Position(0, 0), types.Position(10, 0))


@pytest_lsp.fixture(  # type: ignore[untyped-decorator]
    config=ClientServerConfig(server_command=SERVER), params=["visual-studio-code", "neovim"]
)
async def client(lsp_client: LanguageClient, request: pytest.FixtureRequest) -> AsyncIterator[None]:
    await lsp_client.initialize_session(
        types.InitializeParams(capabilities=client_capabilities(request.param))
    )
    lsp_client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(URI, "zyntax", 1, TEXT))
    )
    yield
    await lsp_client.shutdown_session()


def at(line: int, character: int) -> types.Position:
    return types.Position(line, character)


async def test_a_look_around(client: LanguageClient) -> None:
    hover = await client.text_document_hover_async(types.HoverParams(DOCUMENT, at(0, 10)))
    assert hover is not None
    assert "2 states" in str(hover.contents)
    where = await client.text_document_definition_async(types.DefinitionParams(DOCUMENT, at(6, 27)))
    assert isinstance(where, types.Location)
    assert where.range.start == at(0, 9)
    hints = await client.text_document_inlay_hint_async(types.InlayHintParams(DOCUMENT, WHOLE))
    assert hints is not None
    assert "state 1 - nothing live - 12 B" in [hint.label for hint in hints]
    lenses = await client.text_document_code_lens_async(types.CodeLensParams(DOCUMENT))
    assert lenses is not None
    titles = [lens.command.title for lens in lenses if lens.command is not None]
    assert titles[-2:] == ["Run", "Debug"]
    symbols = await client.text_document_document_symbol_async(types.DocumentSymbolParams(DOCUMENT))
    assert symbols is not None
    assert [symbol.name for symbol in symbols] == ["wait", "main"]
    proposals = await client.text_document_completion_async(
        types.CompletionParams(DOCUMENT, at(8, 11))
    )
    assert isinstance(proposals, types.CompletionList)
    assert proposals.items[0].label in ("first", "second")
    tokens = await client.text_document_semantic_tokens_full_async(
        types.SemanticTokensParams(DOCUMENT)
    )
    assert tokens is not None
    assert len(tokens.data) % 5 == 0


async def test_a_warning_its_fix_and_its_end(client: LanguageClient) -> None:
    asked = types.DocumentDiagnosticParams(DOCUMENT)
    report = await client.text_document_diagnostic_async(asked)
    assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
    assert [item.code for item in report.items] == ["implicit-await"]
    here = report.items[0].range
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(DOCUMENT, here, types.CodeActionContext(report.items))
    )
    assert actions is not None
    action = next(one for one in actions if one.title == "add `await`")
    assert isinstance(action, types.CodeAction)
    assert action.edit is not None
    if action.edit.document_changes:
        change = action.edit.document_changes[0]
        assert isinstance(change, types.TextDocumentEdit)
        edits = change.edits
    else:
        assert action.edit.changes is not None
        edits = action.edit.changes[URI]
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(2, URI),
            [
                types.TextDocumentContentChangePartial(edit.range, edit.new_text)
                for edit in edits
                if isinstance(edit, types.TextEdit)
            ],
        )
    )
    report = await client.text_document_diagnostic_async(asked)
    assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
    assert list(report.items) == []
