"""How large frames are, against the least that the contract allows and the least at all.

200 async functions are generated from a fixed seed: parameters and locals of every size, loops,
branches, built-in waits, and calls whose frames lie inside their callers'.  `bound` counts, for the
worst suspension point, the bytes of what is alive there, packed, with the awaited frame; the
unconstrained bound lets parameters go that are not needed any more before the first poll.
"""

import json
import math
import random
import statistics
import sys
from collections.abc import Iterator

from zyn.driver.load import lower_all
from zyn.driver.queries import Document
from zyn.ir.side_table import FrameLayout

Row = dict[str, object]

FUNCTIONS = 200
SEED = 20_261_120
GOAL_RATIO = 1.05

TYPES = ("i32", "i64", "bool", "u8", "i16", "f64", "f32", "string", "?i32", "Pair", "[3]i32")
VALUES = {
    "i32": "7", "i64": "8", "bool": "true", "u8": "9", "i16": "10", "f64": "1.5", "f32": "2.5",
    "string": '"text"', "?i32": "null", "Pair": "Pair{ .left = 1, .right = 2 }",
    "[3]i32": "[1, 2, 3]",
}  # fmt: skip
HEAD = """const Pair = struct { left: i64, right: i32 };

"""


class Writer:
    """One async function, statement by statement; `callees` are those that may be called."""

    def __init__(self, number: int, chance: random.Random, callees: list[tuple[str, list[str]]]):
        self.chance = chance
        self.callees = callees
        self.name = f"work{number}"
        self.params = [chance.choice(TYPES) for _ in range(chance.randrange(5))]
        self.known = [(f"p{i}", type_) for i, type_ in enumerate(self.params)]
        self.lines: list[str] = []
        self.count = 0

    def text(self) -> str:
        """The whole function; its result depends on what was alive."""
        self.body(2 + self.chance.randrange(6), 1)
        if not any("await" in line for line in self.lines):
            self.lines.append("    await yield_now();")
        params = ", ".join(f"p{i}: {type_}" for i, type_ in enumerate(self.params))
        numbers = [name for name, type_ in self.known if type_ == "i32"]
        result = " + ".join(self.chance.sample(numbers, min(2, len(numbers)))) or "0"
        lines = "\n".join(self.lines)
        return f"async fn {self.name}({params}) i32 {{\n{lines}\n    return {result};\n}}\n\n"

    def body(self, statements: int, depth: int) -> None:
        """Some statements in a scope."""
        before = len(self.known)
        for _ in range(statements):
            self.statement(depth)
        if depth > 1:
            del self.known[before:]

    def value(self, type_: str) -> str:
        """Something of a type, an earlier variable more often than not."""
        same = [name for name, known in self.known if known == type_]
        return self.chance.choice(same) if same and self.chance.random() < 0.7 else VALUES[type_]

    def statement(self, depth: int) -> None:
        """One statement."""
        pad = "    " * depth
        self.count += 1
        kind = self.chance.random()
        if kind < 0.4:
            type_ = self.chance.choice(TYPES)
            self.lines.append(f"{pad}var v{self.count}: {type_} = {self.value(type_)};")
            self.known.append((f"v{self.count}", type_))
        elif kind < 0.55:
            wait = self.chance.choice(("yield_now()", f"delay({self.value('i64')})"))
            self.lines.append(f"{pad}await {wait};")
        elif kind < 0.75 and self.callees:
            name, params = self.chance.choice(self.callees)
            args = ", ".join(self.value(type_) for type_ in params)
            self.lines.append(f"{pad}const v{self.count} = await {name}({args});")
            self.known.append((f"v{self.count}", "i32"))
        elif depth < 3:
            self.nested(pad, depth, loop=kind < 0.88)
        else:
            self.lines.append(f"{pad}await yield_now();")

    def nested(self, pad: str, depth: int, *, loop: bool) -> None:
        """A loop or a branch."""
        if loop:
            counter = f"i{self.count}"
            self.lines.append(f"{pad}var {counter}: i32 = 0;")
            self.known.append((counter, "i32"))
            self.lines.append(f"{pad}while ({counter} < 3) {{")
            self.lines.append(f"{pad}    {counter} += 1;")
        else:
            self.lines.append(f"{pad}if ({self.value('bool')}) {{")
        self.body(1 + self.chance.randrange(3), depth + 1)
        self.lines.append(f"{pad}}}")


def program(functions: int = FUNCTIONS, seed: int = SEED) -> str:
    """So many functions; each may call a few of those before it."""
    chance = random.Random(seed)
    known: list[tuple[str, list[str]]] = []
    text = HEAD
    for number in range(functions):
        near = [one for one in known[-40:] if number % 3]
        writer = Writer(number, chance, chance.sample(near, min(len(near), 3)))
        text += writer.text()
        known.append((writer.name, writer.params))
    return text


def layouts() -> Iterator[FrameLayout]:
    """The frame of every function."""
    for unit in lower_all(Document("zyntax", program().encode())):
        frame = unit.lowered.side_table.frame
        if frame is not None:
            yield frame


def rows() -> Iterator[Row]:
    """Every measurement."""
    frames = list(layouts())
    assert len(frames) == FUNCTIONS
    ratios = sorted(frame.size / frame.bound for frame in frames)
    free = [frame.size / frame.unconstrained_bound for frame in frames]
    yield row("frames.ratio", "size / bound under the contract, geomean", _mean(ratios), GOAL_RATIO)
    yield row("frames.ratio.p90", "the same, p90", ratios[round(0.9 * (FUNCTIONS - 1))])
    yield row("frames.ratio.max", "the same, worst", ratios[-1])
    exact = sum(frame.size == frame.bound for frame in frames) / FUNCTIONS
    yield row("frames.at_bound", "share of frames as small as the bound", exact)
    yield row("frames.free_ratio", "size / unconstrained bound, geomean", _mean(free))
    size = statistics.median(frame.size for frame in frames)
    yield row("frames.size", "size, median", size) | {"unit": "B"}


def _mean(ratios: list[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, ratios)))


def row(name: str, workload: str, value: float, goal: float | None = None) -> Row:
    """A measurement as `benchmarks/run.py` reads it."""
    found: Row = {"id": name, "name": name, "workload": workload, "value": round(value, 4)}
    found["unit"] = "x"
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
