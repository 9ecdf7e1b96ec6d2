"""Machines that zyn did not compile: Python functions and C functions by address."""

import ctypes
import gc
import weakref

import pytest

from zyn.embed import (
    CallError,
    Promise,
    PromiseCancelled,
    PromiseFailed,
    PromiseState,
    Runtime,
    RuntimeClosed,
)

POLL = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)


class Countdown:
    """A state machine of the host's."""

    def __init__(self, left: int, result: int = 7) -> None:
        self.left = left
        self.result = result

    def poll(self) -> int:
        self.left -= 1
        return 0 if self.left > 0 else self.result


@pytest.mark.parametrize("result", [1, -1, 2**63 - 1, -(2**63)])
def test_a_python_machine_follows_the_convention_of_the_document(result: int) -> None:
    promise = Promise.from_poll_fn(Countdown(3, result), Countdown.poll)
    assert promise.poll() is PromiseState.Pending
    assert promise.poll() is PromiseState.Pending
    assert promise.poll() == PromiseState.Ready(result)
    assert promise.poll_count == 3


def test_a_c_machine_is_polled_by_address() -> None:
    counter = ctypes.c_int64(0)

    def poll(machine: int) -> int:
        cell = ctypes.c_int64.from_address(machine)
        cell.value += 1
        return cell.value * 10 if cell.value == 4 else 0

    callback = POLL(poll)
    function = ctypes.cast(callback, ctypes.c_void_p).value
    assert function is not None
    with Runtime() as runtime:
        promise = Promise.from_poll_fn(ctypes.addressof(counter), function, runtime=runtime)
        assert promise.await_result() == 40
        assert promise.poll_count == 4


def test_a_ctypes_function_is_a_callable() -> None:
    assert Promise.from_poll_fn(41, POLL(lambda machine: machine + 1)).await_result() == 42


def test_an_exception_is_the_failure_and_its_cause() -> None:
    def poll(_: object) -> int:
        raise KeyError("nothing here")

    promise = Promise.from_poll_fn(None, poll)
    with pytest.raises(PromiseFailed, match="KeyError: 'nothing here'") as caught:
        promise.await_result()
    assert caught.value.code == "foreign"
    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "returns an int, not NoneType"),
        (True, "returns an int, not bool"),
        (2**63, "no 64-bit integer"),
    ],
)
def test_an_answer_that_is_no_integer_is_a_failure(answer: int, message: str) -> None:
    with pytest.raises(PromiseFailed, match=message):
        Promise.from_poll_fn(None, lambda _: answer).await_result()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_is_no_ordinary_error_reaches_the_caller(error: type[BaseException]) -> None:
    def poll(_: object) -> int:
        raise error

    promise = Promise.from_poll_fn(None, poll)
    with pytest.raises(error):
        promise.poll()
    assert promise.is_completed


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(CallError, match="address of a C function or a Python callable"):
        Promise.from_poll_fn(1, "poll")  # type: ignore[arg-type]
    with pytest.raises(CallError, match="address of a C function or a Python callable"):
        Promise.from_poll_fn(1, True)
    with pytest.raises(CallError, match="needs the address of its state machine"):
        Promise.from_poll_fn(object(), 4096)
    with pytest.raises(CallError, match="null"):
        Promise.from_poll_fn(1, 0)


def test_a_program_awaits_a_foreign_machine() -> None:
    with Runtime() as runtime:
        runtime.load_module("async fn doubled(p: Promise<i64>) i64 { return 2 * await p; }")
        assert runtime.call("doubled", Promise.from_poll_fn(Countdown(4), Countdown.poll)) == 14


def test_the_machine_is_let_go_with_its_promise() -> None:
    with Runtime() as runtime:
        machine = Countdown(10)
        seen = weakref.ref(machine)
        promise = Promise.from_poll_fn(machine, Countdown.poll, runtime=runtime)
        promise.poll()
        del machine
        assert seen() is not None
        del promise
        gc.collect()
        runtime._native.run_until_idle()
        assert seen() is None
        assert runtime.live_objects == 0


def test_the_machine_is_let_go_when_it_ended() -> None:
    with Runtime() as runtime:
        machine = Countdown(1)
        seen = weakref.ref(machine)
        promise = Promise.from_poll_fn(machine, Countdown.poll, runtime=runtime)
        del machine
        assert promise.await_result() == 7
        assert seen() is None


def test_a_cancelled_machine_is_polled_no_more() -> None:
    machine = Countdown(100)
    with Runtime() as runtime:
        promise = Promise.from_poll_fn(machine, Countdown.poll, runtime=runtime)
        promise.poll()
        promise.cancel()
        with pytest.raises(PromiseCancelled):
            promise.await_result()
    assert machine.left == 99


def test_a_closed_runtime_takes_no_machine() -> None:
    runtime = Runtime()
    runtime.close()
    with pytest.raises(RuntimeClosed):
        Promise.from_poll_fn(None, lambda _: 1, runtime=runtime)


def test_a_machine_may_use_the_runtime_that_polls_it() -> None:
    with Runtime() as runtime:
        runtime.load_module("async fn one() i32 { await yield_now(); return 1; }")
        made: list[Promise] = []

        def poll(_: object) -> int:
            made.append(runtime.call_async("one"))
            gc.collect()
            return len(made) // 5

        assert Promise.from_poll_fn(None, poll, runtime=runtime).await_result() == 1
        assert [promise.await_result() for promise in made] == [1] * 5
