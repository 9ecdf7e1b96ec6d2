import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Task, TasksArguments, TasksBody } from '../src/protocol';
import { PAGE, TaskModel, type MoreNode, type Node } from '../src/views/taskModel';

/** `main` and as many children as wanted, served as the adapter serves them. */
class Adapter {
    readonly asked: TasksArguments[] = [];
    given = 0;

    constructor(readonly children: number) {}

    readonly fetch = (args: TasksArguments): Promise<TasksBody> => {
        this.asked.push(args);
        const all: Task[] =
            args.parent === 0
                ? [this.task(1, this.children)]
                : this.page(args.start ?? 0, args.count);
        const tasks = args.count === undefined ? all : all.slice(0, args.count);
        this.given += tasks.length;
        const total = args.parent === 0 ? 1 : this.children;
        const group = { function: 'worker', line: 10, count: total, tasks: [], oldestSinceNs: 5 };
        const grouped = args.groupBy === 'await' ? { groups: [group], nowNs: 9 } : {};
        return Promise.resolve({ tasks, total, ...grouped });
    };

    private page(start: number, count = this.children): Task[] {
        const length = Math.max(Math.min(count, this.children - start), 0);
        return Array.from({ length }, (_, index) => this.task(start + index + 2, 0));
    }

    private task(id: number, children: number): Task {
        const name = id === 1 ? 'main' : 'worker';
        return {
            id,
            name,
            state: 'parked',
            held: false,
            function: name,
            polls: 1,
            wakes: 0,
            children,
        };
    }
}

function labels(nodes: readonly Node[]): string[] {
    return nodes.map((node) =>
        node.kind === 'task' ? `${node.task.name} ${node.task.id}` : node.kind,
    );
}

test('the tree by parent unfolds from the root', async () => {
    const adapter = new Adapter(2);
    const model = new TaskModel(adapter.fetch);
    const roots = await model.children();
    assert.deepEqual(labels(roots), ['main 1']);
    assert.ok(roots[0]?.kind === 'task' && roots[0].hasChildren);
    const below = await model.children(roots[0]);
    assert.deepEqual(labels(below), ['worker 2', 'worker 3']);
    assert.ok(below[0]?.kind === 'task' && !below[0].hasChildren);
    assert.deepEqual(
        adapter.asked.map(({ parent }) => parent),
        [0, 1],
    );
});

test('of 100,000 tasks a page is asked for, and another when it is wanted', async () => {
    const adapter = new Adapter(100_000);
    const model = new TaskModel(adapter.fetch);
    const [main] = await model.children();
    const page = await model.children(main);
    assert.equal(page.length, PAGE + 1);
    const more = page.at(-1) as MoreNode;
    assert.equal(more.left, 100_000 - PAGE);
    model.showMore(more);
    const longer = await model.children(main);
    assert.equal(longer.length, 2 * PAGE + 1);
    assert.equal(adapter.given, 1 + 3 * PAGE);
    assert.ok(adapter.asked.every(({ count }) => count !== undefined && count > 0));
    model.reset();
    assert.equal((await model.children(main)).length, PAGE + 1);
});

test('rows have names of their own, which a refresh does not change', async () => {
    const model = new TaskModel(new Adapter(PAGE + 5).fetch);
    const [main] = await model.children();
    const ids = (await model.children(main)).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    const again = (await model.children((await model.children())[0])).map(({ id }) => id);
    assert.deepEqual(again, ids);
});

test('grouped by await, the others come last', async () => {
    const adapter = new Adapter(3);
    const model = new TaskModel(adapter.fetch);
    model.setGroupBy('await');
    const [group, rest] = await model.children();
    assert.ok(group?.kind === 'group' && group.nowNs === 9);
    assert.ok(rest?.kind === 'rest' && rest.count === 3);
    await model.children(group);
    await model.children(rest);
    assert.deepEqual(adapter.asked[1]?.awaits, { function: 'worker', line: 10 });
    assert.ok(adapter.asked[2]?.states?.includes('running'));
    assert.ok(!adapter.asked[2]?.states?.includes('parked'));
});

test('a filter looks in all tasks and gives a list', async () => {
    const adapter = new Adapter(3);
    const model = new TaskModel(adapter.fetch);
    model.setFilter('  work ');
    const found = await model.children();
    assert.ok(found.every((node) => node.kind === 'task' && !node.hasChildren));
    assert.deepEqual(adapter.asked, [{ filter: 'work', start: 0, count: PAGE }]);
});

test('an adapter that does not answer gives an empty tree', async () => {
    const model = new TaskModel(() => Promise.resolve(undefined));
    assert.deepEqual(await model.children(), []);
    model.setGroupBy('await');
    assert.deepEqual(await model.children(), []);
});
