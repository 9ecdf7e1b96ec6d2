/** The view State Machine: the states of the selected task's function, and the fields it holds. */

import { commands, Range, Uri, window, type WebviewView, type WebviewViewProvider } from 'vscode';
import type { Client } from '../client';
import type { Ctx } from '../ctx';
import type { LensArgument, StateMachine } from '../protocol';
import type { Sessions } from '../session';
import { sourcePath } from '../sourcePath';
import type { FromMachinePage, ShownFrame, ToMachinePage } from '../webview/machine';
import { MachineModel, type FrameVariable } from './machineModel';
import { openPage } from './page';

interface Frame {
    readonly id: number;
    readonly name: string;
    readonly line: number;
    readonly source?: { readonly path?: string };
    readonly presentationHint?: string;
}

interface Scope {
    readonly name: string;
    readonly variablesReference: number;
}

interface Place {
    readonly uri: Uri;
    readonly scope?: number;
}

const FRAMES_MAX = 50;
const SCOPE = 'State machine';

export class StateMachineView implements WebviewViewProvider {
    private view: WebviewView | undefined;
    private readonly model = new MachineModel();
    /** What a lens asked for; shown while no task is selected. */
    private wanted: LensArgument | undefined;
    private shown: Place | undefined;
    private message: ToMachinePage = { kind: 'empty', reason: NOTHING };

    constructor(
        private readonly ctx: Ctx,
        private readonly client: Client,
        private readonly sessions: Sessions,
    ) {
        ctx.keep(
            window.registerWebviewViewProvider('zyn.stateMachine', this),
            commands.registerCommand('zyn.stateMachine.show', (target) => this.show(target)),
            sessions.onDidSelect(() => void this.update()),
            sessions.onDidStop(() => this.model.stopped()),
            sessions.onDidSwitch(() => this.model.forget()),
        );
        sessions.onRefresh(() => this.update());
    }

    resolveWebviewView(view: WebviewView): void {
        this.view = view;
        openPage(this.ctx, view.webview, 'stateMachineView', 'State Machine');
        this.ctx.keep(
            view.webview.onDidReceiveMessage((message: FromMachinePage) => this.heard(message)),
            view.onDidChangeVisibility(() => void this.update()),
            view.onDidDispose(() => (this.view = undefined)),
        );
    }

    /** A lens or the palette: the function that is named, or the one at the cursor. */
    private async show(target: unknown): Promise<void> {
        const lens = target as LensArgument | undefined;
        if (typeof lens?.function === 'string') {
            this.wanted = lens;
        } else if (this.sessions.session === undefined) {
            this.wanted = await this.atCursor();
        }
        await commands.executeCommand('setContext', 'zyn.stateMachine.wanted', true);
        await commands.executeCommand('zyn.stateMachine.focus');
        await this.update();
    }

    private async atCursor(): Promise<LensArgument | undefined> {
        const editor = window.activeTextEditor;
        if (editor === undefined) {
            return undefined;
        }
        const uri = editor.document.uri.toString();
        const machine = await this.client.request<StateMachine>('zyn/stateMachine', {
            textDocument: { uri },
            position: editor.selection.active,
        });
        return machine && { uri, function: machine.function };
    }

    private async update(): Promise<void> {
        if (this.view?.visible !== true) {
            return;
        }
        this.message = (await this.live()) ?? (await this.still());
        await this.view.webview.postMessage(this.message);
    }

