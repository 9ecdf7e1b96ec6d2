"""The command `zyn-lsp` as a process: streams, exit codes, options."""

import json
import re
import socket
import subprocess
from pathlib import Path

import pytest

from tests.lsp.command import SERVER

pytestmark = pytest.mark.e2e

TIMEOUT_S = 60


def message(method: str, params: object = None, message_id: int | None = None) -> bytes:
    body: dict[str, object] = {"jsonrpc": "2.0", "method": method, "params": params}
    if message_id is not None:
        body["id"] = message_id
    data = json.dumps(body).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(data), data)


INITIALIZE = message("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, 1)
SHUTDOWN = message("shutdown", message_id=9)
EXIT = message("exit")


def answers(output: bytes) -> dict[object, str]:
    """For each id answered whether it was a result or an error's code."""
    found: dict[object, str] = {}
    for part in re.split(rb"Content-Length: \d+\r\n\r\n", output)[1:]:
        one = json.loads(part)
        if "method" not in one:
            found[one["id"]] = f"{one['error']['code']}" if "error" in one else "result"
    return found


def run(data: bytes, *options: str) -> tuple[int, dict[object, str], str]:
    """Send everything at once; exit code, answers and what was written beside them."""
    done = subprocess.run(
        [*SERVER, *options], input=data, capture_output=True, timeout=TIMEOUT_S, check=False
    )
    return done.returncode, answers(done.stdout), done.stderr.decode()


def test_a_whole_session() -> None:
    code, found, log = run(INITIALIZE + message("initialized", {}) + SHUTDOWN + EXIT)
    assert (code, found, log) == (0, {1: "result", 9: "result"}, "")


def test_a_client_that_is_just_gone() -> None:
    assert run(INITIALIZE)[0] == 1
    assert run(INITIALIZE + EXIT)[0] == 1
    assert run(b"")[0] == 1


def test_garbage_on_the_way() -> None:
    garbage = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + b"Content-Length: 3\r\n\r\n{]}" + b"\x00\xff"
    code, found, _ = run(garbage + INITIALIZE + garbage + SHUTDOWN + EXIT)
    assert (code, found) == (0, {None: "-32700", 1: "result", 9: "result"})


def test_a_client_that_asks_too_early() -> None:
    early = message("textDocument/hover", {}, 5)
    code, found, _ = run(early + INITIALIZE + SHUTDOWN + early + EXIT)
    assert (code, found[1], found[9], found[5]) == (0, "result", "result", "-32600")


def test_text_that_is_hard_to_read() -> None:
    deep = "fn f() i32 { return " + "(" * 10_000 + "1" + ")" * 10_000 + "; }"
    long = "fn f() i32 { return 1" + " + 1" * 250_000 + "; }"
    uris = [f"file:///{n}.zyntax" for n in range(2)]
    session = [INITIALIZE]
    for n, (uri, text) in enumerate(zip(uris, (deep, long), strict=True)):
        item = {"uri": uri, "languageId": "zyntax", "version": 1, "text": text}
        session.append(message("textDocument/didOpen", {"textDocument": item}))
        session.append(message("textDocument/diagnostic", {"textDocument": {"uri": uri}}, 10 + n))
    code, found, _ = run(b"".join(session) + SHUTDOWN + EXIT)
    assert (code, found) == (0, {1: "result", 10: "result", 11: "result", 9: "result"})


def test_a_log_file(tmp_path: Path) -> None:
    log = tmp_path / "log"
    twice = message("initialize", {"capabilities": {}}, 2)
    unknown = message("textDocument/didClose", {"textDocument": {"uri": "file:///x"}})
    code, _, stderr = run(INITIALIZE + twice + unknown + SHUTDOWN + EXIT, "--log-file", str(log))
    assert (code, stderr) == (0, "")
    assert "file:///x" in log.read_text()


@pytest.mark.parametrize(
    "options", [["--tcp", "--stdio"], ["--port", "70000"], ["--colour"], ["--log-file", "/"]]
)
def test_options_that_make_no_sense(options: list[str]) -> None:
    code, found, stderr = run(b"", *options)
    assert (code, found) == (2, {})
    assert stderr.startswith(("usage:", "zyn-lsp:"))


def test_version() -> None:
    done = subprocess.run([*SERVER, "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"zyn-lsp \d+\.\d+\.\d+\n", done.stdout)


def test_one_client_over_tcp() -> None:
    command = [*SERVER, "--tcp", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        port = int(server.stderr.readline().rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as client:
            client.sendall(INITIALIZE + SHUTDOWN + EXIT)
            received = b""
            while part := client.recv(65536):
                received += part
        assert answers(received) == {1: "result", 9: "result"}
        assert server.wait(TIMEOUT_S) == 0
