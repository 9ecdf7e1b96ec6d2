"""Lower Zyntax: the nodes of its grammar to the nodes of `zyn.ast`.

A node with a mistake inside keeps every part that can be read; the rest becomes `ErrorExpr`,
`ErrorStmt` or `ErrorTypeExpr`, and `zyn.syntax.errors` says what is wrong.  Parentheses leave no
node: what they enclose keeps its own span, and what encloses them covers them.

Nesting is bounded by `DEPTH_MAX`, so that every later walk may recurse.
"""

import re
from collections.abc import Callable

from tree_sitter import Node

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
    Field,
    FieldAccess,
    FieldInit,
    FloatLiteral,
    Function,
    Ident,
    If,
    Index,
    IntLiteral,
    Item,
    Let,
    Logical,
    Name,
    NamedTypeExpr,
    NullLiteral,
    OptionalTypeExpr,
    OrElse,
    Param,
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
from zyn.base import codes
from zyn.base.diagnostic import Diagnostic
from zyn.base.span import Span
from zyn.syntax.errors import syntax_diagnostics

DEPTH_MAX = 128
"""How deep expressions, blocks and types may nest, together.  Operands of a chain count too."""

DIGITS_MAX = 400
"""Digits of an integer that are read; more is out of every type's range anyway."""

_COMMENTS = frozenset({"line_comment", "block_comment"})
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "\\": "\\", '"': '"'}


def lower(nodes: list[Node], base: int, text: bytes) -> Item:
    """The item made of `nodes`: one that is whole, or the pieces of a broken one."""
    lowering = _Lowering(text, base)
    if len(nodes) == 1 and not nodes[0].has_error:
        decl = lowering.declaration(nodes[0])
        is_broken = decl is None
        found = [] if decl is not None else syntax_diagnostics(nodes, text)
    else:
        decl = lowering.recover(nodes)
        found = syntax_diagnostics(nodes, text)
        is_broken = bool(found)
    diagnostics = lowering.diagnostics
    if found:
        diagnostics = sorted([*found, *diagnostics], key=lambda d: d.span)
    return Item(text, decl, tuple(diagnostics), is_broken, lowering.next_id)


