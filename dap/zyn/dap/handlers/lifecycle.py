"""Beginning and ending: initialize, launch, attach, configurationDone, restart, terminate, leave.

The order that clients see: the response of initialize; `initialized`, once launch or attach found a
program that can be debugged; the response of launch; breakpoints; the response of
configurationDone; then whatever the program does.
"""

import asyncio
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import UNSET

from zyn.dap import custom, protocol
from zyn.dap.convert import Converter, client_of, is_file, optional_text
from zyn.dap.errors import AdapterError, Kind
from zyn.dap.registry import ANY, STARTED, request
from zyn.dap.state import Phase, State
from zyn.debug.link import LinkLost
from zyn.debug.model import ClockKind, DebugError, LaunchConfig, workers_of

CAPABILITIES = protocol.Capabilities(
    supports_configuration_done_request=True,
    supports_function_breakpoints=True,
    supports_conditional_breakpoints=True,
    supports_hit_conditional_breakpoints=True,
    supports_log_points=True,
    supports_breakpoint_locations_request=True,
    supports_evaluate_for_hovers=True,
    supports_clipboard_context=True,
    supports_set_variable=True,
    supports_set_expression=True,
    supports_completions_request=True,
    supports_exception_info_request=True,
    supports_delayed_stack_trace_loading=True,
    supports_loaded_sources_request=True,
    supports_modules_request=True,
    supports_restart_request=True,
    supports_terminate_request=True,
    supports_terminate_threads_request=True,
    support_terminate_debuggee=True,
    supports_cancel_request=True,
    supports_stepping_granularity=True,
    supports_single_thread_execution_requests=True,
    supports_read_memory_request=True,
    supports_write_memory_request=True,
    exception_breakpoint_filters=[
        protocol.ExceptionBreakpointsFilter(
            filter="failure",
            label="Task failures",
            description="Stop where a task fails.",
            default=True,
        ),
        protocol.ExceptionBreakpointsFilter(
            filter="deadlock",
            label="Deadlocks",
            description="Stop when no task can ever run again.",
            default=True,
        ),
    ],
)


@request("initialize", protocol.InitializeRequestArguments, when=frozenset({Phase.NEW}))
async def initialize(
    state: State, arguments: protocol.InitializeRequestArguments
) -> protocol.Capabilities:
    """Learn what the client can do, tell what the adapter can."""
    if arguments.path_format not in (UNSET, "path", "uri"):
        raise AdapterError(Kind.BAD_ARGUMENTS, "initialize: pathFormat is `path` or `uri`")
    state.converter = Converter(client_of(arguments))
    state.phase = Phase.READY
    return CAPABILITIES


@request("launch", custom.LaunchArguments, when=frozenset({Phase.READY}))
async def launch(state: State, arguments: custom.LaunchArguments) -> None:
    """Start a program as far as its first statement."""
    config = _config(state, arguments)
    if not is_file(config.program):
        raise AdapterError(Kind.LAUNCH, f"{config.program}: there is no such file")
    try:
        await state.engine.launch(config)
    except DebugError as error:
        _tasks_are_gone(state)
        raise AdapterError(Kind.LAUNCH, str(error)) from error
    state.config = config
    state.no_debug = arguments.no_debug is True
    state.saw_file(config.program)
    _ready(state, Path(config.program).name, "launch")


@request("attach", custom.AttachArguments, when=frozenset({Phase.READY}))
async def attach(state: State, arguments: custom.AttachArguments) -> None:
    """Join a process that called `zyn.embed.listen`."""
    host = "127.0.0.1" if arguments.host is UNSET else arguments.host
    try:
        token = None if arguments.token is UNSET else arguments.token
        await state.engine.attach(host, arguments.port, token)
    except DebugError as error:
        raise AdapterError(Kind.ATTACH, str(error)) from error
    state.attached = True
    _ready(state, f"{host}:{arguments.port}", "attach")


@request(
    "configurationDone",
    protocol.ConfigurationDoneArguments,
    when=frozenset({Phase.CONFIGURING}),
)
async def configuration_done(state: State, _arguments: protocol.ConfigurationDoneArguments) -> None:
    """Every breakpoint is set: let the program run."""
    state.phase = Phase.RUNNING
    try:
        await state.engine.configuration_done()
    except DebugError:
        if state.phase is Phase.RUNNING:
            state.phase = Phase.CONFIGURING
        raise


