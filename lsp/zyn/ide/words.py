"""How facts are put into words, once for hints, lenses, hovers and completion."""

from zyn.driver.queries import Document
from zyn.ir.side_table import SideTable, Slot, State
from zyn.sema import resolve_signature, resolve_struct
from zyn.sema.facts import FunctionHead, StructHead, Variable
from zyn.sema.types import FunctionSignature, StructType


def counted(count: int, noun: str) -> str:
    """`1 state`, `2 states`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def state_label(state: State) -> str:
    """`state 1 - a, y live - 16 B`."""
    live = f"{', '.join(state.live)} live" if state.live else "nothing live"
    return f"state {state.index} - {live} - {state.size} B"


def frame_label(table: SideTable) -> str:
    """`3 states - 24 B frame`."""
    size = table.frame.size if table.frame is not None else 0
    return f"{counted(len(table.states), 'state')} - {size} B frame"


def signature_label(signature: FunctionSignature) -> str:
    """`async fn f(a: i32) i64`."""
    params = ", ".join(f"{name}: {type_}" for name, type_ in signature.params)
    keyword = "async fn" if signature.is_async else "fn"
    return f"{keyword} {signature.name}({params}) {signature.result}"


def struct_label(struct: StructType) -> str:
    """`const P = struct { a: i32 };`."""
    fields = ", ".join(f"{name}: {type_}" for name, type_ in struct.fields)
    body = f"{{ {fields} }}" if fields else "{}"
    return f"const {struct.name} = struct {body};"


def variable_label(variable: Variable) -> str:
    """`var total: i32`, `(parameter) a: i32`."""
    kind = "(parameter)" if variable.kind == "param" else str(variable.kind)
    return f"{kind} {variable.name}: {variable.type}"


def slot_label(slot: Slot) -> str:
    """`captured @8`; a parameter that is live across no await is only `stored @8`."""
    return f"{'captured' if slot.live_in else 'stored'} @{slot.offset}"


def variable_slots(table: SideTable) -> dict[int, Slot]:
    """The frame slot of each variable that has one, by the index of the variable."""
    slots = table.frame.slots if table.frame is not None else ()
    return {slot.variable: slot for slot in slots if slot.variable >= 0}


def signature(document: Document, name: str) -> FunctionSignature | None:
    """The signature of a function of the file."""
    head = document.lookup(name)
    return resolve_signature(head, document) if isinstance(head, FunctionHead) else None


def struct(document: Document, name: str) -> StructType | None:
    """A struct of the file; None when it contains itself."""
    head = document.lookup(name)
    return resolve_struct(head, document) if isinstance(head, StructHead) else None
