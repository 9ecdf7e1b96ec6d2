/**
 * What a person does in VS Code, one method an action: each waits until its effect is
 * there.  Nothing sleeps; where a key may come before VS Code listens, it is pressed again.
 */

import type { FrameLocator, Locator, Page } from 'playwright-core';

import { TIMEOUT } from './browser.ts';
import type { Theme } from './journey.ts';

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

export class Workbench {
    readonly page: Page;

    constructor(page: Page) {
        this.page = page;
    }

    // The editor.

    /** Open a file of the folder by its name, as Go to File does. */
    async open(name: string): Promise<void> {
        await this.quickInput('Control+p', name);
        await this.quickRow(name).click();
        await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
        await this.editor(name).locator('.view-line').first().waitFor();
    }

    editor(name: string): Locator {
        return this.page.locator(`.editor-instance .monaco-editor[data-uri$="/${name}"]`);
    }

    /** The line of text on the screen that has the given text in it, hints included. */
    line(text: string): Locator {
        return this.page.locator('.editor-instance .view-line').filter({ hasText: text }).first();
    }

    /** Put the cursor somewhere; both numbers count from 1. */
    async goTo(line: number, column = 1): Promise<void> {
        await this.quickInput('Control+g', `:${line}:${column}`);
        await this.page.keyboard.press('Enter');
        await this.page
            .locator('.statusbar-item', { hasText: `Ln ${line}, Col ${column}` })
            .waitFor();
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
        const popup = this.page
            .locator('.monaco-editor .monaco-hover:not(.hidden)')
            .filter({ hasText: says })
            .first();
        await this.until(popup, async () => {
            // Lines move while code lenses come in above them, and a pop-up of the word
            // that was there before, or of a server that still reads the file, is no answer.
            const { x, y } = await this.spot(text, word);
            await this.page.mouse.move(x - 40, y + 120);
            await this.page.mouse.move(x, y, { steps: 4 });
        });
        return popup;
    }

    // Commands.

    /** Run a command by its title in the palette. */
    async command(title: string): Promise<void> {
        // The palette has what there was when it was opened; some commands come later.
        await this.until(this.quickRow(title), async () => {
            await this.page.keyboard.press('Escape');
            await this.quickInput('F1', `>${title}`);
        });
        await this.quickRow(title).click();
    }

    /** Choose a colour theme from the list of them; false when it was chosen already. */
    async theme(theme: Theme): Promise<boolean> {
        const workbench = this.page.locator(`.monaco-workbench.${theme.mark}`);
        if (await workbench.isVisible()) {
            return false;
        }
        await this.command('Preferences: Color Theme');
        const box = this.page.locator('.quick-input-box input[placeholder^="Select Color Theme"]');
        await box.fill(theme.label);
        await this.quickRow(theme.label).click();
        await workbench.waitFor();
        await box.waitFor({ state: 'hidden' });
        return true;
    }

    /** Type into the box that a key opens. */
    async quickInput(key: string, text: string): Promise<void> {
        const box = this.page.locator('.quick-input-widget .quick-input-box input');
        await this.until(box, () => this.page.keyboard.press(key));
        await box.fill(text);
    }

    quickRow(label: string): Locator {
        return this.page
            .locator('.quick-input-list .monaco-list-row')
            .filter({ hasText: label })
            .first();
    }

    /** Press a key, again and again if need be, until something is there. */
    async press(key: string, appears: Locator): Promise<void> {
        await this.until(appears, () => this.page.keyboard.press(key));
    }

    /** Do something until a thing is visible; some keys come before anybody listens. */
    async until(thing: Locator, act: () => Promise<unknown>): Promise<void> {
        const deadline = Date.now() + TIMEOUT;
        for (;;) {
            await act();
            try {
                await thing.waitFor({ timeout: 2000 });
                return;
            } catch (error) {
                if (Date.now() > deadline) {
                    throw error;
                }
            }
        }
    }

    /** Wait until something is so, asking once a frame. */
    async eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
        const deadline = Date.now() + TIMEOUT;
        while (!(await isSo())) {
            if (Date.now() > deadline) {
                throw new Error(`not so: ${what}`);
            }
            await this.page.evaluate(() => new Promise(requestAnimationFrame));
        }
    }

    // What stands around the editor.

    notification(text: string | RegExp): Locator {
        return this.page.locator('.notification-toast').filter({ hasText: text }).first();
    }

    /** A section of a side bar, by its title. */
    section(title: string): Locator {
        return this.page.locator('.split-view-view .pane').filter({
            has: this.page.locator(`.pane-header[aria-label^="${title}"]`),
        });
    }

    /** Unfold a section of the side bar. */
    async unfold(title: string): Promise<Locator> {
        const section = this.section(title);
        const header = section.locator('.pane-header');
        await header.waitFor();
        if ((await header.getAttribute('aria-expanded')) !== 'true') {
            await header.click();
        }
        return section;
    }

    /** Fold sections of the side bar, so that the others have its room. */
    async fold(...titles: string[]): Promise<void> {
        for (const title of titles) {
            const header = this.section(title).locator('.pane-header');
            await header.waitFor();
            if ((await header.getAttribute('aria-expanded')) === 'true') {
                await header.click();
            }
        }
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
        for (;;) {
            const before = await thing.boundingBox();
            await this.page.evaluate(
                () =>
                    new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
            );
            const now = await thing.boundingBox();
            if (now !== null && before?.y === now.y && before.height === now.height) {
                return now;
            }
        }
    }

    private async drag(from: Point, to: Point): Promise<void> {
        await this.page.mouse.move(from.x, from.y);
        await this.page.mouse.down();
        await this.page.mouse.move(to.x, to.y, { steps: 4 });
        await this.page.mouse.up();
        // Edges light up under the pointer; the middle of the status bar does not.
        const { width, height } = this.page.viewportSize()!;
        await this.page.mouse.move(width / 2, height - 5);
    }

    /** The document inside the webview that has an element with the given test id. */
    async webview(testId: string): Promise<FrameLocator> {
        const deadline = Date.now() + TIMEOUT;
        const frames = this.page.locator('iframe.webview');
        for (;;) {
            for (const frame of await frames.all()) {
                const inner = frame.contentFrame().locator('#active-frame').contentFrame();
                const found = inner.getByTestId(testId).first();
                if (await appears(found, 500)) {
                    return inner;
                }
            }
            if (Date.now() > deadline) {
                throw new Error(`no webview shows ${testId}`);
            }
            await this.page.evaluate(() => new Promise(requestAnimationFrame));
        }
    }
}

async function appears(thing: Locator, timeout: number): Promise<boolean> {
    try {
        await thing.waitFor({ state: 'attached', timeout });
        return true;
    } catch (error) {
        if ((error as Error).name === 'TimeoutError') {
            return false;
        }
        throw error;
    }
}
