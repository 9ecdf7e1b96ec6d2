"""Channels, join sets, nurseries and handles in Python, with one worker and with several."""

import asyncio
import gc
import threading
from collections.abc import Iterator

import pytest

from zyn.embed import (
    CallError,
    Channel,
    ChannelClosed,
    Deadlocked,
    Handle,
    JoinSet,
    Nursery,
    PromiseCancelled,
    PromiseFailed,
    PromiseTimeout,
    Runtime,
    RuntimeClosed,
    SetEmpty,
)

PROGRAM = """
const Job = struct { name: string, n: i64 };

async fn produce(out: Channel<Job>, count: i64) void {
    var i: i64 = 0;
    while (i < count) {
        await yield_now();
        await out.send(Job{ .name = "job", .n = i });
        i += 1;
    }
    out.close();
}
async fn later(turns: i64, value: i64) i64 {
    var left = turns;
    while (left > 0) {
        await yield_now();
        left -= 1;
    }
    return value;
}
async fn nothing() void { await yield_now(); }
async fn broken() i64 { await yield_now(); panic("broken"); }
async fn forever() void { await pending(); }
fn new_mutex() Mutex { return mutex(); }
async fn take(lock: Mutex) bool { return lock.try_lock(); }
fn same(queue: Channel<Job>) Channel<Job> { return queue; }
fn maybe(queue: ?Channel<i64>) bool { return queue != null; }
"""


TREE = """
async fn branch(depth: i64) i64 {
    const children = nursery();
    if (depth > 0) {
        children.spawn(branch(depth - 1));
        children.spawn(branch(depth - 1));
    }
    children.spawn(leaf());
    await children.join();
    return 1;
}
async fn leaf() void { await pending(); }
async fn stopped() i64 { return await timeout(3, branch(2)) orelse 0; }
async fn quick() i64 { await sleep(3); return 0; }
async fn selected() i64 {
    const first = await select(branch(2), quick());
    return first.value;
}
async fn wait_a_little() void { await sleep(1); }
"""


@pytest.fixture(params=[1, 3], ids=["one worker", "three workers"])
def runtime(request: pytest.FixtureRequest) -> Iterator[Runtime]:
    """A runtime with the program, of which nothing is alive at the end."""
    with Runtime(workers=request.param) as made:
        made.load_module(PROGRAM)
        yield made
        gc.collect()
        made._native.run_until_idle()
        assert made.live_objects == 0


def test_a_program_sends_and_python_receives(runtime: Runtime) -> None:
    queue = runtime.channel("Job", 2)
    producing = runtime.spawn("produce", queue, 5)

    assert [(job.name, job.n) for job in queue] == [("job", n) for n in range(5)]
    producing.await_result()
    with pytest.raises(ChannelClosed):
        queue.send({"name": "late", "n": 1})


def test_a_handle_comes_back_as_the_same_object(runtime: Runtime) -> None:
    queue = Channel(runtime, "Job")

    assert runtime.call("same", queue) == queue
    assert runtime.call("maybe", None) is False
    assert runtime.call("maybe", runtime.channel("i64")) is True


