"""A session with the server in this process: JSON in, JSON out, time by hand."""

import json
from collections.abc import Callable
from typing import Any

from zyn.lsp.features import new_server

URI = "file:///work/sample.zyntax"

Json = dict[str, Any]


class Session:
    """A server and the messages it wrote.  What it puts off happens when `settle` is called."""

    def __init__(self) -> None:
        self.sent: list[Json] = []
        self.exit_codes: list[int] = []
        self._later: list[Callable[[], None]] = []
        self._ids = 0
        self.server = new_server(lambda _delay, run: self._later.append(run))
        self.server.protocol.start(self._write, self.exit_codes.append)

    def _write(self, data: bytes) -> None:
        head, _, body = data.partition(b"\r\n\r\n")
        assert head == b"Content-Length: %d" % len(body)
        self.sent.append(json.loads(body))

    def receive(self, message: object) -> None:
        """A message as the client sends it."""
        self.server.protocol.receive(message)

    def notify(self, method: str, params: object = None) -> None:
        """A notification."""
        self.receive({"jsonrpc": "2.0", "method": method, "params": params})

    def answer(self, method: str, params: object = None) -> Json:
        """The one answer to a request, result or error."""
        self._ids += 1
        before = len(self.sent)
        self.receive({"jsonrpc": "2.0", "id": self._ids, "method": method, "params": params})
        answers = [one for one in self.sent[before:] if one.get("id") == self._ids]
        assert len(answers) == 1
        return answers[0]

    def request(self, method: str, params: object = None) -> Any:
        """The result of a request that succeeds."""
        answer = self.answer(method, params)
        assert "error" not in answer, answer
        return answer["result"]

    def error(self, method: str, params: object = None) -> tuple[int, str]:
        """Code and message of a request that fails."""
        answer = self.answer(method, params)
        return answer["error"]["code"], answer["error"]["message"]

    def initialize(self, capabilities: Json | None = None, **more: object) -> Json:
        """The handshake; the server's capabilities."""
        params = {"processId": None, "rootUri": None, "capabilities": capabilities or {}, **more}
        result: Json = self.request("initialize", params)
        self.notify("initialized", {})
        capabilities_: Json = result["capabilities"]
        return capabilities_

    def open(self, text: str, uri: str = URI, version: int = 1) -> None:
        """Open a document."""
        item = {"uri": uri, "languageId": "zyntax", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, *changes: Json, version: int = 2, uri: str = URI) -> None:
        """Change a document."""
        document = {"uri": uri, "version": version}
        params = {"textDocument": document, "contentChanges": list(changes)}
        self.notify("textDocument/didChange", params)

    def settle(self) -> None:
        """Let everything happen that was put off."""
        waiting, self._later[:] = list(self._later), []
        for run in waiting:
            run()

    def pushed(self) -> list[tuple[int | None, list[str]]]:
        """Version and codes of every push so far."""
        return [
            (one["params"].get("version"), [d["code"] for d in one["params"]["diagnostics"]])
            for one in self.sent
            if one.get("method") == "textDocument/publishDiagnostics"
        ]

    def text(self, uri: str = URI) -> str:
        """The document as the server has it."""
        return self.server.documents.get(uri).document.data.decode()


def span(line: int, start: int, end: int, last: int | None = None) -> Json:
    """A range, in one line unless `last` says otherwise."""
    return {
        "start": {"line": line, "character": start},
        "end": {"line": line if last is None else last, "character": end},
    }


def at(line: int, character: int, uri: str = URI) -> Json:
    """The parameters of a request about a place."""
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
