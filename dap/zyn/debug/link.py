"""The connection to an agent: requests with typed answers, and its events in order.

Everything runs on one asyncio loop.  When the other side goes, `on_lost` is called once, and every
request, under way or later, fails with a `LinkLost` that says why, as soon as that is known.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import msgspec

from zyn.debug.model import DebugError
from zyn.debug.wire import (
    HEADER,
    MESSAGE_MAX,
    VERSION,
    Activation,
    Kind,
    Reader,
    Status,
    Task,
    Waiting,
    WireError,
    message,
)

_TASK_ID = struct.Struct("<Q")
_PAGE = struct.Struct("<QI")
_PLACE = struct.Struct("<QI")
_WAIT = struct.Struct("<QQQI")
_METRICS = struct.Struct("<6Q")
_GROUP = struct.Struct("<IIQQ")
_BREAK = struct.Struct("<III")
_RESUME = struct.Struct("<QII")
_TRACE = struct.Struct("<QII")
_RECORD = struct.Struct("<3Q4I2Q")
_PLACES = struct.Struct("<10i")
_READ_AT_ONCE = 4 << 20
TASKS_AT_ONCE = 2048  # as many as the agent tells


class LinkLost(DebugError):
    """The debuggee is gone, or does not speak the protocol."""


class RequestFailed(DebugError):
    """The agent said no."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Hello(msgspec.Struct, frozen=True):
    """What the agent says of itself; the places are offsets inside the runtime's own frames."""

    pid: int
    launched: bool
    task_id: int = 0  # of a task, from its promise
    delay_timer: int = 0
    await_promise: int = 0
    await_in_place: int = 0
    group: int = 0
    group_count: int = 0
    children: int = 0
    child_stride: int = 0
    child_promise: int = 0
    joiners: int = 0  # list of who waits for a task's end, from its promise


async def _gone() -> str:
    return "the program is gone"


class ParkedGroup(msgspec.Struct, frozen=True):
    """Tasks that wait at one state of one function; `name` is set where it is not known."""

    side_table: int
    state: int
    count: int
    oldest_ns: int
    name: str
    ids: tuple[int, ...]  # the lowest