    private async live(): Promise<ToMachinePage | undefined> {
        const selection = this.sessions.selection;
        if (this.sessions.session === undefined || selection === undefined) {
            return undefined;
        }
        const stack = await this.sessions.ask<{ stackFrames: Frame[] }>('stackTrace', {
            threadId: selection.task,
            levels: FRAMES_MAX,
        });
        const frames = (stack?.stackFrames ?? []).filter((one) => one.presentationHint !== 'label');
        const frame = frames.find(({ id }) => id === selection.frame) ?? frames[0];
        const path = sourcePath(frame?.source);
        if (frame === undefined || path === undefined) {
            return { kind: 'empty', reason: `Task ${selection.task} runs, or has ended.` };
        }
        const name = functionOf(frame);
        const uri = Uri.file(path);
        const machine = await this.machine(uri.toString(), name);
        if (machine === undefined) {
            return { kind: 'empty', reason: `${name} has no states, or has errors.` };
        }
        const scope = await this.scope(frame.id);
        const found = scope && (await this.variables(scope.variablesReference));
        this.shown = scope ? { uri, scope: scope.variablesReference } : { uri };
        const shownFrames = frames.map((one): ShownFrame => ({
            id: one.id,
            label: `${one.name}, line ${one.line}`,
            chosen: one === frame,
        }));
        const isTop = frame === frames[0];
        const state = found?.[0]?.value ?? '';
        return {
            kind: 'machine',
            machine: this.model.live(machine, {
                task: `task ${selection.task}, line ${frame.line}`,
                key: `${selection.task}:${frames.length - frames.indexOf(frame)}:${name}`,
                variables: found ?? [],
                frames: shownFrames,
                running: isTop && state.includes('running'),
            }),
        };
    }

    private async still(): Promise<ToMachinePage> {
        if (this.wanted === undefined) {
            return { kind: 'empty', reason: NOTHING };
        }
        const machine = await this.machine(this.wanted.uri, this.wanted.function);
        this.shown = { uri: Uri.parse(this.wanted.uri) };
        return machine === undefined
            ? { kind: 'empty', reason: `${this.wanted.function} has no states, or has errors.` }
            : { kind: 'machine', machine: this.model.still(machine) };
    }

    private async machine(uri: string, name: string): Promise<StateMachine | undefined> {
        return this.client.request<StateMachine>('zyn/stateMachine', {
            textDocument: { uri },
            function: name,
        });
    }

    private async scope(frameId: number): Promise<Scope | undefined> {
        const body = await this.sessions.ask<{ scopes: Scope[] }>('scopes', { frameId });
        return body?.scopes.find(({ name }) => name === SCOPE);
    }

    private async variables(variablesReference: number): Promise<FrameVariable[] | undefined> {
        const body = await this.sessions.ask<{ variables: FrameVariable[] }>('variables', {
            variablesReference,
        });
        return body?.variables;
    }

    private async heard(message: FromMachinePage): Promise<void> {
        const selection = this.sessions.selection;
        switch (message.kind) {
            case 'ready':
                await this.view?.webview.postMessage(this.message);
                await this.update();
                break;
            case 'go':
                if (this.shown !== undefined) {
                    const line = message.line - 1;
                    await window.showTextDocument(this.shown.uri, {
                        selection: new Range(line, 0, line, 0),
                    });
                }
                break;
            case 'frame':
                if (selection !== undefined) {
                    this.sessions.select({ task: selection.task, frame: message.id });
                }
                break;
            case 'edit':
                await this.edit(message.name);
                break;
        }
    }

    private async edit(name: string): Promise<void> {
        const machine = this.message.kind === 'machine' ? this.message.machine : undefined;
        const field = machine?.fields.find((one) => one.name === name);
        const variablesReference = this.shown?.scope;
        if (field === undefined || !field.editable || variablesReference === undefined) {
            return;
        }
        const value = await window.showInputBox({
            title: `${name}: ${field.type}`,
            value: field.value ?? '',
        });
        if (value === undefined) {
            return;
        }
        try {
            await this.sessions.demand('setVariable', { variablesReference, name, value });
            this.sessions.touch();
        } catch (error) {
            const reason = error instanceof Error ? error.message : String(error);
            void window.showErrorMessage(`${name} was not changed: ${reason}`);
        }
    }
}

const NOTHING = 'Select a task, or press the lens above an async function.';

/** A frame of a task that awaits another one is marked behind its name. */
function functionOf(frame: Frame): string {
    return frame.name.replace(/ \(awaits\)$/, '');
}
