"""Stacks, scopes, variables, expressions, memory."""

import base64

import msgspec
import pytest

from tests.dap.conftest import Bench
from tests.support.dap_client import NVIM_DAP
from tests.support.fake_engine import LONG
from zyn.debug.model import TaskChanged


async def test_threads_carry_their_state(bench: Bench) -> None:
    await bench.start()
    threads = (await bench.client.request("threads"))["threads"]

    assert [thread["name"] for thread in threads] == [
        "main #1 [stopped: entry]",
        "worker #2 [parked: timer, 10 ms left]",
        "worker #3 [parked: timer, 10 ms left]",
    ]


async def test_threads_are_bounded_and_tasks_are_paged(bench: Bench) -> None:
    bench.engine.many = 1000
    await bench.start()

    assert len((await bench.client.request("threads"))["threads"]) == 200
    page = await bench.client.request("zyn/tasks", {"start": 500, "count": 3})
    assert page["total"] == 1003
    assert [task["id"] for task in page["tasks"]] == [597, 598, 599]


async def test_stack_is_paged_and_keeps_its_numbers(bench: Bench) -> None:
    await bench.start()
    whole = await bench.client.request("stackTrace", {"threadId": 2})
    first = await bench.client.request("stackTrace", {"threadId": 2, "levels": 1})
    rest = await bench.client.request("stackTrace", {"threadId": 2, "startFrame": 1, "levels": 20})

    assert whole["totalFrames"] == first["totalFrames"] == 3
    assert first["stackFrames"] + rest["stackFrames"] == whole["stackFrames"]
    assert [frame["presentationHint"] for frame in whole["stackFrames"]] == [
        "normal", "normal", "label",
    ]  # fmt: skip
    beyond = await bench.client.request("stackTrace", {"threadId": 2, "startFrame": 9})
    assert beyond["stackFrames"] == []


async def test_fields_of_the_state_machine(bench: Bench) -> None:
    thread = await bench.start()
    reference = await bench.scope(thread, "State machine")
    fields = (await bench.client.request("variables", {"variablesReference": reference}))[
        "variables"
    ]

    assert [field["name"] for field in fields] == ["state", "total", "i"]
    assert fields[1]["zyn"] == {"offset": 8, "size": 4, "raw": "0a000000"}
    assert fields[1]["memoryReference"] == "0x1008"
    assert fields[0]["presentationHint"]["attributes"] == ["readOnly"]


async def test_absent_variable_says_why(bench: Bench) -> None:
    thread = await bench.start()
    reference = await bench.scope(thread, "Locals")
    body = await bench.client.request("variables", {"variablesReference": reference})

    gone = body["variables"][-1]
    assert gone["value"] == "[dead since line 9]"
    assert gone["zyn"]["absent"] == "dead since line 9"


async def test_long_list_is_paged(bench: Bench) -> None:
    thread = await bench.start()
    reference = await bench.scope(thread, "Locals")
    body = await bench.client.request("variables", {"variablesReference": reference})
    listed = body["variables"][2]
    assert listed["indexedVariables"] == LONG
    inner = listed["variablesReference"]

    page = await bench.client.request(
        "variables",
        {"variablesReference": inner, "filter": "indexed", "start": 990, "count": 50},
    )
    assert [item["name"] for item in page["variables"]] == [f"[{n}]" for n in range(990, 1000)]
    named = await bench.client.request(
        "variables", {"variablesReference": inner, "filter": "named"}
    )
    assert named["variables"] == []
    none = await bench.client.request(
        "variables", {"variablesReference": body["variables"][3]["variablesReference"],
                      "filter": "indexed"},
    )  # fmt: skip
    assert none["variables"] == []


async def test_long_list_comes_in_pieces_for_a_simple_client(bench: Bench) -> None:
    thread = await bench.start(NVIM_DAP)
    reference = await bench.scope(thread, "Locals")
    body = await bench.client.request("variables", {"variablesReference": reference})
    inner = body["variables"][2]["variablesReference"]
    pieces = (await bench.client.request("variables", {"variablesReference": inner}))["variables"]

    assert [piece["name"] for piece in pieces][:2] == ["[0..99]", "[100..199]"]
    assert len(pieces) == LONG / 100
    last = await bench.client.request(
        "variables", {"variablesReference": pieces[-1]["variablesReference"]}
    )
    assert [item["name"] for item in last["variables"]] == [f"[{n}]" for n in range(900, 1000)]


async def test_set_variable(bench: Bench) -> None:
    thread = await bench.start()
    reference = await bench.scope(thread, "State machine")
    body = await bench.client.request(
        "setVariable", {"variablesReference": reference, "name": "total", "value": "77"}
    )

    assert (body["value"], body["type"]) == ("77", "i32")
    await bench.client.next_event("invalidated", areas=["variables"])
    await bench.client.next_event("memory", memoryReference="0x1008", count=4)
    wrong = await bench.client.refused(
        "setVariable", {"variablesReference": reference, "name": "total", "value": "x"}
    )
    assert "no i32" in wrong.message


@pytest.mark.parametrize("expression", ["total", "point.total", " point . total "])
async def test_set_expression(bench: Bench, expression: str) -> None:
    thread = await bench.start()
    frame = await bench.top_frame(thread)
    body = await bench.client.request(
        "setExpression", {"expression": expression, "value": "5", "frameId": frame["id"]}
    )

    assert body["value"] == "5"
    assert bench.engine.values["total"] == 5


async def test_set_expression_that_names_nothing(bench: Bench) -> None:
    thread = await bench.start()
    frame = await bench.top_frame(thread)
    for expression in ("nobody", "total.x", "list[5000]", "1 + 1", ""):
        refusal = await bench.client.refused(
            "setExpression", {"expression": expression, "value": "5", "frameId": frame["id"]}
        )
        assert "names no variable" in refusal.message


