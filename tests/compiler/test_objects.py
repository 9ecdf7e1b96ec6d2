"""Channels, locks and sets of tasks in Zyntax: every build says the same and leaves nothing alive.

A line `// f() is VALUE` above a function is a call and how it ends: a Python value, or the code of
a failure with the words of its message.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.differential import interpreted, same
from tests.support.native import Native, Outcome
from tests.support.repository import ROOT
from zyn.codegen.declare import DECLARATIONS
from zyn.driver.load import Engine
from zyn.ir.leaf import LEAVES
from zyn.ir.operation import OPERATIONS
from zyn.runtime.load import symbol_address
from zyn.sema.builtins import BUILTINS, Builtin
from zyn.sema.handles import HANDLES, METHODS, Method

CLAIM = re.compile(r"^// (\w+)\(\) is (.*)$", re.MULTILINE)
CASES = sorted((ROOT / "tests" / "golden" / "objects").glob("*.zyntax"))


def outcomes(source: str) -> Iterator[tuple[str, str, Outcome, int]]:
    """The build, the call, its end and what is alive afterwards, for every claim."""
    names = [name for name, _ in CLAIM.findall(source)]
    for baseline in (True, False):
        with Native(source, engine=Engine(check=True, baseline=baseline)) as native:
            for build in ("fast", "debug"):
                if build == "debug":
                    native.module.debug_build()
                for name in names:
                    shown = f"{'baseline' if baseline else 'LLVM'}, {build}"
                    yield shown, name, native.call(name), native.live_objects()


def claimed(text: str) -> Outcome:
    """What a claim says."""
    code, _, message = text.partition(": ")
    if message:
        return Outcome(code, message=message)
    if text == "deadlock":
        return Outcome(text)
    return Outcome("value", value=ast.literal_eval(text))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_claims(case: Path) -> None:
    source = case.read_text(encoding="utf-8")
    wanted = {name: claimed(text) for name, text in CLAIM.findall(source)}
    assert wanted
    for build, name, found, alive in outcomes(source):
        assert found._replace(line=0) == wanted[name], f"{name}, {build}"
        assert alive == 0, f"{name}, {build}: {alive} objects are left over"


def test_there_are_cases() -> None:
    assert len(CASES) >= 4


@pytest.mark.parametrize("name", [name for name in DECLARATIONS if name.startswith("zyn_")])
def test_what_code_calls_is_exported(name: str) -> None:
    assert symbol_address(name) != 0


def test_the_tables_fit_together() -> None:
    """Every built-in and method has a leaf or an operation, and none of these is idle."""
    used: list[Builtin | Method] = [*BUILTINS.values(), *METHODS.values()]
    leaves = {row.leaf for row in used if row.leaf is not None}
    operations = {row.operation for row in used if row.operation is not None}
    fields = {"string_len"}  # what is written as a field: `text.len`

    assert leaves <= set(LEAVES)
    assert set(LEAVES) - leaves == {"await_promise"}
    assert operations | fields == set(OPERATIONS)
    assert {method.owner for method in METHODS.values()} == set(HANDLES)


def test_every_built_in_is_in_the_documentation() -> None:
    page = (ROOT / "docs" / "builtins.md").read_text(encoding="utf-8")
    rows: list[Builtin | Method] = [*BUILTINS.values(), *METHODS.values()]

    assert [row.shape for row in rows if f"| `{row.shape}` | {row.doc} |" not in page] == []


MEANT = {
    "values": ("numbers", "floats", "larges", "optionals", "promises", "channels", "left_over"),
    "waits": (
        "in_time", "late", "void_limits", "failure_in_time", "nested_limits", "limit_as_promise",
        "selected", "the_first_in_order", "select_of_nothing_to_give", "failure_selected",
        "text_selected", "never",
    ),
    "locks": ("in_order", "tried", "unlocked_twice", "permits", "closed_door"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("case", "name"), [(case, name) for case, names in MEANT.items() for name in names]
)
def test_the_interpreter_means_the_same(case: str, name: str) -> None:
    source = (CASES[0].parent / f"{case}.zyntax").read_text(encoding="utf-8")
    wanted = claimed(dict(CLAIM.findall(source))[name])

    assert same(interpreted(source, name)._replace(line=0), wanted)


REFUSED = """
async fn directly() void {
    await delay(1);
    await connect("127.0.0.1", 1); // line 4
}
async fn as_a_promise() void {
    const attempt = connect("127.0.0.1", 1);
    await attempt; // line 8
}
async fn in_time() bool {
    return (
        await timeout(1000, connect("127.0.0.1", 1)) // line 12
    ) == null;
}
async fn in_a_set() void {
    const set: JoinSet<TcpStream> = join_set();
    set.spawn(connect("127.0.0.1", 1));
    await set.join_next(); // line 18
}
async fn by_another() void {
    await directly(); // the line is that of the other
}
fn at_once() i64 {
    return listen("127.0.0.1", -1).port(); // line 24
}
"""


@pytest.mark.parametrize("baseline", [True, False])
@pytest.mark.parametrize("build", ["fast", "debug"])
def test_what_the_system_refuses_has_the_line_of_its_await(baseline: bool, build: str) -> None:
    with Native(REFUSED, engine=Engine(check=True, baseline=baseline)) as native:
        if build == "debug":
            native.module.debug_build()
        names = ("directly", "as_a_promise", "in_time", "in_a_set", "by_another", "at_once")
        found = {name: native.call(name) for name in names}

    assert {outcome.kind for outcome in found.values()} == {"io"}
    assert {name: outcome.line for name, outcome in found.items()} == {
        "directly": 4, "as_a_promise": 8, "in_time": 12, "in_a_set": 18, "by_another": 4,
        "at_once": 24,
    }  # fmt: skip
