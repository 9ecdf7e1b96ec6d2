/** What a person does with the debugger of VS Code, one method an action. */

import type { Locator } from 'playwright-core';

import { frame, type Sign, STEP } from './until.ts';
import type { Workbench } from './workbench.ts';

/**
 * How long a key that must not come twice (a step, to go on) may take to show its effect, in
 * milliseconds, before it is taken for lost.
 */
const LOST = 15_000;
/** And one that starts a program, of which VS Code shows little before it stops. */
const STARTING = 30_000;
/** Where breakpoints are drawn, from the left edge of an editor, in pixels. */
const GLYPH = 9;
/** Rows of a list in which the wanted one is looked for. */
const ROWS_MAX = 20;
const FOCUS_TASKS = 'Run and Debug: Focus on Tasks View';

export class Debugging {
    private readonly workbench: Workbench;
    /** The button to end what is being debugged. */
    private readonly busy: Locator;
    /** The button to go on, which is there while what is debugged stands still. */
    private readonly stopped: Locator;
    /** The offer of the side bar to start a program. */
    readonly startButton: Locator;

    constructor(workbench: Workbench) {
        this.workbench = workbench;
        const tools = workbench.page.locator('.debug-toolbar, .part.sidebar > .composite.title');
        this.busy = tools.locator('.codicon-debug-stop').first();
        this.stopped = tools.locator('.codicon-debug-continue').first();
        this.startButton = workbench.page
            .locator('.part.sidebar')
            .getByRole('button', { name: 'Run and Debug', exact: true });
    }

    /** Have a breakpoint on a line of the file that is open, or none: there is one at most. */
    async setBreakpoint(line: number, wanted = true): Promise<void> {
        const marks = this.workbench.page.locator('.editor-instance .codicon-debug-breakpoint');
        const isDone = async () => (await marks.count()) > 0 === wanted;
        await this.workbench.until(
            isDone,
            async () => {
                await this.workbench.goTo(line);
                await this.workbench.page.keyboard.press('F9');
            },
            LOST,
        );
    }

    /** Set a breakpoint by a click beside the number of a line. */
    async clickBeside(file: string, text: string): Promise<void> {
        const { page } = this.workbench;
        await this.workbench.until(
            page.locator('.editor-instance .codicon-debug-breakpoint'),
            async () => {
                const margin = await this.workbench.editor(file).locator('.margin').boundingBox();
                const line = await this.workbench.line(text).boundingBox();
                if (margin !== null && line !== null) {
                    await page.mouse.click(margin.x + GLYPH, line.y + line.height / 2);
                }
            },
            LOST,
        );
    }

    /** F5, and the first stop. */
    async startAndStop(line: number): Promise<void> {
        await this.start(line, () => this.workbench.page.keyboard.press('F5'));
    }

    /** Start something that stops at a line. */
    async start(line: number, act: () => Promise<unknown>): Promise<void> {
        await this.workbench.until(this.busy, act, STARTING);
        await this.stopsAt(line);
    }

    /** The cursor and the mark of the innermost frame are on the line, and keys go on from it. */
    async stopsAt(line: number): Promise<void> {
        await this.workbench.eventually(`stopped at line ${line}`, () => this.isAt(line));
    }

    private async isAt(line: number): Promise<boolean> {
        const { page } = this.workbench;
        const mark = page.locator('.editor-instance .codicon-debug-stackframe').first();
        const position = page.locator('.statusbar-item', { hasText: `Ln ${line}, Col` });
        // VS Code shows the place before it takes the keys of a program that stands still.
        for (const sign of [mark, position, this.stopped]) {
            if (!(await sign.isVisible())) {
                return false;
            }
        }
        return true;
    }

    /** F10; the next stop is on another line. */
    async stepOver(line: number): Promise<void> {
        await this.workbench.until(
            () => this.isAt(line),
            () => this.workbench.page.keyboard.press('F10'),
            LOST,
        );
    }

    /** F5 in a stopped program, until its effect is there. */
    async goOn(effect: Sign): Promise<void> {
        await this.workbench.until(
            effect,
            async () => {
                if (await this.stopped.isVisible()) {
                    await this.workbench.page.keyboard.press('F5');
                }
            },
            LOST,
        );
    }

