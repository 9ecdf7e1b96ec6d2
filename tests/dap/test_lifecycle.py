"""The beginning and the end of a session, and what comes in which order."""

from typing import Any

import pytest

from tests.dap.conftest import Bench
from tests.support.dap_client import NVIM_DAP, VSCODE, event, response
from zyn.debug.model import DeadlockedTask, ExitInfo, Output
from zyn.runtime.cores import cores


async def test_whole_session_comes_in_order(bench: Bench) -> None:
    client = bench.client
    await bench.configure(call="compute(21)")
    await client.request("configurationDone")
    await client.next_event("terminated")

    client.expect_order(
        response("initialize"),
        event("initialized"),
        response("launch"),
        response("configurationDone"),
        event("output", category="stdout", output="42\n"),
        event("exited", exitCode=0),
        event("terminated"),
    )
    await client.request("disconnect")
    await client.until_closed()
    assert ("disconnect", True) in bench.engine.calls


async def test_response_of_configuration_done_comes_before_the_stop(bench: Bench) -> None:
    await bench.start()

    bench.client.expect_order(
        response("configurationDone"), event("thread", reason="started"), event("stopped")
    )


async def test_launch_passes_everything_on(bench: Bench) -> None:
    await bench.configure(
        call="f(1)", args=["a"], language="zyntax", clock="real", seed=7, nonStop=True,
        env={"A": "b"}, stopOnEntry=True, request="launch", type="zyn",
    )  # fmt: skip

    config = bench.engine.config
    assert config is not None
    assert (config.call, config.args, config.language) == ("f(1)", ("a",), "zyntax")
    assert (config.clock, config.seed, config.non_stop) == ("real", 7, True)
    assert config.stop_on_entry
    assert config.env == {"A": "b"}


@pytest.mark.parametrize(
    ("arguments", "workers", "clock"),
    [({}, 1, "virtual"), ({"workers": 1}, 1, "virtual"), ({"workers": 3}, 3, "real")],
)
async def test_several_workers_have_a_real_clock(
    bench: Bench, arguments: dict[str, Any], workers: int, clock: str
) -> None:
    await bench.configure(**arguments)
    config = bench.engine.config
    assert config is not None
    assert (config.workers, config.clock) == (workers, clock)


async def test_as_many_workers_as_cores(bench: Bench) -> None:
    await bench.configure(workers=0)
    config = bench.engine.config
    assert config is not None
    assert config.workers == cores()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"workers": 2, "clock": "virtual"}, "a virtual clock means one order"),
        ({"workers": 2, "seed": 1}, "a seed means one order"),
        ({"workers": 65}, "workers"),
        ({"workers": -1}, "workers"),
        ({"workers": True}, "workers"),
        ({"workers": 1.5}, "workers"),
    ],
)
async def test_workers_that_cannot_be(bench: Bench, arguments: dict[str, object], why: str) -> None:
    await bench.client.request("initialize", VSCODE)
    refusal = await bench.client.refused("launch", {"program": bench.program, **arguments})
    assert refusal.id == 1002
    assert why in refusal.message


async def test_broken_program_is_refused_and_the_session_goes_on(bench: Bench) -> None:
    await bench.client.request("initialize", VSCODE)
    bench.write("// broken\n")

    refusal = await bench.client.refused("launch", {"program": bench.program})
    assert "does not compile" in refusal.message
    assert refusal.shown

    bench.write("fn main() void {}\n")
    await bench.client.request("launch", {"program": bench.program})


