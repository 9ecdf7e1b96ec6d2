"""Breakpoints of all kinds, as the client sees them."""

from tests.dap.conftest import Bench
from tests.support.dap_client import VSCODE
from zyn.debug.model import Breakpoint, BreakpointChanged, Stopped


async def test_line_breakpoint_with_everything(bench: Bench) -> None:
    await bench.configure()
    body = await bench.client.request(
        "setBreakpoints",
        {
            "source": {"path": bench.program},
            "breakpoints": [
                {"line": 2, "condition": "n > 1", "hitCondition": ">= 5", "logMessage": "n={n}"},
                {"line": 3, "condition": " "},
            ],
        },
    )

    assert [(p["verified"], p["line"]) for p in body["breakpoints"]] == [(True, 2), (True, 3)]
    name, (file, points) = bench.engine.calls[-1]
    assert (name, file) == ("set_breakpoints", bench.program)
    assert (points[0].condition, points[0].hit_condition) == ("n > 1", ">= 5")
    assert points[0].log_message == "n={n}"
    assert points[1].condition is None

    await bench.client.request("configurationDone")
    stopped = await bench.client.next_event("stopped")
    assert stopped["reason"] == "breakpoint"
    assert stopped["hitBreakpointIds"] == [body["breakpoints"][0]["id"]]
    assert stopped["allThreadsStopped"] is True


async def test_breakpoint_that_cannot_be(bench: Bench) -> None:
    await bench.configure()
    elsewhere = await bench.client.request(
        "setBreakpoints", {"source": {"path": "/no/where"}, "breakpoints": [{"line": 1}]}
    )
    bad = await bench.client.request(
        "setBreakpoints",
        {"source": {"path": bench.program}, "breakpoints": [{"line": 1, "condition": "1 +"}]},
    )

    assert elsewhere["breakpoints"][0]["verified"] is False
    assert "no such file" in elsewhere["breakpoints"][0]["message"]
    assert bad["breakpoints"][0]["verified"] is False
    assert "does not compile" in bad["breakpoints"][0]["message"]
    nameless = await bench.client.refused("setBreakpoints", {"source": {}})
    assert "no path" in nameless.message


async def test_lines_of_old_clients(bench: Bench) -> None:
    await bench.configure()
    body = await bench.client.request(
        "setBreakpoints", {"source": {"path": bench.program}, "lines": [1, 3]}
    )

    assert [point["line"] for point in body["breakpoints"]] == [1, 3]


async def test_function_breakpoint_has_a_reason_of_its_own(bench: Bench) -> None:
    await bench.configure()
    body = await bench.client.request(
        "setFunctionBreakpoints", {"breakpoints": [{"name": "worker"}, {"name": "nobody"}]}
    )
    assert [point["verified"] for point in body["breakpoints"]] == [True, False]

    await bench.client.request("configurationDone")
    assert (await bench.client.next_event("stopped"))["reason"] == "function breakpoint"


async def test_exception_filters(bench: Bench) -> None:
    await bench.configure()
    body = await bench.client.request(
        "setExceptionBreakpoints", {"filters": ["failure", "deadlock", "sneeze"]}
    )

    assert [point["verified"] for point in body["breakpoints"]] == [True, True, False]
    assert ("set_exception_filters", ["failure", "deadlock"]) in bench.engine.calls


async def test_exception_info(bench: Bench) -> None:
    thread = await bench.start()
    await bench.engine.report(Stopped(3, "exception", False, text="division by zero"))
    stopped = await bench.client.next_event("stopped", threadId=3)
    assert (stopped["reason"], stopped["text"]) == ("exception", "division by zero")
    assert stopped["allThreadsStopped"] is False

    info = await bench.client.request("exceptionInfo", {"threadId": 3})
    assert (info["exceptionId"], info["description"]) == ("failure", "division by zero")
    assert (await bench.client.refused("exceptionInfo", {"threadId": thread})).id == 3002


async def test_deadlock_stop(bench: Bench) -> None:
    await bench.start()
    await bench.engine.report(Stopped(2, "deadlock", True, text="lost waits for nothing"))
    stopped = await bench.client.next_event("stopped", threadId=2)

    assert (stopped["reason"], stopped["description"]) == ("exception", "Deadlock")
    info = await bench.client.request("exceptionInfo", {"threadId": 2})
    assert info["exceptionId"] == "deadlock"


async def test_breakpoint_locations(bench: Bench) -> None:
    await bench.configure()
    body = await bench.client.request(
        "breakpointLocations", {"source": {"path": bench.program}, "line": 2, "endLine": 4}
    )

    assert [place["line"] for place in body["breakpoints"]] == [2, 3, 4]


async def test_breakpoint_that_changes_later(bench: Bench) -> None:
    await bench.start()
    await bench.engine.report(BreakpointChanged(Breakpoint(id=9, verified=True, line=7)))
    body = await bench.client.next_event("breakpoint")

    assert body["reason"] == "changed"
    assert (body["breakpoint"]["id"], body["breakpoint"]["line"]) == (9, 7)


async def test_client_that_counts_from_zero_and_writes_uris(bench: Bench) -> None:
    profile = {**VSCODE, "linesStartAt1": False, "columnsStartAt1": False, "pathFormat": "uri"}
    await bench.client.request("initialize", profile)
    await bench.client.request(
        "launch", {"program": f"file://{bench.program}", "stopOnEntry": True}
    )
    body = await bench.client.request(
        "setBreakpoints",
        {"source": {"path": f"file://{bench.program}"}, "breakpoints": [{"line": 1, "column": 4}]},
    )
    assert body["breakpoints"][0]["line"] == 1
    _, (file, points) = bench.engine.calls[-1]
    assert file == bench.program
    assert (points[0].line, points[0].column) == (2, 5)

    await bench.client.request("configurationDone")
    stopped = await bench.client.next_event("stopped")
    frame = await bench.top_frame(stopped["threadId"])
    assert (frame["line"], frame["column"]) == (4, 4)
    assert frame["source"]["path"] == f"file://{bench.program}"


async def test_columns_count_utf16_units(bench: Bench) -> None:
    bench.write("fn f() void {}\n/* \U0001f642é */ f();\n")
    await bench.configure()
    text = "/* \U0001f642é */ f();"
    units = len(text[: text.index("f();")].encode("utf-16-le")) // 2 + 1
    await bench.client.request(
        "setBreakpoints",
        {"source": {"path": bench.program}, "breakpoints": [{"line": 2, "column": units}]},
    )

    _, (_, points) = bench.engine.calls[-1]
    assert points[0].column == len(text[: text.index("f();")].encode()) + 1
    converter = bench.session._state.converter
    assert converter.column_out(bench.program, 2, points[0].column) == units
