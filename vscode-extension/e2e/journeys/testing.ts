/** The test explorer: run all, see which one failed and why, debug one. */

import { Debugging } from '../debugging.ts';
import { DARK, type Journey, LIGHT } from '../journey.ts';
import { lineOf, TESTS } from './programs.ts';

const FILE = 'twice.zyntax';

export const testing: Journey = {
    name: 'run and debug tests from the test explorer',
    files: { [FILE]: TESTS },
    documented: true,
    async walk({ workbench, picture }) {
        const debug = new Debugging(workbench);
        const { page } = workbench;
        await workbench.open(FILE);
        await workbench.command('Testing: Focus on Test Explorer View');
        const row = (name: string) =>
            page.locator('.test-explorer .monaco-list-row').filter({ hasText: name }).first();
        await row(FILE).click();
        await workbench.press('ArrowRight', row('test_twice'));
        await workbench.command('Test: Run All Tests');
        await row('test_twice').locator('.codicon-testing-passed-icon').waitFor();
        await row('test_wrong').locator('.codicon-testing-failed-icon').waitFor();
        await page.getByText('twice(3) is not 7').first().waitFor();
        await picture('vscode-tests', [DARK, LIGHT]);

        await debug.toggleBreakpoint(lineOf(TESTS, 'if (four'));
        await page.keyboard.press('Escape');
        await row('test_twice').hover();
        await row('test_twice').getByRole('button', { name: 'Debug Test' }).click();
        await debug.stopsAt(lineOf(TESTS, 'if (four'));
        await debug.goOn();
        await debug.ended();
    },
};
