/** Which function to call, and with what: asked only where it is not clear. */

import * as path from 'node:path';
import { window, workspace, type TextDocument, type Uri } from 'vscode';
import { callText, defaultCall, exampleArguments, signature } from './calls';
import type { Client } from './client';
import type { Ctx } from './ctx';
import { isOurs } from './languages';
import type { FunctionInfo } from './protocol';

/** `asks` what to call; undefined when the user does not want any more. */
export class Chooser {
    constructor(
        private readonly ctx: Ctx,
        private readonly client: Client,
    ) {}

    /** The functions of a file; empty when the server cannot tell. */
    async functions(uri: Uri): Promise<readonly FunctionInfo[]> {
        const params = { textDocument: { uri: uri.toString() } };
        return (await this.client.request<FunctionInfo[]>('zyn/functions', params)) ?? [];
    }

    /** `main()` where there is one without parameters, else the user says what. */
    async call(uri: Uri): Promise<string | undefined> {
        const functions = await this.functions(uri);
        const clear = defaultCall(functions);
        if (clear !== undefined || functions.length === 0) {
            return clear ?? 'main()';
        }
        const file = path.basename(uri.fsPath);
        const picked = await window.showQuickPick(
            functions.map((called) => ({
                label: called.name,
                description: signature(called).slice(called.name.length),
                called,
            })),
            { title: `${file} has no main() without parameters`, placeHolder: 'Function to call' },
        );
        return picked === undefined ? undefined : this.callOf(uri, picked.called);
    }

    /** A call of one function of a file. */
    async callByName(uri: Uri, name: string): Promise<string | undefined> {
        const called = (await this.functions(uri)).find((one) => one.name === name);
        return called === undefined ? callText(name, '') : this.callOf(uri, called);
    }

    private async callOf(uri: Uri, called: FunctionInfo): Promise<string | undefined> {
        if (called.parameters.length === 0) {
            return callText(called.name, '');
        }
        // What was typed last is offered again, until the parameters change.
        const key = `arguments:${uri.toString()}:${signature(called)}`;
        const memory = this.ctx.extension.workspaceState;
        const names = called.parameters.map(({ name }) => name).join(', ');
        const args = await window.showInputBox({
            title: signature(called),
            prompt: `Arguments, as literals: ${names}`,
            value: memory.get<string>(key) ?? exampleArguments(called),
        });
        if (args === undefined) {
            return undefined;
        }
        await memory.update(key, args);
        return callText(called.name, args);
    }
}

/** The file that a command is about: its argument, else the editor's; saved where it is not yet. */
export async function fileOf(uri?: Uri): Promise<Uri | undefined> {
    const active = window.activeTextEditor?.document;
    const document = uri === undefined ? active : await workspace.openTextDocument(uri);
    if (document === undefined || !isOurs(document.languageId)) {
        void window.showInformationMessage('Open a file of a zyn language first.');
        return undefined;
    }
    return savedFile(document);
}

async function savedFile(document: TextDocument): Promise<Uri | undefined> {
    if (document.isUntitled) {
        return workspace.save(document.uri);
    }
    if (document.isDirty) {
        await document.save();
    }
    return document.uri;
}
