/**
 * `zyn: Install zyn for This Project`: a virtual environment in the project, and zyn in it from a
 * checkout or a wheel on this machine.  zyn is in no package index, so none is asked.
 */

import * as path from 'node:path';
import { commands, Uri, window, workspace } from 'vscode';

interface Source {
    readonly label: string;
    readonly description: string;
    readonly folder: boolean;
}

const SOURCES: readonly Source[] = [
    { label: 'From a wheel…', description: 'a file zyn-*.whl', folder: false },
    { label: 'From a checkout…', description: 'the folder with pyproject.toml', folder: true },
];

export async function install(): Promise<void> {
    const folder = workspace.workspaceFolders?.[0];
    if (folder === undefined) {
        void window.showErrorMessage(
            'Open the folder of your project first: zyn goes into its .venv.',
        );
        return;
    }
    const source = await window.showQuickPick(SOURCES, {
        title: `Install zyn into ${path.join(folder.name, '.venv')}`,
        placeHolder: 'Where zyn comes from',
    });
    if (source === undefined) {
        return;
    }
    const chosen = await window.showOpenDialog({
        canSelectFiles: !source.folder,
        canSelectFolders: source.folder,
        ...(source.folder ? {} : { filters: { Wheels: ['whl'] } }),
        openLabel: 'Install',
    });
    const from = chosen?.[0];
    if (from !== undefined) {
        run(folder.uri, from.fsPath);
    }
}

/** In a terminal, because it takes a while and says why when it fails. */
function run(folder: Uri, from: string): void {
    const windows = process.platform === 'win32';
    const python = path.join('.venv', windows ? 'Scripts' : 'bin', 'python');
    const terminal = window.createTerminal({ name: 'Install zyn', cwd: folder });
    terminal.show();
    terminal.sendText(`${windows ? 'py' : 'python3'} -m venv .venv`);
    terminal.sendText(`${quoted(python)} -m pip install ${quoted(from)}`);
    void offerStart();
}

async function offerStart(): Promise<void> {
    const start = 'Start Language Server';
    const text = 'When the terminal says that zyn is installed:';
    if ((await window.showInformationMessage(text, start)) === start) {
        await commands.executeCommand('zyn.restartServer');
    }
}

/** For sh, cmd and PowerShell alike, as long as the name holds no quotation marks. */
function quoted(file: string): string {
    return `"${file}"`;
}
