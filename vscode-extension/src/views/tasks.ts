/** The view Tasks: a tree of the program's tasks, and what can be done to one of them. */

import {
    commands,
    EventEmitter,
    MarkdownString,
    Range,
    ThemeColor,
    ThemeIcon,
    TreeItem,
    TreeItemCollapsibleState,
    Uri,
    window,
    type TreeDataProvider,
    type TreeView,
} from 'vscode';
import type { Ctx } from '../ctx';
import type { Task, TasksBody } from '../protocol';
import type { Sessions } from '../session';
import { sourcePath } from '../sourcePath';
import { ROOT, TaskModel, type Node } from './taskModel';
import {
    groupDescription,
    groupLabel,
    taskContext,
    taskDescription,
    taskDetails,
    taskIcon,
    taskLabel,
    taskSpoken,
} from './taskText';

const PICKED_MAX = 200;

export class TasksView implements TreeDataProvider<Node> {
    private readonly changed = new EventEmitter<Node | undefined>();
    readonly onDidChangeTreeData = this.changed.event;
    private readonly model: TaskModel;
    private readonly view: TreeView<Node>;

    constructor(
        ctx: Ctx,
        private readonly sessions: Sessions,
    ) {
        this.model = new TaskModel((args) => sessions.ask<TasksBody>('zyn/tasks', args));
        this.view = window.createTreeView('zyn.tasks', {
            treeDataProvider: this,
            showCollapseAll: true,
        });
        ctx.keep(
            this.view,
            this.changed,
            this.view.onDidChangeVisibility(
                ({ visible }) => visible && this.changed.fire(undefined),
            ),
            this.view.onDidChangeSelection(({ selection }) => {
                const node = selection[0];
                if (node?.kind === 'task') {
                    sessions.select({ task: node.task.id });
                }
            }),
            sessions.onDidSwitch(() => {
                this.model.reset();
                this.changed.fire(undefined);
            }),
        );
        sessions.onRefresh(async () => {
            if (this.view.visible) {
                this.changed.fire(undefined);
            }
        });
        this.registerCommands(ctx);
    }

    async getChildren(node?: Node): Promise<Node[]> {
        return this.sessions.session === undefined ? [] : this.model.children(node);
    }

    getTreeItem(node: Node): TreeItem {
        const item = this.row(node);
        item.id = node.id;
        return item;
    }

    private row(node: Node): TreeItem {
        const { Collapsed, Expanded, None } = TreeItemCollapsibleState;
        switch (node.kind) {
            case 'task': {
                const item = taskRow(node.task);
                // Only the roots are unfolded: a chain of tasks may be as long as there are tasks.
                const folded = node.id.startsWith(`${ROOT}/`) ? Expanded : Collapsed;
                item.collapsibleState = node.hasChildren ? folded : None;
                item.command = { command: 'zyn.tasks.goTo', title: 'Go To', arguments: [node] };
                return item;
            }
            case 'group': {
                const item = new TreeItem(groupLabel(node.group), Collapsed);
                item.description = groupDescription(node.group, node.nowNs);
                item.iconPath = new ThemeIcon('watch', new ThemeColor('charts.blue'));
                return item;
            }
            case 'rest': {
                const item = new TreeItem('Not parked', Expanded);
                item.description = node.count.toLocaleString('en');
                item.iconPath = new ThemeIcon('circle-outline');
                return item;
            }
            case 'more': {
                const item = new TreeItem(`${node.left.toLocaleString('en')} more…`, None);
                item.iconPath = new ThemeIcon('ellipsis');
                item.command = { command: 'zyn.tasks.more', title: 'More', arguments: [node] };
                return item;
            }
        }
    }

