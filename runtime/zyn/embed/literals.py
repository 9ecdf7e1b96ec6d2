"""`NAME(ARGS)` as a person types it: a call whose arguments are literals of the language.

The text is parsed by the language's own grammar, as the only statement of a function, so that a
literal here is what it is in a program.
"""

from zyn.ast import (
    ArrayInit,
    BoolLiteral,
    Call,
    Expr,
    ExprStmt,
    FloatLiteral,
    Function,
    IntLiteral,
    Name,
    NullLiteral,
    StringLiteral,
    StructInit,
    Unary,
)
from zyn.driver.queries import Document
from zyn.embed.errors import CallError
from zyn.embed.values import StructValue
from zyn.embed.written import WrittenCall

_PREFIX, _SUFFIX = "fn call() void { ", "; }"


def parse_call(text: str, language: str = "zyntax") -> WrittenCall:
    """Read a call; CallError says what is wrong with it."""
    call = _only_call(text, language)
    if not isinstance(call.callee, Name):
        raise CallError(f"{text!r}: a call begins with the name of a function")
    return WrittenCall(call.callee.text, tuple(literal(arg) for arg in call.args))


def _only_call(text: str, language: str) -> Call:
    data = f"{_PREFIX}{text}\n{_SUFFIX}".encode("utf-8", "replace")
    items = [placed.state.item for placed in Document(language, data).items]
    if len(items) == 1 and not items[0].is_broken and not items[0].diagnostics:
        function = items[0].decl
        if isinstance(function, Function) and len(function.body.statements) == 1:
            statement = function.body.statements[0]
            if isinstance(statement, ExprStmt) and isinstance(statement.value, Call):
                return statement.value
    raise CallError(f"{text!r} is not a call such as main() or add(1, -2)")


def literal(expr: Expr) -> object:
    """The value of a literal; anything that would have to be computed is refused."""
    match expr:
        case IntLiteral(value=value) | FloatLiteral(value=value) | BoolLiteral(value=value):
            return value
        case StringLiteral(value=text):
            return text
        case NullLiteral():
            return None
        case Unary(op="-", operand=IntLiteral() | FloatLiteral() as operand):
            return -operand.value
        case ArrayInit(elements=elements):
            return [literal(element) for element in elements]
        case StructInit(type_name=name, fields=fields):
            return StructValue(
                name.text, **{field.name.text: literal(field.value) for field in fields}
            )
    raise CallError(
        "an argument is a literal: a number, true, false, a string, null, [..] or T{ .a = .. }"
    )