async def test_evaluate(bench: Bench) -> None:
    thread = await bench.start()
    frame = await bench.top_frame(thread)
    for context in ("hover", "watch", "repl", "clipboard", "variables"):
        body = await bench.client.request(
            "evaluate", {"expression": "total", "frameId": frame["id"], "context": context}
        )
        assert (body["result"], body["type"]) == ("10", "i32")
    assert (await bench.client.request("evaluate", {"expression": "7"}))["result"] == "7"
    refusal = await bench.client.refused(
        "evaluate", {"expression": "nobody", "frameId": frame["id"]}
    )
    assert "there is no nobody" in refusal.message
    assert not refusal.shown
    assert "empty" in (await bench.client.refused("evaluate", {"expression": " "})).message


async def test_assignment_in_the_console(bench: Bench) -> None:
    thread = await bench.start()
    frame = await bench.top_frame(thread)
    body = await bench.client.request(
        "evaluate", {"expression": "total = 12", "frameId": frame["id"], "context": "repl"}
    )

    assert body["result"] == "12"
    assert bench.engine.values["total"] == 12


async def test_completions(bench: Bench) -> None:
    thread = await bench.start()
    frame = await bench.top_frame(thread)
    body = await bench.client.request(
        "completions", {"text": "1 + to", "column": 7, "frameId": frame["id"]}
    )

    assert body["targets"] == [{"label": "total", "type": "variable", "start": 5, "length": 2}]


async def test_memory(bench: Bench) -> None:
    await bench.start()
    data = base64.b64encode(b"abcd").decode()
    written = await bench.client.request(
        "writeMemory", {"memoryReference": "0x1000", "offset": 2, "data": data}
    )
    assert written == {"bytesWritten": 4}
    body = await bench.client.request(
        "readMemory", {"memoryReference": "0x1000", "offset": 2, "count": 4}
    )
    assert body == {"address": "0x1002", "data": data}
    short = await bench.client.request("readMemory", {"memoryReference": "0x1030", "count": 100})
    assert short["unreadableBytes"] == 84


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("readMemory", {"memoryReference": "here", "count": 1}),
        ("readMemory", {"memoryReference": "0x1000", "count": -1}),
        ("readMemory", {"memoryReference": "0x0", "offset": -1, "count": 1}),
        ("readMemory", {"memoryReference": "0x1000", "count": 2**70}),
        ("writeMemory", {"memoryReference": "0x1000", "data": "???"}),
        ("writeMemory", {"memoryReference": "0x9000", "data": "AAAA"}),
    ],
)
async def test_memory_that_is_not_there(bench: Bench, command: str, arguments: object) -> None:
    await bench.start()
    await bench.client.refused(command, arguments)
    await bench.client.request("threads")


async def test_references_die_with_the_stop(bench: Bench) -> None:
    thread = await bench.start()
    frame = await bench.top_frame(thread)
    reference = await bench.scope(thread, "Locals")
    await bench.client.request("next", {"threadId": thread})
    await bench.client.next_event("stopped")

    assert (await bench.client.refused("scopes", {"frameId": frame["id"]})).id == 3001
    stale = await bench.client.refused("variables", {"variablesReference": reference})
    assert stale.id == 3001
    assert "stale" in stale.message


async def test_references_of_a_parked_task_die_when_it_is_polled(bench: Bench) -> None:
    await bench.start()
    other = await bench.top_frame(3)
    mine = await bench.top_frame(1)
    await bench.engine.report(TaskChanged(bench.engine.view(3)))
    await bench.client.request("scopes", {"frameId": other["id"]})
    bench.engine.generation[3] += 1
    await bench.engine.report(TaskChanged(bench.engine.view(3)))

    assert (await bench.client.refused("scopes", {"frameId": other["id"]})).id == 3001
    await bench.client.request("scopes", {"frameId": mine["id"]})


async def test_references_of_a_stopped_task_outlive_what_is_told_late(bench: Bench) -> None:
    thread = await bench.start()
    before = bench.engine.view(thread)
    await bench.engine.report(TaskChanged(before))
    frame = await bench.top_frame(thread)
    await bench.engine.report(TaskChanged(msgspec.structs.replace(before, polls=before.polls + 1)))

    scopes = await bench.client.request("scopes", {"frameId": frame["id"]})
    assert "Locals" in [scope["name"] for scope in scopes["scopes"]]


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("scopes", {"frameId": 5}),
        ("scopes", {"frameId": 99999}),
        ("variables", {"variablesReference": 0}),
        ("variables", {"variablesReference": 424242}),
        ("evaluate", {"expression": "total", "frameId": 77}),
        ("setVariable", {"variablesReference": 3, "name": "a", "value": "1"}),
        ("stackTrace", {"threadId": 555}),
        ("stackTrace", {"threadId": -1}),
        ("continue", {"threadId": 555}),
        ("next", {"threadId": 555}),
        ("pause", {"threadId": 555}),
        ("zyn/hold", {"threadId": 555}),
        ("source", {"sourceReference": 12}),
    ],
)
async def test_unknown_ids_are_refused(bench: Bench, command: str, arguments: object) -> None:
    thread = await bench.start()
    refusal = await bench.client.refused(command, arguments)

    assert refusal.id in {3000, 4000}
    await bench.client.request("stackTrace", {"threadId": thread})


async def test_frame_number_is_no_variables_reference(bench: Bench) -> None:
    thread = await bench.start()
    frame = await bench.top_frame(thread)
    reference = await bench.scope(thread, "Locals")

    assert (await bench.client.refused("variables", {"variablesReference": frame["id"]})).id == 3000
    assert (await bench.client.refused("scopes", {"frameId": reference})).id == 3000
