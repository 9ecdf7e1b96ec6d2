"""Programs in this process: functions with addresses, and what is known of them.

A program gets here from the compiler (`zyn.driver.load`) or from disk (`zyn.driver.loader`).  The
compiler, and whatever only it knows, is fetched when somebody asks for it, because most runs of a
kept program never do.  Addresses leave as plain integers; calling them is the business of
`zyn.runtime`.
"""

import ctypes
import itertools
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from zyn.codegen.lltypes import param_offsets
from zyn.codegen.names import Names
from zyn.driver.image import Image
from zyn.driver.image import load as load_image
from zyn.driver.kept import Kept, Placed, Program
from zyn.runtime.abi import STRUCTS
from zyn.sema.types import Type

if TYPE_CHECKING:
    from zyn.base.diagnostic import Diagnostic
    from zyn.codegen import Unit
    from zyn.driver.load import Engine
    from zyn.ir.side_table import Probe, SideTable

_ids = itertools.count(1)
_ids_lock = threading.Lock()

_FIELDS = STRUCTS["ZynDescriptor"].offsets

ROW = 4
"""Words per function in the table of a program: descriptor, stub, cell, entry."""


class CompileError(Exception):
    """The program has errors.  `diagnostics` holds all findings, spans from the file's start."""

    def __init__(self, file: str, data: bytes, diagnostics: Sequence["Diagnostic"]) -> None:
        errors = sum(d.code.severity.name == "ERROR" for d in diagnostics)
        super().__init__(f"{file or 'the program'} has {errors} error{'s' * (errors != 1)}")
        self.file = file
        self.data = data
        self.diagnostics = tuple(diagnostics)


class DebugBuild(NamedTuple):
    """A function's debug build, switched in: its probe bytes lie at `probe_flags_address`."""

    function: str
    side_table_id: int
    probe_flags_address: int
    probe_count: int


class LoadedFunction:
    """A function in this process.

    descriptor  address of its ZynDescriptor; 0 for a direct function
    entry       the address that a C caller calls: the stub of a direct function, what makes an
                async one's promise
    table_id    number of its side table in this process
    args        (name, type, offset) of each parameter: in the frame of an async function, in the
                argument block of a direct one's thunk
    args_offset, args_size   where the parameters lie there
    """

    def __init__(
        self, module: "LoadedModule", index: int, placed: Placed, row: Sequence[int]
    ) -> None:
        self.module = module
        self.index = index
        self.signature = placed.signature
        self.name = placed.signature.name
        self.result: Type = placed.signature.result
        self.table_id = module.base + index
        self.descriptor, self.stub, self.cell, self.entry = row
        start = 4 if self.is_async else 0
        offsets, end = param_offsets(tuple(type_ for _, type_ in self.signature.params), start)
        self.args = tuple(
            (name, type_, offset)
            for (name, type_), offset in zip(self.signature.params, offsets, strict=True)
        )
        self.args_offset = offsets[0] if offsets else start
        self.args_size = max(end - self.args_offset, 0)
        self._thunk = 0

    @property
    def is_async(self) -> bool:
        """Whether calling it makes a promise."""
        return self.signature.is_async

    @property
    def side_table(self) -> "SideTable":
        """What is known of its states and memory."""
        return self.module.side_tables[self.index]

    def thunk(self) -> int:
        """The address of a ZynThunk for a direct function, made on first use."""
        if not self._thunk:
            self._thunk = self.module.thunk(self.index)
        return self._thunk


