"""The optimised build of a function does what the interpreter says, and counts decide about it."""

import pytest

from tests.compiler.test_differential import PROGRAMS, chosen
from tests.support.differential import compared, expectations
from tests.support.generate import Generated
from tests.support.generated import holds_for_programs
from tests.support.native import Native
from zyn.driver.load import Engine
from zyn.driver.loaded import LoadedModule

COUNTED = [Engine(check=True, counted=True), Engine(check=True, baseline=False, counted=True)]

LOOPS = """
fn round(n: i32) i32 { var s = 0; var i = 0; while (i < n) { s += i % 7; i += 1; } return s; }
async fn steps(n: i32) i32 {
    var s = 0;
    var i = 0;
    while (i < n) { await yield_now(); s += round(i); i += 1; }
    return s;
}
fn deep(n: i32) i32 { return deep(n + 1) + 1; }
fn never() i32 { while (true) { } return 1; }
"""


def optimise_all(module: LoadedModule) -> None:
    """Switch every function to its optimised build."""
    for function in module.functions.values():
        assert module.optimise(function)


def check(program: Generated) -> None:
    """Fail with every difference between the interpreter and the optimised build."""
    with Native(program.source, engine=COUNTED[0]) as native:
        optimise_all(native.module)
        found = list(compared(native, "optimised", expectations(program)))
    assert not found, "\n".join([*found, program.source])


@holds_for_programs(25)
def test_generated_programs(program: Generated) -> None:
    check(program)


@pytest.mark.parametrize("name", PROGRAMS)
def test_chosen_programs(name: str) -> None:
    check(chosen(name))


@pytest.mark.parametrize("engine", COUNTED, ids=["own", "llvm"])
def test_the_baseline_counts_calls_and_back_edges(engine: Engine) -> None:
    with Native(LOOPS, engine=engine) as native:
        assert native.call("steps", 20).value == sum(
            sum(i % 7 for i in range(n)) for n in range(20)
        )
        counts = {f.name: (calls, edges) for f, calls, edges in native.module.counts()}
        assert counts["steps"] == (1, 20)
        assert counts["round"] == (20, sum(range(20)))
        assert counts["deep"] == (0, 0)


def test_what_is_optimised_counts_no_more() -> None:
    with Native(LOOPS, engine=COUNTED[0]) as native:
        optimise_all(native.module)
        native.call("steps", 20)
        assert all(row[1:] == (0, 0) for row in native.module.counts())


def test_other_programs_do_not_count() -> None:
    with Native(LOOPS) as native:
        native.call("round", 9)
        assert native.module.counts() == []


def test_the_stack_and_endless_loops_are_bounded() -> None:
    with Native(LOOPS, engine=COUNTED[0], fuel=5) as native:
        optimise_all(native.module)
        assert native.call("deep", 0)[:2] == ("stack-overflow", 9)
        assert native.call("never").kind == "out-of-fuel"
        assert native.live_objects() == 0


def test_a_debug_build_wins() -> None:
    with Native(LOOPS, engine=COUNTED[0]) as native:
        module, round_, steps = native.module, native.function("round"), native.function("steps")
        assert module.optimise(round_)
        module.debug_build(["round", "steps"])
        assert not module.is_optimised(round_)
        assert not module.optimise(round_)
        assert not module.optimise(steps)
        assert not module.is_optimised(steps)
        assert native.call("round", 9).value == sum(i % 7 for i in range(9))


def test_a_debug_build_that_is_made_meanwhile_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    with Native(LOOPS, engine=COUNTED[0]) as native:
        engine, optimised = native.module.engine, native.module.engine.optimised

        def late(module: LoadedModule, index: int) -> int:
            module.debug_build()
            return optimised(module, index)

        monkeypatch.setattr(engine, "optimised", late)
        assert not native.module.optimise(native.function("round"))
        assert not native.module.is_optimised(native.function("round"))


def test_large_frames_with_references_have_every_build() -> None:
    texts = ", ".join(["text"] * 2500)
    source = f"""
async fn large(text: string) string {{
    const a = [{texts}];
    return a[2499];
}}
async fn main() string {{ return await large("te" + "xt"); }}
"""
    with Native(source, engine=COUNTED[0]) as native:
        optimise_all(native.module)
        assert native.call("main").value == "text"
        native.module.debug_build()
        assert native.call("main").value == "text"
        assert native.live_objects() == 0
