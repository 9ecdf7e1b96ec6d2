"""A client of the debug adapter for tests: typed requests, and a timeline to assert orders on.

Everything that arrives is kept in `timeline`, in order, and is checked against the generated types
of the protocol as it arrives.  Tests wait for messages, never for time; DEADLINE_S only keeps a
broken adapter from hanging the run.
"""

import asyncio
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from zyn.dap import custom, protocol

DEADLINE_S = 60.0
Body = TypeVar("Body", bound=msgspec.Struct)

CUSTOM_EVENTS: dict[str, type[msgspec.Struct]] = {"zyn/taskChanged": custom.TaskChangedEventBody}
CUSTOM_BODIES: dict[str, type[msgspec.Struct]] = {
    "zyn/tasks": custom.TasksResponseBody,
    "zyn/runtime": custom.RuntimeResponseBody,
    "zyn/trace": custom.TraceResponseBody,
}

VSCODE = {
    "clientID": "vscode",
    "adapterID": "zyn",
    "linesStartAt1": True,
    "columnsStartAt1": True,
    "pathFormat": "path",
    "supportsVariableType": True,
    "supportsVariablePaging": True,
    "supportsRunInTerminalRequest": True,
    "supportsMemoryReferences": True,
    "supportsMemoryEvent": True,
    "supportsProgressReporting": True,
    "supportsInvalidatedEvent": True,
}
NVIM_DAP = {
    "clientID": "neovim",
    "clientName": "neovim",
    "adapterID": "nvim-dap",
    "locale": "en_US.UTF-8",
    "linesStartAt1": True,
    "columnsStartAt1": True,
    "pathFormat": "path",
    "supportsRunInTerminalRequest": True,
    "supportsVariableType": True,
    "supportsProgressReporting": True,
    "supportsStartDebuggingRequest": True,
}


class Refused(Exception):
    """A request got an error response."""

    def __init__(self, response: dict[str, Any]) -> None:
        super().__init__(response.get("message"))
        self.message: str = response.get("message", "")
        error = response.get("body", {}).get("error", {})
        self.id: int = error.get("id", 0)
        self.shown: bool = error.get("showUser", False)


class Message(msgspec.Struct, frozen=True):
    """What to look for in a timeline."""

    kind: str
    name: str
    where: Mapping[str, object] = {}

    def matches(self, message: dict[str, Any]) -> bool:
        """Whether a message is of this kind and name, with these members in its body."""
        name = message.get("event") if self.kind == "event" else message.get("command")
        if message["type"] != self.kind or name != self.name:
            return False
        body = message.get("body") or {}
        return all(body.get(key) == value for key, value in self.where.items())


def event(name: str, **where: object) -> Message:
    """An event, by members of its body."""
    return Message("event", name, where)


def response(name: str) -> Message:
    """The response to a command."""
    return Message("response", name)