class Link(asyncio.Protocol):
    """One connection.  Make it with `Link(on_event, on_lost)` and give it to a transport.

    `explain` is asked, once the connection is lost, for a clause about why.
    """

    def __init__(
        self,
        on_event: Callable[[Kind, bytes], None],
        on_lost: Callable[[], None],
        explain: Callable[[], Awaitable[str]] = _gone,
    ) -> None:
        self.on_event = on_event
        self.on_lost = on_lost
        self.lost = False
        self._explain = explain
        self._reason: asyncio.Future[str] | None = None
        self._transport: asyncio.Transport | None = None
        self._waiting: dict[int, asyncio.Future[tuple[int, bytes]]] = {}
        self._last_id = 0
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol."""
        self._buffer += data
        at = 0
        while len(self._buffer) - at >= HEADER.size:
            size, kind, status, id_ = HEADER.unpack_from(self._buffer, at)
            if size > MESSAGE_MAX:
                self.close()
                return
            end = at + HEADER.size + size
            if len(self._buffer) < end:
                break
            self._deliver(kind, status, id_, bytes(self._buffer[at + HEADER.size : end]))
            at = end
        del self._buffer[:at]

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol."""
        if self.lost:
            return
        self.lost = True
        self._reason = asyncio.ensure_future(self._explain())
        self._reason.add_done_callback(self._fail_all)
        self.on_lost()

    def _fail_all(self, reason: asyncio.Future[str]) -> None:
        known = not reason.cancelled() and reason.exception() is None
        text = reason.result() if known else "the program is gone"
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(LinkLost(text))
        self._waiting.clear()

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def _deliver(self, kind: int, status: int, id_: int, payload: bytes) -> None:
        if id_ == 0:
            try:
                known = Kind(kind)
            except ValueError:
                return
            self.on_event(known, payload)
            return
        future = self._waiting.pop(id_, None)
        if future is not None and not future.done():
            future.set_result((status, payload))

    # --- requests -------------------------------------------------------------------------------

    async def ask(self, kind: Kind, payload: bytes = b"") -> bytes:
        """One request; raises `RequestFailed` when the answer is not OK."""
        if self._reason is not None:
            raise LinkLost(await asyncio.shield(self._reason))
        assert self._transport is not None
        self._last_id = self._last_id % 0x7FFFFFFF + 1
        future: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self._waiting[self._last_id] = future
        self._transport.write(message(kind, self._last_id, payload))
        status, answer = await future
        if status != Status.OK:
            raise RequestFailed(status, _SAYING.get(status, f"the debuggee refused ({status})"))
        return answer

    async def hello(self, token: bytes) -> Hello:
        """Introduce ourselves; must come first."""
        try:
            answer = await self.ask(Kind.HELLO, struct.pack("<I", VERSION) + token)
        except RequestFailed as error:
            raise DebugError(
                "the debuggee refused the connection: it wants the token that its `listen` gave"
            ) from error
        reader = Reader(answer)
        _, _, pid, flags = (reader.u32() for _ in range(4))
        return Hello(pid, bool(flags & 1), *reader.take(_PLACES))

    async def tasks(self, after: int, count: int) -> list[Task]:
        """Tasks with larger ids than `after`, in order of id."""
        reader = Reader(await self.ask(Kind.TASKS, _PAGE.pack(after, count)))
        return [reader.task() for _ in range(reader.u32())]

    async def each_task(self) -> AsyncIterator[Task]:
        """Every task, however many there are."""
        after = 0
        while page := await self.tasks(after, TASKS_AT_ONCE):
            for task in page:
                yield task
            if len(page) < TASKS_AT_ONCE:
                return
            after = page[-1].id

    async def all_tasks(self, limit: int) -> list[Task]:
        """Every task, up to a limit."""
        found: list[Task] = []
        while len(found) < limit:
            wanted = min(TASKS_AT_ONCE, limit - len(found))
            page = await self.tasks(found[-1].id if found else 0, wanted)
            found += page
            if len(page) < TASKS_AT_ONCE:
                break
        return found

    async def chain(self, task: int) -> tuple[Task, tuple[Activation, ...]]:
        """A task and the debug activations of the poll that it is stopped in."""
        reader = Reader(await self.ask(Kind.CHAIN, _TASK_ID.pack(task)))
        return reader.task(), reader.chain()

    async def read(self, places: Sequence[tuple[int, int]]) -> list[bytes]:
        """Memory at several (address, size); each answer is shorter where memory ends."""
        found: list[bytes] = []
        batch: list[tuple[int, int]] = []
        size = 0
        for place in places:
            if batch and size + place[1] > _READ_AT_ONCE:
                found += await self._read_batch(batch)
                batch, size = [], 0
            batch.append(place)
            size += place[1]
        return found + (await self._read_batch(batch) if batch else [])

    async def _read_batch(self, places: Sequence[tuple[int, int]]) -> list[bytes]:
        payload = b"".join(_PLACE.pack(address, size) for address, size in places)
        reader = Reader(await self.ask(Kind.READ, payload))
        return [reader.block() for _ in places]

    async def write(self, address: int, data: bytes) -> int:
        """Change memory; gives how many bytes were written."""
        answer = await self.ask(Kind.WRITE, _TASK_ID.pack(address) + data)
        return Reader(answer).take(_TASK_ID)[0]

    async def shadow(self, machine: int) -> tuple[int, int, int] | None:
        """Address, side table and size of a frame's shadow block, or None."""
        try:
            answer = await self.ask(Kind.SHADOW, _TASK_ID.pack(machine))
        except RequestFailed:
            return None
        address, table, size = Reader(answer).take(struct.Struct("<QII"))
        return address, table, size

    async def waits(self, leaves: Sequence[tuple[int, int, int, int]]) -> list[Waiting | None]:
        """What leaves wait for, each by (task, polls, address, number of the leaf).

        None for one whose task was polled since.
        """
        found: list[Waiting | None] = []
        for start in range(0, len(leaves), TASKS_AT_ONCE):
            asked = leaves[start : start + TASKS_AT_ONCE]
            payload = b"".join(_WAIT.pack(*leaf) for leaf in asked)
            reader = Reader(await self.ask(Kind.WAIT, payload))
            found += [reader.waiting() if reader.u32() else None for _ in asked]
        return found

    async def page(self, query: bytes) -> tuple[int, list[tuple[int, Task]]]:
        """How many tasks match, and of those on the page their children and themselves.

        The agent gives at most 4096 at once.  See `zyn.debug.listing` for queries.
        """
        reader = Reader(await self.ask(Kind.PAGE, query))
        total = reader.take(_TASK_ID)[0]
        return total, [(reader.u32(), reader.task()) for _ in range(reader.u32())]

    async def groups(self, map_: bytes) -> list[ParkedGroup]:
        """The parked tasks by where they wait."""
        reader = Reader(await self.ask(Kind.GROUPS, map_))
        found: list[ParkedGroup] = []
        for _ in range(reader.u32()):
            table, state, count, oldest_ns = reader.take(_GROUP)
            name = reader.block().decode("utf-8", "replace")
            ids = tuple(reader.take(_TASK_ID)[0] for _ in range(reader.u32()))
            found.append(ParkedGroup(table, state, count, oldest_ns, name, ids))
        return found

    async def metrics(self) -> tuple[int, list[tuple[int, ...]]]:
        """How many timers are set; of each worker polls, steals, given, parks, wakes, queued."""
        reader = Reader(await self.ask(Kind.METRICS))
        timers = reader.take(_TASK_ID)[0]
        return timers, [reader.take(_METRICS) for _ in range(reader.u32())]

    async def breaks(self, changes: Sequence[tuple[int, int, bool]]) -> None:
        """Arm or disarm (side table, probe)."""
        if changes:
            await self.ask(Kind.BREAK, b"".join(_BREAK.pack(t, p, on) for t, p, on in changes))

    async def resume(self, task: int, mode: int, *, open_gate: bool) -> None:
        """Let a task go; task 0 only opens the gate."""
        await self.ask(Kind.RESUME, _RESUME.pack(task, mode, open_gate))

    async def about(self, kind: Kind, task: int) -> None:
        """PAUSE, WAKE or CANCEL of a task."""
        await self.ask(kind, _TASK_ID.pack(task))

    async def hold(self, task: int, on: bool) -> None:
        """Hold or release a task."""
        await self.ask(Kind.HOLD, _PLACE.pack(task, on))

    async def switch(self, kind: Kind, value: int) -> None:
        """GATE, STOP_ALL or FILTERS."""
        await self.ask(kind, struct.pack("<I", value))

    async def state(self) -> tuple[int, int, int]:
        """Runtime clock in ns, live objects, live bytes."""
        now, objects, size = Reader(await self.ask(Kind.STATE)).take(struct.Struct("<QQQ"))
        return now, objects, size

    async def trace(self, start: int, count: int) -> tuple[int, list[tuple[int, ...]]]:
        """Records of polls from a number on, and the number behind them; turns recording on."""
        reader = Reader(await self.ask(Kind.TRACE, _TRACE.pack(start, count, 1)))
        after = reader.take(_TASK_ID)[0]
        return after, [reader.take(_RECORD) for _ in range(reader.u32())]

    async def host(self, request: object) -> dict[str, object]:
        """Ask the host of the program for something only it can do."""
        answer = await self.ask(Kind.HOST, msgspec.json.encode(request))
        try:
            decoded: dict[str, object] = msgspec.json.decode(answer, type=dict[str, object])
        except msgspec.DecodeError as error:
            raise WireError("the host's answer is no JSON") from error
        if "failed" in decoded:
            raise DebugError(str(decoded["failed"]))
        return decoded


_SAYING: dict[int, str] = {
    Status.NOT_FOUND: "there is no such task, or it has ended",
    Status.REFUSED: "the debuggee refused the request",
    Status.UNKNOWN: "the debuggee does not know this request",
    Status.BUSY: "the debuggee is too busy",
    Status.LIMIT: "too much was asked for at once",
}
