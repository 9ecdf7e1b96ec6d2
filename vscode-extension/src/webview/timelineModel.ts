/**
 * The polls of a program as rows, one for each task, and what of a row lies in a window.  Every
 * question is answered by bisection, so that drawing costs what is on the screen.  Pure.
 */

import type { Poll } from '../protocol';
import { duration } from '../duration';

export type Axis = 'polls' | 'clock';

export interface Row {
    readonly task: number;
    readonly name: string;
    /** Its place among the rows. */
    readonly index: number;
    /** Numbers of its polls, ascending. */
    readonly polls: number[];
}

export const CANCELLED = 0xfffffffd;
export const RETURNED = 0xfffffffe;
export const FAILED = 0xffffffff;

/** How a poll ended. */
export type Ending = 'parked' | 'returned' | 'cancelled' | 'failed';

export function ending(poll: Poll): Ending {
    switch (poll.stateAfter) {
        case RETURNED:
            return 'returned';
        case CANCELLED:
            return 'cancelled';
        case FAILED:
            return 'failed';
        default:
            return 'parked';
    }
}

export class TimelineModel {
    /** Number of the first poll that is known. */
    first = 0;
    readonly rows: Row[] = [];
    private readonly polls: Poll[] = [];
    private readonly byTask = new Map<number, Row>();

    /** Number behind the last poll. */
    get end(): number {
        return this.first + this.polls.length;
    }

    clear(): void {
        this.first = 0;
        this.polls.length = 0;
        this.rows.length = 0;
        this.byTask.clear();
    }

    /** Take in polls; where some are missing in between, what was before is forgotten. */
    add(start: number, polls: readonly Poll[]): void {
        if (start !== this.end) {
            this.clear();
            this.first = start;
        }
        for (const poll of polls) {
            let row = this.byTask.get(poll.task);
            if (row === undefined) {
                const index = this.rows.length;
                row = { task: poll.task, name: poll.function, index, polls: [] };
                this.byTask.set(poll.task, row);
                this.rows.push(row);
            }
            row.polls.push(this.end);
            this.polls.push(poll);
        }
    }

    poll(number: number): Poll | undefined {
        return this.polls[number - this.first];
    }

    /** Where a poll stands on an axis: its number, or nanoseconds of the program's clock. */
    position(number: number, axis: Axis): number {
        return axis === 'polls' ? number : (this.poll(number)?.beginNs ?? 0);
    }

    row(task: number | undefined): Row | undefined {
        return task === undefined ? undefined : this.byTask.get(task);
    }

    /** The poll of another task that woke a task for one, as far as it is known. */
    wakingPoll(number: number): number | undefined {
        const poll = this.poll(number);
        const row = this.row(poll?.wake?.task);
        if (poll?.wake === undefined || row === undefined || row.task === poll.task) {
            return undefined;
        }
        const { atNs } = poll.wake;
        const behind = bisect(row.polls.length, (index) => {
            const candidate = row.polls[index] ?? 0;
            return candidate >= number || (this.poll(candidate)?.beginNs ?? 0) > atNs;
        });
        return row.polls[behind - 1];
    }

    /**
     * Where the wake that led to a poll stands on an axis.  In the order of polls it is within
     * that of the task that did it, or where the poll begins.
     */
    wakePosition(number: number, axis: Axis): number | undefined {
        const wake = this.poll(number)?.wake;
        if (wake === undefined || axis === 'clock') {
            return wake?.atNs;
        }
        const waking = this.wakingPoll(number);
        return waking === undefined ? number : waking + 0.5;
    }

    /** `send #3`; the name of a task of which no poll is known is not known. */
    nameOf(task: number): string {
        const row = this.byTask.get(task);
        return row === undefined ? `task #${task}` : `${row.name} #${task}`;
    }

    /** A poll in one sentence. */
    described(number: number): string {
        const poll = this.poll(number);
        if (poll === undefined) {
            return '';
        }
        const from = poll.stateBefore === 0 ? 'start' : `state ${poll.stateBefore}`;
        const end = ending(poll);
        const to = end === 'parked' ? `parked in state ${poll.stateAfter}` : end;
        // A poll in which the debugger stopped lasts as long as the stop.
        const took = `at ${clock(poll.beginNs)}, took ${duration(poll.lengthNs)}`;
        const name = `poll ${number} of ${poll.function} #${poll.task}`;
        return `${name}: ${from} → ${to}, ${took}${this.woken(poll)}`;
    }

    private woken({ task, wake }: Poll): string {
        if (wake === undefined) {
            return '';
        }
        const by = {
            task: wake.task === task ? 'by itself' : `by ${this.nameOf(wake.task ?? 0)}`,
            timer: 'by a timer',
            outside: 'from outside',
        }[wake.by];
        return `; woken ${by} at ${clock(wake.atNs)}`;
    }

    /** The whole of an axis. */
    extent(axis: Axis): [number, number] {
        if (this.polls.length === 0) {
            return [0, 1];
        }
        const last = this.end - 1;
        const begin = this.position(this.first, axis);
        return axis === 'polls' ? [begin, this.end] : [begin, this.position(last, axis) + 1];
    }

    /**
     * The polls of a row between two positions, and one on each side, since what a task did
     * before and after decides how the time between is drawn; at most one for each `step`.
     */
    visible(row: Row, from: number, to: number, axis: Axis, step = 0): number[] {
        const at = (place: number): number => this.position(row.polls[place] ?? 0, axis);
        const found: number[] = [];
        let place = Math.max(bisect(row.polls.length, (index) => at(index) >= from) - 1, 0);
        while (place < row.polls.length) {
            found.push(row.polls[place] as number);
            if (at(place) >= to) {
                break;
            }
            const next = step > 0 ? at(place) + step : Number.NEGATIVE_INFINITY;
            place = Math.max(
                place + 1,
                step > 0 ? bisect(row.polls.length, (index) => at(index) >= next) : 0,
            );
        }
        return found;
    }

    /** The poll of a row that is nearest to a position. */
    nearest(row: Row, position: number, axis: Axis): number | undefined {
        const at = (place: number): number => this.position(row.polls[place] ?? 0, axis);
        const after = bisect(row.polls.length, (index) => at(index) > position);
        const candidates = [after - 1, after].filter(
            (place) => place >= 0 && place < row.polls.length,
        );
        candidates.sort((a, b) => Math.abs(at(a) - position) - Math.abs(at(b) - position));
        return candidates[0] === undefined ? undefined : row.polls[candidates[0]];
    }

    /** The poll of the same task before or after one. */
    neighbour(number: number, step: -1 | 1): number | undefined {
        const poll = this.poll(number);
        const row = poll && this.byTask.get(poll.task);
        if (row === undefined) {
            return undefined;
        }
        const place = bisect(row.polls.length, (index) => (row.polls[index] ?? 0) >= number);
        return row.polls[place + step];
    }
}

/** The first index from which on `holds` is true; `count` when there is none. */
function bisect(count: number, holds: (index: number) => boolean): number {
    let low = 0;
    let high = count;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (holds(middle)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

function clock(ns: number): string {
    return `${(ns / 1e6).toFixed(3)} ms`;
}