class _Lowering:
    """The state of lowering one item."""

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

    def declaration(self, node: Node) -> Function | Struct | None:
        """The declaration that `node` is."""
        if node.type == "function_definition":
            return self.function(node)
        if node.type == "struct_definition":
            return self.struct(node)
        return None

    def recover(self, nodes: list[Node]) -> Function | Struct | None:
        """The first declaration among pieces, or what is left of a function."""
        for node in nodes:
            if (decl := self.declaration(node)) is not None:
                return decl
        for node in nodes:
            if node.is_error:
                for child in node.children:
                    if (decl := self.declaration(child)) is not None:
                        return decl
                if (function := self.headless(node)) is not None:
                    return function
        return None

    # Declarations

    def function(self, node: Node) -> Function:
        """A function; the parts that are missing are empty."""
        field = node.child_by_field_name
        name = self.ident(field("name"), node)
        params = self.params(field("parameters"))
        result = self.type(field("return_type"), node)
        body_node = field("body")
        body = self.block(body_node) if body_node is not None else self.empty_block(node)
        is_async = field("async") is not None
        start, end, number = self.place(node)
        return Function(start, end, number, name, is_async, params, result, body, body.start)

    def headless(self, node: Node) -> Function | None:
        """A function whose braces do not close: its head and the statements that were read."""
        children = [child for child in node.children if child.type not in _COMMENTS]
        for position, child in enumerate(children):
            if child.type == "parameter_list" and position > 0:
                break
        else:
            return None
        name = self.ident(children[position - 1], node)
        is_async = any(child.type == "async" for child in children[:position])
        params = self.params(children[position])
        after = children[position + 1 :]
        result = self.type(after[0] if after else None, node)
        statements = tuple(_STMT[c.type](self, c) for c in after[1:] if c.type in _STMT)
        end = node.end_byte - self.base
        start = after[0].end_byte - self.base if after else end
        body = Block(start, end, self.new_id(), statements)
        start, end, number = self.place(node)
        return Function(start, end, number, name, is_async, params, result, body, body.start)

    def params(self, node: Node | None) -> tuple[Param, ...]:
        """The parameters of a list."""
        found: list[Param] = []
        for child in node.named_children if node is not None else ():
            if child.type == "parameter":
                name = self.ident(child.child_by_field_name("name"), child)
                type_ = self.type(child.child_by_field_name("type"), child)
                found.append(Param(*self.place(child), name, type_))
        return tuple(found)

    def struct(self, node: Node) -> Struct:
        """A struct with its fields."""
        name = self.ident(node.child_by_field_name("name"), node)
        body = node.child_by_field_name("body")
        fields: list[Field] = []
        for child in body.named_children if body is not None else ():
            if child.type == "ERROR":
                child = next((c for c in child.children if c.type == "field_declaration"), child)
            if child.type == "field_declaration":
                field_name = self.ident(child.child_by_field_name("name"), child)
                type_ = self.type(child.child_by_field_name("type"), child)
                fields.append(Field(*self.place(child), field_name, type_))
        return Struct(*self.place(node), name, tuple(fields))

    def ident(self, node: Node | None, parent: Node) -> Ident:
        """A declared name; empty when it is missing."""
        if node is None or node.type != "identifier":
            at = parent.start_byte - self.base
            return Ident(at, at, self.new_id(), "")
        return Ident(*self.place(node), self.text_of(node))

    # Types

    def type(self, node: Node | None, parent: Node) -> TypeExpr:
        """A written type."""
        if node is None:
            at = parent.end_byte - self.base
            return ErrorTypeExpr(at, at, self.new_id())
        kind = node.type
        if kind in ("primitive_type", "named_type"):
            text = self.text_of(node)
            if text:
                return NamedTypeExpr(*self.place(node), text)
            return ErrorTypeExpr(*self.place(node))
        if kind not in _TYPE_PART or self.is_too_deep(node):
            return ErrorTypeExpr(*self.place(node))
        self.depth += 1
        inner = self.type(node.child_by_field_name(_TYPE_PART[kind]), node)
        self.depth -= 1
        if kind == "promise_type":
            return PromiseTypeExpr(*self.place(node), inner)
        if kind == "optional_type":
            return OptionalTypeExpr(*self.place(node), inner)
        if kind == "slice_type":
            return SliceTypeExpr(*self.place(node), inner)
        length = node.child_by_field_name("length")
        number = self.integer(length) if length is not None else None
        if number is None:
            return ErrorTypeExpr(*self.place(node))
        return ArrayTypeExpr(*self.place(node), number, inner)

    # Statements

    def block(self, node: Node) -> Block:
        """A block and the statements in it."""
        if self.is_too_deep(node):
            return Block(*self.place(node), ())
        self.depth += 1
        statements: list[Stmt] = []
        for child in node.named_children:
            kind = child.type
            handler = _STMT.get(kind)
            if handler is not None:
                statements.append(handler(self, child))
            elif kind not in _COMMENTS:
                statements.append(ErrorStmt(*self.place(child)))
        self.depth -= 1
        return Block(*self.place(node), tuple(statements))

    def empty_block(self, parent: Node) -> Block:
        """What stands for a block that is missing."""
        at = parent.end_byte - self.base
        return Block(at, at, self.new_id(), ())

    def body(self, node: Node | None, parent: Node) -> Block:
        """The block of a statement."""
        return self.empty_block(parent) if node is None else self.block(node)

    def let(self, node: Node) -> Stmt:
        """`const` or `var`."""
        field = node.child_by_field_name
        kind = field("kind")
        name = self.ident(field("name"), node)
        type_node = field("type")
        type_ = None if type_node is None else self.type(type_node, node)
        value = self.expr(field("value"), node)
        mutable = kind is not None and kind.type == "var"
        return Let(*self.place(node), mutable, name, type_, value)

    def assign(self, node: Node) -> Stmt:
        """An assignment, compound or not."""
        field = node.child_by_field_name
        if node.has_error and (name := _skipped_name(node)) is not None:
            name_ident = self.ident(name, node)
            value = self.expr(field("value"), node)
            return Let(*self.place(node), False, name_ident, None, value)
        target = self.expr(field("target"), node)
        operator = field("operator")
        value = self.expr(field("value"), node)
        op = "" if operator is None else operator.type[:-1]
        return Assign(*self.place(node), target, op, value)

    def expression_statement(self, node: Node) -> Stmt:
        """An expression for its effect."""
        value = self.expr(_inner(node), node)
        return ExprStmt(*self.place(node), value)

    def return_(self, node: Node) -> Stmt:
        """`return`, with or without a value."""
        value_node = node.child_by_field_name("value")
        value = None if value_node is None else self.expr(value_node, node)
        return Return(*self.place(node), value)

    def if_(self, node: Node) -> Stmt:
        """`if`; each `else if` counts as one level of nesting."""
        if self.is_too_deep(node):
            return ErrorStmt(*self.place(node))
        field = node.child_by_field_name
        condition = self.expr(field("condition"), node)
        then = self.body(field("consequence"), node)
        else_: Stmt | None = None
        clause = field("alternative")
        if clause is not None:
            self.depth += 1
            body = clause.child_by_field_name("body")
            if body is not None and body.type == "if_statement":
                else_ = self.if_(body)
            else:
                else_ = self.body(body, clause)
            self.depth -= 1
        return If(*self.place(node), condition, then, else_)

    def while_(self, node: Node) -> Stmt:
        """`while`."""
        condition = self.expr(node.child_by_field_name("condition"), node)
        body = self.body(node.child_by_field_name("body"), node)
        return While(*self.place(node), condition, body)

    def break_(self, node: Node) -> Stmt:
        """`break`."""
        return Break(*self.place(node))

    def continue_(self, node: Node) -> Stmt:
        """`continue`."""
        return Continue(*self.place(node))

    # Expressions

    def expr(self, node: Node | None, parent: Node) -> Expr:
        """An expression.  Parentheses are taken off in a loop; they count as nesting."""
        depth = self.depth
        while node is not None and node.type == "parenthesized_expression":
            self.depth += 1
            parent = node
            node = _inner(node)
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
            self.expr(child, node) for child in node.named_children if child.type not in _COMMENTS
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


