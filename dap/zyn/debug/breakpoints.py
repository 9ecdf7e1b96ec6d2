"""Breakpoints: what was asked for, where it landed, and whether a stop there counts.

A line means the first statement at or after it; a function means its first statement.  Conditions
are compiled when the breakpoint is set, with the variables that are defined at its statement, so
that a mistake shows at once and not as a breakpoint that never stops.
"""

import itertools
import re
from collections.abc import Iterable

from zyn.debug.expression import Expression, compile_expression
from zyn.debug.model import Breakpoint, DebugError, SourceBreakpoint
from zyn.debug.program import Function, Program
from zyn.ir.side_table import Probe

_HIT = re.compile(r"\s*(>=|<=|==|=|>|<|%)?\s*(\d{1,18})\s*\Z")
_LOG_PART = re.compile(r"\{([^{}]*)\}")

Site = tuple[int, int]  # side table, probe


class Point:
    """One breakpoint."""

    def __init__(self, id_: int, wanted: SourceBreakpoint, function: str | None = None) -> None:
        self.id = id_
        self.wanted = wanted
        self.function = function
        self.site: Site | None = None
        self.line: int | None = None
        self.column: int | None = None
        self.message: str | None = None
        self.condition: Expression | None = None
        self.log: list[str | Expression] = []
        self.hits = 0

    @property
    def shown(self) -> Breakpoint:
        """As a client sees it."""
        return Breakpoint(
            id=self.id,
            verified=self.site is not None,
            line=self.line,
            column=self.column,
            message=self.message,
        )

    def hit(self) -> bool:
        """Count a hit; whether the hit condition lets it stop."""
        self.hits += 1
        wanted = _HIT.match(self.wanted.hit_condition or "")
        if wanted is None:
            return True
        number = int(wanted[2])
        match wanted[1]:
            case ">=":
                return self.hits >= number
            case ">":
                return self.hits > number
            case "<=":
                return self.hits <= number
            case "<":
                return self.hits < number
            case "%":
                return number > 0 and self.hits % number == 0
        return self.hits == number


class Breakpoints:
    """All of a session's."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._ids = itertools.count(1)
        self._files: dict[str, list[Point]] = {}
        self._functions: list[Point] = []

    def all(self) -> list[Point]:
        """Every breakpoint."""
        return [*itertools.chain.from_iterable(self._files.values()), *self._functions]

    def replace(self, file: str, wanted: Iterable[SourceBreakpoint]) -> list[Point]:
        """The breakpoints of a file from now on."""
        points = [Point(next(self._ids), one) for one in wanted]
        self._files[file] = points
        for point in points:
            self._settle(point, file)
        return points

    def replace_functions(
        self, wanted: Iterable[tuple[str, str | None, str | None]]
    ) -> list[Point]:
        """The function breakpoints from now on."""
        self._functions = []
        for name, condition, hit in wanted:
            asked = SourceBreakpoint(line=0, condition=condition, hit_condition=hit)
            self._functions.append(Point(next(self._ids), asked, name))
            self._settle(self._functions[-1], None)
        return self._functions

    def settle_again(self) -> list[Point]:
        """Something was loaded: look again where each one belongs; gives those that changed."""
        changed: list[Point] = []
        for file, points in [*self._files.items(), (None, self._functions)]:
            for point in points:
                before = point.shown
                self._settle(point, file)
                if point.shown != before:
                    changed.append(point)
        return changed

    def forget_hits(self) -> None:
        """The program starts anew."""
        for point in self.all():
            point.hits = 0

    def sites(self) -> set[Site]:
        """Where the debuggee must stop."""
        return {point.site for point in self.all() if point.site is not None}

    def at(self, site: Site) -> list[Point]:
        """The breakpoints of a statement."""
        return [point for point in self.all() if point.site == site]

    # --- finding the place ----------------------------------------------------------------------

    def _settle(self, point: Point, file: str | None) -> None:
        point.site = point.line = point.column = point.message = point.condition = None
        point.log = []
        try:
            function, probe = self._place(point, file)
            self._compile(point, function, probe)
        except DebugError as error:
            point.message = str(error)
            return
        point.site = (function.table.id, probe.index)
        place = self.program.place(function.table.file, probe.span)
        point.line = probe.line + 1
        point.column = place[1] if place is not None else None

    def _place(self, point: Point, file: str | None) -> tuple[Function, Probe]:
        if not self.program.functions:
            raise DebugError("the program is not loaded yet")
        if point.function is not None:
            function = self.program.named(point.function)
            if function is None or not function.table.probes:
                raise DebugError(f"there is no function {point.function}")
            return function, min(function.table.probes, key=lambda probe: probe.index)
        assert file is not None
        loaded = self.program.file_of(file)
        if loaded is None:
            raise DebugError(f"{file} is not loaded")
        found = statement_at(self.program, loaded, point.wanted.line, point.wanted.column)
        if found is None:
            raise DebugError(f"there is no statement at line {point.wanted.line} or after it")
        return found

    def _compile(self, point: Point, function: Function, probe: Probe) -> None:
        hit = point.wanted.hit_condition
        if hit is not None and hit.strip() and _HIT.match(hit) is None:
            raise DebugError(f"`{hit}` is no hit condition: write `5`, `>= 5` or `% 5`")
        if point.wanted.condition is not None and point.wanted.condition.strip():
            point.condition = self._expression(point.wanted.condition, function, probe, "bool")
        if point.wanted.log_message is not None:
            point.log = [
                part if place % 2 == 0 else self._expression(part, function, probe, None)
                for place, part in enumerate(_LOG_PART.split(point.wanted.log_message))
                if part or place % 2
            ]

    def _expression(
        self, text: str, function: Function, probe: Probe, wanted: str | None
    ) -> Expression:
        variables = function.table.variables
        types = {variables[index].name: variables[index].type for index in probe.live}
        language = self.program.language_of(function)
        return compile_expression(text, types, function.shapes, language, wanted)


def statements(program: Program, file: str) -> list[tuple[int, int, Function, Probe]]:
    """(line, column) of every statement of a file, 1-based, in order."""
    found: list[tuple[int, int, Function, Probe]] = []
    for function in program.in_file(file):
        for probe in function.table.probes:
            place = program.place(file, probe.span)
            found.append((probe.line + 1, place[1] if place else 1, function, probe))
    found.sort(key=lambda entry: (entry[0], entry[1], entry[3].index))
    return found


def statement_at(
    program: Program, file: str, line: int, column: int | None
) -> tuple[Function, Probe] | None:
    """The statement that a breakpoint on a line means."""
    after = [entry for entry in statements(program, file) if entry[0] >= line]
    if not after:
        return None
    same = [entry for entry in after if entry[0] == after[0][0]]
    if column is not None and same[0][0] == line:
        for entry in reversed(same):
            if entry[1] <= column:
                return entry[2], entry[3]
    return same[0][2], same[0][3]
