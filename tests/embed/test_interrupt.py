"""Ctrl-C while native code runs.  The order is: the child says that it runs, then the signal."""

import os
import signal
import subprocess
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("signals are not sent between processes here", allow_module_level=True)

PROGRAM = """
import sys, signal, asyncio
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs begin with none
from zyn.embed import Promise, PromiseAll, Runtime

runtime = Runtime()
runtime.load_module('''
fn spin() void {{ while (true) {{}} }}
async fn spin_async() void {{ while (true) {{}} }}
async fn spin_later() void {{ await yield_now(); while (true) {{}} }}
async fn stuck() void {{ await delay(3600000); }}
fn one() i32 {{ return 1; }}
''')

def running(_):
    print("running", flush=True)
    return 1

# The machine is polled in the same turn, just before the function that never comes back.
marker = Promise.from_poll_fn(None, running, runtime=runtime)
try:
    {body}
except KeyboardInterrupt:
    # The runtime can be used as before.
    assert runtime.call("one") == 1
    print("interrupted", flush=True)
runtime.close()
print("closed", flush=True)
"""

BODIES = {
    "a direct call": "marker.poll(); runtime.call('spin')",
    "a poll": "marker.poll(); runtime.call_async('spin_async').poll()",
    "an awaited result": "marker.poll(); runtime.call_async('spin_async').await_result()",
    "a parked wait": "marker.poll(); runtime.call_async('stuck').await_result()",
    "asyncio": (
        "spin = runtime.call_async('spin_async')\n"
        "    async def wait(): await asyncio.gather(marker, spin)\n"
        "    asyncio.run(wait())"
    ),
    "asyncio's main task": (
        "spin = runtime.call_async('spin_async')\n"
        "    async def wait(): await marker; await spin\n"
        "    asyncio.run(wait())"
    ),
    "asyncio with workers": (
        "team = Runtime(workers=2)\n"
        "    team.load_module('async fn spin() void { while (true) {} }')\n"
        "    async def wait(): await marker; await team.call_async('spin')\n"
        "    asyncio.run(wait())"
    ),
    "a turn of asyncio's loop": (
        "spin = runtime.call_async('spin_later')\n"
        "    async def wait(): await asyncio.gather(marker, spin)\n"
        "    asyncio.run(wait())"
    ),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_an_interrupt_ends_what_runs(body: str) -> None:
    child = subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-c", PROGRAM.format(body=body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "running\n"
    os.kill(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=120)
    assert (out, err, child.returncode) == ("interrupted\nclosed\n", "", 0)


def test_a_handler_of_the_host_runs_and_the_task_fails() -> None:
    program = PROGRAM.format(
        body=(
            "signal.signal(signal.SIGINT, lambda *_: print('handled', flush=True))\n"
            "    spin = runtime.call_async('spin_async')\n"
            "    PromiseAll([marker, spin]).poll()\n"
            "    print(spin.state.code, flush=True)"
        )
    )
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "running\n"
    os.kill(child.pid, signal.SIGINT)
    assert child.communicate(timeout=120)[0] == "handled\ninterrupted\nclosed\n"


def test_a_call_does_not_show_the_handler() -> None:
    """asyncio's handler would show its main task, which takes longer than the call."""
    body = """class Handler:
        def __call__(self, *_): pass
        def __repr__(self): raise AssertionError("shown")
    signal.signal(signal.SIGINT, Handler())
    assert runtime.call('one') == 1"""
    code = PROGRAM.format(body=body)
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert (result.stdout, result.stderr, result.returncode) == ("closed\n", "", 0)