@request("restart", protocol.RestartArguments, when=STARTED)
async def restart(state: State, arguments: protocol.RestartArguments) -> None:
    """Run the program again with the same configuration and breakpoints.

    Not by the engine's own restart: the end of the old program has to be told from that of the
    new one, which may come at once.
    """
    if state.attached:
        raise AdapterError(Kind.REFUSED, "an attached process cannot be restarted")
    if arguments.arguments not in (UNSET, None) and _differs(state, arguments.arguments):
        state.emit(
            "output",
            protocol.OutputEventBody(
                category="console",
                output="restart keeps the configuration that the session was launched with\n",
            ),
        )
    was_running = state.phase is not Phase.ENDED
    _tasks_are_gone(state)
    state.converter.forget_texts()
    if was_running:
        state.restarting = asyncio.Event()
        try:
            await state.engine.terminate()
            await state.restarting.wait()
        finally:
            state.restarting = None
        state.phase = Phase.ENDED
    assert state.config is not None
    try:
        await state.engine.launch(state.config)
        state.phase = Phase.RUNNING
        await state.engine.configuration_done()
    except LinkLost as error:
        raise AdapterError(Kind.LAUNCH, str(error)) from error  # how it ended is told by `exited`
    except DebugError as error:
        state.phase = Phase.ENDED
        state.emit("terminated", protocol.TerminatedEventBody())
        raise AdapterError(Kind.LAUNCH, str(error)) from error


@request("terminate", protocol.TerminateArguments, when=STARTED)
async def terminate(state: State, _arguments: protocol.TerminateArguments) -> None:
    """End the program; `exited` and `terminated` follow when it is gone."""
    if state.phase is not Phase.ENDED:
        await state.engine.terminate()


@request("disconnect", protocol.DisconnectArguments, when=ANY)
async def disconnect(state: State, arguments: protocol.DisconnectArguments) -> None:
    """End the session: a launched program with it, an attached one only when asked to."""
    state.leaving = True
    if state.phase in STARTED:
        asked = arguments.terminate_debuggee
        terminate = (not state.attached) if asked is UNSET else asked
        await state.engine.disconnect(terminate=terminate)


@request("loadedSources", protocol.LoadedSourcesArguments, when=STARTED)
async def loaded_sources(
    state: State, _arguments: protocol.LoadedSourcesArguments
) -> protocol.LoadedSourcesResponseBody:
    """The files that the program is known to be made of."""
    sources = [
        protocol.Source(name=Path(file).name, path=state.converter.path_out(file))
        for file in state.files
    ]
    return protocol.LoadedSourcesResponseBody(sources=sources)


@request("modules", protocol.ModulesArguments, when=STARTED)
async def modules(
    state: State, arguments: protocol.ModulesArguments
) -> protocol.ModulesResponseBody:
    """One module for each file."""
    everything = [
        protocol.Module(
            id=file, name=Path(file).stem, path=state.converter.path_out(file), is_user_code=True
        )
        for file in state.files
    ]
    start = 0 if arguments.start_module is UNSET else max(arguments.start_module, 0)
    count = 0 if arguments.module_count is UNSET else max(arguments.module_count, 0)
    page = everything[start : start + count] if count else everything[start:]
    return protocol.ModulesResponseBody(modules=page, total_modules=len(everything))


@request("cancel", protocol.CancelArguments, when=ANY)
async def cancel(_state: State, _arguments: protocol.CancelArguments) -> None:
    """Answered when it arrives, by the session; what is left to do here is to say yes."""


def _tasks_are_gone(state: State) -> None:
    """Nothing of the program is left, or of the one whose launch failed."""
    for task in sorted(state.announced):
        state.emit("thread", protocol.ThreadEventBody(reason="exited", thread_id=task))
    state.program_gone()


def _config(state: State, arguments: custom.LaunchArguments) -> LaunchConfig:
    program = state.converter.path_in(arguments.program)
    if not program:
        raise AdapterError(Kind.BAD_ARGUMENTS, "launch: the program is empty")
    workers = workers_of(1 if arguments.workers is UNSET else arguments.workers)
    ordered = "seed" if arguments.seed else "virtual clock" if arguments.clock == "virtual" else ""
    if workers > 1 and ordered:
        text = f"launch: a {ordered} means one order, and that means one worker"
        raise AdapterError(Kind.BAD_ARGUMENTS, text)
    clock: ClockKind = "virtual" if workers == 1 else "real"
    return LaunchConfig(
        program=str(Path(program).absolute()),
        call=optional_text(arguments.call),
        args=() if arguments.args is UNSET else tuple(arguments.args),
        stop_on_entry=arguments.stop_on_entry is True and arguments.no_debug is not True,
        language=optional_text(arguments.language),
        clock=clock if arguments.clock is UNSET else arguments.clock,
        seed=0 if arguments.seed is UNSET else arguments.seed,
        workers=workers,
        non_stop=arguments.non_stop is True,
        env={} if arguments.env is UNSET else arguments.env,
    )


def _ready(state: State, name: str, method: Literal["launch", "attach"]) -> None:
    """The program is there: the client may set its breakpoints."""
    state.phase = Phase.CONFIGURING
    state.emit_first(
        "process",
        protocol.ProcessEventBody(name=name, is_local_process=True, start_method=method),
    )
    state.emit_first("initialized")


def _differs(state: State, arguments: object) -> bool:
    """Whether a restart names another configuration than the one that runs."""
    try:
        wanted = _config(state, msgspec.convert(arguments, custom.LaunchArguments))
    except (msgspec.ValidationError, AdapterError):
        return True
    return wanted != state.config
