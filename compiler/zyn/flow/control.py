"""Which statements can be reached, and whether a function can end without a value.

A statement ends its path when it returns, breaks or continues, when it calls what never comes back
(`panic`), or when it is a loop whose condition is the word `true` and which no reachable `break`
leaves.  No other condition is looked at: `if (false)` is how one switches a line off.

Absent here: a graph; the paths are read off the syntax tree.
"""

from zyn.ast import (
    Assign,
    Block,
    BoolLiteral,
    Break,
    Call,
    Continue,
    ErrorStmt,
    Expr,
    ExprStmt,
    Function,
    If,
    Item,
    Let,
    Name,
    Return,
    Stmt,
    While,
)
from zyn.base import codes
from zyn.base.diagnostic import Diagnostic, Edit, Fix, Label
from zyn.base.span import Span
from zyn.flow.awaits import await_points
from zyn.sema.facts import FunctionFacts
from zyn.sema.types import ErrorType, NeverType, VoidType


def check_control(item: Item, facts: FunctionFacts) -> tuple[Diagnostic, ...]:
    """What there is to say about the paths through a function."""
    function = item.decl
    if not isinstance(function, Function):
        return ()
    paths = _Paths(facts)
    ends = paths.block(function.body)
    found = paths.found
    if not item.is_broken:
        result = facts.signature.result
        if ends and not isinstance(result, VoidType | ErrorType):
            found.append(_missing_return(function, facts))
        # What could not be resolved may be what the function waits for.
        if function.is_async and facts.is_sound and not await_points(function, facts):
            found.append(_needless_async(item, function))
    return tuple(found)


def _missing_return(function: Function, facts: FunctionFacts) -> Diagnostic:
    end = function.body.end
    result = facts.signature.result
    message = f"`{function.name.text}` can end here without giving back a `{result}`"
    label = Label(function.result.span, "because of this result type")
    return Diagnostic(codes.MISSING_RETURN, Span(end - 1, end), message, (label,))


def _needless_async(item: Item, function: Function) -> Diagnostic:
    name = function.name.text
    message = f"`{name}` is async but never waits"
    start = function.start
    end = item.text.find(b"fn", start, function.name.start)
    fixes: tuple[Fix, ...] = ()
    if end > start:
        fixes = (Fix("remove `async`", (Edit(Span(start, end), ""),)),)
    hint = "a plain function is called directly, without a promise"
    return Diagnostic(
        codes.ASYNC_WITHOUT_AWAIT, Span(start, start + len("async")), message, (), hint, fixes
    )


class _Paths:
    """Walks statements; each method says whether the path goes on behind what it was given."""

    __slots__ = ("_breaks", "_facts", "found")

    def __init__(self, facts: FunctionFacts) -> None:
        self._facts = facts
        # For each open loop, innermost last: whether a reachable `break` leaves it.
        self._breaks: list[bool] = []
        self.found: list[Diagnostic] = []

    def block(self, block: Block) -> bool:
        """A block; reports what stands behind its end."""
        statements = block.statements
        for position, statement in enumerate(statements):
            if not self.statement(statement):
                rest = statements[position + 1 :]
                if rest:
                    self._unreachable(statement, rest[0], rest[-1])
                return False
        return True

    def statement(self, statement: Stmt) -> bool:
        """One statement."""
        match statement:
            case Let() | Assign() | ExprStmt():
                return not self._never_ends(statement.value)
            case If():
                return self._if(statement)
            case While():
                return self._while(statement)
            case Block():
                return self.block(statement)
            case Return():
                return False
            case Continue():
                return not self._breaks
            case Break():
                if not self._breaks:
                    return True
                self._breaks[-1] = True
                return False
        return isinstance(statement, ErrorStmt)

    def _if(self, statement: If) -> bool:
        goes_on = self.block(statement.then)
        if statement.else_ is None:
            return True
        return self.statement(statement.else_) or goes_on

    def _while(self, statement: While) -> bool:
        self._breaks.append(False)
        self.block(statement.body)
        has_break = self._breaks.pop()
        condition = statement.condition
        is_endless = isinstance(condition, BoolLiteral) and condition.value
        return has_break or not is_endless

    def _never_ends(self, value: Expr) -> bool:
        return isinstance(self._facts.types.get(value.id), NeverType)

    def _unreachable(self, last: Stmt, first: Stmt, end: Stmt) -> None:
        what = {
            Return: "the function returns before this",
            Break: "the loop is left before this",
            Continue: "the loop starts its next turn before this",
            While: "the loop before this never ends",
        }.get(type(last), "no path leads here")
        if isinstance(last, ExprStmt) and isinstance(last.value, Call):
            callee = last.value.callee
            if isinstance(callee, Name):
                what = f"`{callee.text}` never comes back"
        label = Label(Span(last.start, last.end), "the path ends here")
        self.found.append(
            Diagnostic(codes.UNREACHABLE_CODE, Span(first.start, end.end), what, (label,))
        )
