"""A program's text -> functions that can be called in this process.

`Engine.load` is the pipeline on one page: analyse, lower, emit, compile or fetch from the cache,
link.  What comes of it is `zyn.driver.loaded`'s.
"""

import logging
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from zyn.base.diagnostic import Severity
from zyn.base.log import TRACE
from zyn.base.problem import Problem, problems
from zyn.codegen import x86
from zyn.codegen.module import (
    ModuleText,
    Unit,
    emit_debug_module,
    emit_module,
    emit_optimised,
    emit_thunk,
)
from zyn.codegen.names import Names
from zyn.driver import gdb
from zyn.driver.cache import ObjectCache
from zyn.driver.elf import Unsuitable, image_of
from zyn.driver.image import Image, Import, is_supported
from zyn.driver.image import load as load_image
from zyn.driver.kept import Kept, Placed, Program
from zyn.driver.loaded import CompileError, LoadedModule
from zyn.driver.queries import Document
from zyn.driver.tables import packed
from zyn.ir.build import Wrapper, build_wrapper
from zyn.ir.transform import Lowered, lower
from zyn.sema.types import FunctionSignature

if TYPE_CHECKING:
    from zyn.codegen.target import Target

logger = logging.getLogger("zyn.compiler.async")

VERSION = "1"
"""Part of every cache key; raised when code generation changes meaning without changing its text.
"""


