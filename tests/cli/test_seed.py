"""The numbered examples of the document give the document's answers.

The source text is read from the document and run by `zyn run --call`.
"""

from pathlib import Path

import pytest

from tests.support.cli import run_zyn
from tests.support.seed import functions, section
from zyn.embed import PromiseAll, Runtime

BASIC = ("Basic Async Call", "Manual Polling")
COMBINATORS = ("PromiseAll - Wait for All", "PromiseRace - First to Complete")

EXAMPLES = [
    (*BASIC, "compute(21)", "42"),
    ("Example 1: Async Loops with State", "Example 2", "sum_range(100)", "5050"),
    ("Example 2: Await Inside Loops", "Example 3", "sum_doubled(5)", "30"),
    ("Example 3: Chained Async Calls", "Example 4", "step3(5)", "35"),
    ("Example 4: Long-Running Process with Await", "Example 5", "add_to_sum(50)", "1375"),
    (
        "Example 5: Multiple Parameters",
        "Promise Combinators",
        "sum_with_multiplier(1, 5, 2)",
        "30",
    ),
    ("Async Computation Pipeline (Legacy Example)", "Debugging Async", "pipeline(5)", "30"),
]


@pytest.mark.parametrize(("title", "end", "call", "answer"), EXAMPLES, ids=lambda text: text)
def test_an_example_of_the_document(
    title: str, end: str, call: str, answer: str, tmp_path: Path
) -> None:
    program = tmp_path / "example.zyntax"
    program.write_text(functions(section(title, end)), encoding="utf-8")

    ran = run_zyn("run", program, "--call", call)

    assert (ran.stdout, ran.returncode) == (f"{answer}\n", 0), ran.stderr
    warned = "warning[implicit-await]" in ran.stderr
    assert warned == call.startswith("pipeline"), ran.stderr


def test_the_combinator_example_of_the_document() -> None:
    with Runtime() as runtime:
        runtime.load_module(functions(section(*COMBINATORS)))
        promises = [
            runtime.call_async("compute", 5),
            runtime.call_async("compute", 10),
            runtime.call_async("sum_range", 100),
        ]
        assert PromiseAll(promises).await_all() == [10, 20, 5050]


def test_what_is_generated_has_the_names_of_the_document() -> None:
    source = functions(section("Example 2: Await Inside Loops", "Example 3"))
    with Runtime() as runtime:
        generated = runtime.load_module("zyntax", source)
    assert generated == ["double", "__double_poll", "sum_doubled", "__sum_doubled_poll"]
