"""Tasks as the engine lists them: what each waits for, filters, groups, one stopped of many."""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.support.debugging import Debugging, debugging
from zyn.debug.model import Stopped

WAITS = """
async fn nap(ms: i64) i64 {
    await delay(ms); // @nap
    return ms;
}

async fn child() i64 {
    await nap(50); // @child
    return 1;
}

async fn all() i64 {
    const both = await join([spawn(nap(10)), spawn(nap(20))]); // @all
    return both[0] + both[1];
}

async fn first() i64 {
    return await race([spawn(nap(30)), spawn(nap(40))]); // @first
}

async fn lost() void {
    await pending(); // @lost
    return;
}

async fn main() i64 {
    const a = spawn(child());
    const b = spawn(all());
    const c = spawn(first());
    const d = spawn(lost());
    await yield_now();
    await yield_now();
    var sum: i64 = 0; // @here
    sum = sum + await a;
    sum = sum + await b;
    sum = sum + await c;
    if (sum < 0) {
        await d;
    }
    return sum; // @end
}
"""

MANY = """
async fn link(n: i32) i32 {
    if (n == 0) {
        await pending(); // @lost
        return 0;
    }
    const next = spawn(link(n - 1));
    return await next; // @next
}

async fn main(n: i32) i32 {
    const first = spawn(link(n));
    await delay(1);
    return 0; // @last
}
"""


@pytest.fixture
async def debug(tmp_path: Path) -> AsyncIterator[Callable[[str], Debugging]]:
    async with debugging(tmp_path) as make:
        yield make


async def test_what_each_task_waits_for(debug: Callable[[str], Debugging]) -> None:
    session = debug(WAITS)
    await session.launch(breaks="here")
    stop = await session.stopped()
    views, total = await session.session.tasks(states=["parked"])
    assert total == len(views)
    shown = {(view.name, view.line, view.waits_for) for view in views}
    nap = session.line("nap")
    assert shown == {
        ("child", nap, "timer, 50 ms left"),
        ("all", session.line("all"), "all of tasks 6, 7"),
        ("first", session.line("first"), "the first of tasks 8, 9"),
        ("lost", session.line("lost"), "nothing"),
        *((("nap"), nap, f"timer, {ms} ms left") for ms in (10, 20, 30, 40)),
    }
    groups = await session.session.tasks_by_await()
    assert (groups[0].function, groups[0].line, groups[0].count) == ("nap", nap, 5)
    assert groups[0].oldest_since_ns == 0
    roots, _ = await session.session.tasks(parent=0)
    assert [(view.name, view.children) for view in roots] == [("main", 4)]
    below, count = await session.session.tasks(parent=roots[0].id, start=1, count=2)
    assert ([(view.name, view.children) for view in below], count) == snapshot(
        ([("all", 2), ("first", 2)], 4)
    )
    there, count = await session.session.tasks(awaits=("nap", nap), count=2)
    assert ([view.name for view in there], count) == (["child", "nap"], 5)
    assert (await session.session.tasks(awaits=("nap", nap + 1)))[1] == 0
    first, _ = await session.session.tasks(count=1)
    assert (first[0].id, first[0].stopped) == (stop.task, "breakpoint")
    scopes = {view.name: await session.scope(view.id, "task") for view in views}
    assert scopes["lost"]["woken by"].value == "nobody yet"
    main = await session.scope(stop.task, "task")
    assert (main["wakes"].value, main["woken by"].value) == ("2", "task 1")
    named, count = await session.session.tasks(text="LOST")
    assert ([view.name for view in named], count) == (["lost"], 1)
    child = next(view for view in views if view.name == "child")
    frames = await session.session.stack(child.id)
    assert [(f.function, f.line, f.kind) for f in frames][:2] == [
        ("nap", nap, "awaiting"),
        ("child", session.line("child"), "awaiting"),
    ]
    inside = next(view for view in views if view.waits_for == "timer, 10 ms left")
    kinds = [(f.function, f.kind) for f in await session.session.stack(inside.id)]
    assert kinds == [("nap", "awaiting"), ("all", "awaiter"), ("all", "spawn")]


