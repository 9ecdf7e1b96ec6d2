"""What is measured: the rows of the suite, their peers and their goals.

A row is a workload that several programs know by its name.  `id` is its number in the suite;
rows of seed 001's own claims have the id `001`.  Ratios are above 1 where we are better.
"""

from dataclasses import dataclass, field
from typing import Final

OURS: Final = ("ours (C)", "ours (Zyntax)")
# Programs of one thread: they have no row with two workers.
SINGLE: Final = ("node", "asyncio", "uvloop", "floor")


@dataclass(frozen=True)
class Goal:
    """A ratio to reach: `first` comes first, `last` is where it ends."""

    last: float
    first: float | None = None


@dataclass(frozen=True)
class Workload:
    """One row.  `peers` are programs, `fixed` are limits that are numbers and need no run."""

    id: str
    name: str
    unit: str
    what: str
    peers: tuple[str, ...]
    goals: dict[str, Goal] = field(default_factory=dict)
    fixed: dict[str, float] = field(default_factory=dict)
    workers: tuple[int, ...] = (1, 2)
    samples: int = 5  # of one run of a program; each is a measurement
    more_is_better: bool = False
    scales: str | None = None  # not run: how the workload of this name gains from two workers


RUST = ("tokio", "async-executor")
LOOPS = ("asyncio", "uvloop")
NET = ("tokio", "go", "node", *LOOPS, "floor")

