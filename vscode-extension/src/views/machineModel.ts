/**
 * The picture of a state machine, put together from what the language server says of the function
 * and what the debugger says of the frame.  Pure.
 */

import type { MachineState, StateMachine } from '../protocol';
import type { ShownField, ShownFrame, ShownMachine, ShownState } from '../webview/machine';

/** A field of a frame, as the scope "State machine" has it. */
export interface FrameVariable {
    readonly name: string;
    readonly value: string;
    readonly type?: string;
    readonly presentationHint?: { readonly attributes?: readonly string[] };
    readonly zyn?: {
        readonly offset?: number;
        readonly size?: number;
        readonly raw?: string;
        readonly absent?: string;
    };
}

const STATE_WORD_SIZE = 4;

export interface Live {
    readonly task: string;
    /** What tells this frame from others: bytes are compared with those of the same one. */
    readonly key: string;
    readonly variables: readonly FrameVariable[];
    readonly frames: readonly ShownFrame[];
    readonly running: boolean;
}

/** Remembers the bytes of frames from one stop to the next. */
export class MachineModel {
    private key = '';
    private before = new Map<string, readonly string[]>();
    private now = new Map<string, readonly string[]>();

    /** A new stop: it is compared with what was shown last. */
    stopped(): void {
        if (this.now.size > 0) {
            this.before = this.now;
            this.now = new Map();
        }
    }

    forget(): void {
        this.key = '';
        this.before = new Map();
        this.now = new Map();
    }

    /** A function without a task. */
    still(machine: StateMachine): ShownMachine {
        return {
            ...outline(machine),
            subtitle: `${machine.states.length} states, ${machine.size} B`,
            fields: machine.slots.map((slot) => ({ ...slot, editable: false })),
            frames: [],
            running: false,
        };
    }

    /** A function in which a task is. */
    live(machine: StateMachine, live: Live): ShownMachine {
        if (live.key !== this.key) {
            this.forget();
            this.key = live.key;
        }
        const word = stateWord(live.variables);
        const values = new Map(live.variables.map((one) => [fieldKey(one), one]));
        const slots = [STATE_SLOT, ...machine.slots];
        return {
            ...outline(machine),
            subtitle: live.task,
            fields: slots.map((slot) =>
                this.field(slot, values.get(`${slot.offset}:${slot.name}`)),
            ),
            frames: live.frames,
            ...(word === undefined ? {} : { current: shownState(word, machine.states) }),
            running: live.running,
        };
    }

    private field(slot: Slot, variable: FrameVariable | undefined): ShownField {
        const { name, type, offset, size, stored } = slot;
        const shown = { name, type, offset, size, stored, editable: false };
        if (variable === undefined) {
            return shown;
        }
        const absent = variable.zyn?.absent;
        const raw = variable.zyn?.raw;
        const bytes = raw === undefined ? undefined : hexBytes(raw);
        const key = fieldKey(variable);
        const before = this.before.get(key);
        if (bytes !== undefined) {
            this.now.set(key, bytes);
        }
        const changed = bytes?.flatMap((byte, at) =>
            before !== undefined && before[at] !== byte ? [at] : [],
        );
        const readOnly = variable.presentationHint?.attributes?.includes('readOnly') ?? false;
        return {
            ...shown,
            ...(absent === undefined ? { value: variable.value } : { absent }),
            ...(bytes === undefined ? {} : { bytes }),
            ...(changed === undefined ? {} : { changed }),
            editable: !readOnly && absent === undefined,
        };
    }
}

type Slot = Omit<ShownField, 'editable'>;

const STATE_SLOT: Slot = {
    name: 'state',
    type: 'u32',
    offset: 0,
    size: STATE_WORD_SIZE,
    stored: 'state word',
};

/** The state word, which is at offset 0 whatever it is called, as the slots of the server are. */
function fieldKey(variable: FrameVariable): string {
    const offset = variable.zyn?.offset;
    return offset === 0 ? `0:${STATE_SLOT.name}` : `${offset ?? ''}:${variable.name}`;
}

/** `01 00` as the debugger writes bytes: two digits each, and blanks between them. */
function hexBytes(raw: string): string[] {
    return raw.match(/[0-9a-f]{2}/gi) ?? [];
}

export function stateWord(variables: readonly FrameVariable[]): number | undefined {
    const raw = variables.find(({ zyn }) => zyn?.offset === 0)?.zyn?.raw;
    const bytes = hexBytes(raw ?? '');
    if (bytes.length !== STATE_WORD_SIZE) {
        return undefined;
    }
    return Number.parseInt([...bytes].reverse().join(''), 16);
}

/** The node of the picture for a state word: the end for one that is over. */
function shownState(word: number, states: readonly MachineState[]): number {
    return states.some(({ index }) => index === word) ? word : -1;
}

function outline(machine: StateMachine) {
    return {
        title: `${machine.function}`,
        size: machine.size,
        states: machine.states.map(shown),
        edges: machine.edges,
    };
}

function shown(state: MachineState): ShownState {
    return {
        index: state.index,
        label: state.kind === 'start' ? 'start' : `${state.kind} ${state.awaits}`,
        line: state.line + 1,
        live: state.live,
        bytes: state.size,
    };
}
