"""The state of checking one function, and the rules that every kind of expression shares.

`Context.check` gives an expression its type; `value` also brings it to a type that is needed, and
`operand` to a value that can be worked on: both await a promise where the promise itself is of no
use.

Absent here: any single kind of expression or statement.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from zyn.ast import ErrorExpr, Expr, Function, Ident, Item, NamedTypeExpr, OrElse, TypeExpr
from zyn.base import codes
from zyn.base.diagnostic import Code, Diagnostic, Edit, Fix, Label, Severity
from zyn.base.span import Span
from zyn.sema.builtins import BUILTINS
from zyn.sema.convert import converts, is_settled
from zyn.sema.facts import (
    Binding,
    BindingKind,
    FunctionHead,
    Use,
    Variable,
    VarKind,
)
from zyn.sema.heads import Environment
from zyn.sema.resolve import Resolver
from zyn.sema.suggest import Proposal, nearest, proposal
from zyn.sema.types import (
    ERROR,
    NEVER,
    VOID,
    FunctionSignature,
    IntType,
    OptionalType,
    PromiseType,
    Type,
)

DIAGNOSTICS_MAX = 200
"""Diagnostics for one function; whoever has more reads the first."""

Handler: TypeAlias = Callable[["Context", Any, Type | None], Type]


class Context:
    """Everything that is known so far."""

    __slots__ = (
        "_handlers",
        "_nearest",
        "_signatures",
        "awaited",
        "bindings",
        "callees",
        "converted",
        "declares",
        "diagnostics",
        "function",
        "has_error",
        "implicit",
        "initialisers",
        "item",
        "loops",
        "reads",
        "resolver",
        "scopes",
        "signature",
        "types",
        "uses",
        "variables",
    )

    def __init__(
        self,
        item: Item,
        function: Function,
        env: Environment,
        handlers: Mapping[type[Expr], Handler],
    ) -> None:
        self.item = item
        self.function = function
        self.resolver = Resolver(env)
        self._handlers = handlers
        self._signatures: dict[str, FunctionSignature] = {}
        self.diagnostics: list[Diagnostic] = []
        self.types: dict[int, Type] = {}
        self.converted: dict[int, Type] = {}
        self.awaited: set[int] = set()
        self.bindings: dict[int, Binding] = {}
        self.declares: dict[int, int] = {}
        self.uses: list[Use] = []
        self.callees: set[str] = set()
        self.variables: list[Variable] = []
        # Parallel to `variables`: how often each is read, and what it was declared with.
        self.reads: list[int] = []
        self.initialisers: list[Expr | None] = []
        # Implicit awaits: the expression, the variable it names or -1, whether a postfix follows.
        self.implicit: list[tuple[Expr, int, bool]] = []
        self.scopes: list[dict[str, int]] = [{}]
        self.loops = 0
        self.has_error = False
        self._nearest: dict[str, str | None] = {}
        head = FunctionHead(
            function.name.text,
            function.is_async,
            tuple((param.name.text, param.type) for param in function.params),
            function.result,
        )
        self.signature = self.resolver.signature(head, self)

    # What is said

    def report(
        self,
        code: Code,
        span: Span,
        message: str,
        *,
        hint: str | None = None,
        labels: tuple[Label, ...] = (),
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        """Say something about the function; only the first `DIAGNOSTICS_MAX` are kept."""
        if code.severity is Severity.ERROR:
            self.has_error = True
        if len(self.diagnostics) < DIAGNOSTICS_MAX:
            self.diagnostics.append(Diagnostic(code, span, message, labels, hint, fixes))

    def problem(self, code: Code, at: TypeExpr, message: str, proposed: Proposal) -> None:
        """A written type is wrong (for the resolver)."""
        self.report(code, at.span, message, hint=proposed.hint, fixes=proposed.fixes)

    def struct_named(self, at: NamedTypeExpr) -> None:
        """A written type names a struct (for the resolver)."""
        self.bind(at.id, at.span, Binding(BindingKind.STRUCT, at.name))

    # Names

    def bind(self, node_id: int, span: Span, binding: Binding, is_write: bool = False) -> None:
        """Note what a use of a name means."""
        self.bindings[node_id] = binding
        self.uses.append(Use(span, binding, is_write, False))

    def variable(self, name: str) -> Variable | None:
        """The variable a name means here."""
        for scope in reversed(self.scopes):
            if name in scope:
                return self.variables[scope[name]]
        return None

    def declare(
        self,
        node_id: int,
        name: Ident,
        type_: Type,
        kind: VarKind,
        scope: Span,
        *,
        declared: bool,
        value: Expr | None = None,
    ) -> None:
        """Add a variable to the innermost scope."""
        index = len(self.variables)
        span = name.span
        text = name.text
        here = self.scopes[-1]
        if text and text in here:
            first = self.variables[here[text]]
            self.report(
                codes.DUPLICATE_NAME,
                span,
                f"`{text}` is already declared in this scope",
                labels=(Label(first.span, "first declared here"),),
            )
        self.variables.append(Variable(index, text, type_, kind, span, scope, declared))
        self.reads.append(0)
        self.initialisers.append(value)
        self.declares[node_id] = index
        if text:
            here[text] = index
            binding = Binding(BindingKind.VARIABLE, text, index)
            self.uses.append(Use(span, binding, True, True))

    def signature_of(self, head: FunctionHead) -> FunctionSignature:
        """The signature of a function of the file, resolved once."""
        known = self._signatures.get(head.name)
        if known is None:
            known = self._signatures[head.name] = self.resolver.signature(head)
        return known

    def visible_names(self) -> Iterable[str]:
        """Every name that could have been meant."""
        for scope in self.scopes:
            yield from scope
        yield from self.resolver.names()
        yield from BUILTINS

    def unknown_name(self, span: Span, name: str) -> None:
        """Report a name that means nothing."""
        if name not in self._nearest:
            self._nearest[name] = nearest(name, self.visible_names())
        hint, fixes = proposal(span, self._nearest[name])
        message = f"there is no `{name}` here"
        self.report(codes.UNKNOWN_NAME, span, message, hint=hint, fixes=fixes)

    # Values

    def check(self, expr: Expr, expected: Type | None = None) -> Type:
        """The expression's own type.  `expected` only guides literals."""
        type_ = self._handlers[type(expr)](self, expr, expected)
        self.types[expr.id] = type_
        return type_

    def value(self, expr: Expr, needed: Type, what: str) -> None:
        """Check an expression that must become a `needed`; `what` begins the message if not."""
        self.coerce(expr, self.check(expr, needed), needed, what)

    def operand(self, expr: Expr, expected: Type | None = None, postfix: bool = False) -> Type:
        """The type of an expression that is worked on, so of a promise the type of its value."""
        type_ = self.check(expr, expected)
        if isinstance(type_, PromiseType):
            return self.await_implicitly(expr, type_, postfix)
        return type_

    def coerce(self, expr: Expr, found: Type, needed: Type, what: str) -> None:
        """Bring a checked expression to a type, or say why not."""
        if found is needed or found is ERROR or found is NEVER or needed is ERROR:
            return
        if isinstance(found, PromiseType) and not isinstance(needed, PromiseType):
            if isinstance(needed, OptionalType) and converts(found, needed):
                self.converted[expr.id] = needed
                return
            found = self.await_implicitly(expr, found)
        if found == needed or found is ERROR:
            return
        if converts(found, needed):
            self.converted[expr.id] = needed
        elif is_settled(found) and is_settled(needed):
            self.mismatch(expr, found, needed, what)

    def mismatch(self, expr: Expr, found: Type, needed: Type, what: str) -> None:
        """Report a value of the wrong type."""
        if found is VOID:
            message = f"{what} `{needed}`, but this gives no value"
        elif needed is VOID:
            message = f"a `void` function gives no value back, but this is `{found}`"
        else:
            message = f"{what} `{needed}`, found `{found}`"
        hint = None
        if isinstance(found, OptionalType) and converts(found.inner, needed):
            hint = "it may be null: give a value for that case with `orelse`"
        elif isinstance(found, IntType) and isinstance(needed, IntType):
            hint = f"`{needed}` cannot hold every `{found}`, so nothing converts by itself"
        elif isinstance(needed, PromiseType) and converts(found, needed.result):
            hint = "the value is already there; it is not a promise any more"
        self.report(codes.TYPE_MISMATCH, expr.span, message, hint=hint)

    def await_implicitly(self, expr: Expr, type_: PromiseType, postfix: bool = False) -> Type:
        """Await a promise whose value is needed; the warning follows when all uses are known."""
        if not self.function.is_async:
            self.report(
                codes.AWAIT_OUTSIDE_ASYNC,
                expr.span,
                f"this is a `{type_}`; only an async function can wait for its value",
                labels=(self.not_async(),),
                fixes=self.make_async(),
            )
            return type_.result
        self.awaited.add(expr.id)
        binding = self.bindings.get(expr.id)
        self.implicit.append((expr, binding.variable if binding else -1, postfix))
        return type_.result

    def not_async(self) -> Label:
        """The label at the name of the function."""
        name = self.function.name
        return Label(name.span, f"`{name.text}` is not async")

    def make_async(self) -> tuple[Fix, ...]:
        """The fix that makes the function async."""
        start = self.function.start
        title = f"make `{self.function.name.text}` async"
        return (Fix(title, (Edit(Span(start, start), "async "),)),)


def await_edits(expr: Expr, postfix: bool) -> tuple[Edit, ...]:
    """Write `await` in front of an expression, with parentheses where it would bind wrongly."""
    before, after = "await ", ""
    if isinstance(expr, OrElse):
        before, after = "await (", ")"
    if postfix:
        before, after = f"({before}", f"{after})"
    edits = (Edit(Span(expr.start, expr.start), before),)
    return (*edits, Edit(Span(expr.end, expr.end), after)) if after else edits


def is_broken(exprs: Iterable[Expr]) -> bool:
    """Whether a part could not be read, so that counting the others says nothing."""
    return any(isinstance(expr, ErrorExpr) for expr in exprs)
