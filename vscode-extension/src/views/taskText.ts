/** Tasks in words: what a row of the tree says.  Pure. */

import { duration } from '../duration';
import type { AwaitGroup, Task } from '../protocol';

export interface Icon {
    readonly id: string;
    readonly color?: string;
}

const ICONS: Record<Task['state'], Icon> = {
    pending: { id: 'circle-outline' },
    runnable: { id: 'circle-filled', color: 'charts.green' },
    running: { id: 'play-circle', color: 'charts.green' },
    parked: { id: 'clock', color: 'charts.blue' },
    held: { id: 'debug-pause', color: 'charts.yellow' },
    completed: { id: 'pass', color: 'disabledForeground' },
    failed: { id: 'error', color: 'list.errorForeground' },
    cancelled: { id: 'circle-slash', color: 'disabledForeground' },
};

export function taskIcon(task: Task): Icon {
    if (task.stopped !== undefined) {
        return { id: 'debug-stackframe', color: 'charts.yellow' };
    }
    return task.held ? ICONS.held : ICONS[task.state];
}

export function taskLabel(task: Task): string {
    return `${task.name} #${task.id}`;
}

/** `line 12 · timer, 10 ms left`. */
export function taskDescription(task: Task): string {
    const parts: string[] = [];
    if (task.line !== undefined) {
        parts.push(
            task.function === task.name ? `line ${task.line}` : `${task.function}:${task.line}`,
        );
    }
    if (task.stopped !== undefined) {
        parts.push(`stopped: ${task.stopped}`);
    } else if (task.error !== undefined) {
        parts.push(task.error);
    } else if (task.waitsFor !== undefined && ['parked', 'held'].includes(task.state)) {
        parts.push(task.waitsFor);
    } else {
        parts.push(task.state);
    }
    if (task.cancelling) {
        parts.push('cancelling');
    }
    if (task.held) {
        parts.push('held');
    }
    return parts.join(' · ');
}

/** One sentence for a screen reader. */
export function taskSpoken(task: Task): string {
    const state = task.stopped === undefined ? task.state : `stopped, ${task.stopped}`;
    const held = task.held && task.state !== 'held' ? ', held' : '';
    const cancelling = task.cancelling ? ', cancelling' : '';
    const place = task.line === undefined ? '' : `, in ${task.function} at line ${task.line}`;
    const waits = task.waitsFor === undefined ? '' : `, waits for ${task.waitsFor}`;
    return `Task ${task.id}, ${task.name}, ${state}${held}${cancelling}${place}${waits}`;
}

/** What menus are shown for: words that their `when` looks for. */
export function taskContext(task: Task): string {
    const over = ['completed', 'failed', 'cancelled'].includes(task.state);
    const words = ['zynTask', task.state];
    if (!over) {
        words.push('alive', task.held ? 'isHeld' : 'notHeld');
        if (task.stopped !== undefined) {
            words.push('stopped');
        }
    }
    return words.join(' ');
}

export function taskDetails(task: Task): [string, string][] {
    const rows: [string, string | undefined][] = [
        ['state', task.held ? `${task.state}, held` : task.state],
        ['function', task.function],
        ['line', task.line?.toString()],
        ['suspension point', task.awaitState?.toString()],
        ['waits for', task.waitsFor],
        ['polls', task.polls.toString()],
        ['wakes', task.wakes.toString()],
        ['woken by', task.wokenBy === undefined ? undefined : `task ${task.wokenBy}`],
        ['spawned by', task.parent === undefined ? undefined : `task ${task.parent}`],
        ['spawned at line', task.spawnedAt?.toString()],
        ['error', task.error],
    ];
    return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

export function groupLabel(group: AwaitGroup): string {
    return group.line === undefined ? group.function : `${group.function}, line ${group.line}`;
}

export function groupDescription(group: AwaitGroup, nowNs: number | undefined): string {
    const parked = `${group.count.toLocaleString('en')} parked`;
    if (group.oldestSinceNs === undefined || nowNs === undefined) {
        return parked;
    }
    return `${parked} · oldest ${duration(nowNs - group.oldestSinceNs)}`;
}
