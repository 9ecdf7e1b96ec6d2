"""The text of IR -> functions: what `zyn.ir.print` prints, read back, so that IR can be written.

A file is any number of functions; blank lines and lines that begin with `//` are skipped.  A struct
that a type names is declared above, on a line of its own:

    struct Point { x: i32, y: f64 }

    async fn f(p: Point) i32
      local %1: i32
    b0:
      try attend entry ok b1 error b2
      ..

Spans are those of the lines of the text, which is also what failures blame.  Probes come back as
plain statements, and what a local was called in a program is lost where the text says `%3`.
"""

import re
from typing import Literal, final

from zyn.base.span import Span
from zyn.ir import op as ir
from zyn.ir.cursor import LOCAL, NAME, NUMBER, Cursor, IrSyntaxError
from zyn.ir.func import Block, Const, ConstValue, Function, Local, Operand
from zyn.sema.types import FloatType, IntType, StructType, Type, VoidType

_DESTINATION = re.compile(r"(%\d+|[^\W\d]\w*) = ")
_VALUE = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|-?inf|nan|true|false|null')
_ESCAPE = re.compile(r"\\(.)")
_LABEL = re.compile(r"b(\d+):$")

_BINARY = frozenset(
    ("add", "sub", "mul", "div", "rem", "fdiv", "frem", "eq", "ne", "lt", "le", "gt", "ge")
)
_UNARY = frozenset(("neg", "not"))


def parse_function(text: str) -> Function:
    """The only function of a text."""
    functions = parse_functions(text)
    if len(functions) != 1:
        raise IrSyntaxError(1, f"one function expected, not {len(functions)}")
    return functions[0]


def parse_functions(text: str) -> list[Function]:
    """Every function of a text, in order."""
    structs: dict[str, StructType] = {}
    readers: list[_FunctionReader] = []
    offset = 0
    for number, line in enumerate(text.split("\n"), 1):
        cursor = Cursor(line, number, offset, structs)
        offset += len(line.encode()) + 1
        stripped = line.strip()
        if not stripped or stripped.startswith("//"):
            continue
        if stripped.startswith("struct "):
            cursor.struct()
        elif stripped.startswith(("fn ", "async fn ")):
            readers.append(_FunctionReader(cursor, text.encode()))
        elif readers:
            readers[-1].line(cursor)
        else:
            raise cursor.failure("a function begins with `fn` or `async fn`")
    return [reader.finish() for reader in readers]


