"""The workloads of the suite on asyncio, or on uvloop.

`python asyncio_peer.py asyncio|uvloop WORKLOAD 1 SAMPLES` prints nanoseconds for each operation,
once for each sample.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

SPAWNS = 20_000
CALLS = 200_000


async def leaf(number: int) -> int:
    return number


async def spawn_join() -> None:
    for task in [asyncio.create_task(leaf(i)) for i in range(SPAWNS)]:
        await task


async def spawn_await() -> None:
    for i in range(SPAWNS):
        await asyncio.create_task(leaf(i))


async def async_call() -> None:
    for i in range(CALLS):
        await leaf(i)


async def yields() -> None:
    for _ in range(200):
        await asyncio.sleep(0)


async def yield_many() -> None:
    await asyncio.gather(*(yields() for _ in range(200)))


async def ping_pong() -> None:
    to: asyncio.Queue[int] = asyncio.Queue(1)
    back: asyncio.Queue[int] = asyncio.Queue(1)

    async def echo() -> None:
        for _ in range(SPAWNS):
            await back.put(await to.get())

    task = asyncio.create_task(echo())
    for i in range(SPAWNS):
        await to.put(i)
        await back.get()
    await task


WORKLOADS: dict[str, tuple[Callable[[], Awaitable[None]], int]] = {
    "spawn_join": (spawn_join, SPAWNS),
    "spawn_await": (spawn_await, SPAWNS),
    "async_call": (async_call, CALLS),
    "yield_many": (yield_many, 200 * 200),
    "ping_pong": (ping_pong, SPAWNS),
}


async def timed(name: str) -> float:
    work, operations = WORKLOADS[name]
    begin = time.perf_counter_ns()
    await work()
    return (time.perf_counter_ns() - begin) / operations


def main() -> int:
    """Runs one workload so many times, each on a loop of its own."""
    loop, name, _workers, samples = sys.argv[1:]
    if name not in WORKLOADS:
        print("no such workload", file=sys.stderr)
        return 2
    run = asyncio.run
    if loop == "uvloop":
        from uvloop import run  # type: ignore[import-not-found,no-redef]
    for _ in range(int(samples)):
        print(run(timed(name)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
