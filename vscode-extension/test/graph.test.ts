import assert from 'node:assert/strict';
import { test } from 'node:test';
import { END, layout, type Edge, type PlacedEdge } from '../src/webview/graph';

/** A small generator with a seed, so that a failure can be repeated. */
function randomly(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
        return (state >> 8) % below;
    };
}

test('a loop: straight on, back on the left, over it on the right', () => {
    const placed = layout(
        [0, 1],
        [
            { source: 0, target: 1 },
            { source: 0, target: END },
            { source: 1, target: 1 },
            { source: 1, target: END },
        ],
        100,
    );
    assert.deepEqual(
        placed.edges.map(({ source, target, side, lane }) => [source, target, side, lane]),
        [
            [0, 1, 'straight', 0],
            [0, END, 'right', 0],
            [1, 1, 'left', 0],
            [1, END, 'straight', 0],
        ],
    );
    assert.deepEqual(
        placed.states.map(({ index }) => index),
        [0, 1, END],
    );
});

test('no end where no edge goes there, and unknown states are passed over', () => {
    const placed = layout(
        [0, 1],
        [
            { source: 0, target: 7 },
            { source: 0, target: 1 },
        ],
        80,
    );
    assert.deepEqual(
        placed.states.map(({ index }) => index),
        [0, 1],
    );
    assert.equal(placed.edges.length, 1);
});

test('laws of any graph', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
        const random = randomly(seed);
        const count = 1 + random(20);
        const indexes = Array.from({ length: count }, (_, index) => index);
        const edges: Edge[] = Array.from({ length: random(40) }, () => ({
            source: random(count),
            target: random(count + 1) - 1,
        }));
        const placed = layout(indexes, edges, 120);
        const boxes = new Map(placed.states.map((state) => [state.index, state]));
        for (const [place, state] of placed.states.entries()) {
            const above = placed.states[place - 1];
            assert.ok(above === undefined || above.y + above.height < state.y, 'no overlap');
            assert.ok(state.x >= 0 && state.x + state.width <= placed.width, 'inside');
            assert.ok(state.y + state.height <= placed.height, 'inside');
        }
        const wanted = new Set(edges.map(({ source, target }) => `${source}:${target}`));
        assert.equal(placed.edges.length, wanted.size, 'every edge once');
        for (const edge of placed.edges) {
            assert.ok(wanted.has(`${edge.source}:${edge.target}`));
            assert.match(edge.path, /^M[\d. HVQ-]+$/);
        }
        for (const [a, b] of pairs(placed.edges)) {
            assert.ok(!shareLane(a, b, boxes), `seed ${seed}: two edges in one lane`);
        }
    }
});

function pairs<T>(all: readonly T[]): [T, T][] {
    return all.flatMap((a, at) => all.slice(at + 1).map((b): [T, T] => [a, b]));
}

function shareLane(
    a: PlacedEdge,
    b: PlacedEdge,
    boxes: ReadonlyMap<number, { readonly y: number }>,
): boolean {
    if (a.side === 'straight' || a.side !== b.side || a.lane !== b.lane) {
        return false;
    }
    const span = ({ source, target }: Edge) => {
        const ends = [boxes.get(source)?.y ?? 0, boxes.get(target)?.y ?? 0];
        return [Math.min(...ends), Math.max(...ends)] as const;
    };
    const [from, to] = span(a);
    const [start, end] = span(b);
    return from <= end && start <= to;
}
