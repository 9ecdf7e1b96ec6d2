"""Expressions -> operations.

Operands are evaluated left to right.  A variable is read in place, without a copy: nothing inside
one expression can assign to it.
"""

from collections.abc import Callable
from contextlib import suppress

from zyn.ast import (
    ArrayInit,
    Await,
    Binary,
    BoolLiteral,
    Call,
    Expr,
    FieldAccess,
    FloatLiteral,
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
from zyn.base.bug import ZynBug
from zyn.ir import op as ir
from zyn.ir.build.builder import Diverged, convert_const
from zyn.ir.build.future import FutureBuilder
from zyn.ir.func import Block, Const, Operand
from zyn.sema.facts import BindingKind
from zyn.sema.types import (
    BOOL,
    STRING,
    ArrayType,
    FloatType,
    IntType,
    OptionalType,
    PromiseType,
    StringType,
    StructType,
    Type,
)

_COMPARISONS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_ARITHMETIC = {"+": "add", "-": "sub", "*": "mul"}


class ExprBuilder(FutureBuilder):
    """Adds expressions."""

    def expr(self, node: Expr) -> Operand:
        if node.id in self.facts.awaited:
            value = self.await_(node, node.span)
        else:
            value = _BUILDERS[type(node)](self, node)
        target = self.facts.converted.get(node.id)
        return value if target is None else self.convert(value, target)

    def promise(self, node: Expr) -> Operand:
        return _BUILDERS[type(node)](self, node)

    def convert(self, value: Operand, target: Type) -> Operand:
        """A value as one of the wider type that its context needs."""
        if value.type == target:
            return value
        if isinstance(target, OptionalType) and value.type != target.inner:
            if isinstance(value, Const) and value.value is None:
                return Const(target, None)
            value = self.convert(value, target.inner)
        if isinstance(value, Const):
            constant = convert_const(value, target)
            if constant is not None:
                return constant
        dst = self.temp(target)
        self.emit(ir.Convert(dst, value))
        return dst

    def branch(self, node: Expr, yes: Block, no: Block) -> None:
        """Jump on a condition, without making a bool of it where `and`, `or` and `!` allow."""
        plain = node.id not in self.facts.awaited
        if plain and isinstance(node, Logical):
            middle = self.function.new_block()
            if node.op == "and":
                self.branch(node.left, middle, no)
            else:
                self.branch(node.left, yes, middle)
            self.block = middle
            with suppress(Diverged):
                self.branch(node.right, yes, no)
        elif plain and isinstance(node, Unary) and node.op == "!":
            self.branch(node.operand, no, yes)
        elif plain and isinstance(node, BoolLiteral):
            self.block.terminator = ir.Goto(yes if node.value else no)
        else:
            self.block.terminator = ir.Branch(self.expr(node), yes, no)

    # --- one method per kind of expression ---

    def _int(self, node: IntLiteral) -> Operand:
        type_ = self.type_of(node)
        if isinstance(type_, FloatType):
            return Const(type_, float(node.value))
        return Const(type_, node.value)

    def _float(self, node: FloatLiteral) -> Operand:
        return Const(self.type_of(node), node.value)

    def _bool(self, node: BoolLiteral) -> Operand:
        return Const(BOOL, node.value)

    def _null(self, node: NullLiteral) -> Operand:
        return Const(self.facts.converted.get(node.id, self.type_of(node)), None)

    def _string(self, node: StringLiteral) -> Operand:
        return Const(STRING, node.value)

    def _name(self, node: Name) -> Operand:
        binding = self.facts.bindings[node.id]
        if binding.kind is not BindingKind.VARIABLE:
            raise ZynBug(f"a sound value names the {binding.kind} {binding.name}")
        return self.variables[binding.variable]

    def _unary(self, node: Unary) -> Operand:
        value = self.expr(node.operand)
        type_ = self.type_of(node)
        if isinstance(value, Const):
            if node.op == "!":
                return Const(BOOL, not value.value)
            assert isinstance(value.value, (int, float))
            if isinstance(type_, IntType):
                return Const(type_, wrap(-int(value.value), type_))
            return Const(type_, -value.value)
        dst = self.temp(type_)
        self.emit(ir.Unary(dst, "not" if node.op == "!" else "neg", value))
        return dst

    def _binary(self, node: Binary) -> Operand:
        if node.op in ("==", "!="):
            for side, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(other, NullLiteral):
                    return self._compare_null(side, node.op)
        left = self.expr(node.left)
        right = self.expr(node.right)
        return self.binary(node.op, left, right, node)

    def _compare_null(self, node: Expr, op: str) -> Operand:
        value = self.expr(node)
        dst = self.temp(BOOL)
        if isinstance(value, Const):
            return Const(BOOL, (value.value is None) == (op == "=="))
        self.emit(ir.IsSome(dst, value))
        if op == "!=":
            return dst
        inverted = self.temp(BOOL)
        self.emit(ir.Unary(inverted, "not", dst))
        return inverted

    def binary(self, op: str, left: Operand, right: Operand, node: Expr | None) -> Operand:
        """`left op right` on operands of one type; `node` gives the span of a failure."""
        comparison = _COMPARISONS.get(op)
        if comparison is not None:
            dst = self.temp(BOOL)
            self.emit(ir.Binary(dst, comparison, left, right))
            return dst
        type_ = left.type
        span = node.span if node is not None else self.decl.span
        dst = self.temp(type_, self.source(node) if node is not None else "")
        if isinstance(type_, StringType):
            self.attempt(ir.Concat(dst, left, right, span))
        elif op in _ARITHMETIC:
            self.emit(ir.Binary(dst, _ARITHMETIC[op], left, right))
        elif isinstance(type_, FloatType):
            self.emit(ir.Binary(dst, "fdiv" if op == "/" else "frem", left, right))
        elif isinstance(right, Const) and right.value not in (0, -1):
            self.emit(ir.Binary(dst, "div" if op == "/" else "rem", left, right))
        else:
            self.attempt(ir.Divide(dst, "div" if op == "/" else "rem", left, right, span))
        return dst

    def _logical(self, node: Logical) -> Operand:
        dst = self.temp(BOOL, self.source(node))
        yes, no, end = (self.function.new_block() for _ in range(3))
        self.branch(node, yes, no)
        for block, value in ((yes, True), (no, False)):
            block.ops.append(ir.Assign(dst, Const(BOOL, value)))
            block.terminator = ir.Goto(end)
        self.block = end
        return dst

    def _or_else(self, node: OrElse) -> Operand:
        value = self.expr(node.left)
        type_ = self.type_of(node)
        if isinstance(value, Const):
            return self.expr(node.right)
        dst = self.temp(type_, self.source(node))
        has = self.temp(BOOL)
        self.emit(ir.IsSome(has, value))
        some, none, end = (self.function.new_block() for _ in range(3))
        self.block.terminator = ir.Branch(has, some, none)
        inner = self.temp(value.type.inner if isinstance(value.type, OptionalType) else type_)
        self.block = some
        self.emit(ir.Unwrap(inner, value))
        self.emit(ir.Assign(dst, self.convert(inner, type_)))
        self.block.terminator = ir.Goto(end)
        self.block = none
        with suppress(Diverged):
            self.emit(ir.Assign(dst, self.expr(node.right)))
            self.block.terminator = ir.Goto(end)
        self.block = end
        return dst

    def _await(self, node: Await) -> Operand:
        return self.await_(node.operand, node.span)

    def _call(self, node: Call) -> Operand:
        return self.call(node)

    def _field(self, node: FieldAccess) -> Operand:
        return self._part(node)

    def _index(self, node: Index) -> Operand:
        return self._part(node)

    def _part(self, node: FieldAccess | Index) -> Operand:
        if isinstance(node, FieldAccess) and isinstance(self.settled(node.value), ArrayType):
            array = self.settled(node.value)
            assert isinstance(array, ArrayType)
            self._inner_path(node.value)
            return Const(self.type_of(node), array.length)
        if isinstance(node, FieldAccess) and isinstance(self.settled(node.value), StringType):
            length = self.temp(self.type_of(node), self.source(node))
            self.attempt(ir.Operate(length, "string_len", (self.expr(node.value),), node.span))
            return length
        base, path = self.path(node)
        if isinstance(base, Const):
            raise ZynBug("a part of a constant")
        dst = self.temp(self.type_of(node), self.source(node))
        self.emit(ir.Get(dst, base, path))
        return dst

    def settled(self, node: Expr) -> Type:
        """The type of an expression after its implicit await and conversion."""
        if node.id in self.facts.converted:
            return self.facts.converted[node.id]
        type_ = self.type_of(node)
        if node.id in self.facts.awaited and isinstance(type_, PromiseType):
            return type_.result
        return type_

    def path(self, node: Expr) -> tuple[Operand, tuple[int | Operand, ...]]:
        """The value that a chain of fields and indexes starts at, and the checked way into it.

        What happens to the value of `node` itself afterwards (a conversion, an await) is up to the
        caller.
        """
        if isinstance(node, FieldAccess):
            base, path = self._inner_path(node.value)
            struct = self.settled(node.value)
            assert isinstance(struct, StructType)
            return base, (*path, struct.field_index(node.field.text))
        if isinstance(node, Index):
            base, path = self._inner_path(node.value)
            array = self.settled(node.value)
            assert isinstance(array, ArrayType)
            index = self.expr(node.index)
            self.attempt(ir.CheckIndex(index, array.length, node.span))
            return base, (*path, index)
        return self.expr(node), ()

    def _inner_path(self, node: Expr) -> tuple[Operand, tuple[int | Operand, ...]]:
        if node.id in self.facts.awaited or node.id in self.facts.converted:
            return self.expr(node), ()
        return self.path(node)

    def _struct(self, node: StructInit) -> Operand:
        type_ = self.type_of(node)
        assert isinstance(type_, StructType)
        values = {field.name.text: self.expr(field.value) for field in node.fields}
        dst = self.temp(type_, type_.name)
        self.emit(ir.Make(dst, tuple(values[name] for name, _ in type_.fields)))
        return dst

    def _array(self, node: ArrayInit) -> Operand:
        parts = tuple(self.expr(element) for element in node.elements)
        dst = self.temp(self.type_of(node), self.source(node))
        self.emit(ir.Make(dst, parts))
        return dst


def wrap(value: int, type_: IntType) -> int:
    """A whole number as two's complement of the type's width."""
    value &= (1 << type_.bits) - 1
    if type_.signed and value >> (type_.bits - 1):
        value -= 1 << type_.bits
    return value


_BUILDERS: dict[type, Callable[..., Operand]] = {
    IntLiteral: ExprBuilder._int,
    FloatLiteral: ExprBuilder._float,
    BoolLiteral: ExprBuilder._bool,
    NullLiteral: ExprBuilder._null,
    StringLiteral: ExprBuilder._string,
    Name: ExprBuilder._name,
    Unary: ExprBuilder._unary,
    Binary: ExprBuilder._binary,
    Logical: ExprBuilder._logical,
    OrElse: ExprBuilder._or_else,
    Await: ExprBuilder._await,
    Call: ExprBuilder._call,
    FieldAccess: ExprBuilder._field,
    Index: ExprBuilder._index,
    StructInit: ExprBuilder._struct,
    ArrayInit: ExprBuilder._array,
}
