"""Whole programs on disk: a run of one that was run before loads neither compiler nor LLVM.

A program is kept when it compiled, under a hash of its text, its names and everything else that the
outcome depends on (`zyn.driver.fingerprint`).  What is kept are facts (signatures, findings, side
tables) and code as an image; beside it, when somebody asked for one, images of thunks.  Damaged
entries, full disks and writers at the same time are the business of `zyn.driver.cache`, where all
of this lies.

Entries are in the format of `marshal`, which is Python's own for compiled modules: reading one
loads no module.  Like those, and like the code in them, they are trusted as far as the folder is.
"""

import logging
import marshal
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from zyn.base.problem import Problem
from zyn.driver.cache import ObjectCache
from zyn.driver.fingerprint import fingerprint
from zyn.driver.image import Image, Import, is_supported
from zyn.sema import types
from zyn.sema.types import FunctionSignature, StructType, Type

logger = logging.getLogger("zyn.compiler")

_CLASSES: tuple[type[Type], ...] = (
    types.VoidType, types.BoolType, types.IntType, types.FloatType, types.StringType,
    types.StructType, types.ArrayType, types.OptionalType, types.PromiseType,
    types.HandleType,
)  # fmt: skip


class Placed(NamedTuple):
    """A function of a program: its signature, and where its item begins (0-based line, byte)."""

    signature: FunctionSignature
    first_line: int
    offset: int


class Program(NamedTuple):
    """What a run needs to know of a compiled program besides its code.

    side_tables    of the functions in order, as `zyn.driver.loaded` encodes them
    """

    functions: tuple[Placed, ...]
    problems: tuple[Problem, ...]
    side_tables: bytes


class Kept:
    """The entries of one program."""

    def __init__(self, cache: ObjectCache, key: str) -> None:
        self._cache = cache
        self._key = key

    def get(self, part: str) -> Any:
        """What was kept under a name, or None."""
        body = self._cache.get(ObjectCache.key(self._key, part))
        return None if body is None else marshal.loads(body)

    def put(self, part: str, value: Any) -> None:
        """Keep something made of what `marshal` knows."""
        self._cache.put(ObjectCache.key(self._key, part), marshal.dumps(value))

    def program(self) -> tuple[Program, Image] | None:
        """The program, when there is one."""
        found = self.get("program")
        if found is None:
            return None
        functions, problems, side_tables, image = found
        placed = tuple(
            Placed(
                FunctionSignature(
                    name, is_async, tuple((p, thawed(t)) for p, t in params), thawed(result)
                ),
                line,
                offset,
            )
            for name, is_async, params, result, line, offset in functions
        )
        said = tuple(Problem(*row) for row in problems)
        return Program(placed, said, side_tables), _image(image)

    def put_program(self, program: Program, image: Image) -> None:
        """Keep a program."""
        functions = tuple(
            (
                signature.name,
                signature.is_async,
                tuple((name, frozen(type_)) for name, type_ in signature.params),
                frozen(signature.result),
                line,
                offset,
            )
            for signature, line, offset in program.functions
        )
        problems = tuple(map(tuple, program.problems))
        self.put("program", (functions, problems, program.side_tables, _row(image)))

    def image(self, part: str) -> Image | None:
        """A piece of code that was kept beside the program."""
        found = self.get(part)
        return None if found is None else _image(found)

    def put_image(self, part: str, image: Image) -> None:
        """Keep a piece of code beside the program."""
        self.put(part, _row(image))


def kept(
    cache: ObjectCache,
    *,
    language: str,
    name: str,
    file: str,
    baseline: bool,
    text: bytes,
    counted: bool = False,
) -> Kept | None:
    """Where a program is kept; None where none can be, or where its making is to be watched."""
    if cache.directory is None or not is_supported() or logger.isEnabledFor(logging.DEBUG):
        return None
    if logging.getLogger("zyn.compiler.async").isEnabledFor(logging.DEBUG):
        return None
    digest = blake2b(text, digest_size=24).hexdigest()
    return Kept(
        cache,
        ObjectCache.key(fingerprint(), language, name, file, f"{baseline} {counted}", digest),
    )


def kept_calls(directory: Path | None, language: str) -> Kept | None:
    """Where calls as a person types them are kept; None where nothing is."""
    if directory is None or not is_supported():
        return None
    return Kept(ObjectCache(directory), ObjectCache.key(fingerprint(), language, "call"))


def frozen(type_: Type) -> tuple[object, ...]:
    """A type as plain values."""
    if isinstance(type_, StructType):
        fields = tuple((name, frozen(field)) for name, field in type_.fields)
        return _CLASSES.index(StructType), type_.name, fields
    content = (getattr(type_, name) for name in type_.__match_args__)
    return (
        _CLASSES.index(type(type_)),
        *(frozen(part) if isinstance(part, Type) else part for part in content),
    )


def thawed(row: tuple[Any, ...]) -> Type:
    """The type that `frozen` made the row from."""
    kind = _CLASSES[row[0]]
    if kind is StructType:
        return StructType(row[1], tuple((name, thawed(field)) for name, field in row[2]))
    made: Type = kind(*(thawed(part) if isinstance(part, tuple) else part for part in row[1:]))
    return made


def _row(image: Image) -> tuple[object, ...]:
    return (*image[:3], tuple(map(tuple, image.imports)), image.exports, image.lines)


def _image(row: tuple[Any, ...]) -> Image:
    data, fixed, rebase, imports, exports, lines = row
    return Image(data, fixed, rebase, tuple(Import(*one) for one in imports), exports, lines)
