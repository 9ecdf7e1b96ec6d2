"""What the editor knows of channels and their like: hovers, methods behind a dot, signatures."""

import pytest
from inline_snapshot import snapshot

from tests.lsp.pictures import open_at
from zyn.ide.completion import completions
from zyn.ide.hover import hover
from zyn.ide.rename import RenameError, rename
from zyn.ide.semantic import MODIFIERS, TYPES, tokens
from zyn.ide.signature_help import signature_help

HEAD = "const Box = struct { inner: Channel<i64> };\n"


def methods(sample: str) -> list[str]:
    document, offset = open_at(HEAD + sample)
    return [f"{one.kind} {one.detail}" for one in completions(document, offset)]


def signature(sample: str) -> str | None:
    document, offset = open_at(HEAD + sample)
    found = signature_help(document, offset)
    return None if found is None else f"{found.label} at {found.active}: {found.documentation}"


def test_the_hover_of_a_method() -> None:
    document, offset = open_at("async fn f(c: Channel<i64>) void { await c.se|nd(1); }")
    found = hover(document, offset)
    assert found is not None
    assert found.markdown == snapshot(
        """\
```zyntax
fn Channel<T>.send(value: T) Promise<bool>
```

Waits for room and sends; false when the channel is closed.\
"""
    )


def test_the_methods_of_a_channel() -> None:
    assert methods("async fn f(c: Channel<i64>) void { c.| }") == snapshot(
        [
            "method Channel<i64>.close() void",
            "method Channel<i64>.len() i64",
            "method Channel<i64>.recv() Promise<?i64>",
            "method Channel<i64>.recv_for(ms: i64) Promise<?i64>",
            "method Channel<i64>.send(value: i64) Promise<bool>",
            "method Channel<i64>.try_recv() ?i64",
            "method Channel<i64>.try_send(value: i64) bool",
        ]
    )


def test_the_methods_of_a_field_and_of_a_promise() -> None:
    assert methods("fn f(b: Box) void { b.inner.| }")[:1] == snapshot(
        ["method Channel<i64>.close() void"]
    )
    assert methods("async fn f(m: Promise<Mutex>) void { m.| }") == snapshot(
        [
            "method Mutex.lock() Promise<void>",
            "method Mutex.try_lock() bool",
            "method Mutex.unlock() void",
        ]
    )


def test_the_methods_of_a_stream() -> None:
    assert methods("async fn f(s: Promise<TcpStream>) void { s.| }") == snapshot(
        [
            "method TcpStream.close() void",
            "method TcpStream.read(max: i64) Promise<string>",
            "method TcpStream.shutdown() void",
            "method TcpStream.write(text: string) Promise<void>",
        ]
    )
    assert methods("fn f(l: TcpListener) void { l.| }") == snapshot(
        [
            "method TcpListener.accept() Promise<TcpStream>",
            "method TcpListener.close() void",
            "method TcpListener.port() i64",
        ]
    )


def test_the_field_of_a_text_and_of_an_array() -> None:
    assert methods("fn f(s: string) void { s.| }") == snapshot(["field len: i64"])
    assert methods("fn f(s: [2]i64) void { s.| }") == snapshot(["field len: i64"])


def test_the_signature_of_a_method() -> None:
    assert signature('async fn f() void { await connect("::1", |') == snapshot(
        "connect(address: string, port: i64) Promise<TcpStream> at 1: A TCP connection to an "
        "address in figures or to a name, whose addresses are tried in order."
    )
    assert signature("async fn f(s: TcpStream) void { await s.read(|") == snapshot(
        "TcpStream.read(max: i64) Promise<string> at 0: Up to `max` bytes, as soon as there is "
        "one; an empty text once the other side has ended."
    )
    assert signature("fn f(b: Box) void { b.inner.try_send(|") == snapshot(
        "Channel<i64>.try_send(value: i64) bool at 0: Sends if there is room at once; false when "
        "the channel is full or closed."
    )
    assert signature("fn f(b: Box) void { b.inner.nothing(|") is None
    assert signature("fn f(s: JoinSet<void>) void { s.spawn(|); }") == snapshot(
        "JoinSet<void>.spawn(promise: Promise<void>) void at 0: Starts a promise as a task of "
        "the set."
    )


def test_the_signature_of_what_makes_a_channel() -> None:
    assert signature("fn f() void { const c: Channel<i64> = channel(|") == snapshot(
        "channel(capacity: i64) Channel<T> at 0: A queue between tasks, first in first out; "
        "`send` waits while it holds `capacity` values.  0: no limit."
    )


def test_what_a_timeout_takes_is_offered() -> None:
    document, offset = open_at("async fn f() void { timeo| }")
    found = [one.snippet for one in completions(document, offset) if one.label == "timeout"]
    assert found == ["timeout(${1:ms}, ${2:promise})$0"]


def test_a_method_keeps_its_name() -> None:
    document, offset = open_at("fn f(c: Channel<i64>) void { c.clo|se(); }")
    with pytest.raises(RenameError, match="built in"):
        rename(document, offset, "shut")


def test_the_colours_of_a_method_and_of_its_type() -> None:
    text = "async fn f(c: Channel<i64>) void { await c.send(1); }"
    document, _ = open_at(text + "|")
    shown = [
        (
            text[span.start : span.end],
            TYPES[kind],
            [name for bit, name in enumerate(MODIFIERS) if bits >> bit & 1],
        )
        for span, kind, bits in tokens(document, 0, len(text))
    ]
    assert ("Channel", "type", []) in shown
    assert ("send", "function", ["defaultLibrary", "suspends"]) in shown
