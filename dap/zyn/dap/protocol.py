"""The messages of the Debug Adapter Protocol as msgspec structs.

Written by dev/gen_dap.py from the protocol's JSON schema; do not edit.  Absent optional fields are
UNSET, unknown fields are ignored, and a value of the wrong type is refused with its path.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
UInt32 = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Natural = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Positive = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Integer = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class AttachRequestArguments(Struct, kw_only=True, rename="camel"):
    restart: Any = field(default=UNSET, name="__restart")


ChecksumAlgorithm = Literal["MD5", "SHA1", "SHA256", "timestamp"]


class Checksum(Struct, kw_only=True, rename="camel"):
    algorithm: ChecksumAlgorithm
    checksum: str


class Source(Struct, kw_only=True, rename="camel"):
    name: str | UnsetType = UNSET
    path: str | UnsetType = UNSET
    source_reference: Natural | UnsetType = UNSET
    presentation_hint: Literal["normal", "emphasize", "deemphasize"] | UnsetType = UNSET
    origin: str | UnsetType = UNSET
    sources: list["Source"] | UnsetType = UNSET
    adapter_data: Any = UNSET
    checksums: list[Checksum] | UnsetType = UNSET


class Breakpoint(Struct, kw_only=True, rename="camel"):
    id: Int32 | UnsetType = UNSET
    verified: bool
    message: str | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    line: Integer | UnsetType = UNSET
    column: Integer | UnsetType = UNSET
    end_line: Integer | UnsetType = UNSET
    end_column: Integer | UnsetType = UNSET
    instruction_reference: str | UnsetType = UNSET
    offset: Integer | UnsetType = UNSET
    reason: Literal["pending", "failed"] | UnsetType = UNSET


class BreakpointEventBody(Struct, kw_only=True, rename="camel"):
    reason: str
    breakpoint: Breakpoint


class BreakpointLocation(Struct, kw_only=True, rename="camel"):
    line: Integer
    column: Integer | UnsetType = UNSET
    end_line: Integer | UnsetType = UNSET
    end_column: Integer | UnsetType = UNSET


class BreakpointLocationsArguments(Struct, kw_only=True, rename="camel"):
    source: Source
    line: Integer
    column: Integer | UnsetType = UNSET
    end_line: Integer | UnsetType = UNSET
    end_column: Integer | UnsetType = UNSET


class BreakpointLocationsResponseBody(Struct, kw_only=True, rename="camel"):
    breakpoints: list[BreakpointLocation]


BreakpointModeApplicability = str


class BreakpointMode(Struct, kw_only=True, rename="camel"):
    mode: str
    label: str
    description: str | UnsetType = UNSET
    applies_to: list[BreakpointModeApplicability]


class CancelArguments(Struct, kw_only=True, rename="camel"):
    request_id: Positive | UnsetType = UNSET
    progress_id: str | UnsetType = UNSET


class ExceptionBreakpointsFilter(Struct, kw_only=True, rename="camel"):
    filter: str
    label: str
    description: str | UnsetType = UNSET
    default: bool | UnsetType = UNSET
    supports_condition: bool | UnsetType = UNSET
    condition_description: str | UnsetType = UNSET


class ColumnDescriptor(Struct, kw_only=True, rename="camel"):
    attribute_name: str
    label: str
    format: str | UnsetType = UNSET
    type: Literal["string", "number", "boolean", "unixTimestampUTC"] | UnsetType = UNSET
    width: UInt32 | UnsetType = UNSET


class Capabilities(Struct, kw_only=True, rename="camel"):
    supports_configuration_done_request: bool | UnsetType = UNSET
    supports_function_breakpoints: bool | UnsetType = UNSET
    supports_conditional_breakpoints: bool | UnsetType = UNSET
    supports_hit_conditional_breakpoints: bool | UnsetType = UNSET
    supports_evaluate_for_hovers: bool | UnsetType = UNSET
    exception_breakpoint_filters: list[ExceptionBreakpointsFilter] | UnsetType = UNSET
    supports_step_back: bool | UnsetType = UNSET
    supports_set_variable: bool | UnsetType = UNSET
    supports_restart_frame: bool | UnsetType = UNSET
    supports_goto_targets_request: bool | UnsetType = UNSET
    supports_step_in_targets_request: bool | UnsetType = UNSET
    supports_completions_request: bool | UnsetType = UNSET
    completion_trigger_characters: list[str] | UnsetType = UNSET
    supports_modules_request: bool | UnsetType = UNSET
    additional_module_columns: list[ColumnDescriptor] | UnsetType = UNSET
    supported_checksum_algorithms: list[ChecksumAlgorithm] | UnsetType = UNSET
    supports_restart_request: bool | UnsetType = UNSET
    supports_exception_options: bool | UnsetType = UNSET
    supports_value_formatting_options: bool | UnsetType = UNSET
    supports_exception_info_request: bool | UnsetType = UNSET
    support_terminate_debuggee: bool | UnsetType = UNSET
    support_suspend_debuggee: bool | UnsetType = UNSET
    supports_delayed_stack_trace_loading: bool | UnsetType = UNSET
    supports_loaded_sources_request: bool | UnsetType = UNSET
    supports_log_points: bool | UnsetType = UNSET
    supports_terminate_threads_request: bool | UnsetType = UNSET
    supports_set_expression: bool | UnsetType = UNSET
    supports_terminate_request: bool | UnsetType = UNSET
    supports_data_breakpoints: bool | UnsetType = UNSET
    supports_read_memory_request: bool | UnsetType = UNSET
    supports_write_memory_request: bool | UnsetType = UNSET
    supports_disassemble_request: bool | UnsetType = UNSET
    supports_cancel_request: bool | UnsetType = UNSET
    supports_breakpoint_locations_request: bool | UnsetType = UNSET
    supports_clipboard_context: bool | UnsetType = UNSET
    supports_stepping_granularity: bool | UnsetType = UNSET
    supports_instruction_breakpoints: bool | UnsetType = UNSET
    supports_exception_filter_options: bool | UnsetType = UNSET
    supports_single_thread_execution_requests: bool | UnsetType = UNSET
    supports_data_breakpoint_bytes: bool | UnsetType = UNSET
    breakpoint_modes: list[BreakpointMode] | UnsetType = UNSET
    supports_ansi_styling: bool | UnsetType = field(default=UNSET, name="supportsANSIStyling")


class CapabilitiesEventBody(Struct, kw_only=True, rename="camel"):
    capabilities: Capabilities


CompletionItemType = Literal[
    "method",
    "function",
    "constructor",
    "field",
    "variable",
    "class",
    "interface",
    "module",
    "property",
    "unit",
    "value",
    "enum",
    "keyword",
    "snippet",
    "text",
    "color",
    "file",
    "reference",
    "customcolor",
]


class CompletionItem(Struct, kw_only=True, rename="camel"):
    label: str
    text: str | UnsetType = UNSET
    sort_text: str | UnsetType = UNSET
    detail: str | UnsetType = UNSET
    type: CompletionItemType | UnsetType = UNSET
    start: UInt32 | UnsetType = UNSET
    length: UInt32 | UnsetType = UNSET
    selection_start: UInt32 | UnsetType = UNSET
    selection_length: UInt32 | UnsetType = UNSET


class CompletionsArguments(Struct, kw_only=True, rename="camel"):
    frame_id: Int32 | UnsetType = UNSET
    text: str
    column: Integer
    line: Integer | UnsetType = UNSET


class CompletionsResponseBody(Struct, kw_only=True, rename="camel"):
    targets: list[CompletionItem]


class ConfigurationDoneArguments(Struct, kw_only=True, rename="camel"):
    pass


class ContinueArguments(Struct, kw_only=True, rename="camel"):
    thread_id: Int32
    single_thread: bool | UnsetType = UNSET


class ContinueResponseBody(Struct, kw_only=True, rename="camel"):
    all_threads_continued: bool | UnsetType = UNSET


class ContinuedEventBody(Struct, kw_only=True, rename="camel"):
    thread_id: Int32
    all_threads_continued: bool | UnsetType = UNSET


DataBreakpointAccessType = Literal["read", "write", "readWrite"]


class DataBreakpoint(Struct, kw_only=True, rename="camel"):
    data_id: str
    access_type: DataBreakpointAccessType | UnsetType = UNSET
    condition: str | UnsetType = UNSET
    hit_condition: str | UnsetType = UNSET


class DataBreakpointInfoArguments(Struct, kw_only=True, rename="camel"):
    variables_reference: Natural | UnsetType = UNSET
    name: str
    frame_id: Int32 | UnsetType = UNSET
    bytes: UInt32 | UnsetType = UNSET
    as_address: bool | UnsetType = UNSET
    mode: str | UnsetType = UNSET


class DataBreakpointInfoResponseBody(Struct, kw_only=True, rename="camel"):
    data_id: str | None
    description: str
    access_types: list[DataBreakpointAccessType] | UnsetType = UNSET
    can_persist: bool | UnsetType = UNSET


class DisassembleArguments(Struct, kw_only=True, rename="camel"):
    memory_reference: str
    offset: Integer | UnsetType = UNSET
    instruction_offset: Integer | UnsetType = UNSET
    instruction_count: UInt32
    resolve_symbols: bool | UnsetType = UNSET


class DisassembledInstruction(Struct, kw_only=True, rename="camel"):
    address: str
    instruction_bytes: str | UnsetType = UNSET
    instruction: str
    symbol: str | UnsetType = UNSET
    location: Source | UnsetType = UNSET
    line: Integer | UnsetType = UNSET
    column: Integer | UnsetType = UNSET
    end_line: Integer | UnsetType = UNSET
    end_column: Integer | UnsetType = UNSET
    presentation_hint: Literal["normal", "invalid"] | UnsetType = UNSET


class DisassembleResponseBody(Struct, kw_only=True, rename="camel"):
    instructions: list[DisassembledInstruction]


class DisconnectArguments(Struct, kw_only=True, rename="camel"):
    restart: bool | UnsetType = UNSET
    terminate_debuggee: bool | UnsetType = UNSET
    suspend_debuggee: bool | UnsetType = UNSET


class Message(Struct, kw_only=True, rename="camel"):
    id: Int32
    format: str
    variables: dict[str, str] | UnsetType = UNSET
    send_telemetry: bool | UnsetType = UNSET
    show_user: bool | UnsetType = UNSET
    url: str | UnsetType = UNSET
    url_label: str | UnsetType = UNSET


class ErrorResponseBody(Struct, kw_only=True, rename="camel"):
    error: Message | UnsetType = UNSET


class ValueFormat(Struct, kw_only=True, rename="camel"):
    hex: bool | UnsetType = UNSET


class EvaluateArguments(Struct, kw_only=True, rename="camel"):
    expression: str
    frame_id: Int32 | UnsetType = UNSET
    line: Integer | UnsetType = UNSET
    column: Integer | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    context: str | UnsetType = UNSET
    format: ValueFormat | UnsetType = UNSET


class VariablePresentationHint(Struct, kw_only=True, rename="camel"):
    kind: str | UnsetType = UNSET
    attributes: list[str] | UnsetType = UNSET
    visibility: str | UnsetType = UNSET
    lazy: bool | UnsetType = UNSET


class EvaluateResponseBody(Struct, kw_only=True, rename="camel"):
    result: str
    type: str | UnsetType = UNSET
    presentation_hint: VariablePresentationHint | UnsetType = UNSET
    variables_reference: Natural
    named_variables: Natural | UnsetType = UNSET
    indexed_variables: Natural | UnsetType = UNSET
    memory_reference: str | UnsetType = UNSET
    value_location_reference: Int32 | UnsetType = UNSET


class Event(Struct, kw_only=True, rename="camel"):
    seq: Positive
    type: Literal["event"]
    event: str
    body: Any = UNSET


ExceptionBreakMode = Literal["never", "always", "unhandled", "userUnhandled"]


class ExceptionDetails(Struct, kw_only=True, rename="camel"):
    message: str | UnsetType = UNSET
    type_name: str | UnsetType = UNSET
    full_type_name: str | UnsetType = UNSET
    evaluate_name: str | UnsetType = UNSET
    stack_trace: str | UnsetType = UNSET
    inner_exception: list["ExceptionDetails"] | UnsetType = UNSET


class ExceptionFilterOptions(Struct, kw_only=True, rename="camel"):
    filter_id: str
    condition: str | UnsetType = UNSET
    mode: str | UnsetType = UNSET


class ExceptionInfoArguments(Struct, kw_only=True, rename="camel"):
    thread_id: Int32


class ExceptionInfoResponseBody(Struct, kw_only=True, rename="camel"):
    exception_id: str
    description: str | UnsetType = UNSET
    break_mode: ExceptionBreakMode
    details: ExceptionDetails | UnsetType = UNSET


class ExceptionPathSegment(Struct, kw_only=True, rename="camel"):
    negate: bool | UnsetType = UNSET
    names: list[str]


class ExceptionOptions(Struct, kw_only=True, rename="camel"):
    path: list[ExceptionPathSegment] | UnsetType = UNSET
    break_mode: ExceptionBreakMode


class ExitedEventBody(Struct, kw_only=True, rename="camel"):
    exit_code: Int32


class FunctionBreakpoint(Struct, kw_only=True, rename="camel"):
    name: str
    condition: str | UnsetType = UNSET
    hit_condition: str | UnsetType = UNSET


class GotoArguments(Struct, kw_only=True, rename="camel"):
    thread_id: Int32
    target_id: Int32


class GotoTarget(Struct, kw_only=True, rename="camel"):
    id: Int32
    label: str
    line: Integer
    column: Integer | UnsetType = UNSET
    end_line: Integer | UnsetType = UNSET
    end_column: Integer | UnsetType = UNSET
    instruction_pointer_reference: str | UnsetType = UNSET


class GotoTargetsArguments(Struct, kw_only=True, rename="camel"):
    source: Source
    line: Integer
    column: Integer | UnsetType = UNSET


class GotoTargetsResponseBody(Struct, kw_only=True, rename="camel"):
    targets: list[GotoTarget]


class InitializeRequestArguments(Struct, kw_only=True, rename="camel"):
    client_id: str | UnsetType = field(default=UNSET, name="clientID")
    client_name: str | UnsetType = UNSET
    adapter_id: str = field(name="adapterID")
    locale: str | UnsetType = UNSET
    lines_start_at1: bool | UnsetType = UNSET
    columns_start_at1: bool | UnsetType = UNSET
    path_format: str | UnsetType = UNSET
    supports_variable_type: bool | UnsetType = UNSET
    supports_variable_paging: bool | UnsetType = UNSET
    supports_run_in_terminal_request: bool | UnsetType = UNSET
    supports_memory_references: bool | UnsetType = UNSET
    supports_progress_reporting: bool | UnsetType = UNSET
    supports_invalidated_event: bool | UnsetType = UNSET
    supports_memory_event: bool | UnsetType = UNSET
    supports_args_can_be_interpreted_by_shell: bool | UnsetType = UNSET
    supports_start_debugging_request: bool | UnsetType = UNSET
    supports_ansi_styling: bool | UnsetType = field(default=UNSET, name="supportsANSIStyling")


class InstructionBreakpoint(Struct, kw_only=True, rename="camel"):
    instruction_reference: str
    offset: Integer | UnsetType = UNSET
    condition: str | UnsetType = UNSET
    hit_condition: str | UnsetType = UNSET
    mode: str | UnsetType = UNSET


InvalidatedAreas = str


class InvalidatedEventBody(Struct, kw_only=True, rename="camel"):
    areas: list[InvalidatedAreas] | UnsetType = UNSET
    thread_id: Int32 | UnsetType = UNSET
    stack_frame_id: Int32 | UnsetType = UNSET


class LaunchRequestArguments(Struct, kw_only=True, rename="camel"):
    no_debug: bool | UnsetType = UNSET
    restart: Any = field(default=UNSET, name="__restart")


class LoadedSourceEventBody(Struct, kw_only=True, rename="camel"):
    reason: Literal["new", "changed", "removed"]
    source: Source


class LoadedSourcesArguments(Struct, kw_only=True, rename="camel"):
    pass


class LoadedSourcesResponseBody(Struct, kw_only=True, rename="camel"):
    sources: list[Source]


class LocationsArguments(Struct, kw_only=True, rename="camel"):
    location_reference: Int32


class LocationsResponseBody(Struct, kw_only=True, rename="camel"):
    source: Source
    line: Integer
    column: Integer | UnsetType = UNSET
    end_line: Integer | UnsetType = UNSET
    end_column: Integer | UnsetType = UNSET


class MemoryEventBody(Struct, kw_only=True, rename="camel"):
    memory_reference: str
    offset: Integer
    count: Integer


class Module(Struct, kw_only=True, rename="camel"):
    id: Integer | str
    name: str
    path: str | UnsetType = UNSET
    is_optimized: bool | UnsetType = UNSET
    is_user_code: bool | UnsetType = UNSET
    version: str | UnsetType = UNSET
    symbol_status: str | UnsetType = UNSET
    symbol_file_path: str | UnsetType = UNSET
    date_time_stamp: str | UnsetType = UNSET
    address_range: str | UnsetType = UNSET


class ModuleEventBody(Struct, kw_only=True, rename="camel"):
    reason: Literal["new", "changed", "removed"]
    module: Module


class ModulesArguments(Struct, kw_only=True, rename="camel"):
    start_module: Int32 | UnsetType = UNSET
    module_count: UInt32 | UnsetType = UNSET


class ModulesResponseBody(Struct, kw_only=True, rename="camel"):
    modules: list[Module]
    total_modules: Integer | UnsetType = UNSET


SteppingGranularity = Literal["statement", "line", "instruction"]


class NextArguments(Struct, kw_only=True, rename="camel"):
    thread_id: Int32
    single_thread: bool | UnsetType = UNSET
    granularity: SteppingGranularity | UnsetType = UNSET


class OutputEventBody(Struct, kw_only=True, rename="camel"):
    category: str | UnsetType = UNSET
    output: str
    group: Literal["start", "startCollapsed", "end"] | UnsetType = UNSET
    variables_reference: Natural | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    line: Integer | UnsetType = UNSET
    column: Integer | UnsetType = UNSET
    data: Any = UNSET
    location_reference: Int32 | UnsetType = UNSET


class PauseArguments(Struct, kw_only=True, rename="camel"):
    thread_id: Int32


class ProcessEventBody(Struct, kw_only=True, rename="camel"):
    name: str
    system_process_id: Int32 | UnsetType = UNSET
    is_local_process: bool | UnsetType = UNSET
    start_method: Literal["launch", "attach", "attachForSuspendedLaunch"] | UnsetType = UNSET
    pointer_size: UInt32 | UnsetType = UNSET


class ProgressEndEventBody(Struct, kw_only=True, rename="camel"):
    progress_id: str
    message: str | UnsetType = UNSET


class ProgressStartEventBody(Struct, kw_only=True, rename="camel"):
    progress_id: str
    title: str
    request_id: Positive | UnsetType = UNSET
    cancellable: bool | UnsetType = UNSET
    message: str | UnsetType = UNSET
    percentage: float | UnsetType = UNSET


class ProgressUpdateEventBody(Struct, kw_only=True, rename="camel"):
    progress_id: str
    message: str | UnsetType = UNSET
    percentage: float | UnsetType = UNSET


class ProtocolMessage(Struct, kw_only=True, rename="camel"):
    seq: Positive
    type: str


class ReadMemoryArguments(Struct, kw_only=True, rename="camel"):
    memory_reference: str
    offset: Integer | UnsetType = UNSET
    count: Integer


class ReadMemoryResponseBody(Struct, kw_only=True, rename="camel"):
    address: str
    unreadable_bytes: Integer | UnsetType = UNSET
    data: str | UnsetType = UNSET


class Request(Struct, kw_only=True, rename="camel"):
    seq: Positive
    type: Literal["request"]
    command: str
    arguments: Any = UNSET


class Response(Struct, kw_only=True, rename="camel"):
    seq: Positive
    type: Literal["response"]
    request_seq: Positive = field(name="request_seq")
    success: bool
    command: str
    message: str | UnsetType = UNSET
    body: Any = UNSET


class RestartArguments(Struct, kw_only=True, rename="camel"):
    arguments: Any = UNSET


class RestartFrameArguments(Struct, kw_only=True, rename="camel"):
    frame_id: Int32


class ReverseContinueArguments(Struct, kw_only=True, rename="camel"):
    thread_id: Int32
    single_thread: bool | UnsetType = UNSET


class RunInTerminalRequestArguments(Struct, kw_only=True, rename="camel"):
    kind: Literal["integrated", "external"] | UnsetType = UNSET
    title: str | UnsetType = UNSET
    cwd: str
    args: list[str]
    env: dict[str, str | None] | UnsetType = UNSET
    args_can_be_interpreted_by_shell: bool | UnsetType = UNSET


class RunInTerminalResponseBody(Struct, kw_only=True, rename="camel"):
    process_id: Int32 | UnsetType = UNSET
    shell_process_id: Int32 | UnsetType = UNSET


class Scope(Struct, kw_only=True, rename="camel"):
    name: str
    presentation_hint: str | UnsetType = UNSET
    variables_reference: Natural
    named_variables: Natural | UnsetType = UNSET
    indexed_variables: Natural | UnsetType = UNSET
    expensive: bool
    source: Source | UnsetType = UNSET
    line: Integer | UnsetType = UNSET
    column: Integer | UnsetType = UNSET
    end_line: Integer | UnsetType = UNSET
    end_column: Integer | UnsetType = UNSET


class ScopesArguments(Struct, kw_only=True, rename="camel"):
    frame_id: Int32


class ScopesResponseBody(Struct, kw_only=True, rename="camel"):
    scopes: list[Scope]


class SourceBreakpoint(Struct, kw_only=True, rename="camel"):
    line: Integer
    column: Integer | UnsetType = UNSET
    condition: str | UnsetType = UNSET
    hit_condition: str | UnsetType = UNSET
    log_message: str | UnsetType = UNSET
    mode: str | UnsetType = UNSET


class SetBreakpointsArguments(Struct, kw_only=True, rename="camel"):
    source: Source
    breakpoints: list[SourceBreakpoint] | UnsetType = UNSET
    lines: list[Integer] | UnsetType = UNSET
    source_modified: bool | UnsetType = UNSET


class SetBreakpointsResponseBody(Struct, kw_only=True, rename="camel"):
    breakpoints: list[Breakpoint]


class SetDataBreakpointsArguments(Struct, kw_only=True, rename="camel"):
    breakpoints: list[DataBreakpoint]


class SetDataBreakpointsResponseBody(Struct, kw_only=True, rename="camel"):
    breakpoints: list[Breakpoint]


class SetExceptionBreakpointsArguments(Struct, kw_only=True, rename="camel"):
    filters: list[str]
    filter_options: list[ExceptionFilterOptions] | UnsetType = UNSET
    exception_options: list[ExceptionOptions] | UnsetType = UNSET


class SetExceptionBreakpointsResponseBody(Struct, kw_only=True, rename="camel"):
    breakpoints: list[Breakpoint] | UnsetType = UNSET


class SetExpressionArguments(Struct, kw_only=True, rename="camel"):
    expression: str
    value: str
    frame_id: Int32 | UnsetType = UNSET
    format: ValueFormat | UnsetType = UNSET


class SetExpressionResponseBody(Struct, kw_only=True, rename="camel"):
    value: str
    type: str | UnsetType = UNSET
    presentation_hint: VariablePresentationHint | UnsetType = UNSET
    variables_reference: Natural | UnsetType = UNSET
    named_variables: Natural | UnsetType = UNSET
    indexed_variables: Natural | UnsetType = UNSET
    memory_reference: str | UnsetType = UNSET
    value_location_reference: Int32 | UnsetType = UNSET


class SetFunctionBreakpointsArguments(Struct, kw_only=True, rename="camel"):
    breakpoints: list[FunctionBreakpoint]


class SetFunctionBreakpointsResponseBody(Struct, kw_only=True, rename="camel"):
    breakpoints: list[Breakpoint]


class SetInstructionBreakpointsArguments(Struct, kw_only=True, rename="camel"):
    breakpoints: list[InstructionBreakpoint]


class SetInstructionBreakpointsResponseBody(Struct, kw_only=True, rename="camel"):
    breakpoints: list[Breakpoint]


class SetVariableArguments(Struct, kw_only=True, rename="camel"):
    variables_reference: Natural
    name: str
    value: str
    format: ValueFormat | UnsetType = UNSET


class SetVariableResponseBody(Struct, kw_only=True, rename="camel"):
    value: str
    type: str | UnsetType = UNSET
    variables_reference: Natural | UnsetType = UNSET
    named_variables: Natural | UnsetType = UNSET
    indexed_variables: Natural | UnsetType = UNSET
    memory_reference: str | UnsetType = UNSET
    value_location_reference: Int32 | UnsetType = UNSET


class SourceArguments(Struct, kw_only=True, rename="camel"):
    source: Source | UnsetType = UNSET
    source_reference: Natural


class SourceResponseBody(Struct, kw_only=True, rename="camel"):
    content: str
    mime_type: str | UnsetType = UNSET


class StackFrame(Struct, kw_only=True, rename="camel"):
    id: Int32
    name: str
    source: Source | UnsetType = UNSET
    line: Integer
    column: Integer
    end_line: Integer | UnsetType = UNSET
    end_column: Integer | UnsetType = UNSET
    can_restart: bool | UnsetType = UNSET
    instruction_pointer_reference: str | UnsetType = UNSET
    module_id: Integer | str | UnsetType = UNSET
    presentation_hint: Literal["normal", "label", "subtle"] | UnsetType = UNSET


class StackFrameFormat(Struct, kw_only=True, rename="camel"):
    hex: bool | UnsetType = UNSET
    parameters: bool | UnsetType = UNSET
    parameter_types: bool | UnsetType = UNSET
    parameter_names: bool | UnsetType = UNSET
    parameter_values: bool | UnsetType = UNSET
    line: bool | UnsetType = UNSET
    module: bool | UnsetType = UNSET
    include_all: bool | UnsetType = UNSET


class StackTraceArguments(Struct, kw_only=True, rename="camel"):
    thread_id: Int32
    start_frame: UInt32 | UnsetType = UNSET
    levels: UInt32 | UnsetType = UNSET
    format: StackFrameFormat | UnsetType = UNSET


class StackTraceResponseBody(Struct, kw_only=True, rename="camel"):
    stack_frames: list[StackFrame]
    total_frames: UInt32 | UnsetType = UNSET


class StartDebuggingRequestArguments(Struct, kw_only=True, rename="camel"):
    configuration: dict[str, Any]
    output_presentation: Literal["separate", "mergeWithParent"] | UnsetType = UNSET
    request: Literal["launch", "attach"]


class StepBackArguments(Struct, kw_only=True, rename="camel"):
    thread_id: Int32
    single_thread: bool | UnsetType = UNSET
    granularity: SteppingGranularity | UnsetType = UNSET


class StepInArguments(Struct, kw_only=True, rename="camel"):
    thread_id: Int32
    single_thread: bool | UnsetType = UNSET
    target_id: Int32 | UnsetType = UNSET
    granularity: SteppingGranularity | UnsetType = UNSET


class StepInTarget(Struct, kw_only=True, rename="camel"):
    id: Int32
    label: str
    line: Integer | UnsetType = UNSET
    column: Integer | UnsetType = UNSET
    end_line: Integer | UnsetType = UNSET
    end_column: Integer | UnsetType = UNSET


class StepInTargetsArguments(Struct, kw_only=True, rename="camel"):
    frame_id: Int32


class StepInTargetsResponseBody(Struct, kw_only=True, rename="camel"):
    targets: list[StepInTarget]


class StepOutArguments(Struct, kw_only=True, rename="camel"):
    thread_id: Int32
    single_thread: bool | UnsetType = UNSET
    granularity: SteppingGranularity | UnsetType = UNSET


class StoppedEventBody(Struct, kw_only=True, rename="camel"):
    reason: str
    description: str | UnsetType = UNSET
    thread_id: Int32 | UnsetType = UNSET
    preserve_focus_hint: bool | UnsetType = UNSET
    text: str | UnsetType = UNSET
    all_threads_stopped: bool | UnsetType = UNSET
    hit_breakpoint_ids: list[Int32] | UnsetType = UNSET


class TerminateArguments(Struct, kw_only=True, rename="camel"):
    restart: bool | UnsetType = UNSET


class TerminateThreadsArguments(Struct, kw_only=True, rename="camel"):
    thread_ids: list[Int32] | UnsetType = UNSET


class TerminatedEventBody(Struct, kw_only=True, rename="camel"):
    restart: Any = UNSET


class Thread(Struct, kw_only=True, rename="camel"):
    id: Int32
    name: str


class ThreadEventBody(Struct, kw_only=True, rename="camel"):
    reason: str
    thread_id: Int32


class ThreadsResponseBody(Struct, kw_only=True, rename="camel"):
    threads: list[Thread]


class Variable(Struct, kw_only=True, rename="camel"):
    name: str
    value: str
    type: str | UnsetType = UNSET
    presentation_hint: VariablePresentationHint | UnsetType = UNSET
    evaluate_name: str | UnsetType = UNSET
    variables_reference: Natural
    named_variables: Natural | UnsetType = UNSET
    indexed_variables: Natural | UnsetType = UNSET
    memory_reference: str | UnsetType = UNSET
    declaration_location_reference: Int32 | UnsetType = UNSET
    value_location_reference: Int32 | UnsetType = UNSET


class VariablesArguments(Struct, kw_only=True, rename="camel"):
    variables_reference: Natural
    filter: Literal["indexed", "named"] | UnsetType = UNSET
    start: UInt32 | UnsetType = UNSET
    count: UInt32 | UnsetType = UNSET
    format: ValueFormat | UnsetType = UNSET


class VariablesResponseBody(Struct, kw_only=True, rename="camel"):
    variables: list[Variable]


class WriteMemoryArguments(Struct, kw_only=True, rename="camel"):
    memory_reference: str
    offset: Integer | UnsetType = UNSET
    allow_partial: bool | UnsetType = UNSET
    data: str


class WriteMemoryResponseBody(Struct, kw_only=True, rename="camel"):
    offset: Integer | UnsetType = UNSET
    bytes_written: UInt32 | UnsetType = UNSET


REQUESTS: dict[str, type[Struct] | None] = {
    "attach": AttachRequestArguments,
    "breakpointLocations": BreakpointLocationsArguments,
    "cancel": CancelArguments,
    "completions": CompletionsArguments,
    "configurationDone": ConfigurationDoneArguments,
    "continue": ContinueArguments,
    "dataBreakpointInfo": DataBreakpointInfoArguments,
    "disassemble": DisassembleArguments,
    "disconnect": DisconnectArguments,
    "evaluate": EvaluateArguments,
    "exceptionInfo": ExceptionInfoArguments,
    "goto": GotoArguments,
    "gotoTargets": GotoTargetsArguments,
    "initialize": InitializeRequestArguments,
    "launch": LaunchRequestArguments,
    "loadedSources": LoadedSourcesArguments,
    "locations": LocationsArguments,
    "modules": ModulesArguments,
    "next": NextArguments,
    "pause": PauseArguments,
    "readMemory": ReadMemoryArguments,
    "restart": RestartArguments,
    "restartFrame": RestartFrameArguments,
    "reverseContinue": ReverseContinueArguments,
    "runInTerminal": RunInTerminalRequestArguments,
    "scopes": ScopesArguments,
    "setBreakpoints": SetBreakpointsArguments,
    "setDataBreakpoints": SetDataBreakpointsArguments,
    "setExceptionBreakpoints": SetExceptionBreakpointsArguments,
    "setExpression": SetExpressionArguments,
    "setFunctionBreakpoints": SetFunctionBreakpointsArguments,
    "setInstructionBreakpoints": SetInstructionBreakpointsArguments,
    "setVariable": SetVariableArguments,
    "source": SourceArguments,
    "stackTrace": StackTraceArguments,
    "startDebugging": StartDebuggingRequestArguments,
    "stepBack": StepBackArguments,
    "stepIn": StepInArguments,
    "stepInTargets": StepInTargetsArguments,
    "stepOut": StepOutArguments,
    "terminate": TerminateArguments,
    "terminateThreads": TerminateThreadsArguments,
    "threads": None,
    "variables": VariablesArguments,
    "writeMemory": WriteMemoryArguments,
}

RESPONSES: dict[str, type[Struct] | None] = {
    "attach": None,
    "breakpointLocations": BreakpointLocationsResponseBody,
    "cancel": None,
    "completions": CompletionsResponseBody,
    "configurationDone": None,
    "continue": ContinueResponseBody,
    "dataBreakpointInfo": DataBreakpointInfoResponseBody,
    "disassemble": DisassembleResponseBody,
    "disconnect": None,
    "evaluate": EvaluateResponseBody,
    "exceptionInfo": ExceptionInfoResponseBody,
    "goto": None,
    "gotoTargets": GotoTargetsResponseBody,
    "initialize": Capabilities,
    "launch": None,
    "loadedSources": LoadedSourcesResponseBody,
    "locations": LocationsResponseBody,
    "modules": ModulesResponseBody,
    "next": None,
    "pause": None,
    "readMemory": ReadMemoryResponseBody,
    "restart": None,
    "restartFrame": None,
    "reverseContinue": None,
    "runInTerminal": RunInTerminalResponseBody,
    "scopes": ScopesResponseBody,
    "setBreakpoints": SetBreakpointsResponseBody,
    "setDataBreakpoints": SetDataBreakpointsResponseBody,
    "setExceptionBreakpoints": SetExceptionBreakpointsResponseBody,
    "setExpression": SetExpressionResponseBody,
    "setFunctionBreakpoints": SetFunctionBreakpointsResponseBody,
    "setInstructionBreakpoints": SetInstructionBreakpointsResponseBody,
    "setVariable": SetVariableResponseBody,
    "source": SourceResponseBody,
    "stackTrace": StackTraceResponseBody,
    "startDebugging": None,
    "stepBack": None,
    "stepIn": None,
    "stepInTargets": StepInTargetsResponseBody,
    "stepOut": None,
    "terminate": None,
    "terminateThreads": None,
    "threads": ThreadsResponseBody,
    "variables": VariablesResponseBody,
    "writeMemory": WriteMemoryResponseBody,
}

EVENTS: dict[str, type[Struct] | None] = {
    "breakpoint": BreakpointEventBody,
    "capabilities": CapabilitiesEventBody,
    "continued": ContinuedEventBody,
    "exited": ExitedEventBody,
    "initialized": None,
    "invalidated": InvalidatedEventBody,
    "loadedSource": LoadedSourceEventBody,
    "memory": MemoryEventBody,
    "module": ModuleEventBody,
    "output": OutputEventBody,
    "process": ProcessEventBody,
    "progressEnd": ProgressEndEventBody,
    "progressStart": ProgressStartEventBody,
    "progressUpdate": ProgressUpdateEventBody,
    "stopped": StoppedEventBody,
    "terminated": TerminatedEventBody,
    "thread": ThreadEventBody,
}