def test_a_type_is_compiled_once(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime.channel("Job")
    monkeypatch.setattr(runtime, "_load_hidden", None)

    assert runtime.channel("Job").try_send({"name": "job", "n": 1})
    monkeypatch.undo()
    runtime.load_module("const Job = struct { n: bool }; fn of(job: Job) bool { return job.n; }")
    assert runtime.channel("Job").try_send({"n": True})


def test_without_waiting(runtime: Runtime) -> None:
    with runtime.channel("i64", 2) as queue:
        assert [queue.try_send(n) for n in (1, 2, 3)] == [True, True, False]
        assert len(queue) == 2
        assert [queue.try_recv(), queue.try_recv(), queue.try_recv(-1)] == [1, 2, -1]
    assert not queue.try_send(4)
    with pytest.raises(ChannelClosed):
        queue.recv()


def test_none_is_a_value(runtime: Runtime) -> None:
    queue = runtime.channel("?string")
    for value in ("text", None):
        queue.send(value)
    queue.close()

    assert list(queue) == ["text", None]


def test_time_that_is_up_takes_no_value(runtime: Runtime) -> None:
    queue = runtime.channel("i64", 1)
    with pytest.raises(PromiseTimeout):
        queue.recv(timeout=0.001)
    queue.send(1)
    with pytest.raises(PromiseTimeout):
        queue.send(2, timeout=0.001)

    assert queue.recv() == 1
    assert len(queue) == 0


def test_a_wait_that_nobody_can_end_is_a_deadlock(runtime: Runtime) -> None:
    queue = runtime.channel("i64")
    with pytest.raises(Deadlocked, match=r"waits for channel\.recv\(\)"):
        queue.recv()


def test_a_deadlock_says_who_holds_what() -> None:
    with Runtime(clock="virtual") as runtime:
        runtime.load_module("""
            async fn transfer(one: Mutex, other: Mutex) void {
                await one.lock();
                await sleep(1);
                await other.lock();
            }
            async fn main() void {
                const a = mutex();
                const b = mutex();
                await join(transfer(a, b), transfer(b, a));
                a.unlock();
                b.unlock();
            }
        """)
        with pytest.raises(Deadlocked) as caught:
            runtime.call("main")
        first, second = [task for task in caught.value.tasks if task.function == "transfer"]
        assert (first.line, first.waits_for) == (5, "other.lock()")
        assert first.reason.endswith(f", which task {second.task} has")
        assert second.reason.endswith(f", which task {first.task} has")
        assert first.reason in str(caught.value)


def test_a_thread_sends_to_one_that_waits(runtime: Runtime) -> None:
    queue = runtime.channel("i64")
    got: list[int] = []
    thread = threading.Thread(target=lambda: got.extend(queue))
    thread.start()
    for value in range(20):
        assert queue.try_send(value)
    queue.close()
    thread.join()

    assert got == list(range(20))


def test_a_set_gives_values_as_they_come(runtime: Runtime) -> None:
    tasks = runtime.join_set("i64")
    for value in (1, 2, 3):
        tasks.spawn("later", value * 3, value)
    tasks.spawn(runtime.call_async("later", 0, 4))

    assert len(tasks) == 4
    assert sorted(tasks) == [1, 2, 3, 4]
    with pytest.raises(SetEmpty):
        tasks.join_next()


def test_a_set_gives_failures_and_aborts_the_rest(runtime: Runtime) -> None:
    with JoinSet(runtime, "i64") as tasks:
        tasks.spawn("broken")
        with pytest.raises(PromiseFailed, match="broken"):
            tasks.join_next()
    with runtime.join_set("void") as tasks:
        tasks.spawn("nothing")
        assert tasks.join_next() is None
        tasks.spawn("forever")
    with pytest.raises(CallError, match="expected Promise<void>, got Promise<i64>"):
        tasks.spawn("later", 1, 1)


def test_a_nursery_waits_for_its_children(runtime: Runtime) -> None:
    seen = runtime.channel("Job")
    with runtime.nursery() as children:
        children.spawn("produce", seen, 3)
        children.spawn(runtime.call_async("later", 2, 9))
    assert len(seen) == 3


def test_a_failure_in_a_nursery_cancels_the_others(runtime: Runtime) -> None:
    def scope() -> None:
        with runtime.nursery() as children:
            children.spawn("forever")
            children.spawn("broken")

    with pytest.raises(PromiseFailed, match="broken"):
        scope()


def test_a_nursery_keeps_what_its_children_failed_with(runtime: Runtime) -> None:
    children = runtime.nursery()
    before = children.failures
    assert len(before) == 0
    for task in ("broken", "nothing", "forever"):
        children.spawn(task)
    with pytest.raises(PromiseFailed, match="broken") as raised:
        children.join()
    kept = children.failures[0]
    assert (str(kept), kept.code, kept.line) == (str(raised.value), "panic", raised.value.line)
    children.join()  # raised once


@pytest.mark.parametrize("how", ["branch(0)", "branch(1)", "branch(2)", "stopped()", "selected()"])
def test_nothing_of_a_tree_is_left_when_its_root_has_ended(how: str) -> None:
    with Runtime() as runtime:
        runtime.load_module(TREE)
        name, _, arguments = how.rstrip(")").partition("(")
        root = runtime.spawn(name, *map(int, arguments.split()))
        runtime.call("wait_a_little")
        if name == "branch":
            assert runtime.live_objects >= 3  # itself, its nursery, a child
            root.cancel()
            with pytest.raises(PromiseCancelled):
                root.await_result()
        else:
            assert root.await_result() == 0
        assert runtime.live_objects == 1  # itself


def test_an_exception_in_a_nursery_goes_on(runtime: Runtime) -> None:
    def scope() -> None:
        with Nursery(runtime) as children:
            children.spawn("forever")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        scope()


def test_under_asyncio(runtime: Runtime) -> None:
    async def main() -> tuple[list[object], list[object]]:
        queue = runtime.channel("i64", 1)

        async def feed() -> None:
            for value in range(3):
                await queue.send_async(value)
            queue.close()

        feeding = asyncio.create_task(feed())
        got = [value async for value in queue]
        await feeding
        tasks = runtime.join_set("void")
        tasks.spawn("nothing")
        async with runtime.nursery() as children:
            children.spawn("nothing")
        return got, [value async for value in tasks]

    assert asyncio.run(main()) == ([0, 1, 2], [None])


def test_a_cancelled_receive_takes_nothing(runtime: Runtime) -> None:
    async def main() -> object:
        queue = runtime.channel("i64", 1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(queue.recv_async(), 0.001)
        await queue.send_async(5)
        return await queue.recv_async()

    assert asyncio.run(main()) == 5


def test_what_does_not_fit_is_refused(runtime: Runtime) -> None:
    queue = runtime.channel("i64")
    lock = runtime.call("new_mutex")
    assert isinstance(lock, Handle)
    assert runtime.call("take", lock) is True
    for call, message in (
        (lambda: runtime.call("take", queue), r"lock: expected Mutex, got Channel<i64>"),
        (lambda: runtime.call("take", 1), r"lock: expected Mutex, got 1"),
        (lambda: queue.send("text"), r"value: expected i64, got str"),
        (lambda: runtime.channel("Nothing"), r"there is no type `Nothing`"),
        (lambda: runtime.channel("i64) void {}"), r"is no type of the language"),
        (lambda: runtime.channel("void"), r"no values to send"),
        (lambda: runtime.join_set("i64").spawn("later", 1), r"takes 2 arguments, got 1"),
    ):
        with pytest.raises(CallError, match=message):
            call()
    with pytest.raises(TypeError, match="comes from a function"):
        Handle()
    with pytest.raises(PromiseFailed, match="at least 0, not -1"):
        runtime.channel("i64", -1)


def test_a_handle_of_another_runtime_is_refused(runtime: Runtime) -> None:
    with Runtime() as other:
        other.load_module(PROGRAM)
        queue = other.channel("i64")
        with pytest.raises(CallError, match="belongs to another runtime"):
            runtime.call("maybe", queue)


def test_an_object_outlives_its_runtime() -> None:
    with Runtime() as runtime:
        queue = runtime.channel("string")
        queue.send("left over")
        nursery, tasks = runtime.nursery(), runtime.join_set("void")
    for call in (queue.recv, queue.close, nursery.join, tasks.abort_all):
        with pytest.raises(RuntimeClosed):
            call()


def test_a_spawned_task_needs_nobody_who_waits() -> None:
    with Runtime(workers=2) as runtime:
        runtime.load_module(PROGRAM)
        queue = runtime.channel("Job")
        producing = runtime.spawn("produce", queue, 3)
        assert queue.recv(timeout=60).n == 0
        producing.await_result()
        assert len(queue) == 2


def test_each_worker_is_counted() -> None:
    with Runtime(workers=3) as runtime:
        runtime.load_module(PROGRAM)
        assert runtime.call("later", 10, 1) == 1
        found = runtime.metrics()
        assert sum(worker.polls for worker in found) >= 10
        assert sum(worker.queued for worker in found) == 0
    assert len(found) >= 3
    with pytest.raises(RuntimeClosed):
        runtime.metrics()
