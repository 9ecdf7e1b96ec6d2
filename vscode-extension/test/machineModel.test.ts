import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateMachine } from '../src/protocol';
import { MachineModel, stateWord, type FrameVariable, type Live } from '../src/views/machineModel';

const NOWHERE = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
const MACHINE: StateMachine = {
    function: 'worker',
    result: 'i32',
    range: NOWHERE,
    selectionRange: NOWHERE,
    size: 16,
    align: 4,
    states: [
        {
            index: 0,
            kind: 'start',
            range: NOWHERE,
            line: 5,
            awaits: '',
            callee: null,
            live: [],
            size: 4,
            child: -1,
        },
        {
            index: 1,
            kind: 'await',
            range: NOWHERE,
            line: 9,
            awaits: 'delay(10)',
            callee: 'delay',
            live: ['total'],
            size: 16,
            child: -1,
        },
    ],
    edges: [
        { source: 0, target: 1 },
        { source: 1, target: -1 },
    ],
    slots: [
        { name: 'total', type: 'i32', offset: 12, size: 4, align: 4, stored: 'local', liveIn: [1] },
    ],
};

function variable(name: string, offset: number, raw: string, more: object = {}): FrameVariable {
    return {
        name,
        value: `${Number.parseInt(raw.slice(0, 2), 16)}`,
        zyn: { offset, size: 4, raw, ...more },
    };
}

function live(word: string, total: string, key = '1:1:worker'): Live {
    return {
        task: 'task 1',
        key,
        variables: [
            { ...variable('state', 0, word), presentationHint: { attributes: ['readOnly'] } },
            variable('total', 12, total),
        ],
        frames: [],
        running: false,
    };
}

test('the state word counts from its lowest byte, whatever it is called', () => {
    assert.equal(stateWord([variable('state', 0, '01000000')]), 1);
    assert.equal(stateWord([variable('state word', 0, 'feffffff')]), 0xfffffffe);
    assert.equal(stateWord([variable('state', 4, '01000000')]), undefined);
    assert.equal(stateWord([]), undefined);
});

test('values, and the state that is lit', () => {
    const shown = new MachineModel().live(MACHINE, live('01000000', '0a000000'));
    assert.equal(shown.current, 1);
    assert.deepEqual(
        shown.fields.map(({ name, offset, value, editable }) => [name, offset, value, editable]),
        [
            ['state', 0, '1', false],
            ['total', 12, '10', true],
        ],
    );
    assert.deepEqual(
        shown.states.map(({ label, line }) => [label, line]),
        [
            ['start', 6],
            ['await delay(10)', 10],
        ],
    );
});

test('a machine that is over lights the end', () => {
    assert.equal(new MachineModel().live(MACHINE, live('feffffff', '00000000')).current, -1);
});

test('bytes are marked that are not what they were at the stop before', () => {
    const model = new MachineModel();
    const changed = (word: string, total: string) =>
        model.live(MACHINE, live(word, total)).fields.map((field) => field.changed);
    assert.deepEqual(changed('01000000', '0a000000'), [[], []]);
    model.stopped();
    assert.deepEqual(changed('01000000', '0b010000'), [[], [0, 1]]);
    // Looking again at the same stop changes nothing; nor does a stop nobody looked at.
    assert.deepEqual(changed('01000000', '0b010000'), [[], [0, 1]]);
    model.stopped();
    model.stopped();
    assert.deepEqual(changed('01000000', '0b020000'), [[], [1]]);
});

test('another frame is not compared with this one', () => {
    const model = new MachineModel();
    model.live(MACHINE, live('01000000', '0a000000'));
    model.stopped();
    const other = model.live(MACHINE, live('01000000', '0b000000', '2:1:worker'));
    assert.deepEqual(
        other.fields.map((field) => field.changed),
        [[], []],
    );
});

test('what has no value says why, and cannot be changed', () => {
    const given = live('01000000', '0a000000');
    const dead = variable('total', 12, '0a000000', { absent: 'not live in state 0' });
    const shown = new MachineModel().live(MACHINE, {
        ...given,
        variables: [...given.variables.slice(0, 1), dead],
    });
    assert.deepEqual(shown.fields[1]?.absent, 'not live in state 0');
    assert.equal(shown.fields[1]?.value, undefined);
    assert.equal(shown.fields[1]?.editable, false);
});

test('a function without a task has fields without values', () => {
    const shown = new MachineModel().still(MACHINE);
    assert.equal(shown.current, undefined);
    assert.deepEqual(
        shown.fields.map(({ name, value }) => [name, value]),
        [['total', undefined]],
    );
});
