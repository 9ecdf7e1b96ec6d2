"""Every component that the runtime was asked for by name has a C test named after it.

The first table holds the parts of Home's runtime (its list 1 to 9 and 13), the second the types of
Simple's.  A test is named after a thing when its file or its function says so, one function of
it at least is run by `main`, and nothing in it is switched off.
"""

import re

import pytest

from tests.support.repository import ROOT

TESTS = ROOT / "runtime" / "test"

# Component: file, what the names of functions begin with; "": the file itself is named after it.
HOME = {
    "work-stealing deque": ("test_deque", ""),
    "global queue": ("test_global_queue", ""),
    "parker and unparker": ("test_parker", ""),
    "future": ("test_embedded_sets", "future_core"),
    "poll result": ("test_embedded", "poll_keeps_status_and_value"),
    "waker": ("test_waker", ""),
    "map": ("test_map", "map_"),
    "and_then": ("test_map", "and_then_"),
    "ready": ("test_map", "ready_"),
    "pending": ("test_leaves", "pending_"),
    "join": ("test_leaves", "join_"),
    "select": ("test_select", ""),
    "task": ("test_task", ""),
    "task id": ("test_runtime", "task_ids_"),
    "task state": ("test_runtime", "task_state_"),
    "join handle": ("test_runtime", "join_handle_"),
    "cancellation": ("test_task", "cancel_"),
    "runtime": ("test_runtime", "runtime_"),
    "run until idle": ("test_runtime", "runtime_spawns_and_runs_until_idle"),
    "block_on": ("test_runtime", "runtime_block_on_"),
    "workers": ("test_team", ""),
    "reactor": ("test_reactor", ""),
    "channel": ("test_channel", ""),
    "sender": ("test_channel", "the_last_sender_"),
    "receiver": ("test_channel", "the_last_receiver_"),
    "timer wheel": ("test_timer_wheel", ""),
    "sleep": ("test_leaves", "delay_"),
    "timeout": ("test_timeout", ""),
    "mutex": ("test_mutex", ""),
    "rwlock": ("test_rwlock", ""),
    "semaphore": ("test_semaphore", ""),
    "barrier": ("test_barrier", ""),
    "once": ("test_once", ""),
}
SIMPLE = {
    "Poll": ("test_embedded", "poll_"),
    "TaskState": ("test_embedded", "task_state_"),
    "Priority": ("test_embedded", "priority_"),
    "FutureCore": ("test_embedded_sets", "future_core_"),
    "TaskHandleCore": ("test_embedded", "task_handle_core_"),
    "JoinSetCore": ("test_unified", "join_set_core_"),
    "FuturesUnorderedCore": ("test_embedded_sets", "futures_unordered_core_"),
    "EmbeddedFuture": ("test_embedded_sets", "embedded_future_"),
    "EmbeddedJoinSet": ("test_embedded_sets", "embedded_join_set_"),
    "EmbeddedFuturesUnordered": ("test_embedded_sets", "embedded_futures_unordered_"),
    "EmbeddedScheduler": ("test_embedded", "embedded_scheduler_"),
    "task ids of sffi": ("test_embedded", "task_ids_"),
    "waker registry of sffi": ("test_embedded", "waker_registry_"),
    "HostFuture": ("test_unified", "host_future_"),
    "HostJoinSet": ("test_unified", "host_join_set_"),
    "HostFuturesUnordered": ("test_join_set", "futures_unordered_"),
    "HostScheduler": ("test_unified", "host_scheduler_"),
    "RuntimeMode": ("test_unified", "runtime_mode_"),
    "UnifiedRuntime": ("test_unified", "unified_runtime_"),
}


@pytest.mark.parametrize(("file", "begin"), [*HOME.values(), *SIMPLE.values()])
def test_a_component_has_a_test_named_after_it(file: str, begin: str) -> None:
    source = (TESTS / f"{file}.c").read_text(encoding="utf-8")
    body, _, main = source.rpartition("int main(void)")
    run = re.findall(r"\bRUN(?:_TEAM)?\(test_(\w+)\);", main)
    run += re.findall(r"\bRUN\(test_(\w+)\);", body)  # files that run everything twice

    assert [name for name in run if name.startswith(begin)], f"{file}.c runs no test_{begin}*"
    assert "#if 0" not in source
