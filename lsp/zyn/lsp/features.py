"""Which function answers which method, and what the client is told about it."""

from collections.abc import Callable
from typing import Any

from lsprotocol import types

from zyn.lsp.answers import diagnose, read, sync, tokens, write
from zyn.lsp.custom import FUNCTIONS, STATE_MACHINE
from zyn.lsp.reports import Later
from zyn.lsp.server import ZynServer

Answer = Callable[[ZynServer, Any], Any]

ANSWERS: dict[str, Answer] = {
    types.INITIALIZE: sync.initialize,
    types.INITIALIZED: sync.initialized,
    types.TEXT_DOCUMENT_DID_OPEN: sync.did_open,
    types.TEXT_DOCUMENT_DID_CHANGE: sync.did_change,
    types.TEXT_DOCUMENT_DID_CLOSE: sync.did_close,
    types.TEXT_DOCUMENT_DID_SAVE: sync.did_save,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: sync.did_change_configuration,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: sync.did_change_workspace_folders,
    types.TEXT_DOCUMENT_HOVER: read.hover_,
    types.TEXT_DOCUMENT_DEFINITION: read.definition,
    types.TEXT_DOCUMENT_TYPE_DEFINITION: read.type_definition,
    types.TEXT_DOCUMENT_REFERENCES: read.references_,
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: read.highlight,
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: read.document_symbol,
    types.WORKSPACE_SYMBOL: read.workspace_symbol,
    types.TEXT_DOCUMENT_FOLDING_RANGE: read.folding_range,
    types.TEXT_DOCUMENT_SELECTION_RANGE: read.selection_range,
    types.TEXT_DOCUMENT_INLAY_HINT: read.inlay_hint,
    types.TEXT_DOCUMENT_CODE_LENS: read.code_lens,
    types.TEXT_DOCUMENT_INLINE_VALUE: read.inline_value,
    types.TEXT_DOCUMENT_SIGNATURE_HELP: read.signature_help,
    STATE_MACHINE: read.state_machine,
    FUNCTIONS: read.functions,
    types.TEXT_DOCUMENT_COMPLETION: write.completion_,
    types.TEXT_DOCUMENT_PREPARE_RENAME: write.prepare_rename,
    types.TEXT_DOCUMENT_RENAME: write.rename_,
    types.TEXT_DOCUMENT_CODE_ACTION: write.code_action,
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: tokens.full,
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL_DELTA: tokens.delta,
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE: tokens.of_range,
    types.TEXT_DOCUMENT_DIAGNOSTIC: diagnose.document,
    types.WORKSPACE_DIAGNOSTIC: diagnose.workspace,
}


def new_server(later: Later | None = None) -> ZynServer:
    """A server that answers everything above."""
    server = ZynServer(later)
    options = _options()
    for method, answer in ANSWERS.items():
        server.answers(method, answer, options.get(method))
    return server


def _options() -> dict[str, Any]:
    """What goes into the server's capabilities; new each time, because pygls writes into it."""
    return {
        types.TEXT_DOCUMENT_COMPLETION: types.CompletionOptions(trigger_characters=["."]),
        types.TEXT_DOCUMENT_SIGNATURE_HELP: types.SignatureHelpOptions(
            trigger_characters=["(", ","], retrigger_characters=[")"]
        ),
        types.TEXT_DOCUMENT_CODE_ACTION: types.CodeActionOptions(
            code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite]
        ),
        types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: tokens.LEGEND,
        types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL_DELTA: tokens.LEGEND,
        types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE: tokens.LEGEND,
        types.TEXT_DOCUMENT_DIAGNOSTIC: types.DiagnosticOptions(
            inter_file_dependencies=False, workspace_diagnostics=True, identifier="zyn"
        ),
    }
