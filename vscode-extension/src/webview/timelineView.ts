/**
 * The page of the view Timeline.  Rows are elements, for the keyboard and for screen readers, but
 * only those on the screen; what happened in them is drawn on one canvas.
 */

import { byId, html } from './dom';
import './page.css';
import type { FromTimelinePage, ToTimelinePage } from './timelineMessages';
import { TimelineModel, type Axis, type Row } from './timelineModel';
import { paintRows, ROW } from './timelinePaint';
import './timelineView.css';

declare function acquireVsCodeApi(): { postMessage(message: FromTimelinePage): void };

const vscode = acquireVsCodeApi();
const model = new TimelineModel();

const ZOOM = 1.5;

let axis: Axis = 'polls';
/** The window on the axis; it follows the end until somebody zooms or moves. */
let from = 0;
let to = 1;
let follows = true;
let chosen: number | undefined;
let task: number | undefined;
let drawing = false;

document.body.append(
    html(
        'main',
        {},
        html(
            'div',
            { class: 'tools', role: 'toolbar', 'aria-label': 'Timeline' },
            button('out', '−', 'Zoom out'),
            button('in', '+', 'Zoom in'),
            button('fit', 'Fit', 'Show everything'),
            button('axis', 'Clock', 'Order of polls, or the clock of the program'),
        ),
        html('p', {
            id: 'detail',
            role: 'status',
            'aria-live': 'polite',
            'data-testid': 'timeline-detail',
        }),
        html(
            'div',
            { id: 'scroll', 'data-testid': 'timeline' },
            html('canvas', { id: 'canvas', 'aria-hidden': 'true' }),
            html('div', { id: 'rows', role: 'list', 'aria-label': 'Tasks' }),
        ),
    ),
);
const scroll = byId('scroll');
const rows = byId('rows');
const canvas = byId('canvas') as HTMLCanvasElement;

function button(id: string, text: string, title: string): HTMLButtonElement {
    return html(
        'button',
        { id, title, 'aria-label': title, 'data-testid': `timeline-${id}` },
        text,
    );
}

// Drawing, at most once a frame

function redraw(): void {
    if (!drawing) {
        drawing = true;
        requestAnimationFrame(() => {
            drawing = false;
            draw();
        });
    }
}

function draw(): void {
    if (follows) {
        [from, to] = model.extent(axis);
    }
    rows.style.height = `${model.rows.length * ROW}px`;
    const first = Math.floor(scroll.scrollTop / ROW);
    const last = Math.min(first + Math.ceil(scroll.clientHeight / ROW) + 1, model.rows.length);
    labels(first, last);
    paint(first, last);
    byId('axis').setAttribute('aria-pressed', String(axis === 'clock'));
    if (model.rows.length === 0) {
        byId('detail').textContent = 'No poll yet.';
    } else if (chosen === undefined) {
        const polls = `${(model.end - model.first).toLocaleString('en')} polls`;
        byId('detail').textContent = `${model.rows.length.toLocaleString('en')} tasks, ${polls}`;
    }
}

/** Only the rows on the screen are elements; the one with the focus stays the same element. */
function labels(first: number, last: number): void {
    const there = new Map(
        [...rows.children].map((row) => [Number((row as HTMLElement).dataset['row']), row]),
    );
    for (const [index, row] of there) {
        if (index < first || index >= last) {
            row.remove();
        }
    }
    for (let index = first; index < last; index += 1) {
        const row = model.rows[index];
        if (row === undefined) {
            continue;
        }
        const label = (there.get(index) as HTMLElement | undefined) ?? newLabel(index, row);
        label.setAttribute(
            'aria-label',
            `${row.name}, task ${row.task}, ${row.polls.length} polls`,
        );
        label.classList.toggle('selected', row.task === task);
        if (!label.isConnected) {
            rows.append(label);
        }
    }
}

function newLabel(index: number, row: Row): HTMLElement {
    const label = html(
        'div',
        {
            class: 'row',
            role: 'listitem',
            tabindex: 0,
            'data-row': index,
            'data-testid': `timeline-task-${row.task}`,
            title: model.nameOf(row.task),
        },
        html('span', { class: 'name' }, model.nameOf(row.task)),
    );
    label.style.top = `${index * ROW}px`;
    return label;
}

function paint(first: number, last: number): void {
    const scale = window.devicePixelRatio;
    const width = lanes();
    const height = scroll.clientHeight;
    canvas.width = Math.max(width * scale, 1);
    canvas.height = Math.max(height * scale, 1);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const pen = canvas.getContext('2d');
    if (pen === null) {
        return;
    }
    pen.scale(scale, scale);
    pen.clearRect(0, 0, width, height);
    paintRows(pen, model, {
        axis,
        from,
        to,
        width,
        first,
        last,
        scrolled: scroll.scrollTop,
        chosen,
    });
}

/** How wide the part beside the names is. */
function lanes(): number {
    return Math.max(scroll.clientWidth - nameWidth(), 20);
}

function nameWidth(): number {
    return Number.parseFloat(getComputedStyle(scroll).getPropertyValue('--names')) || 90;
}

// Moving and choosing

function zoom(factor: number, at = 0.5): void {
    const [begin, end] = model.extent(axis);
    const centre = from + (to - from) * at;
    const length = Math.min(
        Math.max((to - from) / factor, axis === 'polls' ? 4 : 1000),
        end - begin,
    );
    move(centre - length * at, length);
}

