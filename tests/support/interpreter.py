"""A reference interpreter for Zyntax: what a program means, without a compiler behind it.

It walks the syntax tree with sema's facts and keeps every value as an immutable Python value:

    numbers, bools, text   int (already wrapped), float (f32 already rounded), bool, str
    structs, arrays        a tuple of the parts
    ?T                     None, or Some(value)
    Promise<T>             tests.support.scheduler.Promise

A body is a Python generator that yields whenever it has to wait; `tests.support.scheduler` resumes
it.  Absent here: reference counts, frames, cancellation of what nobody can see any more.
"""

from bisect import bisect_right
from collections.abc import Generator
from typing import Any

from tests.support import objects
from tests.support import scheduler as tasks
from tests.support.arithmetic import Value, converted, operate, rounded
from tests.support.check import check
from zyn.ast import (
    ArrayInit,
    Assign,
    Await,
    Binary,
    Block,
    BoolLiteral,
    Break,
    Call,
    Continue,
    Expr,
    ExprStmt,
    FieldAccess,
    FloatLiteral,
    Function,
    If,
    Index,
    IntLiteral,
    Let,
    Logical,
    Name,
    NullLiteral,
    OrElse,
    Return,
    Stmt,
    StringLiteral,
    StructInit,
    Unary,
    While,
)
from zyn.base.source import line_starts
from zyn.sema.builtins import BUILTINS
from zyn.sema.facts import BindingKind, FunctionFacts
from zyn.sema.types import ArrayType, PromiseType, StructType, Type

Run = Generator[None, None, Any]

STEPS_MAX = 20_000
TEXT_MAX = 10_000


class OutOfStepsError(Exception):
    """The program takes more time or room than a test has patience for."""


class _Jump(Exception):
    """A return, break or continue on its way out."""


class _Return(_Jump):
    def __init__(self, value: Value) -> None:
        self.value = value


class _Break(_Jump):
    pass


class _Continue(_Jump):
    pass


class Program:
    """A sound program and the scheduler of its tasks."""

    def __init__(self, source: str) -> None:
        self.scheduler = tasks.Scheduler()
        self.functions: dict[str, tuple[Function, FunctionFacts, bytes, int]] = {}
        data = source.encode()
        for checked in check(source):
            decl, facts = checked.item.decl, checked.facts
            if isinstance(decl, Function) and isinstance(facts, FunctionFacts):
                assert facts.is_sound, [d.message for d in checked.diagnostics]
                first_line = data.count(b"\n", 0, checked.start)
                self.functions[decl.name.text] = (decl, facts, checked.item.text, first_line)
        self.steps = 0

    def call(self, name: str, *args: Value) -> Value:
        """The value of a call; `Failure` or `DeadlockError` when there is none."""
        body = self.body(name, args)
        if self.functions[name][1].signature.is_async:
            return self.scheduler.block_on(tasks.Promise(body))
        return _finish(body)

    def body(self, name: str, args: tuple[Value, ...]) -> Run:
        """The run of a function; nothing happens until it is resumed."""
        decl, facts, text, first_line = self.functions[name]
        return _Activation(self, facts, text, first_line).run(decl, args)

    def tick(self) -> None:
        """Count a step."""
        self.steps += 1
        if self.steps > STEPS_MAX:
            raise OutOfStepsError


def _finish(run: Run) -> Value:
    """The value of a body that never waits."""
    try:
        next(run)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("a direct function waits")


