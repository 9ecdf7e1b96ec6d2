/**
 * Waiting for what is so, and bringing it about.
 *
 * A key may come before anybody listens, a list may be drawn anew under a click, a box may lose the
 * focus while it is typed into.  A person looks and does it again, and so does `until`: an action
 * is given with the sign by which it is seen to have worked, and only where the sign is missing is
 * it repeated, after a time that grows with every attempt.  So an action must be one that may be
 * done twice, or must look itself whether it was done already.
 */

import type { Locator, Page } from 'playwright-core';

import { TIMEOUT } from './browser.ts';

/** Something to be seen, or a question. */
export type Sign = Locator | (() => Promise<boolean>);

/** How long one step inside an action may take before the action begins anew, in milliseconds. */
export const STEP = { timeout: 10_000 };

/** How long an effect is waited for before the action is repeated: at first, and at most. */
const PATIENCE = 2_000;
const PATIENCE_MAX = 16_000;

/** Do something until its sign is there; nothing is done when it is there already. */
export async function until(
    page: Page,
    sign: Sign,
    act: () => Promise<unknown>,
    patience = PATIENCE,
): Promise<void> {
    const deadline = Date.now() + TIMEOUT;
    let cause: unknown;
    for (let wait = patience; !(await isSo(sign)); wait = Math.min(wait * 2, PATIENCE_MAX)) {
        if (Date.now() > deadline) {
            throw new Error(`tried again and again, and never came: ${String(sign)}`, { cause });
        }
        cause = undefined;
        try {
            await act();
        } catch (error) {
            if (page.isClosed()) {
                throw error;
            }
            cause = error;
        }
        await comes(page, sign, wait);
    }
}

/** Wait until something is so, asking once a frame. */
export async function eventually(page: Page, what: string, sign: Sign): Promise<void> {
    if (!(await comes(page, sign, TIMEOUT))) {
        throw new Error(`not so: ${what}`);
    }
}

/** The next time that the page is drawn. */
export async function frame(page: Page): Promise<void> {
    await page.evaluate(() => new Promise(requestAnimationFrame));
}

async function isSo(sign: Sign): Promise<boolean> {
    return typeof sign === 'function' ? sign() : sign.first().isVisible();
}

async function comes(page: Page, sign: Sign, timeout: number): Promise<boolean> {
    if (typeof sign !== 'function') {
        return appears(sign, timeout);
    }
    const deadline = Date.now() + timeout;
    while (!(await isSo(sign))) {
        if (Date.now() > deadline) {
            return false;
        }
        await frame(page);
    }
    return true;
}

/** Whether a thing becomes visible in time. */
async function appears(thing: Locator, timeout: number): Promise<boolean> {
    try {
        await thing.first().waitFor({ timeout });
        return true;
    } catch (error) {
        if ((error as Error).name === 'TimeoutError') {
            return false;
        }
        throw error;
    }
}
