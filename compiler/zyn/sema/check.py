"""Check one item: its names, its types, and the promises it forgets.

    async fn pipeline(input: i32) i32 {
        const a = step1(input);      a: Promise<i32>
        return step2(a);             `a` and the call are awaited implicitly, each with a warning
    }

Absent here: the rules for single expressions and statements (`check_expr`, `check_literal`,
`check_operator`, `check_call`, `check_stmt`) and for control flow (`zyn.flow.control`).
"""

from zyn.ast import (
    ArrayInit,
    Await,
    Binary,
    BoolLiteral,
    Call,
    ErrorExpr,
    Expr,
    FieldAccess,
    FloatLiteral,
    Function,
    Index,
    IntLiteral,
    Item,
    Logical,
    Name,
    NamedTypeExpr,
    NullLiteral,
    OrElse,
    StringLiteral,
    Struct,
    StructInit,
    TypeExpr,
    Unary,
)
from zyn.base import codes
from zyn.base.bug import ZynBug
from zyn.base.diagnostic import Code, Diagnostic, Edit, Fix, Label, Severity
from zyn.base.span import Span
from zyn.sema import check_call, check_expr, check_literal, check_operator
from zyn.sema.check_stmt import check_statements
from zyn.sema.context import Context, Handler, await_edits
from zyn.sema.facts import (
    Binding,
    BindingKind,
    FunctionFacts,
    StructFacts,
    StructHead,
    Use,
    Variable,
    VarKind,
)
from zyn.sema.handles import HANDLES
from zyn.sema.heads import Environment
from zyn.sema.resolve import Resolver
from zyn.sema.suggest import Proposal
from zyn.sema.types import ERROR, PromiseType

_EXPRESSIONS: dict[type[Expr], Handler] = {
    ArrayInit: check_expr.check_array_init,
    Await: check_expr.check_await,
    Binary: check_operator.check_binary,
    BoolLiteral: check_literal.check_bool,
    Call: check_call.check_call,
    ErrorExpr: check_literal.check_error,
    FieldAccess: check_expr.check_field,
    FloatLiteral: check_literal.check_float,
    Index: check_expr.check_index,
    IntLiteral: check_literal.check_int,
    Logical: check_operator.check_logical,
    Name: check_expr.check_name,
    NullLiteral: check_literal.check_null,
    OrElse: check_operator.check_orelse,
    StringLiteral: check_literal.check_string,
    StructInit: check_expr.check_struct_init,
    Unary: check_operator.check_unary,
}


def check_function(item: Item, env: Environment) -> FunctionFacts:
    """Everything that is known of a function."""
    function = item.decl
    if not isinstance(function, Function):
        raise ZynBug("check_function was handed an item that is no function")
    cx = Context(item, function, env, _EXPRESSIONS)
    if function.name.text:
        binding = Binding(BindingKind.FUNCTION, function.name.text)
        cx.uses.append(Use(function.name.span, binding, True, True))
    scope = Span(function.header_end, function.end)
    for param, (_, type_) in zip(function.params, cx.signature.params, strict=True):
        cx.declare(param.id, param.name, type_, VarKind.PARAM, scope, declared=True)
    check_statements(cx, function.body)
    _implicit_awaits(cx)
    if not item.is_broken:
        _unread_variables(cx)
    cx.diagnostics.sort(key=_by_place)
    cx.uses.sort(key=_use_place)
    return FunctionFacts(
        signature=cx.signature,
        variables=tuple(cx.variables),
        types=cx.types,
        converted=cx.converted,
        awaited=frozenset(cx.awaited),
        bindings=cx.bindings,
        declares=cx.declares,
        uses=tuple(cx.uses),
        depends_on=frozenset(cx.resolver.looked_up),
        diagnostics=tuple(cx.diagnostics),
        is_sound=_is_sound(cx),
        async_callees=frozenset(cx.callees),
    )


def check_struct(item: Item, env: Environment) -> StructFacts:
    """A struct and what is wrong with its fields."""
    struct = item.decl
    if not isinstance(struct, Struct):
        raise ZynBug("check_struct was handed an item that is no struct")
    name = struct.name.text
    head = StructHead(name, tuple((field.name.text, field.type) for field in struct.fields))
    resolver = Resolver(env)
    type_ = resolver.struct(head)
    sink = _StructSink()
    if name:
        sink.uses.append(Use(struct.name.span, Binding(BindingKind.STRUCT, name), True, True))
    first: dict[str, Span] = {}
    for field in struct.fields:
        sink.field(name, field.type, Resolver(env))
        span = field.name.span
        if field.name.text in first:
            message = f"`{name}` already has a field `{field.name.text}`"
            label = Label(first[field.name.text], "first declared here")
            sink.found.append(Diagnostic(codes.DUPLICATE_NAME, span, message, (label,)))
        elif field.name.text:
            first[field.name.text] = span
    if name in HANDLES:
        message = f"`{name}` is a built-in type"
        sink.found.append(Diagnostic(codes.DUPLICATE_NAME, struct.name.span, message))
    if type_ is None and not sink.found:
        code, message = resolver.why_none(name)
        sink.found.append(Diagnostic(code, struct.name.span, message))
    sink.found.sort(key=_by_place)
    sink.uses.sort(key=_use_place)
    looked_up = frozenset(resolver.looked_up)
    return StructFacts(name, type_, tuple(sink.uses), looked_up, tuple(sink.found))


