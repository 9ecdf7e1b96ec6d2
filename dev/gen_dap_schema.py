"""Write `docs/protocol/zyn-dap.schema.json`: what zyn adds to the Debug Adapter Protocol.

    python dev/gen_dap_schema.py [OUTPUT]

The types of `zyn.dap.custom` are the source.  Each request and event has an entry under
`definitions` for the whole of what it carries, named after its command.
"""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from zyn.dap import custom
from zyn.dap.registry import NoArguments

OUTPUT = Path(__file__).resolve().parent.parent / "docs" / "protocol" / "zyn-dap.schema.json"

REQUESTS: dict[str, tuple[type[msgspec.Struct], type[msgspec.Struct] | None]] = {
    "launch": (custom.LaunchArguments, None),
    "attach": (custom.AttachArguments, None),
    "zyn/step": (custom.StepArguments, None),
    "zyn/tasks": (custom.TasksArguments, custom.TasksResponseBody),
    "zyn/trace": (custom.TraceArguments, custom.TraceResponseBody),
    "zyn/runtime": (NoArguments, custom.RuntimeResponseBody),
    "zyn/hold": (custom.TaskArguments, None),
    "zyn/resume": (custom.TaskArguments, None),
    "zyn/wake": (custom.TaskArguments, None),
    "zyn/cancelTask": (custom.TaskArguments, None),
}
EVENTS: dict[str, type[msgspec.Struct]] = {"zyn/taskChanged": custom.TaskChangedEventBody}


def text() -> str:
    """The schema as it stands in the file."""
    types: list[type[msgspec.Struct]] = [custom.Variable]
    for arguments, body in REQUESTS.values():
        types += [arguments] if body is None else [arguments, body]
    _, definitions = msgspec.json.schema_components(
        [*types, *EVENTS.values()], ref_template="#/definitions/{name}"
    )
    for command, (arguments, body) in REQUESTS.items():
        definitions[f"{command} request"] = _message(
            "request", "command", command, "arguments", arguments
        )
        if body is not None:
            definitions[f"{command} response"] = _message(
                "response", "command", command, "body", body
            )
    for event, body in EVENTS.items():
        definitions[f"{event} event"] = _message("event", "event", event, "body", body)
    for definition in definitions.values():
        _tidy(definition)
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "zyn-dap",
        "description": "Requests, events and members that zyn-dap adds to the protocol.",
        "definitions": dict(sorted(definitions.items())),
    }
    return json.dumps(schema, indent=1) + "\n"


def _message(
    kind: str, key: str, name: str, payload: str, carried: type[msgspec.Struct]
) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "seq": {"type": "integer"},
            "type": {"const": kind},
            key: {"const": name},
            payload: {"$ref": f"#/definitions/{carried.__name__}"},
        },
        "required": ["seq", "type", key, payload],
    }


def _tidy(definition: Any) -> None:
    """Leave out what says nothing: titles that repeat the name, and inherited docstrings."""
    definition.pop("title", None)
    if definition.get("description", "").startswith("Struct("):
        del definition["description"]


def main(arguments: list[str]) -> int:
    """Write the file."""
    output = Path(arguments[0]) if arguments else OUTPUT
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
