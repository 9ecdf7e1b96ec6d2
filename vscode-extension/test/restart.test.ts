import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestartPolicy, RESTARTS_MAX, WINDOW_MS } from '../src/restart';

test('a server is started again four times, then no more', () => {
    const policy = new RestartPolicy(() => 0);
    const verdicts = Array.from({ length: RESTARTS_MAX + 1 }, () => policy.crashed());
    assert.deepEqual(
        verdicts.map(({ restart }) => restart),
        [true, true, true, true, false],
    );
    assert.deepEqual(
        verdicts.map(({ number }) => number),
        [1, 2, 3, 4, 4],
    );
});

test('crashes that are longer ago than the window do not count', () => {
    let now = 0;
    const policy = new RestartPolicy(() => now);
    for (let crash = 0; crash < RESTARTS_MAX; crash += 1) {
        now = crash * 1000;
        policy.crashed();
    }
    now = WINDOW_MS - 1;
    assert.equal(policy.crashed().restart, false);
    now = WINDOW_MS;
    assert.deepEqual(policy.crashed(), { restart: true, number: RESTARTS_MAX });
    assert.equal(policy.crashed().restart, false);
});

test('a restart by hand forgets the crashes', () => {
    const policy = new RestartPolicy(() => 0);
    for (let crash = 0; crash <= RESTARTS_MAX; crash += 1) {
        policy.crashed();
    }
    policy.forget();
    assert.deepEqual(policy.crashed(), { restart: true, number: 1 });
});
