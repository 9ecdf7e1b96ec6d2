"""Declarations, and the item: the unit of every per-function query."""

import msgspec

from zyn.ast.node import Ident, Node
from zyn.ast.stmt import Block
from zyn.ast.type_expr import TypeExpr
from zyn.base.diagnostic import Diagnostic


class Param(Node, frozen=True, eq=False, gc=False):
    """`name: T` of a function."""

    name: Ident
    type: TypeExpr


class Function(Node, frozen=True, eq=False, gc=False):
    """`async fn name(params) T { .. }`.  `header_end` is the offset of the body's brace."""

    name: Ident
    is_async: bool
    params: tuple[Param, ...]
    result: TypeExpr
    body: Block
    header_end: int


class Field(Node, frozen=True, eq=False, gc=False):
    """`name: T` of a struct."""

    name: Ident
    type: TypeExpr


class Struct(Node, frozen=True, eq=False, gc=False):
    """`const Name = struct { .. };`."""

    name: Ident
    fields: tuple[Field, ...]


class Item(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One top-level piece of a file, complete in itself.

    Equal text gives an equal item, wherever it stands.  `decl` is None for a piece that is no
    declaration (a stray token); `diagnostics` are those of syntax; `is_broken` says that the tree
    under the item had an error, in which case `decl` may lack parts of what was written.
    `node_count` is one more than the largest node id.
    """

    text: bytes
    decl: Function | Struct | None
    diagnostics: tuple[Diagnostic, ...]
    is_broken: bool
    node_count: int
