"""Print a tree compactly: one line for each statement, prefix notation for expressions.

    async fn add(a: i32, b: i32) i32 @0..60
      return (+ a (await (call later b))) @30..58

`@start..end` are the bytes of the item.  Trees that print alike have the same statements, names and
values, at the same places.  Absent here: the syntax of any one language, and types that were
inferred.
"""

from collections.abc import Callable, Iterator
from typing import Any

from zyn.ast import (
    ArrayInit,
    ArrayTypeExpr,
    Assign,
    Await,
    Binary,
    Block,
    BoolLiteral,
    Break,
    Call,
    Continue,
    ErrorExpr,
    ErrorStmt,
    ErrorTypeExpr,
    Expr,
    ExprStmt,
    FieldAccess,
    FloatLiteral,
    Function,
    GenericTypeExpr,
    If,
    Index,
    IntLiteral,
    Item,
    Let,
    Logical,
    Name,
    NamedTypeExpr,
    Node,
    NullLiteral,
    OptionalTypeExpr,
    OrElse,
    PromiseTypeExpr,
    Return,
    SliceTypeExpr,
    Stmt,
    StringLiteral,
    Struct,
    StructInit,
    TypeExpr,
    Unary,
    While,
)


def print_item(item: Item) -> str:
    """The declaration of an item as text; every line ends with a newline."""
    decl = item.decl
    if decl is None:
        lines: Iterator[str] = iter(("nothing",))
    elif isinstance(decl, Function):
        lines = _function(decl)
    else:
        lines = _struct(decl)
    return "".join(f"{line}\n" for line in lines)


def print_expr(expr: Expr) -> str:
    """An expression in prefix notation."""
    return _EXPR[type(expr)](expr)


def print_type(type_: TypeExpr) -> str:
    """A written type."""
    match type_:
        case NamedTypeExpr():
            return type_.name
        case PromiseTypeExpr():
            return f"Promise<{print_type(type_.result)}>"
        case GenericTypeExpr():
            return f"{type_.name}<{print_type(type_.argument)}>"
        case OptionalTypeExpr():
            return f"?{print_type(type_.inner)}"
        case ArrayTypeExpr():
            return f"[{type_.length}]{print_type(type_.element)}"
        case SliceTypeExpr():
            return f"[]{print_type(type_.element)}"
        case ErrorTypeExpr():
            return "<error>"
    return "<type>"


def _function(function: Function) -> Iterator[str]:
    params = ", ".join(f"{p.name.text or '<error>'}: {print_type(p.type)}" for p in function.params)
    word = "async fn" if function.is_async else "fn"
    name = function.name.text or "<error>"
    yield f"{word} {name}({params}) {print_type(function.result)}{_place(function)}"
    yield from _statements(function.body, "  ")


def _struct(struct: Struct) -> Iterator[str]:
    yield f"struct {struct.name.text or '<error>'}{_place(struct)}"
    for field in struct.fields:
        yield f"  {field.name.text or '<error>'}: {print_type(field.type)}{_place(field)}"


def _place(node: Node) -> str:
    return f" @{node.start}..{node.end}"


def _statements(block: Block, indent: str) -> Iterator[str]:
    for statement in block.statements:
        yield from _statement(statement, indent)


def _statement(statement: Stmt, indent: str) -> Iterator[str]:
    inner = indent + "  "
    place = _place(statement)
    match statement:
        case If():
            yield f"{indent}if {print_expr(statement.condition)}{place}"
            yield from _statements(statement.then, inner)
            if statement.else_ is not None:
                yield f"{indent}else"
                yield from _statement(statement.else_, inner)
        case While():
            yield f"{indent}while {print_expr(statement.condition)}{place}"
            yield from _statements(statement.body, inner)
        case Block():
            yield f"{indent}block{place}"
            yield from _statements(statement, inner)
        case _:
            yield f"{indent}{_SIMPLE[type(statement)](statement)}{place}"


def _let(statement: Let) -> str:
    word = "var" if statement.mutable else "const"
    type_ = "" if statement.type is None else f": {print_type(statement.type)}"
    return f"{word} {statement.name.text or '<error>'}{type_} = {print_expr(statement.value)}"


def _assign(statement: Assign) -> str:
    return f"{print_expr(statement.target)} {statement.op}= {print_expr(statement.value)}"


def _return(statement: Return) -> str:
    return "return" if statement.value is None else f"return {print_expr(statement.value)}"


def _list(*parts: Expr | str) -> str:
    texts = (part if isinstance(part, str) else print_expr(part) for part in parts)
    return f"({' '.join(texts)})"


def _struct_init(expr: StructInit) -> str:
    fields = (f".{f.name.text or '<error>'}={print_expr(f.value)}" for f in expr.fields)
    return _list("struct", expr.type_name.text, *fields)


_SIMPLE: dict[type[Stmt], Callable[[Any], str]] = {
    Assign: _assign,
    Break: lambda _: "break",
    Continue: lambda _: "continue",
    ErrorStmt: lambda _: "<error>",
    ExprStmt: lambda s: print_expr(s.value),
    Let: _let,
    Return: _return,
}

_EXPR: dict[type[Expr], Callable[[Any], str]] = {
    ArrayInit: lambda e: _list("array", *e.elements),
    Await: lambda e: _list("await", e.operand),
    Binary: lambda e: _list(e.op, e.left, e.right),
    BoolLiteral: lambda e: "true" if e.value else "false",
    Call: lambda e: _list("call", e.callee, *e.args),
    ErrorExpr: lambda _: "<error>",
    FieldAccess: lambda e: _list("field", e.value, e.field.text or "<error>"),
    FloatLiteral: lambda e: repr(e.value),
    Index: lambda e: _list("index", e.value, e.index),
    IntLiteral: lambda e: str(e.value),
    Logical: lambda e: _list(e.op, e.left, e.right),
    Name: lambda e: e.text,
    NullLiteral: lambda _: "null",
    OrElse: lambda e: _list("orelse", e.left, e.right),
    StringLiteral: lambda e: repr(e.value),
    StructInit: _struct_init,
    Unary: lambda e: _list(e.op, e.operand),
}
