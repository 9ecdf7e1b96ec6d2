/**
 * The debugger: which adapter, F5 without a launch.json, and configurations to choose from.
 */

import * as path from 'node:path';
import {
    commands,
    debug,
    DebugAdapterExecutable,
    DebugConfigurationProviderTriggerKind,
    Uri,
    window,
    workspace,
    type DebugAdapterTracker,
    type DebugConfiguration,
    type DebugConfigurationProvider,
    type WorkspaceFolder,
} from 'vscode';
import { callText, defaultCall } from './calls';
import type { Chooser } from './choose';
import { fileOf } from './choose';
import { config } from './config';
import type { Ctx } from './ctx';
import { isOurs } from './languages';
import { isFound } from './locate';

export const DEBUG_TYPE = 'zyn';

/** A configuration that runs one call of one file. */
export function launchConfiguration(file: Uri, call: string): DebugConfiguration {
    return {
        type: DEBUG_TYPE,
        request: 'launch',
        name: `${call} in ${path.basename(file.fsPath)}`,
        program: file.fsPath,
        call,
        clock: config(file).clock,
        internalConsoleOptions: 'openOnSessionStart',
    };
}

/** Start a call; with `noDebug` nothing stops it. */
export async function launch(file: Uri, call: string, noDebug: boolean): Promise<boolean> {
    return debug.startDebugging(
        workspace.getWorkspaceFolder(file),
        launchConfiguration(file, call),
        { noDebug },
    );
}

export function registerDebugger(ctx: Ctx, chooser: Chooser): void {
    const resolver = new Resolver(chooser);
    const dynamic = { provideDebugConfigurations: () => offered(chooser) };
    const trigger = DebugConfigurationProviderTriggerKind;
    ctx.keep(
        debug.registerDebugConfigurationProvider(DEBUG_TYPE, resolver, trigger.Initial),
        debug.registerDebugConfigurationProvider(DEBUG_TYPE, dynamic, trigger.Dynamic),
        debug.registerDebugAdapterDescriptorFactory(DEBUG_TYPE, {
            createDebugAdapterDescriptor: (session) => adapter(ctx, session.configuration),
        }),
        debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, {
            createDebugAdapterTracker: () => earlyEnd(ctx),
        }),
    );
}

function adapter(ctx: Ctx, configuration: DebugConfiguration): DebugAdapterExecutable {
    const program: unknown = configuration['program'];
    const near = typeof program === 'string' ? Uri.file(program) : undefined;
    const found = ctx.find('zyn-dap', near);
    if (!isFound(found)) {
        ctx.log.error(`zyn-dap is not there; looked at:\n  ${found.tried.join('\n  ')}`);
        void offerInstall();
        throw new Error(
            found.badSetting === undefined
                ? 'zyn-dap was found neither in a virtual environment of this project nor on PATH.'
                : `The setting zyn.debugger.path names ${found.badSetting}, which is no program.`,
        );
    }
    ctx.log.info(`debugging with ${found.path} (${found.origin})`);
    return new DebugAdapterExecutable(found.path, []);
}

/** VS Code says nothing when an adapter ends before it has answered; so this does. */
function earlyEnd(ctx: Ctx): DebugAdapterTracker {
    let answered = false;
    return {
        onDidSendMessage: () => {
            answered = true;
        },
        onExit: (code, signal) => {
            if (answered) {
                return;
            }
            const how = signal === undefined ? `with ${code ?? 'no'} code` : `by ${signal}`;
            const message = `zyn-dap ended ${how} before it answered.`;
            ctx.log.error(message);
            void window.showErrorMessage(message, 'Show Environment').then((picked) => {
                if (picked !== undefined) {
                    void commands.executeCommand('zyn.showEnvironment');
                }
            });
        },
    };
}

async function offerInstall(): Promise<void> {
    const install = 'Install…';
    if ((await window.showErrorMessage('The debugger of zyn is missing.', install)) === install) {
        await commands.executeCommand('zyn.install');
    }
}

class Resolver implements DebugConfigurationProvider {
    constructor(private readonly chooser: Chooser) {}

    provideDebugConfigurations(): DebugConfiguration[] {
        return [
            {
                type: DEBUG_TYPE,
                request: 'launch',
                name: 'Debug the current file',
                program: '${file}',
            },
        ];
    }

    /** Undefined ends the attempt without a word: the user was asked and left. */
    async resolveDebugConfiguration(
        _folder: WorkspaceFolder | undefined,
        given: DebugConfiguration,
    ): Promise<DebugConfiguration | undefined> {
        if (given.type || given.request || given.name) {
            const complete: DebugConfiguration = {
                ...given,
                type: DEBUG_TYPE,
                request: given.request || 'launch',
            };
            if (complete.request === 'launch' && !complete['program']) {
                complete['program'] = '${file}';
            }
            return complete;
        }
        const file = await fileOf();
        const call = file && (await this.chooser.call(file));
        return call === undefined || file === undefined
            ? undefined
            : launchConfiguration(file, call);
    }
}

/** What Run and Debug offers for the file that is open: its functions without parameters. */
async function offered(chooser: Chooser): Promise<DebugConfiguration[]> {
    const document = window.activeTextEditor?.document;
    if (document === undefined || !isOurs(document.languageId) || document.isUntitled) {
        return [];
    }
    const functions = await chooser.functions(document.uri);
    const calls = functions
        .filter(({ parameters }) => parameters.length === 0)
        .map(({ name }) => callText(name, ''));
    const first = defaultCall(functions);
    const ordered =
        first === undefined ? calls : [first, ...calls.filter((call) => call !== first)];
    return ordered.map((call) => launchConfiguration(document.uri, call));
}
