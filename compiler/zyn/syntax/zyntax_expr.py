"""Lower the expressions of Zyntax.

Parentheses leave no node: what they enclose keeps its own span, and what encloses them covers them.
Nesting is bounded by `DEPTH_MAX`, so that every later walk may recurse.

Absent here: what holds expressions; see `zyn.syntax.zyntax`.
"""

import re
from collections.abc import Callable

from tree_sitter import Node

from zyn.ast import (
    ArrayInit,
    Await,
    Binary,
    BoolLiteral,
    Call,
    ErrorExpr,
    Expr,
    FieldAccess,
    FieldInit,
    FloatLiteral,
    Ident,
    Index,
    IntLiteral,
    Logical,
    Name,
    NullLiteral,
    OrElse,
    StringLiteral,
    StructInit,
    Unary,
)
from zyn.base import codes
from zyn.base.diagnostic import Diagnostic
from zyn.base.span import Span

DEPTH_MAX = 128
"""How deep expressions, blocks and types may nest, together.  Operands of a chain count too."""

DIGITS_MAX = 400
"""Digits of an integer that are read; more is out of every type's range anyway."""

COMMENTS = frozenset({"line_comment", "block_comment"})
COMMENTS = frozenset({"line_comment", "block_comment"})
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "\\": "\\", '"': '"'}