@final
class _FunctionReader:
    """One function under construction."""

    def __init__(self, cursor: Cursor, text: bytes) -> None:
        is_async = cursor.skip("async ")
        cursor.expect("fn ")
        name = cursor.target()
        cursor.expect("(")
        params = cursor.named_types(")")
        cursor.expect(" ")
        result = cursor.type()
        cursor.end()
        self.header = cursor
        self.function = Function(
            name, is_async=is_async, result=result, span=cursor.span, text=text
        )
        self.locals: dict[str, Local] = {}
        self.blocks: dict[int, Block] = {}
        self.uses: dict[int, Cursor] = {}
        self.block: Block | None = None
        self.probes = 0
        for param, type_ in params:
            self._declare(cursor, param, type_, is_param=True)

    def _declare(self, cursor: Cursor, name: str, type_: Type, *, is_param: bool = False) -> None:
        index = len(self.function.locals)
        if name in self.locals or (name[0] == "%" and name != f"%{index}"):
            raise cursor.failure(f"the name of local {index} cannot be {name}")
        is_temp = name[0] == "%" and not is_param
        variable = -1 if is_temp else sum(known.variable >= 0 for known in self.function.locals)
        kind = "temp" if is_temp else "param" if is_param else "var"
        local = Local(
            index, name, type_, variable=variable, is_param=is_param, span=cursor.span, kind=kind
        )
        self.function.locals.append(local)
        self.locals[name] = local
        if is_param:
            self.function.params.append(local)

    def line(self, cursor: Cursor) -> None:
        """One line of the body."""
        label = _LABEL.match(cursor.text, cursor.at)
        if cursor.skip("local "):
            name = cursor.match(LOCAL, "a name")
            cursor.expect(": ")
            self._declare(cursor, name, cursor.type())
        elif label is not None:
            self._begin_block(cursor, int(label[1]))
            return
        elif self.block is None or self.block.terminator is not None:
            raise cursor.failure("this stands in no block")
        else:
            self._step(cursor, self.block)
        cursor.end()

    def _begin_block(self, cursor: Cursor, index: int) -> None:
        self._check_ended(cursor)
        self.block = self._block(index, cursor)
        if index != len(self.function.blocks):
            raise cursor.failure(f"block {len(self.function.blocks)} is missing")
        self.function.blocks.append(self.block)

    def _check_ended(self, cursor: Cursor) -> None:
        if self.block is not None and self.block.terminator is None:
            raise cursor.failure(f"b{self.block.index} has no terminator")

    def finish(self) -> Function:
        """The function, complete."""
        self._check_ended(self.header)
        for index, cursor in self.uses.items():
            if index >= len(self.function.blocks):
                raise cursor.failure(f"there is no b{index}")
        self.function.probes = [("statement", Span(0, 0), ())] * self.probes
        return self.function

    # Parts

    def _block(self, index: int, cursor: Cursor) -> Block:
        self.uses.setdefault(index, cursor)
        return self.blocks.setdefault(index, Block(index))

    def _target(self, cursor: Cursor, word: str) -> Block:
        cursor.expect(f"{word} b")
        return self._block(int(cursor.match(NUMBER, "a block")), cursor)

    def _local(self, cursor: Cursor) -> Local:
        name = cursor.match(LOCAL, "a local")
        local = self.locals.get(name)
        if local is None:
            raise cursor.failure(f"there is no local {name}")
        return local

    def _operand(self, cursor: Cursor) -> Operand:
        found = _VALUE.match(cursor.text, cursor.at)
        if found is None or not cursor.text.startswith(":", found.end()):
            return self._local(cursor)
        cursor.at = found.end() + 1
        type_ = cursor.type()
        return Const(type_, _constant(cursor, found[0], type_))

    def _operands(self, cursor: Cursor, close: str = "") -> tuple[Operand, ...]:
        found: list[Operand] = []
        while not (cursor.skip(close) if close else cursor.at == len(cursor.text)):
            if found:
                cursor.expect(", ")
            found.append(self._operand(cursor))
        return tuple(found)

    def _pair(self, cursor: Cursor) -> tuple[Operand, Operand]:
        a = self._operand(cursor)
        cursor.expect(", ")
        return a, self._operand(cursor)

    def _path(self, cursor: Cursor) -> tuple[int | Operand, ...]:
        steps: list[int | Operand] = []
        while True:
            if cursor.skip("."):
                steps.append(int(cursor.match(NUMBER, "a field")))
            elif cursor.skip("["):
                steps.append(self._operand(cursor))
                cursor.expect("]")
            else:
                return tuple(steps)

    def _call(self, cursor: Cursor) -> tuple[str, tuple[Operand, ...]]:
        target = cursor.target()
        cursor.expect("(")
        return target, self._operands(cursor, ")")

    # Steps

    def _step(self, cursor: Cursor, block: Block) -> None:
        """An operation or a terminator."""
        dst: Local | None = None
        if _DESTINATION.match(cursor.text, cursor.at):
            dst = self._local(cursor)
            cursor.expect(" = ")
        if dst is None or cursor.text.startswith("await", cursor.at):
            block.terminator = self._terminator(cursor, dst)
            if block.terminator is not None:
                return
        word = cursor.match(NAME, "an operation")
        cursor.skip(" ")
        block.ops.append(self._op(cursor, word, dst))

    def _terminator(self, cursor: Cursor, dst: Local | None) -> ir.Terminator | None:
        if cursor.skip("goto"):
            return ir.Goto(self._target(cursor, ""))
        if cursor.skip("if "):
            condition = self._operand(cursor)
            return ir.Branch(
                condition, self._target(cursor, " then"), self._target(cursor, " else")
            )
        if cursor.skip("try "):
            op = self._fallible(cursor)
            return ir.Try(op, self._target(cursor, " ok"), self._target(cursor, " error"))
        if cursor.skip("await"):
            ready: Literal["continue", "yield_turn"] = "continue"
            if cursor.skip(" yield_turn"):
                ready = "yield_turn"
            state = int(cursor.match(NUMBER, "a state")) if cursor.skip(" state ") else 0
            ok, error = self._target(cursor, " ok"), self._target(cursor, " error")
            end = ir.Await(dst, ok, error, cursor.span, ready=ready)
            end.state = state
            return end
        if cursor.skip("return"):
            return ir.Return(self._operand(cursor) if cursor.skip(" ") else None)
        return ir.Fail() if cursor.skip("fail") else None

    def _fallible(self, cursor: Cursor) -> ir.Fallible:
        dst: Local | None = None
        if _DESTINATION.match(cursor.text, cursor.at):
            dst = self._local(cursor)
            cursor.expect(" = ")
        word = cursor.match(NAME, "an operation")
        span = cursor.span
        if word == "attend":
            return ir.Attend(span, is_entry=cursor.skip(" entry"))
        cursor.skip(" ")
        if word == "call":
            return ir.Call(dst, *self._call(cursor), span)
        if word == "operate":
            return ir.Operate(dst, *self._call(cursor), span)
        if word == "panic":
            return ir.Panic(self._operand(cursor), span)
        if word == "check_index":
            index = self._operand(cursor)
            cursor.expect(", ")
            return ir.CheckIndex(index, int(cursor.match(NUMBER, "a length")), span)
        if dst is None:
            raise cursor.failure(f"`{word}` gives a value")
        if word == "concat":
            return ir.Concat(dst, *self._pair(cursor), span)
        if word == "future":
            start: Literal["lazy", "eager"] = "eager" if cursor.skip("eager ") else "lazy"
            cursor.skip("lazy ")
            return ir.MakeFuture(dst, *self._call(cursor), span, start)
        if word not in ("checked_div", "checked_rem"):
            raise cursor.failure(f"`{word}` cannot be tried")
        return ir.Divide(dst, word.removeprefix("checked_"), *self._pair(cursor), span)

    def _op(self, cursor: Cursor, word: str, dst: Local | None) -> ir.Op:
        match word:
            case "put":
                base, path = self._local(cursor), self._path(cursor)
                cursor.expect(", ")
                return ir.Put(base, path, self._operand(cursor))
            case "begin":
                kind: Literal["call", "leaf"] = "call" if cursor.skip("call ") else "leaf"
                cursor.skip("leaf ")
                return ir.Begin(kind, *self._call(cursor))
            case "probe":
                index = int(cursor.match(NUMBER, "a probe"))
                self.probes = max(self.probes, index + 1)
                return ir.Probe(index)
            case "keep":
                return ir.Keep(self._local(cursor))
            case "retain":
                return ir.Retain(self._local(cursor))
            case "release":
                return ir.Release(self._local(cursor))
            case "store_slot":
                self.function.is_split = True
                return ir.StoreSlot(self._local(cursor))
        if dst is None:
            raise cursor.failure(f"`{word}` is no operation, or gives a value")
        return self._value(cursor, word, dst)

    def _value(self, cursor: Cursor, word: str, dst: Local) -> ir.Op:
        """An operation with a result."""
        match word:
            case "copy" | "move":
                assign = ir.Assign(dst, self._operand(cursor))
                assign.moves = word == "move"
                return assign
            case "get":
                return ir.Get(dst, self._local(cursor), self._path(cursor))
            case "make":
                return ir.Make(dst, self._operands(cursor))
            case "convert":
                return ir.Convert(dst, self._operand(cursor))
            case "is_some":
                return ir.IsSome(dst, self._operand(cursor))
            case "unwrap":
                return ir.Unwrap(dst, self._operand(cursor))
            case "spawn":
                return ir.Spawn(dst, self._operand(cursor), cursor.span)
            case "load_slot":
                self.function.is_split = True
                return ir.LoadSlot(dst)
        if word in _UNARY:
            return ir.Unary(dst, word, self._operand(cursor))
        if word in _BINARY:
            return ir.Binary(dst, word, *self._pair(cursor))
        raise cursor.failure(f"`{word}` is no operation")


def _constant(cursor: Cursor, text: str, type_: Type) -> ConstValue:
    if text[0] == '"':
        return _ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[1], text[1:-1])
    if text in ("true", "false"):
        return text == "true"
    if text == "null":
        return None
    if isinstance(type_, FloatType):
        return float(text)
    if isinstance(type_, IntType) and text.lstrip("-").isdigit():
        return int(text)
    if isinstance(type_, VoidType):
        return None
    raise cursor.failure(f"{text} is no {type_}")
