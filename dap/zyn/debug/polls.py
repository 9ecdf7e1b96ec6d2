"""Records of polls as the runtime writes them: ZynPollRecord of zynrt.h."""

from collections.abc import Sequence

from zyn.debug.model import PollRecord, Wake
from zyn.runtime import abi


def table_of(record: Sequence[int]) -> int:
    """The side table of the function that was polled."""
    return record[3]


def poll_record(record: Sequence[int], function: str) -> PollRecord:
    """A record in words; `function` is the name of `table_of`."""
    task, begin_ns, length_ns, _, before, after, wake, woken_ns, waker = record
    return PollRecord(
        task=task,
        function=function,
        begin_ns=begin_ns,
        length_ns=length_ns,
        state_before=before,
        state_after=after,
        wake=_wake(wake, woken_ns, waker),
    )


def _wake(wake: int, woken_ns: int, waker: int) -> Wake | None:
    match wake:
        case abi.Wake.NONE:
            return None
        case abi.Wake.TASK:
            return Wake(at_ns=woken_ns, by="task", task=waker)
        case abi.Wake.TIMER:
            return Wake(at_ns=woken_ns, by="timer")
        case _:
            return Wake(at_ns=woken_ns, by="outside")
