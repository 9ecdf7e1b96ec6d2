"""One program, four ways: the interpreter and the three builds must agree."""

import math
from collections.abc import Iterator
from typing import Any

from tests.support.arithmetic import Some
from tests.support.generate import Generated
from tests.support.interpreter import OutOfStepsError, Program
from tests.support.native import Native, Outcome
from tests.support.scheduler import DeadlockError, Failure
from zyn.driver.load import Engine
from zyn.driver.loader import Loader

BASELINE = Engine(check=True)


def differences(program: Generated, engine: Engine | Loader | None = None) -> Iterator[str]:
    """What does not agree, a sentence each; nothing for programs that cannot be interpreted."""
    expected = expectations(program)
    with Native(program.source, engine=engine) as native:
        yield from compared(native, "fast", expected)
        native.module.debug_build()
        yield from compared(native, "debug", expected)
    with Native(program.source, engine=BASELINE) as native:
        yield from compared(native, "baseline", expected)


def expectations(program: Generated) -> dict[str, Outcome]:
    """What the interpreter makes of each entry that it can run."""
    expected: dict[str, Outcome] = {}
    for entry in program.entries:
        try:
            expected[entry] = interpreted(program.source, entry)
        except (OutOfStepsError, RecursionError):
            continue  # too long, or too deep for an interpreter that is written in Python
    return expected


def compared(native: Native, build: str, expected: dict[str, Outcome]) -> Iterator[str]:
    """What does not agree with the interpreter, or is left over."""
    for entry, outcome in expected.items():
        found = native.call(entry)
        if not same(found, outcome):
            yield f"{entry}, {build} build: {found}, but the interpreter says {outcome}"
        alive = native.live_objects()
        if alive:
            yield f"{entry}, {build} build: {alive} objects are left over"


def interpreted(source: str, entry: str) -> Outcome:
    """What the interpreter makes of a call."""
    try:
        return Outcome("value", value=plain(Program(source).call(entry)))
    except Failure as failure:
        return Outcome(failure.code, failure.line, message=failure.message)
    except DeadlockError:
        return Outcome("deadlock")


def plain(value: Any) -> Any:
    """An interpreter's value as `Native` gives it."""
    if isinstance(value, Some):
        return (plain(value.value),)
    if isinstance(value, tuple):
        return tuple(plain(part) for part in value)
    return value


def same(one: Outcome, other: Outcome) -> bool:
    """Whether two calls ended alike; not-a-number equals itself, and 0.0 is not -0.0."""
    heads = (one.kind, one.line, one.message) == (other.kind, other.line, other.message)
    return heads and _equal(one.value, other.value)


def _equal(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, float):
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    return bool(one == other)
