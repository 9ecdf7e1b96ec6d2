"""Whole, well-typed Zyntax programs made by chance, for comparing one implementation with another.

Every program ends: loops count to a small number, calls that could come round again take `fuel`
away.  It may fail (divide by zero, index out of range, panic) or wait for ever, which both sides
must then say.  A promise is handed to another function at most once, so that nothing a program can
see depends on when an unused promise is cancelled.

The choices come from outside: from Hypothesis, which can shrink them, or from a plain generator of
random numbers, which is fast.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from tests.support.generate_values import (
    DEPTH_MAX,
    SCALARS,
    TYPE_SIZE_MAX,
    Chance,
    Choose,
    Signature,
    Values,
    Var,
    writable,
)
from zyn.sema.types import (
    BOOL,
    I32,
    I64,
    STRING,
    VOID,
    ArrayType,
    FloatType,
    IntType,
    OptionalType,
    PromiseType,
    StringType,
    StructType,
    Type,
    settled_type,
    size_and_align,
)


class Generated(NamedTuple):
    """A program; the entries take no arguments."""

    source: str
    entries: tuple[str, ...]


class Module(Chance):
    """The structs and signatures, then the bodies."""

    def __init__(self, choose: Choose) -> None:
        super().__init__(choose)
        self.structs: list[StructType] = []
        for number in range(choose(3)):
            count = 1 + choose(3)
            fields = tuple((f"f{i}", self.type_(2)) for i in range(count))
            struct = StructType(f"S{number}", fields)
            if size_and_align(struct)[0] <= TYPE_SIZE_MAX:
                self.structs.append(struct)
        self.functions = [self.signature(number) for number in range(1 + choose(4))]

    def type_(self, depth: int = 1) -> Type:
        """A type that a variable can have; `depth` bounds its nesting."""
        kind = self.choose(10) if depth else 0
        if kind <= 4:
            return self.pick(SCALARS)
        if kind <= 6 and self.structs:
            return self.pick(self.structs)
        inner = self.type_(depth - 1)
        if kind <= 8 or size_and_align(inner)[0] * 3 > TYPE_SIZE_MAX:
            return OptionalType(inner)
        return ArrayType(1 + self.choose(3), inner)

    def signature(self, number: int) -> Signature:
        """A function's head."""
        is_async = not self.once_in(4)
        params = [self.type_(2) for _ in range(self.choose(4))]
        if self.once_in(5):
            params.append(PromiseType(self.pick(SCALARS)))
        result = self.pick((I64, self.type_(2), I64, STRING, self.type_(2), VOID))
        if not is_async and self.once_in(3):
            result = PromiseType(self.pick(SCALARS))
        return Signature(f"f{number}", is_async, tuple(params), result)

    def text(self) -> Generated:
        """The whole program."""
        parts = [
            f"const {s.name} = struct {{ {', '.join(f'{n}: {t}' for n, t in s.fields)} }};\n"
            for s in self.structs
        ]
        parts += [Body(self, number).text() for number in range(len(self.functions))]
        entries: list[str] = []
        for number, function in enumerate(self.functions):
            if isinstance(function.result, PromiseType):
                continue
            name = f"main{number}"
            entries.append(name)
            parts.append(self.entry(name, function))
        if not entries:
            parts.append("fn main() i32 { return 1; }\n")
            entries.append("main")
        return Generated("\n".join(parts), tuple(entries))

    def entry(self, name: str, function: Signature) -> str:
        """A function without arguments that calls another."""
        prefix = "async " if function.is_async else ""
        body = Body(self, len(self.functions), is_async=function.is_async)
        args = ", ".join(["2", *(body.argument(p) for p in function.params)])
        call = f"{'await ' if function.is_async else ''}{function.name}({args})"
        lines = "".join(f"    {line}\n" for line in body.lines)
        end = f"{call};" if function.result == VOID else f"return {call};"
        return f"{prefix}fn {name}() {function.result} {{\n{lines}    {end}\n}}\n"


