"""Write `dap/zyn/dap/protocol.py` from the JSON schema of the Debug Adapter Protocol.

    python dev/gen_dap.py [SCHEMA [OUTPUT]]

The schema is not part of the repository; the file made from it is, and a test compares the two
where the schema is at hand.  What the generator decides:

- Names are the schema's own.  An inline `body` is called after its owner: StackTraceResponseBody,
  StoppedEventBody.  Requests, responses and events themselves are not classes but rows of the
  tables REQUESTS, RESPONSES and EVENTS, since their envelope is always the same.
- Fields are spelled the Python way; `rename="camel"` or an explicit name gives the wire's.
- An absent optional is UNSET, so that absent and null stay apart.
- A closed `enum` is a Literal, an open `_enum` a plain string.
- Bounds of integers are kept: a number that does not fit is refused with its path.
"""

import json
import keyword
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT.parent / "shared" / "data" / "debugAdapterProtocol.json"
OUTPUT = ROOT / "dap" / "zyn" / "dap" / "protocol.py"

HEADER = '''\
"""The messages of the Debug Adapter Protocol as msgspec structs.

Written by dev/gen_dap.py from the protocol's JSON schema; do not edit.  Absent optional fields are
UNSET, unknown fields are ignored, and a value of the wrong type is refused with its path.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
UInt32 = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Natural = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Positive = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Integer = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
'''

Schema = dict[str, Any]
WIDTH = 100


class Generator:
    """Collects the classes of a schema, each after those that it is made from."""

    def __init__(self, definitions: dict[str, Schema]) -> None:
        self.definitions = definitions
        self.done: dict[str, str] = {}
        self.open: set[str] = set()
        self.requests: list[tuple[str, str]] = []
        self.responses: list[tuple[str, str]] = []
        self.events: list[tuple[str, str]] = []

    def run(self) -> str:
        """The text of the module."""
        for name in sorted(self.definitions):
            self._definition(name)
        parts = list(self.done.values())
        parts.append(_table("REQUESTS", self.requests))
        parts.append(_table("RESPONSES", self.responses))
        parts.append(_table("EVENTS", self.events))
        text = HEADER
        after_class = False
        for part in parts:
            is_class = part.startswith("class ")
            text += ("\n\n" if is_class or after_class else "\n") + part
            after_class = is_class
        return text

    def _definition(self, name: str) -> None:
        if name in self.done or name in self.open:
            return
        self.open.add(name)
        schema = self.definitions[name]
        base = _base(schema)
        if base == "Request":
            self._message(self.requests, "command", name, schema, "arguments")
        elif base in {"Response", "Event"}:
            table = self.responses if base == "Response" else self.events
            self._message(table, "event", name, schema, "body")
        elif schema.get("type") == "object" or "allOf" in schema:
            self._struct(name, self._flat(schema))
        else:
            self.done[name] = _alias(name, self._type(schema, name))

    def _message(
        self, table: list[tuple[str, str]], key: str, name: str, schema: Schema, payload: str
    ) -> None:
        """One row for a request, response or event, and the class of what it carries."""
        own = schema["allOf"][1].get("properties", {})
        kind = "Request" if key == "command" else _base(schema)
        word = own[key]["enum"][0] if key in own else _lower(name.removesuffix(str(kind)))
        carried = own.get(payload)
        python = "None"
        if carried is not None and "$ref" in carried:
            python = self._reference(carried["$ref"])
        elif carried is not None and carried.get("type") == "object":
            python = f"{name}Body"
            self._struct(python, carried)
        if name != "ErrorResponse":
            table.append((word, python))

    def _flat(self, schema: Schema) -> Schema:
        """An object with the properties of everything that it extends."""
        properties: dict[str, Schema] = {}
        required: list[str] = []
        for part in schema.get("allOf", [schema]):
            if "$ref" in part:
                part = self._flat(self.definitions[part["$ref"].rpartition("/")[2]])
            properties |= part.get("properties", {})
            required += part.get("required", [])
        return {"type": "object", "properties": properties, "required": required}

    def _struct(self, name: str, schema: Schema) -> None:
        required = set(schema.get("required", []))
        lines = []
        for wire, inner in schema.get("properties", {}).items():
            python = _snake(wire)
            annotation = self._type(inner, name + wire[0].upper() + wire[1:])
            explicit = "" if _camel(python) == wire else f'name="{wire}"'
            if wire in required:
                default = f" = field({explicit})" if explicit else ""
            else:
                annotation = "Any" if annotation == "Any" else f"{annotation} | UnsetType"
                default = f" = field(default=UNSET, {explicit})" if explicit else " = UNSET"
            lines.append(_wrapped(f"    {python}: ", annotation, default))
        head = f'class {name}(Struct, kw_only=True, rename="camel"):\n'
        self.done[name] = head + ("".join(lines) or "    pass\n")

    def _reference(self, reference: str) -> str:
        name = reference.rpartition("/")[2]
        cyclic = name in self.open and name not in self.done
        self._definition(name)
        return f'"{name}"' if cyclic else name

    def _type(self, schema: Schema, name: str) -> str:
        """The annotation of a value; `name` is for an object written in place."""
        if "$ref" in schema:
            return self._reference(schema["$ref"])
        kind = schema.get("type")
        if isinstance(kind, list):
            return "Any" if len(kind) > 3 else " | ".join(_scalar(one, schema) for one in kind)
        if kind == "array":
            return f"list[{self._type(schema['items'], name + 'Item')}]"
        if kind == "object":
            if "properties" in schema:
                self._struct(name, schema)
                return name
            extra = schema.get("additionalProperties")
            values = self._type(extra, name) if isinstance(extra, dict) else "Any"
            return f"dict[str, {values}]"
        if kind == "string" and "enum" in schema:
            return "Literal[" + ", ".join(json.dumps(one) for one in schema["enum"]) + "]"
        return "Any" if kind is None else _scalar(kind, schema)


