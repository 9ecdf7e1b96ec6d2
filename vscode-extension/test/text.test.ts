/** Calls, tasks, times and outcomes in words. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callText, defaultCall, exampleArguments, exampleLiteral, isTest } from '../src/calls';
import { duration } from '../src/duration';
import { filesGlob } from '../src/languages';
import type { FunctionInfo, Task } from '../src/protocol';
import { sourcePath } from '../src/sourcePath';
import { outcome } from '../src/testOutcome';
import { ParkedLines, PARKED_WIDTH, parkedText } from '../src/views/parkedText';
import {
    groupDescription,
    taskContext,
    taskDescription,
    taskIcon,
    taskSpoken,
} from '../src/views/taskText';

const NOWHERE = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

function fn(name: string, ...types: string[]): FunctionInfo {
    const parameters = types.map((type, index) => ({ name: `p${index}`, type }));
    return {
        name,
        isAsync: true,
        parameters,
        result: 'i32',
        range: NOWHERE,
        selectionRange: NOWHERE,
    };
}

function task(more: Partial<Task>): Task {
    return {
        id: 3,
        name: 'worker',
        state: 'parked',
        held: false,
        function: 'worker',
        polls: 1,
        wakes: 0,
        ...more,
    };
}

test('an input box begins with literals of the right types', () => {
    assert.equal(
        exampleArguments(fn('f', 'i32', 'f64', 'bool', 'string', '?u8')),
        '1, 1.0, true, "text", null',
    );
    assert.equal(exampleLiteral('[3]f32'), '[1.0, 1.0, 1.0]');
    assert.equal(exampleLiteral('[]i32'), '[1]');
    assert.equal(exampleArguments(fn('f', 'i32', 'Point')), '');
    assert.equal(callText('f', ' 1, 2 '), 'f(1, 2)');
});

test('F5 calls main without asking only when it needs nothing', () => {
    assert.equal(defaultCall([fn('a'), fn('main')]), 'main()');
    assert.equal(defaultCall([fn('main', 'i32')]), undefined);
    assert.equal(defaultCall([fn('other')]), undefined);
});

test('a test is async, takes nothing and is named so', () => {
    assert.ok(isTest(fn('test_sum')));
    assert.ok(!isTest(fn('test_sum', 'i32')));
    assert.ok(!isTest(fn('tests')));
    assert.ok(!isTest({ ...fn('test_sum'), isAsync: false }));
});

test('the glob of one ending and of several', () => {
    const language = (...extensions: string[]) => ({ id: 'x', name: 'X', extensions });
    assert.equal(filesGlob([language('.a')]), '**/*.a');
    assert.equal(filesGlob([language('.a', '.b'), language('.c')]), '**/*{.a,.b,.c}');
});

test('a duration has at most three digits and eight columns', () => {
    const shown = [0, 1, 999, 9_949, 99_960, 999_949, 10e6, 12.44e9, 59.99e9, 60e9, 3600e9, 1e18];
    assert.deepEqual(
        shown.map((ns) => duration(ns)),
        [
            '0.0 µs',
            '0.0 µs',
            '1.0 µs',
            '9.9 µs',
            '100 µs',
            '999 µs',
            '10.0 ms',
            '12.4 s',
            '60.0 s',
            '1.0 min',
            '1.0 h',
            '999 h',
        ],
    );
    for (let ns = 1; ns < 1e19; ns *= 1.37) {
        assert.ok(duration(ns).length <= 8, duration(ns));
    }
    assert.equal(duration(-5), '0.0 µs');
});

test('a live hint is as wide whatever it says', () => {
    for (const count of [0, 1, 37, 99_999, 1_000_000]) {
        for (const age of [undefined, 0, 12.4e9, 5e17]) {
            assert.equal(parkedText(count, age).length, PARKED_WIDTH, `${count} ${age ?? ''}`);
        }
    }
    assert.equal(
        parkedText(37, 12.4e9).replaceAll('\u00a0', ' '),
        '    37 parked, oldest   12.4 s',
    );
    assert.ok(!parkedText(37, 12.4e9).includes(' '), 'an editor folds plain blanks');
});

