/** The view Tasks and the view Timeline, by keys, and with 100,000 tasks. */

import type { Page } from 'playwright-core';

import { Debugging } from '../debugging.ts';
import type { Journey } from '../journey.ts';
import { frame } from '../until.ts';
import type { Workbench } from '../workbench.ts';
import { lineOf, MANY, MANY_TASKS, WORKERS } from './programs.ts';

const FILE = 'workers.zyntax';
const ADD = lineOf(WORKERS, 'total = total');
const AWAIT = lineOf(WORKERS, 'await delay');

export const finding: Journey = {
    name: 'tasks: filter, group, wake, step one poll, cancel; the timeline by keys alone',
    files: { [FILE]: WORKERS },
    async walk({ workbench }) {
        const { page } = workbench;
        const debug = new Debugging(workbench);
        await workbench.open(FILE);
        await debug.setBreakpoint(ADD);
        await debug.startAndStop(ADD);
        await workbench.unfold('Tasks');
        await debug.task('worker #3', 'timer').waitFor();

        const shown = (...wanted: string[]) => {
            return async () => {
                const tasks = await debug.tasks();
                return (
                    tasks.length === wanted.length &&
                    wanted.every((one, at) => tasks[at]?.includes(one))
                );
            };
        };
        await debug.filterTasks('worker', shown('worker #2', 'worker #3'));
        const title = workbench.section('Tasks').locator('.pane-header .description');
        await title.filter({ hasText: 'worker' }).waitFor();
        await debug.filterTasks('3', shown('worker #3'));
        await debug.filterTasks('nobody', shown());
        await debug.filterTasks('', shown('main #1', 'worker #2', 'worker #3'));

        const place = `worker, line ${AWAIT}`;
        await debug.groupTasks(shown(place, 'Not parked', 'main #1'));
        await debug.task(place, '2 parked').waitFor();
        await workbench.until(
            shown(place, 'worker #2', 'worker #3', 'Not parked', 'main #1'),
            async () => {
                await debug.focusTasks();
                await page.keyboard.press('ArrowRight');
            },
        );
        await debug.groupTasks(shown('main #1', 'worker #2', 'worker #3'));

        await debug.onTask('worker #3', 'Wake', debug.task('worker #3', 'runnable'));
        await debug.onTask('worker #3', 'Step One Poll', debug.task('worker #3', 'stopped: step'));
        await debug.onTask('worker #3', 'Cancel', debug.task('worker #3', 'cancelling'));

        await lookAtTimeline(workbench, page);
        // Who awaits what was cancelled fails.
        await debug.setBreakpoint(ADD, false);
        await debug.goOn(debug.output('cancelled'));
    },
};

/** Stations of the Tab key before the rows. */
const STATIONS_MAX = 10;

/** Find what woke worker #3, and go where its poll ended, by keys. */
async function lookAtTimeline(workbench: Workbench, page: Page): Promise<void> {
    const open = workbench.section('Timeline').locator('[aria-expanded="true"]');
    await workbench.command('zyn: Show Timeline', open);
    const timeline = await workbench.webview('timeline-task-3');
    const detail = (text: string) =>
        timeline.getByTestId('timeline-detail').filter({ hasText: text });
    const focused = (testId: string) => timeline.locator(`[data-testid="${testId}"]:focus`);

    // Into the page, from another line of the program, and past its buttons to the rows.
    await workbench.goTo(1);
    await workbench.command('zyn: Show Timeline', () =>
        timeline.locator('body').evaluate(() => document.hasFocus()),
    );
    const first = focused('timeline-task-1');
    for (let at = 0; !(await first.isVisible()); at += 1) {
        if (at > STATIONS_MAX) {
            throw new Error('Tab does not come to the rows');
        }
        await page.keyboard.press('Tab');
        await frame(page);
    }
    await workbench.press('ArrowDown', focused('timeline-task-2'));
    await workbench.press('ArrowDown', focused('timeline-task-3'));
    await workbench.press('ArrowRight', detail('of worker #3: start'));
    await workbench.press('ArrowRight', detail('woken from outside'));
    // Enter shows where it ended.
    const position = page.locator('.statusbar-item').filter({ hasText: `Ln ${AWAIT}, Col` });
    await workbench.press('Enter', position);
}

export const many: Journey = {
    name: `${MANY_TASKS.toLocaleString('en')} tasks`,
    files: { 'many.zyntax': MANY },
    async walk({ workbench, note }) {
        const debug = new Debugging(workbench);
        await workbench.open('many.zyntax');
        const line = lineOf(MANY, 'made = asleep');
        await debug.setBreakpoint(line);
        await debug.startAndStop(line);
        await workbench.unfold('Tasks');
        await debug.task('main #1', 'stopped').waitFor();

        // A page of the tasks, and one more; the rest is counted.
        const { page } = workbench;
        const more = debug.task(/[\d,]+ more…/);
        const left = async () => {
            const [text = ''] = await more.allInnerTexts(); // the row comes and goes
            return Number(text.replaceAll(/\D/g, ''));
        };
        await debug.task('sleeper #2').waitFor();
        await workbench.until(more, async () => {
            await debug.focusTasks();
            await page.keyboard.press('End');
        });
        const before = await left();
        await workbench.until(
            async () => (await left()) > 0 && (await left()) < before,
            async () => {
                await debug.focusTasks();
                await page.keyboard.press('End');
                await page.keyboard.press('Enter');
            },
        );
        const all = MANY_TASKS.toLocaleString('en');
        await debug.groupTasks(debug.task('sleeper, line', `${all} parked`));
        await debug.filterTasks(`${MANY_TASKS}`, debug.task(`sleeper #${MANY_TASKS}`));
        const began = performance.now();
        await workbench.goTo(1);
        note(`Go to Line answers in ${(performance.now() - began).toFixed(0)} ms`);
        await debug.goOn(debug.output(`${MANY_TASKS}`));
        await debug.ended();
    },
};
