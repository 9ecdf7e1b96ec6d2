/** F5 and what follows: stops, steps, tasks, states, values. */

import { Debugging } from '../debugging.ts';
import { CONTRAST, DARK, type Journey, LIGHT, ROOM } from '../journey.ts';
import { signal } from '../processes.ts';
import { STEP } from '../until.ts';
import { lineOf, WORKERS } from './programs.ts';

const FILE = 'workers.zyntax';
const ADD = lineOf(WORKERS, 'total = total');
const NEXT = lineOf(WORKERS, 'i = i + 1');
const LOOP = lineOf(WORKERS, 'while');
const RETURN = lineOf(WORKERS, 'return total');
const AWAIT = lineOf(WORKERS, 'await delay');
const SPOKEN = [
    ['listitem', /^State 1 await delay\(step\), line 6, .* live, left, running on$/],
    ['table', /^Frame of worker, \d+ bytes$/],
    ['combobox', 'Frame of the task'],
] as const;
const SPOKEN_TASK = /^Task 3, worker, parked, in worker at line 6, waits for timer/;
const isParked = (text: string) => text.includes('parked');
const OPEN = '.pane-header[aria-expanded="true"]';

export const debugging: Journey = {
    name: 'F5 with no launch.json: stop, step, change a field, go on',
    files: { [FILE]: WORKERS },
    settings: ROOM,
    documented: true,
    async walk({ workbench, picture }) {
        const debug = new Debugging(workbench);
        await workbench.open(FILE);
        await debug.setBreakpoint(ADD);
        await debug.startAndStop(ADD);

        // The other two are parked.
        await workbench.unfold('Tasks');
        await debug.task('main #1', 'stopped').waitFor();
        await debug.task('worker #2', 'timer').waitFor();
        await debug.task('worker #3', 'timer').waitFor();
        await workbench.fold('Variables', 'Watch', 'Call Stack', 'Loaded Scripts', 'Breakpoints');
        await workbench.widen(340);
        await workbench.unfold('State Machine');
        await workbench.raise('State Machine', 358);
        let machine = await workbench.webview('current-state');
        await machine.getByTestId('state-1').waitFor();
        await machine.getByTestId('field-total').filter({ hasText: '0' }).waitFor();
        await picture('vscode-debug', [DARK, LIGHT, CONTRAST]);

        // What is drawn is also said.
        for (const [role, name] of SPOKEN) {
            await machine.getByRole(role, { name }).waitFor();
        }
        await workbench.page.getByRole('treeitem', { name: SPOKEN_TASK }).waitFor();
        const parked = async () => (await workbench.behind('await delay(')).filter(isParked);
        await workbench.eventually('two are parked at the await', async () =>
            (await parked()).some((text) => text.trimStart().startsWith('2\u00a0parked')),
        );
        const width = (await parked())[0]?.length;

        // A field is changed where it is seen, by keys.
        const field = machine.getByTestId('field-total');
        const box = workbench.page.locator('.quick-input-widget .quick-input-box input');
        await workbench.until(field.filter({ hasText: '500' }), async () => {
            await workbench.until(box, () => field.press('Enter', STEP));
            await box.fill('500', STEP);
            await workbench.page.keyboard.press('Enter');
        });

        await workbench.unfold('Variables');
        await workbench.fold('State Machine');
        // Without the breakpoint, nothing but the step can stop it.
        await debug.setBreakpoint(ADD, false);
        for (const line of [NEXT, LOOP, AWAIT, ADD]) {
            await debug.stepOver(line);
        }
        await debug.showLocals();
        await debug.variable('step', '1').waitFor();
        await debug.variable('i', '1').waitFor();
        await debug.variable('total', '501').waitFor();
        await workbench.eventually('the hint at the await is as wide as it was', async () =>
            (await parked()).some((text) => text.length === width),
        );
        await debug.setVariable('total', '1000');
        await workbench.unfold('State Machine');
        machine = await workbench.webview('current-state');
        await machine.getByTestId('field-total').filter({ hasText: '1000' }).waitFor();
        await debug.goOn(debug.output('1232'));
        await debug.ended();
    },
};

export const drawing: Journey = {
    name: 'the timeline shows the polls of every task',
    files: { [FILE]: WORKERS },
    settings: ROOM,
    documented: true,
    async walk({ workbench, picture }) {
        const debug = new Debugging(workbench);
        await workbench.open(FILE);
        await debug.setBreakpoint(RETURN);
        await debug.startAndStop(RETURN);
        for (const step of [10, 100]) {
            await debug.goOn(
                workbench.line('async fn worker').filter({ hasText: `step = ${step},` }),
            );
            await debug.stopsAt(RETURN);
        }
        await workbench.command('zyn: Show Timeline', workbench.section('Timeline').locator(OPEN));
        const timeline = await workbench.webview('timeline-task-3');
        await timeline.getByTestId('timeline-task-1').filter({ hasText: 'main' }).waitFor();
        await timeline.getByTestId('timeline-task-2').filter({ hasText: 'worker' }).waitFor();
        await timeline.getByTestId('timeline-detail').filter({ hasText: 'polls' }).waitFor();
        await workbench.fold('Variables', 'Watch', 'Call Stack', 'Loaded Scripts', 'Breakpoints');
        await workbench.widen(340);
        await workbench.fold('State Machine');
        // A click shows the poll that is there.
        await timeline.getByTestId('timeline').click({ position: { x: 300, y: 10 } });
        await timeline.getByTestId('timeline-detail').filter({ hasText: 'main' }).waitFor();
        await picture('vscode-timeline', [DARK, LIGHT, CONTRAST]);
        await debug.goOn(debug.output('233'));
        await debug.ended();
    },
};

export const holding: Journey = {
    name: 'hold and resume a parked task, by keys alone',
    files: { [FILE]: WORKERS },
    async walk({ workbench }) {
        const debug = new Debugging(workbench);
        await workbench.open(FILE);
        await debug.setBreakpoint(ADD);
        await debug.startAndStop(ADD);
        await workbench.unfold('Tasks');
        const held = debug.task('worker #3', 'held');
        await debug.onTask('worker #3', 'Hold', held);
        await debug.setBreakpoint(ADD, false);
        // The one that is not held runs to its end, the held one does not.
        await debug.goOn(async () => {
            const tasks = await debug.tasks();
            const [left] = tasks.filter((one) => one.includes('worker'));
            return tasks.length === 2 && left?.includes('worker #3') === true;
        });
        await held.waitFor();
        await debug.onTask('worker #3', 'Resume', debug.output('233'));
        await debug.ended();
    },
};

export const killing: Journey = {
    name: 'kill the debuggee: the session ends and says why',
    files: { [FILE]: WORKERS },
    async walk({ workbench, note, picture, running }) {
        const debug = new Debugging(workbench);
        await workbench.open(FILE);
        await debug.setBreakpoint(ADD);
        await debug.startAndStop(ADD);
        const debuggees = running('zyn.embed.debuggee');
        if (debuggees.length !== 1) {
            throw new Error(`there are ${debuggees.length} debuggees`);
        }
        signal(debuggees[0]!.pid, 'SIGKILL');
        await debug.ended();
        const message = debug.output(/SIGKILL|killed/i);
        await message.waitFor();
        note(`the console says: ${(await message.innerText()).trim()}`);
        await picture('vscode-killed');
    },
};
