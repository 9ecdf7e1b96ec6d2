"""One debugging session with one client: the message loop.

The asyncio tasks of a session
  reader      started by `run`.  Reads messages and puts them in the queue; acts on `cancel` at
              once, since that is about the queue.  Ends with the stream, or with a stream that
              is no longer the protocol; the end is put in the queue too.  Cancelled by `run`.
  answerer    started by `run`, which waits for it.  Takes one request after the other, so that
              requests are answered in their order; between a request's start and its response
              it holds events back.  Ends after the response of `disconnect`, or when every
              request before the end of the stream is answered.
  handler     started by the answerer for each request and awaited there.  May be cancelled by the
              reader: because of `cancel`, or because it takes long when the client leaves.
  look        started by `events` when a task stops inside a step by lines.  Steps on or delivers
              the stop.  Cancelled at the end of the session.
Only the loop's thread is used.  The engine has tasks of its own and calls `on_event` on this loop.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

import msgspec

from zyn.base.bug import ZynBug
from zyn.dap import protocol
from zyn.dap.errors import AdapterError, Kind, error_body
from zyn.dap.events import Events
from zyn.dap.handlers import HANDLERS
from zyn.dap.state import Phase, State
from zyn.dap.transport import BadMessage, Connection, Garbled, Incoming
from zyn.debug.engine import Engine
from zyn.debug.model import DebugError

log = logging.getLogger("zyn.dap")

REQUESTS_WAITING_MAX = 1024
LEAVE_AFTER_S = 5.0  # How long a request may keep a client that wants to leave.


class Session:
    """Reads requests of one client until it leaves, and answers every one of them once."""

    def __init__(self, connection: Connection, make_engine: Callable[[], Engine]) -> None:
        self._connection = connection
        engine = make_engine()
        self._state = State(engine, connection)
        self._events = Events(self._state)
        engine.on_event = self._events.deliver
        self._queue: asyncio.Queue[Incoming | None] = asyncio.Queue(REQUESTS_WAITING_MAX)
        self._waiting: dict[int, str] = {}
        self._cancelled: set[int] = set()
        self._current: tuple[int, asyncio.Task[msgspec.Struct | None]] | None = None

    async def run(self) -> None:
        """Serve the client to its end; the debuggee does not outlive its session."""
        answerer = asyncio.create_task(self._answer_all())
        reader = asyncio.create_task(self._read_all())
        try:
            await answerer
        finally:
            for task in (reader, answerer):
                task.cancel()
            await asyncio.gather(reader, answerer, return_exceptions=True)
            self._events.close()
            await self._leave_engine()
            await self._connection.close()

    async def _read_all(self) -> None:
        await self._read_messages()
        self._hurry_soon()
        await self._queue.put(None)

    async def _read_messages(self) -> None:
        while True:
            try:
                message = await self._connection.receive()
            except BadMessage as problem:
                self._refuse(problem)
                continue
            except Garbled as problem:
                log.error("closing the session: %s", problem)
                self._say(f"zyn-dap closes the session: {problem}\n")
                return
            if message is None:
                return
            if message.type != "request" or not message.command:
                self._not_a_request(message)
                continue
            if message.command == "cancel":
                self._cancel(message)
            elif message.command == "disconnect":
                self._hurry_soon()
            self._waiting[message.seq] = message.command
            await self._queue.put(message)

    async def _answer_all(self) -> None:
        while not self._state.leaving:
            message = await self._queue.get()
            if message is None:
                return
            self._state.hold_events()
            try:
                await self._answer(message)
            finally:
                self._waiting.pop(message.seq, None)
                self._cancelled.discard(message.seq)
                self._state.release_events()
            await self._connection.drain()

    async def _answer(self, message: Incoming) -> None:
        """Answer one request, whatever happens."""
        try:
            if message.seq in self._cancelled:
                raise AdapterError(Kind.CANCELLED, "cancelled")
            body = await self._run(message)
        except AdapterError as error:
            self._respond_error(message, error.kind, error.text)
        except DebugError as error:
            kind = Kind.STALE_REFERENCE if error.stale else Kind.REFUSED
            if error.stale:
                self._state.handles.drop_all()
            self._respond_error(message, kind, str(error))
        except Exception as error:
            log.exception("request %s", message.command)
            bug = error if isinstance(error, ZynBug) else f"{type(error).__name__}: {error}"
            self._respond_error(message, Kind.BUG, f"a bug in zyn, please report it: {bug}")
        else:
            self._connection.send_response(
                protocol.Response(
                    seq=0,
                    type="response",
                    request_seq=message.seq,
                    success=True,
                    command=message.command,
                    body=msgspec.UNSET if body is None else body,
                )
            )

    async def _run(self, message: Incoming) -> msgspec.Struct | None:
        handler = HANDLERS.get(message.command)
        if handler is None:
            raise AdapterError(
                Kind.UNKNOWN_COMMAND, f"zyn-dap has no request {message.command[:80]!r}"
            )
        handler.check_phase(self._state.phase)
        arguments = handler.decode(message.arguments)
        task = asyncio.ensure_future(handler.run(self._state, arguments))
        self._current = (message.seq, task)
        try:
            await asyncio.wait({task})
            if task.cancelled():
                raise AdapterError(Kind.CANCELLED, "cancelled")
            return task.result()
        finally:
            self._current = None
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task

    def _respond_error(self, message: Incoming, kind: Kind, text: str) -> None:
        self._connection.send_response(
            protocol.Response(
                seq=0,
                type="response",
                request_seq=message.seq,
                success=False,
                command=message.command,
                message="cancelled" if kind is Kind.CANCELLED else text,
                body=error_body(kind, text),
            )
        )

    def _refuse(self, problem: BadMessage) -> None:
        """Answer a message that could be told apart but not understood."""
        log.warning("%s", problem)
        if problem.seq is None:
            self._say(f"zyn-dap cannot read a message: {problem}\n")
        else:
            message = Incoming(seq=problem.seq, type="request", command=problem.command)
            self._respond_error(message, Kind.BAD_MESSAGE, str(problem))

    def _not_a_request(self, message: Incoming) -> None:
        if message.type == "request":
            self._respond_error(message, Kind.BAD_MESSAGE, "the request has no command")
        elif message.type != "response":
            text = f"a client sends requests and responses, not {message.type[:80]!r}"
            self._respond_error(message, Kind.BAD_MESSAGE, text)

    def _cancel(self, message: Incoming) -> None:
        """Forget a request that waits, stop one that is being answered."""
        try:
            arguments = msgspec.json.decode(message.arguments, type=protocol.CancelArguments)
        except (msgspec.DecodeError, RecursionError):
            return
        seq = arguments.request_id
        if seq is msgspec.UNSET:
            return
        if self._current is not None and self._current[0] == seq:
            self._current[1].cancel()
        elif seq in self._waiting:
            self._cancelled.add(seq)

    def _hurry_soon(self) -> None:
        asyncio.get_running_loop().call_later(LEAVE_AFTER_S, self._hurry)

    def _hurry(self) -> None:
        """The client wants to leave, and a request still keeps it."""
        if self._current is not None and not self._state.leaving:
            log.warning("giving up request %d to let the client leave", self._current[0])
            self._current[1].cancel()
            self._hurry_soon()

    def _say(self, text: str) -> None:
        self._connection.send_event(
            "output", protocol.OutputEventBody(category="important", output=text)
        )

    async def _leave_engine(self) -> None:
        """The stream ended without a word: let go of the program as disconnect would."""
        state = self._state
        if state.leaving or state.phase in {Phase.NEW, Phase.READY}:
            return
        state.leaving = True
        try:
            await state.engine.disconnect(terminate=not state.attached)
        except DebugError as error:
            log.info("leaving: %s", error)
