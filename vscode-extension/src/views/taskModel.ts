/**
 * The tree of tasks, a page at a time.  Nothing but the rows that are unfolded is ever asked for,
 * and of those a page, so that a program with 100,000 tasks costs what one with 100 does.  Pure:
 * the adapter is behind `Fetch`.
 */

import type { AwaitGroup, Task, TasksArguments, TasksBody } from '../protocol';

export const PAGE = 100;

export type Grouping = 'parent' | 'await';
export type Fetch = (args: TasksArguments) => Promise<TasksBody | undefined>;

export interface TaskNode {
    readonly kind: 'task';
    readonly id: string;
    readonly task: Task;
    readonly hasChildren: boolean;
}

export interface GroupNode {
    readonly kind: 'group';
    readonly id: string;
    readonly group: AwaitGroup;
    readonly nowNs: number | undefined;
}

/** The tasks that are parked at no await, when the others are grouped by await. */
export interface RestNode {
    readonly kind: 'rest';
    readonly id: string;
    readonly count: number;
}

/** A row that shows the next page. */
export interface MoreNode {
    readonly kind: 'more';
    readonly id: string;
    readonly of: string;
    readonly left: number;
}

export type Node = TaskNode | GroupNode | RestNode | MoreNode;

/** The name of the first list. */
export const ROOT = 'root';
const NOT_PARKED: NonNullable<TasksArguments['states']> = [
    'running',
    'failed',
    'runnable',
    'held',
    'pending',
    'cancelled',
    'completed',
];

export class TaskModel {
    private grouping: Grouping = 'parent';
    private text = '';
    /** How many rows of a list are shown, where it is more than one page. */
    private shown = new Map<string, number>();

    constructor(private readonly fetch: Fetch) {}

    get groupBy(): Grouping {
        return this.grouping;
    }

    get filter(): string {
        return this.text;
    }

    setGroupBy(grouping: Grouping): void {
        this.grouping = grouping;
        this.shown.clear();
    }

    setFilter(text: string): void {
        this.text = text.trim();
        this.shown.clear();
    }

    /** Another program: nothing of what was unfolded counts. */
    reset(): void {
        this.shown.clear();
    }

    /** Show one page more of the list that a row belongs to. */
    showMore(node: MoreNode): void {
        this.shown.set(node.of, this.limit(node.of) + PAGE);
    }

    async children(of?: Node): Promise<Node[]> {
        if (of === undefined) {
            return this.roots();
        }
        switch (of.kind) {
            case 'task':
                return this.page(of.id, { parent: of.task.id });
            case 'group': {
                const { function: name, line } = of.group;
                const awaits = line === undefined ? { function: name } : { function: name, line };
                return this.page(of.id, { awaits });
            }
            case 'rest':
                return this.page(of.id, { states: NOT_PARKED });
            case 'more':
                return [];
        }
    }

    private async roots(): Promise<Node[]> {
        // Text is looked for in all tasks, wherever in the tree they are: the result is a list.
        if (this.text !== '') {
            return this.page(ROOT, { filter: this.text });
        }
        return this.grouping === 'parent' ? this.page(ROOT, { parent: 0 }) : this.groups();
    }

    private async groups(): Promise<Node[]> {
        const body = await this.fetch({ count: 1, states: NOT_PARKED, groupBy: 'await' });
        const groups = body?.groups ?? [];
        const limit = this.limit(ROOT);
        const nodes: Node[] = groups.slice(0, limit).map((group) => ({
            kind: 'group',
            id: `await:${group.function}:${group.line ?? ''}`,
            group,
            nowNs: body?.nowNs,
        }));
        if (groups.length > limit) {
            nodes.push({ kind: 'more', id: `more:${ROOT}`, of: ROOT, left: groups.length - limit });
        }
        const rest = body?.total ?? 0;
        if (rest > 0) {
            nodes.push({ kind: 'rest', id: 'rest', count: rest });
        }
        return nodes;
    }

    private async page(of: string, wanted: TasksArguments): Promise<Node[]> {
        const limit = this.limit(of);
        const body = await this.fetch({ ...wanted, start: 0, count: limit });
        const tree = this.grouping === 'parent' && this.text === '';
        const nodes: Node[] = (body?.tasks ?? []).map((task) => ({
            kind: 'task',
            id: `${of}/${task.id}`,
            task,
            hasChildren: tree && (task.children ?? 0) > 0,
        }));
        const left = (body?.total ?? 0) - nodes.length;
        if (left > 0) {
            nodes.push({ kind: 'more', id: `more:${of}`, of, left });
        }
        return nodes;
    }

    private limit(of: string): number {
        return this.shown.get(of) ?? PAGE;
    }
}
