/**
 * The session that is being debugged: what it is asked, and what it tells.  The views follow one
 * session, the active one; its events are passed on bundled, because a program may change the state
 * of thousands of tasks in a moment.
 */

import {
    commands,
    debug,
    DebugStackFrame,
    DebugThread,
    EventEmitter,
    type DebugSession,
    type Event,
} from 'vscode';
import { Coalescer } from './coalesce';
import type { Ctx } from './ctx';
import { DEBUG_TYPE } from './debug';

const REFRESH_MS = 60;

export interface Selection {
    readonly task: number;
    /** A frame of its stack; undefined: the innermost one. */
    readonly frame?: number;
}

interface AdapterEvent {
    readonly type: string;
    readonly event?: string;
    readonly body?: { readonly threadId?: number; readonly reason?: string };
}

export class Sessions {
    private current: DebugSession | undefined;
    private readonly ready = new Set<string>();
    private readonly changed = new EventEmitter<void>();
    private readonly chosen = new EventEmitter<void>();
    private readonly began = new EventEmitter<void>();
    private readonly halted = new EventEmitter<void>();
    private readonly ending = new EventEmitter<void>();
    private picked: Selection | undefined;
    private listeners: (() => Promise<void>)[] = [];

    /** Another task or frame is looked at. */
    readonly onDidSelect: Event<void> = this.chosen.event;
    /** Another session is followed, or none any more. */
    readonly onDidSwitch: Event<void> = this.began.event;

    /** A task stopped; `onRefresh` follows. */
    readonly onDidStop: Event<void> = this.halted.event;

    /** The program is over; the adapter can still be asked, if that is done at once. */
    readonly onWillEnd: Event<void> = this.ending.event;

    constructor(private readonly ctx: Ctx) {
        const coalescer = new Coalescer(
            () => this.refresh(),
            REFRESH_MS,
            (run, delayMs) => setTimeout(run, delayMs),
        );
        ctx.keep(
            this.changed,
            this.chosen,
            this.began,
            this.halted,
            this.ending,
            this.changed.event(() => coalescer.change()),
            debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, {
                createDebugAdapterTracker: (session) => ({
                    onDidSendMessage: (message: AdapterEvent) => this.heard(session, message),
                    onExit: () => this.over(session),
                }),
            }),
            debug.onDidChangeActiveDebugSession((session) => this.follow(session)),
            debug.onDidTerminateDebugSession((session) => this.over(session)),
            debug.onDidChangeActiveStackItem((item) => {
                if (item instanceof DebugStackFrame && item.session === this.current) {
                    this.select({ task: item.threadId, frame: item.frameId });
                } else if (item instanceof DebugThread && item.session === this.current) {
                    this.select({ task: item.threadId });
                }
            }),
        );
    }

    /** The session that the views show; undefined when nothing of ours is debugged. */
    get session(): DebugSession | undefined {
        return this.current;
    }

    get selection(): Selection | undefined {
        return this.picked;
    }

    /** Called after changes, and not again before it is done. */
    onRefresh(listener: () => Promise<void>): void {
        this.listeners.push(listener);
    }

    select(selection: Selection): void {
        if (selection.task !== this.picked?.task || selection.frame !== this.picked.frame) {
            this.picked = selection;
            this.chosen.fire();
        }
    }

    /** Have the views look again. */
    touch(): void {
        this.changed.fire();
    }

    /** Ask the adapter; undefined when there is no session, or it refuses. */
    async ask<T>(command: string, args: object = {}): Promise<T | undefined> {
        try {
            return await this.demand<T>(command, args);
        } catch (error) {
            this.ctx.log.debug(`${command}: ${String(error)}`);
            return undefined;
        }
    }

    /** Ask the adapter; what goes wrong is for the user. */
    async demand<T>(command: string, args: object = {}): Promise<T> {
        const session = this.current;
        if (session === undefined) {
            throw new Error('No zyn program is being debugged.');
        }
        return (await session.customRequest(command, args)) as T;
    }

    private heard(session: DebugSession, message: AdapterEvent): void {
        if (message.type !== 'event' || session.configuration['noDebug'] === true) {
            return;
        }
        switch (message.event) {
            case 'initialized':
                this.ready.add(session.id);
                this.follow(debug.activeDebugSession ?? session);
                break;
            case 'stopped':
                if (session === this.current && message.body?.threadId !== undefined) {
                    this.select({ task: message.body.threadId });
                }
                this.halted.fire();
                this.changed.fire();
                break;
            case 'exited':
                this.ending.fire();
                break;
            case 'terminated':
                this.over(session);
                break;
            case 'continued':
            case 'invalidated':
            case 'zyn/taskChanged':
                this.changed.fire();
                break;
        }
    }

    private follow(session: DebugSession | undefined): void {
        const ours = session?.type === DEBUG_TYPE && this.ready.has(session.id);
        const next = ours ? session : undefined;
        if (next === this.current) {
            return;
        }
        this.current = next;
        this.picked = undefined;
        void commands.executeCommand('setContext', 'zyn.debugging', next !== undefined);
        this.began.fire();
        this.changed.fire();
    }

    private over(session: DebugSession): void {
        this.ready.delete(session.id);
        if (session === this.current) {
            this.follow(undefined);
        }
    }

    private async refresh(): Promise<void> {
        for (const listener of this.listeners) {
            try {
                await listener();
            } catch (error) {
                this.ctx.log.warn(`refreshing a view: ${String(error)}`);
            }
        }
    }
}