test('a line where tasks were parked keeps its hint, and the oldest of all groups counts', () => {
    const lines = new ParkedLines();
    const source = { path: '/a.zyntax' };
    const group = (count: number, oldestSinceNs: number) => ({
        function: 'f',
        line: 5,
        source,
        count,
        tasks: [],
        oldestSinceNs,
    });
    const [first] = lines.update([group(2, 8e9), { ...group(1, 5e9), function: 'g' }], 10e9);
    assert.deepEqual(first, { file: '/a.zyntax', line: 4, count: 3, text: parkedText(3, 5e9) });
    assert.deepEqual(lines.update([], 11e9), [
        { file: '/a.zyntax', line: 4, count: 0, text: parkedText(0, undefined) },
    ]);
    assert.deepEqual(lines.update([{ function: 'h', count: 1, tasks: [] }], 0).length, 1);
    lines.clear();
    assert.deepEqual(lines.update([], 0), []);
});

test('a task in a row, in a sentence, and for menus', () => {
    const parked = task({ line: 10, waitsFor: 'timer, 10 ms left' });
    assert.equal(taskDescription(parked), 'line 10 · timer, 10 ms left');
    assert.equal(taskDescription({ ...parked, state: 'runnable' }), 'line 10 · runnable');
    const cancelled: Task = { ...parked, state: 'runnable', cancelling: true };
    assert.equal(taskDescription(cancelled), 'line 10 · runnable · cancelling');
    assert.match(taskSpoken(cancelled), /, runnable, cancelling, in /);
    assert.equal(
        taskDescription({ ...parked, name: 'main', stopped: 'step', held: true }),
        'worker:10 · stopped: step · held',
    );
    assert.equal(
        taskSpoken(parked),
        'Task 3, worker, parked, in worker at line 10, waits for timer, 10 ms left',
    );
    assert.equal(taskContext(parked), 'zynTask parked alive notHeld');
    assert.equal(
        taskContext(task({ held: true, stopped: 'step' })),
        'zynTask parked alive isHeld stopped',
    );
    assert.equal(taskContext(task({ state: 'completed' })), 'zynTask completed');
    assert.equal(taskIcon(task({ held: true })).id, 'debug-pause');
    assert.equal(taskIcon(task({ held: true, stopped: 'step' })).id, 'debug-stackframe');
    const group = { function: 'f', count: 12_345, tasks: [], oldestSinceNs: 1e9 };
    assert.equal(groupDescription(group, 3e9), '12,345 parked · oldest 2.0 s');
});

test('a source is a file on this side, wherever the window is', () => {
    assert.equal(sourcePath({ path: '/a/b c.zyntax' }), '/a/b c.zyntax');
    assert.equal(
        sourcePath({ path: 'vscode-remote://127.0.0.1%3A41563/a/b%20c.zyntax' }),
        '/a/b c.zyntax',
    );
    assert.equal(sourcePath({ name: 'x' }), undefined);
    assert.equal(sourcePath(undefined), undefined);
});

test('what zyn run says of a test', () => {
    const said = (code: number, stdout: string, stderr = '') => outcome(code, stdout, stderr);
    assert.equal(said(0, '{"value": 1}\n').passed, true);
    assert.equal(said(0, '{"value": null}').passed, true);
    assert.deepEqual(said(0, '{"value": false}'), {
        passed: false,
        message: 'The test gave false.',
        broken: false,
    });
    assert.deepEqual(said(3, '{"error": {"code": "deadlock", "message": "stuck", "line": 8}}'), {
        passed: false,
        message: 'stuck [deadlock]',
        line: 8,
        broken: false,
    });
    assert.equal(said(1, '{"error": {"code": "unknown-name", "message": "x"}}').broken, true);
    assert.deepEqual(said(1, '', 'zyn: no such file\n'), {
        passed: false,
        message: 'zyn: no such file',
        broken: true,
    });
    assert.equal(said(1, 'Traceback').message, 'zyn ended with 1 and said nothing.');
});
