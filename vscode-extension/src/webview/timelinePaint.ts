/**
 * What happened in the rows of the view Timeline, drawn on its canvas: polls, how long a task was
 * parked after one, and the wake that led to the next.
 */

import { ending, type Axis, type Ending, type Row, type TimelineModel } from './timelineModel';

/** The height of a row. */
export const ROW = 22;

const POLL_WIDTH_MIN = 3;
/** Where wakes are closer than this the lines from who woke would cover everything. */
const LINE_SPACE = 8;
const ENDINGS: Record<Ending, string> = {
    parked: '--vscode-charts-green',
    returned: '--vscode-charts-purple',
    cancelled: '--vscode-charts-orange',
    failed: '--vscode-charts-red',
};

/** What of a model is seen, in pixels where nothing else is said. */
export interface Window {
    readonly axis: Axis;
    /** Between two positions of the axis. */
    readonly from: number;
    readonly to: number;
    readonly width: number;
    /** The rows on the screen, by index, and how far down they begin. */
    readonly first: number;
    readonly last: number;
    readonly scrolled: number;
    /** The number of a poll. */
    readonly chosen: number | undefined;
}

export function paintRows(
    pen: CanvasRenderingContext2D,
    model: TimelineModel,
    window: Window,
): void {
    const painter = new Painter(pen, model, window);
    const rows = model.rows.slice(window.first, window.last);
    const shown = rows.map((row): [Row, number[]] => [row, painter.visible(row)]);
    for (const [row, numbers] of shown) {
        painter.parks(row, numbers);
    }
    for (const [row, numbers] of shown) {
        painter.lines(row, numbers);
    }
    for (const [row, numbers] of shown) {
        painter.polls(row, numbers);
    }
}

class Painter {
    /** How wide a poll is. */
    private readonly wide: number;

    constructor(
        private readonly pen: CanvasRenderingContext2D,
        private readonly model: TimelineModel,
        private readonly window: Window,
    ) {
        const unit = this.pixels(1);
        this.wide = window.axis === 'polls' ? Math.max(unit - 1, POLL_WIDTH_MIN) : POLL_WIDTH_MIN;
    }

    visible(row: Row): number[] {
        const { from, to, axis } = this.window;
        return this.model.visible(row, from, to, axis, 1 / this.pixels(1));
    }

    /** From a poll to the wake, and from there, runnable, to the next poll. */
    parks(row: Row, numbers: readonly number[]): void {
        const y = this.top(row) + ROW / 2 - 1;
        for (const [place, number] of numbers.entries()) {
            const poll = this.model.poll(number);
            if (poll === undefined || ending(poll) !== 'parked') {
                continue;
            }
            const next = numbers[place + 1];
            const begin = this.x(number) + this.wide;
            const end = next === undefined ? this.window.width : this.x(next);
            const woken = Math.min(next === undefined ? end : (this.wake(next) ?? end), end);
            this.pen.fillStyle = colour('--vscode-charts-blue');
            this.pen.fillRect(begin, y, Math.max(woken - begin, 0), 2);
            this.pen.fillStyle = colour('--vscode-charts-yellow');
            const runnable = Math.max(woken, begin);
            this.pen.fillRect(runnable, y, Math.max(end - runnable, 0), 2);
        }
    }

    /** From the row of a task to that of each which it woke. */
    lines(row: Row, numbers: readonly number[]): void {
        const crowded = numbers.length * LINE_SPACE > this.window.width;
        const top = this.top(row);
        for (const number of numbers) {
            const x = this.wake(number);
            const poll = this.model.poll(number);
            const waker = this.model.row(poll?.wake?.task);
            const chosen = number === this.window.chosen;
            if (x === undefined || waker === undefined || waker === row || (crowded && !chosen)) {
                continue;
            }
            this.pen.strokeStyle = colour(
                chosen ? '--vscode-focusBorder' : '--vscode-charts-yellow',
            );
            this.pen.lineWidth = chosen ? 2 : 1;
            this.pen.beginPath();
            this.pen.moveTo(x, this.top(waker) + ROW / 2);
            this.pen.lineTo(x, waker.index < row.index ? top + 4 : top + ROW - 4);
            this.pen.stroke();
        }
    }

    polls(row: Row, numbers: readonly number[]): void {
        const middle = this.top(row) + ROW / 2;
        for (const number of numbers) {
            const poll = this.model.poll(number);
            if (poll === undefined) {
                continue;
            }
            const x = this.x(number);
            this.pen.fillStyle = colour(ENDINGS[ending(poll)]);
            this.pen.fillRect(x, middle - 6, this.wide, 12);
            this.mark(row, number);
            if (number === this.window.chosen) {
                this.pen.strokeStyle = colour('--vscode-focusBorder');
                this.pen.lineWidth = 2;
                this.pen.strokeRect(x - 2, middle - 8, this.wide + 4, 16);
            }
        }
    }

    /** An arrow head at the wake, on the side that it came from. */
    private mark(row: Row, number: number): void {
        const x = this.wake(number);
        if (x === undefined) {
            return;
        }
        const waker = this.model.row(this.model.poll(number)?.wake?.task);
        const below = waker !== undefined && waker.index > row.index;
        const base = this.top(row) + (below ? ROW - 1 : 1);
        const tip = base + (below ? -5 : 5);
        this.pen.fillStyle = colour('--vscode-charts-yellow');
        this.pen.beginPath();
        this.pen.moveTo(x - 3, base);
        this.pen.lineTo(x + 3, base);
        this.pen.lineTo(x, tip);
        this.pen.fill();
    }

    private top(row: Row): number {
        return row.index * ROW - this.window.scrolled;
    }

    private x(number: number): number {
        const { axis, from } = this.window;
        return this.pixels(this.model.position(number, axis) - from);
    }

    private wake(number: number): number | undefined {
        const { axis, from } = this.window;
        const position = this.model.wakePosition(number, axis);
        return position === undefined ? undefined : this.pixels(position - from);
    }

    private pixels(length: number): number {
        const { from, to, width } = this.window;
        return (length / Math.max(to - from, 1e-9)) * width;
    }
}

function colour(name: string): string {
    const style = getComputedStyle(document.documentElement);
    return style.getPropertyValue(name) || style.getPropertyValue('--vscode-foreground');
}
