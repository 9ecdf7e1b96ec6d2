import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Poll, Wake } from '../src/protocol';
import { ending, FAILED, RETURNED, TimelineModel } from '../src/webview/timelineModel';

function poll(task: number, beginNs: number, stateBefore = 0, stateAfter = 1): Poll {
    return { task, function: `f${task}`, beginNs, lengthNs: 1500, stateBefore, stateAfter };
}

function filled(count: number, tasks: number): TimelineModel {
    const model = new TimelineModel();
    model.add(
        0,
        Array.from({ length: count }, (_, number) => poll(number % tasks, number * 1000)),
    );
    return model;
}

test('a row for each task, in the order in which they began', () => {
    const model = new TimelineModel();
    model.add(0, [poll(7, 0), poll(3, 0), poll(7, 10)]);
    model.add(3, [poll(3, 20)]);
    assert.deepEqual(
        model.rows.map(({ task, polls }) => [task, polls]),
        [
            [7, [0, 2]],
            [3, [1, 3]],
        ],
    );
    assert.deepEqual(model.extent('polls'), [0, 4]);
    assert.deepEqual(model.extent('clock'), [0, 21]);
});

test('polls that are missing in between cut off what was before', () => {
    const model = new TimelineModel();
    model.add(0, [poll(1, 0)]);
    model.add(5, [poll(1, 50), poll(2, 60)]);
    assert.deepEqual(model.extent('polls'), [5, 7]);
    assert.deepEqual(
        model.rows.map(({ polls }) => polls),
        [[5], [6]],
    );
    assert.equal(model.poll(0), undefined);
});

test('an empty timeline has an extent', () => {
    assert.deepEqual(new TimelineModel().extent('clock'), [0, 1]);
});

test('a window has the polls in it and one on each side', () => {
    const model = filled(100, 2);
    const [even] = model.rows;
    assert.ok(even);
    assert.deepEqual(model.visible(even, 10, 15, 'polls'), [8, 10, 12, 14, 16]);
    assert.deepEqual(model.visible(even, 10_000, 15_000, 'clock'), [8, 10, 12, 14, 16]);
    assert.deepEqual(model.visible(even, 0, 3, 'polls'), [0, 2, 4]);
    assert.deepEqual(model.visible(even, 97, 200, 'polls'), [96, 98]);
});

test('where polls are closer than a pixel, one a pixel is drawn', () => {
    const model = filled(100_000, 1);
    const [row] = model.rows;
    assert.ok(row);
    const drawn = model.visible(row, 0, 100_000, 'polls', 250);
    assert.ok(drawn.length <= 402, `${drawn.length}`);
    assert.equal(drawn[1], 250);
});

test('the nearest poll of a row, and its neighbours', () => {
    const model = filled(100, 10);
    const row = model.rows[3];
    assert.ok(row);
    assert.equal(model.nearest(row, 51, 'polls'), 53);
    assert.equal(model.nearest(row, -5, 'polls'), 3);
    assert.equal(model.nearest(row, 1e9, 'polls'), 93);
    assert.equal(model.nearest(row, 44_000, 'clock'), 43);
    assert.equal(model.neighbour(53, 1), 63);
    assert.equal(model.neighbour(53, -1), 43);
    assert.equal(model.neighbour(3, -1), undefined);
    assert.equal(model.neighbour(93, 1), undefined);
});

test('how a poll ended, and in a sentence', () => {
    assert.equal(ending(poll(1, 0)), 'parked');
    assert.equal(ending(poll(1, 0, 1, RETURNED)), 'returned');
    assert.equal(ending(poll(1, 0, 1, FAILED)), 'failed');
    const model = new TimelineModel();
    model.add(9, [poll(4, 2_500_000, 1, 2), poll(4, 0, 0, RETURNED)]);
    assert.equal(
        model.described(9),
        'poll 9 of f4 #4: state 1 → parked in state 2, at 2.500 ms, took 1.5 µs',
    );
    assert.match(model.described(10), /: start → returned/);
});

function woken(task: number, beginNs: number, wake: Wake): Poll {
    return { ...poll(task, beginNs, 1, 2), wake };
}

test('who woke a task for a poll, in words', () => {
    const model = new TimelineModel();
    const atNs = 1_000_000;
    model.add(0, [
        woken(4, 0, { atNs, by: 'task', task: 5 }),
        woken(5, 0, { atNs, by: 'task', task: 5 }),
        woken(4, 0, { atNs, by: 'task', task: 6 }),
        woken(4, 0, { atNs, by: 'timer' }),
        woken(4, 0, { atNs, by: 'outside' }),
    ]);
    const told = [0, 1, 2, 3, 4].map((number) => model.described(number).split('; ')[1]);
    assert.deepEqual(told, [
        'woken by f5 #5 at 1.000 ms',
        'woken by itself at 1.000 ms',
        'woken by task #6 at 1.000 ms',
        'woken by a timer at 1.000 ms',
        'woken from outside at 1.000 ms',
    ]);
});

test('a wake stands at its own time, or within the poll that did it', () => {
    const model = new TimelineModel();
    model.add(0, [
        poll(1, 0),
        poll(2, 0),
        poll(2, 1000, 1),
        woken(3, 2500, { atNs: 1200, by: 'task', task: 2 }),
        poll(2, 3000, 1),
        woken(1, 3000, { atNs: 3000, by: 'task', task: 2 }),
        woken(1, 4000, { atNs: 3500, by: 'timer' }),
        woken(1, 4000, { atNs: 4000, by: 'task', task: 1 }),
        woken(1, 5000, { atNs: 4500, by: 'task', task: 99 }),
    ]);
    assert.deepEqual(
        [3, 5, 6, 7, 8].map((number) => model.wakePosition(number, 'clock')),
        [1200, 3000, 3500, 4000, 4500],
    );
    assert.deepEqual(
        [3, 5, 6, 7, 8].map((number) => model.wakingPoll(number)),
        [2, 4, undefined, undefined, undefined],
    );
    assert.deepEqual(
        [3, 5, 6, 7, 8].map((number) => model.wakePosition(number, 'polls')),
        [2.5, 4.5, 6, 7, 8],
    );
    assert.equal(model.wakePosition(0, 'clock'), undefined);
    assert.equal(model.wakePosition(0, 'polls'), undefined);
});
