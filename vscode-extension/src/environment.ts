/** `zyn: Show Environment`: what a bug report needs, as a document that can be copied whole. */

import { execFile } from 'node:child_process';
import * as os from 'node:os';
import { promisify } from 'node:util';
import { env, extensions, version, window, workspace } from 'vscode';
import type { Client } from './client';
import type { Ctx } from './ctx';
import { isFound, type ProgramName } from './locate';

const VERSION_TIMEOUT_MS = 20_000;

export async function showEnvironment(ctx: Ctx, client: Client): Promise<void> {
    const own = extensions.getExtension('zyn.zyn')?.packageJSON as { version?: string } | undefined;
    const names: ProgramName[] = ['zyn-lsp', 'zyn-dap', 'zyn'];
    const programs = await Promise.all(names.map((name) => describe(ctx, name)));
    const settings = workspace.getConfiguration('zyn');
    const folders = workspace.workspaceFolders?.length ?? 0;
    const lines = [
        '# zyn environment',
        '',
        `extension          ${own?.version ?? 'unknown'}`,
        `activation         ${ctx.activationMs.toFixed(1)} ms`,
        `editor             ${env.appName} ${version}`,
        `extension host     ${env.remoteName ?? 'local'}, node ${process.version}`,
        `system             ${os.platform()} ${os.release()} ${os.arch()}`,
        `workspace          ${folders} folders, ${workspace.isTrusted ? 'trusted' : 'not trusted'}`,
        `language server    ${client.serverInfo}, ${client.state}`,
        ...programs,
        '',
        'settings that are not the default:',
        ...changed(settings),
        '',
    ];
    const document = await workspace.openTextDocument({
        language: 'markdown',
        content: lines.join('\n'),
    });
    await window.showTextDocument(document, { preview: true });
}

async function describe(ctx: Ctx, name: ProgramName): Promise<string> {
    const label = name.padEnd(18);
    const found = ctx.find(name, window.activeTextEditor?.document.uri);
    if (!isFound(found)) {
        return [`${label} not found; looked at`, ...found.tried.map((file) => `  ${file}`)].join(
            '\n',
        );
    }
    return `${label} ${found.path} (${found.origin}): ${await programVersion(found.path)}`;
}

async function programVersion(file: string): Promise<string> {
    try {
        const done = await promisify(execFile)(file, ['--version'], {
            timeout: VERSION_TIMEOUT_MS,
        });
        return done.stdout.trim();
    } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return `does not say its version: ${reason}`;
    }
}

function changed(settings: ReturnType<typeof workspace.getConfiguration>): string[] {
    const own = extensions.getExtension('zyn.zyn')?.packageJSON as
        { contributes?: { configuration?: { properties?: object }[] } } | undefined;
    const groups = own?.contributes?.configuration ?? [];
    const names = groups.flatMap(({ properties }) => Object.keys(properties ?? {}));
    const lines = names.flatMap((name) => {
        const key = name.slice('zyn.'.length);
        const value = settings.inspect(key);
        const set = value?.workspaceFolderValue ?? value?.workspaceValue ?? value?.globalValue;
        return set === undefined ? [] : [`  ${name} = ${JSON.stringify(set)}`];
    });
    return lines.length > 0 ? lines : ['  none'];
}
