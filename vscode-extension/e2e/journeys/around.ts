/** What stands around a program: Run above a function, a task, the walkthrough. */

import { Debugging } from '../debugging.ts';
import type { Journey } from '../journey.ts';
import { STEP } from '../until.ts';
import { WORKERS } from './programs.ts';

const FILE = 'workers.zyntax';
const WRONG = 'wrong.zyntax';
const TASK = `zyn: check ${WRONG}`;
const TASKS = {
    version: '2.0.0',
    tasks: [
        {
            label: TASK,
            type: 'zyn',
            command: 'check',
            file: WRONG,
            problemMatcher: '$zyn',
            presentation: { reveal: 'always' },
        },
    ],
};
const STEPS = 6;
/** How long a program may take before it is run again, in milliseconds. */
const A_TASK = 20_000;

export const touring: Journey = {
    name: 'the walkthrough, Run above a function, problems from a task',
    files: {
        [FILE]: WORKERS,
        [WRONG]: WORKERS.replace('total + step', 'totl + step'),
        '.vscode/tasks.json': JSON.stringify(TASKS, null, 2),
    },
    // The text of a terminal can be read where it is not drawn by a graphics card.
    settings: { 'terminal.integrated.gpuAcceleration': 'off' },
    async walk({ workbench, picture }) {
        const { page } = workbench;
        const debug = new Debugging(workbench);
        await workbench.open(FILE);
        await workbench.line('await delay(').filter({ hasText: 'state 1' }).waitFor();
        await workbench.until(
            debug.output('233'),
            () =>
                workbench
                    .editor(FILE)
                    .locator('.codelens-decoration a')
                    .getByText('Run', { exact: true })
                    .click(STEP),
            A_TASK,
        );

        // The file is open nowhere.  The language server reports its error, and so would the task.
        const errors = page
            .locator('.markers-panel .monaco-list-row')
            .filter({ hasText: '`totl`' });
        const problems = 'Problems: Focus on Problems View';
        await workbench.command(problems, errors);
        // What VS Code says when a task is over, and its problems were read.
        const over = page.locator('.xterm-rows').filter({ hasText: 'reused by tasks' });
        await workbench.until(
            over,
            async () => {
                await workbench.quickInput('Control+p', `task ${TASK}`);
                await workbench.accept(TASK);
            },
            A_TASK,
        );
        await workbench.command(problems, errors);
        if ((await errors.count()) !== 1) {
            throw new Error(`the error is there ${await errors.count()} times`);
        }

        const steps = page.locator('.gettingStartedContainer .getting-started-step');
        await workbench.command('zyn: Get Started', async () => (await steps.count()) === STEPS);
        await picture('vscode-walkthrough');
    },
};