class _StructSink:
    """What is found out about the fields of a struct."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self.uses: list[Use] = []

    def field(self, name: str, type_: TypeExpr, resolver: Resolver) -> None:
        """Look at the type of one field of the struct `name`."""
        resolver.stored_in(name, type_, self)
        if name in resolver.reached:
            message = f"`{name}` would contain itself"
            hint = "a struct holds its fields inside itself, so its size would have no end"
            self.found.append(Diagnostic(codes.RECURSIVE_STRUCT, type_.span, message, hint=hint))

    def problem(self, code: Code, at: TypeExpr, message: str, proposed: Proposal) -> None:
        """A written type is wrong."""
        hint, fixes = proposed
        self.found.append(Diagnostic(code, at.span, message, hint=hint, fixes=fixes))

    def struct_named(self, at: NamedTypeExpr) -> None:
        """A written type names a struct."""
        self.uses.append(Use(at.span, Binding(BindingKind.STRUCT, at.name), False, False))


def _is_sound(cx: Context) -> bool:
    return not (
        cx.has_error
        or cx.item.is_broken
        or not cx.resolver.is_sound
        or any(found.code.severity is Severity.ERROR for found in cx.item.diagnostics)
        or any(type_ is ERROR for type_ in cx.types.values())
    )


def _implicit_awaits(cx: Context) -> None:
    """Warn of each implicit await, now that it is known how each variable is used.

    A constant whose every use is awaited should have been awaited when it was made; else `await`
    belongs to the use.
    """
    uses: dict[int, int] = {}
    for _, index, _ in cx.implicit:
        uses[index] = uses.get(index, 0) + 1
    for expr, index, postfix in cx.implicit:
        type_ = cx.types[expr.id]
        message = f"this `{type_}` is awaited without `await`"
        labels: tuple[Label, ...] = ()
        edits = await_edits(expr, postfix)
        if index >= 0:
            variable = cx.variables[index]
            value = cx.initialisers[index]
            message = f"the promise in `{variable.name}` is awaited here without `await`"
            if value is not None:
                labels = (Label(value.span, "the promise is made here"),)
                is_const = variable.kind is VarKind.CONST and not variable.declared
                if is_const and isinstance(value, Call) and uses[index] == cx.reads[index]:
                    edits = await_edits(value, False)
        fixes = (Fix("add `await`", edits),)
        cx.report(codes.IMPLICIT_AWAIT, expr.span, message, labels=labels, fixes=fixes)


def _unread_variables(cx: Context) -> None:
    """Say which variables nobody reads; a promise among them never runs."""
    places: dict[int, list[Span]] = {}
    for use in cx.uses:
        places.setdefault(use.binding.variable, []).append(use.span)
    for variable, reads in zip(cx.variables, cx.reads, strict=True):
        if reads or variable.type is ERROR or variable.name.startswith("_") or not variable.name:
            continue
        if isinstance(variable.type, PromiseType) and variable.kind is not VarKind.PARAM:
            _unread_promise(cx, variable)
            continue
        what = "parameter" if variable.kind is VarKind.PARAM else "variable"
        message = f"the {what} `{variable.name}` is never read"
        edits = tuple(
            Edit(Span(span.start, span.start), "_") for span in places.get(variable.index, ())
        )
        fixes = (Fix(f"rename to `_{variable.name}`", edits),)
        cx.report(codes.UNUSED_VARIABLE, variable.span, message, fixes=fixes)


def _unread_promise(cx: Context, variable: Variable) -> None:
    message = f"the promise in `{variable.name}` is never awaited"
    value = cx.initialisers[variable.index]
    fixes: tuple[Fix, ...] = ()
    if value is not None and cx.function.is_async and not variable.declared:
        fixes = (Fix("add `await`", await_edits(value, False)),)
    hint = f"call it `_{variable.name}` if it only has to be kept"
    cx.report(codes.PROMISE_NEVER_AWAITED, variable.span, message, hint=hint, fixes=fixes)


def _by_place(found: Diagnostic) -> Span:
    return found.span


def _use_place(use: Use) -> Span:
    return use.span
