/** What goes wrong around the editor, and how it goes on. */

import type { Journey } from '../journey.ts';
import { signal } from '../processes.ts';
import { lineOf, manyWorkers, WORKERS } from './programs.ts';

const FILE = 'workers.zyntax';

export const restarting: Journey = {
    name: 'kill the language server: it comes back',
    files: { [FILE]: WORKERS },
    async walk({ workbench, running }) {
        await workbench.open(FILE);
        await workbench.line('await delay(').filter({ hasText: 'state 1' }).waitFor();
        const servers = running('zyn-lsp');
        if (servers.length !== 1) {
            throw new Error(`there are ${servers.length} language servers`);
        }
        signal(servers[0]!.pid, 'SIGKILL');
        await workbench.notification('was started again (1 of 4)').waitFor();
        // It answers: a new mistake is found.
        await workbench.goTo(lineOf(WORKERS, 'return total'), '    return total'.length + 1);
        await workbench.type('s');
        await workbench.editor(FILE).locator('.squiggly-error').first().waitFor();
    },
};

const LINES = 10_000;

export const large: Journey = {
    name: 'type in a file of 10,000 lines',
    files: { 'large.zyntax': manyWorkers(LINES) },
    async walk({ workbench, note }) {
        const text = manyWorkers(LINES);
        await workbench.open('large.zyntax');
        await workbench.editor('large.zyntax').locator('.codelens-decoration').first().waitFor();
        const line = text
            .split('\n')
            .findIndex((one, at) => at > LINES / 2 && one.includes('total;'));
        await workbench.goTo(line + 1, '    return total'.length + 1);
        const word = 'abcdefgh';
        let slowest = 0;
        for (const [at, letter] of [...word].entries()) {
            const began = performance.now();
            await workbench.type(letter);
            await workbench.line(`return total${word.slice(0, at + 1)};`).waitFor();
            slowest = Math.max(slowest, performance.now() - began);
        }
        const typed = performance.now();
        await workbench.editor('large.zyntax').locator('.squiggly-error').first().waitFor();
        note(`slowest of ${word.length} keystrokes: on the screen after ${slowest.toFixed(0)} ms`);
        note(`underlined ${(performance.now() - typed).toFixed(0)} ms after the last`);
    },
};

export const activating: Journey = {
    name: 'show the environment for a bug report',
    files: { [FILE]: WORKERS },
    async walk({ workbench, note }) {
        await workbench.open(FILE);
        await workbench.line('await delay(').filter({ hasText: 'state 1' }).waitFor();
        const line = workbench.line('activation');
        await workbench.command('zyn: Show Environment', line);
        note((await line.innerText()).replaceAll(/\s+/g, ' '));
        await workbench.line('zyn-dap').filter({ hasText: 'zyn-dap 0.' }).waitFor();
    },
};
