"""A program's text -> functions that can be called in this process.

`Engine.load` is the pipeline on one page: analyse, lower, emit, compile or fetch from the cache,
link.  Addresses leave as plain integers; calling them is the business of `zyn.runtime`.
"""

import ctypes
import itertools
import logging
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from zyn.base.diagnostic import Diagnostic, Severity
from zyn.base.log import TRACE
from zyn.codegen import (
    ModuleText,
    Target,
    Unit,
    emit_debug_module,
    emit_entry,
    emit_module,
    emit_thunk,
)
from zyn.codegen.lltypes import param_offsets
from zyn.codegen.names import Names
from zyn.driver.cache import ObjectCache
from zyn.driver.link import process_linker
from zyn.driver.queries import Document
from zyn.ir.build import Wrapper, build_wrapper
from zyn.ir.side_table import SideTable
from zyn.ir.transform import Lowered, lower
from zyn.sema.types import FunctionSignature, Type

logger = logging.getLogger("zyn.compiler.async")

VERSION = "1"
"""Part of every cache key; raised when code generation changes meaning without changing its text.
"""

_ids = itertools.count(1)
_ids_lock = threading.Lock()


class CompileError(Exception):
    """The program has errors.  `diagnostics` holds all findings, spans from the file's start."""

    def __init__(self, file: str, data: bytes, diagnostics: Sequence[Diagnostic]) -> None:
        errors = sum(d.code.severity == Severity.ERROR for d in diagnostics)
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
    args        (name, type, offset) of each parameter: in the frame of an async function, in the
                argument
                block of a direct one's thunk
    args_offset, args_size   where the parameters lie there
    """

    def __init__(
        self, module: "LoadedModule", index: int, side_table: SideTable, row: Sequence[int]
    ) -> None:
        lowered = module.units[index].lowered
        function = lowered.function
        self.module = module
        self.index = index
        self.name = function.name
        self.side_table = side_table
        self.result: Type = function.result
        self.signature = FunctionSignature(
            function.name,
            function.is_async,
            tuple((p.name, p.type) for p in function.params),
            function.result,
        )
        self.descriptor, self.stub, self.cell = row
        types = tuple(param.type for param in function.params)
        start = 4 if function.is_async else 0
        offsets, end = param_offsets(types, start)
        self.args = tuple(
            (param.name, param.type, offset)
            for param, offset in zip(function.params, offsets, strict=True)
        )
        self.args_offset = offsets[0] if offsets else start
        self.args_size = max(end - self.args_offset, 0)
        self._thunk = 0
        self._entry = 0

    @property
    def is_async(self) -> bool:
        """Whether calling it makes a promise."""
        return self.signature.is_async

    def thunk(self) -> int:
        """The address of a ZynThunk for a direct function, made on first use."""
        if not self._thunk:
            lowered = self.module.units[self.index].lowered
            text = emit_thunk(self.module.name, lowered)
            self._thunk = self.module.engine.compile(text, self.module.symbols())[text.exports[0]]
        return self._thunk

    def entry(self) -> int:
        """The address that a C caller calls: the stub of a direct function, what makes an async
        one's promise.

        The latter and the init that its descriptor names from then on are made on first use.
        """
        if not self.is_async:
            return self.stub
        if not self._entry:
            text = emit_entry(self.module.name, self.module.units[self.index].lowered)
            found = self.module.engine.compile(text, self.module.symbols())
            self._entry = found[text.exports[0]]
            _poke(self.descriptor + 16, ctypes.c_uint64, found[text.exports[1]])
        return self._entry


class LoadedModule:
    """A program in this process."""

    def __init__(
        self,
        engine: "Engine",
        name: str,
        file: str,
        units: Sequence[Unit],
        diagnostics: Sequence[Diagnostic],
        data: bytes,
    ) -> None:
        self.engine = engine
        self.name = name
        self.file = file
        self.units = units
        self.diagnostics = tuple(diagnostics)
        self.data = data
        self.functions: dict[str, LoadedFunction] = {}
        self.base = 0
        self._debug: dict[str, DebugBuild] = {}
        self._sites = 0

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

    def adopt(self, table: Sequence[int]) -> None:
        """Take the addresses that linking gave: the table that `emit_module` describes."""
        with _ids_lock:
            self.base = next(_ids)
            for _ in range(len(self.units) - 1):
                next(_ids)
        self._sites = table[-1]
        _poke(self._sites, ctypes.c_uint64, self.base << 32)
        for index, unit in enumerate(self.units):
            side_table = _placed(unit, self.base + index, self.name, self.file)
            function = LoadedFunction(self, index, side_table, table[3 * index : 3 * index + 3])
            if function.descriptor:
                _poke(function.descriptor + 40, ctypes.c_uint32, side_table.id)
            self.functions[function.name] = function

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
        text = emit_debug_module(self.name, self.units, [f.index for f in chosen])
        addresses = self.engine.compile(text, self.symbols(), optimise=False)
        made: list[DebugBuild] = []
        for position, function in enumerate(chosen):
            flags = addresses[text.exports[2 * position + 1]]
            count = len(function.side_table.probes)
            made.append(DebugBuild(function.name, function.side_table.id, flags, count))
            self._debug[function.name] = made[-1]
        for position, function in enumerate(chosen):
            _poke(function.cell, ctypes.c_uint64, addresses[text.exports[2 * position]])
        return made


def _poke(address: int, kind: type[ctypes.c_uint64] | type[ctypes.c_uint32], value: int) -> None:
    kind.from_address(address).value = value


def _placed(unit: Unit, identity: int, module: str, file: str) -> SideTable:
    table = unit.lowered.side_table.at(unit.offset, unit.first_line)
    return msgspec.structs.replace(table, id=identity, module=module, file=file)


class Engine:
    """Loads programs.  One per process is enough; it may be used from several threads.

    cache_dir   where compiled code is kept between runs; None keeps nothing
    check       check the IR after every pass
    baseline    leave LLVM's passes out: code in half the time that runs up to twice as long
    """

    def __init__(
        self, *, cache_dir: Path | None = None, check: bool = False, baseline: bool = False
    ) -> None:
        self.cache = ObjectCache(cache_dir)
        self.check = check
        self.baseline = baseline
        self.target = Target()

    def load(
        self, text: bytes, *, language: str = "zyntax", name: str = "main", file: str = ""
    ) -> LoadedModule:
        """Compile and link a program; `CompileError` when it has errors."""
        document = Document(language, text)
        diagnostics = document.diagnostics()
        if any(d.code.severity == Severity.ERROR for d in diagnostics):
            raise CompileError(file, text, diagnostics)
        units = lower_all(document, check=self.check)
        return self.load_units(units, name=name, file=file, diagnostics=diagnostics, text=text)

    def load_units(
        self,
        units: Sequence[Unit],
        *,
        name: str = "main",
        file: str = "",
        diagnostics: Sequence[Diagnostic] = (),
        text: bytes = b"",
    ) -> LoadedModule:
        """Compile and link functions that are lowered already."""
        module = LoadedModule(self, name, file, units, diagnostics, text)
        emitted = emit_module(module.name, module.units, self.target.triple)
        code = self.compile(emitted, {}, optimise=not self.baseline)
        address = code[emitted.exports[0]]
        size = 3 * len(module.units) + 1
        module.adopt(list((ctypes.c_uint64 * size).from_address(address)))
        return module

    def compile(
        self, emitted: ModuleText, others: dict[str, int], *, optimise: bool = True
    ) -> dict[str, int]:
        """Object code for some LLVM text, from the cache or made now, linked; addresses of its
        exports.
        """
        key = ObjectCache.key(VERSION, self.target.fingerprint, str(optimise), emitted.text)
        code = self.cache.get(key)
        if code is None:
            code = self.target.object_code(emitted.text, optimise=optimise)
            self.cache.put(key, code)
        return process_linker(self.target).link([code], emitted.exports, emitted.runtime, others)


def lower_all(document: Document, *, check: bool = False) -> list[Unit]:
    """Every function of a sound document, and the wrappers of built-in futures they need."""
    units: list[Unit] = []
    wrappers: dict[str, Wrapper] = {}
    for unit in document.compile_units(check=check):
        lowered = unit.lowered
        units.append(Unit(lowered, unit.placed.line, unit.placed.offset))
        wrappers.update((wrapper.name, wrapper) for wrapper in lowered.function.wrappers)
        _trace(lowered)
    for wrapper in wrappers.values():
        lowered = lower(build_wrapper(wrapper), lambda _: None, check=check)
        units.append(Unit(lowered, 0, 0))
    return units


def _trace(lowered: Lowered) -> None:
    if lowered.frame is None or not logger.isEnabledFor(TRACE):
        return
    table = lowered.side_table
    logger.log(
        TRACE, "%s: states: %d, bytes of frame: %d", table.function, len(table.states),
        lowered.frame.size,
    )  # fmt: skip
    for state in table.states[1:]:
        live = ", ".join(state.live) or "nothing"
        logger.log(TRACE, "%s: state %d awaits %s; live: %s", table.function, state.index,
                   state.awaits, live)  # fmt: skip