    private registerCommands(ctx: Ctx): void {
        const onTask = (act: (task: Task) => Promise<void>) => async (node?: Node) => {
            const task = await this.taskOf(node);
            if (task === undefined) {
                return;
            }
            try {
                await act(task);
            } catch (error) {
                const reason = error instanceof Error ? error.message : String(error);
                void window.showErrorMessage(`${taskLabel(task)}: ${reason}`);
            }
        };
        const request = (command: string) =>
            onTask(async (task) => {
                await this.sessions.demand(command, { threadId: task.id });
                this.sessions.touch();
            });
        const table: Record<string, (node?: Node) => unknown> = {
            'zyn.tasks.refresh': () => this.sessions.touch(),
            'zyn.tasks.filter': () => this.askFilter(),
            'zyn.tasks.groupBy': () => this.toggleGrouping(),
            'zyn.tasks.more': (node) => this.showMore(node),
            'zyn.tasks.goTo': onTask((task) => this.focus(task)),
            'zyn.tasks.hold': request('zyn/hold'),
            'zyn.tasks.resume': onTask((task) => this.resume(task)),
            'zyn.tasks.wake': request('zyn/wake'),
            'zyn.tasks.stepPoll': onTask(async (task) => {
                const step = { threadId: task.id, granularity: 'poll' };
                await this.sessions.demand('zyn/step', step);
            }),
            'zyn.tasks.cancel': request('zyn/cancelTask'),
        };
        for (const [name, run] of Object.entries(table)) {
            ctx.keep(commands.registerCommand(name, run));
        }
    }

    /** The task of a row; from the palette the selected one, else the user picks one. */
    private async taskOf(node?: Node): Promise<Task | undefined> {
        const chosen = node ?? this.view.selection[0];
        if (chosen?.kind === 'task') {
            return chosen.task;
        }
        const body = await this.sessions.ask<TasksBody>('zyn/tasks', { count: PICKED_MAX });
        const picked = await window.showQuickPick(
            (body?.tasks ?? []).map((task) => ({
                label: taskLabel(task),
                description: taskDescription(task),
                task,
            })),
            { placeHolder: 'Which task' },
        );
        return picked?.task;
    }

    private async focus(task: Task): Promise<void> {
        this.sessions.select({ task: task.id });
        const file = sourcePath(task.source);
        if (file === undefined || task.line === undefined) {
            return;
        }
        const line = task.line - 1;
        await window.showTextDocument(Uri.file(file), {
            selection: new Range(line, 0, line, 0),
            preserveFocus: true,
            preview: true,
        });
    }

    /** Undo a hold; a task that is stopped and not held goes on alone. */
    private async resume(task: Task): Promise<void> {
        if (task.held) {
            await this.sessions.demand('zyn/resume', { threadId: task.id });
        } else {
            await this.sessions.demand('continue', { threadId: task.id, singleThread: true });
        }
        this.sessions.touch();
    }

    private async askFilter(): Promise<void> {
        const text = await window.showInputBox({
            title: 'Show tasks whose name contains this text, or that have this number',
            value: this.model.filter,
            placeHolder: 'empty: all tasks',
        });
        if (text !== undefined) {
            this.model.setFilter(text);
            this.rearranged();
        }
    }

    private toggleGrouping(): void {
        this.model.setGroupBy(this.model.groupBy === 'parent' ? 'await' : 'parent');
        this.rearranged();
    }

    private rearranged(): void {
        const filter = this.model.filter === '' ? [] : [`“${this.model.filter}”`];
        const grouping = this.model.groupBy === 'await' ? ['by await'] : [];
        this.view.description = [...grouping, ...filter].join(' · ');
        this.changed.fire(undefined);
    }

    private showMore(node?: Node): void {
        if (node?.kind === 'more') {
            this.model.showMore(node);
            this.changed.fire(undefined);
        }
    }
}

function taskRow(task: Task): TreeItem {
    const item = new TreeItem(taskLabel(task));
    const icon = taskIcon(task);
    item.description = taskDescription(task);
    item.iconPath = new ThemeIcon(
        icon.id,
        icon.color === undefined ? undefined : new ThemeColor(icon.color),
    );
    item.contextValue = taskContext(task);
    item.accessibilityInformation = { label: taskSpoken(task), role: 'treeitem' };
    const table = taskDetails(task).map(([name, value]) => `| ${name} | ${escaped(value)} |`);
    item.tooltip = new MarkdownString(
        [`**${escaped(taskLabel(task))}**`, '', '| | |', '|---|---|', ...table].join('\n'),
    );
    return item;
}

/** Names come from the program: none of them is Markdown. */
function escaped(text: string): string {
    return text.replace(/[\\`*_{}[\]()#+\-.!|<>~&]/g, '\\$&').replace(/\s+/g, ' ');
}
