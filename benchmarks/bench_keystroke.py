"""How long an editor waits after a key: edit, hints of 100 visible lines, diagnostics of the file.

A file of 10,000 lines gets 1,000 random printable characters, braces and quotes more often than
others, and keeps them all, so that it ends with hundreds of mistakes.  Measured twice: at the
queries inside one process, and end to end against `zyn-lsp` over stdio, JSON and all.
"""

import json
import random
import re
import string
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from zyn.driver.queries import Document
from zyn.ide.hints import hints
from zyn.lsp.memory import Collector

LINES = 10_000
EDITS = 1_000
VISIBLE_LINES = 100
COLLECT_EVERY = 10  # Keys without a quiet moment between them.
SEED = 20_261_120
GOAL_P50_MS = 8.0
GOAL_P99_MS = 30.0

STRUCTURAL = '{}"/'
HEAD = 64  # Bytes of an answer in which its id stands.

KEYS = string.ascii_letters + string.digits + string.punctuation + " " + STRUCTURAL * 6

SERVER = [sys.executable, "-c", "import sys; from zyn.lsp import main; sys.exit(main())"]

Row = dict[str, object]


def program(lines: int = LINES) -> str:
    """A correct program of about that many lines: functions that await some of those before."""
    text: list[str] = []
    count = 0
    number = 0
    while count < lines:
        part = _function(number)
        text.append(part)
        count += part.count("\n")
        number += 1
    return "".join(text)


def _function(number: int) -> str:
    if number % 10 == 0:
        return f"const Point{number} = struct {{\n    x: i32,\n    y: f64,\n}};\n\n"
    if number % 10 == 1:
        return (
            f"fn plain{number}(a: i32, b: i32) i32 {{\n"
            f"    if (a > b) {{\n        return a - b;\n    }}\n"
            f"    return a + b * {number};\n}}\n\n"
        )
    # Chains of at most seven, as programs have them.
    callee = f"step{number - 1}(x, count)" if number % 10 > 3 else "leaf(x)"
    if callee == "leaf(x)":
        callee = f"step{number}(x, count - 1)"
    return (
        f"// Step {number} of the work.\n"
        f"async fn step{number}(a: i32, count: i32) i32 {{\n"
        f"    const x = a * 2 + {number};\n"
        f"    var total: i32 = plain{number // 10 * 10 + 1}(a, count);\n"
        f"    var i: i32 = 0;\n"
        f"    while (i < count) {{\n"
        f"        await delay({number});\n"
        f"        total = total + await {callee};\n"
        f"        i += 1;\n"
        f"    }}\n"
        f"    if (total > 100) {{\n"
        f"        return total - x;\n"
        f"    }}\n"
        f"    return total + x;\n"
        f"}}\n\n"
    )


def keys(edits: int = EDITS, seed: int = SEED) -> Iterator[tuple[float, str]]:
    """Where in the file (0 to 1) and which character, the same each time."""
    chance = random.Random(seed)
    for _ in range(edits):
        yield chance.random(), chance.choice(KEYS)


def percentiles(times: list[float]) -> tuple[float, float, float]:
    """p50, p90 and p99 in milliseconds."""
    ordered = sorted(times)
    last = len(ordered) - 1
    p50, p90, p99 = (ordered[round(last * share)] * 1e3 for share in (0.5, 0.9, 0.99))
    return p50, p90, p99