class ExprLowering:
    """The state of lowering one item, and how its expressions are lowered."""

    __slots__ = ("base", "depth", "diagnostics", "next_id", "text")

    def __init__(self, text: bytes, base: int) -> None:
        self.text = text
        self.base = base
        self.depth = 0
        self.next_id = 0
        self.diagnostics: list[Diagnostic] = []

    def new_id(self) -> int:
        """The id of a node that is finished now."""
        number = self.next_id
        self.next_id = number + 1
        return number

    def place(self, node: Node) -> tuple[int, int, int]:
        """What every finished node begins with."""
        number = self.next_id
        self.next_id = number + 1
        return node.start_byte - self.base, node.end_byte - self.base, number

    def text_of(self, node: Node) -> str:
        """The text of a node that is ASCII by the grammar."""
        raw = self.text[node.start_byte - self.base : node.end_byte - self.base]
        return raw.decode("utf-8", "replace")

    def ident(self, node: Node | None, parent: Node) -> Ident:
        """A declared name; empty when it is missing."""
        if node is None or node.type != "identifier":
            at = parent.start_byte - self.base
            return Ident(at, at, self.new_id(), "")
        return Ident(*self.place(node), self.text_of(node))

    def expr(self, node: Node | None, parent: Node) -> Expr:
        """An expression.  Parentheses are taken off in a loop; they count as nesting."""
        depth = self.depth
        while node is not None and node.type == "parenthesized_expression":
            self.depth += 1
            parent = node
            node = inner_expr(node)
        if node is None:
            self.depth = depth
            at = parent.end_byte - self.base
            return ErrorExpr(at, at, self.new_id())
        handler = _EXPR.get(node.type)
        if handler is None or self.is_too_deep(node):
            self.depth = depth
            return ErrorExpr(*self.place(node))
        self.depth += 1
        result = handler(self, node)
        self.depth = depth
        return result

    def exprs(self, node: Node | None) -> tuple[Expr, ...]:
        """The expressions of a list; a part that cannot be read stands as an `ErrorExpr`."""
        if node is None:
            return ()
        return tuple(
            self.expr(child, node) for child in node.named_children if child.type not in COMMENTS
        )

    def name(self, node: Node) -> Expr:
        """A name used as a value."""
        text = self.text_of(node)
        return Name(*self.place(node), text) if text else ErrorExpr(*self.place(node))

    def int_literal(self, node: Node) -> Expr:
        """A whole number."""
        number = self.integer(node)
        if number is None:
            return ErrorExpr(*self.place(node))
        return IntLiteral(*self.place(node), number)

    def integer(self, node: Node) -> int | None:
        """The value of an integer token; a number of too many digits only keeps its size."""
        digits = self.text_of(node)
        if not digits.isdigit():
            return None
        if len(digits) > DIGITS_MAX:
            digits = digits.lstrip("0")[: DIGITS_MAX + 1] or "0"
        return int(digits)

    def float_literal(self, node: Node) -> Expr:
        """A number with a fraction."""
        try:
            return FloatLiteral(*self.place(node), float(self.text_of(node)))
        except ValueError:
            return ErrorExpr(*self.place(node))

    def bool_literal(self, node: Node) -> Expr:
        """`true` or `false`."""
        return BoolLiteral(*self.place(node), self.text_of(node) == "true")

    def null(self, node: Node) -> Expr:
        """`null`."""
        return NullLiteral(*self.place(node))

    def string(self, node: Node) -> Expr:
        """A string with its escapes replaced; bytes that are no text are reported."""
        start, end, number = self.place(node)
        raw = self.text[start:end].removeprefix(b'"').removesuffix(b'"')
        try:
            value = raw.decode()
        except UnicodeDecodeError as error:
            at = start + 1 + error.start
            message = f"byte 0x{raw[error.start]:02x} of this string is not valid UTF-8"
            self.diagnostics.append(Diagnostic(codes.SYNTAX, Span(at, at + 1), message))
            value = raw.decode("utf-8", "replace")
        if "\\" in value:
            value = _ESCAPE.sub(lambda m: _ESCAPES.get(m[1], m[0]), value)
        return StringLiteral(start, end, number, value)

    def binary(self, node: Node) -> Expr:
        """An operator between two expressions."""
        field = node.child_by_field_name
        left = self.expr(field("left"), node)
        right = self.expr(field("right"), node)
        operator = field("operator")
        op = "" if operator is None else operator.type
        if op in ("and", "or"):
            return Logical(*self.place(node), op, left, right)
        if op == "orelse":
            return OrElse(*self.place(node), left, right)
        if op not in _BINARY:
            return ErrorExpr(*self.place(node))
        return Binary(*self.place(node), op, left, right)

    def unary(self, node: Node) -> Expr:
        """`-x` or `!x`."""
        operator = node.child_by_field_name("operator")
        operand = self.expr(node.child_by_field_name("operand"), node)
        op = "-" if operator is None else operator.type
        return Unary(*self.place(node), op, operand)

    def await_(self, node: Node) -> Expr:
        """`await x`."""
        operand = self.expr(node.child_by_field_name("operand"), node)
        return Await(*self.place(node), operand)

    def call(self, node: Node) -> Expr:
        """A call with its arguments."""
        callee = self.expr(node.child_by_field_name("function"), node)
        args = self.exprs(node.child_by_field_name("arguments"))
        start, end, number = self.place(node)
        args_end = end - 1 if self.text[end - 1 : end] == b")" else end
        return Call(start, end, number, callee, args, args_end)

    def field_access(self, node: Node) -> Expr:
        """`value.field`."""
        value = self.expr(node.child_by_field_name("value"), node)
        name = self.ident(node.child_by_field_name("field"), node)
        return FieldAccess(*self.place(node), value, name)

    def index(self, node: Node) -> Expr:
        """`value[index]`."""
        value = self.expr(node.child_by_field_name("value"), node)
        index = self.expr(node.child_by_field_name("index"), node)
        return Index(*self.place(node), value, index)

    def struct_init(self, node: Node) -> Expr:
        """`T{ .a = 1 }`."""
        type_name = self.ident(node.child_by_field_name("type"), node)
        fields: list[FieldInit] = []
        lists = [c for c in node.named_children if c.type == "field_initializer_list"]
        for child in lists[0].named_children if lists else ():
            if child.type == "field_initializer":
                name = self.ident(child.child_by_field_name("name"), child)
                value = self.expr(child.child_by_field_name("value"), child)
                fields.append(FieldInit(*self.place(child), name, value))
        return StructInit(*self.place(node), type_name, tuple(fields))

    def array_init(self, node: Node) -> Expr:
        """`[a, b]`."""
        elements = self.exprs(node)
        return ArrayInit(*self.place(node), elements)

    def is_too_deep(self, node: Node) -> bool:
        """Whether nesting ends here; the first time, it is reported."""
        if self.depth < DEPTH_MAX:
            return False
        if not any(d.code is codes.TOO_DEEP for d in self.diagnostics):
            start = node.start_byte - self.base
            end = min(node.end_byte - self.base, start + 1)
            message = f"the code nests more than {DEPTH_MAX} levels deep here"
            hint = "give a part of it a name, or move it into a function of its own"
            self.diagnostics.append(
                Diagnostic(codes.TOO_DEEP, Span(start, end), message, hint=hint)
            )
        return True


def inner_expr(node: Node) -> Node | None:
    """The one expression inside a node."""
    for child in node.named_children:
        if child.type not in COMMENTS and child.type != "ERROR":
            return child
    return None


_BINARY = frozenset({"+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">="})

_EXPR: dict[str, Callable[[ExprLowering, Node], Expr]] = {
    "array_expression": ExprLowering.array_init,
    "await_expression": ExprLowering.await_,
    "binary_expression": ExprLowering.binary,
    "boolean": ExprLowering.bool_literal,
    "call_expression": ExprLowering.call,
    "field_expression": ExprLowering.field_access,
    "float": ExprLowering.float_literal,
    "identifier": ExprLowering.name,
    "index_expression": ExprLowering.index,
    "integer": ExprLowering.int_literal,
    "null": ExprLowering.null,
    "string": ExprLowering.string,
    "struct_expression": ExprLowering.struct_init,
    "unary_expression": ExprLowering.unary,
}
