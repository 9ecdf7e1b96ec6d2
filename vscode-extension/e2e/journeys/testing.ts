/** The test explorer: run all, see which one failed and why, debug one. */

import { Debugging } from '../debugging.ts';
import { DARK, type Journey, LIGHT } from '../journey.ts';
import { STEP } from '../until.ts';
import { lineOf, TESTS } from './programs.ts';

const FILE = 'twice.zyntax';
/** How long the tests may take before they are started again, in milliseconds. */
const A_RUN = 20_000;

export const testing: Journey = {
    name: 'run and debug tests from the test explorer',
    files: { [FILE]: TESTS },
    documented: true,
    async walk({ workbench, picture }) {
        const debug = new Debugging(workbench);
        const { page } = workbench;
        await workbench.open(FILE);
        const row = (name: string) =>
            page.locator('.test-explorer .monaco-list-row').filter({ hasText: name }).first();
        await workbench.command('Testing: Focus on Test Explorer View', row(FILE));
        await workbench.until(row('test_twice'), async () => {
            await row(FILE).click(STEP);
            await page.keyboard.press('ArrowRight');
        });
        const passed = row('test_twice').locator('.codicon-testing-passed-icon');
        await workbench.command('Test: Run All Tests', passed, A_RUN);
        await row('test_wrong').locator('.codicon-testing-failed-icon').waitFor();
        await page.getByText('twice(3) is not 7').first().waitFor();
        const lens = workbench.editor(FILE).locator('.codelens-decoration');
        await lens.filter({ hasText: '2 states' }).first().waitFor();
        await workbench.pointAway();
        await picture('vscode-tests', [DARK, LIGHT]);

        const stop = lineOf(TESTS, 'if (four');
        await debug.setBreakpoint(stop);
        await page.keyboard.press('Escape');
        await debug.start(stop, async () => {
            await row('test_twice').hover(STEP);
            await row('test_twice').getByRole('button', { name: 'Debug Test' }).click(STEP);
        });
        await debug.goOn(debug.startButton);
        await debug.ended();
    },
};
