/**
 * Walk the journeys, in one VS Code and one browser, each in a window of its own.
 *
 *     node run.ts --vsix FILE --out FOLDER [--only PART-OF-A-NAME] [--documented]
 *
 * With --documented only those whose pictures the documentation shows, and these in every theme
 * and not just the dark one, which takes its time.
 *
 * A journey that failed is walked once more, from the beginning, in a folder, a VS Code and a
 * browser of its own: VS Code has moods that a person meets with a second try, and this suite
 * drives it by its surface.
 * What failed is never hidden: the first error is printed and kept in the results, beside what the
 * second try found.  A fault of the product fails twice.
 *
 * Writes OUT/results.json: [{name, seconds, notes, error, before}], where `error` is null when all
 * was as expected and `before` is the error of a first try, or null.  OUT/pictures has the
 * pictures; OUT/failed/NAME what a failed try left: a picture, a trace for playwright's viewer,
 * the logs.  Ends with 1 when one failed twice.
 */

import * as fs from 'node:fs';
import * as path from 'node:path';
import { inspect, parseArgs } from 'node:util';

import type { Browser } from 'playwright-core';

import { launch, Window } from './browser.ts';
import { DARK, type Given, type Journey, type Theme } from './journey.ts';
import { JOURNEYS } from './journeys/index.ts';
import { allGone, killLeftovers, running } from './processes.ts';
import { python } from './programs.ts';
import { CodeServer } from './server.ts';
import { Workbench } from './workbench.ts';

interface Result {
    name: string;
    seconds: number;
    notes: string[];
    error: string | null;
    before: string | null;
}

async function main(): Promise<number> {
    const { values } = parseArgs({
        options: {
            vsix: { type: 'string' },
            out: { type: 'string' },
            only: { type: 'string', default: '' },
            documented: { type: 'boolean', default: false },
        },
    });
    if (values.vsix === undefined || values.out === undefined) {
        console.error('node run.ts --vsix FILE --out FOLDER [--only PART] [--documented]');
        return 2;
    }
    const out = path.resolve(values.out);
    fs.rmSync(out, { recursive: true, force: true });
    fs.mkdirSync(path.join(out, 'pictures'), { recursive: true });
    const journeys = JOURNEYS.filter(
        ({ name, documented }) =>
            name.includes(values.only) && (documented === true || !values.documented),
    );

    const results: Result[] = [];
    const programs = new Programs(out, path.resolve(values.vsix));
    const everyTheme = values.documented;
    try {
        for (const journey of journeys) {
            const first = await walk(journey, programs, { everyTheme });
            if (first.error === null) {
                results.push(first);
                continue;
            }
            await programs.stop();
            const again = { ...journey, name: `${journey.name} (again)` };
            const second = await walk(again, programs, { everyTheme });
            results.push({ ...second, name: journey.name, before: first.error });
        }
    } finally {
        await programs.stop();
    }
    results.push(await leftovers());
    fs.writeFileSync(path.join(out, 'results.json'), JSON.stringify(results, null, 2));
    return results.some(({ error }) => error !== null) ? 1 : 0;
}

/** VS Code and the browser: started for the first journey, and again when they were stopped. */
class Programs {
    readonly out: string;
    readonly vsix: string;
    private shared: CodeServer | undefined;
    private window: Browser | undefined;
    private started = 0;

    constructor(out: string, vsix: string) {
        this.out = out;
        this.vsix = vsix;
    }

    /** The one VS Code that journeys share; one that died is replaced. */
    async server(): Promise<CodeServer> {
        if (this.shared?.isRunning !== true) {
            this.shared = await CodeServer.start(this.state(), this.vsix);
        }
        return this.shared;
    }

    /** Another one, with Python, without the extension and zyn: the caller stops it. */
    async bareServer(): Promise<CodeServer> {
        const state = this.state();
        const tools = path.join(state, 'bin');
        fs.mkdirSync(tools, { recursive: true });
        fs.symlinkSync(python(), path.join(tools, 'python3'));
        return CodeServer.start(state, null, tools);
    }

