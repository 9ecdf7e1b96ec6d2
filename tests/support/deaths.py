"""Debuggees that die: a file that Python runs as it starts makes the process end in a chosen way.

`mortal(folder, how, when)` gives the environment for it.  It acts only in a debuggee, which it
knows by its token, so that an adapter with the same environment lives.
"""

import os
from pathlib import Path

LAST_WORDS = "the last words, with an é"
_SITE = """
import ctypes, os, signal, sys, threading

HOW, WHEN = os.environ.get("ZYN_TEST_HOW", ""), os.environ.get("ZYN_TEST_WHEN", "")


def die():
    if HOW == "import":
        sys.modules["msgspec"] = None
        return
    if HOW == "hang":
        open(os.environ["ZYN_TEST_FIFO"]).read()
    lines = "".join(f"line {n}\\n" for n in range(1000))
    os.write(2, (lines + "LAST_WORDS\\n").encode())
    if HOW == "segv":
        ctypes.string_at(0)
    elif HOW == "abort":
        os.abort()
    elif HOW == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif HOW == "exit":
        os._exit(7)
    elif HOW == "well":
        os._exit(0)


def on_event(name, arguments):
    if name == "open" and str(arguments[0]).endswith(".zyntax"):
        die()


def wait():
    open(os.environ["ZYN_TEST_FIFO"]).read()
    die()


if "ZYN_DEBUG_TOKEN" in os.environ and HOW:
    if WHEN == "start":
        die()
    elif WHEN == "told":
        threading.Thread(target=wait, daemon=True).start()
    elif WHEN == "greeted":
        threading.Thread.start = lambda thread: die()
    else:
        sys.addaudithook(on_event)
"""


def mortal(folder: Path, how: str, when: str) -> dict[str, str]:
    """Environment variables of a process that dies.

    how   import (a module that it needs is not there), segv (in native code), abort, kill, exit
          (with code 7), well (with code 0), hang (it does not, but goes no further)
    when  start (before it greets the debugger), greeted (the debugger was greeted and nothing is
          loaded), loading (as it reads the program), told (when `tell` says so)
    """
    (folder / "sitecustomize.py").write_text(_SITE.replace("LAST_WORDS", LAST_WORDS), "utf-8")
    fifo = folder / "told"
    if when == "told" or how == "hang":
        os.mkfifo(fifo)
    return {
        "PYTHONPATH": str(folder),
        "ZYN_TEST_HOW": how,
        "ZYN_TEST_WHEN": when,
        "ZYN_TEST_FIFO": str(fifo),
    }


def tell(folder: Path) -> None:
    """Let a process that waits to be told die; returns when it is about to."""
    with open(folder / "told", "w", encoding="utf-8"):
        pass
