"""Laws about every program: tests whose one argument is a program that Hypothesis made."""

from collections.abc import Callable

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.support.generate import Generated, generate

# A program takes thousands of choices: making a strategy for each would take longer than they do.
_CHOICES = [st.integers(0, count - 1) for count in range(1, 40)]

Law = Callable[[Generated], None]


@st.composite
def _programs(draw: st.DrawFn) -> Generated:
    program = generate(lambda count: draw(_CHOICES[count - 1]))
    note(program.source)
    return program


def holds_for_programs(examples: int, *, afresh: bool = False) -> Callable[[Law], Law]:
    """Make a test of a law: it is called with so many programs, always the same or made afresh.

    One that fails is shrunk and printed like any failed example.
    """
    chosen = settings(
        max_examples=examples,
        derandomize=not afresh,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )

    def test_of(law: Law) -> Law:
        return chosen(given(_programs())(law))

    return test_of
