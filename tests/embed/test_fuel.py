"""A bounded number of polls: the same for every run, and no end of the host."""

import gc

import pytest

from zyn.embed import PromiseFailed, Runtime, RuntimeClosed

SOURCE = """
async fn count(n: i64) i64 {
    var i: i64 = 0;
    while (i < n) { await yield_now(); i = i + 1; }
    return i;
}

async fn both(n: i64) i64 {
    const a = spawn(count(n));
    const b = spawn(count(n));
    return await a + await b;
}

fn add(a: i32, b: i32) i32 { return a + b; }

fn spin() void {
    while (true) {} // @spin
}

async fn spin_async() void {
    await yield_now();
    while (true) {} // @spin_async
}

fn dive(n: i64) i64 { return dive(n + 1) + 1; }
"""


def starved(runtime: Runtime, name: str, *args: int) -> int | None:
    """Call what runs out of fuel; gives the line it tells."""
    with pytest.raises(PromiseFailed) as caught:
        runtime.call(name, *args)
    assert caught.value.code == "out-of-fuel"
    assert runtime.fuel == 0
    return caught.value.line


def test_the_same_number_of_polls_every_time() -> None:
    with Runtime(clock="virtual", fuel=1000) as runtime:
        runtime.load_module(SOURCE)
        assert runtime.call("both", 20) == 40
        assert runtime.fuel is not None
        used = 1000 - runtime.fuel
    for fuel, enough in ((used, True), (used - 1, False)):
        for _ in range(3):
            with Runtime(clock="virtual", fuel=fuel) as runtime:
                runtime.load_module(SOURCE)
                if enough:
                    assert runtime.call("both", 20) == 40
                else:
                    starved(runtime, "both", 20)
                assert runtime.fuel == 0
                gc.collect()  # an exception holds the promise for a while
                runtime._native.run_until_idle()
                assert runtime.live_objects == 0


def test_the_host_goes_on() -> None:
    with Runtime(fuel=0) as runtime:
        runtime.load_module(SOURCE)
        starved(runtime, "add", 1, 2)
        starved(runtime, "count", 1)
        runtime.fuel = 3
        assert [runtime.call("add", 1, 2), runtime.fuel] == [3, 2]
        assert [runtime.call("count", 1), runtime.fuel] == [1, 0]
        runtime.fuel = None
        assert [runtime.call("count", 500), runtime.fuel] == [500, None]
    with pytest.raises(RuntimeClosed):
        runtime.fuel = 1
    assert runtime.fuel is None


@pytest.mark.parametrize("call", ["spin", "spin_async"])
def test_a_loop_without_an_await_ends(call: str) -> None:
    lines = enumerate(SOURCE.splitlines(), 1)
    line = next(number for number, text in lines if text.endswith(f"// @{call}"))
    with Runtime(clock="virtual", fuel=1 << 40) as runtime:
        runtime.load_module(SOURCE)
        assert starved(runtime, call) == line
        runtime.fuel = 10
        assert runtime.call("count", 3) == 3


@pytest.mark.parametrize("fuel", [-1, 1 << 64, 1.5, "1"])
def test_fuel_is_a_number(fuel: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        Runtime(fuel=fuel)  # type: ignore[arg-type]
