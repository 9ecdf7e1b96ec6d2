"""Continue, pause, steps and tasks."""

import pytest

from tests.dap.conftest import Bench
from tests.support.dap_client import event, response
from zyn.debug.model import Continued, Stopped, TaskChanged


@pytest.mark.parametrize(
    ("command", "arguments", "kind"),
    [
        ("next", {}, "over"),
        ("next", {"granularity": "statement"}, "over"),
        ("stepIn", {}, "into"),
        ("stepOut", {}, "out"),
        ("zyn/step", {"granularity": "await"}, "await"),
        ("zyn/step", {"granularity": "poll"}, "poll"),
        ("zyn/step", {"granularity": "statement"}, "over"),
    ],
)
async def test_steps(bench: Bench, command: str, arguments: dict[str, str], kind: str) -> None:
    thread = await bench.start()
    await bench.client.request(command, {"threadId": thread, **arguments})
    await bench.client.next_event("stopped", reason="step", threadId=thread)

    assert ("step", (thread, kind)) in bench.engine.calls
    bench.client.expect_order(event("stopped", reason="entry"), response(command),
                              event("stopped", reason="step"))  # fmt: skip


async def test_step_by_instruction_is_refused(bench: Bench) -> None:
    thread = await bench.start()
    arguments = {"threadId": thread, "granularity": "instruction"}

    assert (await bench.client.refused("next", arguments)).id == 4000
    assert (await bench.client.refused("zyn/step", {**arguments, "granularity": "leap"})).id == 1002


async def test_step_by_line_hides_stops_inside_the_line(bench: Bench) -> None:
    thread = await bench.start()
    bench.engine.line_stops = 3
    await bench.client.request("next", {"threadId": thread, "granularity": "line"})
    await bench.client.next_event("stopped", reason="step")

    assert bench.engine.calls.count(("step", (thread, "over"))) == 4
    frame = await bench.top_frame(thread)
    assert frame["line"] == 6
    stops = [m for m in bench.client.timeline if m.get("event") == "stopped"]
    assert len(stops) == 2


async def test_continue_all_and_one(bench: Bench) -> None:
    await bench.configure()
    await bench.client.request(
        "setBreakpoints", {"source": {"path": bench.program}, "breakpoints": [{"line": 2}]}
    )
    await bench.client.request("configurationDone")
    await bench.client.next_event("stopped", threadId=2)

    one = await bench.client.request("continue", {"threadId": 2, "singleThread": True})
    assert one == {"allThreadsContinued": False}
    await bench.client.next_event("stopped", threadId=2)
    every = await bench.client.request("continue", {"threadId": 2})
    assert every == {"allThreadsContinued": True}
    await bench.client.next_event("stopped", threadId=2)

    assert ("resume", (2, True)) in bench.engine.calls
    assert ("resume", (2, False)) in bench.engine.calls
    assert not [m for m in bench.client.timeline if m.get("event") == "continued"]


async def test_continue_of_something_else_is_told(bench: Bench) -> None:
    thread = await bench.start()
    frame = await bench.top_frame(thread)
    await bench.engine.report(Continued(thread, True))
    body = await bench.client.next_event("continued")

    assert body == {"threadId": thread, "allThreadsContinued": True}
    assert (await bench.client.refused("scopes", {"frameId": frame["id"]})).id == 3001


async def test_pause_one_and_all(bench: Bench) -> None:
    await bench.start()
    await bench.client.request("pause", {"threadId": 3})
    stopped = await bench.client.next_event("stopped", threadId=3)
    assert stopped["reason"] == "pause"
    await bench.client.request("pause", {"threadId": 0})
    assert ("pause", None) in bench.engine.calls


async def test_refused_step_changes_nothing(bench: Bench) -> None:
    thread = await bench.start()
    frame = await bench.top_frame(thread)
    refusal = await bench.client.refused("next", {"threadId": 3})

    assert "not stopped" in refusal.message
    await bench.client.request("scopes", {"frameId": frame["id"]})


async def test_hold_and_resume_a_task(bench: Bench) -> None:
    await bench.start()
    await bench.client.request("zyn/hold", {"threadId": 3})
    body = await bench.client.next_event("zyn/taskChanged")
    while body["task"]["id"] != 3 or not body["task"]["held"]:
        body = await bench.client.next_event("zyn/taskChanged")
    tasks = await bench.client.request("zyn/tasks", {"states": ["held"]})
    assert [task["id"] for task in tasks["tasks"]] == [3]
    await bench.client.request("zyn/resume", {"threadId": 3})
    assert "not held" in (await bench.client.refused("zyn/resume", {"threadId": 3})).message
    await bench.client.request("zyn/wake", {"threadId": 3})
    await bench.client.request("zyn/cancelTask", {"threadId": 3})
    assert bench.engine.calls[-2:] == [("wake", 3), ("cancel", 3)]


async def test_terminate_threads_cancels_those_that_are(bench: Bench) -> None:
    await bench.start()
    refusal = await bench.client.refused("terminateThreads", {"threadIds": [2, 99, 3]})

    assert "no task 99" in refusal.message
    assert [call for call in bench.engine.calls if call[0] == "cancel"] == [
        ("cancel", 2), ("cancel", 99), ("cancel", 3),
    ]  # fmt: skip


async def test_tasks_filtered_and_grouped(bench: Bench) -> None:
    await bench.start()
    body = await bench.client.request("zyn/tasks", {"filter": "work", "groupBy": "await"})

    assert [task["id"] for task in body["tasks"]] == [2, 3]
    assert body["groups"][0].pop("source")["name"] == "program.zyntax"
    assert body["groups"] == [
        {"function": "worker", "line": 12, "count": 2, "tasks": [2, 3], "oldestSinceNs": 5},
        {"function": "main", "count": 1, "tasks": [1], "oldestSinceNs": 7},
    ]
    assert body["nowNs"] == 1000
    await bench.client.request("zyn/tasks", {"awaits": {"function": "main"}})
    assert bench.engine.calls[-1] == ("tasks", (None, ("main", None)))
    task = body["tasks"][0]
    assert (task["state"], task["waitsFor"]) == ("parked", "timer, 10 ms left")
    assert (task["awaitState"], task["spawnedAt"], task["parent"]) == (1, 4, 1)
    bad = await bench.client.refused("zyn/tasks", {"states": ["bored"]})
    assert "arguments.states" in bad.message


async def test_thread_events_are_bounded(bench: Bench) -> None:
    bench.engine.many = 500
    await bench.start()
    for task in range(100, 600):
        await bench.engine.report(TaskChanged(bench.engine.view(task)))
    await bench.engine.report(Stopped(2, "pause", True))
    await bench.client.next_event("stopped", reason="pause")

    started = [
        m for m in bench.client.timeline
        if m.get("event") == "thread" and m["body"]["reason"] == "started"
    ]  # fmt: skip
    assert len(started) == 200