    async browser(): Promise<Browser> {
        if (this.window?.isConnected() !== true) {
            this.window = await launch();
        }
        return this.window;
    }

    async stop(): Promise<void> {
        await this.window?.close();
        await this.shared?.stop();
        this.window = undefined;
        this.shared = undefined;
    }

    private state(): string {
        this.started += 1;
        return path.join(this.out, this.started === 1 ? 'state' : `state-${this.started}`);
    }
}

async function walk(
    journey: Journey,
    programs: Programs,
    options: { everyTheme: boolean },
): Promise<Result> {
    const began = performance.now();
    const notes: string[] = [];
    let error: string | null = null;
    const { out, vsix } = programs;
    const slug = journey.name.replaceAll(/\W+/g, '-');
    // The name is seen in the pictures.
    const folder = path.join(out, 'folders', slug, 'demo');
    fs.mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(journey.files)) {
        fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        fs.writeFileSync(path.join(folder, name), text);
    }
    try {
        const browser = await programs.browser();
        const server = await (journey.bare ? programs.bareServer() : programs.server());
        try {
            server.configure(journey.settings ?? {});
            // Those of the journey before may still be about to end.
            const before = new Set(running().map(({ pid }) => pid));
            const window = await Window.open(browser);
            try {
                await window.show(server, folder);
                const given: Given = {
                    window,
                    workbench: new Workbench(window.page),
                    folder,
                    vsix,
                    server,
                    running: (...parts) => running(...parts).filter(({ pid }) => !before.has(pid)),
                    note: (what) => notes.push(what),
                    picture: (name, themes, scene) =>
                        picture(
                            given,
                            path.join(out, 'pictures', name),
                            options.everyTheme ? (themes ?? [DARK]) : [DARK],
                            scene,
                        ),
                };
                await journey.walk(given);
            } catch (thrown) {
                throw await kept(window, path.join(out, 'failed', slug), thrown);
            } finally {
                await window.close();
            }
        } finally {
            if (journey.bare) {
                await server.stop();
            }
        }
    } catch (thrown) {
        error = inspect(thrown);
    }
    const seconds = (performance.now() - began) / 1000;
    console.log(`${error === null ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1)} s ${journey.name}`);
    for (const line of [...notes, ...(error === null ? [] : [error])]) {
        console.log(`         ${line.replaceAll('\n', '\n         ')}`);
    }
    return { name: journey.name, seconds, notes, error, before: null };
}

/** Write down what there is to see of a failure, and give what is thrown on. */
async function kept(window: Window, folder: string, thrown: unknown): Promise<unknown> {
    try {
        fs.mkdirSync(folder, { recursive: true });
        const processes = running().map(({ pid, command }) => `${pid} ${command}\n`);
        fs.writeFileSync(path.join(folder, 'processes.txt'), processes.join(''));
        await window.keep(folder);
        const said = await window.dialog();
        return said === null ? thrown : new Error(`a dialog says: ${said}`, { cause: thrown });
    } catch (error) {
        // A page that crashed can neither be photographed nor asked.
        return new Error(`and nothing could be kept of it: ${String(error)}`, { cause: thrown });
    }
}

/** A picture `base`-THEME.png for each theme; leaves the window as it was. */
async function picture(
    { window, workbench }: Given,
    base: string,
    themes: readonly Theme[],
    scene?: () => Promise<unknown>,
): Promise<void> {
    for (const theme of themes) {
        if (await workbench.theme(theme)) {
            await scene?.();
        }
        await window.picture(`${base}-${theme.suffix}.png`);
    }
    await workbench.theme(DARK);
}

/** The last check: the server and the browser are gone, and so is all that they started. */
async function leftovers(): Promise<Result> {
    await allGone();
    const left = killLeftovers();
    const error = left.length === 0 ? null : left.map(({ command }) => command).join('\n');
    const result = { name: 'nothing is left running', seconds: 0, notes: [], error, before: null };
    console.log(`${error === null ? 'ok    ' : 'FAILED'} ${result.name}${error ?? ''}`);
    return result;
}

// Whoever stops this run wants all of it stopped.
for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
        killLeftovers();
        process.exit(1);
    });
}
process.exitCode = await main();
