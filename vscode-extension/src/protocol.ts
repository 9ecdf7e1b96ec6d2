/** What zyn-lsp and zyn-dap add to their protocols; docs/language-server.md, docs/protocol.md. */

export interface Position {
    readonly line: number;
    readonly character: number;
}

export interface Range {
    readonly start: Position;
    readonly end: Position;
}

/** One function of a file, in the answer to `zyn/functions`. */
export interface FunctionInfo {
    readonly name: string;
    readonly isAsync: boolean;
    readonly parameters: readonly { readonly name: string; readonly type: string }[];
    readonly result: string;
    readonly range: Range;
    readonly selectionRange: Range;
}

/** The argument of the commands that code lenses send. */
export interface LensArgument {
    readonly uri: string;
    readonly function: string;
}

export interface MachineState {
    readonly index: number;
    readonly kind: string;
    readonly range: Range;
    readonly line: number;
    readonly awaits: string;
    readonly callee: string | null;
    readonly live: readonly string[];
    readonly size: number;
    readonly child: number;
}

export interface MachineSlot {
    readonly name: string;
    readonly type: string;
    readonly offset: number;
    readonly size: number;
    readonly align: number;
    readonly stored: string;
    readonly liveIn: readonly number[];
}

export interface MachineEdge {
    readonly source: number;
    readonly target: number;
}

/** The answer to `zyn/stateMachine`. */
export interface StateMachine {
    readonly function: string;
    readonly result: string;
    readonly range: Range;
    readonly selectionRange: Range;
    readonly size: number;
    readonly align: number;
    readonly states: readonly MachineState[];
    readonly edges: readonly MachineEdge[];
    readonly slots: readonly MachineSlot[];
}

export type TaskState =
    'pending' | 'runnable' | 'running' | 'parked' | 'held' | 'completed' | 'failed' | 'cancelled';

export interface SourceRef {
    readonly name?: string;
    readonly path?: string;
}

export interface Task {
    readonly id: number;
    readonly name: string;
    readonly state: TaskState;
    readonly held: boolean;
    readonly function: string;
    readonly polls: number;
    readonly wakes: number;
    readonly stopped?: string;
    readonly parent?: number;
    readonly children?: number;
    readonly source?: SourceRef;
    readonly line?: number;
    readonly awaitState?: number;
    readonly waitsFor?: string;
    readonly parkedSinceNs?: number;
    readonly wokenBy?: number;
    readonly spawnedAt?: number;
    readonly error?: string;
    /** It was cancelled and has not ended yet. */
    readonly cancelling?: boolean;
}

/** What made a task runnable; of several wakes between two polls the first. */
export interface Wake {
    readonly atNs: number;
    /** `outside`: IO, the host, or a debugger. */
    readonly by: 'task' | 'timer' | 'outside';
    readonly task?: number;
}

/** One poll of one task, in the answer to `zyn/trace`. */
export interface Poll {
    readonly task: number;
    readonly function: string;
    readonly beginNs: number;
    readonly lengthNs: number;
    readonly stateBefore: number;
    readonly stateAfter: number;
    /** Absent when nobody had to wake it, as for its first poll. */
    readonly wake?: Wake;
}

export interface TraceBody {
    readonly polls: readonly Poll[];
    /** Number of the first one given. */
    readonly start: number;
}

/** Where tasks are parked together. */
export interface AwaitPlace {
    readonly function: string;
    readonly line?: number;
}

export interface AwaitGroup extends AwaitPlace {
    readonly count: number;
    readonly tasks: readonly number[];
    readonly source?: SourceRef;
    readonly oldestSinceNs?: number;
}

export interface TasksArguments {
    start?: number;
    count?: number;
    states?: TaskState[];
    filter?: string;
    groupBy?: 'await';
    parent?: number;
    awaits?: AwaitPlace;
}

export interface TasksBody {
    readonly tasks: readonly Task[];
    readonly total: number;
    readonly groups?: readonly AwaitGroup[];
    readonly nowNs?: number;
}
