"""Calls: of functions of the file, of the built-ins, and of the methods of handles.

A name means the function of the file first, then the built-in.  Absent here: awaiting the promise
that a call gives; whoever uses the call decides.
"""

from collections.abc import Callable

from zyn.ast import Call, Expr, FieldAccess, Name
from zyn.base import codes
from zyn.base.span import Span
from zyn.sema.builtins import BUILTINS, Builtin
from zyn.sema.context import Context, is_broken
from zyn.sema.convert import is_settled, without_optional
from zyn.sema.facts import Binding, BindingKind, FunctionHead, StructHead
from zyn.sema.handles import ANY, METHODS, Method, methods_of
from zyn.sema.suggest import nearest, proposal
from zyn.sema.types import (
    BOOL,
    ERROR,
    I64,
    PRIMITIVES,
    SIZE_MAX,
    VOID,
    ArrayType,
    FunctionSignature,
    HandleType,
    OptionalType,
    PromiseType,
    StructType,
    Type,
    selected_type,
    settled_type,
    size_and_align,
)


def check_call(cx: Context, expr: Call, expected: Type | None) -> Type:
    """`callee(args)`."""
    callee = expr.callee
    if isinstance(callee, FieldAccess):
        return _method(cx, expr, callee)
    if not isinstance(callee, Name):
        type_ = cx.check(callee)
        if is_settled(type_):
            cx.report(codes.NOT_CALLABLE, callee.span, f"`{type_}` is not a function")
        return _wrong_callee(cx, expr)
    name = callee.text
    variable = cx.variable(name)
    if variable is not None:
        cx.reads[variable.index] += 1
        cx.bind(callee.id, callee.span, Binding(BindingKind.VARIABLE, name, variable.index))
        message = f"`{name}` is a variable, not a function"
        cx.report(codes.NOT_CALLABLE, callee.span, message)
        return _wrong_callee(cx, expr)
    head = cx.resolver.lookup(name)
    if isinstance(head, FunctionHead):
        cx.bind(callee.id, callee.span, Binding(BindingKind.FUNCTION, name))
        return _function(cx, expr, cx.signature_of(head))
    if isinstance(head, StructHead):
        cx.bind(callee.id, callee.span, Binding(BindingKind.STRUCT, name))
        message = f"`{name}` is a struct, not a function"
        cx.report(codes.NOT_CALLABLE, callee.span, message, hint=f"write `{name}{{ .. }}`")
        return _wrong_callee(cx, expr)
    builtin = BUILTINS.get(name)
    if builtin is not None:
        cx.bind(callee.id, callee.span, Binding(BindingKind.BUILTIN, name))
        return _builtin(cx, expr, builtin, expected)
    if name in PRIMITIVES:
        message = f"there is no conversion `{name}(..)` yet"
        hint = "a narrower number becomes a wider one by itself"
        cx.report(codes.NOT_SUPPORTED, callee.span, message, hint=hint)
    else:
        cx.unknown_name(callee.span, name)
    return _wrong_callee(cx, expr)


def _wrong_callee(cx: Context, expr: Call) -> Type:
    for argument in expr.args:
        cx.check(argument)
    return ERROR


def _function(cx: Context, expr: Call, signature: FunctionSignature) -> Type:
    params = signature.params
    result = signature.result
    if signature.is_async:
        cx.callees.add(signature.name)
        result = PromiseType(result)
    if len(params) != len(expr.args):
        shape = ", ".join(f"{name}: {type_}" for name, type_ in params)
        _arity(cx, expr, len(params), f"{signature.name}({shape})")
    _arguments(cx, expr, params)
    if not is_settled(signature.result):
        cx.resolver.is_sound = False
        if signature.result is ERROR:
            return ERROR
    return result


def _arguments(cx: Context, expr: Call, params: tuple[tuple[str, Type], ...]) -> None:
    for argument, (name, type_) in zip(expr.args, params, strict=False):
        cx.value(argument, type_, f"`{name}` needs")
    for argument in expr.args[len(params) :]:
        cx.check(argument)


