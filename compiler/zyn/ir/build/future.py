"""Awaits, spawns and calls: everything that makes or waits for a future."""

from zyn.ast import Call, Expr, FieldAccess, Name
from zyn.base.bug import ZynBug
from zyn.base.span import Span
from zyn.ir import op as ir
from zyn.ir.build.builder import Builder
from zyn.ir.build.wrapper import Wrapper
from zyn.ir.func import Const, Local, Operand
from zyn.ir.leaf import LEAVES
from zyn.sema.builtins import BUILTINS
from zyn.sema.facts import BindingKind
from zyn.sema.handles import METHODS
from zyn.sema.types import U32, VOID, ArrayType, PromiseType, Type, VoidType


class FutureBuilder(Builder):
    """Adds calls and awaits; `expr` comes from the class that adds expressions."""

    def expr(self, node: Expr) -> Operand:
        """The value of an expression, converted to what its context needs."""
        raise NotImplementedError

    def callee(self, node: Call) -> tuple[BindingKind, str]:
        """What a call calls; sema has made sure that it is a name, or a method of a handle."""
        if not isinstance(node.callee, Name | FieldAccess):
            raise ZynBug("a sound call does not call a name")
        binding = self.facts.bindings[node.callee.id]
        return binding.kind, binding.name

    def await_(self, node: Expr, span: Span) -> Operand:
        """Wait for the promise that `node` gives; its result, or a void constant's stand-in."""
        promise = self.type_of(node)
        if not isinstance(promise, PromiseType):
            self.promise(node)
            raise ZynBug(f"awaiting a {promise}")
        text = self.source(node)
        self._begin(node)
        result = None
        if not isinstance(promise.result, VoidType):
            result = self.temp(promise.result, text)
        self.wait(result, span, text)
        return result if result is not None else self.void()

    def void(self) -> Operand:
        """The value of an expression without one; nobody reads it."""
        return Const(VOID, None)

    def _begin(self, node: Expr) -> None:
        if isinstance(node, Call):
            kind, name = self.callee(node)
            if kind is BindingKind.FUNCTION and self._is_async(node):
                args = tuple(self.expr(arg) for arg in node.args)
                self.emit(ir.Begin("call", name, args))
                return
            leaf = _leaf_of(kind, name)
            if leaf is not None:
                self.emit(ir.Begin("leaf", leaf, self._builtin_args(kind, name, node)))
                return
        self.emit(ir.Begin("leaf", "await_promise", (self.promise(node),)))

    def promise(self, node: Expr) -> Operand:
        """The promise itself, not awaited even where the context would await it."""
        raise NotImplementedError

    def _is_async(self, node: Call) -> bool:
        """Whether a call of a function of the module makes a frame rather than runs it."""
        assert isinstance(node.callee, Name)
        return node.callee.text in self.facts.async_callees

    def _builtin_args(self, kind: BindingKind, name: str, node: Call) -> tuple[Operand, ...]:
        """The arguments of a built-in or a method, as its leaf or operation takes them."""
        if kind is BindingKind.METHOD:
            assert isinstance(node.callee, FieldAccess)
            args = (self.expr(node.callee.value), *(self.expr(arg) for arg in node.args))
            return (*args, Const(U32, 1)) if METHODS[name].permits else args
        leaf = BUILTINS[name].leaf
        if leaf is None or LEAVES[leaf].args != "promises":
            return tuple(self.expr(arg) for arg in node.args)
        if len(node.args) == 1 and isinstance(self._settled_type(node.args[0]), ArrayType):
            return (self.expr(node.args[0]),)
        parts = tuple(self.expr(arg) for arg in node.args)
        array = self.temp(ArrayType(len(parts), self._settled_type(node.args[0])), "promises")
        self.emit(ir.Make(array, parts))
        return (array,)

    def _settled_type(self, node: Expr) -> Type:
        """The type of an expression as its context sees it."""
        return self.facts.converted.get(node.id, self.type_of(node))

    def call(self, node: Call) -> Operand:
        """A call that is not directly awaited."""
        kind, name = self.callee(node)
        if kind in (BindingKind.BUILTIN, BindingKind.METHOD):
            return self._call_builtin(kind, name, node)
        args = tuple(self.expr(arg) for arg in node.args)
        type_ = self.type_of(node)
        if self._is_async(node):
            dst = self.temp(type_, self.source(node))
            self.attempt(ir.MakeFuture(dst, name, args, node.span))
            return dst
        result: Local | None = None
        if not isinstance(type_, VoidType):
            result = self.temp(type_, self.source(node))
        self.attempt(ir.Call(result, name, args, node.span))
        return result if result is not None else self.void()

    def _call_builtin(self, kind: BindingKind, name: str, node: Call) -> Operand:
        if name == "panic":
            self.diverge(ir.Panic(self.expr(node.args[0]), node.span))
        type_ = self.type_of(node)
        if name == "spawn":
            task = self.temp(type_, self.source(node))
            self.emit(ir.Spawn(task, self.expr(node.args[0]), node.span))
            return task
        dst = None if isinstance(type_, VoidType) else self.temp(type_, self.source(node))
        leaf = _leaf_of(kind, name)
        args = self._builtin_args(kind, name, node)
        if leaf is None:
            table = METHODS if kind is BindingKind.METHOD else BUILTINS
            operation = table[name].operation
            assert operation is not None
            self.attempt(ir.Operate(dst, operation, args, node.span))
            return dst if dst is not None else self.void()
        assert dst is not None
        assert isinstance(type_, PromiseType)
        wrapper = Wrapper(leaf, tuple(arg.type for arg in args), type_.result)
        self.wrappers[wrapper.name] = wrapper
        self.attempt(ir.MakeFuture(dst, wrapper.name, args, node.span))
        return dst


def _leaf_of(kind: BindingKind, name: str) -> str | None:
    """The leaf future that a call begins, if it is one of a built-in or a method that does."""
    if kind is BindingKind.METHOD:
        return METHODS[name].leaf
    return BUILTINS[name].leaf if kind is BindingKind.BUILTIN else None
