/** Live hints: at each await, how many tasks are parked there and since when the oldest is. */

import { Range, ThemeColor, window, workspace, type DecorationOptions } from 'vscode';
import { config } from '../config';
import type { Ctx } from '../ctx';
import { Patience } from '../patience';
import type { TasksBody } from '../protocol';
import type { Sessions } from '../session';
import { ParkedLines, type ParkedLine } from './parkedText';

export class LiveHints {
    private readonly lines = new ParkedLines();
    private shown: ParkedLine[] = [];
    private later: NodeJS.Timeout | undefined;
    private readonly patience = new Patience(() => performance.now());
    private readonly decoration = window.createTextEditorDecorationType({
        after: {
            color: new ThemeColor('editorCodeLens.foreground'),
            margin: '0 0 0 2ch',
            fontStyle: 'italic',
        },
    });

    constructor(
        ctx: Ctx,
        private readonly sessions: Sessions,
    ) {
        ctx.keep(
            this.decoration,
            { dispose: () => clearTimeout(this.later) },
            window.onDidChangeVisibleTextEditors(() => this.draw()),
            workspace.onDidChangeConfiguration((change) => {
                if (change.affectsConfiguration('zyn.debug.liveHints')) {
                    sessions.touch();
                }
            }),
            sessions.onDidSwitch(() => {
                this.lines.clear();
                this.patience.forget();
                this.shown = [];
                this.draw();
            }),
        );
        sessions.onRefresh(() => this.refresh());
    }

    private async refresh(): Promise<void> {
        const wanted = this.sessions.session !== undefined && config().liveHints;
        const waitMs = this.patience.waitMs;
        if (wanted && waitMs > 0) {
            // What is shown is old now, so it is asked for as soon as it may be.
            clearTimeout(this.later);
            this.later = setTimeout(() => this.sessions.touch(), waitMs);
            return;
        }
        const began = performance.now();
        const body = wanted
            ? await this.sessions.ask<TasksBody>('zyn/tasks', { count: 1, groupBy: 'await' })
            : undefined;
        if (wanted) {
            this.patience.took(performance.now() - began);
        }
        this.shown =
            body === undefined ? [] : this.lines.update(body.groups ?? [], body.nowNs ?? 0);
        this.draw();
    }

    private draw(): void {
        for (const editor of window.visibleTextEditors) {
            const file = editor.document.uri.fsPath;
            const options = this.shown
                .filter((one) => one.file === file && one.line < editor.document.lineCount)
                .map((one): DecorationOptions => {
                    const end = editor.document.lineAt(one.line).range.end;
                    return {
                        range: new Range(end, end),
                        hoverMessage: `${one.count} tasks are parked here`,
                        renderOptions: { after: { contentText: one.text } },
                    };
                });
            editor.setDecorations(this.decoration, options);
        }
    }
}
