"""What zyn adds to the protocol: requests and events named `zyn/...`, and members of its own.

`docs/protocol/zyn-dap.schema.json` is made from these types by dev/gen_dap_schema.py, with the
descriptions given here.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from zyn.dap import protocol
from zyn.dap.protocol import Natural
from zyn.runtime.cores import WORKERS_MAX

TaskState = Literal[
    "pending", "runnable", "running", "parked", "held", "completed", "failed", "cancelled"
]
Seed = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Workers = Annotated[int, Meta(ge=0, le=WORKERS_MAX)]
ThreadId = Annotated[protocol.Int32, Meta(description="A task, by its thread id.")]


class LaunchArguments(protocol.LaunchRequestArguments, kw_only=True, rename="camel"):
    """Arguments of `launch`."""

    program: Annotated[str, Meta(description="The file to run.")]
    call: Annotated[
        str | UnsetType,
        Meta(description="`NAME(ARGS)` in the language of the program; `main()` when absent."),
    ] = UNSET
    args: Annotated[
        list[str] | UnsetType, Meta(description="Arguments of the process of the program.")
    ] = UNSET
    stop_on_entry: Annotated[
        bool | UnsetType, Meta(description="Stop before the first statement.")
    ] = UNSET
    language: Annotated[
        str | UnsetType, Meta(description="Language id; found from the file name when absent.")
    ] = UNSET
    clock: Annotated[
        Literal["virtual", "real"] | UnsetType,
        Meta(
            description="Whether timers wait in real time; virtual when absent, real with several "
            "workers."
        ),
    ] = UNSET
    seed: Annotated[
        Seed | UnsetType, Meta(description="Seed of everything random; 0 when absent.")
    ] = UNSET
    workers: Annotated[
        Workers | UnsetType,
        Meta(
            description="How many threads run the tasks, 0: one for each core; 1 when absent. More "
            "than one means a real clock and no seed."
        ),
    ] = UNSET
    non_stop: Annotated[
        bool | UnsetType, Meta(description="A stop of one task leaves the others running.")
    ] = UNSET
    env: Annotated[
        dict[str, str] | UnsetType, Meta(description="Added to the environment of the program.")
    ] = UNSET


class AttachArguments(protocol.AttachRequestArguments, kw_only=True, rename="camel"):
    """Arguments of `attach`."""

    port: Annotated[int, Meta(ge=1, le=65535, description="Where `zyn.embed.listen` listens.")]
    host: Annotated[str | UnsetType, Meta(description="127.0.0.1 when absent.")] = UNSET
    token: Annotated[
        str | UnsetType,
        Meta(description="`Listener.token`; not needed for a process of the same user."),
    ] = UNSET


class StepArguments(Struct, kw_only=True, rename="camel"):
    """Arguments of `zyn/step`: let a stopped task go to its next await, poll or statement."""

    thread_id: ThreadId
    granularity: Literal["await", "poll", "statement"]
    single_thread: Annotated[
        bool | UnsetType, Meta(description="Leave other stopped tasks where they are.")
    ] = UNSET


class AwaitPlace(Struct, kw_only=True, rename="camel"):
    """An await, as an `AwaitGroup` has it."""

    function: str
    line: int | UnsetType = UNSET


class TasksArguments(Struct, kw_only=True, rename="camel"):
    """Arguments of `zyn/tasks`: a page of all tasks, most interesting first."""

    start: Annotated[Natural | UnsetType, Meta(description="Tasks to leave out.")] = UNSET
    count: Annotated[
        Natural | UnsetType, Meta(description="Tasks to give; all when absent or 0.")
    ] = UNSET
    states: Annotated[
        list[TaskState] | UnsetType, Meta(description="Only tasks in one of these states.")
    ] = UNSET
    filter: Annotated[
        str | UnsetType, Meta(description="Only tasks whose name contains this text.")
    ] = UNSET
    parent: Annotated[
        Natural | UnsetType,
        Meta(description="Only tasks that this one spawned; 0: those whose parent is not known."),
    ] = UNSET
    awaits: Annotated[
        AwaitPlace | UnsetType, Meta(description="Only tasks that are parked at this await.")
    ] = UNSET
    group_by: Annotated[
        Literal["await"] | UnsetType,
        Meta(description="Also give the parked tasks grouped by the line where they wait."),
    ] = UNSET


class Task(Struct, kw_only=True, rename="camel"):
    """A task.  What is not known is absent."""

    id: Annotated[int, Meta(description="Its thread id.")]
    name: str
    state: TaskState
    held: bool
    function: str
    polls: int
    wakes: int
    stopped: Annotated[
        Literal["breakpoint", "step", "pause", "entry", "exception", "deadlock"] | UnsetType,
        Meta(description="Why the debugger stopped it; absent when it is not stopped."),
    ] = UNSET
    parent: Annotated[int | UnsetType, Meta(description="The task that spawned it.")] = UNSET
    source: protocol.Source | UnsetType = UNSET
    line: Annotated[int | UnsetType, Meta(description="Where it runs or waits.")] = UNSET
    await_state: Annotated[
        int | UnsetType, Meta(description="Suspension point of the innermost waiting frame.")
    ] = UNSET
    waits_for: str | UnsetType = UNSET
    parked_since_ns: Annotated[
        int | UnsetType, Meta(description="Time of the clock of the program.")
    ] = UNSET
    woken_by: Annotated[int | UnsetType, Meta(description="The task that woke it last.")] = UNSET
    spawned_at: Annotated[int | UnsetType, Meta(description="The line of the spawn.")] = UNSET
    error: str | UnsetType = UNSET
    cancelling: Annotated[
        bool | UnsetType, Meta(description="Present when it was cancelled and has not ended yet.")
    ] = UNSET
    children: Annotated[
        int | UnsetType,
        Meta(description="Tasks that it spawned and that are known; in answers to `zyn/tasks`."),
    ] = UNSET


class AwaitGroup(Struct, kw_only=True, rename="camel"):
    """Tasks that are parked at the same await."""

    function: str
    count: int
    tasks: Annotated[list[int], Meta(description="The first few of them, by thread id.")]
    line: int | UnsetType = UNSET
    source: protocol.Source | UnsetType = UNSET
    oldest_since_ns: Annotated[
        int | UnsetType, Meta(description="When the one that waits longest began to.")
    ] = UNSET


class TasksResponseBody(Struct, kw_only=True, rename="camel"):
    """Body of the answer to `zyn/tasks`."""

    tasks: list[Task]
    total: Annotated[int, Meta(description="How many tasks match, shown or not.")]
    groups: list[AwaitGroup] | UnsetType = UNSET
    now_ns: Annotated[
        int | UnsetType, Meta(description="Time of the clock of the program; with `groups`.")
    ] = UNSET


class TraceArguments(Struct, kw_only=True, rename="camel"):
    """Arguments of `zyn/trace`: the polls of all tasks, in their order."""

    start: Annotated[Natural | UnsetType, Meta(description="Number of the first poll.")] = UNSET
    count: Annotated[Natural | UnsetType, Meta(description="Polls to give; 1000 when absent.")] = (
        UNSET
    )


class Wake(Struct, kw_only=True, rename="camel"):
    """What made a task runnable; of several between two polls the first."""

    at_ns: Annotated[int, Meta(description="Time of the clock of the program.")]
    by: Annotated[
        Literal["task", "timer", "outside"],
        Meta(description="`outside`: IO, the host, or a debugger."),
    ]
    task: Annotated[int | UnsetType, Meta(description="The task that did it; with `task`.")] = UNSET


class Poll(Struct, kw_only=True, rename="camel"):
    """One poll of one task."""

    task: int
    function: Annotated[str, Meta(description="The function of the task.")]
    begin_ns: Annotated[int, Meta(description="Time of the clock of the program.")]
    length_ns: Annotated[int, Meta(description="Real time.")]
    state_before: Annotated[int, Meta(description="The state word; 0 when it had not started.")]
    state_after: int
    wake: Annotated[
        Wake | UnsetType, Meta(description="Absent when nobody had to wake it: its first poll.")
    ] = UNSET


class TraceResponseBody(Struct, kw_only=True, rename="camel"):
    """Body of the answer to `zyn/trace`."""

    polls: list[Poll]
    start: Annotated[int, Meta(description="Number of the first poll given; older ones are lost.")]


class Worker(Struct, kw_only=True, rename="camel"):
    """Counters of one worker since the beginning; `queued` is as of now."""

    name: Annotated[str, Meta(description="`worker 1`, or `host` beside several workers.")]
    polls: int
    steals: Annotated[int, Meta(description="Fresh tasks taken from other workers.")]
    given: Annotated[int, Meta(description="Tasks handed to other workers.")]
    parks: Annotated[int, Meta(description="Times it found nothing to do and went to sleep.")]
    wakes: int
    queued: Annotated[int, Meta(description="Tasks that are runnable.")]


class RuntimeResponseBody(Struct, kw_only=True, rename="camel"):
    """Body of the answer to `zyn/runtime`."""

    clock: Annotated[str, Meta(description="`virtual` or `real`.")]
    now_ns: int
    timers: Annotated[int, Meta(description="How many are set.")]
    live_objects: int
    live_bytes: int
    workers: list[Worker]


class TaskArguments(Struct, kw_only=True, rename="camel"):
    """Arguments of `zyn/hold`, `zyn/resume`, `zyn/wake` and `zyn/cancelTask`."""

    thread_id: ThreadId


class TaskChangedEventBody(Struct, kw_only=True, rename="camel"):
    """Body of the event `zyn/taskChanged`: a task was made, changed its state or ended."""

    task: Task


class FrameField(Struct, kw_only=True, rename="camel"):
    """Where a variable lies in the frame of its async function, or why it has no value."""

    offset: Annotated[int | UnsetType, Meta(description="Bytes from the state word.")] = UNSET
    size: int | UnsetType = UNSET
    raw: Annotated[str | UnsetType, Meta(description="Its bytes in hexadecimal.")] = UNSET
    absent: Annotated[str | UnsetType, Meta(description="Why there is no value.")] = UNSET


class Variable(protocol.Variable, kw_only=True, rename="camel"):
    """A variable of the protocol with one more member for fields of a state machine."""

    zyn: FrameField | UnsetType = UNSET
