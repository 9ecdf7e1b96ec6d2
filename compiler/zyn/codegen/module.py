"""A whole module as LLVM text: every function's fast build, stubs, cells and descriptors.

A debug module holds only debug builds; what it shares with the first module (cells, stubs,
descriptors) it declares, and the driver imports those by address.
"""

from collections.abc import Sequence
from typing import NamedTuple

from zyn.codegen.func import COUNTS_SIZE, FunctionEmitter, needs_drop
from zyn.codegen.lltypes import is_aggregate, kind, memory, param_offsets, register
from zyn.codegen.module_state import ModuleState
from zyn.codegen.names import Names
from zyn.codegen.source_lines import SourceLines
from zyn.codegen.stubs import Stub, direct_signature, emit_stubs
from zyn.ir.func import Function
from zyn.ir.transform.pipeline import Lowered
from zyn.sema.types import Type, VoidType, holds_reference


class Unit(NamedTuple):
    """One lowered function, and where its item begins in the file: 0-based line, byte offset."""

    lowered: Lowered
    first_line: int
    offset: int = 0


class ModuleText(NamedTuple):
    """LLVM text, the symbols it exports and those it imports (runtime functions, then globals)."""

    text: str
    exports: tuple[str, ...]
    runtime: tuple[str, ...]


def emit_module(
    name: str, units: Sequence[Unit], triple: str, *, counted: bool = False
) -> ModuleText:
    """The fast build of a module.

    Exports one table of pointers: four per function, in order (descriptor, null for a direct
    function; stub; cell; entry), then the word that the side table ids of the functions count
    from, shifted by 32.  When `counted`, functions count their calls and the back-edges of their
    loops, in two words each, and the table ends with the address of these.
    """
    names = Names(name)
    counts = names.local("counts") if counted else ""
    state = ModuleState(names, counts=counts)
    if counted:
        size = COUNTS_SIZE * len(units)
        state.globals.append(f"{counts} = internal global [{size} x i8] zeroinitializer, align 8")
    sites = names.local("sites")
    state.globals.append(f"{sites} = internal global i64 0, align 8")
    body: list[str] = []
    stubs: list[Stub] = []
    rows: list[str] = []
    for index, unit in enumerate(units):
        lowered = unit.lowered
        function = lowered.function
        emitter = FunctionEmitter(state, lowered, index, unit.first_line, debug=False)
        body.append(emitter.text())
        cell = names.cell(function.name)
        code = names.build(function.name, "fast")
        state.globals.append(f"{cell} = internal global ptr {code}, align 8")
        if function.is_async:
            body += [_descriptor(state, lowered), _entry(state, function)]
            stubs.append(Stub(names.poll(function.name), cell, None, function.result))
            rows.append(names.descriptor(function.name))
        else:
            params = tuple(param.type for param in function.params)
            stubs.append(Stub(names.entry(function.name), cell, params, function.result))
            rows.append("null")
        rows += [stubs[-1].symbol, cell, names.entry(function.name)]
    rows.append(sites)
    if counted:
        rows.append(counts)
    table = names.local("table")
    pointers = ", ".join(f"ptr {row}" for row in rows)
    state.globals.append(f"{table} = constant [{len(rows)} x ptr] [{pointers}], align 8")
    text = emit_stubs(stubs, triple) + state.text() + "\n".join(body)
    return ModuleText(text, (table[1:],), tuple(state.needed))


def emit_debug_module(
    name: str, units: Sequence[Unit], chosen: Sequence[int], file: str = ""
) -> ModuleText:
    """Debug builds of the functions at `chosen`; exports each build and its probe bytes, in that
    order.  With the path of their file they tell native debuggers their lines.
    """
    names = Names(name)
    state = ModuleState(names)
    state.external(names.local("sites"), f"{names.local('sites')} = external global i64")
    lines = SourceLines(file) if file else None
    body: list[str] = []
    exports: list[str] = []
    for index in chosen:
        unit = units[index]
        function = unit.lowered.function
        probes = names.probes(function.name)
        flags = ", ".join(
            f"i8 {-128 if kind_ == 'await' else 0}" for kind_, _, _ in function.probes
        )
        count = max(len(function.probes), 1)
        state.globals.append(f"{probes} = global [{count} x i8] [{flags or 'i8 0'}], align 1")
        code = FunctionEmitter(state, unit.lowered, index, unit.first_line, debug=True).text()
        if lines is not None:
            table = unit.lowered.side_table
            places = [unit.first_line + probe.line + 1 for probe in table.probes]
            code = lines.annotate(code, function.name, unit.first_line + table.line + 1, places)
        body += [code, _own_drop(state, unit.lowered, code)]
        exports += [names.build(function.name, "debug"), probes]
    for unit in units:
        _declare(state, unit.lowered)
    text = state.text() + "\n".join(body)
    if lines is not None:
        text += lines.text()
    return ModuleText(text, tuple(symbol[1:] for symbol in exports), tuple(state.needed))