class Body(Values):
    """The statements of one function."""

    def __init__(self, module: "Module", number: int, *, is_async: bool | None = None) -> None:
        super().__init__(module.choose, module.functions, number)
        self.module = module
        if is_async is not None:
            self.signature = Signature("", is_async, (), VOID)
        self.budget = 4 + self.choose(14)

    def text(self) -> str:
        """The whole function."""
        signature = self.signature
        params = ["fuel: i32"]
        self.scopes[0].append(Var("fuel", I32, False))
        for index, type_ in enumerate(signature.params):
            params.append(f"p{index}: {type_}")
            self.scopes[0].append(Var(f"p{index}", type_, True))
        prefix = "async " if signature.is_async else ""
        self.indent = 1
        self.put(f"if (fuel <= 0) {{ {self.ending(0)} }}")
        if signature.is_async and self.once_in(2):
            for _ in range(self.choose(6)):
                self.let()
            self.put(f"await {self.leaf()};")
        self.statements(3)
        self.put(self.digest() or self.ending(DEPTH_MAX))
        head = f"{prefix}fn {signature.name}({', '.join(params)}) {signature.result} {{\n"
        return head + "\n".join(self.lines) + "\n}\n"

    def ending(self, depth: int) -> str:
        """The last statement."""
        if self.signature.result == VOID:
            return "return;"
        return f"return {self.value(self.signature.result, depth)};"

    def digest(self) -> str:
        """A last statement whose value depends on every variable; nothing for most types."""
        if self.signature.result == STRING:
            texts = [text for text, type_ in self.readable() if type_ == STRING]
            return f"return {' + '.join([self.value(STRING, 1), *texts[:8]])};"
        if self.signature.result != I64:
            return ""
        self.put("var digest: i64 = 1;")
        sure = [part for part in self.readable() if not re.search(r"\[\D", part[0])]
        for text, type_ in sure[:30]:
            if isinstance(type_, IntType) and type_.signed:
                self.put(f"digest = digest * 31 + {text};")
            elif isinstance(type_, OptionalType):
                self.put(f"if ({text} != null) {{ digest = digest * 31 + 7; }}")
            elif type_ in SCALARS:
                test = text if type_ == BOOL else f"{text} > {self.literal(type_)}"
                self.put(f"if ({test}) {{ digest = digest * 31 + 11; }}")
        return f"return digest + {self.value(I64, 1)};"

    # Blocks

    def block(self, head: str, count: int, first: str = "", last: str = "") -> None:
        """A nested block."""
        self.put(head + " {")
        self.indent += 1
        self.scopes.append([])
        if first:
            self.put(first)
        self.statements(count)
        if last:
            self.put(last)
        self.scopes.pop()
        self.indent -= 1
        self.put("}")

    # Statements

    def statements(self, count: int) -> None:
        """Up to so many statements."""
        for _ in range(1 + self.choose(count + 1)):
            if self.budget > 0:
                self.budget -= 1
                self.statement()

    def statement(self) -> None:
        """One statement."""
        kinds: list[Callable[[], None]] = [self.let, self.let, self.assign, self.assign_part]
        if self.indent < 4:
            kinds += [self.if_, self.while_, self.nested]
        if self.signature.is_async:
            kinds += [self.await_, self.let_promise, self.group, self.await_]
        kinds += [self.effect, self.leave]
        self.pick(kinds)()

    def let(self) -> None:
        """A variable."""
        type_ = self.module.type_(2)
        mutable = not self.once_in(3)
        value = self.value(type_, DEPTH_MAX)
        name = self.fresh()
        self.put(f"{'var' if mutable else 'const'} {name}: {type_} = {value};")
        self.declare(name, type_, mutable)

    def assign(self) -> None:
        """A new value for a variable."""
        targets = [v for v in self.visible() if v.mutable and writable(v.type)]
        if not targets:
            self.let()
            return
        var = self.pick(targets)
        self.store(var.name, var.type)

    def store(self, target: str, type_: Type) -> None:
        """An assignment, compound now and then."""
        op = ""
        if isinstance(type_, IntType | FloatType):
            op = self.pick(("", "+", "-", "*", "/", "%"))
        elif isinstance(type_, StringType):
            op = self.pick(("", "+"))
        value = self.value(type_, DEPTH_MAX)
        if op in ("/", "%") and isinstance(type_, IntType | FloatType):
            value = self.divisor(type_, 1)
        self.put(f"{target} {op}= {value};")

    def assign_part(self) -> None:
        """A new value for a part of a variable."""
        targets = [v for v in self.visible() if v.mutable]
        parts = [p for v in targets for p in self.paths(v.name, v.type) if p[0] != v.name]
        paths = [part for part in parts if writable(part[1])]
        if not paths:
            self.assign()
            return
        self.store(*self.pick(paths))

    def if_(self) -> None:
        """A branch."""
        self.block(f"if ({self.value(BOOL, DEPTH_MAX)})", 2)
        if self.once_in(2):
            self.lines.pop()
            self.block("} else", 2)

    def while_(self) -> None:
        """A loop that counts first, so that `continue` cannot make it endless."""
        self.names += 1
        counter = f"i{self.names}"
        limit = 1 + self.choose(3)
        self.put(f"var {counter}: i32 = 0;")
        self.declare(counter, I32, False)
        self.loops.append(counter)
        condition = f"{counter} < {limit}"
        if self.once_in(4):
            condition += f" and {self.value(BOOL, 1)}"
        self.block(f"while ({condition})", 3, f"{counter} += 1;")
        self.loops.pop()

    def nested(self) -> None:
        """A scope."""
        self.block("", 2)

    def leave(self) -> None:
        """Out of the loop or the function, or a failure; only if something holds."""
        condition = self.value(BOOL, 2)
        ways = [self.ending(1)]
        if self.loops:
            ways += ["break;", "continue;"]
        if self.once_in(4):
            ways = [f"panic({self.value(STRING, 1)});"]
        self.put(f"if ({condition}) {{ {self.pick(ways)} }}")

    def effect(self) -> None:
        """A call for what it does."""
        name = self.call_any()
        if name is None:
            self.let()
        else:
            self.put(f"{name};")

    def call_any(self) -> str | None:
        """A call of some function whose promise, if it makes one, is awaited."""
        callees = self.callees(None)
        if not callees:
            return None
        callee = self.pick(callees)
        text = self.call(callee, 1)
        makes_promise = callee.is_async or isinstance(callee.result, PromiseType)
        return f"await {text}" if makes_promise else text

    # Waiting

    def leaf(self) -> str:
        """A built-in future without a value."""
        kind = self.choose(8)
        if kind == 7:
            return "pending()" if self.once_in(4) else "delay(-1)"
        return "yield_now()" if kind < 3 else f"delay({self.choose(5)})"

    def await_(self) -> None:
        """Wait for something, with or without a value."""
        promises = [v for v in self.visible() if isinstance(v.type, PromiseType)]
        if promises and not self.once_in(3):
            var = self.pick(promises)
            assert isinstance(var.type, PromiseType)
            if var.type.result == VOID:
                self.put(f"await {var.name};")
                return
            name = self.fresh()
            self.put(f"var {name} = await {var.name};")
            self.declare(name, var.type.result, True)
            return
        self.put(f"await {self.leaf()};")

    def let_promise(self) -> None:
        """A promise that waits in a variable."""
        found = self.promise()
        name = self.fresh()
        self.put(f"const {name} = {found[0]};")
        self.declare(name, found[1], False)

    def promise(self) -> tuple[str, PromiseType]:
        """An expression that makes a promise."""
        callees = [f for f in self.callees(None) if f.is_async]
        if callees and not self.once_in(4):
            callee = self.pick(callees)
            text, type_ = self.call(callee, 1), PromiseType(callee.result)
        else:
            text, type_ = self.leaf(), PromiseType(VOID)
        return (f"spawn({text})" if self.once_in(3) else text), type_

    def group(self) -> None:
        """`join`, `race` or `all_settled` over promises of one type."""
        text, type_ = self.promise()
        members = [text]
        known = [v.name for v in self.visible() if v.type == type_]
        for _ in range(self.choose(3)):
            if known and self.once_in(2):
                members.append(self.pick(known))
            else:
                same = [f for f in self.callees(type_.result) if f.is_async]
                plain = type_.result == VOID
                if not same and not plain:
                    break
                members.append(self.call(self.pick(same), 1) if same else self.leaf())
        word = self.pick(("join", "race", "all_settled"))
        listed = ", ".join(members)
        call = f"{word}([{listed}])" if self.once_in(2) else f"{word}({listed})"
        result: Type = type_.result
        if word == "join" and result != VOID:
            result = ArrayType(len(members), result)
        elif word == "all_settled":
            result = ArrayType(len(members), settled_type(result))
        if self.once_in(4):
            name = self.fresh()
            self.put(f"const {name} = {call};")
            self.declare(name, PromiseType(result), False)
        elif result == VOID:
            self.put(f"await {call};")
        else:
            name = self.fresh()
            self.put(f"{self.pick(('var', 'const'))} {name} = await {call};")
            self.declare(name, result, "var" in self.lines[-1].split()[0])


MAKERS = "".join(
    f"async fn make_{t}(value: {t}) {t} {{ await yield_now(); return value; }}\n" for t in SCALARS
)
"""What makes a promise where a program has none to give; a part of every program."""


def generate(choose: Choose) -> Generated:
    """A program."""
    made = Module(choose).text()
    used = "".join(
        line
        for line in MAKERS.splitlines(keepends=True)
        if f"{line.split('(')[0][9:]}(" in made.source
    )
    return Generated(made.source + "\n" + used, made.entries)
