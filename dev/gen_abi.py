"""Write runtime/zyn/runtime/abi.py from zynrt.def and the constants of zynrt.h.

The tables are read once, here, so that Python has typed names for them and starts without
parsing.  Run it after an append to a table; a test says when the committed file is stale.
"""

import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
INCLUDE = ROOT / "runtime" / "include"
OUTPUT = ROOT / "runtime" / "zyn" / "runtime" / "abi.py"

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_ROW = re.compile(r"^ZYN_([A-Z_]+)\(([^)]*)\)", re.MULTILINE)
_DEFINE = re.compile(r"^#define ZYN_(\w+) (0x[0-9A-Fa-f]+|\d+)u?\s*$", re.MULTILINE)

# Python name, table, docstring.  Tables with a text get a property that gives it.
_ENUMS = (
    ("TaskState", "TASK_STATE", "What a task is doing."),
    ("ErrorCode", "ERROR_CODE", "Why a task failed; `text` is the stable code for programs."),
    ("Status", "STATUS", "What a host call gives."),
    ("TypeKind", "TYPE_KIND", "Kinds of values; see TYPE_SIZES."),
    ("Attention", "ATTENTION", "Bits of ZynContext.attention."),
    ("FrameState", "FRAME_STATE", "Words at offset 0 of a state machine; 1..n are points."),
    ("StepMode", "STEP", "How far a debugger lets a task go."),
    ("StopReason", "STOP_REASON", "Why a task stopped."),
    ("Outcome", "OUTCOME", "How an operation on a channel, a lock or a set of tasks ended."),
    ("ObjectKind", "OBJECT", "Kinds of counted objects."),
    ("Wake", "WAKE", "Who woke a task for a poll."),
)
_WITH_TEXT = {
    "TASK_STATE",
    "ERROR_CODE",
    "STATUS",
    "STEP",
    "STOP_REASON",
    "OUTCOME",
    "OBJECT",
    "WAKE",
}

_HEAD = '''"""The numbers that C and Python share, as Python names.

Written by dev/gen_abi.py from runtime/include/zynrt.def and zynrt.h; edit those and run it again.
"""

from enum import IntEnum, IntFlag
from typing import NamedTuple


class Leaf(NamedTuple):
    """The frame of a leaf future, and what a debugger says about a task parked there."""

    size: int
    align: int
    wait_kind: str


class StructLayout(NamedTuple):
    """The size of a C structure and the offsets of its fields."""

    size: int
    offsets: dict[str, int]

'''


class Row(NamedTuple):
    """One line of a table."""

    table: str
    cells: tuple[str, ...]


def rows(text: str) -> list[Row]:
    """Every row of zynrt.def, in order."""
    return [
        Row(table, tuple(cell.strip() for cell in cells.split(",")))
        for table, cells in _ROW.findall(_COMMENT.sub("", text))
    ]


def generate(definitions: str, header: str) -> str:
    """The text of abi.py."""
    table = rows(definitions)
    constants = "".join(
        f"{name} = {value}\n" for name, value in _DEFINE.findall(_COMMENT.sub("", header))
    )
    enums = "".join(_enum(table, *which) for which in _ENUMS)
    tables = _sizes(table) + _leaves(table) + _structs(table)
    return _HEAD + "\n" + constants + "\n" + enums + tables


def _enum(table: list[Row], name: str, kind: str, doc: str) -> str:
    members = [row.cells for row in table if row.table == kind]
    base = "IntFlag" if kind == "ATTENTION" else "IntEnum"
    lines = [f"\nclass {name}({base}):", f'    """{doc}"""', ""]
    lines += [f"    {cells[0]} = {cells[1]}" for cells in members]
    if kind in _WITH_TEXT:
        lines += [
            "",
            "    @property",
            "    def text(self) -> str:",
            '        """The name that a person or a program reads."""',
            f"        return _{kind}_TEXTS[self]",
            "",
            "",
            f"_{kind}_TEXTS = {{",
            *(f"    {name}.{cells[0]}: {cells[2]}," for cells in members),
            "}",
        ]
    return "\n".join(lines) + "\n\n"


def _sizes(table: list[Row]) -> str:
    lines = ["\n# Bytes of a value; 0 where they depend on the type.", "TYPE_SIZES = {"]
    lines += [
        f"    TypeKind.{row.cells[0]}: {row.cells[2]}," for row in table if row.table == "TYPE_KIND"
    ]
    return "\n".join(lines) + "\n}\n"


def _leaves(table: list[Row]) -> str:
    lines = ["\nLEAVES = {"]
    for row in table:
        if row.table == "LEAF":
            name, size, align, wait_kind = row.cells
            lines.append(f'    "{name}": Leaf({size}, {align}, {wait_kind}),')
    return "\n".join(lines) + "\n}\n"


def _structs(table: list[Row]) -> str:
    lines = ["\nSTRUCTS = {"]
    for row in table:
        if row.table != "STRUCT":
            continue
        name, size = row.cells
        lines += [f'    "{name}": StructLayout(', f"        {size},", "        {"]
        lines += [
            f'            "{field.cells[1]}": {field.cells[2]},'
            for field in table
            if field.table == "FIELD" and field.cells[0] == name
        ]
        lines += ["        },", "    ),"]
    return "\n".join(lines) + "\n}\n"


def main() -> int:
    """Write the file; with --check only say whether it is fresh."""
    text = generate(
        (INCLUDE / "zynrt.def").read_text(encoding="utf-8"),
        (INCLUDE / "zynrt.h").read_text(encoding="utf-8"),
    )
    if "--check" in sys.argv[1:]:
        if OUTPUT.read_text(encoding="utf-8") == text:
            return 0
        print(f"{OUTPUT.relative_to(ROOT)} is stale: run dev/gen_abi.py", file=sys.stderr)
        return 1
    OUTPUT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
