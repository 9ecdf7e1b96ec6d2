"""Who waits for what, when nothing can run any more: read from the frames of the parked tasks."""

import ctypes
from collections.abc import Mapping

from zyn.embed.errors import WaitingTask
from zyn.ir.side_table import SideTable, State
from zyn.runtime.abi import LEAVES, TaskState
from zyn.runtime.host import NativeRuntime
from zyn.runtime.load import library
from zyn.runtime.structs import ZynDescriptor, ZynTaskInfo
from zyn.runtime.waits import described, leaf_number

_SHOWN_MAX = 100


def waiting_tasks(
    runtime: NativeRuntime, side_tables: Mapping[int, SideTable]
) -> tuple[WaitingTask, ...]:
    """The parked tasks, oldest first, at most a hundred of them."""
    parked = [task for task in runtime.tasks() if task.state == TaskState.PARKED]
    return tuple(_described(runtime, task, side_tables) for task in parked[:_SHOWN_MAX])


def _described(
    runtime: NativeRuntime, task: ZynTaskInfo, side_tables: Mapping[int, SideTable]
) -> WaitingTask:
    descriptor = ZynDescriptor.from_address(task.descriptor)
    table = side_tables.get(descriptor.side_table)
    if table is None:
        name = (descriptor.name or b"?").decode("utf-8", "replace")
        return WaitingTask(task.id, name, "", 0, "the host")
    where, state, address = _innermost(task.state_machine, table, side_tables)
    if state is None:
        return WaitingTask(task.id, table.function, table.file, 0, "its first poll")
    reason = _reason(runtime, task, where, state, address)
    return WaitingTask(task.id, table.function, where.file, state.line + 1, state.awaits, reason)


def _reason(
    runtime: NativeRuntime, task: ZynTaskInfo, table: SideTable, state: State, address: int
) -> str:
    """What the leaf waits for that the innermost frame, at `address`, holds."""
    if state.child < 0 or table.frame is None:
        return ""
    slot = table.frame.slots[state.child]
    if slot.function == "await_promise":
        return _awaited(runtime, task, address + slot.offset)
    number = leaf_number(slot.function or "")
    if number is None:
        return ""
    info = runtime.wait_info(task.id, task.polls, number, address + slot.offset)
    return described(slot.function or "", info) if info is not None else ""


def _awaited(runtime: NativeRuntime, task: ZynTaskInfo, address: int) -> str:
    number = list(LEAVES).index("await_promise")
    info = runtime.wait_info(task.id, task.polls, number, address)
    return f"task {info.task}" if info is not None and info.task else ""


def _innermost(
    address: int, table: SideTable, side_tables: Mapping[int, SideTable]
) -> tuple[SideTable, State | None, int]:
    """The await where a machine stands, down through the callees placed inside its frame, and the
    address of the frame that it is in.
    """
    by_name = {(other.module, other.function): other for other in side_tables.values()}
    found: tuple[SideTable, State | None, int] = (table, None, address)
    while True:
        state = _state_at(address, table)
        if state is None:
            return found
        found = (table, state, address)
        if state.child < 0 or table.frame is None:
            return found
        slot = table.frame.slots[state.child]
        callee = by_name.get((table.module, slot.function or ""))
        if callee is None:
            return found
        address += slot.offset
        table = callee


def _state_at(address: int, table: SideTable) -> State | None:
    word = ctypes.c_uint32()
    if library().zyn_dbg_read(address, ctypes.byref(word), 4) != 4:
        return None
    for state in table.states:
        if state.index == word.value and state.kind != "start":
            return state
    return None
