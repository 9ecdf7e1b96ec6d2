"""Who waits for what, when nothing can run any more: read from the frames of the parked tasks."""

import ctypes
from collections.abc import Mapping

from zyn.embed.errors import WaitingTask
from zyn.ir.side_table import SideTable, State
from zyn.runtime.abi import TaskState
from zyn.runtime.host import NativeRuntime
from zyn.runtime.load import library
from zyn.runtime.structs import ZynDescriptor, ZynTaskInfo

_SHOWN_MAX = 100


def waiting_tasks(
    runtime: NativeRuntime, side_tables: Mapping[int, SideTable]
) -> tuple[WaitingTask, ...]:
    """The parked tasks, oldest first, at most a hundred of them."""
    parked = [task for task in runtime.tasks() if task.state == TaskState.PARKED]
    return tuple(_described(task, side_tables) for task in parked[:_SHOWN_MAX])


def _described(task: ZynTaskInfo, side_tables: Mapping[int, SideTable]) -> WaitingTask:
    descriptor = ZynDescriptor.from_address(task.descriptor)
    table = side_tables.get(descriptor.side_table)
    if table is None:
        name = (descriptor.name or b"?").decode("utf-8", "replace")
        return WaitingTask(task.id, name, "", 0, "the host")
    where, state = _innermost(task.state_machine, table, side_tables)
    if state is None:
        return WaitingTask(task.id, table.function, table.file, 0, "its first poll")
    return WaitingTask(task.id, table.function, where.file, state.line + 1, state.awaits)


def _innermost(
    address: int, table: SideTable, side_tables: Mapping[int, SideTable]
) -> tuple[SideTable, State | None]:
    """The await where a machine stands, down through the callees placed inside its frame."""
    by_name = {(other.module, other.function): other for other in side_tables.values()}
    found: tuple[SideTable, State | None] = (table, None)
    while True:
        state = _state_at(address, table)
        if state is None:
            return found
        found = (table, state)
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
