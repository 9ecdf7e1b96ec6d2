"""Expressions of chosen types, made by chance; see `tests.support.generate`."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from zyn.sema.types import (
    BOOL,
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    STRING,
    U8,
    U16,
    U32,
    U64,
    VOID,
    ArrayType,
    BoolType,
    FloatType,
    IntType,
    OptionalType,
    PromiseType,
    StringType,
    StructType,
    Type,
)

T = TypeVar("T")

Choose = Callable[[int], int]
"""A number from 0 up to, not including, the one given; small ones should make simple programs."""

INTS = (I32, I64, U8, I8, U32, U64, I16, U16)
SCALARS = (*INTS, F64, F32, BOOL, STRING)
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
TEXTS = ("a", "", "bee", "é", "two words", "\\n", 'q\\"')
DEPTH_MAX = 3
TYPE_SIZE_MAX = 200


class Var(NamedTuple):
    """A name in scope."""

    name: str
    type: Type
    mutable: bool


class Signature(NamedTuple):
    """A function of the program; the first parameter is always `fuel`."""

    name: str
    is_async: bool
    params: tuple[Type, ...]
    result: Type


class Chance:
    """Named ways of choosing."""

    def __init__(self, choose: Choose) -> None:
        self.choose = choose

    def pick(self, options: Sequence[T]) -> T:
        """One of several; the first is the simplest."""
        return options[self.choose(len(options))]

    def once_in(self, count: int) -> bool:
        """True once in so many times."""
        return self.choose(count) == count - 1


class Values(Chance):
    """A function under construction, as far as its expressions go."""

    def __init__(self, choose: Choose, functions: Sequence[Signature], number: int) -> None:
        super().__init__(choose)
        self.functions = functions
        self.number = number
        self.is_entry = number == len(functions)
        self.signature = Signature("", False, (), VOID) if self.is_entry else functions[number]
        self.lines: list[str] = []
        self.indent = 0
        self.scopes: list[list[Var]] = [[]]
        self.names = 0
        self.loops: list[str] = []
        self.calls = 0

    # Scopes

    def put(self, line: str) -> None:
        """A line of the body."""
        self.lines.append("    " * self.indent + line)

    def visible(self) -> list[Var]:
        """What the names in scope mean."""
        found = {var.name: var for scope in self.scopes for var in scope}
        return list(found.values())

    def fresh(self) -> str:
        """A name for a new variable; now and then one that hides another."""
        here = {var.name for var in self.scopes[-1]}
        if self.once_in(6):
            hidden = [v.name for v in self.visible() if v.name not in here and v.name[0] == "v"]
            if hidden:
                return self.pick(hidden)
        self.names += 1
        return f"v{self.names}"

    def declare(self, name: str, type_: Type, mutable: bool) -> None:
        """Add a variable to the innermost scope."""
        self.scopes[-1].append(Var(name, type_, mutable))

    def give_away(self, name: str) -> None:
        """Forget a promise that another function has now."""
        for scope in self.scopes:
            scope[:] = [var for var in scope if var.name != name]

    # Parts

    def paths(self, text: str, type_: Type, depth: int = 3) -> list[tuple[str, Type]]:
        """A variable and its parts, as text with types."""
        found = [(text, type_)]
        if depth and isinstance(type_, StructType):
            for name, field in type_.fields:
                found += self.paths(f"{text}.{name}", field, depth - 1)
        elif depth and isinstance(type_, ArrayType) and type_.length:
            found += self.paths(f"{text}[{self.index(type_.length)}]", type_.element, depth - 1)
        return found

    def index(self, length: int) -> str:
        """An index, rarely out of range."""
        numbers = [v for v in self.visible() if isinstance(v.type, IntType)]
        if numbers and self.once_in(8):
            return self.pick(numbers).name
        unsigned = [v for v in numbers if isinstance(v.type, IntType) and not v.type.signed]
        if unsigned and self.once_in(2):
            return f"{self.pick(unsigned).name} % {length}"
        return str(self.choose(length))

    # Values

    def callees(self, result: Type | None) -> list[Signature]:
        """The functions that may be called here, None: whatever they give."""
        if self.is_entry or self.calls >= 6:
            return []
        return [
            f
            for f in self.functions
            if (f.is_async <= self.signature.is_async)
            and (self.signature.is_async or not isinstance(f.result, PromiseType))
            and (result is None or f.result == result)
        ]

    def call(self, callee: Signature, depth: int) -> str:
        """A call; one that could come round again burns fuel."""
        self.calls += 1
        later = self.functions.index(callee) > self.number
        fuel = "fuel" if later else "fuel - 1"
        args = [fuel, *(self.argument(type_, depth) for type_ in callee.params)]
        return f"{callee.name}({', '.join(args)})"

    def argument(self, type_: Type, depth: int = 2) -> str:
        """A value for a parameter."""
        if not isinstance(type_, PromiseType):
            return self.value(type_, depth)
        owned = [v for v in self.visible() if v.type == type_ and not self.loops]
        if owned:
            name = self.pick(owned).name
            self.give_away(name)
            return name
        makers = [
            f
            for f in self.functions[self.number + 1 :]
            if f.is_async and f.result == type_.result
            and not any(isinstance(p, PromiseType) for p in f.params)
        ]  # fmt: skip
        if makers:
            args = ", ".join(["1", *(self.value(p, 0) for p in makers[0].params)])
            return f"{makers[0].name}({args})"
        return f"make_{type_.result}({self.value(type_.result, 0)})"

    def value(self, type_: Type, depth: int) -> str:
        """An expression that its context takes as this type; a narrower one converts."""
        if isinstance(type_, PromiseType):
            return self.argument(type_, depth)
        if isinstance(type_, OptionalType):
            return self.optional(type_, depth)
        if isinstance(type_, IntType | FloatType) and self.once_in(6):
            narrower = [v.name for v in self.visible() if _widens(v.type, type_)]
            if narrower:
                return self.pick(narrower)
        return self.expr(type_, depth)

    def optional(self, type_: OptionalType, depth: int) -> str:
        """`null`, a value inside, or another optional."""
        same = [text for text, t in self.readable() if t == type_]
        if same and self.once_in(2):
            return self.pick(same)
        if depth and self.once_in(4):
            made = self.made(type_, depth)
            if made is not None:
                return made
        if isinstance(type_.inner, OptionalType) or self.once_in(3):
            return "null"
        return self.value(type_.inner, depth)

    def readable(self) -> list[tuple[str, Type]]:
        """Every variable and part of one."""
        return [path for v in self.visible() for path in self.paths(v.name, v.type)]

    def expr(self, type_: Type, depth: int) -> str:
        """An expression of exactly this type."""
        same = [text for text, t in self.readable() if t == type_]
        if same and (depth == 0 or self.once_in(2)):
            return self.pick(same)
        if depth == 0:
            return self.literal(type_)
        if self.once_in(4):
            made = self.made(type_, depth)
            if made is not None:
                return made
        if self.once_in(5):
            found = [text for text, t in self.readable() if t == OptionalType(type_)]
            if found:
                other = self.value(type_, depth - 1)
                if self.once_in(8):
                    other = 'panic("nothing")'
                return f"({self.pick(found)} orelse {other})"
        return self.operation(type_, depth - 1)

    def made(self, type_: Type, depth: int) -> str | None:
        """A call that gives the type."""
        same = self.callees(type_)
        if not same:
            return None
        callee = self.pick(same)
        text = self.call(callee, depth - 1)
        if callee.is_async and self.once_in(5):
            return text  # awaited without a word, and warned of
        return f"(await {text})" if callee.is_async else text

    def operation(self, type_: Type, depth: int) -> str:
        """An operator, or a value put together."""
        if isinstance(type_, BoolType):
            return self.condition(depth)
        if isinstance(type_, StringType):
            return f"({self.expr(type_, depth)} + {self.expr(type_, depth)})"
        if isinstance(type_, IntType | FloatType):
            return self.arithmetic(type_, depth)
        return self.literal(type_, depth)

    def length(self) -> str:
        """The length of some array, else a number."""
        arrays = [text for text, type_ in self.readable() if isinstance(type_, ArrayType)]
        return f"{self.pick(arrays)}.len" if arrays else "4"

    def arithmetic(self, type_: IntType | FloatType, depth: int) -> str:
        """Numbers."""
        if type_ == I64 and self.once_in(8):
            return self.length()
        op = self.pick(("+", "-", "*", "/", "%", "neg"))
        left = self.expr(type_, depth)
        if op == "neg":
            signed = isinstance(type_, FloatType) or type_.signed
            return f"(-{left})" if signed and not left[0].isdigit() else left
        right = self.divisor(type_, depth) if op in "/%" else self.expr(type_, depth)
        return f"({left} {op} {right})"

    def divisor(self, type_: IntType | FloatType, depth: int) -> str:
        """What to divide by, rarely zero."""
        if self.once_in(10):
            return self.expr(type_, depth)
        if isinstance(type_, FloatType):
            return self.pick(("2.0", "0.5", "0.3"))
        choices = ("3", "2", "7", "(-1)", "(-3)") if type_.signed else ("3", "2", "7")
        return self.pick(choices)

    def condition(self, depth: int) -> str:
        """Something true or false."""
        kind = self.choose(5)
        if kind == 0:
            return self.pick(("true", "false"))
        if kind == 1:
            word = self.pick(("and", "or"))
            return f"({self.expr(BOOL, depth)} {word} {self.expr(BOOL, depth)})"
        if kind == 2:
            return f"!({self.expr(BOOL, depth)})"
        optionals = [text for text, t in self.readable() if isinstance(t, OptionalType)]
        if kind == 3 and optionals:
            return f"({self.pick(optionals)} {self.pick(('==', '!='))} null)"
        typed = [(text, t) for text, t in self.readable() if t in SCALARS]
        if not typed:
            return "(1 < 2)"
        text, type_ = self.pick(typed)
        words = COMPARISONS if type_ != BOOL else COMPARISONS[:2]
        return f"({text} {self.pick(words)} {self.expr(type_, depth)})"

    def literal(self, type_: Type, depth: int = 0) -> str:
        """A value written down."""
        match type_:
            case IntType():
                return self.whole(type_)
            case FloatType():
                text = self.pick(("1.5", "0.0", "2.0", "0.1", "100.25", "1000000.0"))
                return f"(-{text})" if self.once_in(4) else text
            case StringType():
                return f'"{self.pick(TEXTS)}"'
            case StructType():
                fields = [f".{n} = {self.value(t, depth)}" for n, t in type_.fields]
                if self.once_in(2):
                    fields.reverse()
                return f"{type_.name}{{ {', '.join(fields)} }}"
            case ArrayType():
                parts = [self.value(type_.element, depth) for _ in range(type_.length)]
                return f"[{', '.join(parts)}]"
            case OptionalType():
                return self.optional(type_, depth)
        return self.pick(("true", "false"))

    def whole(self, type_: IntType) -> str:
        """A whole number, the edges of the range included."""
        values = [1, 0, 2, 3, 7, 100, type_.maximum]
        if type_.signed:
            values += [-1, type_.minimum, -5]
        value = self.pick(values)
        return f"({value})" if value < 0 else str(value)


def writable(type_: Type) -> bool:
    """Whether a program can write a value of the type down."""
    match type_:
        case PromiseType():
            return False
        case OptionalType(inner) | ArrayType(_, inner):
            return writable(inner)
        case StructType(name, fields):
            return not name.startswith("Settled<") and all(writable(t) for _, t in fields)
    return True


def _widens(source: Type, target: Type) -> bool:
    if isinstance(source, IntType) and isinstance(target, IntType):
        return source.signed == target.signed and source.bits < target.bits
    return source == F32 and target == F64
