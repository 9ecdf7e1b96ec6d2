"""What is measured: the rows of the suite, their peers and their goals.

A row is a workload that several programs know by its name.  `id` is its number in the suite;
rows of seed 001's own claims have the id `001`.  Ratios are above 1 where we are better.
"""

from dataclasses import dataclass, field
from typing import Final

OURS: Final = ("ours (C)", "ours (Zyntax)")
# Programs of one thread: they have no row with two workers.
SINGLE: Final = ("node", "asyncio", "uvloop")


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


RUST = ("tokio", "async-executor")
LOOPS = ("asyncio", "uvloop")

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
        (*RUST, "go"), {"tokio": Goal(14, 3), "go": Goal(20)}, samples=3,
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
        "A14", "mutex", "ns", "1,000 tasks take one lock 100 times each",
        (*RUST, "go"), {"tokio": Goal(5)},
    ),
    Workload(
        "A14", "mutex_alone", "ns", "one task takes a lock that nobody else wants, 1 M times",
        (*RUST, "go"),
    ),
)  # fmt: skip
