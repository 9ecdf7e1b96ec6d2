"""The surface-neutral syntax tree: frozen values with spans.

Invariants: a node never changes, has no parent pointer and no cycle (it is not tracked by the
collector), and knows nothing of tree-sitter.  Facts about a node stand in tables keyed by its `id`.
"""

from zyn.ast.decl import Field, Function, Item, Param, Struct
from zyn.ast.expr import (
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
from zyn.ast.node import Ident, Node
from zyn.ast.stmt import (
    Assign,
    Block,
    Break,
    Continue,
    ErrorStmt,
    ExprStmt,
    If,
    Let,
    Return,
    Stmt,
    While,
)
from zyn.ast.type_expr import (
    ArrayTypeExpr,
    ErrorTypeExpr,
    GenericTypeExpr,
    NamedTypeExpr,
    OptionalTypeExpr,
    PromiseTypeExpr,
    SliceTypeExpr,
    TypeExpr,
)

__all__ = [
    "ArrayInit", "ArrayTypeExpr", "Assign", "Await", "Binary", "Block", "BoolLiteral", "Break",
    "Call", "Continue", "ErrorExpr", "ErrorStmt", "ErrorTypeExpr", "Expr", "ExprStmt", "Field",
    "FieldAccess", "FieldInit", "FloatLiteral", "Function", "GenericTypeExpr", "Ident", "If",
    "Index", "IntLiteral", "Item", "Let", "Logical", "Name", "NamedTypeExpr", "Node",
    "NullLiteral", "OptionalTypeExpr", "OrElse", "Param", "PromiseTypeExpr", "Return",
    "SliceTypeExpr", "Stmt", "StringLiteral", "Struct", "StructInit", "TypeExpr", "Unary", "While",
]  # fmt: skip