class _Activation:
    """One call of one function."""

    def __init__(
        self, program: Program, facts: FunctionFacts, text: bytes, first_line: int
    ) -> None:
        self.program = program
        self.facts = facts
        self.starts = line_starts(text)
        self.first_line = first_line
        self.variables: list[Value] = [None] * len(facts.variables)

    def run(self, decl: Function, args: tuple[Value, ...]) -> Run:
        """The whole function."""
        for param, value in zip(decl.params, args, strict=True):
            self.variables[self.facts.declares[param.id]] = value
        try:
            yield from self.statement(decl.body)
        except _Return as result:
            return result.value
        return None

    def fail(self, node: Expr, code: str, message: str) -> tasks.Failure:
        """The failure of an operation, with its line."""
        line = bisect_right(self.starts, node.start) + self.first_line
        return tasks.Failure(code, line, message)

    # Statements

    def statement(self, node: Stmt) -> Run:
        """Do what a statement says."""
        self.program.tick()
        match node:
            case Block():
                for statement in node.statements:
                    yield from self.statement(statement)
            case Let():
                value = yield from self.expr(node.value)
                self.variables[self.facts.declares[node.id]] = value
            case Assign():
                yield from self.assign(node)
            case ExprStmt():
                yield from self.expr(node.value)
            case Return():
                value = None
                if node.value is not None:
                    value = yield from self.expr(node.value)
                raise _Return(value)
            case If():
                if (yield from self.expr(node.condition)):
                    yield from self.statement(node.then)
                elif node.else_ is not None:
                    yield from self.statement(node.else_)
            case While():
                yield from self.loop(node)
            case Break():
                raise _Break
            case Continue():
                raise _Continue
            case _:
                raise AssertionError(node)

    def loop(self, node: While) -> Run:
        """A loop."""
        while (yield from self.expr(node.condition)):
            self.program.tick()
            try:
                yield from self.statement(node.body)
            except _Continue:
                continue
            except _Break:
                break

    def assign(self, node: Assign) -> Run:
        """An assignment to a variable or to a part of one."""
        variable, path = yield from self.place(node.target)
        value = yield from self.expr(node.value)
        if node.op:
            old = self.variables[variable]
            for step in path:
                old = old[step]
            value = self.operate(node.op, old, value, self.settled(node.target), node.value)
        self.variables[variable] = _replaced(self.variables[variable], path, value)

    def place(self, node: Expr) -> Generator[None, None, tuple[int, tuple[int, ...]]]:
        """The variable an assignment changes, and the checked way to the part of it."""
        if isinstance(node, Name):
            return self.facts.bindings[node.id].variable, ()
        if isinstance(node, FieldAccess):
            variable, path = yield from self.place(node.value)
            struct = self.facts.types[node.value.id]
            assert isinstance(struct, StructType)
            return variable, (*path, struct.field_index(node.field.text))
        assert isinstance(node, Index)
        variable, path = yield from self.place(node.value)
        array = self.facts.types[node.value.id]
        assert isinstance(array, ArrayType)
        index = yield from self.expr(node.index)
        return variable, (*path, self.checked(node, index, array.length))

    def checked(self, node: Expr, index: int, length: int) -> int:
        """An index that is in range."""
        if not 0 <= index < length:
            shown = index if index < 1 << 63 else index - (1 << 64)
            message = f"index {shown} is out of range for length {length}"
            raise self.fail(node, "index-out-of-range", message)
        return index

    # Expressions

    def expr(self, node: Expr) -> Run:
        """The value that the context of an expression sees."""
        value = yield from self.raw(node)
        if node.id in self.facts.awaited:
            value = yield from self.wait(value)
        target = self.facts.converted.get(node.id)
        if target is not None:
            value = converted(value, self.own_type(node), target)
        return value

    def own_type(self, node: Expr) -> Type:
        """The type of an expression after an implicit await, before conversion."""
        type_ = self.facts.types[node.id]
        if node.id in self.facts.awaited:
            assert isinstance(type_, PromiseType)
            return type_.result
        return type_

    def settled(self, node: Expr) -> Type:
        """The type that the context sees."""
        return self.facts.converted.get(node.id, self.own_type(node))

    def wait(self, promise: tasks.Promise) -> Run:
        """The value of a promise."""
        return (yield from self.program.scheduler.wait(tasks.AwaitPromise(promise)))

    def raw(self, node: Expr) -> Run:
        """The value of an expression as it stands."""
        self.program.tick()
        match node:
            case IntLiteral() | FloatLiteral():
                return rounded(node.value, self.facts.types[node.id])
            case BoolLiteral() | StringLiteral():
                return node.value
            case NullLiteral():
                return None
            case Name():
                return self.variables[self.facts.bindings[node.id].variable]
            case Unary():
                value = yield from self.expr(node.operand)
                return not value if node.op == "!" else rounded(-value, self.facts.types[node.id])
            case Binary():
                left = yield from self.expr(node.left)
                right = yield from self.expr(node.right)
                return self.operate(node.op, left, right, self.settled(node.left), node)
            case Logical():
                left = yield from self.expr(node.left)
                if left == (node.op == "or"):
                    return left
                return (yield from self.expr(node.right))
            case OrElse():
                left = yield from self.expr(node.left)
                return left.value if left is not None else (yield from self.expr(node.right))
            case Await():
                promise = yield from self.raw(node.operand)
                return (yield from self.wait(promise))
            case Call():
                return (yield from self.call(node))
        return (yield from self.aggregate(node))

    def aggregate(self, node: Expr) -> Run:
        """The parts and the making of structs and arrays."""
        match node:
            case FieldAccess():
                value = yield from self.expr(node.value)
                type_ = self.settled(node.value)
                if isinstance(type_, ArrayType):
                    return type_.length
                assert isinstance(type_, StructType)
                return value[type_.field_index(node.field.text)]
            case Index():
                value = yield from self.expr(node.value)
                index = yield from self.expr(node.index)
                return value[self.checked(node, index, len(value))]
            case StructInit():
                values: dict[str, Value] = {}
                for field in node.fields:
                    values[field.name.text] = yield from self.expr(field.value)
                type_ = self.facts.types[node.id]
                assert isinstance(type_, StructType)
                return tuple(values[name] for name, _ in type_.fields)
            case ArrayInit():
                return (yield from self.values(node.elements))
        raise AssertionError(node)

    def values(self, nodes: tuple[Expr, ...]) -> Run:
        """Several expressions, left to right."""
        found: tuple[Value, ...] = ()
        for node in nodes:
            found += ((yield from self.expr(node)),)
        return found

    def call(self, node: Call) -> Run:
        """A call; of an async function it makes a promise."""
        if isinstance(node.callee, FieldAccess):
            return (yield from self.method(node, node.callee))
        assert isinstance(node.callee, Name)
        name = node.callee.text
        args = yield from self.values(node.args)
        if self.facts.bindings[node.callee.id].kind is BindingKind.FUNCTION:
            body = self.program.body(name, args)
            if self.program.functions[name][1].signature.is_async:
                return tasks.Promise(body)
            return (yield from body)
        if name == "panic":
            raise self.fail(node, "panic", args[0])
        scheduler = self.program.scheduler
        if name == "spawn":
            scheduler.spawn(args[0])
            return args[0]
        if name in objects.MAKERS:
            return objects.MAKERS[name](*args)
        if BUILTINS[name].params is None and isinstance(args[0], tuple):
            args = args[0]
        result = self.facts.types[node.id]
        assert isinstance(result, PromiseType)
        if name in ("timeout", "select"):
            found = objects.combined(name, args, result.result)
            return tasks.Promise(scheduler.wait(found))
        return tasks.Promise(scheduler.wait(tasks.leaf(name, args, result.result)))

    def method(self, node: Call, callee: FieldAccess) -> Run:
        """A call of a method of an object."""
        name = self.facts.bindings[callee.id].name
        handle = yield from self.expr(callee.value)
        args = yield from self.values(node.args)
        if name in objects.LEAVES:
            leaf = objects.LEAVES[name](handle, *args)
            return tasks.Promise(self.program.scheduler.wait(leaf))
        try:
            return objects.OPERATIONS[name](handle, *args)
        except RuntimeError as error:
            raise self.fail(node, "panic", str(error)) from None

    def operate(self, op: str, left: Value, right: Value, type_: Type, node: Expr) -> Value:
        """`left op right`, both of `type_`."""
        if isinstance(left, str) and len(left) > TEXT_MAX:
            raise OutOfStepsError
        try:
            return operate(op, left, right, type_)
        except ZeroDivisionError as error:
            raise self.fail(node, "division-by-zero", str(error)) from None


def _replaced(value: Value, path: tuple[int, ...], part: Value) -> Value:
    if not path:
        return part
    at = path[0]
    return (*value[:at], _replaced(value[at], path[1:], part), *value[at + 1 :])
