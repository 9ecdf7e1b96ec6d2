"""Bytes of the debuggee."""

import base64
import binascii

from msgspec import UNSET, UnsetType

from zyn.dap import protocol
from zyn.dap.convert import address_of
from zyn.dap.errors import AdapterError, Kind
from zyn.dap.registry import request
from zyn.dap.state import State

READ_MAX = 1024 * 1024


@request("readMemory", protocol.ReadMemoryArguments)
async def read_memory(
    state: State, arguments: protocol.ReadMemoryArguments
) -> protocol.ReadMemoryResponseBody:
    """As many bytes as there are, at most READ_MAX at a time."""
    address = _address(arguments.memory_reference, arguments.offset)
    if arguments.count < 0:
        raise AdapterError(Kind.BAD_ARGUMENTS, "readMemory: the count is negative")
    count = min(arguments.count, READ_MAX)
    data = await state.engine.read_memory(address, count) if count else b""
    body = protocol.ReadMemoryResponseBody(
        address=f"0x{address:x}", data=base64.b64encode(data).decode("ascii")
    )
    if len(data) < count:
        body.unreadable_bytes = count - len(data)
    return body


@request("writeMemory", protocol.WriteMemoryArguments)
async def write_memory(
    state: State, arguments: protocol.WriteMemoryArguments
) -> protocol.WriteMemoryResponseBody:
    """Change bytes, and tell the client what else it shows may have changed with them."""
    address = _address(arguments.memory_reference, arguments.offset)
    try:
        data = base64.b64decode(arguments.data, validate=True)
    except (binascii.Error, ValueError):
        raise AdapterError(Kind.BAD_ARGUMENTS, "writeMemory: the data is no base64") from None
    written = await state.engine.write_memory(address, data) if data else 0
    if written:
        if state.client.invalidated_events:
            state.emit("invalidated", protocol.InvalidatedEventBody(areas=["variables"]))
        if state.client.memory_events:
            state.emit(
                "memory",
                protocol.MemoryEventBody(
                    memory_reference=f"0x{address:x}", offset=0, count=written
                ),
            )
    if written < len(data) and arguments.allow_partial is not True:
        raise AdapterError(
            Kind.REFUSED, f"only {written} of {len(data)} bytes at 0x{address:x} can be written"
        )
    return protocol.WriteMemoryResponseBody(bytes_written=written)


def _address(reference: str, offset: int | UnsetType) -> int:
    address = address_of(reference) + (0 if offset is UNSET else offset)
    if not 0 <= address < 2**64:
        raise AdapterError(Kind.BAD_ARGUMENTS, "the address is outside the memory")
    return address
