/** What the parts of the extension share: log, programs, the client, the time it all took. */

import { constants, accessSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { Uri, window, workspace, type ExtensionContext, type LogOutputChannel } from 'vscode';
import { config } from './config';
import { isFound, locate, type Found, type Missing, type ProgramName } from './locate';

export class Ctx {
    readonly log: LogOutputChannel;
    /** Milliseconds that loading the bundle and `activate` took. */
    activationMs = 0;

    constructor(readonly extension: ExtensionContext) {
        this.log = window.createOutputChannel('zyn', { log: true });
        this.keep(this.log);
    }

    keep(...things: { dispose(): unknown }[]): void {
        this.extension.subscriptions.push(...things);
    }

    asset(...parts: string[]): Uri {
        return Uri.joinPath(this.extension.extensionUri, ...parts);
    }

    /** Looked for each time, because environments come and go while an editor is open. */
    find(name: ProgramName, near?: Uri): Found | Missing {
        const settings = config(near);
        const setting = {
            'zyn-lsp': settings.serverPath,
            'zyn-dap': settings.debuggerPath,
            zyn: settings.cliPath,
        }[name];
        const own = near && workspace.getWorkspaceFolder(near);
        const folders = (workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath);
        const server = name === 'zyn-lsp' ? undefined : this.find('zyn-lsp', near);
        return locate(
            name,
            {
                setting,
                folders: own ? [own.uri.fsPath, ...folders] : folders,
                trusted: workspace.isTrusted,
                ...(server && isFound(server) ? { beside: server.path } : {}),
                searchPath: process.env['PATH'] ?? '',
                home: homedir(),
                platform: process.platform,
            },
            isProgram,
        );
    }
}

function isProgram(file: string): boolean {
    try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
    } catch {
        return false;
    }
}