function move(start: number, length = to - from): void {
    const [begin, end] = model.extent(axis);
    from = Math.max(Math.min(start, end - length), begin);
    to = from + Math.min(length, end - begin);
    follows = from <= begin && to >= end;
    redraw();
}

function choose(number: number | undefined): void {
    const poll = number === undefined ? undefined : model.poll(number);
    if (number === undefined || poll === undefined) {
        return;
    }
    chosen = number;
    task = poll.task;
    byId('detail').textContent = model.described(number);
    const position = model.position(number, axis);
    if (position < from || position >= to) {
        move(position - (to - from) / 2);
    }
    redraw();
}

function open(): void {
    const poll = chosen === undefined ? undefined : model.poll(chosen);
    if (poll !== undefined) {
        const state = poll.stateAfter;
        vscode.postMessage({ kind: 'open', task: poll.task, function: poll.function, state });
    }
}

/** Scroll a row into view. */
function reveal(index: number): void {
    const top = index * ROW;
    const hidden = top < scroll.scrollTop || top + ROW > scroll.scrollTop + scroll.clientHeight;
    if (index >= 0 && hidden) {
        // The rows have their height only when they were drawn.
        draw();
        scroll.scrollTop = top - scroll.clientHeight / 2;
        draw();
    }
}

function rowAt(index: number): void {
    if (model.rows[index] === undefined) {
        return;
    }
    reveal(index);
    rows.querySelector<HTMLElement>(`[data-row="${index}"]`)?.focus();
}

function nearestIn(row: Row | undefined, position: number): number | undefined {
    return row === undefined ? undefined : model.nearest(row, position, axis);
}

scroll.addEventListener('scroll', redraw);
new ResizeObserver(redraw).observe(scroll);
scroll.addEventListener(
    'wheel',
    (event) => {
        const at = (event.clientX - canvas.getBoundingClientRect().left) / lanes();
        if (event.ctrlKey || event.metaKey) {
            zoom(event.deltaY < 0 ? ZOOM : 1 / ZOOM, Math.min(Math.max(at, 0), 1));
        } else if (event.shiftKey || event.deltaX !== 0) {
            move(from + ((event.deltaX || event.deltaY) / lanes()) * (to - from));
        } else {
            return;
        }
        event.preventDefault();
    },
    { passive: false },
);
/** The poll that is nearest to the mouse in its row. */
function under(event: MouseEvent): number | undefined {
    const box = canvas.getBoundingClientRect();
    const x = event.clientX - box.left;
    const index = Math.floor((event.clientY - box.top + scroll.scrollTop) / ROW);
    const middle = axis === 'polls' ? 0.5 : 0;
    const position = from + (Math.max(x, 0) / lanes()) * (to - from) - middle;
    return nearestIn(model.rows[index], position);
}

scroll.addEventListener('click', (event) => {
    choose(under(event));
    open();
});
scroll.addEventListener('mousemove', (event) => {
    const label = (event.target as HTMLElement).closest<HTMLElement>('.row');
    const row = model.rows[Number(label?.dataset['row'])];
    if (label === null || row === undefined) {
        return;
    }
    const onName = (event.target as HTMLElement).classList.contains('name');
    const number = onName ? undefined : under(event);
    label.title = number === undefined ? model.nameOf(row.task) : model.described(number);
});
scroll.addEventListener('keydown', (event) => {
    const index = Number((event.target as HTMLElement).dataset['row']);
    const row = model.rows[index];
    const inRow = chosen !== undefined && model.poll(chosen)?.task === row?.task;
    switch (event.key) {
        case 'ArrowDown':
            rowAt(index + 1);
            break;
        case 'ArrowUp':
            rowAt(index - 1);
            break;
        case 'ArrowRight':
        case 'ArrowLeft': {
            const step = event.key === 'ArrowRight' ? 1 : -1;
            const next = inRow ? model.neighbour(chosen ?? 0, step) : nearestIn(row, from);
            choose(next);
            break;
        }
        case 'Enter':
            if (!inRow) {
                choose(nearestIn(row, from));
            }
            open();
            break;
        case '+':
        case '=':
            zoom(ZOOM);
            break;
        case '-':
            zoom(1 / ZOOM);
            break;
        default:
            return;
    }
    event.preventDefault();
});
byId('in').addEventListener('click', () => zoom(ZOOM));
byId('out').addEventListener('click', () => zoom(1 / ZOOM));
byId('fit').addEventListener('click', () => {
    follows = true;
    redraw();
});
byId('axis').addEventListener('click', () => {
    axis = axis === 'polls' ? 'clock' : 'polls';
    byId('axis').textContent = axis === 'polls' ? 'Clock' : 'Polls';
    follows = true;
    redraw();
});
window.addEventListener('message', ({ data }: MessageEvent<ToTimelinePage>) => {
    switch (data.kind) {
        case 'clear':
            model.clear();
            chosen = undefined;
            follows = true;
            rows.replaceChildren();
            break;
        case 'polls':
            model.add(data.start, data.polls);
            break;
        case 'select':
            task = data.task;
            reveal(model.rows.findIndex((row) => row.task === task));
            break;
    }
    redraw();
});
vscode.postMessage({ kind: 'ready' });
redraw();