def emit_optimised(name: str, units: Sequence[Unit], index: int) -> ModuleText:
    """The build of one function that all of LLVM's passes are to run over; exports it.

    Its callees are reached through their stubs, so nothing is inlined that a debug build of a
    callee would have to be switched into.
    """
    names = Names(name)
    state = ModuleState(names, optimised=True)
    state.external(names.local("sites"), f"{names.local('sites')} = external global i64")
    lowered, first_line, _ = units[index]
    function = lowered.function
    code = FunctionEmitter(state, lowered, index, first_line, debug=False).text()
    code += _own_drop(state, lowered, code)
    for unit in units:
        _declare(state, unit.lowered)
    symbol = names.build(function.name, "optimised")[1:]
    return ModuleText(state.text() + code, (symbol,), tuple(state.needed))


def emit_thunk(name: str, lowered: Lowered) -> ModuleText:
    """A ZynThunk for a direct function: arguments from memory, result to memory."""
    names = Names(name)
    state = ModuleState(names)
    function = lowered.function
    _declare(state, lowered)
    types = [param.type for param in function.params]
    offsets, _ = param_offsets(tuple(types), 0)
    lines: list[str] = []
    args = ""
    for index, (type_, offset) in enumerate(zip(types, offsets, strict=True)):
        lines.append(f"%p{index} = getelementptr i8, ptr %args, i64 {offset}")
        if is_aggregate(type_):
            args += f", ptr %p{index}"
            continue
        lines.append(f"%r{index} = load {memory(type_)}, ptr %p{index}")
        value = f"%r{index}"
        if register(type_) == "i1":
            lines.append(f"%t{index} = trunc i8 %r{index} to i1")
            value = f"%t{index}"
        args += f", {register(type_)} {value}"
    lines += _thunk_call(names.entry(function.name), function.result, args)
    symbol = names.local(f"{function.name}$thunk")
    body = "\n".join(lines)
    head = f"define void {symbol}(ptr %cx, ptr %args, ptr %out) #0 {{"
    text = f"{state.text()}{head}\n{body}\nret void\n}}\n"
    return ModuleText(text, (symbol[1:],), ())


def _thunk_call(target: str, result: Type, args: str) -> list[str]:
    if isinstance(result, VoidType):
        return [f"call void {target}(ptr %cx{args})"]
    if is_aggregate(result):
        return [f"call void {target}(ptr %cx{args}, ptr %out)"]
    lines = [f"%result = call {register(result)} {target}(ptr %cx{args})"]
    if register(result) == "i1":
        return [*lines, "%byte = zext i1 %result to i8", "store i8 %byte, ptr %out"]
    return [*lines, f"store {memory(result)} %result, ptr %out"]


def _entry(state: ModuleState, function: Function) -> str:
    """The entry and the init of an async function, for callers from outside the module: compiled
    ones fill frames themselves.
    """
    names = state.names
    types = [param.type for param in function.params]
    descriptor, init = names.descriptor(function.name), names.init(function.name)
    args = "".join(f", {register(type_)} %a{i}" for i, type_ in enumerate(types))
    return (
        f"define internal void {init}(ptr %cx, ptr %sm{args}) #0 {{\nentry:\n"
        f"{_init_body(state, types)}}}\n"
        f"define internal ptr {names.entry(function.name)}(ptr %cx{args}) #0 {{\n"
        f"%sm = call ptr {state.need('zyn_frame_new')}(ptr %cx, ptr {descriptor})\n"
        "%none = icmp eq ptr %sm, null\nbr i1 %none, label %fail, label %fill\n"
        f"fill:\ncall void {init}(ptr %cx, ptr %sm{args})\n"
        "%promise = getelementptr i8, ptr %sm, i64 -32\nret ptr %promise\n"
        "fail:\nret ptr null\n}\n"
    )


