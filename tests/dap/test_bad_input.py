"""Bytes, messages and requests that make no sense: each is answered, and the session goes on."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dap.conftest import Bench
from tests.support.dap_client import VSCODE


async def test_unknown_request(bench: Bench) -> None:
    refusal = await bench.client.refused("makeCoffee", {"sugar": 2})

    assert refusal.id == 1001
    assert "makeCoffee" in refusal.message
    await bench.client.request("initialize", VSCODE)


async def test_unknown_fields_are_ignored(bench: Bench) -> None:
    await bench.client.request("initialize", {**VSCODE, "supportsTelepathy": True, "x": [1]})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[1, 2]",
        b"null",
        b'{"type": "request", "command": "threads"}',
        b"[" * 100_000,
        b'{"seq": "one", "type": "request", "command": "threads"}',
    ],
)
async def test_body_without_a_number_is_told_of(bench: Bench, body: bytes) -> None:
    bench.client.send_bytes(body)
    said = await bench.client.next_event("output")

    assert "cannot read a message" in said["output"]
    await bench.client.request("initialize", VSCODE)


@pytest.mark.parametrize(
    ("body", "seq"),
    [
        (b'{"seq": 900, "type": "request", "command": 7}', 900),
        (b'{"seq": 901, "command": "threads"}', 901),
        (b'{"seq": 902, "type": "request"}', 902),
        (b'{"seq": 903, "type": "event", "event": "hello"}', 903),
        (b'{"seq": 904, "type": "request", "command": "launch", "arguments": ' + b"[" * 5000, None),
    ],
)
async def test_body_with_a_number_is_answered(bench: Bench, body: bytes, seq: int | None) -> None:
    bench.client.send_bytes(body)
    await bench.client.request("initialize", VSCODE)

    first = bench.client.timeline[0]
    if seq is None:
        assert first["event"] == "output"
    else:
        assert first["request_seq"] == seq
        assert first["success"] is False


async def test_responses_of_the_client_are_ignored(bench: Bench) -> None:
    bench.client.send_bytes(b'{"seq": 1, "type": "response", "request_seq": 1, "success": true}')
    await bench.client.request("initialize", VSCODE)

    assert len(bench.client.timeline) == 1


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"Content-Length: many\r\n\r\n{}",
        b"Content-Length: -3\r\n\r\n{}",
        b"Content-Length: 99999999999999\r\n\r\n{}",
        b"\x00\x01\x02\x03\xff\n\n",
        b"x" * 100_000,
        b"Content-Type: x\r\n\r\n{}",
    ],
)
async def test_garbage_ends_the_session_cleanly(bench: Bench, garbage: bytes) -> None:
    await bench.client.request("initialize", VSCODE)
    await bench.client.request("launch", {"program": bench.program})
    bench.client.writer.write(garbage)
    await bench.client.until_closed()
    await bench.client.within(bench.running)

    assert "closes the session" in bench.client.output()
    assert bench.engine.calls[-1] == ("disconnect", True)


async def test_header_in_any_case_and_with_more_lines(bench: Bench) -> None:
    body = (
        b'{"seq": 5, "type": "request", "command": "initialize", "arguments": {"adapterID": "z"}}'
    )
    bench.client.writer.write(
        b"\r\n\r\nContent-Type: application/json\r\ncontent-length:  %d \r\n\r\n%b"
        % (len(body), body)
    )
    await bench.client.until(lambda: 0 if bench.client.timeline else None, "an answer")

    assert bench.client.timeline[0]["success"] is True


async def test_stream_that_ends_in_a_message(bench: Bench) -> None:
    bench.client.writer.write(b"Content-Length: 100\r\n\r\n{")
    await bench.leave()


async def test_requests_before_the_end_of_the_stream_are_answered(bench: Bench) -> None:
    answers = [bench.client.send("initialize", VSCODE), bench.client.send("nonsense")]
    bench.client.writer.write_eof()
    await bench.client.until_closed()

    assert [answer.result()["success"] for answer in answers] == [True, False]


async def test_bug_in_the_adapter_loses_one_answer(bench: Bench) -> None:
    thread = await bench.start()
    frame = await bench.top_frame(thread)
    refusal = await bench.client.refused("evaluate", {"expression": "bug", "frameId": frame["id"]})

    assert refusal.id == 9000
    assert "please report it" in refusal.message
    await bench.client.request("threads")


async def test_cancel_a_request_that_runs_and_one_that_waits(bench: Bench) -> None:
    await bench.start()
    slow = bench.client.send("evaluate", {"expression": "slow"})
    number = bench.client._seq
    waiting = bench.client.send("evaluate", {"expression": "5"})
    other = bench.client.send("evaluate", {"expression": "6"})
    bench.client.send("cancel", {"requestId": number + 1})
    cancel = bench.client.send("cancel", {"requestId": number})

    for answer in (slow, waiting):
        message = await bench.client.within(answer)
        assert (message["success"], message["message"]) == (False, "cancelled")
    assert (await bench.client.within(other))["body"]["result"] == "6"
    assert (await bench.client.within(cancel))["success"]
    await bench.client.request("cancel", {"requestId": 12345})


COMMANDS = [
    "initialize", "launch", "attach", "configurationDone", "threads", "stackTrace", "scopes",
    "variables", "setVariable", "setExpression", "evaluate", "completions", "readMemory",
    "writeMemory", "continue", "pause", "next", "stepIn", "stepOut", "terminate",
    "terminateThreads", "restart", "source", "loadedSources", "modules", "cancel",
    "setBreakpoints", "setFunctionBreakpoints", "setExceptionBreakpoints", "exceptionInfo",
    "breakpointLocations", "zyn/step", "zyn/tasks", "zyn/trace", "zyn/hold", "zyn/resume",
    "zyn/wake", "zyn/cancelTask", "goto", "",
]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**65), 2**65) | st.floats(allow_nan=False,
    allow_infinity=False) | st.sampled_from([1, 2, 3, 1000, 1001, 1002, "total", "poll", "over"])
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner,
    max_size=3),
    max_leaves=5,
)  # fmt: skip
ARGUMENTS = st.none() | VALUES | st.dictionaries(
    st.sampled_from([
        "threadId", "frameId", "variablesReference", "expression", "name", "value", "program",
        "adapterID", "granularity", "start", "count", "filter", "source", "breakpoints",
        "filters", "memoryReference", "data", "port", "text", "column", "requestId", "singleThread",
    ]),
    VALUES,
    max_size=6,
)  # fmt: skip


@settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(
    started=st.booleans(),
    requests=st.lists(st.tuples(st.sampled_from(COMMANDS), ARGUMENTS), max_size=25),
)
def test_every_request_gets_exactly_one_response(
    tmp_path_factory: pytest.TempPathFactory,
    started: bool,
    requests: list[tuple[str, object]],
) -> None:
    async def play() -> None:
        from tests.dap.conftest import bench_in

        async with bench_in(tmp_path_factory.mktemp("play")) as bench:
            client = bench.client
            before = 0
            if started:
                await bench.start()
                before = sum(1 for m in client.timeline if m["type"] == "response")
            answers = [client.send(command, arguments) for command, arguments in requests]
            await client.within(asyncio.gather(*answers))
            refusal = await client.refused("stillThere")
            assert refusal.id == 1001
            responses = [m for m in client.timeline if m["type"] == "response"]
            assert len(responses) == before + len(requests) + 1
            numbers = [m["request_seq"] for m in responses]
            assert len(set(numbers)) == len(numbers)
            assert [m["seq"] for m in client.timeline] == list(range(1, len(client.timeline) + 1))
            assert not [m for m in responses if not m["success"]
                        and m["body"]["error"]["id"] == 9000], "a bug"  # fmt: skip

    asyncio.run(play())
