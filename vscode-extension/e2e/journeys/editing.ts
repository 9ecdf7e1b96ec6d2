/** Reading and writing: what the language server shows in the editor. */

import { CONTRAST, DARK, type Journey, LIGHT, ROOM } from '../journey.ts';
import { STEP } from '../until.ts';
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
        const wrong = workbench.editor(FILE).locator('.squiggly-error').first();
        const line = lineOf(WORKERS, 'total + step');
        await workbench.goTo(line, '        total = tot'.length + 1);
        await workbench.page.keyboard.press('Delete');
        const began = performance.now();
        await wrong.waitFor();
        note(`underlined ${(performance.now() - began).toFixed(0)} ms after the keystroke`);
        const fix = workbench.page
            .locator('.action-widget .monaco-list-row')
            .filter({ hasText: '`total`' })
            .first();
        await workbench.press('Control+.', fix);
        await picture('vscode-quick-fix');
        await workbench.until(workbench.line('total = total + step'), async () => {
            // The list is drawn anew while more fixes come in; the first has the keys.
            await workbench.press('Control+.', fix);
            await fix.and(workbench.page.locator('.focused')).waitFor(STEP);
            await workbench.page.keyboard.press('Enter');
        });
        await wrong.waitFor({ state: 'detached' });
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
        await workbench.until(workbench.line('return sum;'), async () => {
            await workbench.press('F2', box);
            await box.fill('sum', STEP);
            await workbench.page.keyboard.press('Enter');
        });
        await workbench.line('sum = sum + step;').waitFor();
        await workbench.line('var sum').waitFor();
    },
};
