/** The first ten minutes: nothing is installed, nothing was read. */

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { Debugging } from '../debugging.ts';
import { type Journey, ROOM } from '../journey.ts';
import { python, ZYN_BIN } from '../programs.ts';
import { STEP } from '../until.ts';
import type { Workbench } from '../workbench.ts';
import { lineOf, WORKERS } from './programs.ts';

const FILE = 'workers.zyntax';
const ADD = lineOf(WORKERS, 'total = total');
const PROGRAMS = ['zyn', 'zyn-lsp', 'zyn-dap'];
const VSIX = 'zyn.vsix';
const WHEEL = 'zyn-0.1.0-py3-none-any.whl';
/** How long pip may take before it is started again, in milliseconds. */
const INSTALLING = 50_000;

export const starting: Journey = {
    name: 'from the .vsix to a stopped breakpoint, with what is missing installed on the way',
    files: { [FILE]: WORKERS },
    settings: ROOM,
    bare: true,
    async walk({ workbench, folder, vsix, server, picture }) {
        const wheel = packWheel(path.join(path.dirname(folder), 'wheel'));
        fs.copyFileSync(wheel, path.join(folder, WHEEL));
        fs.copyFileSync(vsix, path.join(server.home, VSIX));

        await workbench.until(
            async () => server.has('zyn.zyn'),
            async () => {
                await workbench.command('Extensions: Install from VSIX...', dialog(workbench));
                await answer(workbench, VSIX);
            },
            INSTALLING,
        );

        // Nothing was found, and what to do about it is one button away.
        await workbench.open(FILE);
        const missing = workbench.notification(
            'zyn-lsp was found neither in a virtual environment',
        );
        await missing.waitFor();
        await picture('vscode-missing');
        const scripts = path.join(folder, '.venv', 'bin');
        const isInstalled = async () =>
            PROGRAMS.every((name) => fs.existsSync(path.join(scripts, name)));
        await workbench.until(
            isInstalled,
            async () => {
                if (await missing.isVisible()) {
                    await missing.getByRole('button', { name: 'Install…' }).click(STEP);
                } else {
                    await workbench.quickInput('F1', '>zyn: Install zyn for This Project');
                    await workbench.accept('zyn: Install zyn for This Project');
                }
                await workbench.quickRow('From a wheel…').waitFor(STEP);
                await workbench.accept('From a wheel…');
                await workbench.eventually('where the wheel is, is asked', dialog(workbench));
                await answer(workbench, WHEEL);
            },
            INSTALLING,
        );
        await workbench.line('await delay(').filter({ hasText: 'state 1' }).waitFor();

        // A click beside the number of the line, and one above the function.
        const debug = new Debugging(workbench);
        await debug.clickBeside(FILE, 'total = total + step');
        await debug.start(ADD, () =>
            workbench
                .editor(FILE)
                .locator('.codelens-decoration a')
                .getByText('Debug', { exact: true })
                .click(STEP),
        );
        await workbench.line('async fn worker').filter({ hasText: 'step = 1,' }).waitFor();
        await workbench.unfold('Tasks');
        await debug.task('worker #3', 'timer').waitFor();
        await picture('vscode-first-stop');
        await workbench.press('Shift+F5', debug.startButton);
    },
};

/** VS Code asks for a file: its box has a path in it. */
function dialog({ page }: Workbench): () => Promise<boolean> {
    const box = page.locator('.quick-input-widget .quick-input-box input');
    return async () => (await box.isVisible()) && (await box.inputValue()).startsWith('/');
}

/** Choose a file of the folder in the dialog. */
async function answer(workbench: Workbench, name: string): Promise<void> {
    const isOpen = dialog(workbench);
    await workbench.until(
        async () => !(await isOpen()),
        () => workbench.accept(name),
    );
}

/**
 * A wheel that pip installs as it does zyn's, though in a moment and from no index: its programs
 * are those of the zyn that is tested.
 */
function packWheel(folder: string): string {
    const write = (name: string, text: string) => {
        fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        fs.writeFileSync(path.join(folder, name), text);
    };
    const about = 'zyn-0.1.0.dist-info';
    const data = 'zyn-0.1.0.data';
    write(`${about}/METADATA`, 'Metadata-Version: 2.1\nName: zyn\nVersion: 0.1.0\n');
    write(`${about}/WHEEL`, 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n');
    for (const name of PROGRAMS) {
        const script = `${data}/scripts/${name}`;
        write(script, `#!/bin/sh\nexec '${path.join(ZYN_BIN, name)}' "$@"\n`);
        fs.chmodSync(path.join(folder, script), 0o755);
    }
    const names = [
        ...PROGRAMS.map((name) => `${data}/scripts/${name}`),
        ...['METADATA', 'WHEEL', 'RECORD'].map((name) => `${about}/${name}`),
    ];
    write(`${about}/RECORD`, names.map((name) => `${name},,\n`).join(''));
    execFileSync(python(), ['-m', 'zipfile', '-c', WHEEL, about, data], { cwd: folder });
    return path.join(folder, WHEEL);
}