def _arity(cx: Context, expr: Call, expected: int, shape: str) -> None:
    """Report a wrong number of arguments at those too many, or where the next would stand."""
    args = expr.args
    if is_broken(args):
        return
    if len(args) > expected:
        span = Span(args[expected].start, args[-1].end)
    else:
        span = Span(expr.args_end, expr.end)
    wanted = f"{expected} argument{'s' * (expected != 1)}"
    message = f"`{shape}` takes {wanted}, not {len(args)}"
    cx.report(codes.WRONG_ARITY, span, message)


# Built-ins


def _builtin(cx: Context, expr: Call, builtin: Builtin, expected: Type | None) -> Type:
    if builtin.params is None:
        return _GENERIC[builtin.name](cx, expr, builtin)
    if len(builtin.params) != len(expr.args):
        _arity(cx, expr, len(builtin.params), builtin.shape)
    _arguments(cx, expr, builtin.params)
    return builtin.result or _made(cx, expr, builtin, expected)


def _made(cx: Context, expr: Call, builtin: Builtin, expected: Type | None) -> Type:
    """The type of a new handle, which only its place can say."""
    owner = builtin.shape.rpartition(" ")[2].removesuffix("<T>")
    wanted = without_optional(expected)
    if isinstance(wanted, HandleType) and wanted.name == owner:
        return wanted
    if wanted is not None and is_settled(wanted):
        message = f"this makes a `{owner}<..>`, but a `{wanted}` is needed"
        cx.report(codes.TYPE_MISMATCH, expr.span, message)
    elif wanted is None:
        message = f"the type of this `{owner}` is not known here"
        hint = f"write it: `const x: {owner}<i64> = {builtin.name}(..);`"
        cx.report(codes.TYPE_MISMATCH, expr.span, message, hint=hint)
    return ERROR


def _method(cx: Context, expr: Call, callee: FieldAccess) -> Type:
    """`handle.method(args)`."""
    base = cx.operand(callee.value, postfix=True)
    name = callee.field.text
    cx.types[callee.id] = VOID  # a method is no value; nobody asks for its type
    if not isinstance(base, HandleType):
        if is_settled(base) and name:
            _no_method(cx, callee, base)
        return _wrong_callee(cx, expr)
    method = METHODS.get(f"{base.name}.{name}")
    if method is None:
        if name:
            names = [method.name for method in methods_of(base.name)]
            hint, fixes = proposal(callee.field.span, nearest(name, names))
            message = f"`{base}` has no method `{name}`"
            cx.report(
                codes.UNKNOWN_FIELD,
                callee.field.span,
                message,
                hint=hint or f"it has {', '.join(f'`{known}`' for known in names)}",
                fixes=fixes,
            )
        return _wrong_callee(cx, expr)
    cx.bind(callee.id, callee.field.span, Binding(BindingKind.METHOD, method.key))
    params = method.params_of(base)
    if len(params) != len(expr.args):
        _arity(cx, expr, len(params), method.shape)
    if [type_ for _, type_ in params] == [PromiseType(ANY)]:
        return _child(cx, expr, method)
    _arguments(cx, expr, params)
    return method.result_of(base)


def _child(cx: Context, expr: Call, method: Method) -> Type:
    """A method that takes any promise."""
    for argument in expr.args:
        type_ = cx.check(argument)
        if not isinstance(type_, PromiseType) and is_settled(type_):
            message = f"`{method.name}` needs a promise, found `{type_}`"
            cx.report(codes.TYPE_MISMATCH, argument.span, message, hint=f"`{method.shape}`")
    return method.result


def _no_method(cx: Context, callee: FieldAccess, base: Type) -> None:
    """Report a call behind a dot on what has no methods."""
    if isinstance(base, StructType) and base.field_type(callee.field.text) is not None:
        message = f"the field `{callee.field.text}` is not a function"
        cx.report(codes.NOT_CALLABLE, callee.span, message)
        return
    hint = None
    if isinstance(without_optional(base), HandleType):
        hint = "it may be null: give a value for that case with `orelse`"
    cx.report(
        codes.NOT_CALLABLE,
        callee.span,
        f"`{base}` has no methods",
        hint=hint,
    )


