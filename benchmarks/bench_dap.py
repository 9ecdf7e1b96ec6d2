"""How long a step takes at the protocol, and what an attached debugger costs that does nothing.

A step is measured at the client: from the request being written to the `stopped` event having been
read, over the adapter's standard streams, with the debuggee in its own process.  The idle cost
compares the same calls in one process with a debugger attached and without, in turns.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, object]

STEPS = 1000
ROUNDS = 10
CALLS = 10
GOAL_P50_MS = 1.0
GOAL_P99_MS = 5.0
GOAL_RATIO = 1.02

STEPPED = """\
async fn main() i64 {
    var i: i64 = 0;
    var total: i64 = 0;
    while (i < 1000000) {
        i = i + 1;
        total = total + i;
        await yield_now();
    }
    return total;
}
"""

SPINNING = """\
fn mix(x: i64) i64 {
    return (x * 31 + 7) % 65521;
}

fn compute(n: i64) i64 {
    var i: i64 = 0;
    var x: i64 = 1;
    while (i < n) {
        x = mix(x + i);
        i = i + 1;
    }
    return x;
}

async fn polls(n: i64) i64 {
    var i: i64 = 0;
    while (i < n) {
        await yield_now();
        i = i + 1;
    }
    return i;
}
"""

HOST = """\
import sys, time
from zyn.embed import Runtime, listen
with Runtime() as runtime, open(sys.argv[1]) as source:
    runtime.load_module(source.read())
    listener = listen(0, runtime=runtime)
    print(listener.port, flush=True)
    for line in sys.stdin:
        name, count = line.split()
        started = time.perf_counter()
        runtime.call(name, int(count))
        print(time.perf_counter() - started, flush=True)
"""


class Adapter:
    """A blocking client, so that the client's own time is small and steady."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from zyn.dap import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.seq = 0

    def send(self, command: str, arguments: object) -> None:
        """Write a request."""
        self.seq += 1
        message = {"seq": self.seq, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        """Read one message."""
        assert self.process.stdout is not None
        length = int(self.process.stdout.readline().split(b":")[1])
        self.process.stdout.readline()
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return message

    def request(self, command: str, arguments: object) -> dict[str, Any]:
        """Write a request and read up to its response."""
        self.send(command, arguments)
        while True:
            message = self.read()
            if message["type"] == "response" and message["request_seq"] == self.seq:
                assert message["success"], message
                return message

    def stopped(self) -> dict[str, Any]:
        """Read up to the next stop."""
        while True:
            message = self.read()
            if message.get("event") == "stopped":
                body: dict[str, Any] = message["body"]
                return body


@contextmanager
def adapter(**attach_or_launch: object) -> Iterator[Adapter]:
    """An adapter with a program, before configurationDone."""
    client = Adapter()
    client.request("initialize", {"adapterID": "zyn"})
    command = "launch" if "program" in attach_or_launch else "attach"
    client.request(command, attach_or_launch)
    yield client
    client.request("disconnect", {})
    client.process.wait()


def step_times(program: Path, command: str, arguments: dict[str, object]) -> list[float]:
    """Seconds of each of many steps."""
    times = []
    with adapter(program=str(program), stopOnEntry=True) as client:
        client.request("configurationDone", {})
        thread = client.stopped()["threadId"]
        for index in range(STEPS + 50):
            started = time.perf_counter()
            client.send(command, {"threadId": thread, **arguments})
            client.stopped()
            if index >= 50:
                times.append(time.perf_counter() - started)
    return times


def idle_ratio(program: Path, call: str) -> tuple[float, float]:
    """Seconds of a call without a debugger, and how many times that it takes with one."""
    host = subprocess.Popen(
        [sys.executable, "-c", HOST, str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert host.stdin is not None
    assert host.stdout is not None
    port = int(host.stdout.readline())

    def measure() -> float:
        assert host.stdin is not None
        assert host.stdout is not None
        times = []
        for _ in range(CALLS):
            host.stdin.write(call + "\n")
            host.stdin.flush()
            times.append(float(host.stdout.readline()))
        return min(times)

    measure()
    alone, attached = [], []
    for _ in range(ROUNDS):
        alone.append(measure())
        with adapter(port=port) as client:
            client.request("configurationDone", {})
            attached.append(measure())
    host.stdin.close()
    host.wait()
    # The shortest of each, since whatever else the machine does only ever adds.
    return min(alone), min(attached) / min(alone)


def run() -> list[Row]:
    """Every measurement as a row."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        stepped, spinning = Path(folder, "stepped.zyntax"), Path(folder, "spinning.zyntax")
        stepped.write_text(STEPPED, encoding="utf-8")
        spinning.write_text(SPINNING, encoding="utf-8")
        for name, command, arguments in (
            ("line", "next", {}),
            ("statement", "next", {"granularity": "statement"}),
            ("poll", "zyn/step", {"granularity": "poll"}),
        ):
            times = sorted(step_times(stepped, command, dict(arguments)))
            what = f"{STEPS} steps by {name}"
            p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
            rows.append(_row(f"dap.step.{name}.p50", what, "ms", p50 * 1e3, GOAL_P50_MS))
            rows.append(_row(f"dap.step.{name}.p99", what, "ms", p99 * 1e3, GOAL_P99_MS))
        for name, call in (("compute", "compute 3000000"), ("polls", "polls 1000000")):
            base, ratio = idle_ratio(spinning, call)
            what = f"{call}, {base * 1e3:.1f} ms unattached"
            rows.append(_row(f"dap.idle.{name}", what, "x", ratio, GOAL_RATIO))
    return rows


def _row(name: str, workload: str, unit: str, value: float, goal: float) -> Row:
    return {
        "id": name,
        "name": name,
        "workload": workload,
        "unit": unit,
        "value": round(value, 3),
        "goal": goal,
    }


def main() -> int:
    """Print one line of JSON per measurement."""
    for row in run():
        print(json.dumps(row), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
