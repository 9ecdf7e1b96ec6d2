/**
 * The language client: starts zyn-lsp, starts it again when it crashes, says so, and offers to
 * install it where it is missing.
 */

import {
    commands,
    languages,
    LanguageStatusSeverity,
    window,
    type LanguageStatusItem,
} from 'vscode';
import type {
    CloseHandlerResult,
    LanguageClient,
    LanguageClientOptions,
} from 'vscode-languageclient/node';
import { serverSettings } from './config';
import type { Ctx } from './ctx';
import { LANGUAGES } from './languages';
import { isFound, type Missing } from './locate';
import { RESTARTS_MAX, RestartPolicy } from './restart';

type Library = typeof import('vscode-languageclient/node');

const SELECTOR = LANGUAGES.map((language) => ({ language: language.id, scheme: 'file' }));

export class Client {
    private client: LanguageClient | undefined;
    private running = false;
    private readonly policy = new RestartPolicy(() => performance.now());
    private readonly status: LanguageStatusItem;
    private leaving = false;
    private restarts = 0;

    constructor(private readonly ctx: Ctx) {
        this.status = languages.createLanguageStatusItem('zyn.server', SELECTOR);
        this.status.name = 'zyn';
        this.status.command = { command: 'zyn.showLog', title: 'Show Log' };
        ctx.keep(this.status);
    }

    /** What a bug report says of the server. */
    get state(): string {
        const now =
            this.client === undefined ? 'not started' : this.running ? 'running' : 'stopped';
        return `${now}, started again ${this.restarts} times`;
    }

    /** Whether the server is there to be asked. */
    get isRunning(): boolean {
        return this.running;
    }

    /** Name and version as the server gave them. */
    get serverInfo(): string {
        const info = this.client?.initializeResult?.serverInfo;
        return info === undefined ? 'unknown' : `${info.name} ${info.version ?? ''}`.trim();
    }

    async start(): Promise<void> {
        const found = this.ctx.find('zyn-lsp');
        if (!isFound(found)) {
            this.show('zyn-lsp not found', LanguageStatusSeverity.Error);
            void this.offerInstall(found);
            return;
        }
        this.ctx.log.info(`starting ${found.path} (${found.origin})`);
        this.show('starting', LanguageStatusSeverity.Information, true);
        this.leaving = false;
        // Loaded here and not with the extension, which is activated sooner without it.
        const library = await import('vscode-languageclient/node');
        const client = new library.LanguageClient(
            'zyn',
            'zyn',
            { command: found.path, args: [], options: { env: { ...process.env, NO_COLOR: '1' } } },
            this.options(library),
        );
        this.client = client;
        client.onDidChangeState(({ newState }) => {
            this.running = newState === library.State.Running;
            if (this.running) {
                this.show(`${this.serverInfo}`, LanguageStatusSeverity.Information);
            }
        });
        try {
            await client.start();
        } catch (error) {
            this.ctx.log.error(`zyn-lsp did not start: ${String(error)}`);
            this.show('zyn-lsp did not start', LanguageStatusSeverity.Error);
            void this.complain('The language server of zyn did not start.');
        }
    }

    async restart(): Promise<void> {
        this.policy.forget();
        await this.stop();
        await this.start();
    }

    async stop(): Promise<void> {
        this.leaving = true;
        const client = this.client;
        this.client = undefined;
        try {
            await client?.dispose();
        } catch (error) {
            this.ctx.log.warn(`stopping zyn-lsp: ${String(error)}`);
        }
    }

    /** A request of zyn's own; undefined when the server is not there or cannot answer. */
    async request<T>(method: string, params: object): Promise<T | undefined> {
        if (!this.running || this.client === undefined) {
            return undefined;
        }
        try {
            return (await this.client.sendRequest<T | null>(method, params)) ?? undefined;
        } catch (error) {
            this.ctx.log.warn(`${method}: ${String(error)}`);
            return undefined;
        }
    }

    /** Tell the server of settings that changed. */
    async configurationChanged(): Promise<void> {
        if (this.running) {
            await this.client?.sendNotification('workspace/didChangeConfiguration', {
                settings: { zyn: serverSettings() },
            });
        }
    }

    private options({
        CloseAction,
        ErrorAction,
        RevealOutputChannelOn,
    }: Library): LanguageClientOptions {
        return {
            documentSelector: SELECTOR,
            diagnosticCollectionName: 'zyn',
            outputChannel: this.ctx.log,
            revealOutputChannelOn: RevealOutputChannelOn.Never,
            initializationOptions: serverSettings(),
            middleware: {
                workspace: {
                    configuration: ({ items }) =>
                        items.map(({ section }) => (section === 'zyn' ? serverSettings() : null)),
                },
            },
            errorHandler: {
                error: (error) => {
                    this.ctx.log.warn(`language server: ${error.message}`);
                    return { action: ErrorAction.Continue, handled: true };
                },
                closed: () => this.closed(CloseAction),
            },
        };
    }

    private closed(CloseAction: Library['CloseAction']): CloseHandlerResult {
        if (this.leaving) {
            return { action: CloseAction.DoNotRestart, handled: true };
        }
        const verdict = this.policy.crashed();
        if (verdict.restart) {
            this.restarts += 1;
            const count = `${verdict.number} of ${RESTARTS_MAX}`;
            const text = `The language server of zyn stopped and was started again (${count}).`;
            this.ctx.log.warn(text);
            void this.complain(text, false);
            this.show('starting again', LanguageStatusSeverity.Warning, true);
            return { action: CloseAction.Restart, handled: true };
        }
        this.ctx.log.error('zyn-lsp stopped too often');
        this.show('stopped', LanguageStatusSeverity.Error);
        const count = `${verdict.number + 1} times in 3 minutes`;
        void this.complain(`The language server of zyn stopped ${count} and stays down.`);
        return { action: CloseAction.DoNotRestart, handled: true };
    }

    private async complain(text: string, grave = true): Promise<void> {
        const log = 'Show Log';
        const again = 'Restart';
        const chosen = grave
            ? await window.showErrorMessage(text, log, again)
            : await window.showWarningMessage(text, log);
        if (chosen === log) {
            this.ctx.log.show();
        } else if (chosen === again) {
            await this.restart();
        }
    }

    private async offerInstall(missing: Missing): Promise<void> {
        this.ctx.log.error(`zyn-lsp is not there; looked at:\n  ${missing.tried.join('\n  ')}`);
        const install = 'Install…';
        const choose = 'Open Setting';
        const text =
            missing.badSetting === undefined
                ? 'zyn-lsp was found neither in a virtual environment of this project nor on PATH.'
                : `The setting zyn.server.path names ${missing.badSetting}, which is no program.`;
        const chosen = await window.showErrorMessage(text, install, choose, 'Show Log');
        if (chosen === install) {
            await commands.executeCommand('zyn.install');
        } else if (chosen === choose) {
            await commands.executeCommand('workbench.action.openSettings', 'zyn.server.path');
        } else if (chosen !== undefined) {
            this.ctx.log.show();
        }
    }

    private show(text: string, severity: LanguageStatusSeverity, busy = false): void {
        this.status.text = text;
        this.status.severity = severity;
        this.status.busy = busy;
    }
}
