"""IR as text: what `--dump` shows and what golden tests compare.

`zyn.ir.parse` reads the same text back, up to spans and probes' live lists.
"""

from zyn.ir import op as ir
from zyn.ir.func import Const, Function, Local, Operand
from zyn.sema.types import (
    ArrayType,
    HandleType,
    OptionalType,
    PromiseType,
    StructType,
    Type,
)


def print_function(function: Function) -> str:
    """The whole function, one operation per line."""
    names = _names(function)
    params = ", ".join(f"{names[id(p)]}: {p.type}" for p in function.params)
    prefix = "async fn" if function.is_async else "fn"
    lines = [f"{prefix} {function.name}({params}) {function.result}"]
    lines += [
        f"  local {names[id(local)]}: {local.type}"
        for local in function.locals
        if not local.is_param
    ]
    for block in function.blocks:
        lines.append(f"b{block.index}:")
        lines += [f"  {_op(op, names)}" for op in block.ops]
        lines.append(f"  {_terminator(block.terminator, names)}")
    return "\n".join(lines) + "\n"


def print_structs(function: Function) -> str:
    """A line for each struct that the function's types name, parts before wholes."""
    found: dict[str, StructType] = {}
    for type_ in (function.result, *(local.type for local in function.locals)):
        _find_structs(type_, found)
    for block in function.blocks:
        steps: list[ir.Step] = [*block.ops, block.end]
        for source in (source for step in steps for source in step.sources):
            _find_structs(source.type, found)
    return "".join(
        f"struct {name} {{ {', '.join(f'{field}: {type_}' for field, type_ in struct.fields)} }}\n"
        for name, struct in found.items()
    )


def _find_structs(type_: Type, found: dict[str, StructType]) -> None:
    match type_:
        case StructType(name, fields) if name not in found:
            for _, field in fields:
                _find_structs(field, found)
            found[name] = type_
        case ArrayType(_, inner) | OptionalType(inner) | PromiseType(inner):
            _find_structs(inner, found)
        case HandleType(_, element) if element is not None:
            _find_structs(element, found)


def _names(function: Function) -> dict[int, str]:
    """A unique printable name per local: its own, or `%index` where that is not one."""
    names: dict[int, str] = {}
    taken: set[str] = set()
    for local in function.locals:
        name = local.name
        if not name.isidentifier() or name in taken or local.kind == "temp":
            name = f"%{local.index}"
        taken.add(name)
        names[id(local)] = name
    return names


def operand(value: Operand, names: dict[int, str]) -> str:
    """`name`, or a constant with its type: `1:i32`, `"x":string`, `null:?i32`."""
    if isinstance(value, Local):
        return names[id(value)]
    return f"{constant_text(value)}:{value.type}"


def constant_text(value: Const) -> str:
    """The value of a constant without its type."""
    match value.value:
        case None:
            return "null"
        case bool():
            return "true" if value.value else "false"
        case str():
            escaped = value.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            return f'"{escaped}"'
    return repr(value.value)


def _list(values: tuple[Operand, ...], names: dict[int, str]) -> str:
    return ", ".join(operand(value, names) for value in values)


def _path(path: tuple[int | Operand, ...], names: dict[int, str]) -> str:
    return "".join(
        f".{part}" if isinstance(part, int) else f"[{operand(part, names)}]" for part in path
    )


def _op(op: ir.Op | ir.Fallible, names: dict[int, str]) -> str:
    text = _body(op, names)
    return text if op.dst is None else f"{names[id(op.dst)]} = {text}"


def _body(op: ir.Op | ir.Fallible, names: dict[int, str]) -> str:
    match op:
        case ir.Assign():
            return ("move " if op.moves else "copy ") + operand(op.src, names)
        case ir.Unary():
            return f"{op.op} {operand(op.a, names)}"
        case ir.Binary() | ir.Divide():
            word = f"checked_{op.op}" if isinstance(op, ir.Divide) else op.op
            return f"{word} {operand(op.a, names)}, {operand(op.b, names)}"
        case ir.Get():
            return f"get {operand(op.base, names)}{_path(op.path, names)}"
        case ir.Put():
            base = operand(op.base, names)
            return f"put {base}{_path(op.path, names)}, {operand(op.value, names)}"
        case ir.Begin():
            return f"begin {op.kind} {op.target}({_list(op.args, names)})"
        case ir.Probe():
            return f"probe {op.index}"
        case ir.Call():
            return f"call {op.target}({_list(op.args, names)})"
        case ir.Operate():
            return f"operate {op.name}({_list(op.args, names)})"
        case ir.MakeFuture():
            return f"future {op.start} {op.target}({_list(op.args, names)})"
        case ir.CheckIndex():
            return f"check_index {operand(op.index, names)}, {op.length}"
        case ir.Attend():
            return "attend entry" if op.is_entry else "attend"
    word = _WORDS[type(op)]
    return f"{word} {_list(op.sources, names)}".rstrip()


_WORDS: dict[type, str] = {
    ir.Convert: "convert",
    ir.Make: "make",
    ir.IsSome: "is_some",
    ir.Unwrap: "unwrap",
    ir.Spawn: "spawn",
    ir.Keep: "keep",
    ir.Retain: "retain",
    ir.Release: "release",
    ir.StoreSlot: "store_slot",
    ir.LoadSlot: "load_slot",
    ir.Concat: "concat",
    ir.Panic: "panic",
}


def _terminator(end: ir.Terminator | None, names: dict[int, str]) -> str:
    match end:
        case None:
            return "?"
        case ir.Goto():
            return f"goto b{end.target.index}"
        case ir.Branch():
            yes, no = end.yes.index, end.no.index
            return f"if {operand(end.condition, names)} then b{yes} else b{no}"
        case ir.Try():
            return f"try {_op(end.op, names)} ok b{end.ok.index} error b{end.error.index}"
        case ir.Await():
            dst = f"{names[id(end.result)]} = " if end.result is not None else ""
            state = f" state {end.state}" if end.state else ""
            ready = " yield_turn" if end.ready == "yield_turn" else ""
            return f"{dst}await{ready}{state} ok b{end.ok.index} error b{end.error.index}"
        case ir.Return():
            return "return" if end.value is None else f"return {operand(end.value, names)}"
    return "fail"