def _base(schema: Schema) -> str | None:
    first = schema.get("allOf", [{}])[0].get("$ref", "").rpartition("/")[2]
    return first if first in {"Request", "Response", "Event"} else None


def _scalar(kind: str, schema: Schema) -> str:
    if kind != "integer":
        return {"string": "str", "boolean": "bool", "number": "float", "null": "None"}[kind]
    least = schema.get("minimum")
    if schema.get("format") == "uint32":
        return "UInt32"
    if least is not None and least >= 0:
        return "Positive" if least >= 1 else "Natural"
    return "Int32" if schema.get("format") == "int32" else "Integer"


def _snake(wire: str) -> str:
    """`clientID` -> `client_id`; a keyword gets an underscore behind it."""
    name = re.sub(
        r"(?<=[a-z0-9])([A-Z]+(?![a-z])|[A-Z])|(?<=[A-Z])([A-Z])(?=[a-z])", _lowered, wire
    ).lstrip("_")
    return name + "_" if keyword.iskeyword(name) else name


def _lowered(part: re.Match[str]) -> str:
    return "_" + part[0].lower()


def _camel(python: str) -> str:
    """What `rename="camel"` makes of a Python name."""
    head, *tail = python.rstrip("_").split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]


def _wrapped(head: str, annotation: str, default: str) -> str:
    """One field, broken the way the formatter breaks it when the line is too long."""
    line = f"{head}{annotation}{default}"
    if len(line) <= WIDTH:
        return line + "\n"
    if annotation.endswith(" | UnsetType") and len(f"{head}(") + len(annotation) > WIDTH:
        raise SystemExit(f"the generator cannot break {line!r}")
    return f"{head}(\n        {annotation}\n    ){default}\n"


def _alias(name: str, annotation: str) -> str:
    line = f"{name} = {annotation}\n"
    if len(line) <= WIDTH:
        return line
    words = annotation.removeprefix("Literal[").removesuffix("]").split(", ")
    return f"{name} = Literal[\n" + "".join(f"    {word},\n" for word in words) + "]\n"


def _table(name: str, rows: list[tuple[str, str]]) -> str:
    body = "".join(f'    "{key}": {python},\n' for key, python in sorted(rows))
    return f"{name}: dict[str, type[Struct] | None] = {{\n{body}}}\n"


def main(arguments: list[str]) -> int:
    """Generate the file; two optional arguments name the schema and the output."""
    schema = Path(arguments[0]) if arguments else SCHEMA
    output = Path(arguments[1]) if len(arguments) > 1 else OUTPUT
    try:
        definitions = json.loads(schema.read_text(encoding="utf-8"))["definitions"]
    except (OSError, ValueError, KeyError) as error:
        print(f"gen_dap: {schema}: {error}", file=sys.stderr)
        return 1
    output.write_text(Generator(definitions).run(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
