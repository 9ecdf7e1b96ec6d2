import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Patience, SHARE } from '../src/patience';

test('what takes long takes its share of the time and no more', () => {
    let now = 0;
    let spent = 0;
    const patience = new Patience(() => now);
    while (now < 100_000) {
        if (patience.waitMs === 0) {
            now += 400;
            spent += 400;
            patience.took(400);
        }
        now += 10;
    }
    assert.ok(spent / now <= SHARE * 1.05, `${spent} of ${now}`);
    assert.ok(spent / now >= SHARE * 0.9, `${spent} of ${now}`);
});

test('another program begins afresh', () => {
    const patience = new Patience(() => 0);
    patience.took(1000);
    assert.equal(patience.waitMs, 9000);
    patience.forget();
    assert.equal(patience.waitMs, 0);
});
