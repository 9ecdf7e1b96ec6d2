"""Statements: scopes, variables, assignments, and what a function gives back.

Absent here: whether a statement can be reached, and whether a function ends with a value; see
`zyn.flow.control`.
"""

from collections.abc import Callable
from typing import Any

from zyn.ast import (
    Assign,
    Block,
    Break,
    Call,
    Continue,
    ErrorStmt,
    Expr,
    ExprStmt,
    FieldAccess,
    If,
    Index,
    Let,
    Name,
    Return,
    Stmt,
    While,
)
from zyn.base import codes
from zyn.base.diagnostic import Edit, Fix, Label
from zyn.base.span import Span
from zyn.sema.builtins import BUILTINS
from zyn.sema.check_expr import element_of, field_of
from zyn.sema.context import Context, await_edits
from zyn.sema.convert import is_number, is_settled
from zyn.sema.facts import Binding, BindingKind, StructHead, Variable, VarKind
from zyn.sema.types import (
    BOOL,
    ERROR,
    NEVER,
    NULL,
    STRING,
    VOID,
    ArrayType,
    PromiseType,
    StringType,
    Type,
)


def check_block(cx: Context, block: Block) -> None:
    """The statements of a block in a scope of their own."""
    cx.scopes.append({})
    check_statements(cx, block)
    cx.scopes.pop()


def check_statements(cx: Context, block: Block) -> None:
    """The statements of a block in the scope that is open."""
    for statement in block.statements:
        _STATEMENTS[type(statement)](cx, statement, block.end)


def _block(cx: Context, statement: Block, _end: int) -> None:
    check_block(cx, statement)


def _let(cx: Context, statement: Let, end: int) -> None:
    kind = VarKind.VAR if statement.mutable else VarKind.CONST
    name = statement.name
    scope = Span(statement.end, end)
    value = statement.value
    if statement.type is not None:
        type_ = cx.resolver.stored(statement.type, cx)
        cx.value(value, type_, f"`{name.text}` needs")
        cx.declare(statement.id, name, type_, kind, scope, declared=True, value=value)
        return
    type_ = cx.check(value)
    message = hint = None
    if type_ is NULL:
        message = f"the type of `{name.text}` is not known: `null` fits every optional"
        hint = f"write the type: `{kind} {name.text}: ?i32 = null;`"
    elif type_ is VOID or type_ is NEVER:
        message = f"this gives no value that `{name.text}` could hold"
    if message is not None:
        cx.report(codes.TYPE_MISMATCH, value.span, message, hint=hint)
        type_ = ERROR
    cx.declare(statement.id, name, type_, kind, scope, declared=False, value=value)


def _assign(cx: Context, statement: Assign, _end: int) -> None:
    target = statement.target
    type_ = _target(cx, target)
    op = statement.op
    if not op:
        cx.value(statement.value, type_, "the target needs")
        return
    if isinstance(type_, PromiseType):
        message = f"`{op}=` does not work on `{type_}`"
        cx.report(codes.TYPE_MISMATCH, target.span, message, hint="await it first")
        type_ = ERROR
    elif is_settled(type_) and not (is_number(type_) or (type_ is STRING and op == "+")):
        cx.report(codes.TYPE_MISMATCH, target.span, f"`{op}=` does not work on `{type_}`")
        type_ = ERROR
    cx.value(statement.value, type_, f"`{op}=` needs")


def _target(cx: Context, target: Expr) -> Type:
    """The type of what is assigned to; reports what cannot change."""
    if isinstance(target, Name):
        type_ = _target_name(cx, target, is_part=False)
    elif isinstance(target, FieldAccess | Index):
        type_ = _target_part(cx, target)
    else:
        cx.check(target)
        cx.report(codes.NOT_ASSIGNABLE, target.span, "this is a value, not a place to store one")
        return ERROR
    cx.types[target.id] = type_
    return type_


def _target_part(cx: Context, target: FieldAccess | Index) -> Type:
    """A field or element: checked like a value, but for the variable at its root."""
    base = target.value
    if isinstance(base, Name):
        base_type = _target_name(cx, base, is_part=True)
    elif isinstance(base, FieldAccess | Index):
        base_type = _target_part(cx, base)
    else:
        base_type = cx.check(base)
        if is_settled(base_type):
            message = "this is a copy; a change to it would be lost"
            cx.report(codes.NOT_ASSIGNABLE, base.span, message)
        base_type = ERROR
    cx.types[base.id] = base_type
    if isinstance(base_type, PromiseType):
        message = "the value of a promise cannot be changed; await it into a variable first"
        cx.report(codes.NOT_ASSIGNABLE, base.span, message)
        base_type = ERROR
    if isinstance(target, Index):
        return element_of(cx, target, base_type)
    type_ = field_of(cx, target, base_type)
    if isinstance(base_type, ArrayType | StringType) and type_ is not ERROR:
        owner = "an array" if isinstance(base_type, ArrayType) else "a text"
        message = f"the length of {owner} cannot change"
        cx.report(codes.NOT_ASSIGNABLE, target.field.span, message)
        return ERROR
    return type_


