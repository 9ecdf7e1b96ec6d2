"""`zyn run --dump PASS`: the program after one stage of the compiler."""

from zyn.base.diagnostic import Severity
from zyn.cli.exit import FAILED, CommandError
from zyn.cli.source import Source
from zyn.driver.queries import Document

_PASSES = ("build", "place_callees", "expand_turns", "insert_counts", "split_suspends")
_ROW = 16
"""Bytes of code in a line."""

STAGES = ("ast", *_PASSES, "llvm", "native")


def dump(source: Source, stage: str) -> str:
    """The text of one stage; functions with errors are left out of all but the tree."""
    if stage not in STAGES:
        raise CommandError(f"--dump {stage}: the passes are {', '.join(STAGES)}")
    document = Document(source.language, source.data)
    if stage == "ast":
        return _tree(document)
    if any(found.code.severity is Severity.ERROR for found in document.diagnostics()):
        raise CommandError(f"{source.path} has errors: see zyn check", FAILED)
    if stage == "native":
        return _native(document)
    return _llvm(document) if stage == "llvm" else _ir(document, stage)


def _tree(document: Document) -> str:
    from zyn.ast.print import print_item

    return "\n".join(print_item(placed.state.item) for placed in document.items)


def _ir(document: Document, stage: str) -> str:
    from zyn.driver.frames import build
    from zyn.ir.func import Function
    from zyn.ir.print import print_function
    from zyn.ir.transform import lower
    from zyn.sema.facts import FunctionFacts

    texts: list[str] = []

    def keep(name: str, function: Function) -> None:
        if name == stage:
            texts.append(print_function(function))

    for placed in document.items:
        if isinstance(document.facts(placed), FunctionFacts):
            known = document.lowered(placed)
            lower(build(placed.state), known.callees.get if known else lambda _: None, dump=keep)
    return "\n".join(texts)


def _native(document: Document) -> str:
    """The machine code of the fast build in hexadecimal, under the statement it was made for."""
    from zyn.codegen.x86 import emit_code
    from zyn.driver.image import is_supported
    from zyn.driver.load import lower_all
    from zyn.driver.tables import native_ranges

    if not is_supported():
        raise CommandError("--dump native: machine code of our own is for x86-64 Linux", FAILED)
    units = lower_all(document)
    code = emit_code(units)
    source = document.data.decode("utf-8", "replace").splitlines()
    texts: list[str] = []
    for unit, ranges in zip(units, native_ranges(code.lines, len(units)), strict=True):
        table = unit.lowered.side_table
        texts.append(f"{table.function}:")
        for part in ranges:
            line = unit.first_line + (table.probes[part.probe].line if part.probe >= 0 else -1)
            if part.probe >= 0:
                texts.append(f"  ; line {line + 1}: {source[line].strip()}")
            else:
                texts.append("  ; of the function as a whole")
            end = part.offset + part.size
            for at in range(part.offset, end, _ROW):
                row = code.data[at : min(at + _ROW, end)]
                texts.append(f"  {at:06x}  {row.hex(' ')}")
        texts.append("")
    return "\n".join(texts)


def _llvm(document: Document) -> str:
    from zyn.codegen import Target, emit_module
    from zyn.driver.load import lower_all

    return emit_module("main", lower_all(document), Target().triple).text
