/** The view Timeline: every poll of every task, in their order or on the program's clock. */

import { commands, Range, Uri, window, type WebviewView, type WebviewViewProvider } from 'vscode';
import type { Client } from '../client';
import type { Ctx } from '../ctx';
import type { Poll, StateMachine, TasksBody, TraceBody } from '../protocol';
import type { Sessions } from '../session';
import { sourcePath } from '../sourcePath';
import type { FromTimelinePage, ToTimelinePage } from '../webview/timelineMessages';
import { openPage } from './page';

const PAGE = 4000;
/** As many as the debugger remembers. */
const POLLS_MAX = 65_536;

export class TimelineView implements WebviewViewProvider {
    private view: WebviewView | undefined;
    private polls: Poll[] = [];
    private start = 0;
    private sent = 0;
    private program: string | undefined;

    constructor(
        private readonly ctx: Ctx,
        private readonly client: Client,
        private readonly sessions: Sessions,
    ) {
        ctx.keep(
            window.registerWebviewViewProvider('zyn.timeline', this),
            commands.registerCommand('zyn.timeline.show', () => this.show()),
            sessions.onDidSwitch(() => this.switched()),
            sessions.onDidSelect(() => this.select()),
            sessions.onWillEnd(() => void this.pull()),
        );
        sessions.onRefresh(() => this.pull());
    }

    resolveWebviewView(view: WebviewView): void {
        this.view = view;
        openPage(this.ctx, view.webview, 'timelineView', 'Timeline');
        this.ctx.keep(
            view.webview.onDidReceiveMessage((message: FromTimelinePage) => this.heard(message)),
            view.onDidChangeVisibility(() => void this.pull()),
            view.onDidDispose(() => (this.view = undefined)),
        );
    }

    private async show(): Promise<void> {
        await commands.executeCommand('setContext', 'zyn.timeline.wanted', true);
        await commands.executeCommand('zyn.timeline.focus');
    }

    /** What an ended program did stays until another one begins. */
    private switched(): void {
        const session = this.sessions.session;
        if (session === undefined) {
            return;
        }
        const program: unknown = session.configuration['program'];
        this.program = typeof program === 'string' ? program : undefined;
        this.polls = [];
        this.start = 0;
        this.sent = 0;
        void this.post({ kind: 'clear' });
    }

    private async pull(): Promise<void> {
        const session = this.sessions.session;
        if (this.view?.visible !== true || session === undefined) {
            return;
        }
        for (;;) {
            const next = this.start + this.polls.length;
            const body = await this.sessions.ask<TraceBody>('zyn/trace', {
                start: next,
                count: PAGE,
            });
            // Another program may have begun meanwhile, or another pull have been faster.
            if (body === undefined || next !== this.start + this.polls.length) {
                break;
            }
            this.take(body);
            if (body.polls.length < PAGE) {
                break;
            }
        }
        await this.send();
    }

    private take(body: TraceBody): void {
        if (body.start !== this.start + this.polls.length) {
            this.polls = [];
            this.start = body.start;
        }
        this.polls.push(...body.polls);
        const surplus = this.polls.length - 2 * POLLS_MAX;
        if (surplus > 0) {
            this.polls.splice(0, surplus + POLLS_MAX);
            this.start += surplus + POLLS_MAX;
        }
    }

    /** Pass on what the page does not have yet. */
    private async send(): Promise<void> {
        const from = Math.max(this.sent, this.start);
        const polls = this.polls.slice(from - this.start);
        if (polls.length > 0) {
            this.sent = from + polls.length;
            await this.post({ kind: 'polls', start: from, polls });
        }
    }

    private select(): void {
        const task = this.sessions.selection?.task;
        if (task !== undefined) {
            void this.post({ kind: 'select', task });
        }
    }

    private async post(message: ToTimelinePage): Promise<void> {
        await this.view?.webview.postMessage(message);
    }

    private async heard(message: FromTimelinePage): Promise<void> {
        if (message.kind === 'ready') {
            this.sent = 0;
            await this.post({ kind: 'clear' });
            await this.send();
            await this.pull();
            this.select();
        } else {
            await this.open(message.task, message.function, message.state);
        }
    }

    /** Show where a poll ended: the await of its state, or the function itself. */
    private async open(task: number, name: string, state: number): Promise<void> {
        const wanted = { filter: String(task), count: 1 };
        const body = await this.sessions.ask<TasksBody>('zyn/tasks', wanted);
        const found = body?.tasks.find(({ id }) => id === task);
        const path = sourcePath(found?.source) ?? this.program;
        if (path === undefined) {
            return;
        }
        if (found !== undefined) {
            this.sessions.select({ task });
        }
        const uri = Uri.file(path);
        const machine = await this.client.request<StateMachine>('zyn/stateMachine', {
            textDocument: { uri: uri.toString() },
            function: name,
        });
        const place = machine?.states.find(({ index }) => index === state)?.range;
        const start = (place ?? machine?.selectionRange)?.start ?? { line: 0, character: 0 };
        await window.showTextDocument(uri, {
            selection: new Range(start.line, start.character, start.line, start.character),
            preview: true,
        });
    }
}