def _target_name(cx: Context, target: Name, is_part: bool) -> Type:
    """The variable that an assignment changes, whole or in part."""
    name = target.text
    span = target.span
    variable = cx.variable(name)
    if variable is not None:
        binding = Binding(BindingKind.VARIABLE, name, variable.index)
        cx.bind(target.id, span, binding, is_write=True)
        if variable.kind is VarKind.CONST:
            _constant(cx, span, variable, is_part)
        return variable.type
    head = cx.resolver.lookup(name)
    if head is None and name not in BUILTINS:
        cx.unknown_name(span, name)
        return ERROR
    kind = BindingKind.BUILTIN
    if head is not None:
        is_struct = isinstance(head, StructHead)
        kind = BindingKind.STRUCT if is_struct else BindingKind.FUNCTION
    cx.bind(target.id, span, Binding(kind, name))
    what = "struct" if kind is BindingKind.STRUCT else "function"
    cx.report(codes.NOT_ASSIGNABLE, span, f"`{name}` is a {what}; it cannot be assigned to")
    return ERROR


def _constant(cx: Context, span: Span, variable: Variable, is_part: bool) -> None:
    """Report an assignment to a constant, with the change to its declaration that allows it."""
    name = variable.name
    message = f"`{name}` is a constant" + (", so its parts cannot change" if is_part else "")
    label = Label(variable.span, f"`{name}` is declared here")
    before = cx.item.text[: variable.span.start]
    keyword = before.rfind(b"const")
    fixes: tuple[Fix, ...] = ()
    if keyword >= 0:
        edit = Edit(Span(keyword, keyword + len("const")), "var")
        fixes = (Fix("change `const` to `var`", (edit,)),)
    cx.report(codes.NOT_ASSIGNABLE, span, message, labels=(label,), fixes=fixes)


def _expression(cx: Context, statement: ExprStmt, _end: int) -> None:
    value = statement.value
    type_ = cx.check(value)
    if isinstance(type_, PromiseType):
        _dropped(cx, value)
    elif type_ is NULL:
        cx.report(codes.TYPE_MISMATCH, value.span, "`null` by itself has no type")


def _dropped(cx: Context, value: Expr) -> None:
    """Warn of a promise that a statement makes and drops."""
    name = "_task"
    message = "this promise is dropped before anything waits for it, so it never runs"
    if isinstance(value, Call) and isinstance(value.callee, Name):
        binding = cx.bindings.get(value.callee.id)
        name = f"_{value.callee.text.lstrip('_')}"
        if binding == Binding(BindingKind.BUILTIN, "spawn"):
            name = "_task"
            message = "dropping the handle of a task cancels the task"
    fixes: list[Fix] = []
    if cx.function.is_async:
        fixes.append(Fix("add `await`", await_edits(value, False)))
    taken = set(cx.visible_names())
    while name in taken:
        name += "_"
    if message.startswith("dropping"):
        edit = (Edit(Span(value.start, value.start), f"const {name} = "),)
        fixes.append(Fix("keep the handle", edit))
    else:
        before = Edit(Span(value.start, value.start), f"const {name} = spawn(")
        fixes.append(Fix("start it with `spawn`", (before, Edit(Span(value.end, value.end), ")"))))
    cx.report(codes.PROMISE_NEVER_AWAITED, value.span, message, fixes=tuple(fixes))


def _return(cx: Context, statement: Return, _end: int) -> None:
    needed = cx.signature.result
    if statement.value is not None:
        cx.value(statement.value, needed, f"`{cx.signature.name}` must give back")
    elif needed is not VOID and is_settled(needed) and not cx.item.is_broken:
        name = cx.signature.name
        message = f"`{name}` gives back a `{needed}`, but this `return` has no value"
        cx.report(codes.TYPE_MISMATCH, statement.span, message)


def _if(cx: Context, statement: If, end: int) -> None:
    cx.value(statement.condition, BOOL, "a condition needs")
    check_block(cx, statement.then)
    if statement.else_ is not None:
        _STATEMENTS[type(statement.else_)](cx, statement.else_, end)


def _while(cx: Context, statement: While, _end: int) -> None:
    cx.value(statement.condition, BOOL, "a condition needs")
    cx.loops += 1
    check_block(cx, statement.body)
    cx.loops -= 1


def _jump(cx: Context, statement: Break | Continue, _end: int) -> None:
    if cx.loops == 0:
        word = "break" if isinstance(statement, Break) else "continue"
        message = f"`{word}` stands in no loop"
        cx.report(codes.BREAK_OUTSIDE_LOOP, statement.span, message)


def _error(_cx: Context, _statement: ErrorStmt, _end: int) -> None:
    """The parser reported it."""


_STATEMENTS: dict[type[Stmt], Callable[[Context, Any, int], None]] = {
    Assign: _assign,
    Block: _block,
    Break: _jump,
    Continue: _jump,
    ErrorStmt: _error,
    ExprStmt: _expression,
    If: _if,
    Let: _let,
    Return: _return,
    While: _while,
}
