"""What a program does for the debugger that watches it: publish what is loaded, compile on request.

The agent itself is native and needs no Python.  This is its host side: one Python thread that waits
for requests without the interpreter's lock, and that other debuggers (of Python) leave alone.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from zyn.debug.wire import Metadata
from zyn.driver.loaded import LoadedModule
from zyn.embed.runtime import Runtime
from zyn.runtime.agent import NativeAgent, Request
from zyn.runtime.load import library

logger = logging.getLogger("zyn.embed.debug")

STOP_TIMEOUT_S = 5.0


class DebugHost:
    """Serves the agent of one runtime."""

    def __init__(self, runtime: Runtime, agent: NativeAgent) -> None:
        self.runtime = runtime
        self.agent = agent
        self.started = threading.Event()
        self.finished = threading.Event()
        self._published: set[int] = set()
        self._debug = False
        self._publishing = threading.Lock()
        self._handlers: dict[str, Callable[[dict[str, Any]], dict[str, object]]] = {
            "refresh": self._refresh,
            "debug": self._build,
            "string": self._string,
            "release": self._release,
            "start": self._start,
            "finish": self._finish,
        }
        self._thread = threading.Thread(target=self._run, name="zyn-debug-host", daemon=True)
        self._thread.is_pydev_daemon_thread = True  # type: ignore[attr-defined]
        self._thread.pydev_do_not_trace = True  # type: ignore[attr-defined]

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Serve nothing more and take the agent down; its last words are sent first."""
        self.agent.close()
        self._thread.join(STOP_TIMEOUT_S)
        if not self._thread.is_alive():
            self.agent.stop()

    def tell(self, event: str, **facts: object) -> bool:
        """Tell the debugger something; False when there is none."""
        return self.agent.tell(msgspec.json.encode({"event": event, **facts}))

    # --- what is loaded -------------------------------------------------------------------------

    def publish(self) -> None:
        """Publish every module that is loaded by now; debug builds too, if they are wanted."""
        with self._publishing:
            for module in list(self.runtime._modules):
                if id(module) not in self._published:
                    self._published.add(id(module))
                    self._publish(module)
                    if self._debug:
                        self._build_module(module)

    def about(self, **facts: object) -> None:
        """Publish what the run as a whole is like."""
        self.agent.publish(Metadata.PROGRAM, "", msgspec.json.encode(facts))

    def _publish(self, module: LoadedModule) -> None:
        if module.file:
            self.agent.publish(Metadata.SOURCE, module.file, module.data)
        functions = {name: f.table_id for name, f in module.functions.items()}
        facts = {"name": module.name, "file": module.file, "functions": functions}
        self.agent.publish(Metadata.MODULE, module.name, msgspec.json.encode(facts))
        for function in module.functions.values():
            table = function.side_table
            self.agent.publish(Metadata.SIDE_TABLE, str(table.id), msgspec.json.encode(table))

    def _build_module(self, module: LoadedModule) -> int:
        built = module.debug_build()
        native = self.runtime._native.address
        for build in built:
            library().zyn_dbg_probes(
                native, build.side_table_id, build.probe_flags_address, build.probe_count
            )
        return len(built)

    # --- requests -------------------------------------------------------------------------------

    def _run(self) -> None:
        while (request := self.agent.next_request()) is not None:
            self.agent.answer(request, msgspec.json.encode(self._answer(request)))

    def _answer(self, request: Request) -> dict[str, object]:
        try:
            asked = msgspec.json.decode(request.data, type=dict[str, Any])
            handler = self._handlers.get(str(asked.get("do")))
            if handler is None:
                return {"failed": f"the program cannot do {asked.get('do')!r}"}
            return handler(asked)
        except Exception as error:
            # One answer is lost, not the session.
            logger.exception("a request of the debugger failed")
            return {"failed": f"the program could not do it: {error}"}

    def _refresh(self, _: dict[str, Any]) -> dict[str, object]:
        self.publish()
        return {}

    def _build(self, _: dict[str, Any]) -> dict[str, object]:
        self.publish()
        with self._publishing:
            self._debug = True
            return {"built": sum(map(self._build_module, list(self.runtime._modules)))}

    def _string(self, asked: dict[str, Any]) -> dict[str, object]:
        text = str(asked["text"]).encode("utf-8", "replace")
        return {"address": self.runtime._new_string(text)}

    def _release(self, asked: dict[str, Any]) -> dict[str, object]:
        for address in asked["strings"]:
            library().zyn_string_release(int(address))
        return {}

    def _start(self, _: dict[str, Any]) -> dict[str, object]:
        self.started.set()
        return {}

    def _finish(self, _: dict[str, Any]) -> dict[str, object]:
        self.finished.set()
        return {}
