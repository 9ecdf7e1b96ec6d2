/** Live hints: at each await, how many tasks are parked there and since when the oldest is. */

import { Range, ThemeColor, window, workspace, type DecorationOptions } from 'vscode';
import { config } from '../config';
import type { Ctx } from '../ctx';
import type { TasksBody } from '../protocol';
import type { Sessions } from '../session';
import { ParkedLines, type ParkedLine } from './parkedText';

export class LiveHints {
    private readonly lines = new ParkedLines();
    private shown: ParkedLine[] = [];
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
            window.onDidChangeVisibleTextEditors(() => this.draw()),
            workspace.onDidChangeConfiguration((change) => {
                if (change.affectsConfiguration('zyn.debug.liveHints')) {
                    sessions.touch();
                }
            }),
            sessions.onDidSwitch(() => {
                this.lines.clear();
                this.shown = [];
                this.draw();
            }),
        );
        sessions.onRefresh(() => this.refresh());
    }

    private async refresh(): Promise<void> {
        const wanted = this.sessions.session !== undefined && config().liveHints;
        const body = wanted
            ? await this.sessions.ask<TasksBody>('zyn/tasks', { count: 1, groupBy: 'await' })
            : undefined;
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
