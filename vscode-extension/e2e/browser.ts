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

/** Between two pictures that must be the same, in milliseconds. */
const REST = 500;

export async function launch(): Promise<Browser> {
    return playwright.chromium.launch({
        executablePath: CHROMIUM,
        headless: true,
        args: ARGUMENTS,
        env: environment({ PATH: '/usr/bin:/bin' }) as Record<string, string>,
    });
}

/** A window of VS Code on a folder of its own, with what is kept when a journey fails. */
export class Window {
    readonly page: Page;
    readonly folder: string;
    private readonly context: BrowserContext;
    private readonly log: string[];

    private constructor(context: BrowserContext, page: Page, folder: string, log: string[]) {
        this.context = context;
        this.page = page;
        this.folder = folder;
        this.log = log;
    }

    /** Open a window on `folder`, which exists; returns when the workbench is drawn. */
    static async open(browser: Browser, server: CodeServer, folder: string): Promise<Window> {
        const context = await browser.newContext({ viewport: SIZE });
        context.setDefaultTimeout(TIMEOUT);
        await context.tracing.start({ screenshots: true, snapshots: false });
        const page = await context.newPage();
        const log: string[] = [];
        page.on('console', (message) => log.push(`${message.type()}: ${message.text()}`));
        page.on('pageerror', (error) => log.push(`uncaught: ${error.stack ?? error.message}`));
        const window = new Window(context, page, folder, log);
        try {
            await page.goto(`${server.url}/?folder=${encodeURIComponent(folder)}`);
            await page.locator('.monaco-workbench .explorer-folders-view .monaco-list').waitFor();
        } catch (error) {
            await window.close();
            throw error;
        }
        return window;
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
        const deadline = Date.now() + TIMEOUT;
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
        fs.mkdirSync(folder, { recursive: true });
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
