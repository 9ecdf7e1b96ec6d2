import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MachineModel, stateWord, type FrameVariable } from '../src/views/machineModel';

/** A field as zyn-dap writes it: blanks between the bytes. */
function variable(name: string, offset: number, raw: string): FrameVariable {
    return { name, value: '', zyn: { offset, size: 4, raw } };
}

const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
const machine = {
    function: 'worker',
    result: 'i32',
    range,
    selectionRange: range,
    size: 8,
    align: 4,
    states: [],
    edges: [],
    slots: [
        {
            name: 'n',
            type: 'i32',
            offset: 4,
            size: 4,
            align: 4,
            stored: 'local',
            liveIn: [],
            range,
        },
    ],
};

test('the state word is read in the order of its bytes', () => {
    assert.equal(stateWord([variable('state', 0, '02 01 00 00')]), 0x102);
    assert.equal(stateWord([]), undefined);
});

test('the bytes that changed since the last stop are marked', () => {
    const model = new MachineModel();
    const at = (raw: string) =>
        model.live(machine, {
            task: 'worker #1',
            key: '1:0',
            variables: [variable('state', 0, '01 00 00 00'), variable('n', 4, raw)],
            frames: [],
            running: false,
        }).fields[1];
    assert.deepEqual(at('ff 00 00 00')?.bytes, ['ff', '00', '00', '00']);
    model.stopped();
    assert.deepEqual(at('00 01 00 00')?.changed, [0, 1]);
});
