"""Loads programs: from disk when this text was compiled before, else through the compiler.

This module and what it imports are all that a run of a kept program needs of the compiler.
"""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from zyn.driver.cache import ObjectCache
from zyn.driver.kept import Kept, kept
from zyn.driver.loaded import LoadedModule

if TYPE_CHECKING:
    from zyn.driver.load import Engine


class Loader:
    """One per process is enough; it may be used from several threads.  See `Engine`."""

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
        self._engine: Engine | None = None
        self._making = threading.Lock()

    def engine(self) -> "Engine":
        """The compiler, imported and made when it is first needed."""
        with self._making:
            if self._engine is None:
                from zyn.driver.load import Engine

                self._engine = Engine(
                    cache_dir=self.cache.directory, check=self.check, baseline=self.baseline,
                    counted=self.counted,
                )  # fmt: skip
            return self._engine

    def load(
        self, text: bytes, *, language: str = "zyntax", name: str = "main", file: str = ""
    ) -> LoadedModule:
        """Load a program; `CompileError` when it has errors.

        A program with errors is compiled again each time, and so is one whose compilation is to
        be checked.
        """
        found: Kept | None = None
        if not self.check:
            found = kept(
                self.cache, language=language, name=name, file=file, baseline=self.baseline,
                text=text, counted=self.counted,
            )  # fmt: skip
        whole = found.program() if found is not None else None
        if whole is None:
            return self.engine().load(text, language=language, name=name, file=file, kept=found)
        program, image = whole
        module = LoadedModule(
            program, engine=self.engine, language=language, name=name, file=file, data=text
        )
        module.kept = found
        module.adopt_image(image, counted=self.counted)
        return module
