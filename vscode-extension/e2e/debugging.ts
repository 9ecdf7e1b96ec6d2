/** What a person does with the debugger of VS Code, one method an action. */

import type { Locator } from 'playwright-core';

import type { Workbench } from './workbench.ts';

export class Debugging {
    private readonly workbench: Workbench;

    constructor(workbench: Workbench) {
        this.workbench = workbench;
    }

    /** Set a breakpoint on a line of the file that is open, or take it away. */
    async toggleBreakpoint(line: number): Promise<void> {
        const mark = this.workbench.page.locator('.editor-instance .codicon-debug-breakpoint');
        const before = await mark.count();
        await this.workbench.goTo(line);
        await this.workbench.page.keyboard.press('F9');
        await (before === 0 ? mark.first().waitFor() : mark.first().waitFor({ state: 'detached' }));
    }

    /** F5, and the first stop. */
    async startAndStop(line: number): Promise<void> {
        await this.workbench.page.keyboard.press('F5');
        await this.stopsAt(line);
    }

    /** The cursor and the mark of the innermost frame are on the line. */
    async stopsAt(line: number): Promise<void> {
        await this.workbench.page
            .locator('.editor-instance .codicon-debug-stackframe')
            .first()
            .waitFor();
        await this.workbench.page
            .locator('.statusbar-item', { hasText: new RegExp(`Ln ${line}, Col`) })
            .waitFor();
    }

    /** F10; the next stop is on another line. */
    async stepOver(line: number): Promise<void> {
        await this.workbench.page.keyboard.press('F10');
        await this.stopsAt(line);
    }

    /** F5 in a stopped program. */
    async goOn(): Promise<void> {
        await this.workbench.page.keyboard.press('F5');
    }

    /** A row of the view Variables, as `total = 3` or a part of it. */
    variable(text: string | RegExp): Locator {
        return this.workbench.page
            .locator('.debug-variables .monaco-list-row')
            .filter({ hasText: text })
            .first();
    }

    /** Change a variable in the view Variables. */
    async setVariable(name: string, value: string): Promise<void> {
        await this.variable(name).locator('.value').dblclick();
        const box = this.workbench.page.locator('.debug-variables input');
        await box.fill(value);
        await this.workbench.page.keyboard.press('Enter');
        await this.variable(name).filter({ hasText: value }).waitFor();
    }

    /** A row of the debug console. */
    output(text: string | RegExp): Locator {
        return this.workbench.page.locator('.repl .monaco-list-row').filter({ hasText: text });
    }

    /** A row of the view Tasks. */
    task(text: string | RegExp): Locator {
        return this.workbench
            .section('Tasks')
            .locator('.monaco-list-row')
            .filter({ hasText: text })
            .first();
    }

    /** Choose something from the context menu of a task. */
    async onTask(task: string | RegExp, what: string): Promise<void> {
        await this.task(task).click({ button: 'right' });
        const item = this.workbench.page
            .locator('.monaco-menu .action-item')
            .filter({ hasText: what })
            .first();
        // A menu takes no click in the moment after it opened, but always a key.
        await item.hover();
        await item.and(this.workbench.page.locator('.focused')).waitFor();
        await this.workbench.page.keyboard.press('Enter');
        await item.waitFor({ state: 'hidden' });
    }

    /** The side bar offers to start a program, so none is debugged any more. */
    async ended(): Promise<void> {
        await this.workbench.page
            .locator('.part.sidebar')
            .getByRole('button', { name: 'Run and Debug', exact: true })
            .waitFor();
    }
}
