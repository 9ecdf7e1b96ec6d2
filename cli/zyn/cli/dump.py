"""`zyn run --dump PASS`: the program after one stage of the compiler."""

from zyn.base.diagnostic import Severity
from zyn.cli.exit import FAILED, CommandError
from zyn.cli.source import Source
from zyn.driver.queries import Document

_PASSES = ("build", "place_callees", "expand_turns", "insert_counts", "split_suspends")
STAGES = ("ast", *_PASSES, "llvm")


def dump(source: Source, stage: str) -> str:
    """The text of one stage; functions with errors are left out of all but the tree."""
    if stage not in STAGES:
        raise CommandError(f"--dump {stage}: the passes are {', '.join(STAGES)}")
    document = Document(source.language, source.data)
    if stage == "ast":
        return _tree(document)
    if any(found.code.severity is Severity.ERROR for found in document.diagnostics()):
        raise CommandError(f"{source.path} has errors: see zyn check", FAILED)
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


def _llvm(document: Document) -> str:
    from zyn.codegen import Target, emit_module
    from zyn.driver.load import lower_all

    return emit_module("main", lower_all(document), Target().triple).text
