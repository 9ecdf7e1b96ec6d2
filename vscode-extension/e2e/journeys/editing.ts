/** Reading and writing: what the language server shows in the editor. */

import { CONTRAST, DARK, type Journey, LIGHT, ROOM } from '../journey.ts';
import { lineOf, WORKERS } from './programs.ts';

const FILE = 'workers.zyntax';

export const reading: Journey = {
    name: 'open a file: highlighting, hints, code lens',
    files: { [FILE]: WORKERS },
    settings: ROOM,
    documented: true,
    async walk({ workbench, picture }) {
        await workbench.open(FILE);
        await workbench.line('await delay(').filter({ hasText: 'state 1' }).waitFor();
        await workbench.line('var total').filter({ hasText: 'captured @12' }).waitFor();
        const lens = workbench.editor(FILE).locator('.codelens-decoration');
        await lens.filter({ hasText: '2 states' }).first().waitFor();
        await lens.filter({ hasText: 'Run' }).filter({ hasText: 'Debug' }).first().waitFor();
        // A keyword and a name have colours of their own.
        await workbench.eventually('the line of the await has three colours', async () => {
            const colours = await workbench
                .line('await delay(')
                .locator('span > span')
                .evaluateAll((all) => new Set(all.map((one) => getComputedStyle(one).color)).size);
            return colours >= 3;
        });
        await picture('vscode-editor', [DARK, LIGHT, CONTRAST]);
    },
};

export const fixing: Journey = {
    name: 'type an error, see it underlined, fix it with its hint',
    files: { [FILE]: WORKERS },
    async walk({ workbench, note, picture }) {
        await workbench.open(FILE);
        await workbench.line('await delay(').filter({ hasText: 'state 1' }).waitFor();
        const line = lineOf(WORKERS, 'total + step');
        await workbench.goTo(line, '        total = tot'.length + 1);
        await workbench.page.keyboard.press('Delete');
        const began = performance.now();
        await workbench.editor(FILE).locator('.squiggly-error').waitFor();
        note(`underlined ${(performance.now() - began).toFixed(0)} ms after the keystroke`);
        const menu = workbench.page.locator('.action-widget').first();
        await workbench.press('Control+.', menu);
        await picture('vscode-quick-fix');
        await menu.locator('.monaco-list-row').filter({ hasText: 'total' }).first().click();
        await workbench.line('total = total + step').waitFor();
        await workbench.editor(FILE).locator('.squiggly-error').waitFor({ state: 'detached' });
    },
};

export const hovering: Journey = {
    name: 'hover a captured variable',
    files: { [FILE]: WORKERS },
    async walk({ workbench, picture }) {
        await workbench.open(FILE);
        await workbench.line('await delay(').filter({ hasText: 'state 1' }).waitFor();
        const look = () =>
            workbench.hover('total = total + step', 'total', 'offset 12 of the frame');
        await look();
        await picture('vscode-hover', [DARK, LIGHT, CONTRAST], look);
    },
};

export const renaming: Journey = {
    name: 'rename a variable',
    files: { [FILE]: WORKERS },
    async walk({ workbench }) {
        await workbench.open(FILE);
        await workbench.line('await delay(').filter({ hasText: 'state 1' }).waitFor();
        await workbench.goTo(lineOf(WORKERS, 'return total'), '    return t'.length + 1);
        const box = workbench.page.locator('.rename-box input');
        await workbench.press('F2', box);
        await box.fill('sum');
        await workbench.page.keyboard.press('Enter');
        await workbench.line('return sum;').waitFor();
        await workbench.line('sum = sum + step;').waitFor();
        await workbench.line('var sum').waitFor();
    },
};
