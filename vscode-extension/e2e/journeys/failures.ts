/** What goes wrong around the editor, and how it goes on. */

import type { Journey } from '../journey.ts';
import { signal } from '../processes.ts';
import { STEP } from '../until.ts';
import { lineOf, manyWorkers, WORKERS } from './programs.ts';

const FILE = 'workers.zyntax';
/** How long a server may take to be started before it is asked for again, in milliseconds. */
const STARTING = 15_000;

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

/** As often as the extension starts a server that crashes, in 3 minutes. */
const RESTARTS = 4;

export const stayingDown: Journey = {
    name: 'a language server that crashes again and again stays down until it is asked for',
    files: { [FILE]: WORKERS },
    async walk({ workbench, running }) {
        const { page } = workbench;
        await workbench.open(FILE);
        const wrong = workbench.editor(FILE).locator('.squiggly-error');
        const line = lineOf(WORKERS, 'var i');
        /** One mistake more, which only a server that lives can find. */
        const answers = async (mistakes: number) => {
            await workbench.goTo(line, '    var i: i32 = 0;'.length + 1);
            await page.keyboard.press('Enter');
            await workbench.type('wrong;');
            await workbench.eventually(
                `${mistakes} mistakes are found`,
                async () => (await wrong.count()) === mistakes,
            );
        };
        for (let crash = 1; crash <= RESTARTS + 1; crash += 1) {
            await answers(crash);
            signal(running('zyn-lsp')[0]!.pid, 'SIGKILL');
            if (crash <= RESTARTS) {
                const told = `was started again (${crash} of ${RESTARTS})`;
                await workbench.notification(told).waitFor();
            }
            // Not more than three are shown at a time.
            if (crash === 2) {
                await workbench.command(
                    'Notifications: Clear All Notifications',
                    async () => !(await page.locator('.notification-toast').first().isVisible()),
                );
            }
        }
        const down = workbench.notification('stopped 5 times in 3 minutes and stays down');
        await down.waitFor();
        if (running('zyn-lsp').length > 0) {
            throw new Error('a server runs that was to stay down');
        }
        await workbench.until(
            async () => running('zyn-lsp').length > 0,
            () => down.getByRole('button', { name: 'Restart' }).click(STEP),
            STARTING,
        );
        await answers(RESTARTS + 2);
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
