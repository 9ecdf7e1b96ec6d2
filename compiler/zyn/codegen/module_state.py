"""What the functions of one LLVM module share: declarations, text constants, type descriptions,
counters.
"""

from zyn.codegen.declare import DECLARATIONS
from zyn.codegen.lltypes import align_of, counted_as, kind, memory, size_of
from zyn.codegen.names import Names
from zyn.sema.types import (
    ArrayType,
    HandleType,
    OptionalType,
    PromiseType,
    StringType,
    StructType,
    Type,
    holds_reference,
)


class ModuleState:
    """Collects what is needed as functions are emitted; `text` gives it all.

    counts      the words in which functions count what they do; empty: they do not
    optimised   whether all of LLVM's passes will run over the text
    """

    def __init__(self, names: Names, *, counts: str = "", optimised: bool = False) -> None:
        self.names = names
        self.counts = counts
        self.optimised = optimised
        self.needed: dict[str, None] = {}
        self.externals: dict[str, str] = {}
        self.strings: dict[str, str] = {}
        self.infos: dict[Type, str] = {}
        self.counters: dict[tuple[Type, str], str] = {}
        self.globals: list[str] = []

    def need(self, name: str) -> str:
        """A runtime function, declared in this module from now on."""
        self.needed[name] = None
        return f"@{name}"

    def external(self, symbol: str, declaration: str) -> str:
        """A function or global of another object of the same program, declared once."""
        self.externals[symbol] = declaration
        return symbol

    def string(self, value: str) -> str:
        """The address of a constant ZynString that is never freed."""
        name = self.strings.get(value)
        if name is None:
            name = self.names.local(f"string{len(self.strings)}")
            data = value.encode("utf-8", "surrogatepass")
            body = "".join(
                chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:02X}" for b in data
            )
            self.globals.append(
                f"{name} = internal constant {{ i32, i32, i64, [{len(data) + 1} x i8] }} "
                f"{{ i32 -1, i32 0, i64 {len(data)}, "
                f'[{len(data) + 1} x i8] c"{body}\\00" }}, align 8'
            )
            self.strings[value] = name
        return name

    def c_string(self, name: str, value: str) -> str:
        """The address of a zero-terminated constant."""
        data = value.encode()
        body = "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:02X}" for b in data)
        self.globals.append(
            f'{name} = internal constant [{len(data) + 1} x i8] c"{body}\\00", align 1'
        )
        return name

    def info(self, type_: Type) -> str:
        """The address of a type's ZynTypeInfo."""
        name = self.infos.get(type_)
        if name is None:
            number = len(self.infos)
            name = self.names.local(f"type{number}")
            self.infos[type_] = name
            label = self.c_string(self.names.local(f"type{number}.name"), str(type_))
            retain = release = "null"
            if holds_reference(type_):
                retain, release = self.counter(type_, "retain"), self.counter(type_, "release")
            self.globals.append(
                f"{name} = internal constant {{ i32, i32, i32, i32, ptr, ptr, ptr }} "
                f"{{ i32 {size_of(type_)}, i32 {align_of(type_)}, i32 {kind(type_)}, i32 0, "
                f"ptr {retain}, ptr {release}, ptr {label} }}, align 8"
            )
        return name

    def counter(self, type_: Type, verb: str) -> str:
        """A function that retains or releases everything a value in memory refers to."""
        key = (type_, verb)
        name = self.counters.get(key)
        if name is None:
            name = self.names.local(f"{verb}{len(self.counters)}")
            self.counters[key] = name
            body = _Counter(self, verb)
            body.value(type_, "%p")
            self.globals.append(
                f"define internal void {name}(ptr %p) #0 {{\nentry:\n"
                + "\n".join(body.lines)
                + "\nret void\n}"
            )
        return name

    def text(self) -> str:
        """Declarations, constants and counters."""
        lines = [f"declare {DECLARATIONS[name]} #0" for name in self.needed]
        lines += self.externals.values()
        lines += self.globals
        # A tail call would leave no stack frame for the check of the stack's depth to see, and a
        # loop that LLVM recognises would call a C function that nothing imports.
        more = ' "disable-tail-calls"="true" "no-builtins"' if self.optimised else ""
        lines.append(f"attributes #0 = {{ nounwind{more} }}")
        lines.append(f"attributes #1 = {{ nounwind noinline{more} }}")
        return "\n".join(lines) + "\n"


class _Counter:
    """Emits the walk over one type."""

    def __init__(self, module: ModuleState, verb: str) -> None:
        self.module = module
        self.verb = verb
        self.lines: list[str] = []
        self.count = 0

    def let(self, text: str) -> str:
        self.count += 1
        self.lines.append(f"%c{self.count} = {text}")
        return f"%c{self.count}"

    def value(self, type_: Type, address: str) -> None:
        if not holds_reference(type_):
            return
        match type_:
            case StringType() | PromiseType() | HandleType():
                what = counted_as(type_)
                pointer = self.let(f"load ptr, ptr {address}, align 8")
                target = self.module.need(f"zyn_{what}_{self.verb}")
                self.lines.append(f"call void {target}(ptr {pointer})")
            case StructType(_, fields):
                for index, (_, field) in enumerate(fields):
                    if holds_reference(field):
                        text = f"getelementptr {memory(type_)}, ptr {address}, i64 0, i32 {index}"
                        self.value(field, self.let(text))
            case OptionalType(inner):
                # The bytes of an empty optional are zero, and null references are not counted.
                self.value(inner, address)
            case ArrayType(length, element):
                self.loop(length, element, address)

    def loop(self, length: int, element: Type, address: str) -> None:
        number = self.count = self.count + 1
        target = self.module.counter(element, self.verb)
        self.lines += [
            f"br label %head{number}",
            f"head{number}:",
            f"%i{number} = phi i64 [ 0, %{self.origin()} ], [ %n{number}, %head{number} ]",
            f"%e{number} = getelementptr {memory(element)}, ptr {address}, i64 %i{number}",
            f"call void {target}(ptr %e{number})",
            f"%n{number} = add i64 %i{number}, 1",
            f"%d{number} = icmp eq i64 %n{number}, {length}",
            f"br i1 %d{number}, label %end{number}, label %head{number}",
            f"end{number}:",
        ]

    def origin(self) -> str:
        """The block that the current line is in."""
        for line in reversed(self.lines):
            if line.endswith(":"):
                return line[:-1]
        return "entry"
