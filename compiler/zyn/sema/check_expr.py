"""The types of expressions, but for calls.

A literal has the type its surroundings want: the expected one, or that of the other operand; else
`i32`, or `i64` where that is too small, and `f64` with a fraction.

Absent here: statements, calls, and what awaiting does to a function.
"""

from math import isfinite

from zyn.ast import (
    ArrayInit,
    Await,
    Binary,
    BoolLiteral,
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
from zyn.base import codes
from zyn.base.diagnostic import Edit, Fix
from zyn.base.span import Span
from zyn.sema.builtins import BUILTINS
from zyn.sema.context import Context
from zyn.sema.convert import common, is_number, is_settled, without_optional
from zyn.sema.facts import Binding, BindingKind, StructHead
from zyn.sema.resolve import NESTING_MAX
from zyn.sema.suggest import proposal
from zyn.sema.types import (
    BOOL,
    ERROR,
    F32,
    F64,
    I32,
    I64,
    NEVER,
    NULL,
    SIZE_MAX,
    STRING,
    VOID,
    ArrayType,
    BoolType,
    FloatType,
    IntType,
    OptionalType,
    PromiseType,
    StringType,
    StructType,
    Type,
    size_and_align,
)

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
EQUALITIES = frozenset({"==", "!="})

_F32_MAX = float.fromhex("0x1.fffffep+127")


# Literals and names


def check_int(cx: Context, expr: IntLiteral, expected: Type | None) -> Type:
    """A whole number."""
    return int_literal(cx, expr, expected, expr.value, str(expr.value))


def int_literal(cx: Context, expr: Expr, expected: Type | None, value: int, shown: str) -> Type:
    """The type of a whole number; it may also stand for a fraction."""
    wanted = without_optional(expected)
    if isinstance(wanted, FloatType):
        if abs(value) > (_F32_MAX if wanted is F32 else int(1.7e308)):
            out_of_range(cx, expr, shown, wanted)
        return wanted
    type_ = wanted
    if not isinstance(type_, IntType):
        type_ = I32 if I32.minimum <= value <= I32.maximum else I64
    if not type_.minimum <= value <= type_.maximum:
        out_of_range(cx, expr, shown, type_)
    return type_


def out_of_range(cx: Context, expr: Expr, shown: str, type_: Type) -> None:
    """Report a literal that does not fit its type."""
    if len(shown) > 40:
        shown = f"{shown[:20]}..{shown[-8:]}"
    hint = None
    if isinstance(type_, IntType):
        hint = f"`{type_}` holds {type_.minimum} to {type_.maximum}"
    cx.report(codes.LITERAL_RANGE, expr.span, f"{shown} does not fit `{type_}`", hint=hint)


def check_float(cx: Context, expr: FloatLiteral, expected: Type | None) -> Type:
    """A number with a fraction."""
    wanted = without_optional(expected)
    type_ = wanted if isinstance(wanted, FloatType) else F64
    if not isfinite(expr.value) or (type_ is F32 and abs(expr.value) > _F32_MAX):
        out_of_range(cx, expr, "this number", type_)
    return type_


def check_bool(_cx: Context, _expr: BoolLiteral, _expected: Type | None) -> Type:
    """`true` or `false`."""
    return BOOL


def check_null(_cx: Context, _expr: NullLiteral, _expected: Type | None) -> Type:
    """`null`."""
    return NULL


def check_string(_cx: Context, _expr: StringLiteral, _expected: Type | None) -> Type:
    """Text."""
    return STRING


def check_error(_cx: Context, _expr: ErrorExpr, _expected: Type | None) -> Type:
    """What could not be read."""
    return ERROR


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


# Operators


def is_literal(expr: Expr) -> bool:
    """Whether an expression is made of numbers alone, so that its type is still open."""
    if isinstance(expr, IntLiteral | FloatLiteral):
        return True
    if isinstance(expr, Unary):
        return expr.op == "-" and is_literal(expr.operand)
    if isinstance(expr, Binary):
        return expr.op not in COMPARISONS and is_literal(expr.right) and is_literal(expr.left)
    return False


def _has_fraction(expr: Expr) -> bool:
    if isinstance(expr, Unary):
        return _has_fraction(expr.operand)
    if isinstance(expr, Binary):
        return _has_fraction(expr.right) or _has_fraction(expr.left)
    return isinstance(expr, FloatLiteral)


def check_unary(cx: Context, expr: Unary, expected: Type | None) -> Type:
    """`-x` and `!x`; a minus belongs to the number after it."""
    operand = expr.operand
    if expr.op == "!":
        cx.value(operand, BOOL, "`!` needs")
        return BOOL
    if isinstance(operand, IntLiteral):
        type_ = int_literal(cx, expr, expected, -operand.value, f"-{operand.value}")
        cx.types[operand.id] = type_
        return type_
    type_ = cx.operand(operand, expected)
    if isinstance(type_, FloatType) or (isinstance(type_, IntType) and type_.signed):
        return type_
    if is_settled(type_):
        cx.report(codes.TYPE_MISMATCH, operand.span, f"`-` does not work on `{type_}`")
    return ERROR


def check_binary(cx: Context, expr: Binary, expected: Type | None) -> Type:
    """Arithmetic or a comparison."""
    if expr.op in COMPARISONS:
        return _comparison(cx, expr)
    wanted = without_optional(expected)
    left, right = _operands(cx, expr, wanted if wanted and is_number(wanted) else None)
    if not (is_settled(left) and is_settled(right)):
        return ERROR
    op = expr.op
    if isinstance(left, StringType) and isinstance(right, StringType) and op == "+":
        return STRING
    for side, type_ in ((expr.left, left), (expr.right, right)):
        if not is_number(type_):
            _not_a_number(cx, side, type_, op, left, right)
            return ERROR
    result = _unify(cx, expr, left, right)
    if result is None:
        _different(cx, expr, left, right)
        return ERROR
    return result


def _operands(cx: Context, expr: Binary, wanted: Type | None) -> tuple[Type, Type]:
    """Check both sides; one made of literals takes the type of the other."""
    left, right = expr.left, expr.right
    if not is_literal(left):
        left_type = cx.operand(left, wanted)
        guide = left_type if is_literal(right) else wanted
        return left_type, cx.operand(right, guide)
    if not is_literal(right):
        right_type = cx.operand(right, wanted)
        return cx.operand(left, right_type), right_type
    if wanted is None and _has_fraction(expr):
        wanted = F64
    return cx.operand(left, wanted), cx.operand(right, wanted)


def _unify(cx: Context, expr: Binary, left: Type, right: Type) -> Type | None:
    """Bring both sides to the wider type."""
    if left is right:
        return left
    result = common(left, right)
    if result is not None:
        if left != result:
            cx.converted[expr.left.id] = result
        if right != result:
            cx.converted[expr.right.id] = result
    return result


def _not_a_number(cx: Context, side: Expr, type_: Type, op: str, left: Type, right: Type) -> None:
    message = f"`{op}` does not work on `{type_}`"
    hint = None
    if isinstance(type_, OptionalType):
        hint = "it may be null: give a value for that case with `orelse`"
    elif op == "+" and (isinstance(left, StringType) or isinstance(right, StringType)):
        message = f"`+` joins two strings, but here are `{left}` and `{right}`"
    elif type_ is VOID:
        message = f"`{op}` needs a value, but this gives none"
    cx.report(codes.TYPE_MISMATCH, side.span, message, hint=hint)


def _different(cx: Context, expr: Binary, left: Type, right: Type) -> None:
    """Report two sides without a common type."""
    message = f"`{expr.op}` needs both sides of one type, found `{left}` and `{right}`"
    hint = None
    if is_number(left) and is_number(right):
        hint = "neither type can hold every value of the other, so nothing converts by itself"
    cx.report(codes.TYPE_MISMATCH, expr.span, message, hint=hint)


def _comparison(cx: Context, expr: Binary) -> Type:
    left_expr, right_expr = expr.left, expr.right
    if (
        isinstance(left_expr, Binary)
        and left_expr.op in COMPARISONS
        and left_expr.start == expr.start  # else it stands in parentheses
    ):
        cx.check(left_expr)
        cx.operand(right_expr)
        cx.report(
            codes.TYPE_MISMATCH,
            expr.span,
            "comparisons cannot be chained: the first gives a `bool`",
            hint=f"write `a {left_expr.op} b and b {expr.op} c`",
        )
        return BOOL
    left, right = _operands(cx, expr, None)
    if left is NULL or right is NULL:
        _null_comparison(cx, expr, left, right)
        return BOOL
    if not (is_settled(left) and is_settled(right)):
        return BOOL
    if isinstance(left, OptionalType) or isinstance(right, OptionalType):
        optional = left if isinstance(left, OptionalType) else right
        message = f"a `{optional}` can only be compared with `null`"
        hint = "give a value for null with `orelse` first"
        cx.report(codes.TYPE_MISMATCH, expr.span, message, hint=hint)
        return BOOL
    type_ = _unify(cx, expr, left, right)
    if type_ is None:
        _different(cx, expr, left, right)
    elif not (
        is_number(type_)
        or isinstance(type_, StringType)
        or (isinstance(type_, BoolType) and expr.op in EQUALITIES)
    ):
        message = f"`{expr.op}` does not work on `{type_}`"
        cx.report(codes.TYPE_MISMATCH, expr.span, message)
    return BOOL


def _null_comparison(cx: Context, expr: Binary, left: Type, right: Type) -> None:
    null, other = (expr.left, right) if left is NULL else (expr.right, left)
    if isinstance(other, OptionalType) and expr.op in EQUALITIES:
        cx.converted[null.id] = other
    elif is_settled(other):
        message = f"`{expr.op}` cannot compare `{other}` with `null`"
        if isinstance(other, OptionalType):
            message = f"`null` can be compared with `==` and `!=`, not with `{expr.op}`"
        cx.report(codes.TYPE_MISMATCH, expr.span, message)


def check_logical(cx: Context, expr: Logical, _expected: Type | None) -> Type:
    """`and` and `or`."""
    cx.value(expr.left, BOOL, f"`{expr.op}` needs")
    cx.value(expr.right, BOOL, f"`{expr.op}` needs")
    return BOOL


def check_orelse(cx: Context, expr: OrElse, expected: Type | None) -> Type:
    """`a orelse b`."""
    left = cx.operand(expr.left, expected)
    if isinstance(left, OptionalType):
        cx.value(expr.right, left.inner, "the right side of `orelse` needs")
        return left.inner
    right = cx.check(expr.right, expected)
    if is_settled(left):
        message = f"`orelse` needs an optional on its left, found `{left}`"
        cx.report(codes.TYPE_MISMATCH, expr.left.span, message)
        return ERROR
    return right


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


# Parts and wholes


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
    elif isinstance(base, ArrayType) and name == "len":
        return I64
    if not name or not is_settled(base):
        return ERROR
    message = f"`{base}` has no field `{name}`"
    hint = None
    if isinstance(base, StructType):
        hint = proposal(name, [field for field, _ in base.fields])
    elif isinstance(base, OptionalType):
        hint = "it may be null: give a value for that case with `orelse`"
    cx.report(codes.UNKNOWN_FIELD, expr.field.span, message, hint=hint)
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
        hint = proposal(name, cx.resolver.names())
        cx.report(
            codes.UNKNOWN_TYPE, expr.type_name.span, f"there is no struct `{name}`", hint=hint
        )
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
        hint = proposal(name, [known for known, _ in struct.fields])
        message = f"`{struct}` has no field `{name}`"
        cx.report(codes.UNKNOWN_FIELD, field.name.span, message, hint=hint)


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
    if guide is None and any(map(_has_fraction, literals)):
        guide = F64
    found += [(element, cx.check(element, guide)) for element in literals]
    result: Type | None = None
    for _, type_ in found:
        if not is_settled(type_):
            if type_ is not NEVER:
                return ERROR
        elif type_ is not NULL:
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
