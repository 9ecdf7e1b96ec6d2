"""One line of IR text, read from left to right: names, types, literals.  See `zyn.ir.parse`."""

import re
from typing import final

from zyn.base.span import Span
from zyn.sema.handles import HANDLES
from zyn.sema.types import (
    PRIMITIVES,
    ArrayType,
    HandleType,
    OptionalType,
    PromiseType,
    StructType,
    Type,
)

LOCAL = re.compile(r"%\d+|[^\W\d]\w*")
NAME = re.compile(r"[\w$]+")
NUMBER = re.compile(r"\d+")


class IrSyntaxError(Exception):
    """The text is no IR.  `line` is 1-based."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line


@final
class Cursor:
    """A place in one line."""

    def __init__(self, text: str, number: int, offset: int, structs: dict[str, StructType]) -> None:
        self.text = text.rstrip()
        self.number = number
        self.at = len(self.text) - len(self.text.lstrip())
        self.span = Span(offset + self.at, offset + len(self.text.encode()))
        self.structs = structs

    def failure(self, message: str) -> IrSyntaxError:
        """What is wrong with the line."""
        return IrSyntaxError(self.number, f"{message}: {self.text.strip()!r}")

    def skip(self, literal: str) -> bool:
        """Pass over a literal if it stands here."""
        if self.text.startswith(literal, self.at):
            self.at += len(literal)
            return True
        return False

    def expect(self, literal: str) -> None:
        """Pass over a literal that must stand here."""
        if not self.skip(literal):
            raise self.failure(f"`{literal}` expected at column {self.at + 1}")

    def match(self, pattern: re.Pattern[str], what: str) -> str:
        """Pass over what a pattern describes."""
        found = pattern.match(self.text, self.at)
        if found is None:
            raise self.failure(f"{what} expected at column {self.at + 1}")
        self.at = found.end()
        return found[0]

    def end(self) -> None:
        """Nothing may follow."""
        if self.at != len(self.text):
            raise self.failure(f"the end expected at column {self.at + 1}")

    def target(self) -> str:
        """The name of a function: an identifier, or a wrapper's in angle brackets."""
        return (
            self._bracketed() if self.text.startswith("<", self.at) else self.match(NAME, "a name")
        )

    def _bracketed(self) -> str:
        start, depth = self.at, 0
        while self.at < len(self.text):
            depth += {"<": 1, ">": -1}.get(self.text[self.at], 0)
            self.at += 1
            if depth == 0:
                return self.text[start : self.at]
        raise self.failure("`>` expected")

    def type(self) -> Type:
        """A type."""
        if self.skip("?"):
            return OptionalType(self.type())
        if self.skip("["):
            length = int(self.match(NUMBER, "a length"))
            self.expect("]")
            return ArrayType(length, self.type())
        if self.skip("Promise<"):
            result = self.type()
            self.expect(">")
            return PromiseType(result)
        name = self.match(NAME, "a type")
        if name in HANDLES:
            return self._handle(name)
        if self.text.startswith("<", self.at):
            name += self._bracketed()
        found = PRIMITIVES.get(name) or self.structs.get(name)
        if found is None:
            raise self.failure(f"no struct `{name}` is declared above")
        return found

    def _handle(self, name: str) -> Type:
        if not HANDLES[name]:
            return HandleType(name)
        self.expect("<")
        element = self.type()
        self.expect(">")
        return HandleType(name, element)

    def named_types(self, close: str) -> list[tuple[str, Type]]:
        """`name: T, ..` up to a closing word."""
        found: list[tuple[str, Type]] = []
        while not self.skip(close):
            if found:
                self.expect(", ")
            name = self.match(LOCAL, "a name")
            self.expect(": ")
            found.append((name, self.type()))
        return found

    def struct(self) -> None:
        """A declaration."""
        self.expect("struct ")
        name = self.match(NAME, "a name")
        if self.text.startswith("<", self.at):
            name += self._bracketed()
        self.expect(" {")
        self.skip(" ")
        fields = self.named_types("}" if self.text.endswith("{}") else " }")
        self.structs[name] = StructType(name, tuple(fields))
        self.end()
