/**
 * What a person does in VS Code, one method an action: each waits until its effect is there.
 * Nothing sleeps; what may come too early for VS Code is done again, see until.ts.
 */

import type { FrameLocator, Locator, Page } from 'playwright-core';

import { TIMEOUT } from './browser.ts';
import type { Theme } from './journey.ts';
import { eventually, frame, type Sign, STEP, until } from './until.ts';

export interface Point {
    x: number;
    y: number;
}

interface Box extends Point {
    width: number;
    height: number;
}

/** Pixels that do not matter. */
const NEAR = 6;
/** Rows of a list in which the wanted one is looked for. */
const ROWS_MAX = 20;

export class Workbench {
    readonly page: Page;
    private readonly input: Locator;

    constructor(page: Page) {
        this.page = page;
        this.input = page.locator('.quick-input-widget .quick-input-box input');
    }

    /** Do something until its sign is there; not at all when it is there already. */
    async until(sign: Sign, act: () => Promise<unknown>, patience?: number): Promise<void> {
        await until(this.page, sign, act, patience);
    }

    async eventually(what: string, sign: Sign): Promise<void> {
        await eventually(this.page, what, sign);
    }

    // The editor.

    /** Open a file of the folder by its name, as Go to File does. */
    async open(name: string): Promise<void> {
        const tab = this.page.locator(`.tab.active[data-resource-name="${name}"]`);
        await this.until(tab, async () => {
            await this.quickInput('Control+p', name);
            await this.accept(name);
        });
        await this.editor(name).locator('.view-line').first().waitFor();
    }

    editor(name: string): Locator {
        return this.page.locator(`.editor-instance .monaco-editor[data-uri$="/${name}"]`);
    }

    /** The line of text on the screen that has the given text in it, hints included. */
    line(text: string): Locator {
        return this.page.locator('.editor-instance .view-line').filter({ hasText: text }).first();
    }

    /** Put the cursor somewhere, and the focus with it; both numbers count from 1. */
    async goTo(line: number, column = 1): Promise<void> {
        const position = this.page.locator('.statusbar-item').filter({
            hasText: new RegExp(`Ln ${line}, Col ${column}(?!\\d)`),
        });
        const there = async () => (await position.isVisible()) && (await this.isInEditor());
        await this.until(there, async () => {
            await this.quickInput('Control+g', `:${line}:${column}`);
            await this.page.keyboard.press('Enter');
        });
    }

    /** Keys go to the text: it has the focus, and no box stands over it. */
    private async isInEditor(): Promise<boolean> {
        const focused = this.page.locator('.editor-instance .monaco-editor.focused');
        return (await focused.first().isVisible()) && !(await this.input.isVisible());
    }

    async type(text: string): Promise<void> {
        await this.page.keyboard.type(text);
    }

    /** Where a word stands on the screen: the middle of its first place in the line. */
    async spot(text: string, word: string): Promise<Point> {
        const line = this.line(text);
        await line.waitFor();
        const found = await line.evaluate((element, wanted) => {
            const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
            const pieces: { node: Node; from: number }[] = [];
            let whole = '';
            while (walker.nextNode()) {
                pieces.push({ node: walker.currentNode, from: whole.length });
                whole += walker.currentNode.textContent ?? '';
            }
            const at = whole.replaceAll('\u00a0', ' ').search(new RegExp(`\\b${wanted}\\b`));
            const piece = pieces.findLast(({ from }) => from <= at);
            if (at < 0 || piece === undefined) {
                return undefined;
            }
            const range = document.createRange();
            range.setStart(piece.node, at - piece.from);
            range.setEnd(piece.node, at - piece.from + 1);
            const box = range.getBoundingClientRect();
            return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
        }, word);
        if (found === undefined) {
            throw new Error(`there is no ${word} in the line ${text}`);
        }
        return found;
    }

    /** Hover a word until the pop-up over it says what is expected, and give the pop-up. */
    async hover(text: string, word: string, says: string): Promise<Locator> {
        const popups = this.page.locator('.monaco-editor .monaco-hover:not(.hidden)');
        const popup = popups.filter({ hasText: says }).first();
        await this.until(popup, async () => {
            // Lines move while code lenses come in above them, and a pop-up of the word
            // that was there before, or of a server that still reads the file, is no answer.
            // One that is open may lie over the word: it goes when the mouse is far from it.
            const { width = 0, height = 0 } = this.page.viewportSize() ?? {};
            await this.page.mouse.move(width / 2, height - 10);
            await popups.first().waitFor({ state: 'hidden', ...STEP });
            const { x, y } = await this.spot(text, word);
            await this.page.mouse.move(x, y, { steps: 4 });
        });
        return popup;
    }

    /** What stands behind a line without being text of it: decorations, as they are drawn. */
    async behind(text: string): Promise<string[]> {
        return this.line(text)
            .locator('span')
            .evaluateAll((all) =>
                all
                    .map((one) => getComputedStyle(one, '::after').content)
                    .filter((content) => content.startsWith('"'))
                    .map((content) => content.slice(1, -1)),
            );
    }

    // Commands.

    /** Run a command by its title in the palette, until its effect is there. */
    async command(title: string, effect: Sign, patience = 4000): Promise<void> {
        await this.until(
            effect,
            async () => {
                // The palette has what there was when it was opened; some commands come later.
                await this.quickInput('F1', `>${title}`);
                await this.accept(title);
            },
            patience,
        );
    }

