/** The entry point: puts the parts together. */

import { commands, workspace, type ExtensionContext } from 'vscode';
import { Chooser } from './choose';
import { Client } from './client';
import { registerCommands } from './commands';
import { Ctx } from './ctx';
import { registerDebugger } from './debug';
import { registerTasks } from './runTasks';
import { Sessions } from './session';
import { Tests } from './tests';
import { LiveHints } from './views/decorations';
import { StateMachineView } from './views/stateMachine';
import { TasksView } from './views/tasks';
import { TimelineView } from './views/timeline';

// Set by the first and the last line of the bundle.  Between loading a module and calling
// `activate` the editor does work of its own, which is not counted.
declare const zynBegun: number;
declare const zynLoaded: number;

let client: Client | undefined;

export function activate(extension: ExtensionContext): void {
    const called = performance.now();
    const ctx = new Ctx(extension);
    client = new Client(ctx);
    const chooser = new Chooser(ctx, client);
    registerCommands(ctx, client, chooser);
    registerDebugger(ctx, chooser);
    registerTasks(ctx, client);
    const found = new Tests(ctx, chooser);
    const sessions = new Sessions(ctx);
    new TasksView(ctx, sessions);
    new StateMachineView(ctx, client, sessions);
    new TimelineView(ctx, client, sessions);
    new LiveHints(ctx, sessions);
    ctx.keep(
        // The lens of a frame has a name of its own in the protocol of the server.
        commands.registerCommand('zyn.showStateMachine', (target: unknown) =>
            commands.executeCommand('zyn.stateMachine.show', target),
        ),
        workspace.onDidChangeConfiguration((change) => {
            if (change.affectsConfiguration('zyn.server.path')) {
                void client?.restart();
            } else if (change.affectsConfiguration('zyn')) {
                void client?.configurationChanged();
            }
        }),
        workspace.onDidGrantWorkspaceTrust(() => client?.restart()),
    );
    // Not waited for: the editor goes on while the server starts.
    void client.start().then(() => found.readOpen());
    const loading = zynLoaded - zynBegun;
    ctx.activationMs = loading + performance.now() - called;
    const parts = `${loading.toFixed(1)} ms of it loading`;
    ctx.log.info(`activated in ${ctx.activationMs.toFixed(1)} ms, ${parts}`);
}

export async function deactivate(): Promise<void> {
    await client?.stop();
}
