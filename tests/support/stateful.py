"""What the stateful tests of the runtime share: a runtime under virtual time, and its quiet.

How long they are is the profile's matter (tests/conftest.py): `ci` takes the same examples every
time, `prove` takes new ones, more and longer.  A system is dearer than most examples, so there
are half as many of them.
"""

import gc
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from zyn.embed import Promise, Runtime

# Turns after which nothing moves any more: more than a tree of tasks is deep, several times.
_ROUNDS = 64

_PROGRAM = """
async fn settle(rounds: i64) void {
    var left = rounds;
    while (left > 0) {
        await yield_now();
        left -= 1;
    }
}
async fn pass(ms: i64, rounds: i64) void {
    await sleep(ms);
    await settle(rounds);
}
"""


class RuntimeMachine(RuleBasedStateMachine):
    """A machine whose system is a runtime of one worker with a program, which stands still
    between rules: `settle` lets every task go on as far as it can without time."""

    program = ""

    def __init__(self) -> None:
        super().__init__()
        self.runtime: Runtime | None = None

    def begin(self, seed: int = 0) -> None:
        """Make the runtime; `seed` decides which task is polled next, 0: first come."""
        runtime = Runtime(clock="virtual", seed=seed)
        runtime.load_module(_PROGRAM + self.program)
        self.runtime = runtime

    def spawn(self, name: str, *args: object) -> Promise:
        """A function of the program as a task that has not begun."""
        assert self.runtime is not None
        return self.runtime.spawn(name, *args)

    def call(self, name: str, *args: object) -> Any:
        """The value of a function of the program."""
        assert self.runtime is not None
        return self.runtime.call(name, *args)

    def settle(self) -> None:
        """Run until nothing moves; virtual time stands."""
        self.call("settle", _ROUNDS)

    def pass_time(self, ms: int) -> None:
        """Run until so many milliseconds have passed, and nothing moves."""
        self.call("pass", ms, _ROUNDS)

    def now_ns(self) -> int:
        """The virtual clock."""
        assert self.runtime is not None
        return self.runtime._native.now_ns()

    def forget(self) -> None:
        """Drop every promise and handle that the machine holds."""

    def teardown(self) -> None:
        """Nothing that was made is alive when all was dropped."""
        if self.runtime is None:
            return
        try:
            self.forget()
            self.settle()
            if self.runtime.live_objects != 0:
                gc.collect()  # a tenth of a second, so only if a cycle keeps something
                self.settle()
            assert self.runtime.live_objects == 0
        finally:
            self.runtime.close()


def check_machine(machine: type[RuntimeMachine]) -> None:
    """Look for steps that break a machine's assertions."""
    examples = settings().max_examples // 2
    every = list(HealthCheck)
    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples, suppress_health_check=every)
    )
