"""JSON-RPC as LSP wants it, on top of pygls, for clients that do not.

Added to pygls: a request whose parameters make no sense gets an answer; so does one before
`initialize` (-32002), one after `shutdown`, and one that was cancelled while it waited (-32800);
`exit` ends the session with the code that the specification asks for.  The text of documents is
kept by `zyn.lsp.documents`, so pygls' own copies are never made.

Every message is handled on the event loop's thread, in the order of arrival; only cancellations
overtake.
"""

import json
import logging
from collections.abc import Callable, Generator
from functools import lru_cache
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method

from zyn.lsp.custom import REQUESTS
from zyn.lsp.plain import Json, Plain, encode
from zyn.lsp.transport import framed

logger = logging.getLogger("zyn.lsp")

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
NOT_INITIALIZED = -32002
REQUEST_CANCELLED = -32800

REMEMBERED_CANCELS = 10_000
"""Cancellations kept for requests that have not come yet; more are a client's mistake."""

MessageId = str | int


class ZynProtocol(LanguageServerProtocol):
    """One session.  `exited` is called once, with the exit code."""

    exited: Callable[[int], None]

    def start(self, write: Callable[[bytes], None], exited: Callable[[int], None]) -> None:
        """Begin a session that writes to `write`."""
        self._write = write
        self.exited = exited
        self._initialized = False
        self._cancelled: dict[MessageId, None] = {}

    # What comes in

    def cancel(self, message_id: object) -> None:
        """Remember that a request need not be answered; called on the reading thread."""
        if isinstance(message_id, str | int):
            self._cancelled[message_id] = None
            while len(self._cancelled) > REMEMBERED_CANCELS:
                del self._cancelled[next(iter(self._cancelled))]

    def unreadable(self, reason: str) -> None:
        """Answer bytes that are no message."""
        logger.warning("unreadable message: %s", reason)
        self._refuse(None, PARSE_ERROR, f"the message cannot be read: {reason}")

    def receive(self, message: object) -> None:
        """Handle one decoded message of any shape."""
        if not isinstance(message, dict) or message.get("jsonrpc") != self.VERSION:
            self._refuse(None, INVALID_REQUEST, "a message is an object with `jsonrpc`: `2.0`")
        elif not isinstance(message.get("method", ""), str):
            self._refuse(_id(message), INVALID_REQUEST, "a method is a string")
        elif "method" not in message:
            self._structured(message)
        elif "id" in message:
            self._request(message)
        else:
            self._notification(message)

    def _request(self, message: dict[str, Any]) -> None:
        message_id = _id(message)
        method = message["method"]
        if message_id is None:
            self._refuse(None, INVALID_REQUEST, "the id of a request is a string or a number")
        elif message_id in self._cancelled:
            del self._cancelled[message_id]
            self._refuse(message_id, REQUEST_CANCELLED, f"{method} was cancelled")
        elif self._shutdown:
            self._refuse(message_id, INVALID_REQUEST, "the server is shut down")
        elif not self._initialized and method != types.INITIALIZE:
            self._refuse(message_id, NOT_INITIALIZED, f"{method} before initialize")
        elif self._is_notification(method):
            self._refuse(message_id, METHOD_NOT_FOUND, f"{method} is no request")
        elif self._initialized and method == types.INITIALIZE:
            self._refuse(message_id, INVALID_REQUEST, "initialize came before")
        else:
            structured = self._structured(message)
            self._initialized = self._initialized or (structured and method == types.INITIALIZE)

    def _is_notification(self, method: str) -> bool:
        known = self.get_message_type(method)
        return known is not None and not hasattr(known, "id")

    def _notification(self, message: dict[str, Any]) -> None:
        method = message["method"]
        if method == types.EXIT:
            self.exited(0 if self._shutdown else 1)
        elif method == types.CANCEL_REQUEST:
            pass  # It has overtaken this message; see `cancel`.
        elif self._initialized and not self._shutdown:
            self._structured(message)
        else:
            logger.info("%s outside initialize and shutdown", method)

    def _structured(self, message: dict[str, Any]) -> bool:
        """Give a message its types and handle it; whether it had the right shape."""
        if "method" in message:
            message.setdefault("params", None)
        try:
            structured = self.structure_message(message)
        except JsonRpcException as error:
            reason = _reason(error)
            if "method" in message and "id" in message:
                self._refuse(_id(message), INVALID_PARAMS, f"{message['method']}: {reason}")
            else:
                logger.warning("%s: %s", message.get("method", "response"), reason)
            return False
        self.handle_message(structured)
        return True

    # What goes out

    def _refuse(self, message_id: MessageId | None, code: int, reason: str) -> None:
        error = {"code": code, "message": reason}
        self.send_plain({"jsonrpc": self.VERSION, "id": message_id, "error": error})

    def send_plain(self, message: Json) -> None:
        """Send a message that is made of plain values."""
        self._write(framed(encode(message)))

    def _send_response(
        self, msg_id: MessageId, result: Any = None, error: types.ResponseError | None = None
    ) -> None:
        """Answer a request; a plain result goes out as it is."""
        if isinstance(result, Plain):
            self.send_plain({"jsonrpc": self.VERSION, "id": msg_id, "result": result.value})
        else:
            super()._send_response(msg_id, result, error)

    def _send_data(self, data: Any) -> None:
        """Write one typed message."""
        if data:
            body = json.dumps(data, default=self._serialize_message, separators=(",", ":"))
            self._write(framed(body.encode()))

    # Instead of what pygls has built in

    @lru_cache  # noqa: B019 - as in the base class; there is one protocol per process
    def get_message_type(self, method: str) -> type[Any] | None:
        """The type of a message, ours included."""
        if method in REQUESTS:
            return REQUESTS[method]
        return super().get_message_type(method)

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: Any) -> Generator[Any, Any, None]:
        """Only our own handler."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: Any) -> Generator[Any, Any, None]:
        """Only our own handler."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: Any) -> Generator[Any, Any, None]:
        """Only our own handler."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE], (params,), None


def _id(message: dict[str, Any]) -> MessageId | None:
    found = message.get("id")
    return found if isinstance(found, str | int) and not isinstance(found, bool) else None


def _reason(error: BaseException) -> str:
    """Where a message does not fit its type, and why: the innermost cause."""
    path: list[str] = []
    while True:
        for note in getattr(error, "__notes__", ()):
            name = getattr(note, "name", None)
            if name is not None:
                first, *rest = str(name).split("_")
                path.append(first + "".join(map(str.capitalize, rest)))
        inner = getattr(error, "exceptions", None)
        below = inner[0] if inner else error.__cause__
        if below is None:
            break
        error = below
    if isinstance(error, KeyError):
        return f"{'.'.join(path)} is missing"
    # A validator's own words are good; Python's about what it tried are not.
    why = str(error) if isinstance(error, ValueError) else "has the wrong type"
    return f"{'.'.join(path) or 'the message'}: {why}"
