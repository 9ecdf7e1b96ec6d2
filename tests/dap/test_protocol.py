"""The generated types and schemas: fresh, strict where they should be, and true to messages."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.dap.conftest import Bench
from tests.support.json_schema import problems
from tests.support.repository import ROOT
from zyn.dap import protocol
from zyn.dap.handlers import HANDLERS
from zyn.dap.handlers.lifecycle import CAPABILITIES

SCHEMA = ROOT.parent / "shared" / "data" / "debugAdapterProtocol.json"
ZYN_SCHEMA = ROOT / "docs" / "protocol" / "zyn-dap.schema.json"


def test_generated_types_are_fresh(tmp_path: Path) -> None:
    if not SCHEMA.is_file():
        pytest.skip("the schema of the protocol is not at hand")
    output = tmp_path / "protocol.py"
    subprocess.run(
        [sys.executable, ROOT / "dev" / "gen_dap.py", SCHEMA, output], check=True, timeout=60
    )

    committed = ROOT / "dap" / "zyn" / "dap" / "protocol.py"
    assert output.read_bytes() == committed.read_bytes(), "run dev/gen_dap.py"


def test_schema_of_zyn_is_fresh(tmp_path: Path) -> None:
    output = tmp_path / "schema.json"
    subprocess.run(
        [sys.executable, ROOT / "dev" / "gen_dap_schema.py", output], check=True, timeout=60
    )

    assert output.read_bytes() == ZYN_SCHEMA.read_bytes(), "run dev/gen_dap_schema.py"


def test_every_request_of_the_schema_has_a_type() -> None:
    assert len(protocol.REQUESTS) == 45
    assert protocol.REQUESTS.keys() == protocol.RESPONSES.keys()
    assert len(protocol.EVENTS) == 17


def test_wrong_type_is_reported_with_its_place() -> None:
    body = b'{"stackFrames": [{"id": 1, "name": "f", "line": "two", "column": 1}]}'
    with pytest.raises(msgspec.ValidationError, match=r"stackFrames\[0\]\.line"):
        msgspec.json.decode(body, type=protocol.StackTraceResponseBody)


def test_absent_is_not_null() -> None:
    source = msgspec.json.decode(b'{"path": "x", "later": 1}', type=protocol.Source)

    assert source.name is msgspec.UNSET
    assert msgspec.json.encode(source) == b'{"path":"x"}'


NEEDS = {
    "supports_configuration_done_request": "configurationDone",
    "supports_function_breakpoints": "setFunctionBreakpoints",
    "supports_conditional_breakpoints": "setBreakpoints",
    "supports_hit_conditional_breakpoints": "setBreakpoints",
    "supports_log_points": "setBreakpoints",
    "supports_breakpoint_locations_request": "breakpointLocations",
    "supports_evaluate_for_hovers": "evaluate",
    "supports_clipboard_context": "evaluate",
    "supports_set_variable": "setVariable",
    "supports_set_expression": "setExpression",
    "supports_completions_request": "completions",
    "supports_exception_info_request": "exceptionInfo",
    "supports_delayed_stack_trace_loading": "stackTrace",
    "supports_loaded_sources_request": "loadedSources",
    "supports_modules_request": "modules",
    "supports_restart_request": "restart",
    "supports_terminate_request": "terminate",
    "supports_terminate_threads_request": "terminateThreads",
    "support_terminate_debuggee": "disconnect",
    "supports_cancel_request": "cancel",
    "supports_stepping_granularity": "next",
    "supports_single_thread_execution_requests": "continue",
    "supports_read_memory_request": "readMemory",
    "supports_write_memory_request": "writeMemory",
}


def test_capabilities_are_backed_by_requests() -> None:
    claimed = {
        name for name in CAPABILITIES.__struct_fields__ if getattr(CAPABILITIES, name) is True
    }

    assert claimed == NEEDS.keys()
    assert set(NEEDS.values()) <= HANDLERS.keys()


def test_every_standard_handler_takes_the_arguments_of_the_protocol() -> None:
    for command, handler in HANDLERS.items():
        if not command.startswith("zyn/"):
            expected = protocol.REQUESTS[command]
            assert expected is None or issubclass(handler.arguments, expected), command


async def test_real_messages_fit_the_schema(bench: Bench) -> None:
    root: dict[str, Any] = json.loads(ZYN_SCHEMA.read_bytes())
    thread = await bench.start()
    sent: list[tuple[str, dict[str, Any]]] = [
        ("zyn/tasks", {"start": 0, "count": 2, "states": ["parked"], "groupBy": "await"}),
        ("zyn/tasks", {"parent": 0, "awaits": {"function": "worker", "line": 12}}),
        ("zyn/trace", {"start": 0, "count": 5}),
        ("zyn/runtime", {}),
        ("zyn/hold", {"threadId": 3}),
        ("zyn/resume", {"threadId": 3}),
        ("zyn/wake", {"threadId": 3}),
        ("zyn/cancelTask", {"threadId": 3}),
        ("zyn/step", {"threadId": thread, "granularity": "poll"}),
    ]
    for command, arguments in sent:
        message = {"seq": 1, "type": "request", "command": command, "arguments": arguments}
        assert problems(message, root["definitions"][f"{command} request"], root) == []
        await bench.client.request(command, arguments)
    reference = await bench.scope(3, "State machine")
    body = await bench.client.request("variables", {"variablesReference": reference})
    for variable in body["variables"]:
        assert problems(variable, root["definitions"]["Variable"], root) == []
    checked = set()
    for message in bench.client.timeline:
        name = message.get("event") or message.get("command")
        definition = root["definitions"].get(f"{name} {message['type']}")
        if definition is not None:
            checked.add(name)
            assert problems(message, definition, root) == []
    assert checked == {"zyn/tasks", "zyn/trace", "zyn/runtime", "zyn/taskChanged"}


def test_schema_refuses_what_is_wrong() -> None:
    root: dict[str, Any] = json.loads(ZYN_SCHEMA.read_bytes())
    step = root["definitions"]["zyn/step request"]
    wrong = {"seq": 1, "type": "request", "command": "zyn/step"}

    assert problems(wrong, step, root) == ["$.arguments is missing"]
    wrong["arguments"] = {"threadId": True, "granularity": "leap"}
    assert len(problems(wrong, step, root)) == 2
