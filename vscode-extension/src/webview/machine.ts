/** What the page of the view State Machine is told.  Shared by both sides; types only. */

import type { Edge } from './graph';

export interface ShownState {
    readonly index: number;
    /** `start`, `await delay(10)`. */
    readonly label: string;
    /** From 1. */
    readonly line: number;
    readonly live: readonly string[];
    readonly bytes: number;
}

export interface ShownField {
    readonly name: string;
    readonly type: string;
    readonly offset: number;
    readonly size: number;
    readonly stored: string;
    readonly value?: string;
    /** Bytes in hexadecimal, two digits each. */
    readonly bytes?: readonly string[];
    /** Which of the bytes are not what they were at the stop before. */
    readonly changed?: readonly number[];
    /** Why there is no value. */
    readonly absent?: string;
    readonly editable: boolean;
}

export interface ShownFrame {
    readonly id: number;
    readonly label: string;
    readonly chosen: boolean;
}

export interface ShownMachine {
    readonly title: string;
    readonly subtitle: string;
    readonly size: number;
    readonly states: readonly ShownState[];
    readonly edges: readonly Edge[];
    readonly fields: readonly ShownField[];
    readonly frames: readonly ShownFrame[];
    /** The state word; undefined without a task. */
    readonly current?: number;
    /** The function runs: it has left its state and has not reached the next one. */
    readonly running: boolean;
}

export type ToMachinePage =
    | { readonly kind: 'machine'; readonly machine: ShownMachine }
    | { readonly kind: 'empty'; readonly reason: string };

export type FromMachinePage =
    | { readonly kind: 'ready' }
    | { readonly kind: 'go'; readonly line: number }
    | { readonly kind: 'frame'; readonly id: number }
    | { readonly kind: 'edit'; readonly name: string };