    /** Choose a colour theme from the list of them; false when it was chosen already. */
    async theme(theme: Theme): Promise<boolean> {
        const workbench = this.page.locator(`.monaco-workbench.${theme.mark}`);
        const isDone = async () => (await workbench.isVisible()) && !(await this.input.isVisible());
        if (await isDone()) {
            return false;
        }
        await this.until(isDone, async () => {
            const box = this.input.and(this.page.locator('[placeholder^="Select Color Theme"]'));
            await this.command('Preferences: Color Theme', box);
            await box.fill(theme.label, STEP);
            await this.accept(theme.label);
        });
        return true;
    }

    /** Type into the box that a key opens; one that is open is closed first. */
    async quickInput(key: string, text: string): Promise<void> {
        await this.until(
            async () => !(await this.input.isVisible()),
            () => this.page.keyboard.press('Escape'),
        );
        await this.until(this.input, () => this.page.keyboard.press(key));
        await this.input.fill(text, STEP);
    }

    /** Take the row with a label from the open list, by keys: a row moves under a click. */
    async accept(label: string): Promise<void> {
        const row = this.quickRow(label);
        await row.waitFor(STEP);
        const chosen = row.and(this.page.locator('.focused'));
        for (let below = 0; !(await chosen.isVisible()); below += 1) {
            if (below > ROWS_MAX) {
                throw new Error(`the keys do not come to ${label}`);
            }
            await this.page.keyboard.press('ArrowDown');
            await frame(this.page);
        }
        await this.page.keyboard.press('Enter');
    }

    quickRow(label: string): Locator {
        return this.page
            .locator('.quick-input-list .monaco-list-row')
            .filter({ has: this.page.getByText(label, { exact: true }) })
            .first();
    }

    /** Press a key, again and again if need be, until something is there. */
    async press(key: string, appears: Sign): Promise<void> {
        await this.until(appears, () => this.page.keyboard.press(key));
    }

    // What stands around the editor.

    notification(text: string | RegExp): Locator {
        return this.page.locator('.notification-toast').filter({ hasText: text }).first();
    }

    /** A section of a side bar, by its title; one with the focus says more before it. */
    section(title: string): Locator {
        return this.page.locator('.split-view-view .pane').filter({
            has: this.page.locator(`.pane-header[aria-label$="${title} Section"]`),
        });
    }

    /** Unfold a section of the side bar. */
    async unfold(title: string): Promise<Locator> {
        await this.setUnfolded(title, 'true');
        return this.section(title);
    }

    /** Fold sections of the side bar, so that the others have its room. */
    async fold(...titles: string[]): Promise<void> {
        for (const title of titles) {
            await this.setUnfolded(title, 'false');
        }
    }

    private async setUnfolded(title: string, wanted: 'true' | 'false'): Promise<void> {
        const header = this.section(title).locator('.pane-header');
        await header.waitFor();
        await this.until(header.and(this.page.locator(`[aria-expanded="${wanted}"]`)), () =>
            header.click(STEP),
        );
    }

    /** Drag the edge of the side bar until it is so wide, in pixels. */
    async widen(width: number): Promise<void> {
        const box = (await this.page.locator('.part.sidebar').boundingBox())!;
        const y = box.y + box.height / 2;
        await this.drag({ x: box.x + box.width + 2, y }, { x: box.x + width + 2, y });
    }

    /** Drag the upper edge of a section of the side bar to a height on the screen. */
    async raise(title: string, y: number): Promise<void> {
        const deadline = Date.now() + TIMEOUT;
        // Sections that are being unfolded move by themselves: where it is, is asked again.
        for (;;) {
            const box = await this.atRest(this.section(title));
            if (Math.abs(box.y - y) <= NEAR) {
                return;
            }
            if (Date.now() > deadline) {
                throw new Error(`${title} stays at ${box.y} and does not come to ${y}`);
            }
            const x = box.x + box.width / 2;
            await this.drag({ x, y: box.y }, { x, y });
        }
    }

    /** Where a thing is, once it is where it was two frames ago. */
    private async atRest(thing: Locator): Promise<Box> {
        const deadline = Date.now() + TIMEOUT;
        while (Date.now() < deadline) {
            const before = await thing.boundingBox();
            await frame(this.page);
            await frame(this.page);
            const now = await thing.boundingBox();
            if (now !== null && before?.y === now.y && before.height === now.height) {
                return now;
            }
        }
        throw new Error(`does not come to rest: ${String(thing)}`);
    }

    private async drag(from: Point, to: Point): Promise<void> {
        await this.page.mouse.move(from.x, from.y);
        await this.page.mouse.down();
        await this.page.mouse.move(to.x, to.y, { steps: 4 });
        await this.page.mouse.up();
        await this.pointAway();
    }

    /** Move the pointer to where nothing lights up under it: the middle of the status bar. */
    async pointAway(): Promise<void> {
        const { width, height } = this.page.viewportSize()!;
        await this.page.mouse.move(width / 2, height - 5);
    }

    /** The document inside the webview that has an element with the given test id. */
    async webview(testId: string): Promise<FrameLocator> {
        const deadline = Date.now() + TIMEOUT;
        while (Date.now() < deadline) {
            const frames = this.page.locator('iframe.webview');
            const names = await frames.evaluateAll((all) =>
                all.map((one) => one.getAttribute('name')),
            );
            for (const name of names) {
                // By its name: places change when another webview comes or goes.
                const outer = this.page.frameLocator(`iframe.webview[name="${name}"]`);
                const inner = outer.frameLocator('#active-frame');
                if (await inner.getByTestId(testId).first().isVisible()) {
                    return inner;
                }
            }
            await frame(this.page);
        }
        throw new Error(`no webview shows ${testId}`);
    }
}
