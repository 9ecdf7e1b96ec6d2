"""The types of names, of awaits, and of wholes and their parts.

Absent here: literals, operators and calls, each in a module of its own.
"""

from zyn.ast import ArrayInit, Await, Expr, FieldAccess, FieldInit, Index, Name, StructInit
from zyn.base import codes
from zyn.base.diagnostic import Edit, Fix
from zyn.base.span import Span
from zyn.sema.builtins import BUILTINS
from zyn.sema.check_literal import has_fraction, is_literal
from zyn.sema.context import Context
from zyn.sema.convert import common, is_number, is_settled, without_optional
from zyn.sema.facts import Binding, BindingKind, StructHead
from zyn.sema.handles import METHODS
from zyn.sema.resolve import NESTING_MAX
from zyn.sema.suggest import Proposal, nearest, proposal
from zyn.sema.types import (
    ERROR,
    F64,
    I64,
    NEVER,
    NULL,
    SIZE_MAX,
    VOID,
    ArrayType,
    HandleType,
    IntType,
    OptionalType,
    PromiseType,
    StringType,
    StructType,
    Type,
    size_and_align,
)


def check_name(cx: Context, expr: Name, _expected: Type | None) -> Type:
    """A name as a value, which only a variable has."""
    name = expr.text
    variable = cx.variable(name)
    if variable is not None:
        cx.reads[variable.index] += 1
        cx.bind(expr.id, expr.span, Binding(BindingKind.VARIABLE, name, variable.index))
        return variable.type
    head = cx.resolver.lookup(name)
    if isinstance(head, StructHead):
        cx.bind(expr.id, expr.span, Binding(BindingKind.STRUCT, name))
        message = f"`{name}` is a type, not a value"
        cx.report(codes.TYPE_MISMATCH, expr.span, message, hint=f"write `{name}{{ .. }}`")
    elif head is not None or name in BUILTINS:
        kind = BindingKind.BUILTIN if head is None else BindingKind.FUNCTION
        cx.bind(expr.id, expr.span, Binding(kind, name))
        message = "functions cannot be used as values yet"
        cx.report(codes.NOT_SUPPORTED, expr.span, message, hint=f"call it: `{name}(..)`")
    else:
        cx.unknown_name(expr.span, name)
    return ERROR


def check_await(cx: Context, expr: Await, _expected: Type | None) -> Type:
    """`await x`."""
    if not cx.function.is_async:
        cx.report(
            codes.AWAIT_OUTSIDE_ASYNC,
            Span(expr.start, expr.start + len("await")),
            "`await` works only in an async function",
            labels=(cx.not_async(),),
            fixes=cx.make_async(),
        )
    type_ = cx.check(expr.operand)
    if isinstance(type_, PromiseType):
        return type_.result
    if is_settled(type_):
        end = expr.operand.start
        cx.report(
            codes.AWAIT_NON_PROMISE,
            expr.span,
            f"`{type_}` is not a promise, so there is nothing to wait for",
            fixes=(Fix("remove `await`", (Edit(Span(expr.start, end), ""),)),),
        )
    return type_


def check_field(cx: Context, expr: FieldAccess, _expected: Type | None) -> Type:
    """`value.field`."""
    return field_of(cx, expr, cx.operand(expr.value, postfix=True))


def field_of(cx: Context, expr: FieldAccess, base: Type) -> Type:
    """The type of a field of `base`."""
    name = expr.field.text
    if isinstance(base, StructType):
        found = base.field_type(name)
        if found is not None:
            return found
    elif isinstance(base, ArrayType | StringType) and name == "len":
        return I64
    if not name or not is_settled(base):
        return ERROR
    if isinstance(base, HandleType) and f"{base.name}.{name}" in METHODS:
        message = "methods cannot be used as values yet"
        cx.report(codes.NOT_SUPPORTED, expr.span, message, hint=f"call it: `.{name}(..)`")
        return ERROR
    message = f"`{base}` has no field `{name}`"
    span = expr.field.span
    hint, fixes = Proposal()
    if isinstance(base, StructType):
        hint, fixes = proposal(span, nearest(name, [field for field, _ in base.fields]))
    elif isinstance(base, OptionalType):
        hint = "it may be null: give a value for that case with `orelse`"
    cx.report(codes.UNKNOWN_FIELD, span, message, hint=hint, fixes=fixes)
    return ERROR


def check_index(cx: Context, expr: Index, _expected: Type | None) -> Type:
    """`value[index]`."""
    return element_of(cx, expr, cx.operand(expr.value, postfix=True))


def element_of(cx: Context, expr: Index, base: Type) -> Type:
    """The type of an element of `base`."""
    index = cx.operand(expr.index, I64)
    if is_settled(index) and not isinstance(index, IntType):
        cx.report(
            codes.TYPE_MISMATCH, expr.index.span, f"an index is a whole number, not `{index}`"
        )
    if isinstance(base, ArrayType):
        return base.element
    if is_settled(base):
        cx.report(codes.TYPE_MISMATCH, expr.value.span, f"`{base}` cannot be indexed")
    return ERROR