class LoadedModule:
    """A program in this process.

    engine   gives the compiler, which makes what is asked for later
    units    the functions as the compiler has them; None: compiled again when somebody asks
    kept     where code that is made later is kept
    """

    def __init__(
        self,
        program: Program,
        *,
        engine: "Callable[[], Engine]",
        language: str,
        name: str,
        file: str,
        data: bytes,
        units: "Sequence[Unit] | None" = None,
    ) -> None:
        self.program = program
        self.language = language
        self.name = name
        self.file = file
        self.data = data
        self.functions: dict[str, LoadedFunction] = {}
        self.base = 0
        # Where the code of the fast builds begins; 0 when LLVM linked it.
        self.code_address = 0
        self.kept: Kept | None = None
        self._engine = engine
        self._units = units
        self._side_tables: tuple[SideTable, ...] | None = None
        self._debug: dict[str, DebugBuild] = {}
        self._optimised: set[str] = set()
        self._switching = threading.Lock()
        self._lines = b""
        self._counts = 0
        self._sites = 0

    @property
    def engine(self) -> "Engine":
        """The compiler."""
        return self._engine()

    @property
    def units(self) -> "Sequence[Unit]":
        """The functions as the compiler has them."""
        if self._units is None:
            self._units = self.engine.lowered(self.language, self.data)
        return self._units

    @property
    def side_tables(self) -> "tuple[SideTable, ...]":
        """The side table of each function, placed in this file and this process."""
        if self._side_tables is None:
            from zyn.driver.tables import native_ranges, placed, unpacked

            if self._units is None:
                tables = unpacked(self.program.side_tables)
            else:
                tables = [unit.lowered.side_table for unit in self._units]
            native = native_ranges(self._lines, len(tables))
            self._side_tables = tuple(
                placed(table, function, self.base + index, self.name, self.file, native[index])
                for index, (table, function) in enumerate(
                    zip(tables, self.program.functions, strict=True)
                )
            )
        return self._side_tables

    @property
    def generated(self) -> list[str]:
        """The names of what was made, in source order: `foo` and, for an async function,
        `__foo_poll`.
        """
        names: list[str] = []
        for name, function in self.functions.items():
            if not name.startswith("<"):
                names.append(name)
                if function.is_async:
                    names.append(f"__{name}_poll")
        return names

    def symbols(self) -> dict[str, int]:
        """What other objects of this module may refer to, with addresses."""
        names = Names(self.name)
        found = {names.local("sites")[1:]: self._sites}
        for function in self.functions.values():
            if function.is_async:
                found[names.poll(function.name)[1:]] = function.stub
                found[names.descriptor(function.name)[1:]] = function.descriptor
            else:
                found[names.entry(function.name)[1:]] = function.stub
        return found

    def adopt_image(self, image: Image, *, counted: bool = False) -> None:
        """Load the program's image, whose one export is its table, and take the addresses."""
        ((symbol, offset),) = image.exports.items()
        table = load_image(image, {})[symbol]
        self.code_address = table - offset
        self._lines = image.lines
        self.adopt(table, counted=counted)

    def place_of(self, address: int) -> "tuple[SideTable, Probe | None] | None":
        """The function that the machine code at an address was made for, and the statement, if it
        is of one; None for code that is not the fast build of this program.
        """
        offset = address - self.code_address
        for table in self.side_tables:
            at = bisect_right(table.native, offset, key=lambda part: part.offset) - 1
            if at >= 0 and offset < table.native[at].offset + table.native[at].size:
                probe = table.native[at].probe
                return table, table.probes[probe] if probe >= 0 else None
        return None

    def adopt(self, address: int, *, counted: bool = False) -> None:
        """Take the addresses that linking gave: the table that `emit_module` describes."""
        size = ROW * len(self.program.functions) + 1 + counted
        table = list((ctypes.c_uint64 * size).from_address(address))
        with _ids_lock:
            self.base = next(_ids)
            for _ in range(len(self.program.functions) - 1):
                next(_ids)
        if counted:
            self._counts = table.pop()
        self._sites = table[-1]
        _poke(self._sites, ctypes.c_uint64, self.base << 32)
        for index, placed in enumerate(self.program.functions):
            function = LoadedFunction(self, index, placed, table[ROW * index : ROW * index + ROW])
            if function.descriptor:
                _poke(
                    function.descriptor + _FIELDS["side_table"], ctypes.c_uint32, function.table_id
                )
            self.functions[function.name] = function

    def thunk(self, index: int) -> int:
        """The address of a ZynThunk for the direct function at an index."""
        part = f"thunk {index}"
        image = self.kept.image(part) if self.kept is not None else None
        if image is not None:
            (address,) = load_image(image, self.symbols()).values()
            return address
        return self.engine.thunk(self, index, part)

    def debug_build(self, names: Iterable[str] | None = None) -> list[DebugBuild]:
        """Compile and switch in the debug builds of some functions (None: all) that have none yet.

        The switch is one atomic store per function: it is seen at the next entry or poll.
        """
        wanted = set(self.functions if names is None else names)
        chosen = [
            f for f in self.functions.values() if f.name in wanted and f.name not in self._debug
        ]
        if not chosen:
            return []
        built = self.engine.debug(self, [function.index for function in chosen])
        made: dict[str, DebugBuild] = {}
        for function, (_, flags) in zip(chosen, built, strict=True):
            count = len(function.side_table.probes)
            made[function.name] = DebugBuild(function.name, function.table_id, flags, count)
        with self._switching:
            for function, (code, _) in zip(chosen, built, strict=True):
                self._debug[function.name] = made[function.name]
                self._optimised.discard(function.name)
                _poke(function.cell, ctypes.c_uint64, code)
        return list(made.values())

    def counts(self) -> list[tuple[LoadedFunction, int, int]]:
        """How often each function was called and went round a loop in its baseline build; empty
        when it does not count.
        """
        if not self._counts:
            return []
        words = (ctypes.c_uint64 * (2 * len(self.functions))).from_address(self._counts)
        pairs = zip(words[::2], words[1::2], strict=True)
        return [
            (function, *pair) for function, pair in zip(self.functions.values(), pairs, strict=True)
        ]

    def optimise(self, function: LoadedFunction) -> bool:
        """Compile the optimised build of a function and switch it in, as `debug_build` does.

        False: it has a debug build, which stays.
        """
        if function.name in self._debug:
            return False
        code = self.engine.optimised(self, function.index)
        with self._switching:
            if function.name in self._debug:
                return False
            _poke(function.cell, ctypes.c_uint64, code)
            self._optimised.add(function.name)
        return True

    def is_optimised(self, function: LoadedFunction) -> bool:
        """Whether the build that runs from the next entry or poll on is the optimised one."""
        return function.name in self._optimised


def _poke(address: int, kind: type[ctypes.c_uint64] | type[ctypes.c_uint32], value: int) -> None:
    kind.from_address(address).value = value
