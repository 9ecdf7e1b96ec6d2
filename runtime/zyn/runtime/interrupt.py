"""Ctrl-C while native code runs on the main thread.

A Python signal handler runs between two bytecodes, and there are none while a program loops in
machine code.  So a handler of the runtime goes in front of the C half of Python's (sigint.c): it
asks what runs on the main thread to end.  The native call then returns, and the Python handler
(KeyboardInterrupt, unless the host chose another) runs as usual.

Nothing on other threads: Python delivers no signal there.
"""

import threading
from threading import get_ident

from zyn.runtime.load import library

_MAIN_THREAD = threading.main_thread().ident


def look() -> int:
    """To be called before each native call that runs code; gives how many interrupts came so far.

    When it returns, Python handlers have run for all of these; one that comes afterwards and before
    the native call has begun ends that call.
    """
    if get_ident() != _MAIN_THREAD:
        return 0
    # Handlers run when a call has returned, hence here at the latest.
    signals: int = library().zyn_sigint_look()
    return signals