def _spawn(cx: Context, expr: Call, builtin: Builtin) -> Type:
    if len(expr.args) != 1:
        _arity(cx, expr, 1, builtin.shape)
        return _wrong_callee(cx, expr)
    type_ = cx.check(expr.args[0])
    if isinstance(type_, PromiseType):
        return type_
    if is_settled(type_):
        _not_a_promise(cx, expr.args[0], type_, builtin)
    return ERROR


def _join(cx: Context, expr: Call, builtin: Builtin) -> Type:
    found = _promises(cx, expr, builtin)
    if found is None:
        return ERROR
    count, result = found
    if result is VOID:
        return PromiseType(VOID)
    return PromiseType(_array(cx, expr, count, result))


def _race(cx: Context, expr: Call, builtin: Builtin) -> Type:
    found = _promises(cx, expr, builtin)
    if found is None:
        return ERROR
    count, result = found
    if count == 0:
        message = f"a {builtin.name} of no promises never ends"
        cx.report(codes.TYPE_MISMATCH, expr.args[0].span, message)
        return ERROR
    return PromiseType(result)


def _all_settled(cx: Context, expr: Call, builtin: Builtin) -> Type:
    found = _promises(cx, expr, builtin)
    if found is None:
        return ERROR
    count, result = found
    return PromiseType(_array(cx, expr, count, settled_type(result)))


def _select(cx: Context, expr: Call, builtin: Builtin) -> Type:
    result = _race(cx, expr, builtin)
    return PromiseType(selected_type(result.result)) if isinstance(result, PromiseType) else ERROR


def _timeout(cx: Context, expr: Call, builtin: Builtin) -> Type:
    if len(expr.args) != 2:
        _arity(cx, expr, 2, builtin.shape)
        return _wrong_callee(cx, expr)
    cx.value(expr.args[0], I64, "`ms` needs")
    type_ = cx.check(expr.args[1])
    if isinstance(type_, PromiseType):
        result = type_.result
        return PromiseType(BOOL if result is VOID else OptionalType(result))
    if is_settled(type_):
        _not_a_promise(cx, expr.args[1], type_, builtin)
    return ERROR


_GENERIC: dict[str, Callable[[Context, Call, Builtin], Type]] = {
    "spawn": _spawn,
    "join": _join,
    "race": _race,
    "all_settled": _all_settled,
    "select": _select,
    "timeout": _timeout,
}


def _promises(cx: Context, expr: Call, builtin: Builtin) -> tuple[int, Type] | None:
    """How many promises the arguments are, and of what: one array, or one promise each."""
    args = expr.args
    if not args:
        message = f"`{builtin.name}` takes an array of promises, or one or more promises"
        span = Span(expr.args_end, expr.end)
        cx.report(codes.WRONG_ARITY, span, message, hint=f"`{builtin.shape}`")
        return None
    types = [cx.check(argument) for argument in args]
    first = types[0]
    if len(args) == 1 and isinstance(first, ArrayType) and isinstance(first.element, PromiseType):
        return first.length, first.element.result
    result: Type | None = None
    is_good = True
    for argument, type_ in zip(args, types, strict=True):
        if not isinstance(type_, PromiseType):
            if is_settled(type_):
                _not_a_promise(cx, argument, type_, builtin)
            is_good = False
        elif result is None:
            result = type_.result
        elif type_.result != result:
            if is_settled(type_) and is_settled(result):
                message = f"all promises must give `{result}`, this one gives `{type_.result}`"
                cx.report(codes.TYPE_MISMATCH, argument.span, message)
            is_good = False
    return (len(args), result) if is_good and result is not None else None


def _not_a_promise(cx: Context, argument: Expr, type_: Type, builtin: Builtin) -> None:
    message = f"`{builtin.name}` needs a promise, found `{type_}`"
    cx.report(codes.TYPE_MISMATCH, argument.span, message, hint=f"`{builtin.shape}`")


def _array(cx: Context, expr: Call, count: int, element: Type) -> Type:
    type_ = ArrayType(count, element)
    if size_and_align(type_)[0] > SIZE_MAX:
        cx.report(codes.TOO_LARGE, expr.span, f"the results take more than {SIZE_MAX} bytes")
        return ERROR
    return type_
