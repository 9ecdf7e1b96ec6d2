"""How long it takes until code can be called: from IR, from source, and from a command line.

1,000 small functions in one module, a third of them async; times are per function, medians of
several runs, and of the processor, so that a busy machine does not matter.  "IR" is what lowering
built: its passes are timed with code generation and linking.  `zyn run` is measured on the wall,
from the start of a new process to its end.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from zyn.codegen import Unit
from zyn.driver.frames import build, calls_of
from zyn.driver.load import Engine, lower_all
from zyn.driver.queries import Document
from zyn.ir.transform import CalleeLayout, lower
from zyn.sema.facts import FunctionFacts

Row = dict[str, object]

FUNCTIONS = 1_000
RUNS = 7
PROCESS_RUNS = 9
GOAL_IR_MS = 0.15
GOAL_RUN_MS = 150.0

TEMPLATES = (
    """fn area{0}(width: i32, height: i32) i32 {{
    const inner = (width - 2) * (height - 2);
    return width * height - inner;
}}
""",
    """fn clamp{0}(value: i64, low: i64, high: i64) i64 {{
    if (value < low) {{
        return low;
    }} else if (value > high) {{
        return high;
    }}
    return value;
}}
""",
    """async fn step{0}(n: i32) i32 {{
    const before = n + {0};
    await yield_now();
    return before * 2;
}}
""",
    """fn sum{0}(limit: i32) i32 {{
    var total: i32 = 0;
    var i: i32 = 0;
    while (i < limit) {{
        total += i;
        i += 1;
    }}
    return total;
}}
""",
    """fn mean{0}(a: f64, b: f64) f64 {{
    return (a + b) / 2.0;
}}
""",
    """async fn after{0}(ms: i64, n: i32) i32 {{
    await delay(ms);
    return n;
}}
""",
)

SMALL_FILE = """const Reading = struct { sensor: i32, value: f64 };

async fn read(sensor: i32) Reading {
    await yield_now();
    return Reading{ .sensor = sensor, .value = 20.5 };
}

async fn average(count: i32) f64 {
    var total: f64 = 0.0;
    var i: i32 = 0;
    while (i < count) {
        const reading = await read(i);
        total += reading.value;
        i += 1;
    }
    return total / 4.0;
}

async fn main() f64 {
    return await average(4);
}
"""


def program(functions: int = FUNCTIONS) -> bytes:
    """So many functions."""
    parts = [TEMPLATES[number % len(TEMPLATES)].format(number) for number in range(functions)]
    return "\n".join(parts).encode()


def median_ms(measure: Callable[[], float], runs: int = RUNS) -> float:
    """The middle of several measurements, given in seconds."""
    measure()
    return statistics.median(measure() for _ in range(runs)) * 1e3


def from_ir(data: bytes, engine: Engine) -> tuple[float, float]:
    """Seconds for the passes over built IR, and for code generation and linking behind them."""
    document = Document("zyntax", data)
    document.diagnostics()
    functions = [
        (build(placed.state), placed)
        for placed in document.items
        if isinstance(document.facts(placed), FunctionFacts) and not calls_of(placed.state)
    ]
    started = time.process_time()
    units = [Unit(lower(f, nothing), placed.line, placed.offset) for f, placed in functions]
    lowered = time.process_time()
    engine.load_units(units)
    return lowered - started, time.process_time() - lowered


def nothing(_name: str) -> CalleeLayout | None:
    """The functions call nobody whose frame could lie in theirs."""
    return None


def from_source(data: bytes, engine: Engine) -> float:
    """Seconds from text to callable."""
    started = time.process_time()
    engine.load(data)
    return time.process_time() - started


def front_half(data: bytes) -> float:
    """Seconds from text to lowered functions."""
    started = time.process_time()
    lower_all(Document("zyntax", data))
    return time.process_time() - started


def run_process(folder: str, *, warm: bool) -> float:
    """Seconds of one `zyn run`."""
    file = Path(folder) / "average.zyntax"
    file.write_text(SMALL_FILE, encoding="utf-8")
    cache = tempfile.mkdtemp(dir=folder) if not warm else str(Path(folder) / "cache")
    environment = os.environ | {"ZYN_CACHE_DIR": cache}
    command = [sys.executable, "-m", "zyn", "run", str(file)]
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - started
    assert done.stdout == "20.5\n", done
    return seconds


def rows() -> Iterator[Row]:
    """Every measurement."""
    data = program()
    share = 1 / FUNCTIONS
    for name, engine in (("baseline", Engine()), ("llvm", Engine(baseline=False))):
        times = [from_ir(data, engine) for _ in range(RUNS + 1)][1:]
        passes = statistics.median(first for first, _ in times) * 1e3 * share
        behind = statistics.median(second for _, second in times) * 1e3 * share
        goal = GOAL_IR_MS if name == "baseline" else None
        yield row(
            f"compile.ir.{name}", "IR to callable, a function of 1,000", passes + behind, goal
        )
        yield row(f"compile.passes.{name}", "of that: passes over the IR", passes)
        source = median_ms(partial(from_source, data, engine)) * share
        yield row(f"compile.source.{name}", "source to callable, a function of 1,000", source)
    front = median_ms(lambda: front_half(data)) * share
    yield row("compile.front", "source to lowered IR, a function of 1,000", front)
    with tempfile.TemporaryDirectory() as folder:
        warm = median_ms(lambda: run_process(folder, warm=True), PROCESS_RUNS)
        yield row("run.warm", "zyn run, 20 lines, new process, caches warm", warm, GOAL_RUN_MS)
        cold = median_ms(lambda: run_process(folder, warm=False), PROCESS_RUNS)
        yield row("run.cold", "zyn run, 20 lines, new process, nothing cached", cold)


def row(name: str, workload: str, value: float, goal: float | None = None) -> Row:
    """A measurement as `benchmarks/run.py` reads it."""
    found: Row = {"id": name, "name": name, "workload": workload, "value": round(value, 4)}
    found["unit"] = "ms"
    if goal is not None:
        found["goal"] = goal
    return found


def main() -> int:
    """Print one line of JSON per measurement."""
    for found in rows():
        print(json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