class Engine:
    """Compiles and loads programs.  One per process is enough; several threads may use it.

    cache_dir   where compiled code is kept between runs; None keeps nothing
    check       check the IR after every pass
    baseline    make machine code of our own where that is supported, which takes a quarter of the
                time and runs as fast; False: have LLVM make it, as on all other machines
    counted     have functions count their calls and the back-edges of their loops
    """

    def __init__(
        self,
        *,
        cache_dir: Path | None = None,
        check: bool = False,
        baseline: bool = True,
        counted: bool = False,
    ) -> None:
        self.cache = ObjectCache(cache_dir)
        self.check = check
        self.baseline = baseline
        self.counted = counted

    @cached_property
    def target(self) -> "Target":
        """The machine as LLVM knows it; LLVM is loaded when this is first asked for."""
        from zyn.codegen.target import Target

        return Target()

    @property
    def is_own(self) -> bool:
        """Whether machine code is our own: LLVM then makes debug builds only."""
        return self.baseline and is_supported()

    def load(
        self,
        text: bytes,
        *,
        language: str = "zyntax",
        name: str = "main",
        file: str = "",
        kept: Kept | None = None,
    ) -> LoadedModule:
        """Compile and link a program; `CompileError` when it has errors.

        It is put into `kept`, for runs to come, and so is code that is made for it later.
        """
        document = Document(language, text)
        diagnostics = document.diagnostics()
        if any(d.code.severity == Severity.ERROR for d in diagnostics):
            raise CompileError(file, text, diagnostics)
        units = lower_all(document, check=self.check)
        found = problems(file, text, diagnostics)
        return self.load_units(
            units, language=language, name=name, file=file, text=text, problems=found, kept=kept
        )

    def load_units(
        self,
        units: Sequence[Unit],
        *,
        language: str = "zyntax",
        name: str = "main",
        file: str = "",
        text: bytes = b"",
        problems: Sequence[Problem] = (),
        kept: Kept | None = None,
    ) -> LoadedModule:
        """Compile and link functions that are lowered already."""
        tables = packed(unit.lowered.side_table for unit in units) if kept is not None else b""
        program = Program(tuple(map(_placed, units)), tuple(problems), tables)
        module = LoadedModule(
            program, engine=lambda: self, language=language, name=name, file=file, data=text,
            units=units,
        )  # fmt: skip
        module.kept = kept
        if self.is_own:
            image = _image(x86.emit_code(units, counted=self.counted), "table")
            if kept is not None:
                kept.put_program(program, image)
            module.adopt_image(image, counted=self.counted)
        else:
            emitted = emit_module(name, units, self.target.triple, counted=self.counted)
            code = self.object_of(emitted, optimise=not self.baseline)
            if kept is not None:
                _keep(kept, emitted, code, program)
            table = self.link(code, emitted, {})[emitted.exports[0]]
            module.adopt(table, counted=self.counted)
        return module

    def lowered(self, language: str, text: bytes) -> list[Unit]:
        """The functions of a program that is known to be sound."""
        return lower_all(Document(language, text), check=self.check)

    def thunk(self, module: LoadedModule, index: int, part: str) -> int:
        """The address of a ZynThunk for a direct function; kept under `part`."""
        lowered = module.units[index].lowered
        if self.is_own:
            symbol = Names(module.name).entry(lowered.function.name)[1:]
            image = _image(x86.emit_thunk(symbol, lowered.function), "thunk")
            if module.kept is not None:
                module.kept.put_image(part, image)
            return load_image(image, module.symbols())["thunk"]
        emitted = emit_thunk(module.name, lowered)
        code = self.object_of(emitted)
        if module.kept is not None:
            _keep(module.kept, emitted, code, part)
        return self.link(code, emitted, module.symbols())[emitted.exports[0]]

    def debug(self, module: LoadedModule, chosen: Sequence[int]) -> list[tuple[int, int]]:
        """Debug builds of the functions at `chosen`: addresses of their code and probe bytes."""
        shown = gdb.is_wanted()
        file = os.path.abspath(module.file) if shown and module.file else ""
        emitted = emit_debug_module(module.name, module.units, chosen, file)
        code = self.object_of(emitted, optimise=False)
        found = self.link(code, emitted, module.symbols())
        if shown:
            gdb.show(code, found)
        addresses = [found[symbol] for symbol in emitted.exports]
        return list(zip(addresses[::2], addresses[1::2], strict=True))

    def optimised(self, module: LoadedModule, index: int) -> int:
        """The address of the optimised build of a function, which takes milliseconds to make."""
        emitted = emit_optimised(module.name, module.units, index)
        key = ObjectCache.key(VERSION, self.target.fingerprint, "all passes", emitted.text)
        code = self.cache.get(key)
        if code is None:
            code = self.target.optimised_code(emitted.text)
            self.cache.put(key, code)
        return self.link(code, emitted, module.symbols())[emitted.exports[0]]

    def object_of(self, emitted: ModuleText, *, optimise: bool = True) -> bytes:
        """Object code for some LLVM text, from the cache or made now."""
        key = ObjectCache.key(VERSION, self.target.fingerprint, str(optimise), emitted.text)
        code = self.cache.get(key)
        if code is None:
            code = self.target.object_code(emitted.text, optimise=optimise)
            self.cache.put(key, code)
        return code

    def link(self, code: bytes, emitted: ModuleText, others: dict[str, int]) -> dict[str, int]:
        """Load an object; addresses of its exports."""
        from zyn.driver.link import process_linker

        return process_linker(self.target).link([code], emitted.exports, emitted.runtime, others)


def _placed(unit: Unit) -> Placed:
    function = unit.lowered.function
    signature = FunctionSignature(
        function.name,
        function.is_async,
        tuple((param.name, param.type) for param in function.params),
        function.result,
    )
    return Placed(signature, unit.first_line, unit.offset)


def _image(code: x86.MachineCode, name: str) -> Image:
    imports = tuple(Import(offset, symbol, 0) for symbol, offset in code.imports.items())
    return Image(code.data, code.fixed, code.rebase, imports, {name: code.export}, code.lines)


def _keep(kept: Kept, emitted: ModuleText, code: bytes, what: Program | str) -> None:
    """Keep a program, or a piece of code under a name, if the object can be made an image."""
    try:
        image = image_of(code, emitted.exports)
    except Unsuitable as error:
        logger.info("a program is not kept, since only LLVM can link it: %s", error)
        return
    if isinstance(what, str):
        kept.put_image(what, image)
    else:
        kept.put_program(what, image)


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