    /** Have the locals shown in the view Variables, which unfolds them by itself most times. */
    async showLocals(): Promise<void> {
        const { page } = this.workbench;
        const locals = page.locator('.debug-variables .monaco-list-row', { hasText: 'Locals' });
        await this.workbench.until(locals.and(page.locator('[aria-expanded="true"]')), () =>
            locals.first().click(STEP),
        );
    }

    /** A row of the view Variables, as `total = 3`; the value may be left out. */
    variable(name: string, value = ''): Locator {
        return this.workbench.page
            .locator('.debug-variables .monaco-list-row')
            .filter({ hasText: new RegExp(`^\\s*${name}\\s*=\\s*${value}${value && '\\s*$'}`) })
            .first();
    }

    /** Change a variable in the view Variables. */
    async setVariable(name: string, value: string): Promise<void> {
        const { page } = this.workbench;
        const box = page.locator('.debug-variables input');
        // The rows are drawn anew when values come in, and a box in one of them goes with it.
        await this.workbench.until(this.variable(name, value), async () => {
            await this.variable(name).locator('.value').dblclick(STEP);
            await box.fill(value, { timeout: 2000 });
            await page.keyboard.press('Enter');
        });
    }

    /** A row of the debug console. */
    output(text: string | RegExp): Locator {
        return this.workbench.page
            .locator('.repl .monaco-list-row')
            .filter({ hasText: text })
            .first();
    }

    /** A row of the view Tasks. */
    task(name: string | RegExp, says: string | RegExp = ''): Locator {
        return this.workbench
            .section('Tasks')
            .locator('.monaco-list-row')
            .filter({ hasText: name })
            .filter({ hasText: says })
            .first();
    }

    /** The rows of the view Tasks that are on the screen, all at one moment. */
    async tasks(): Promise<string[]> {
        const rows = this.workbench.section('Tasks').locator('.monaco-list-row');
        return (await rows.allInnerTexts()).map((row) => row.replaceAll(/\s/g, ' '));
    }

    /** Have the focus in the view Tasks, on its first row. */
    async focusTasks(): Promise<void> {
        await this.workbench.command(FOCUS_TASKS, async () =>
            /* The focus is in the tree, whichever row has it. */
            this.workbench
                .section('Tasks')
                .locator('.monaco-list')
                .evaluate((list) => list.contains(document.activeElement)),
        );
        await this.workbench.page.keyboard.press('Home');
    }

    /** Show the tasks whose name has a text in it, until the rows are as expected. */
    async filterTasks(text: string, effect: Sign): Promise<void> {
        const { page } = this.workbench;
        const box = page.locator('.quick-input-widget input[placeholder="empty: all tasks"]');
        await this.workbench.until(effect, async () => {
            await this.workbench.command('zyn tasks: Filter…', box);
            await box.fill(text, STEP);
            await page.keyboard.press('Enter');
        });
    }

    /** Group the tasks by await, or no longer; the command turns one into the other. */
    async groupTasks(effect: Sign): Promise<void> {
        await this.workbench.command('zyn tasks: Group by Parent or by Await', effect, LOST);
    }

    /** Choose something from the context menu of a task, by keys, until its effect is there. */
    async onTask(name: string, what: string, effect: Sign): Promise<void> {
        const { page } = this.workbench;
        const menu = page.locator('.monaco-menu');
        const item = menu.locator('.action-item').filter({ hasText: what }).first();
        const focused = page.locator('.focused');
        await this.workbench.until(
            effect,
            async () => {
                await this.workbench.until(
                    async () => !(await menu.first().isVisible()),
                    () => page.keyboard.press('Escape'),
                );
                await this.focusTasks();
                await this.down(this.task(name).and(focused));
                await page.keyboard.press('Shift+F10');
                await item.waitFor(STEP);
                await this.down(item.and(focused));
                await page.keyboard.press('Enter');
            },
            LOST,
        );
    }

    /** Press Down until something has the focus. */
    private async down(focused: Locator): Promise<void> {
        for (let below = 0; !(await focused.isVisible()); below += 1) {
            if (below > ROWS_MAX) {
                throw new Error(`the keys do not come to ${String(focused)}`);
            }
            await this.workbench.page.keyboard.press('ArrowDown');
            await frame(this.workbench.page);
        }
    }

    /** The side bar offers to start a program, so none is debugged any more. */
    async ended(): Promise<void> {
        await this.startButton.waitFor();
    }
}
