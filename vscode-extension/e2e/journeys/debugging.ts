/** F5 and what follows: stops, steps, tasks, states, values. */

import { Debugging } from '../debugging.ts';
import { CONTRAST, DARK, type Journey, LIGHT, ROOM } from '../journey.ts';
import { running, signal } from '../processes.ts';
import { lineOf, WORKERS } from './programs.ts';

const FILE = 'workers.zyntax';
const ADD = lineOf(WORKERS, 'total = total');
const NEXT = lineOf(WORKERS, 'i = i + 1');
const LOOP = lineOf(WORKERS, 'while');
const RETURN = lineOf(WORKERS, 'return total');
const AWAIT = lineOf(WORKERS, 'await delay');

export const debugging: Journey = {
    name: 'F5 with no launch.json: stop, step, change a field, go on',
    files: { [FILE]: WORKERS },
    settings: ROOM,
    documented: true,
    async walk({ workbench, picture }) {
        const debug = new Debugging(workbench);
        await workbench.open(FILE);
        await debug.toggleBreakpoint(ADD);
        await debug.startAndStop(ADD);

        // The other two are parked.
        await workbench.unfold('Tasks');
        await debug.task('main #1').filter({ hasText: 'stopped' }).waitFor();
        await debug.task('worker #2').filter({ hasText: 'timer' }).waitFor();
        await debug.task('worker #3').filter({ hasText: 'timer' }).waitFor();
        await workbench.fold('Variables', 'Watch', 'Call Stack', 'Loaded Scripts', 'Breakpoints');
        await workbench.widen(340);
        await workbench.unfold('State Machine');
        await workbench.raise('State Machine', 358);
        let machine = await workbench.webview('current-state');
        await machine.getByTestId('state-1').waitFor();
        await machine.getByTestId('field-total').filter({ hasText: '0' }).waitFor();
        await picture('vscode-debug', [DARK, LIGHT, CONTRAST]);

        await workbench.unfold('Variables');
        await workbench.fold('State Machine');
        // Without the breakpoint, nothing but the step can stop it.
        await debug.toggleBreakpoint(ADD);
        for (const line of [NEXT, LOOP, AWAIT, ADD]) {
            await debug.stepOver(line);
        }
        await debug.variable('step').filter({ hasText: '1' }).waitFor();
        await debug.variable('i').filter({ hasText: '1' }).waitFor();
        await debug.setVariable('total', '1000');
        await workbench.unfold('State Machine');
        machine = await workbench.webview('current-state');
        await machine.getByTestId('field-total').filter({ hasText: '1000' }).waitFor();
        await debug.goOn();
        await debug.output('1232').waitFor();
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
        await debug.toggleBreakpoint(RETURN);
        await debug.startAndStop(RETURN);
        for (const step of [10, 100]) {
            await debug.goOn();
            await workbench
                .line('async fn worker')
                .filter({ hasText: `step = ${step},` })
                .waitFor();
        }
        await workbench.command('zyn: Show Timeline');
        const timeline = await workbench.webview('timeline-task-3');
        await timeline.getByTestId('timeline-task-1').filter({ hasText: 'main' }).waitFor();
        await timeline.getByTestId('timeline-task-2').filter({ hasText: 'worker' }).waitFor();
        await timeline.getByTestId('timeline-detail').filter({ hasText: 'polls' }).waitFor();
        await workbench.fold('Variables', 'Watch', 'Call Stack', 'Loaded Scripts', 'Breakpoints');
        await workbench.widen(400);
        await workbench.fold('State Machine');
        // A click shows the poll that is there.
        await timeline.getByTestId('timeline').click({ position: { x: 300, y: 10 } });
        await timeline.getByTestId('timeline-detail').filter({ hasText: 'main' }).waitFor();
        await picture('vscode-timeline', [DARK, LIGHT, CONTRAST]);
        await debug.goOn();
        await debug.output('233').waitFor();
        await debug.ended();
    },
};

export const holding: Journey = {
    name: 'hold and resume a parked task',
    files: { [FILE]: WORKERS },
    async walk({ workbench }) {
        const debug = new Debugging(workbench);
        await workbench.open(FILE);
        await debug.toggleBreakpoint(ADD);
        await debug.startAndStop(ADD);
        await workbench.unfold('Tasks');
        await debug.onTask('worker #3', 'Hold');
        await debug.task('worker #3').filter({ hasText: 'held' }).waitFor();
        await debug.toggleBreakpoint(ADD);
        await debug.goOn();
        // The one that is not held runs to its end, the held one does not.
        await debug.task('worker #2').waitFor({ state: 'detached' });
        await debug.task('worker #3').filter({ hasText: 'held' }).waitFor();
        await debug.onTask('worker #3', 'Resume');
        await debug.output('233').waitFor();
        await debug.ended();
    },
};

export const killing: Journey = {
    name: 'kill the debuggee: the session ends and says why',
    files: { [FILE]: WORKERS },
    async walk({ workbench, note, picture }) {
        const debug = new Debugging(workbench);
        await workbench.open(FILE);
        await debug.toggleBreakpoint(ADD);
        await debug.startAndStop(ADD);
        const debuggees = running('zyn.embed.debuggee');
        if (debuggees.length !== 1) {
            throw new Error(`there are ${debuggees.length} debuggees`);
        }
        signal(debuggees[0]!.pid, 'SIGKILL');
        await debug.ended();
        const message = debug.output(/SIGKILL|killed/i).first();
        await message.waitFor();
        note(`the console says: ${(await message.innerText()).trim()}`);
        await picture('vscode-killed');
    },
};
