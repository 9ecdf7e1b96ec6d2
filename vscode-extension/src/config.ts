/** Settings: the extension's own, and those that the server asks for, in the server's shape. */

import { workspace, type ConfigurationScope } from 'vscode';

export type Clock = 'virtual' | 'real';

export interface Config {
    readonly serverPath: string;
    readonly debuggerPath: string;
    readonly cliPath: string;
    readonly clock: Clock;
    readonly liveHints: boolean;
    readonly testTimeoutS: number;
}

export function config(scope?: ConfigurationScope): Config {
    const section = workspace.getConfiguration('zyn', scope);
    return {
        serverPath: section.get('server.path', ''),
        debuggerPath: section.get('debugger.path', ''),
        cliPath: section.get('cli.path', ''),
        clock: section.get<Clock>('debug.clock', 'virtual'),
        liveHints: section.get('debug.liveHints', true),
        testTimeoutS: section.get('test.timeout', 60),
    };
}

/** What zyn-lsp calls its settings; docs/language-server.md. */
export function serverSettings(): object {
    const section = workspace.getConfiguration('zyn');
    const on = (name: string): boolean => section.get(name, true);
    return {
        hints: {
            state: on('inlayHints.state'),
            capture: on('inlayHints.capture'),
            type: on('inlayHints.type'),
            parameter: on('inlayHints.parameter'),
        },
        lens: { frame: on('codeLens.frame'), run: on('codeLens.run') },
    };
}