def at_the_queries() -> list[float]:
    """Seconds for each edit, inside this process; the collector runs when the server lets it."""
    document = Document("zyntax", program().encode())
    document.diagnostics()
    hints(document, 0, len(document.data))
    collector = Collector()
    collector.take_over()
    times: list[float] = []
    for number, (where, key) in enumerate(keys(), 1):
        at = int(where * len(document.data))
        line = document.text.line_of(at)
        started = time.perf_counter()
        document.edit(at, at, key.encode())
        starts = document.text.starts
        first = starts[max(line - VISIBLE_LINES // 2, 0)]
        last = starts[min(line + VISIBLE_LINES // 2, len(starts) - 1)]
        hints(document, first, last)
        document.diagnostics()
        times.append(time.perf_counter() - started)
        if number % COLLECT_EVERY == 0:
            collector.collect()
    return times


class Client:
    """An editor over stdio that sends one message at a time and waits for its answer."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._ids = 0

    def notify(self, method: str, params: object) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: object) -> int:
        self._ids += 1
        self._send({"jsonrpc": "2.0", "id": self._ids, "method": method, "params": params})
        return self._ids

    def answer(self, message_id: int) -> bytes:
        """The answer as it came: what an editor does with it is the editor's time."""
        output = self._server.stdout
        assert output is not None
        wanted = re.compile(rb'"id":\s*%d\b' % message_id)
        while True:
            size = 0
            while line := output.readline().strip():
                size = int(line.rpartition(b":")[2])
            message = output.read(size)
            if wanted.search(message, 0, HEAD):
                return message

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self._server.stdin is not None
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._server.stdin.flush()

    def close(self) -> None:
        self.answer(self.ask("shutdown", None))
        self.notify("exit", None)
        self._server.wait()


def end_to_end() -> list[float]:
    """Seconds for each edit, from sending it to having hints and diagnostics."""
    client = Client()
    capabilities: dict[str, Any] = {"textDocument": {"diagnostic": {}}}
    client.answer(client.ask("initialize", {"processId": None, "capabilities": capabilities}))
    client.notify("initialized", {})
    text = program()
    uri = "file:///keystroke.zyntax"
    item = {"uri": uri, "languageId": "zyntax", "version": 1, "text": text}
    client.notify("textDocument/didOpen", {"textDocument": item})
    document = {"uri": uri}
    client.answer(client.ask("textDocument/diagnostic", {"textDocument": document}))
    times: list[float] = []
    for version, (where, key) in enumerate(keys(), 2):
        at = int(where * len(text))
        line = text.count("\n", 0, at)
        column = at - (text.rfind("\n", 0, at) + 1)
        text = text[:at] + key + text[at:]
        place = {"line": line, "character": column}
        change = {"range": {"start": place, "end": place}, "text": key}
        first = max(line - VISIBLE_LINES // 2, 0)
        visible = {
            "start": {"line": first, "character": 0},
            "end": {"line": first + VISIBLE_LINES, "character": 0},
        }
        started = time.perf_counter()
        client.notify(
            "textDocument/didChange",
            {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]},
        )
        hint = client.ask("textDocument/inlayHint", {"textDocument": document, "range": visible})
        report = client.ask("textDocument/diagnostic", {"textDocument": document})
        client.answer(hint)
        client.answer(report)
        times.append(time.perf_counter() - started)
    client.close()
    return times


def opening() -> list[float]:
    """Seconds from a text to its first hints and all diagnostics, a few times."""
    data = program().encode()
    times: list[float] = []
    for _ in range(3):
        started = time.perf_counter()
        document = Document("zyntax", data)
        hints(document, 0, document.text.starts[VISIBLE_LINES])
        document.diagnostics()
        times.append(time.perf_counter() - started)
    return times


def run() -> list[Row]:
    """Every measurement as a row."""
    rows: list[Row] = []
    p50 = min(opening()) * 1e3
    rows.append(_row("keystroke.open", "open 10,000 lines: hints of 100, diagnostics", p50, None))
    rows += _rows("keystroke.query", "edit, hints, diagnostics", at_the_queries)
    rows += _rows("keystroke.lsp", "the same through zyn-lsp, stdio and JSON", end_to_end)
    return rows


def _rows(name: str, what: str, measure: Callable[[], list[float]]) -> list[Row]:
    p50, p90, p99 = percentiles(measure())
    return [
        _row(f"{name}.p50", what, p50, GOAL_P50_MS),
        _row(f"{name}.p90", what, p90, None),
        _row(f"{name}.p99", what, p99, GOAL_P99_MS),
    ]


def _row(name: str, workload: str, value: float, goal: float | None) -> Row:
    row: Row = {"id": name, "name": name, "workload": workload, "value": round(value, 3)}
    row["unit"] = "ms"
    if goal is not None:
        row["goal"] = goal
    return row


def main() -> int:
    """Print one line of JSON per measurement."""
    for row in run():
        print(json.dumps(row), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
