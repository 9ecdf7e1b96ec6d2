/** The page of the view State Machine: a graph of the states, and the frame as a table. */

import { byId, html, svg } from './dom';
import { layout, type PlacedState } from './graph';
import type {
    FromMachinePage,
    ShownField,
    ShownMachine,
    ShownState,
    ToMachinePage,
} from './machine';
import './page.css';
import './stateMachineView.css';

declare function acquireVsCodeApi(): { postMessage(message: FromMachinePage): void };

const vscode = acquireVsCodeApi();
const WIDTH_MIN = 130;
const WIDTH_MAX = 320;
const ROOM_FOR_LANES = 90;
/** The frame of an awaited function is long; its bytes are shown whole when pointed at. */
const BYTES_SHOWN = 16;

let machine: ShownMachine | undefined;

function show(message: ToMachinePage): void {
    const page = byId('page');
    const focused = document.activeElement?.getAttribute('data-testid');
    machine = message.kind === 'machine' ? message.machine : undefined;
    if (message.kind === 'empty') {
        page.replaceChildren(html('p', { class: 'empty', role: 'status' }, message.reason));
        return;
    }
    page.replaceChildren(
        ...header(message.machine),
        graph(message.machine),
        fields(message.machine),
    );
    if (focused != null) {
        page.querySelector<HTMLElement>(`[data-testid="${CSS.escape(focused)}"]`)?.focus();
    }
}

function header(shown: ShownMachine): Node[] {
    const title = html('h1', {}, shown.title);
    const line = html('p', { class: 'subtitle' }, shown.subtitle);
    if (shown.frames.length < 2) {
        return [title, line];
    }
    const select = html('select', { 'aria-label': 'Frame of the task', 'data-testid': 'frame' });
    for (const frame of shown.frames) {
        const option = html('option', { value: frame.id }, frame.label);
        option.selected = frame.chosen;
        select.append(option);
    }
    select.addEventListener('change', () => {
        vscode.postMessage({ kind: 'frame', id: Number(select.value) });
    });
    return [title, line, select];
}

// The graph

function graph(shown: ShownMachine): Node {
    const space = document.documentElement.clientWidth - ROOM_FOR_LANES;
    const width = Math.min(Math.max(space, WIDTH_MIN), WIDTH_MAX);
    const placed = layout(
        shown.states.map(({ index }) => index),
        shown.edges,
        width,
    );
    const marker = svg(
        'marker',
        {
            id: 'arrow',
            viewBox: '0 0 8 8',
            refX: 7,
            refY: 4,
            markerWidth: 8,
            markerHeight: 8,
            markerUnits: 'userSpaceOnUse',
            orient: 'auto',
        },
        svg('path', { d: 'M0 0L8 4L0 8z', class: 'head' }),
    );
    const edges = placed.edges.map((edge) => {
        const leaves = edge.source === shown.current && shown.running;
        return svg('path', {
            d: edge.path,
            class: leaves ? 'edge leaves' : 'edge',
            'marker-end': 'url(#arrow)',
            'data-testid': `edge-${edge.source}-${edge.target}`,
        });
    });
    const byIndex = new Map(shown.states.map((state) => [state.index, state]));
    const states = placed.states.map((place) => stateNode(place, byIndex.get(place.index), shown));
    return svg(
        'svg',
        {
            width: placed.width,
            height: placed.height,
            viewBox: `0 0 ${placed.width} ${placed.height}`,
            role: 'list',
            'aria-label': `States of ${shown.title}`,
        },
        svg('defs', {}, marker),
        ...edges,
        ...states,
    );
}

function stateNode(place: PlacedState, state: ShownState | undefined, shown: ShownMachine): Node {
    const current = place.index === shown.current;
    const name = state === undefined ? 'end' : `${state.index}`;
    const what = state?.label ?? '';
    const note = current ? (shown.running ? ', left, running on' : ', here') : '';
    const where = state === undefined ? '' : `, line ${state.line}`;
    const live =
        state === undefined || state.live.length === 0 ? '' : `, ${state.live.join(', ')} live`;
    const middle = place.y + place.height / 2;
    const node = svg(
        'g',
        {
            class: ['state', current ? 'current' : '', shown.running ? 'running' : ''].join(' '),
            role: 'listitem',
            tabindex: state === undefined ? -1 : 0,
            'aria-current': current ? 'step' : undefined,
            'aria-label': `State ${name} ${what}${where}${live}${note}`,
            'data-testid': state === undefined ? 'state-end' : `state-${state.index}`,
            'data-line': state?.line,
        },
        svg('title', {}, document.createTextNode(`${what}${where}${live}${note}`)),
        svg('rect', {
            x: place.x,
            y: place.y,
            width: place.width,
            height: place.height,
            rx: state === undefined ? place.height / 2 : 4,
        }),
        textAt(place.x + 10, middle, 'number', name),
        textAt(place.x + 30, middle, 'what', fitted(what, place.width - 80)),
    );
    if (state !== undefined) {
        const line = textAt(place.x + place.width - 8, middle, 'line', `:${state.line}`);
        line.setAttribute('text-anchor', 'end');
        node.append(line);
    }
    if (current) {
        node.append(
            svg('rect', {
                class: 'mark',
                x: place.x + 3,
                y: place.y + 5,
                width: 4,
                height: place.height - 10,
                'data-testid': 'current-state',
                'data-state': place.index,
            }),
        );
    }
    return node;
}

