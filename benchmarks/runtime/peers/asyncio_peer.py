"""The workloads of the suite on asyncio, or on uvloop.

`python asyncio_peer.py asyncio|uvloop WORKLOAD 1 SAMPLES` prints nanoseconds for each operation
(microseconds of echo), once for each sample.
"""

import asyncio
import functools
import sys
import time
from collections.abc import Awaitable, Callable
from typing import cast

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


async def cancelled() -> float:
    """Nanoseconds for each task of a tree of groups, from the cancel of its root to its end."""
    waiting = 0
    all_wait = asyncio.Event()

    async def branch(depth: int) -> None:
        nonlocal waiting
        waiting += 1
        if waiting == 11_111:
            all_wait.set()
        if depth == 0:
            await asyncio.Event().wait()
        async with asyncio.TaskGroup() as group:
            for _ in range(10):
                group.create_task(branch(depth - 1))

    root = asyncio.create_task(branch(4))
    await all_wait.wait()
    await asyncio.sleep(0)
    begin = time.perf_counter_ns()
    root.cancel()
    await asyncio.wait([root])
    return (time.perf_counter_ns() - begin) / waiting


async def timeout_storm() -> None:
    for _ in range(SPAWNS):
        async with asyncio.timeout(3600):
            await asyncio.sleep(0)


class Answers(asyncio.Protocol):
    """Sends back what comes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not derive from asyncio's
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


class Asks(asyncio.Protocol):
    """Asks so often, and sets `done` with the last answer."""

    transport: asyncio.Transport

    def __init__(self, size: int, rounds: int) -> None:
        self.question, self.rounds, self.got = bytes(size), rounds, 0
        self.done = asyncio.get_running_loop().create_future()

    def begin(self) -> None:
        self.transport.write(self.question)

    def data_received(self, data: bytes) -> None:
        self.got += len(data)
        if self.got < len(self.question):
            return
        self.got = 0
        self.rounds -= 1
        if self.rounds == 0:
            self.done.set_result(None)
        else:
            self.transport.write(self.question)


# connections, bytes each way, round trips in all
TRAFFICS = {
    "echo_1": (1, 16, 5_000),
    "echo_64": (64, 16, 64 * 100),
    "echo_5000": (5000, 16, 5000 * 4),
    "echo_4k": (1, 4096, 5_000),
}


async def echo(links: int, size: int, rounds: int) -> float:
    """Microseconds for each round trip, with protocols: the fastest way on these loops."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answers, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    askers = []
    for _ in range(links):
        make = functools.partial(Asks, size, rounds // links)
        transport, asker = await loop.create_connection(make, "127.0.0.1", port)
        asker.transport = transport
        askers.append(asker)
    begin = time.perf_counter_ns()
    for asker in askers:
        asker.begin()
    await asyncio.gather(*(asker.done for asker in askers))
    us = (time.perf_counter_ns() - begin) / 1e3 / rounds
    for asker in askers:
        asker.transport.abort()
    server.close()
    return us


WORKLOADS: dict[str, tuple[Callable[[], Awaitable[None]], int]] = {
    "spawn_join": (spawn_join, SPAWNS),
    "spawn_await": (spawn_await, SPAWNS),
    "async_call": (async_call, CALLS),
    "py_await": (spawn_await, SPAWNS),
    "py_callback": (async_call, CALLS),
    "timeout_storm": (timeout_storm, SPAWNS),
    "yield_many": (yield_many, 200 * 200),
    "ping_pong": (ping_pong, SPAWNS),
}


async def timed(name: str) -> float:
    if name == "cancel_tree":
        return await cancelled()
    if name in TRAFFICS:
        return await echo(*TRAFFICS[name])
    work, operations = WORKLOADS[name]
    begin = time.perf_counter_ns()
    await work()
    return (time.perf_counter_ns() - begin) / operations


def main() -> int:
    """Runs one workload so many times, each on a loop of its own."""
    loop, name, _workers, samples = sys.argv[1:]
    if name not in {*WORKLOADS, *TRAFFICS, "cancel_tree"}:
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
