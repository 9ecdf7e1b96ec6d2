/** Tasks of VS Code: `zyn check` and `zyn run` for the file that is open, with their problems. */

import * as path from 'node:path';
import {
    ProcessExecution,
    Task,
    TaskGroup,
    tasks,
    TaskScope,
    Uri,
    window,
    workspace,
    type TaskDefinition,
    type TaskProvider,
    type WorkspaceFolder,
} from 'vscode';
import type { Client } from './client';
import type { Ctx } from './ctx';
import { isOurs } from './languages';
import { isFound } from './locate';

const TYPE = 'zyn';

interface Definition extends TaskDefinition {
    readonly command: 'check' | 'run';
    readonly file?: string;
    readonly call?: string;
}

export function registerTasks(ctx: Ctx, client: Client): void {
    const provider = new Provider(ctx, client);
    ctx.keep(
        tasks.registerTaskProvider(TYPE, provider),
        // A task that is run once more need not be resolved again.
        tasks.onDidStartTask(({ execution: { task } }) => void provider.leaveToServer(task)),
    );
}

class Provider implements TaskProvider {
    constructor(
        private readonly ctx: Ctx,
        private readonly client: Client,
    ) {}

    provideTasks(): Task[] {
        const document = window.activeTextEditor?.document;
        if (document === undefined || !isOurs(document.languageId) || document.isUntitled) {
            return [];
        }
        const folder = workspace.getWorkspaceFolder(document.uri);
        const file = folder
            ? path.relative(folder.uri.fsPath, document.uri.fsPath)
            : document.uri.fsPath;
        const commands: Definition['command'][] = ['check', 'run'];
        return commands.flatMap((command) => {
            const task = this.task({ type: TYPE, command, file }, folder);
            return task === undefined ? [] : [task];
        });
    }

    async resolveTask(task: Task): Promise<Task | undefined> {
        await this.leaveToServer(task);
        const folder = typeof task.scope === 'object' ? task.scope : undefined;
        return this.task(task.definition as Definition, folder);
    }

    /**
     * The problem matcher passes over files that are open, whose problems are the language
     * server's.  The server reports those of a closed file of the workspace too, so one that is
     * about to be checked is opened, in no editor; where there is no server it is not.
     */
    async leaveToServer({ definition, scope }: Task): Promise<void> {
        const { type, file } = definition as Definition;
        const folder = typeof scope === 'object' ? scope : workspace.workspaceFolders?.[0];
        if (type !== TYPE || file === undefined || folder === undefined || !this.client.isRunning) {
            return;
        }
        const uri = Uri.file(path.resolve(folder.uri.fsPath, file));
        if (workspace.getWorkspaceFolder(uri) === undefined) {
            return;
        }
        try {
            await workspace.openTextDocument(uri);
        } catch (error) {
            this.ctx.log.debug(`${uri.fsPath}: ${String(error)}`); // the task will say so
        }
    }

    /** Undefined where there is no `zyn` to run. */
    private task(definition: Definition, folder: WorkspaceFolder | undefined): Task | undefined {
        const found = this.ctx.find('zyn', folder?.uri);
        if (!isFound(found)) {
            this.ctx.log.warn(`zyn is not there; looked at:\n  ${found.tried.join('\n  ')}`);
            return undefined;
        }
        const file = definition.file ?? '${file}';
        const call = definition.call === undefined ? [] : ['--call', definition.call];
        const args = [definition.command, file, ...(definition.command === 'run' ? call : [])];
        const task = new Task(
            definition,
            folder ?? TaskScope.Workspace,
            `${definition.command} ${definition.call ?? path.basename(file)}`,
            TYPE,
            // The width keeps a message on one line, which the problem matcher reads.
            new ProcessExecution(found.path, args, {
                cwd: folder?.uri.fsPath ?? path.dirname(file),
                env: { NO_COLOR: '1', COLUMNS: '1000' },
            }),
            '$zyn',
        );
        if (definition.command === 'check') {
            task.group = TaskGroup.Build;
        }
        return task;
    }
}

/** The folder of a file, for what is started for it. */
export function folderOf(file: Uri): string {
    return workspace.getWorkspaceFolder(file)?.uri.fsPath ?? path.dirname(file.fsPath);
}