async def test_program_that_is_not_there(bench: Bench) -> None:
    await bench.client.request("initialize", VSCODE)

    refusal = await bench.client.refused("launch", {"program": "/nowhere/x.zyntax"})

    assert "there is no such file" in refusal.message
    assert refusal.shown


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({}, "program"),
        ({"program": 3}, "arguments.program"),
        ({"program": "x", "clock": "sundial"}, "arguments.clock"),
        ({"program": "x", "seed": "many"}, "arguments.seed"),
        ({"program": "x", "args": [1]}, "arguments.args[0]"),
        ([], "expected"),
        ("text", "expected"),
    ],
)
async def test_wrong_types_are_refused_with_their_place(
    bench: Bench, arguments: object, place: str
) -> None:
    await bench.client.request("initialize", VSCODE)

    refusal = await bench.client.refused("launch", arguments)

    assert refusal.id == 1002
    assert place.lower() in refusal.message.lower()


async def test_null_counts_as_absent(bench: Bench) -> None:
    await bench.client.request("initialize", VSCODE)
    await bench.client.request(
        "launch", {"program": bench.program, "call": None, "args": None, "noDebug": None}
    )


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("launch", {"program": "x"}, "send initialize first"),
        ("threads", None, "send initialize first"),
        ("stackTrace", {"threadId": 1}, "send initialize first"),
        ("configurationDone", None, "send initialize first"),
    ],
)
async def test_requests_before_initialize(
    bench: Bench, command: str, arguments: object, said: str
) -> None:
    refusal = await bench.client.refused(command, arguments)

    assert refusal.id == 1003
    assert said in refusal.message
    await bench.client.request("initialize", VSCODE)


async def test_requests_in_the_wrong_phase(bench: Bench) -> None:
    client = bench.client
    await client.request("initialize", VSCODE)
    assert "already initialized" in (await client.refused("initialize", VSCODE)).message
    assert "launch or attach" in (await client.refused("threads")).message
    await client.request("launch", {"program": bench.program})
    again = await client.refused("launch", {"program": bench.program})
    assert "already being debugged" in again.message
    assert "configurationDone first" in (await client.refused("next", {"threadId": 1})).message
    await client.request("configurationDone")
    await client.next_event("terminated")
    assert "has ended" in (await client.refused("continue", {"threadId": 1})).message
    assert "has ended" in (await client.refused("stackTrace", {"threadId": 1})).message
    assert (await client.request("threads"))["threads"] == []
    await client.request("terminate")
    await client.request("disconnect")


async def test_terminate_ends_the_program_and_then_the_session(bench: Bench) -> None:
    await bench.start()
    await bench.client.request("terminate", {"restart": False})
    await bench.client.next_event("terminated")

    bench.client.expect_order(response("terminate"), event("exited"), event("terminated"))


async def test_restart_gives_new_threads(bench: Bench) -> None:
    thread = await bench.start()
    frame = await bench.top_frame(thread)

    await bench.client.request("restart", {})
    await bench.client.next_event("stopped", reason="entry")

    bench.client.expect_order(
        response("restart"), event("thread", reason="exited"), event("thread", reason="started")
    )
    assert not [m for m in bench.client.timeline if m.get("event") == "terminated"]
    stale = await bench.client.refused("scopes", {"frameId": frame["id"]})
    assert stale.id == 3001


async def test_restart_of_a_program_that_ended(bench: Bench) -> None:
    await bench.start()
    await bench.client.request("terminate")
    await bench.client.next_event("terminated")
    await bench.client.request("restart")
    await bench.client.next_event("stopped", reason="entry")


async def test_restart_of_a_program_that_no_longer_compiles(bench: Bench) -> None:
    await bench.start()
    bench.write("// broken\n")

    assert (await bench.client.refused("restart")).shown
    await bench.client.next_event("terminated")
    assert "has ended" in (await bench.client.refused("next", {"threadId": 1})).message


async def test_disconnect_keeps_an_attached_process(bench: Bench) -> None:
    await bench.client.request("initialize", VSCODE)
    await bench.client.request("attach", {"port": 4711})
    await bench.client.request("disconnect")
    await bench.client.until_closed()

    assert ("attach", ("127.0.0.1", 4711, None)) in bench.engine.calls
    assert ("disconnect", False) in bench.engine.calls


