"""Documents, folders and settings as the client changes them."""

import logging
from typing import Any

from lsprotocol import types

from zyn.lsp.documents import NotOpenError
from zyn.lsp.server import ZynServer

logger = logging.getLogger("zyn.lsp")

SECTION = "zyn"


def initialize(server: ZynServer, params: types.InitializeParams) -> None:
    """Take over what the client says."""
    server.begin(params)


def initialized(server: ZynServer, params: types.InitializedParams) -> None:
    """Ask for settings, now that the client may be asked."""
    workspace = server.client.workspace
    if workspace is None or not workspace.configuration:
        return
    items = [types.ConfigurationItem(section=SECTION)]
    server.protocol.send_request(
        types.WORKSPACE_CONFIGURATION,
        types.ConfigurationParams(items=items),
        callback=lambda values: _configure(server, values[0] if values else None),
    )


def did_change_configuration(server: ZynServer, params: types.DidChangeConfigurationParams) -> None:
    """Take settings from the notification, or ask for them where it holds none."""
    if params.settings:
        given: Any = params.settings
        _configure(server, given.get(SECTION, given) if isinstance(given, dict) else given)
    else:
        initialized(server, types.InitializedParams())


def _configure(server: ZynServer, given: object) -> None:
    before = server.settings
    server.settings = before.updated(_plain(given))
    workspace = server.client.workspace
    if server.settings == before or workspace is None:
        return
    if workspace.inlay_hint is not None and workspace.inlay_hint.refresh_support:
        server.protocol.send_request(types.WORKSPACE_INLAY_HINT_REFRESH)
    if workspace.code_lens is not None and workspace.code_lens.refresh_support:
        server.protocol.send_request(types.WORKSPACE_CODE_LENS_REFRESH)


def _plain(value: object) -> object:
    """pygls makes named tuples of JSON objects that have no type."""
    as_dict = getattr(value, "_asdict", None)
    if as_dict is not None:
        return {key: _plain(part) for key, part in as_dict().items()}
    return value


def did_change_workspace_folders(
    server: ZynServer, params: types.DidChangeWorkspaceFoldersParams
) -> None:
    """Search in other folders."""
    event = params.event
    server.files.change_folders([f.uri for f in event.added], [f.uri for f in event.removed])


def did_open(server: ZynServer, params: types.DidOpenTextDocumentParams) -> None:
    """Take a document in; one in no language of ours is left alone."""
    try:
        opened = server.documents.open(params.text_document)
    except NotOpenError as error:
        logger.warning("%s: %s", params.text_document.uri, error)
        return
    if server.pushes_diagnostics:
        server.pushes.schedule(opened)


def did_change(server: ZynServer, params: types.DidChangeTextDocumentParams) -> None:
    """Follow the text."""
    try:
        opened = server.documents.change(params)
    except NotOpenError as error:
        logger.warning("change of a document: %s", error)
        return
    if server.pushes_diagnostics:
        server.pushes.schedule(opened)


def did_close(server: ZynServer, params: types.DidCloseTextDocumentParams) -> None:
    """Forget a document and take back what was said about it."""
    uri = params.text_document.uri
    if not server.documents.close(uri):
        logger.warning("a document was closed that is not open: %s", uri)
        return
    server.tokens.pop(uri, None)
    if server.pushes_diagnostics:
        server.push_none(uri)


def did_save(server: ZynServer, params: types.DidSaveTextDocumentParams) -> None:
    """Nothing: the text is known already."""
