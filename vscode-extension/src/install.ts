/**
 * `zyn: Install zyn for This Project`: a virtual environment in the project, and zyn in it from a
 * checkout or a wheel on this machine.  zyn is in no package index, so none is asked.
 */

import * as path from 'node:path';
import {
    commands,
    ProcessExecution,
    Task,
    TaskPanelKind,
    tasks,
    window,
    workspace,
    type TaskExecution,
    type WorkspaceFolder,
} from 'vscode';

const TYPE = 'zyn.install';

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
        await run(folder, from.fsPath);
    }
}

/** In a terminal, because it takes a while and says why when it fails; then the server starts. */
async function run(folder: WorkspaceFolder, from: string): Promise<void> {
    const windows = process.platform === 'win32';
    const python = path.join(
        folder.uri.fsPath,
        '.venv',
        windows ? 'Scripts' : 'bin',
        windows ? 'python.exe' : 'python',
    );
    const steps: readonly [string, ...string[]][] = [
        [windows ? 'py' : 'python3', '-m', 'venv', '.venv'],
        [python, '-m', 'pip', 'install', from],
    ];
    for (const command of steps) {
        if (!(await succeeds(folder, command))) {
            const text = `zyn was not installed; the terminal says why: ${command.join(' ')}`;
            void window.showErrorMessage(text);
            return;
        }
    }
    await commands.executeCommand('zyn.restartServer');
    void window.showInformationMessage(`zyn is installed in ${path.join(folder.name, '.venv')}.`);
}

/** Whether a program, run in the folder and in a terminal, ends with 0. */
async function succeeds(
    folder: WorkspaceFolder,
    [program, ...args]: readonly [string, ...string[]],
): Promise<boolean> {
    const execution = new ProcessExecution(program, args, { cwd: folder.uri.fsPath });
    const task = new Task({ type: TYPE }, folder, `Install zyn: ${args[1]}`, 'zyn', execution);
    task.presentationOptions = { panel: TaskPanelKind.Shared, showReuseMessage: false };
    let running: TaskExecution | undefined;
    const ended = new Promise<boolean>((resolve) => {
        const isOurs = (one: TaskExecution) => one === running || one.task.name === task.name;
        const listeners = [
            tasks.onDidEndTaskProcess(
                ({ execution: one, exitCode }) => isOurs(one) && finish(exitCode === 0),
            ),
            // A program that is not there has no process that could end.
            tasks.onDidEndTask(({ execution: one }) => isOurs(one) && finish(false)),
        ];
        const finish = (good: boolean): void => {
            listeners.forEach((listener) => listener.dispose());
            resolve(good);
        };
    });
    running = await tasks.executeTask(task);
    return ended;
}
