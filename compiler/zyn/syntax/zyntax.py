"""Lower Zyntax: the nodes of its grammar to the nodes of `zyn.ast`.

A node with a mistake inside keeps every part that can be read; the rest becomes `ErrorExpr`,
`ErrorStmt` or `ErrorTypeExpr`, and `zyn.syntax.errors` says what is wrong.

Absent here: expressions; see `zyn.syntax.zyntax_expr`.
"""

from collections.abc import Callable

from tree_sitter import Node

from zyn.ast import (
    ArrayTypeExpr,
    Assign,
    Block,
    Break,
    Continue,
    ErrorStmt,
    ErrorTypeExpr,
    ExprStmt,
    Field,
    Function,
    GenericTypeExpr,
    If,
    Item,
    Let,
    NamedTypeExpr,
    OptionalTypeExpr,
    Param,
    PromiseTypeExpr,
    Return,
    SliceTypeExpr,
    Stmt,
    Struct,
    TypeExpr,
    While,
)
from zyn.syntax.errors import syntax_diagnostics
from zyn.syntax.zyntax_expr import COMMENTS, ExprLowering, inner_expr


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


class _Lowering(ExprLowering):
    """How declarations, types and statements are lowered."""

    __slots__ = ()

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
        children = [child for child in node.children if child.type not in COMMENTS]
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
        if kind == "generic_type":
            name = node.child_by_field_name("name")
            text = self.text_of(name) if name is not None else ""
            return GenericTypeExpr(*self.place(node), text, inner)
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
            elif kind not in COMMENTS:
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
        value = self.expr(inner_expr(node), node)
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


def _skipped_name(node: Node) -> Node | None:
    """The name in `let name = ..`: a declaration in the words of another language."""
    children = node.children
    if len(children) < 3 or children[0].type != "identifier" or not children[1].is_error:
        return None
    inner = children[1].children
    is_name = len(inner) == 1 and inner[0].type == "identifier"
    return inner[0] if is_name and children[2].type == "=" else None


_TYPE_PART = {
    "promise_type": "result",
    "generic_type": "argument",
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