def _inner(node: Node) -> Node | None:
    """The one expression inside a node."""
    for child in node.named_children:
        if child.type not in _COMMENTS and child.type != "ERROR":
            return child
    return None


def _skipped_name(node: Node) -> Node | None:
    """The name in `let name = ..`: a declaration in the words of another language."""
    children = node.children
    if len(children) < 3 or children[0].type != "identifier" or not children[1].is_error:
        return None
    inner = children[1].children
    is_name = len(inner) == 1 and inner[0].type == "identifier"
    return inner[0] if is_name and children[2].type == "=" else None


_BINARY = frozenset({"+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">="})

_TYPE_PART = {
    "promise_type": "result",
    "optional_type": "inner",
    "slice_type": "element",
    "array_type": "element",
}

_STMT: dict[str, Callable[[_Lowering, Node], Stmt]] = {
    "assignment_statement": _Lowering.assign,
    "block": _Lowering.block,
    "break_statement": _Lowering.break_,
    "continue_statement": _Lowering.continue_,
    "expression_statement": _Lowering.expression_statement,
    "if_statement": _Lowering.if_,
    "return_statement": _Lowering.return_,
    "variable_declaration": _Lowering.let,
    "while_statement": _Lowering.while_,
}

_EXPR: dict[str, Callable[[_Lowering, Node], Expr]] = {
    "array_expression": _Lowering.array_init,
    "await_expression": _Lowering.await_,
    "binary_expression": _Lowering.binary,
    "boolean": _Lowering.bool_literal,
    "call_expression": _Lowering.call,
    "field_expression": _Lowering.field_access,
    "float": _Lowering.float_literal,
    "identifier": _Lowering.name,
    "index_expression": _Lowering.index,
    "integer": _Lowering.int_literal,
    "null": _Lowering.null,
    "string": _Lowering.string,
    "struct_expression": _Lowering.struct_init,
    "unary_expression": _Lowering.unary,
}
