"""Expressions of the program's language, checked by the compiler's own rules and worked out here.

An expression is read as the value of a constant in a function whose parameters are the variables
of the frame, so that names, types, literals and conversions mean what they mean in the program:

    fn __expression(total: i32, i: i32) void { const __value = total * 2 > i; }

Nothing of the debuggee runs: calls and awaits are refused.
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from zyn.ast import (
    ArrayInit,
    Await,
    Binary,
    BoolLiteral,
    Call,
    Expr,
    FieldAccess,
    FloatLiteral,
    Function,
    Index,
    IntLiteral,
    Let,
    Logical,
    Name,
    NullLiteral,
    OrElse,
    StringLiteral,
    StructInit,
    Unary,
)
from zyn.base.diagnostic import Severity
from zyn.debug.compute import binary, unary
from zyn.debug.model import DebugError
from zyn.debug.values import FLOATS, Shapes, Value
from zyn.sema import Head, ModuleEnvironment, check_function, declare
from zyn.sema.facts import FunctionFacts
from zyn.sema.types import Type
from zyn.syntax import lower_item
from zyn.syntax.items import Fragment

TEXT_MAX = 10_000
_RESULT = "__value"
_NAME = re.compile(r"[A-Za-z_]\w*\Z")


class Expression(msgspec.Struct, frozen=True, eq=False):
    """A checked expression.  `type` is the type of its value, in the debuggee's words."""

    text: str
    expr: Expr
    facts: FunctionFacts
    type: str
    names: frozenset[str]


def compile_expression(
    text: str,
    variables: Mapping[str, str],
    shapes: Shapes,
    language: str,
    wanted: str | None = None,
) -> Expression:
    """Check an expression among variables (name -> type); raises `DebugError` with the mistake."""
    text = text.strip()
    if not text:
        raise DebugError("there is no expression")
    if len(text) > TEXT_MAX:
        raise DebugError("the expression is too long")
    aliases = _Aliases(shapes)
    params = ", ".join(
        f"{name}: {aliases.to(type_)}" for name, type_ in variables.items() if _NAME.match(name)
    )
    head = f"fn __expression({params}) void {{ const {_RESULT}"
    head += f": {aliases.to(wanted)} = " if wanted is not None else " = "
    source = f"{head}{text}\n; }}".encode()
    item = lower_item(language, Fragment(0, len(source)), source)
    begin = len(head.encode())
    end = begin + len(text.encode())
    for found in item.diagnostics:
        raise DebugError(f"`{text}`: {found.message}")
    function = item.decl
    if not isinstance(function, Function) or len(function.body.statements) != 1:
        raise DebugError(f"`{text}` is not one expression")
    let = function.body.statements[0]
    if not isinstance(let, Let) or let.value.start < begin or let.value.end > end:
        raise DebugError(f"`{text}` is not one expression")
    nodes = list(_nodes(let.value))
    _refuse(nodes)
    facts = check_function(item, ModuleEnvironment(aliases.heads(language)))
    for found in facts.diagnostics:
        if found.code.severity == Severity.ERROR:
            message = found.message.replace(f"`{_RESULT}` needs", "expected")
            raise DebugError(f"`{text}`: {message}")
    if facts.awaited:
        raise DebugError("a promise has no value here: looking never waits")
    own = facts.converted.get(let.value.id, facts.types[let.value.id])
    names = frozenset(node.text for node in nodes if isinstance(node, Name))
    return Expression(text, let.value, facts, aliases.back(str(own)), names)


def _refuse(nodes: list[Expr]) -> None:
    for node in nodes:
        if isinstance(node, Call):
            raise DebugError("calls are refused: looking at a program never runs its code")
        if isinstance(node, Await):
            raise DebugError("await is refused: looking at a program never runs its code")