WORKLOADS: Final = (
    Workload(
        "A1", "spawn_join", "ns", "100,000 tasks that do nothing, spawned by a task; join all",
        (*RUST, "go", "node", *LOOPS), {"tokio": Goal(10, 3), "go": Goal(8)},
    ),
    Workload(
        "A2", "spawn_await", "ns", "spawn a task and await it, 100,000 times",
        (*RUST, "go", *LOOPS), {"tokio": Goal(10, 3)},
    ),
    Workload(
        "A2", "chained_spawn", "ns", "each of 100,000 tasks spawns the next one",
        (*RUST, "go"), {"tokio": Goal(10, 3)},
    ),
    Workload(
        "A3", "async_call", "ns", "await an async function that does not wait, 1 M times",
        ("tokio", "node", *LOOPS), {"node": Goal(15), "asyncio": Goal(30)},
    ),
    Workload(
        "A4", "yield_many", "ns", "200 tasks that give way 1,000 times each",
        (*RUST, "go", "node", *LOOPS), {"tokio": Goal(8, 3)},
    ),
    Workload(
        "A5", "ping_pong", "ns", "two tasks, two channels of 1: 100,000 rounds",
        (*RUST, "go", *LOOPS), {"go": Goal(5, 2)},
    ),
    Workload(
        "A6", "chan_1p1c", "ns", "a channel of 128: 1 M messages from one task to another",
        (*RUST, "go"), {"go": Goal(5, 2)},
    ),
    Workload(
        "A6", "chan_4p4c", "ns", "the same with 4 senders and 4 receivers",
        (*RUST, "go"), {"go": Goal(3)},
    ),
    Workload(
        "A6", "chan_64p64c", "ns", "the same with 64 senders and 64 receivers", (*RUST, "go"),
    ),
    Workload(
        "A7", "skynet", "ns", "a tree of 1.1 M tasks, ten to each; the sum of the leaves",
        (*RUST, "rayon", "go"), {"tokio": Goal(14, 3), "go": Goal(20)}, samples=3,
    ),
    Workload(
        "A8", "fib", "ns", "fib(25): one half of every call is a task, the other is awaited",
        ("tokio", "rayon", "go", "node"), {"rayon": Goal(1 / 1.05)},
    ),
    Workload(
        "A8", "nqueens", "ns", "all boards of 9 queens, a task for each",
        ("tokio", "rayon", "go"), {"rayon": Goal(1 / 1.05)},
    ),
    Workload(
        "A8", "uts", "ns", "an unbalanced tree of 110,477 nodes, a task for each",
        ("tokio", "rayon", "go"), {"rayon": Goal(1 / 1.05)},
    ),
    Workload(
        "A8", "matmul", "ns", "256 x 256 by quadrants, a task for each: a product of 16 x 16",
        ("tokio", "rayon"), {"rayon": Goal(1 / 1.05)},
    ),
    Workload(
        "A9", "sleepers", "ns", "100,000 tasks sleep 1 to 100 ms; the time above 100 ms",
        (*RUST, "go"), {"tokio": Goal(8)}, samples=3,
    ),
    Workload(
        "A10", "mem_pending", "bytes", "a million tasks that wait for ever: resident memory",
        (*RUST, "go"), {"tokio": Goal(3), "limit": Goal(64 / 48, 1)}, {"limit": 64}, samples=1,
    ),
    Workload(
        "A10", "mem_sleeping", "bytes", "a million tasks that sleep: resident memory",
        (*RUST, "go"), {"tokio": Goal(16), "limit": Goal(1.3, 1)}, {"limit": 104}, samples=1,
    ),
    Workload(
        "001", "mem_100k", "bytes", "100,000 tasks that sleep, at once: resident memory",
        ("tokio", "go"), {"seed": Goal(1)}, {"seed": 200}, samples=1,
    ),
    Workload(
        "A11", "wake_parked", "ns", "a thread wakes a task that waits, its worker is parked",
        (*RUST, "go", "floor"), {"floor": Goal(1 / 1.15, 1 / 1.3), "seed": Goal(1)},
        {"seed": 100_000}, samples=1,
    ),
    Workload(
        "A11", "wake_busy", "ns", "the same, with tasks that keep every worker busy",
        (*RUST, "go"), samples=1,
    ),
    Workload(
        "A12", "scale_spawn_join", "of 1", "spawn_join: what of the second worker is used",
        (*RUST, "go"), {"limit": Goal(0.95)}, {"limit": 1}, workers=(2,), more_is_better=True,
        scales="spawn_join",
    ),
    Workload(
        "A12", "scale_chan_4p4c", "of 1", "chan_4p4c: what of the second worker is used",
        (*RUST, "go"), {"limit": Goal(0.95)}, {"limit": 1}, workers=(2,), more_is_better=True,
        scales="chan_4p4c",
    ),
    Workload(
        "A12", "scale_skynet", "of 1", "skynet: what of the second worker is used",
        (*RUST, "go"), {"limit": Goal(0.95)}, {"limit": 1}, workers=(2,), more_is_better=True,
        scales="skynet",
    ),
    Workload(
        "A13", "echo_1", "us", "TCP over loopback: 16 bytes there and back, one connection",
        NET, {"floor": Goal(1 / 1.15), "go": Goal(1.2), "uvloop": Goal(1.2), "asyncio": Goal(4.5)},
        samples=3,
    ),
    Workload(
        "A13", "echo_64", "us", "the same on 64 connections at once", NET, samples=3,
    ),
    Workload(
        "A13", "echo_5000", "us", "the same on 5,000 connections at once",
        NET, {"tokio": Goal(1.5)}, samples=3,
    ),
    Workload(
        "A13", "echo_10000", "us", "the same on 10,000, with who answers in another process",
        ("tokio", "go"), {"tokio": Goal(1.5)}, samples=1,
    ),
    Workload(
        "A13", "echo_4k", "us", "4 KiB there and back, one connection", NET, samples=3,
    ),
    Workload(
        "A14", "mutex", "ns", "1,000 tasks take one lock 100 times each",
        (*RUST, "go"), {"tokio": Goal(5)},
    ),
    Workload(
        "A14", "mutex_alone", "ns", "one task takes a lock that nobody else wants, 1 M times",
        (*RUST, "go", "floor"), {"floor": Goal(1 / 1.2)},
    ),
    Workload(
        "A15", "cancel_tree", "ns", "a tree of 1.1 M tasks, ten to each, is cancelled at its root",
        ("tokio", "go", *LOOPS), {"tokio": Goal(10)}, samples=1,
    ),
    Workload(
        "A15", "select_losers", "ns", "a select whose second promise never comes, 100,000 times",
        ("tokio", "go"),
    ),
    Workload(
        "A15", "timeout_storm", "ns", "100,000 limits of an hour that are kept at once",
        ("tokio", "go", *LOOPS),
    ),
    Workload(
        "A16", "embedded_turns", "ns", "a step of 16 tasks that wake themselves",
        ("floor",), {"floor": Goal(1 / 1.3)}, workers=(1,),
    ),
    Workload(
        "A16", "embedded_bursts", "ns", "a step of 16 tasks that are woken together",
        ("floor",), {"floor": Goal(1 / 1.3)}, workers=(1,),
    ),
    Workload(
        "A16", "embedded_bytes", "bytes", "the scheduler, for 16 tasks",
        (), {"limit": Goal(1)}, {"limit": 512}, workers=(1,), samples=1,
    ),
    Workload(
        "A17", "py_await", "ns", "asyncio awaits a compiled function that is ready at once",
        LOOPS, {"uvloop": Goal(40)}, workers=(1,),
    ),
    Workload(
        "A17", "py_callback", "ns", "a call of a compiled function that awaits a Python function",
        LOOPS, workers=(1,),
    ),
)  # fmt: skip
