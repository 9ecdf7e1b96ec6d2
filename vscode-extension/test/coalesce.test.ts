import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Coalescer } from '../src/coalesce';

/** A clock that is moved by hand, and refreshes that end when they are told to. */
class Stage {
    readonly timers: (() => void)[] = [];
    readonly ends: (() => void)[] = [];
    readonly coalescer = new Coalescer(
        () => new Promise((resolve) => this.ends.push(resolve)),
        60,
        (run) => this.timers.push(run),
    );

    tick(): void {
        this.timers.splice(0).forEach((run) => run());
    }

    async end(): Promise<void> {
        this.ends.at(-1)?.();
        await new Promise(setImmediate);
    }
}

test('changes that come together share a refresh', () => {
    const stage = new Stage();
    for (let change = 0; change < 1000; change += 1) {
        stage.coalescer.change();
    }
    assert.equal(stage.timers.length, 1);
    stage.tick();
    assert.equal(stage.ends.length, 1);
});

test('a change during a refresh brings one more, after it', async () => {
    const stage = new Stage();
    stage.coalescer.change();
    stage.tick();
    stage.coalescer.change();
    stage.coalescer.change();
    assert.equal(stage.timers.length, 0);
    await stage.end();
    assert.equal(stage.timers.length, 1);
    stage.tick();
    assert.equal(stage.ends.length, 2);
    await stage.end();
    assert.equal(stage.timers.length, 0);
});