class _Aliases:
    """Names that can be written for types that the compiler itself named, and the way back."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._names: dict[str, str] = {}
        for shape in shapes.values():
            if shape.kind == "struct" and not _NAME.match(shape.name):
                self._names[shape.name] = re.sub(r"\W", "_", f"__{shape.name}")

    def to(self, type_: str) -> str:
        """How the type is written."""
        for name, alias in self._names.items():
            type_ = type_.replace(name, alias)
        return type_

    def back(self, type_: str) -> str:
        """The type's own name."""
        for name, alias in self._names.items():
            type_ = type_.replace(alias, name)
        return type_

    def heads(self, language: str) -> Iterator[Head | None]:
        """The structs that the frame knows, declared."""
        for shape in self._shapes.values():
            if shape.kind == "struct":
                fields = ", ".join(f"{name}: {self.to(type_)}" for name, type_, _ in shape.fields)
                text = f"const {self.to(shape.name)} = struct {{ {fields} }};".encode()
                yield declare(lower_item(language, Fragment(0, len(text)), text))


def _nodes(expr: Expr) -> Iterator[Expr]:
    yield expr
    match expr:
        case Unary(operand=operand) | Await(operand=operand):
            yield from _nodes(operand)
        case Binary(left=left, right=right) | Logical(left=left, right=right):
            yield from _nodes(left)
            yield from _nodes(right)
        case OrElse(left=left, right=right):
            yield from _nodes(left)
            yield from _nodes(right)
        case Call(callee=callee, args=args):
            yield from _nodes(callee)
            for arg in args:
                yield from _nodes(arg)
        case FieldAccess(value=value):
            yield from _nodes(value)
        case Index(value=value, index=index):
            yield from _nodes(value)
            yield from _nodes(index)
        case StructInit(fields=fields):
            for field in fields:
                yield from _nodes(field.value)
        case ArrayInit(elements=elements):
            for element in elements:
                yield from _nodes(element)


# --- working it out -----------------------------------------------------------------------------


def evaluate(expression: Expression, values: Mapping[str, Value]) -> Value:
    """The value; raises `DebugError` where the program would fail."""
    return _Evaluation(expression.facts, values).value(expression.expr)


class _Evaluation:
    def __init__(self, facts: FunctionFacts, values: Mapping[str, Value]) -> None:
        self._facts = facts
        self._values = values

    def _type(self, expr: Expr) -> Type:
        return self._facts.types[expr.id]

    def value(self, expr: Expr) -> Value:
        """The value in the type that its surroundings need."""
        found = self._own(expr)
        converted = self._facts.converted.get(expr.id)
        if isinstance(found, int) and not isinstance(found, bool) and str(converted) in FLOATS:
            return float(found)
        return found

    def _own(self, expr: Expr) -> Value:
        match expr:
            case IntLiteral(value=number):
                return float(number) if str(self._type(expr)) in FLOATS else number
            case FloatLiteral(value=fraction):
                return fraction
            case BoolLiteral(value=truth):
                return truth
            case StringLiteral(value=text):
                return text
            case NullLiteral():
                return None
            case Name(text=name):
                return self._values[name]
            case Unary(op=op, operand=operand):
                return unary(op, self.value(operand), str(self._type(expr)))
            case Binary(op=op, left=left, right=right):
                type_ = str(self._facts.converted.get(left.id, self._type(left)))
                return binary(op, self.value(left), self.value(right), type_)
            case Logical(op=op, left=left, right=right):
                first = self.value(left)
                return self.value(right) if first == (op == "and") else first
            case OrElse(left=left, right=right):
                first = self.value(left)
                return self.value(right) if first is None else first
        return self._part(expr)

    def _part(self, expr: Expr) -> Value:
        match expr:
            case FieldAccess(value=base, field=field):
                whole = self.value(base)
                if isinstance(whole, list):
                    return len(whole)
                if isinstance(whole, dict):
                    return whole[field.text]
            case Index(value=base, index=index):
                whole, at = self.value(base), self.value(index)
                if isinstance(whole, list) and isinstance(at, int):
                    return whole[checked_index(at, len(whole))]
            case StructInit(fields=fields):
                return {field.name.text: self.value(field.value) for field in fields}
            case ArrayInit(elements=elements):
                return [self.value(element) for element in elements]
        raise DebugError("this cannot be evaluated while debugging")


def checked_index(index: int, length: int) -> int:
    """An index that is inside; raises as the program would fail."""
    if not 0 <= index < length:
        raise DebugError(f"index {index} is out of range: there are {length} elements")
    return index
