"""The server: one session, its documents and settings, and who answers which method.

The answers are in `zyn.lsp.answers`; each is a function of the server and the parameters.  What
goes wrong in one costs that answer: an error with a reason goes out, a bug of ours is logged with
its trace, and the next message is handled.
"""

import asyncio
import logging
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder
from pygls.exceptions import JsonRpcException, JsonRpcInternalError, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from zyn.base.source import Encoding
from zyn.ide.rename import RenameError
from zyn.lsp.documents import BadRequestError, Documents, OpenDocument
from zyn.lsp.protocol import ZynProtocol
from zyn.lsp.reports import Later, Pushes, report
from zyn.lsp.settings import Settings
from zyn.lsp.workspace import WorkspaceFiles

logger = logging.getLogger("zyn.lsp")

REQUEST_FAILED = -32803


class ZynServer(LanguageServer):
    """One session.  `later` runs a function after some seconds; tests hand in their own."""

    protocol: ZynProtocol

    def __init__(self, later: Later | None = None) -> None:
        super().__init__(
            "zyn-lsp",
            version("zyn"),
            protocol_cls=ZynProtocol,
            converter_factory=default_converter,
        )
        self.documents = Documents()
        self.settings = Settings()
        self.files = WorkspaceFiles()
        self.client = types.ClientCapabilities()
        self.tokens: dict[str, tuple[str, list[int]]] = {}
        self.pushes = Pushes(later or _on_the_loop, self.push)

    # What a client can do

    def begin(self, params: types.InitializeParams) -> None:
        """Take over what the client says about itself."""
        self.client = params.capabilities
        chosen = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
        self.documents.encoding = Encoding(str(getattr(chosen, "value", chosen)))
        self.settings = self.settings.updated(params.initialization_options)
        folders = [folder.uri for folder in params.workspace_folders or ()]
        if not folders and params.root_uri is not None:
            folders = [params.root_uri]
        self.files.set_folders(folders)

    @property
    def pushes_diagnostics(self) -> bool:
        """Whether diagnostics go out unasked."""
        if self.settings.diagnostics == "auto":
            text = self.client.text_document
            return text is None or text.diagnostic is None
        return self.settings.diagnostics in ("push", "both")

    @property
    def has_snippets(self) -> bool:
        """Whether a completion may hold places to jump to."""
        text = self.client.text_document
        item = text.completion.completion_item if text and text.completion else None
        return bool(item and item.snippet_support)

    @property
    def has_markdown(self) -> bool:
        """Whether a hover may be Markdown; a client that does not say can."""
        text = self.client.text_document
        formats = text.hover.content_format if text and text.hover else None
        return not formats or types.MarkupKind.Markdown in formats

    # Diagnostics

    def push(self, opened: OpenDocument) -> None:
        """Send the diagnostics of a document, unless it was closed meanwhile."""
        if self.documents.find(opened.uri) is opened:
            self._publish(opened.uri, report(opened), opened.version)

    def push_none(self, uri: str) -> None:
        """Take back the diagnostics of a document."""
        self.pushes.forget(uri)
        self._publish(uri, [], None)

    def _publish(self, uri: str, diagnostics: object, number: int | None) -> None:
        params: dict[str, Any] = {"uri": uri, "diagnostics": diagnostics}
        if number is not None:
            params["version"] = number
        method = types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS
        self.protocol.send_plain({"jsonrpc": "2.0", "method": method, "params": params})

    # Answers

    def answers(
        self, method: str, answer: Callable[["ZynServer", Any], Any], options: Any = None
    ) -> None:
        """Let `answer` handle a method."""

        def guarded(params: Any) -> Any:
            try:
                return answer(self, params)
            except JsonRpcException:
                raise
            except BadRequestError as error:
                raise JsonRpcInvalidParams(f"{method}: {error}") from error
            except RenameError as error:
                raise JsonRpcException(str(error), REQUEST_FAILED) from error
            except Exception as error:
                logger.exception("%s failed", method)
                raise JsonRpcInternalError(f"{method}: {error}") from error

        self.feature(method, options)(guarded)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Nobody waits for a notification, and a request has its answer: the log is enough."""
        logger.debug("%s", error)


def _on_the_loop(delay_s: float, run: Callable[[], None]) -> object:
    return asyncio.get_running_loop().call_later(delay_s, run)