class DapClient:
    """One connection to an adapter."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.timeline: list[dict[str, Any]] = []
        self.closed = False
        self.process: asyncio.subprocess.Process | None = None
        self.writer = writer
        self._reader = reader
        self._seq = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._arrived = asyncio.Condition()
        self._seen = 0
        self._pump = asyncio.create_task(self._receive())

    @classmethod
    async def spawn(cls, *arguments: str, env: dict[str, str] | None = None) -> "DapClient":
        """Start `zyn-dap` and talk to it over its standard streams."""
        command = "from zyn.dap import main; main()"
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            command,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=env,
        )
        assert process.stdout is not None
        assert process.stdin is not None
        client = cls(process.stdout, process.stdin)
        client.process = process
        return client

    def send(self, command: str, arguments: object = None) -> "asyncio.Future[dict[str, Any]]":
        """Send a request; the future gives its response, good or bad."""
        self._seq += 1
        message: dict[str, object] = {"seq": self._seq, "type": "request", "command": command}
        if arguments is not None:
            message["arguments"] = arguments
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[self._seq] = answer
        self.send_bytes(msgspec.json.encode(message))
        return answer

    def send_bytes(self, body: bytes) -> None:
        """Send any body with a correct header."""
        self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def request(self, command: str, arguments: object = None) -> dict[str, Any]:
        """Send a request and give the body of its response; raises Refused."""
        message = await self.within(self.send(command, arguments))
        if not message["success"]:
            raise Refused(message)
        body: dict[str, Any] = message.get("body") or {}
        return body

    async def typed(self, command: str, arguments: object, body: type[Body]) -> Body:
        """The same with a typed body."""
        return msgspec.convert(await self.request(command, arguments), body)

    async def refused(self, command: str, arguments: object = None) -> Refused:
        """Send a request that must be refused."""
        try:
            body = await self.request(command, arguments)
        except Refused as refusal:
            return refusal
        raise AssertionError(f"{command} was not refused but answered with {body}")

    async def next_event(self, name: str, **where: object) -> dict[str, Any]:
        """Wait for the next event of this kind after those already waited for; gives its body."""
        wanted = event(name, **where)

        def find() -> int | None:
            for index in range(self._seen, len(self.timeline)):
                if wanted.matches(self.timeline[index]):
                    return index
            return None

        index = await self.until(find, f"event {name} {where or ''}")
        self._seen = index + 1
        body: dict[str, Any] = self.timeline[index].get("body") or {}
        return body

    async def until(self, find: Callable[[], int | None], what: str) -> int:
        """Wait until `find` finds something in the timeline."""

        async def wait() -> int:
            async with self._arrived:
                while True:
                    index = find()
                    if index is not None:
                        return index
                    if self.closed:
                        raise AssertionError(f"closed before {what}; {self.picture()}")
                    await self._arrived.wait()

        try:
            index: int = await self.within(wait())
        except TimeoutError:
            raise AssertionError(f"no {what}; {self.picture()}") from None
        return index

    async def until_closed(self) -> None:
        """Wait until the adapter closes the stream."""
        await self.within(self._pump)

    async def within(self, what: Any) -> Any:
        """Await with the hang guard."""
        return await asyncio.wait_for(what, DEADLINE_S)

    def expect_order(self, *steps: Message | tuple[Message, ...]) -> None:
        """Each step is in the timeline after all of the step before; a tuple has no order."""
        after = -1
        for step in steps:
            group = step if isinstance(step, tuple) else (step,)
            places = []
            for wanted in group:
                found = [
                    index
                    for index, message in enumerate(self.timeline)
                    if index > after and wanted.matches(message)
                ]
                assert found, f"{wanted} does not come after message {after}; {self.picture()}"
                places.append(found[0])
            after = max(places)

    def output(self, category: str | None = None) -> str:
        """All text that the adapter sent so far."""
        return "".join(
            message["body"]["output"]
            for message in self.timeline
            if message["type"] == "event"
            and message["event"] == "output"
            and category in (None, message["body"].get("category"))
        )

    def picture(self) -> str:
        """The last messages, for a failed expectation."""
        lines = [
            f"{message['type']} {message.get('event') or message.get('command')} "
            f"{str(message.get('body', message.get('message', '')))[:200]}"
            for message in self.timeline[-25:]
        ]
        return "the timeline ends with\n  " + "\n  ".join(lines)

    async def close(self) -> int | None:
        """Leave without a word; gives the exit code of a process of its own."""
        self.writer.close()
        code = None
        if self.process is not None:
            code = await self.within(self.process.wait())
        await self.until_closed()
        return code

    async def _receive(self) -> None:
        try:
            while True:
                header = await self._reader.readuntil(b"\r\n\r\n")
                length = int(header.removeprefix(b"Content-Length: "))
                message = msgspec.json.decode(await self._reader.readexactly(length))
                _check(message)
                await self._arrive(message)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.closed = True
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(ConnectionResetError("the adapter closed the stream"))
                    answer.exception()
            async with self._arrived:
                self._arrived.notify_all()

    async def _arrive(self, message: dict[str, Any]) -> None:
        async with self._arrived:
            self.timeline.append(message)
            self._arrived.notify_all()
        if message["type"] == "response":
            answer = self._answers.pop(message["request_seq"], None)
            if answer is not None and not answer.done():
                answer.set_result(message)


def _check(message: dict[str, Any]) -> None:
    """Hold a message of the adapter against the protocol."""
    kind = message["type"]
    body = message.get("body")
    if kind == "event":
        msgspec.convert(message, protocol.Event)
        expected = CUSTOM_EVENTS.get(message["event"]) or protocol.EVENTS[message["event"]]
    else:
        msgspec.convert(message, protocol.Response)
        if not message["success"]:
            msgspec.convert(body, protocol.ErrorResponseBody)
            return
        command = message["command"]
        expected = CUSTOM_BODIES.get(command) or protocol.RESPONSES.get(command)
    if expected is None:
        assert body is None, message
    else:
        msgspec.convert(body, expected)


def marks(file: Path) -> dict[str, int]:
    """The lines of a program that end in `// @name`, by name."""
    found: dict[str, int] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        _, mark, name = line.rpartition("// @")
        if mark:
            assert name not in found, f"{name} is marked twice"
            found[name.strip()] = number
    return found