def _declare(state: ModuleState, lowered: Lowered) -> None:
    """Declare what the first module defines for a function."""
    names = state.names
    function = lowered.function
    if function.is_async:
        poll, descriptor = names.poll(function.name), names.descriptor(function.name)
        state.external(poll, f"declare i64 {poll}(ptr, ptr) #0")
        state.external(descriptor, f"{descriptor} = external global i8")
    else:
        types = [param.type for param in function.params]
        signature = direct_signature(names.entry(function.name), types, function.result)
        state.external(names.entry(function.name), f"declare {signature} #0")


def _descriptor(state: ModuleState, lowered: Lowered) -> str:
    names = state.names
    function = lowered.function
    frame = lowered.frame
    assert frame is not None
    name = function.name
    label = state.c_string(names.local(f"{name}$name"), name)
    drop = _drop(state, lowered) if needs_drop(function) else ""
    state.globals.append(
        f"{names.descriptor(name)} = internal global "
        "{ i32, i32, i32, i32, ptr, ptr, ptr, i32, i32, ptr, ptr, ptr } "
        f"{{ i32 {frame.size}, i32 {frame.align}, i32 {frame.result}, i32 {kind(function.result)}, "
        f"ptr {names.init(name)}, ptr {names.cell(name)}, "
        f"ptr {names.drop(name) if drop else 'null'}, "
        f"i32 0, i32 0, ptr {names.poll(name)}, ptr {state.info(function.result)}, "
        f"ptr {label} }}, align 8"
    )
    return drop


def _init_body(state: ModuleState, types: list[Type]) -> str:
    """State START, then the arguments, counted, at their offsets."""
    lines = ["store i32 0, ptr %sm, align 4"]
    offsets, _ = param_offsets(tuple(types), 4)
    for index, (type_, offset) in enumerate(zip(types, offsets, strict=True)):
        lines.append(f"%p{index} = getelementptr i8, ptr %sm, i64 {offset}")
        if is_aggregate(type_):
            size = f"getelementptr ({memory(type_)}, ptr null, i32 1)"
            copy = state.need("llvm.memcpy.p0.p0.i64")
            lines.append(
                f"call void {copy}(ptr %p{index}, ptr %a{index}, "
                f"i64 ptrtoint (ptr {size} to i64), i1 false)"
            )
        elif register(type_) == "i1":
            lines.append(f"%z{index} = zext i1 %a{index} to i8")
            lines.append(f"store i8 %z{index}, ptr %p{index}, align 1")
        else:
            lines.append(f"store {memory(type_)} %a{index}, ptr %p{index}")
        if holds_reference(type_):
            lines.append(f"call void {state.counter(type_, 'retain')}(ptr %p{index})")
    return "\n".join(lines) + "\nret void\n"


def _own_drop(state: ModuleState, lowered: Lowered, code: str) -> str:
    """The drop function of a frame, if a build outside the first module calls it: where it tests
    for the room of a large stack frame.
    """
    name = lowered.function.name
    return _drop(state, lowered) if f"call void {state.names.drop(name)}(" in code else ""


def _drop(state: ModuleState, lowered: Lowered) -> str:
    """What gives up the references of a frame that returned or never started."""
    function = lowered.function
    frame = lowered.frame
    assert frame is not None
    counted = [param for param in function.params if holds_reference(param.type)]
    owns_result = holds_reference(function.result)
    lines = [
        f"define internal void {state.names.drop(function.name)}(ptr %sm) #0 {{", "entry:",
        "%state = load i32, ptr %sm, align 4",
        "switch i32 %state, label %done [ i32 0, label %start i32 -2, label %returned ]",
        "start:",
    ]  # fmt: skip
    for number, param in enumerate(counted):
        lines.append(f"%p{number} = getelementptr i8, ptr %sm, i64 {frame.slots[param.index]}")
        lines.append(f"call void {state.counter(param.type, 'release')}(ptr %p{number})")
    lines += ["br label %done", "returned:"]
    if owns_result:
        lines.append(f"%r = getelementptr i8, ptr %sm, i64 {frame.result}")
        lines.append(f"call void {state.counter(function.result, 'release')}(ptr %r)")
    lines += ["br label %done", "done:", "ret void", "}", ""]
    return "\n".join(lines)
