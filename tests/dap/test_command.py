"""The adapter as a command: its options, and standard streams of every kind."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.dap_client import DapClient

pytestmark = pytest.mark.e2e

COMMAND = [sys.executable, "-c", "from zyn.dap import main; main()"]
BODY = b'{"seq":1,"type":"request","command":"initialize","arguments":{"adapterID":"x"}}'
MESSAGE = b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


def test_streams_that_are_files(tmp_path: Path) -> None:
    source, sink = tmp_path / "in", tmp_path / "out"
    source.write_bytes(MESSAGE)
    with source.open("rb") as stdin, sink.open("wb") as stdout:
        done = subprocess.run(COMMAND, stdin=stdin, stdout=stdout, timeout=120, check=False)

    assert done.returncode == 0
    assert b'"command":"initialize"' in sink.read_bytes()


@pytest.mark.parametrize("given", [b"", b"\r\n\r\n", MESSAGE, b"rubbish\r\n\r\n"])
def test_streams_that_end(given: bytes) -> None:
    done = subprocess.run(COMMAND, input=given, capture_output=True, timeout=120, check=False)

    assert done.returncode == 0
    assert b"Traceback" not in done.stdout + done.stderr
    assert done.stdout.startswith(b"Content-Length") or not done.stdout


def test_no_input_at_all() -> None:
    done = subprocess.run(
        COMMAND, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--version"], 0),
        (["--help"], 0),
        (["exec", "--help"], 0),
        (["--port", "lots"], 2),
        (["--port", "65536"], 2),
        (["--log", "/no/such/folder/log"], 1),
        (["--nonsense"], 2),
    ],
)
def test_options(arguments: list[str], code: int) -> None:
    done = subprocess.run(
        [*COMMAND, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
        check=False,
    )  # fmt: skip

    assert done.returncode == code
    assert b"Traceback" not in done.stderr


async def test_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    client = await DapClient.spawn("--log", str(log))
    client.writer.write(b"rubbish\r\n\r\n")
    await client.until_closed()
    await client.close()

    assert "closing the session" in log.read_text(encoding="utf-8")


async def test_port_that_is_taken() -> None:
    import asyncio

    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "--port", str(port), stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    server.close()

    assert process.returncode == 1
    assert f"port {port}".encode() in errors
    assert b"Traceback" not in errors