OBJECTS = """
async fn hold(lock: Mutex) void {
    await lock.lock();
    await sleep(50); // @hold
    lock.unlock();
}

async fn wait_for(lock: Mutex) void {
    await lock.lock(); // @lock
    lock.unlock();
}

async fn send(queue: Channel<i64>) void {
    await queue.send(2); // @send
}

async fn receive(queue: Channel<i64>) void {
    await queue.recv_for(20); // @receive
}

async fn permit(door: Semaphore) void {
    await door.acquire_many(3); // @permit
}

async fn arrive(gate: Barrier) void {
    await gate.wait(); // @arrive
}

async fn main() i64 {
    const lock = mutex();
    const full: Channel<i64> = channel(1);
    full.try_send(1);
    const empty: Channel<i64> = channel(0);
    const door = semaphore(2);
    const gate = barrier(3);
    const tasks = nursery();
    tasks.spawn(hold(lock));
    tasks.spawn(wait_for(lock));
    tasks.spawn(send(full));
    tasks.spawn(receive(empty));
    tasks.spawn(permit(door));
    tasks.spawn(arrive(gate));
    await yield_now();
    await yield_now();
    const sent = full.len(); // @here
    full.try_recv();
    empty.close();
    door.close();
    gate.wait();
    tasks.cancel();
    return sent;
}
"""


async def test_what_tasks_wait_for_objects_tell(debug: Callable[[str], Debugging]) -> None:
    session = debug(OBJECTS)
    await session.launch(breaks="here")
    await session.stopped()
    views, _ = await session.session.tasks(states=["parked"])
    shown = {view.name: (view.line, view.waits_for) for view in views}
    holder = next(view.id for view in views if view.name == "hold")
    ids = {
        name: re.sub(r"\b(mutex|channel|semaphore|barrier) \d+", r"\1", text or "")
        for name, (_, text) in shown.items()
    }
    assert ids == {
        "hold": "timer, 50 ms left",
        "wait_for": f"mutex, which task {holder} has",
        "send": "room in channel (1 of 1 queued)",
        "receive": "a value from channel (0 queued), 20 ms left",
        "permit": "3 permits of semaphore (2 free)",
        "arrive": "barrier (1 of 3 arrived)",
    }
    assert shown["send"][0] == session.line("send")
    receiver = next(view.id for view in views if view.name == "receive")
    scope = await session.scope(receiver, "task")
    assert scope["waits for"].value == shown["receive"][1]