async def test_attach_to_nothing_and_to_nonsense(bench: Bench) -> None:
    await bench.client.request("initialize", VSCODE)

    assert "nothing listens" in (await bench.client.refused("attach", {"port": 1})).message
    assert (await bench.client.refused("attach", {"port": 70000})).id == 1002
    assert (await bench.client.refused("attach", {})).id == 1002


async def test_client_that_vanishes_ends_the_program(bench: Bench) -> None:
    await bench.start()
    await bench.leave()

    assert bench.engine.calls[-1] == ("disconnect", True)


async def test_no_debug_stops_nowhere(bench: Bench) -> None:
    await bench.configure(noDebug=True, stopOnEntry=True)
    points = await bench.client.request(
        "setBreakpoints", {"source": {"path": bench.program}, "breakpoints": [{"line": 1}]}
    )
    assert not points["breakpoints"][0]["verified"]
    await bench.client.request("setExceptionBreakpoints", {"filters": ["failure"]})
    await bench.client.request("configurationDone")
    await bench.client.next_event("terminated")

    assert ("set_exception_filters", []) in bench.engine.calls
    assert not [m for m in bench.client.timeline if m.get("event") == "stopped"]


async def test_program_killed_by_a_signal(bench: Bench) -> None:
    await bench.start()
    await bench.engine.end(ExitInfo(signal="SIGSEGV", last_lines=("last words",)))
    await bench.client.next_event("terminated")

    output = bench.client.output("stderr")
    assert "killed by SIGSEGV" in output
    assert "last words" in output
    bench.client.expect_order(
        event("output"), event("thread", reason="exited"), event("exited"), event("terminated")
    )


async def test_deadlock_names_the_task_and_its_line(bench: Bench) -> None:
    await bench.start()
    lost = DeadlockedTask(
        id=3, name="lost", function="lost", file=bench.program, line=12, waits_for="nothing"
    )
    await bench.engine.end(ExitInfo(deadlock=(lost,)))
    await bench.client.next_event("exited", exitCode=1)

    assert "lost #3 waits at line 12 for nothing" in bench.client.output("stderr")


async def test_output_of_the_program(bench: Bench) -> None:
    await bench.start()
    await bench.engine.report(
        Output("stdout", "hello\n"), Output("console", "log\n", file=bench.program, line=2)
    )

    body = await bench.client.next_event("output", category="console")
    assert body["line"] == 2
    assert body["source"]["path"] == bench.program
    assert bench.client.output("stdout") == "hello\n"


async def test_simple_client_gets_nothing_that_it_cannot_take(bench: Bench) -> None:
    thread = await bench.start(NVIM_DAP)
    locals_ = await bench.scope(thread, "Locals")
    variables = (await bench.client.request("variables", {"variablesReference": locals_}))[
        "variables"
    ]

    assert [v["name"] for v in variables] == ["total", "i", "list", "point", "gone"]
    for variable in variables:
        assert "memoryReference" not in variable
        assert "indexedVariables" not in variable
        assert variable["type"]
    await bench.client.request(
        "setVariable", {"variablesReference": locals_, "name": "total", "value": "11"}
    )
    await bench.client.request("next", {"threadId": thread})
    await bench.client.next_event("stopped", reason="step")
    assert not [m for m in bench.client.timeline if m.get("event") in {"invalidated", "memory"}]


async def test_loaded_sources_and_modules(bench: Bench) -> None:
    await bench.start()
    sources = (await bench.client.request("loadedSources"))["sources"]
    modules = await bench.client.request("modules", {"startModule": 0, "moduleCount": 5})

    assert [source["path"] for source in sources] == [bench.program]
    assert modules["totalModules"] == 1
    assert modules["modules"][0]["name"] == "program"
    text = await bench.client.request(
        "source", {"source": {"path": bench.program}, "sourceReference": 0}
    )
    assert text["content"].startswith("async fn worker")