def check_struct_init(cx: Context, expr: StructInit, _expected: Type | None) -> Type:
    """`T{ .a = 1 }`."""
    name = expr.type_name.text
    head = cx.resolver.lookup(name)
    struct: StructType | None = None
    if isinstance(head, StructHead):
        cx.bind(expr.id, expr.type_name.span, Binding(BindingKind.STRUCT, name))
        struct = cx.resolver.struct(head)
        if struct is None:
            cx.resolver.is_sound = False
    elif name:
        span = expr.type_name.span
        hint, fixes = proposal(span, nearest(name, cx.resolver.names()))
        message = f"there is no struct `{name}`"
        cx.report(codes.UNKNOWN_TYPE, span, message, hint=hint, fixes=fixes)
    given: dict[str, FieldInit] = {}
    for field in expr.fields:
        _field_init(cx, field, struct, given)
    if struct is None:
        return ERROR
    missing = [f"`{field}`" for field, _ in struct.fields if field not in given]
    if missing and not cx.item.is_broken:
        message = f"`{name}` also needs {', '.join(missing[:5])}{', ..' * (len(missing) > 5)}"
        cx.report(codes.MISSING_FIELD, expr.type_name.span, message)
    return struct


def _field_init(
    cx: Context, field: FieldInit, struct: StructType | None, given: dict[str, FieldInit]
) -> None:
    name = field.name.text
    needed = None if struct is None else struct.field_type(name)
    if name in given:
        message = f"the field `{name}` is given twice"
        cx.report(codes.DUPLICATE_NAME, field.name.span, message)
    elif name:
        given[name] = field
    if needed is not None:
        cx.value(field.value, needed, f"the field `{name}` needs")
        return
    cx.check(field.value)
    if struct is not None and name:
        span = field.name.span
        hint, fixes = proposal(span, nearest(name, [known for known, _ in struct.fields]))
        message = f"`{struct}` has no field `{name}`"
        cx.report(codes.UNKNOWN_FIELD, span, message, hint=hint, fixes=fixes)


def check_array_init(cx: Context, expr: ArrayInit, expected: Type | None) -> Type:
    """`[a, b]`."""
    wanted = without_optional(expected)
    if isinstance(wanted, ArrayType):
        for element in expr.elements:
            cx.value(element, wanted.element, "an element needs")
        return _array(cx, expr, wanted.element)
    if not expr.elements:
        message = "the type of an empty array is not known here"
        hint = "write the type: `const a: [0]i32 = [];`"
        cx.report(codes.TYPE_MISMATCH, expr.span, message, hint=hint)
        return ERROR
    element_type = _element_type(cx, expr)
    if element_type is NULL or element_type is VOID or element_type is NEVER:
        message = f"the type of the elements is not known from `{element_type}`"
        cx.report(codes.TYPE_MISMATCH, expr.elements[0].span, message)
        return ERROR
    return ERROR if element_type is ERROR else _array(cx, expr, element_type)


def _element_type(cx: Context, expr: ArrayInit) -> Type:
    """The type to which all elements convert; those made of literals are asked last."""
    found: list[tuple[Expr, Type]] = []
    guide: Type | None = None
    for element in expr.elements:
        if not _is_open(element):
            type_ = cx.check(element)
            found.append((element, type_))
            if is_number(type_) or isinstance(type_, ArrayType):
                guide = type_ if guide is None else common(guide, type_) or guide
    literals = [element for element in expr.elements if _is_open(element)]
    if guide is None and any(map(has_fraction, literals)):
        guide = F64
    found += [(element, cx.check(element, guide)) for element in literals]
    result: Type | None = None
    for _, type_ in found:
        if not is_settled(type_):
            return ERROR
        if type_ is not NULL and type_ is not NEVER:
            result = type_ if result is None else common(result, type_) or result
    if result is None:
        return found[0][1]
    if any(type_ is NULL for _, type_ in found) and not isinstance(result, OptionalType):
        result = OptionalType(result)
    for element, type_ in found:
        cx.coerce(element, type_, result, "an element needs")
    return result


def _is_open(expr: Expr) -> bool:
    """Whether an expression is a number, or an array of numbers, whose type is still open."""
    if isinstance(expr, ArrayInit):
        return bool(expr.elements) and all(map(_is_open, expr.elements))
    return is_literal(expr)


def _array(cx: Context, expr: ArrayInit, element: Type) -> Type:
    """The type of an array of this many elements, where it is not too large."""
    type_ = ArrayType(len(expr.elements), element)
    depth = 0
    inner: Type = type_
    while isinstance(inner, ArrayType):
        depth += 1
        inner = inner.element
    if depth > NESTING_MAX:
        cx.report(codes.TOO_DEEP, expr.span, f"arrays nest more than {NESTING_MAX} levels deep")
        return ERROR
    if size_and_align(type_)[0] > SIZE_MAX:
        cx.report(codes.TOO_LARGE, expr.span, f"the array takes more than {SIZE_MAX} bytes")
        return ERROR
    return type_
