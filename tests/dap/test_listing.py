"""Lists of tasks that the agent makes are those of a plain model."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import naive_tasks
from zyn.debug import tasks
from zyn.debug.model import TaskView
from zyn.debug.session import Session
from zyn.debug.target import STATES, Target
from zyn.debug.tasks import Wanted
from zyn.debug.wire import Task
from zyn.embed import Listener, Promise, Runtime, listen

PROGRAM = """
async fn sleeper(n: i32) i32 {
    await delay(1000000000);
    return n;
}

async fn deep(n: i32) i32 {
    if (n > 0) {
        return await deep(n - 1);
    }
    await pending();
    return n;
}

async fn outer(n: i32) i32 {
    if (n % 2 == 0) {
        return await inner(n);
    }
    const later = inner(n + 1);
    await yield_now();
    return await later;
}

async fn inner(n: i32) i32 {
    const queue: Channel<i32> = channel(1);
    if (n % 3 == 0) {
        await queue.send(n);
        await queue.send(n);
    }
    const got = await queue.recv_for(1000000000);
    queue.close();
    return n;
}

async fn Parent(n: i32) i32 {
    const first = spawn(sleeper(n));
    const second = spawn(deep(n));
    const third = spawn(done(n));
    return await first + await second + await third;
}

async fn orphans(n: i32) Promise<i32> {
    return spawn(outer(n));
}

async fn done(n: i32) i32 {
    return n;
}

async fn fails(n: i32) i32 {
    await yield_now();
    return n / (n - n);
}

async fn turn(n: i32) i32 {
    var i: i32 = 0;
    while (i < n) {
        i = i + 1;
        await yield_now();
    }
    return i;
}
"""
NAMES = ("sleeper", "deep", "outer", "inner", "Parent", "done", "fails")
TURNS = 12

one = st.tuples(st.sampled_from(NAMES), st.integers(0, 6))
made_ = st.lists(one, max_size=6) | st.lists(one, min_size=10, max_size=30)
filters = {
    "states": st.lists(st.sampled_from(STATES), max_size=3),
    "text": st.sampled_from(["", "E", "pare", "deep", "1", "#3", "#9", "é", "nothing"]),
    "parent": st.just(0) | st.integers(1, 40).map(lambda n: -n),
    "awaits": st.tuples(st.sampled_from(NAMES), st.none() | st.integers(1, 50)),
}
asked = st.one_of(
    st.fixed_dictionaries({}, optional=filters),
    *(st.fixed_dictionaries({name: of}) for name, of in filters.items()),
)
pages = st.tuples(asked, st.integers(0, 4) | st.integers(0, 40), st.none() | st.integers(0, 8))
acts_ = st.lists(
    st.tuples(st.sampled_from(["hold", "pause", "cancel"]), st.integers(0, 30)), max_size=4
)
Question = tuple[dict[str, object], int, int | None]


class Bench:
    """A runtime with a session attached to it, in this process."""

    def __init__(self, folder: Path) -> None:
        self.runner = asyncio.Runner()
        self.runtime = Runtime()
        file = folder / "listing.zyntax"
        file.write_text(PROGRAM, encoding="utf-8")
        self.runtime.load_file(file)
        self.listener: Listener = listen(runtime=self.runtime)
        self.session = Session()
        self.runner.run(self.session.attach("127.0.0.1", self.listener.port))

    @property
    def target(self) -> Target:
        target = self.session._target
        assert target is not None
        return target

    def close(self) -> None:
        self.runner.run(self.session.disconnect(terminate=False))
        self.listener.close()
        self.runtime.close()
        self.runner.close()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp("listing"))
    yield bench
    bench.close()


async def compare(target: Target, questions: list[Question]) -> None:
    assert await tasks.by_await(target) == await naive_tasks.by_await(target)
    every = await target.link.all_tasks(1000)
    for question, start, count in questions:
        wanted = meant(msgspec.convert(question, Wanted), every)
        expected, matching = await naive_tasks.page(target, wanted, start, count)
        found, total = await tasks.page(target, wanted, start, count)
        assert (total, [(one.id, one.children) for one in found]) == (
            matching,
            [(task.id, children) for task, children in expected],
        )
        for one, (task, children) in zip(found, expected, strict=True):
            alone = await tasks.view(target, task)
            assert timeless(one) == timeless(msgspec.structs.replace(alone, children=children))


def meant(wanted: Wanted, every: list[Task]) -> Wanted:
    """The question about tasks that are there: `-n` is the parent of some task, `#n` some id."""
    if wanted.parent is not None and wanted.parent < 0:
        parents = sorted({task.parent for task in every} | {task.id for task in every[:4]})
        parent = parents[-wanted.parent % len(parents)] if parents else 1
        wanted = msgspec.structs.replace(wanted, parent=parent)
    if wanted.text is not None and wanted.text.startswith("#"):
        id_ = every[int(wanted.text[1:]) % len(every)].id if every else 1
        wanted = msgspec.structs.replace(wanted, text=str(id_))
    return wanted


def timeless(view: TaskView) -> TaskView:
    """A view without the time that is left, which passes while we look."""
    waits = view.waits_for and re.sub(r"[0-9]+ ms", "some ms", view.waits_for)
    return msgspec.structs.replace(view, waits_for=waits)


async def act(session: Session, target: Target, wanted: list[tuple[str, int]]) -> None:
    every = await target.link.all_tasks(1000)
    alive = [task.id for task in every if STATES[task.state] in {"parked", "runnable", "pending"}]
    for what, which in wanted:
        if alive:
            task = alive[which % len(alive)]
            await {"hold": session.hold, "pause": session.pause, "cancel": session.cancel}[what](
                task
            )


@settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(made=made_, acts=acts_, questions=st.lists(pages, min_size=1, max_size=6))
def test_the_agent_lists_what_a_plain_model_lists(
    bench: Bench,
    made: list[tuple[str, int]],
    acts: list[tuple[str, int]],
    questions: list[Question],
) -> None:
    runtime, session = bench.runtime, bench.session
    promises: list[Promise] = [runtime.spawn(name, n) for name, n in made]
    try:
        bench.runner.run(compare(bench.target, questions))  # some were never polled
        assert runtime.call("turn", TURNS) == TURNS
        bench.runner.run(act(session, bench.target, acts))
        bench.runner.run(compare(bench.target, questions))
    finally:
        bench.runner.run(let_go(session, bench.target))
        for promise in promises:
            promise.cancel()
        promises.clear()
        assert runtime.call("turn", TURNS) == TURNS


async def let_go(session: Session, target: Target) -> None:
    for task in await target.link.all_tasks(1000):
        if task.held:
            await session.release(task.id)
    await session.resume(None)
