/** The commands that belong to no view. */

import { commands, Uri, window, workspace } from 'vscode';
import type { Chooser } from './choose';
import { fileOf } from './choose';
import type { Client } from './client';
import type { Ctx } from './ctx';
import { launch } from './debug';
import { showEnvironment } from './environment';
import { install } from './install';
import type { LensArgument } from './protocol';

type Target = LensArgument | Uri | undefined;

export function registerCommands(ctx: Ctx, client: Client, chooser: Chooser): void {
    const start = (noDebug: boolean) => async (target: Target) => {
        const named = isLens(target);
        const uri = named ? Uri.parse(target.uri) : target instanceof Uri ? target : undefined;
        const file = await fileOf(uri);
        if (file === undefined) {
            return;
        }
        const call = named
            ? await chooser.callByName(file, target.function)
            : await chooser.call(file);
        if (call !== undefined) {
            await launch(file, call, noDebug);
        }
    };
    const table: Record<string, (...args: never[]) => unknown> = {
        'zyn.run': start(true),
        'zyn.debug': start(false),
        'zyn.restartServer': () => client.restart(),
        'zyn.showEnvironment': () => showEnvironment(ctx, client),
        'zyn.showLog': () => ctx.log.show(),
        'zyn.install': install,
        'zyn.openExample': () => openExample(ctx),
        'zyn.openWalkthrough': () =>
            commands.executeCommand('workbench.action.openWalkthrough', 'zyn.zyn#zyn.start', false),
    };
    for (const [name, run] of Object.entries(table)) {
        ctx.keep(commands.registerCommand(name, run));
    }
}

function isLens(target: Target): target is LensArgument {
    return target !== undefined && 'function' in target && typeof target.function === 'string';
}

/** A copy of the example that may be changed; it lies with the extension's data, in no project. */
async function openExample(ctx: Ctx): Promise<void> {
    const folder = ctx.extension.globalStorageUri;
    const file = Uri.joinPath(folder, 'first.zyntax');
    try {
        await workspace.fs.stat(file);
    } catch {
        await workspace.fs.createDirectory(folder);
        await workspace.fs.copy(ctx.asset('media', 'first.zyntax'), file);
    }
    await window.showTextDocument(file);
}
