"""What is known of the loaded program: side tables by id, functions, lines, texts.

Filled from what the debuggee publishes, so that attaching needs no source file.
"""

import os
from functools import cached_property

import msgspec

from zyn.base.source import Encoding, SourceText
from zyn.base.span import Span
from zyn.debug.model import DebugError
from zyn.debug.values import Shapes, shapes_of
from zyn.debug.wire import Metadata
from zyn.ir.side_table import Probe, SideTable, Slot, State


class Module(msgspec.Struct, frozen=True):
    """A loaded module as the debuggee describes it."""

    name: str
    file: str
    functions: dict[str, int]  # name -> side table id
    language: str = "zyntax"


class About(msgspec.Struct, frozen=True):
    """The run as a whole."""

    clock: str = "real"
    seed: int = 0
    call: str | None = None
    workers: int = 1


class Function:
    """A side table with the look-ups that the debugger needs."""

    def __init__(self, table: SideTable) -> None:
        self.table = table
        self.name = table.function
        self.states: dict[int, State] = {state.index: state for state in table.states}
        self.probes: dict[int, Probe] = {probe.index: probe for probe in table.probes}
        self.has_debug_build = False

    @cached_property
    def shapes(self) -> Shapes:
        """How to read its values."""
        return shapes_of(self.table.types)

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The fields of its frame."""
        return self.table.frame.slots if self.table.frame is not None else ()

    @cached_property
    def first_line(self) -> int:
        """The least line (0-based) that belongs to it."""
        return min([self.table.line, *(probe.line for probe in self.table.probes)])

    @cached_property
    def last_line(self) -> int:
        """The greatest line (0-based) with a statement."""
        return max([self.table.line, *(probe.line for probe in self.table.probes)])

    def slot_of(self, variable: int) -> Slot | None:
        """Where a variable lies in the frame."""
        index = self.table.variables[variable].slot
        return self.slots[index] if 0 <= index < len(self.slots) else None


class Program:
    """Everything published so far."""

    def __init__(self) -> None:
        self.functions: dict[int, Function] = {}
        self.modules: dict[str, Module] = {}
        self.sources: dict[str, SourceText] = {}
        self.about = About()

    def publish(self, kind: int, key: bytes, data: bytes) -> None:
        """Take in one fact; an unknown kind is of a newer debuggee and ignored."""
        name = key.decode("utf-8", "replace")
        match kind:
            case Metadata.SIDE_TABLE:
                table = msgspec.json.decode(data, type=SideTable)
                function = Function(table)
                known = self.functions.get(table.id)
                function.has_debug_build = known is not None and known.has_debug_build
                self.functions[table.id] = function
            case Metadata.MODULE:
                self.modules[name] = msgspec.json.decode(data, type=Module)
            case Metadata.SOURCE:
                self.sources[name] = SourceText(data)
            case Metadata.PROGRAM:
                self.about = msgspec.json.decode(data, type=About)

    def function(self, table: int) -> Function | None:
        """The function with a side table id."""
        return self.functions.get(table)

    def named(self, name: str, module: str | None = None) -> Function | None:
        """A function by name, in a module or anywhere."""
        for function in self.functions.values():
            if function.name == name and module in (None, function.table.module):
                return function
        return None

    def language_of(self, function: Function) -> str:
        """The language that a function is written in."""
        module = self.modules.get(function.table.module)
        return module.language if module is not None else "zyntax"

    def file_of(self, path: str) -> str | None:
        """The loaded file that a client means by a path, or None."""
        wanted = os.path.realpath(path)
        for function in self.functions.values():
            if function.table.file and os.path.realpath(function.table.file) == wanted:
                return function.table.file
        for file in self.sources:
            if os.path.realpath(file) == wanted:
                return file
        return None

    def in_file(self, file: str) -> list[Function]:
        """The functions of a file from top to bottom."""
        found = [f for f in self.functions.values() if f.table.file == file]
        return sorted(found, key=lambda function: function.table.line)

    def place(self, file: str, span: Span) -> tuple[int, int, int, int] | None:
        """Line, column, end line, end column of a span; 1-based, columns in bytes."""
        source = self.sources.get(file)
        if source is None:
            return None
        begin = source.position(span.start, Encoding.UTF8)
        end = source.position(span.end, Encoding.UTF8)
        return begin.line + 1, begin.column + 1, end.line + 1, end.column + 1

    def site(self, site: int) -> tuple[Function | None, int]:
        """The function and the 1-based line of a ZynSite."""
        return self.functions.get(site >> 32), site & 0xFFFFFFFF

    def need(self, table: int) -> Function:
        """The function with a side table id; raises when it was never published."""
        found = self.functions.get(table)
        if found is None:
            raise DebugError(f"the debuggee published nothing about function {table}")
        return found
