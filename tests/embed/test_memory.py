"""Memory that runs out at every point of what Python does with objects: an exception that says so,
nothing is lost, and the runtime goes on.

`memory_max` grows in small steps, so that each allocation of the scenario is the first to be
refused in some run.
"""

import gc

from zyn.embed import PromiseFailed, Runtime

PROGRAM = """
async fn produce(out: Channel<string>, count: i64) void {
    var i: i64 = 0;
    while (i < count) {
        await out.send("a value that is no constant: " + text(i));
        i += 1;
    }
    out.close();
}
fn text(i: i64) string {
    if (i % 2 == 0) { return "even"; }
    return "odd";
}
async fn later(turns: i64, value: i64) i64 {
    var left = turns;
    while (left > 0) {
        await yield_now();
        left -= 1;
    }
    return value;
}
async fn several() i64 {
    const values = await join(later(1, 1), later(2, 2), later(3, 3));
    return values[0] + values[1] + values[2];
}
async fn echo(listener: TcpListener) void {
    const stream = await listener.accept();
    await stream.write(await stream.read(100));
}
async fn exchange() string {
    const listener = listen("127.0.0.1", 0);
    const server = spawn(echo(listener));
    const stream = await connect("127.0.0.1", listener.port());
    await stream.write("over " + "TCP");
    const answer = await stream.read(100);
    await server;
    return answer;
}
"""

STEP_BYTES = 160


def scenario(runtime: Runtime) -> None:
    """Channels, tasks in sets and nurseries, strings and groups."""
    queue = runtime.channel("string", 8)
    runtime.call("text", 1)
    queue.send("from Python")
    producing = runtime.spawn("produce", queue, 4)
    got = []
    while producing.is_pending or len(queue):
        value = queue.try_recv()
        if value is None:
            producing.poll()
        else:
            got.append(value)
    producing.await_result()
    assert len(got) == 5
    with runtime.join_set("i64") as tasks:
        for turns in range(3):
            tasks.spawn("later", turns, turns)
        assert sorted(tasks) == [0, 1, 2]
    with runtime.nursery() as children:
        children.spawn("later", 2, 1)
        children.spawn("several")
    assert runtime.call("several") == 6
    assert runtime.call("exchange") == "over TCP"


def ran_out(runtime: Runtime) -> bool:
    """Whether the scenario was refused memory, which nothing else may end; when it is the server
    that is refused it, its client finds the connection reset.
    """
    try:
        scenario(runtime)
    except MemoryError:
        return True
    except PromiseFailed as failure:
        if failure.code not in {"out-of-memory", "io"}:
            raise
        return True
    return False


def test_every_object_bears_memory_that_runs_out() -> None:
    refused = 0
    for memory_max in range(STEP_BYTES, 1 << 20, STEP_BYTES):
        with Runtime(clock="virtual", memory_max=memory_max) as runtime:
            runtime.load_module(PROGRAM)
            if not ran_out(runtime):
                break
            refused += 1
            gc.collect(0)
            runtime._native.run_until_idle()
            assert runtime.live_objects == 0
            assert runtime.call("text", 2) == "even"
    assert refused > 10
