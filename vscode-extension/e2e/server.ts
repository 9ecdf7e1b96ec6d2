/** A code-server of one's own: VS Code on a free port, with empty folders for its state. */

import { type ChildProcess, execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as net from 'node:net';
import * as path from 'node:path';
import { promisify } from 'node:util';

import { environment, start, stop } from './processes.ts';
import { CODE_SERVER, NODE, ZYN_BIN } from './programs.ts';

/** What every journey begins with: VS Code as installed, less what talks to the network. */
const SETTINGS = {
    'chat.disableAIFeatures': true,
    'extensions.autoCheckUpdates': false,
    'extensions.ignoreRecommendations': true,
    'git.enabled': false,
    'remote.autoForwardPorts': false,
    'telemetry.telemetryLevel': 'off',
    'window.restoreWindows': 'none',
    'workbench.colorTheme': 'Dark 2026',
    'workbench.enableExperiments': false,
    'workbench.secondarySideBar.defaultVisibility': 'hidden',
    'workbench.startupEditor': 'none',
};

/** For each of the two: to install the extension, and to answer.  In milliseconds. */
const START_TIMEOUT = 180_000;

export type Settings = Record<string, unknown>;

export class CodeServer {
    readonly url: string;
    readonly log: string;
    private readonly child: ChildProcess;
    private readonly state: string;

    private constructor(child: ChildProcess, url: string, state: string, log: string) {
        this.child = child;
        this.url = url;
        this.state = state;
        this.log = log;
    }

    /**
     * Start a server on a new state folder, with an extension installed or, when `vsix` is null,
     * with none; `tools` is the folder that comes first on PATH.
     */
    static async start(state: string, vsix: string | null, tools = ZYN_BIN): Promise<CodeServer> {
        const home = path.join(state, 'home');
        fs.mkdirSync(home, { recursive: true });
        // VS Code takes its environment from a login shell.
        fs.writeFileSync(path.join(home, '.profile'), `PATH='${tools}':$PATH\n`);
        writeSettings(state, {});
        const env = environment({ HOME: home, SHELL: '/bin/bash', PATH: '/usr/bin:/bin' });
        const command = [
            NODE,
            CODE_SERVER,
            '--user-data-dir',
            path.join(state, 'user-data'),
            '--extensions-dir',
            path.join(state, 'extensions'),
            '--config',
            path.join(state, 'config.yaml'),
        ];
        if (vsix !== null) {
            const install = [...command.slice(1), '--install-extension', vsix];
            await promisify(execFile)(NODE, install, { env, timeout: START_TIMEOUT });
        }

        const port = await freePort();
        const log = path.join(state, 'code-server.log');
        command.push(
            '--auth',
            'none',
            '--bind-addr',
            `127.0.0.1:${port}`,
            '--disable-telemetry',
            '--disable-update-check',
            '--disable-workspace-trust',
            '--disable-getting-started-override',
            // An extension host whose window is gone is ended after so many seconds.
            '--reconnection-grace-time',
            '5',
        );
        const server = new CodeServer(
            start(command, { env, cwd: state, log }),
            `http://127.0.0.1:${port}`,
            state,
            log,
        );
        try {
            await server.answers();
        } catch (error) {
            await server.stop();
            throw error;
        }
        return server;
    }

    get isRunning(): boolean {
        return this.child.exitCode === null && this.child.signalCode === null;
    }

    /** The home of its user. */
    get home(): string {
        return path.join(this.state, 'home');
    }

    /** Whether an extension is installed, by its publisher and name. */
    has(extension: string): boolean {
        const folder = path.join(this.state, 'extensions');
        const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
        return names.some((name) => name.startsWith(`${extension}-`));
    }

    /** Change the user's settings; open windows follow at once. */
    configure(settings: Settings): void {
        writeSettings(this.state, settings);
    }

    async stop(): Promise<void> {
        await stop(this.child);
    }

    private async answers(): Promise<void> {
        const deadline = Date.now() + START_TIMEOUT;
        while (!(await healthy(`${this.url}/healthz`))) {
            if (!this.isRunning || Date.now() > deadline) {
                throw new Error(`code-server did not start:\n${fs.readFileSync(this.log, 'utf8')}`);
            }
        }
    }
}

function writeSettings(state: string, extra: Settings): void {
    const file = path.join(state, 'user-data', 'User', 'settings.json');
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, JSON.stringify({ ...SETTINGS, ...extra }, null, 2));
}

/** One question; a refused connection is answered after a moment, so that asking is cheap. */
async function healthy(url: string): Promise<boolean> {
    return new Promise((resolve) => {
        const refused = () => setTimeout(() => resolve(false), 100);
        const question = http.get(url, { timeout: 5000 }, (response) => {
            response.resume();
            resolve(response.statusCode === 200);
        });
        question.on('timeout', () => question.destroy()).on('error', refused);
    });
}

async function freePort(): Promise<number> {
    const probe = net.createServer();
    await new Promise<void>((ready) => probe.listen(0, '127.0.0.1', ready));
    const { port } = probe.address() as net.AddressInfo;
    await new Promise((closed) => probe.close(closed));
    return port;
}