async def test_places_found_for_all_tasks_are_those_of_their_stacks(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(WAITS)
    await session.launch(breaks="here")
    await session.stopped()
    views, _ = await session.session.tasks(states=["parked"])
    by_stack: dict[tuple[str, int | None], set[int]] = {}
    for view in views:
        top = (await session.session.stack(view.id))[0]
        by_stack.setdefault((top.function, top.line), set()).add(view.id)
    groups = await session.session.tasks_by_await()
    assert {(one.function, one.line): set(one.tasks) for one in groups} == by_stack


async def test_what_stands_still_is_asked_for_once_until_it_changes(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(WAITS)
    await session.launch(breaks="here")
    await session.stopped()
    [lost], _ = await session.session.tasks(text="lost")
    assert not lost.held
    await session.session.hold(lost.id)
    [lost], _ = await session.session.tasks(text="lost")
    assert lost.held
    await session.session.release(lost.id)
    [lost], _ = await session.session.tasks(text="lost")
    assert not lost.held
    before = await session.session.tasks_by_await()
    await session.session.wake(lost.id)
    after = await session.session.tasks_by_await()
    assert {one.function for one in before} - {one.function for one in after} == {"lost"}


async def test_the_clock_stands_while_everything_is_stopped(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(WAITS)
    await session.launch(breaks="here end")
    stop = await session.stopped()
    runtime = await session.scope(stop.task, "runtime")
    assert runtime["clock"].value == "virtual, 0.000 ms"
    await session.session.resume(None)
    stop = await session.stopped()
    runtime = await session.scope(stop.task, "runtime")
    assert runtime["clock"].value == "virtual, 50.000 ms"
    task = await session.scope(stop.task, "task")
    assert task["state"].value == "running"
    await session.session.resume(None)
    # `lost` never ends; the call does not wait for it.
    assert (await session.exited()).value == "61"


async def test_non_stop_leaves_the_others_running(debug: Callable[[str], Debugging]) -> None:
    session = debug(WAITS)
    await session.launch(breaks="nap", non_stop=True)
    stops: list[Stopped] = [await session.stopped() for _ in range(5)]
    assert len({stop.task for stop in stops}) == 5
    assert not any(stop.all_stopped for stop in stops)
    await session.session.resume(stops[0].task, only=True)
    found, _ = await session.session.tasks()
    stopped = {view.id for view in found if view.stopped}
    assert stopped == {stop.task for stop in stops[1:]}
    await session.session.resume(None)
    assert (await session.exited()).value == "61"


async def test_many_tasks_are_paged_and_grouped(debug: Callable[[str], Debugging]) -> None:
    text = MANY.replace("return 0; // @last", "return await first; // @last")
    session = debug(text)
    await session.session.set_exception_filters(["deadlock"])
    await session.launch("main(5000)")
    stop = await session.stopped()
    assert stop.reason == "deadlock"
    page, total = await session.session.tasks(states=["parked"], start=4995, count=20)
    assert (len(page), total) == (7, 5002)
    groups = await session.session.tasks_by_await()
    assert [(group.function, group.line, group.count) for group in groups] == [
        ("link", session.line("next"), 5000),
        ("link", session.line("lost"), 1),
        ("main", session.line("last"), 1),
    ]
    frames = await session.session.stack(2)
    assert [(f.function, f.kind) for f in frames] == [
        ("link", "awaiting"),
        ("main", "awaiter"),
        ("main", "spawn"),
    ]
    await session.session.resume(None)
    info = await session.exited()
    assert len(info.deadlock) == 5002


WIDE = """
async fn one(n: i64) i64 {
    await delay(100 + n);
    return n; // @after
}

async fn idle() i64 {
    await delay(1000);
    return 1;
}

async fn last(p: Promise<i64>) i64 {
    return await p;
}

async fn gather() i64 {
    const all = await join([spawn(one(0)), spawn(one(1)), spawn(one(2)), spawn(one(3)),
        spawn(one(4)), spawn(one(5)), spawn(one(6)), spawn(one(7)), spawn(one(8)),
        spawn(one(9))]);
    return all[9];
}

async fn main(n: i64) i64 {
    var i: i64 = 0;
    while (i < n) {
        const dropped = spawn(idle());
        i = i + 1;
    }
    const found = await gather();
    return await spawn(last(spawn(one(found))));
}
"""


async def test_who_awaits_is_found_among_any_number_of_tasks(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(WIDE)
    await session.launch("main(6000)", breaks="after")
    seen: list[list[tuple[str, str]]] = []
    for _ in range(11):
        stop = await session.stopped()
        frames = await session.session.stack(stop.task)
        seen.append([(frame.function, frame.kind) for frame in frames])
        await session.session.resume(None)
    gathered = [("one", "running"), ("gather", "awaiter"), ("main", "awaiter"), ("gather", "spawn")]
    assert seen[:10] == [gathered] * 10
    assert seen[10] == [
        ("one", "running"),
        ("last", "awaiter"),
        ("main", "awaiter"),
        ("main", "spawn"),
    ]
    assert (await session.exited()).value == "9"


async def test_polls_are_numbered_from_the_first_one(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(WAITS)
    await session.launch(breaks="end")
    await session.stopped()
    start, polls = await session.session.polls_from(0, 3)
    assert start == 0
    assert [(poll.task, poll.function, poll.state_before) for poll in polls] == snapshot(
        [(1, "main", 0), (2, "child", 0), (3, "all", 0)]
    )
    everything = await session.session.polls_from(0, 100)
    assert (await session.session.polls_from(2, 1)) == (2, everything[1][2:3])
    assert (await session.session.polls_from(1000, 1)) == (len(everything[1]), [])
    await session.session.resume(None)
    await session.exited()
    # What is known outlives the program.
    assert (await session.session.polls_from(0, 3))[1] == polls


WAKES = """
async fn sender(out: Channel<i32>) void {
    await delay(5);
    await out.send(7);
    await delay(20);
    return;
}

async fn receiver(from: Channel<i32>) i32 {
    const got = await from.recv();
    await yield_now();
    return got orelse 0;
}

async fn main() i32 {
    const queue: Channel<i32> = channel(1);
    const received = spawn(receiver(queue));
    const sent = spawn(sender(queue));
    const got = await received;
    await sent; // @last
    return got; // @end
}
"""


async def test_a_poll_says_when_its_task_was_woken_and_by_whom(
    debug: Callable[[str], Debugging],
) -> None:
    session = debug(WAKES)
    await session.launch(breaks="end")
    await session.stopped()
    _, polls = await session.session.polls_from(0, 100)
    numbers = {poll.task: poll.function for poll in polls}
    told = [
        (
            poll.function,
            poll.wake
            and (
                poll.wake.at_ns // 1_000_000,
                poll.wake.by,
                numbers[poll.wake.task] if poll.wake.task else None,
            ),
        )
        for poll in polls
    ]
    assert told == snapshot(
        [
            ("main", None),
            ("receiver", None),
            ("sender", None),
            ("sender", (5, "timer", None)),
            ("receiver", (5, "task", "sender")),
            ("receiver", (5, "task", "receiver")),
            ("main", (5, "task", "receiver")),
            ("sender", (25, "timer", None)),
        ]
    )
    views, _ = await session.session.tasks()
    listed = {task.name: task.woken_by for task in views}
    assert listed["main"] is not None
    assert numbers[listed["main"]] == "sender"
    await session.session.resume(None)
    await session.exited()
