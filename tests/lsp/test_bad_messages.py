"""Whatever arrives, there is an answer, and the next request is served."""

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from tests.lsp.wire import URI, Session, at
from zyn.lsp.features import ANSWERS
from zyn.lsp.transport import Source, read_all


def serves(session: Session) -> None:
    """The session still answers."""
    session.open("fn f() i32 { return 1; }\n", uri="file:///alive.zyntax")
    assert session.request("textDocument/hover", at(0, 3, "file:///alive.zyntax")) is not None


@pytest.fixture
def session() -> Session:
    started = Session()
    started.initialize()
    return started


def test_requests_before_initialize() -> None:
    session = Session()
    assert session.error("textDocument/hover", at(0, 0)) == snapshot(
        (-32002, "textDocument/hover before initialize")
    )
    session.notify("textDocument/didOpen", {})
    session.initialize()
    serves(session)


def test_initialize_twice(session: Session) -> None:
    assert session.error("initialize", {"capabilities": {}})[0] == -32600
    serves(session)


def test_initialize_that_makes_no_sense() -> None:
    session = Session()
    assert session.error("initialize", {"capabilities": 7})[0] == -32602
    session.initialize()
    serves(session)


@pytest.mark.parametrize("code", [0, 1])
def test_exit_with_and_without_shutdown(code: int) -> None:
    session = Session()
    session.initialize()
    if code == 0:
        assert session.request("shutdown") is None
        assert session.error("textDocument/hover", at(0, 0))[0] == -32600
    session.notify("exit")
    assert session.exit_codes == [code]


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        (None, "params: has the wrong type"),
        ([], "params.textDocument: has the wrong type"),
        ({}, "params.textDocument is missing"),
        (
            {"textDocument": 3, "position": {"line": 0, "character": 0}},
            "params.textDocument.uri: has the wrong type",
        ),
        (
            {"textDocument": {"uri": 3}, "position": None},
            "params.position.line: has the wrong type",
        ),
        (
            at(-1, 0),
            "params.position: Position.line should be in range [0:2147483647], but was -1.",
        ),
        (
            at(1 << 31, 0),
            "params.position: Position.line should be in range [0:2147483647], but was 2147483648.",
        ),
    ],
)
def test_parameters_of_the_wrong_shape(session: Session, params: object, reason: str) -> None:
    assert session.error("textDocument/hover", params) == (-32602, f"textDocument/hover: {reason}")
    serves(session)


def test_unknown_fields_are_no_mistake(session: Session) -> None:
    session.open("fn f() i32 { return 1; }\n")
    params = {**at(0, 3), "mood": "good", "textDocument": {"uri": URI, "colour": 1}}
    assert session.request("textDocument/hover", params) is not None


def test_unknown_methods(session: Session) -> None:
    assert session.error("textDocument/dream", {}) == (
        -32601,
        "Method Not Found: textDocument/dream",
    )
    session.notify("$/dream", {})
    serves(session)


@pytest.mark.parametrize(
    "message",
    [
        7,
        None,
        [],
        "text",
        {},
        {"jsonrpc": "1.0", "id": 1, "method": "shutdown"},
        {"jsonrpc": "2.0", "id": 1, "method": 7},
        {"jsonrpc": "2.0", "id": {}, "method": "shutdown"},
    ],
)
def test_messages_that_are_none(session: Session, message: object) -> None:
    before = len(session.sent)
    session.receive(message)
    assert [one["error"]["code"] for one in session.sent[before:]] == [-32600]
    serves(session)


def test_answers_to_nothing_are_ignored(session: Session) -> None:
    session.receive({"jsonrpc": "2.0", "id": "never", "result": 1})
    session.receive({"jsonrpc": "2.0", "id": "never", "error": {"code": 1, "message": ""}})
    session.receive({"jsonrpc": "2.0", "id": "never"})
    serves(session)


def test_a_cancelled_request_is_not_worked_on(session: Session) -> None:
    session.server.protocol.cancel(77)
    session.receive({"jsonrpc": "2.0", "id": 77, "method": "textDocument/hover", "params": {}})
    assert session.sent[-1]["error"]["code"] == -32800
    session.notify("$/cancelRequest", {"id": 12345})
    serves(session)


def test_a_bug_costs_one_answer(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise AssertionError("never")

    monkeypatch.setattr("zyn.ide.hover.hover", broken)
    session.open("fn f() i32 { return 1; }\n")
    assert session.error("textDocument/hover", at(0, 3))[0] == -32603
    monkeypatch.undo()
    serves(session)


class Taken:
    """A sink that keeps what it gets."""

    def __init__(self) -> None:
        self.all: list[object] = []

    def received(self, message: object) -> None:
        self.all.append(message)

    def broken(self, reason: str) -> None:
        self.all.append("broken")

    def ended(self) -> None:
        self.all.append("end")


def read(data: bytes) -> list[object]:
    taken = Taken()
    read_all(Source(io.BytesIO(data).read), taken)
    return taken.all


def message(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def test_garbage_between_messages() -> None:
    stream = b"hello\r\n\r\n" + message(b"1") + b"\x00\xff\n{}" + message(b"2")
    assert read(stream) == [1, 2, "end"]


def test_headers_in_any_order_and_case() -> None:
    assert read(b"Content-Type: x\r\ncontent-length:  1\r\nA: b\r\n\r\n7") == [7, "end"]


def test_bodies_that_are_no_json() -> None:
    bodies = [b"{", b"\xff", b"[" * 100_000, b"", b"3"]
    assert read(b"".join(map(message, bodies))) == ["broken"] * 4 + [3, "end"]


def test_a_stream_that_ends_in_a_message() -> None:
    assert read(message(b"123456")[:-2]) == ["end"]


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_are_read_to_their_end(data: bytes) -> None:
    assert read(data)[-1] == "end"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(URI),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["textDocument", "uri", "position", "line", "character", "range"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(sorted(ANSWERS)), json_values)
@settings(deadline=None, max_examples=200)
def test_any_parameters_get_one_answer(method: str, params: Any) -> None:
    session = Session()
    session.initialize()
    session.open("async fn f() void { await delay(1); }\n")
    answer = session.answer(method, params)
    assert ("result" in answer) != ("error" in answer)
    serves(session)