function textAt(x: number, y: number, kind: string, text: string): SVGElement {
    return svg(
        'text',
        { x, y, class: kind, 'dominant-baseline': 'central' },
        document.createTextNode(text),
    );
}

/** A text that is cut where it would not fit; the whole of it is in the title. */
function fitted(text: string, width: number): string {
    const letters = Math.max(Math.floor(width / 7), 3);
    return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}

// The frame

function fields(shown: ShownMachine): Node {
    const head = html(
        'tr',
        {},
        ...['@', 'field', 'value', 'bytes'].map((name) => html('th', { scope: 'col' }, name)),
    );
    const live = new Set(shown.states.find(({ index }) => index === shown.current)?.live);
    return html(
        'table',
        { 'aria-label': `Frame of ${shown.title}, ${shown.size} bytes` },
        html('caption', {}, `frame, ${shown.size} B`),
        html('thead', {}, head),
        html('tbody', {}, ...shown.fields.map((field) => fieldRow(field, live))),
    );
}

function fieldRow(field: ShownField, live: ReadonlySet<string>): Node {
    const changed = new Set(field.changed);
    const all = field.bytes ?? [];
    const bytes: Node[] = all
        .slice(0, BYTES_SHOWN)
        .map((byte, at) =>
            html('span', { class: changed.has(at) ? 'byte changed' : 'byte' }, byte),
        );
    const hidden = all.length - bytes.length;
    if (hidden > 0) {
        const marked = [...changed].some((at) => at >= BYTES_SHOWN);
        bytes.push(html('span', { class: marked ? 'byte changed' : 'byte' }, `and ${hidden} more`));
    }
    const value =
        field.absent === undefined
            ? html('span', {}, field.value ?? '')
            : html('span', { class: 'absent' }, field.absent);
    const row = html(
        'tr',
        {
            'data-testid': `field-${field.name}`,
            'data-name': field.name,
            class: [
                changed.size > 0 ? 'changed' : '',
                live.has(field.name) ? 'live' : '',
                field.editable ? 'editable' : '',
            ].join(' '),
            tabindex: field.editable ? 0 : undefined,
            title: field.editable
                ? 'Enter or a double click changes it'
                : `${field.stored}, ${field.size} B`,
        },
        html('td', { class: 'offset' }, `${field.offset}`),
        html('th', { scope: 'row' }, field.name, html('span', { class: 'type' }, ` ${field.type}`)),
        html('td', { class: 'value' }, value),
        html('td', { class: 'bytes', title: all.join(' ') }, ...bytes),
    );
    if (changed.size > 0) {
        row.setAttribute('aria-description', 'changed since the last stop');
    }
    return row;
}

// What a person does

function go(target: EventTarget | null): void {
    const line = (target as Element | null)?.closest('.state')?.getAttribute('data-line');
    if (line != null) {
        vscode.postMessage({ kind: 'go', line: Number(line) });
    }
}

function edit(target: EventTarget | null): void {
    const name = (target as Element | null)?.closest('tr.editable')?.getAttribute('data-name');
    if (name != null) {
        vscode.postMessage({ kind: 'edit', name });
    }
}

/** Arrows move from state to state and from field to field. */
function move(target: Element, step: number): void {
    const group = target.closest('svg') ?? target.closest('tbody');
    const stops = [...(group?.querySelectorAll<SVGElement | HTMLElement>('[tabindex="0"]') ?? [])];
    stops[stops.indexOf(target as HTMLElement) + step]?.focus();
}

document.body.append(html('main', { id: 'page' }));
document.addEventListener('click', ({ target }) => go(target));
document.addEventListener('dblclick', ({ target }) => edit(target));
document.addEventListener('keydown', (event) => {
    const target = event.target as Element;
    if (event.key === 'Enter' && target.tagName !== 'SELECT') {
        go(target);
        edit(target);
    } else if (event.key === 'ArrowDown' && target.tagName !== 'SELECT') {
        move(target, 1);
        event.preventDefault();
    } else if (event.key === 'ArrowUp' && target.tagName !== 'SELECT') {
        move(target, -1);
        event.preventDefault();
    }
});
window.addEventListener('message', (event: MessageEvent<ToMachinePage>) => show(event.data));
window.addEventListener('resize', () => {
    if (machine !== undefined) {
        show({ kind: 'machine', machine });
    }
});
vscode.postMessage({ kind: 'ready' });
