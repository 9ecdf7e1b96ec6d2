/** The one browser of a run, and a fresh window with a fresh folder for every journey. */

import * as fs from 'node:fs';
import * as path from 'node:path';

import type { Browser, BrowserContext, Page } from 'playwright-core';

import { environment } from './processes.ts';
import { CHROMIUM, playwright } from './programs.ts';
import type { CodeServer } from './server.ts';

/** What a README shows beside text; every journey runs in it, so that pictures agree. */
const SIZE = { width: 1360, height: 850 };

const ARGUMENTS = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // Text is drawn the same on every machine.
    '--font-render-hinting=none',
    '--disable-lcd-text',
];

/** How long any one condition is waited for, in milliseconds, before a journey fails. */
export const TIMEOUT = 60_000;

/** How long the browser may take to start, in milliseconds. */
const START_TIMEOUT = 120_000;

/** How long a window may take to come to rest for a picture, in milliseconds. */
const PICTURE_TIMEOUT = 20_000;

/** Between two pictures that must be the same, in milliseconds. */
const REST = 500;

export async function launch(): Promise<Browser> {
    return playwright.chromium.launch({
        executablePath: CHROMIUM,
        headless: true,
        timeout: START_TIMEOUT,
        args: ARGUMENTS,
        env: environment({ PATH: '/usr/bin:/bin' }) as Record<string, string>,
    });
}

/** A window of VS Code on a folder of its own, with what is kept when a journey fails. */
export class Window {
    readonly page: Page;
    private readonly context: BrowserContext;
    private readonly log: string[] = [];

    private constructor(context: BrowserContext, page: Page) {
        this.context = context;
        this.page = page;
        page.on('console', (message) => this.log.push(`${message.type()}: ${message.text()}`));
        page.on('pageerror', (error) => this.log.push(`uncaught: ${error.stack ?? error.message}`));
    }

    /** An empty window. */
    static async open(browser: Browser): Promise<Window> {
        const context = await browser.newContext({ viewport: SIZE });
        context.setDefaultTimeout(TIMEOUT);
        await context.tracing.start({ screenshots: true, snapshots: false });
        return new Window(context, await context.newPage());
    }

    /** Show `folder`, which exists; returns when the workbench is drawn. */
    async show(server: CodeServer, folder: string): Promise<void> {
        await this.page.goto(`${server.url}/?folder=${encodeURIComponent(folder)}`);
        await this.page.locator('.monaco-workbench .explorer-folders-view .monaco-list').waitFor();
    }

    /**
     * Take a picture, without a blinking cursor, of a window that has come to rest: one that is
     * as it was before.  A new theme, say, has its semantic colours a moment later.
     */
    async picture(file: string): Promise<void> {
        // Looking for a thing may have scrolled what a person cannot scroll.
        await this.page.locator('.monaco-workbench, .monaco-grid-view').evaluateAll((all) => {
            for (const one of all) {
                one.scrollTo(0, 0);
            }
            document.documentElement.scrollTo(0, 0);
            document.body.scrollTo(0, 0);
        });
        const deadline = Date.now() + PICTURE_TIMEOUT;
        const take = () => this.page.screenshot({ caret: 'hide', animations: 'disabled' });
        let last = await take();
        for (;;) {
            await this.page.waitForTimeout(REST);
            const next = await take();
            if (next.equals(last) || Date.now() > deadline) {
                fs.writeFileSync(file, next);
                return;
            }
            last = next;
        }
    }

    /** Write a picture, the trace and the console of the browser into a folder. */
    async keep(folder: string): Promise<void> {
        fs.writeFileSync(path.join(folder, 'console.log'), this.log.join('\n'));
        await this.page.screenshot({ path: path.join(folder, 'failed.png') });
        await this.context.tracing.stop({ path: path.join(folder, 'trace.zip') });
    }

    /** What a dialog says that stands in the way; null when there is none. */
    async dialog(): Promise<string | null> {
        const box = this.page.locator('.monaco-dialog-box .dialog-message-container');
        return (await box.count()) === 0 ? null : box.first().innerText();
    }

    async close(): Promise<void> {
        // Unloading tells the server that the window is not coming back.
        await this.page.close({ runBeforeUnload: false });
        await this.context.close();
    }
}
