"""Awaits, spawns and calls: everything that makes or waits for a future."""

from zyn.ast import Call, Expr, Name
from zyn.base.bug import ZynBug
from zyn.base.span import Span
from zyn.ir import op as ir
from zyn.ir.build.builder import Builder
from zyn.ir.build.wrapper import Wrapper
from zyn.ir.func import Const, Local, Operand
from zyn.sema.builtins import BUILTINS
from zyn.sema.facts import BindingKind
from zyn.sema.types import VOID, ArrayType, PromiseType, Type, VoidType


class FutureBuilder(Builder):
    """Adds calls and awaits; `expr` comes from the class that adds expressions."""

    def expr(self, node: Expr) -> Operand:
        """The value of an expression, converted to what its context needs."""
        raise NotImplementedError

    def callee(self, node: Call) -> tuple[BindingKind, str]:
        """What a call calls; sema has made sure that it is a name."""
        if not isinstance(node.callee, Name):
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
            if kind is BindingKind.BUILTIN and BUILTINS[name].leaf is not None:
                leaf, args = self._leaf_args(name, node)
                self.emit(ir.Begin("leaf", leaf, args))
                return
        self.emit(ir.Begin("leaf", "await_promise", (self.promise(node),)))

    def promise(self, node: Expr) -> Operand:
        """The promise itself, not awaited even where the context would await it."""
        raise NotImplementedError

    def _is_async(self, node: Call) -> bool:
        """Whether a call of a function of the module makes a frame rather than runs it."""
        assert isinstance(node.callee, Name)
        return node.callee.text in self.facts.async_callees

    def _leaf_args(self, name: str, node: Call) -> tuple[str, tuple[Operand, ...]]:
        leaf = BUILTINS[name].leaf
        assert leaf is not None
        if BUILTINS[name].params is not None:
            return leaf, tuple(self.expr(arg) for arg in node.args)
        if len(node.args) == 1 and isinstance(self._settled_type(node.args[0]), ArrayType):
            return leaf, (self.expr(node.args[0]),)
        parts = tuple(self.expr(arg) for arg in node.args)
        array = self.temp(ArrayType(len(parts), self._settled_type(node.args[0])), "promises")
        self.emit(ir.Make(array, parts))
        return leaf, (array,)

    def _settled_type(self, node: Expr) -> Type:
        """The type of an expression as its context sees it."""
        return self.facts.converted.get(node.id, self.type_of(node))

    def call(self, node: Call) -> Operand:
        """A call that is not directly awaited."""
        kind, name = self.callee(node)
        if kind is BindingKind.BUILTIN:
            return self._call_builtin(name, node)
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

    def _call_builtin(self, name: str, node: Call) -> Operand:
        if name == "panic":
            self.diverge(ir.Panic(self.expr(node.args[0]), node.span))
        type_ = self.type_of(node)
        dst = self.temp(type_, self.source(node))
        if name == "spawn":
            self.emit(ir.Spawn(dst, self.expr(node.args[0]), node.span))
            return dst
        assert isinstance(type_, PromiseType)
        leaf, args = self._leaf_args(name, node)
        wrapper = Wrapper(leaf, tuple(arg.type for arg in args), type_.result)
        self.wrappers[wrapper.name] = wrapper
        self.attempt(ir.MakeFuture(dst, wrapper.name, args, node.span))
        return dst
