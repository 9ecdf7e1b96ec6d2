/**
 * Processes of one run: how they are started, ended, found again and counted.
 *
 * Every process inherits an environment variable whose value is this run's alone, also
 * through programs that know nothing of it.  So what outlives a journey can be named, and
 * no other process of the machine is ever touched.  Linux only: it reads /proc.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';

const MARK = 'ZYN_E2E_RUN';
const RUN = randomUUID();

/** How long a process may take to end when asked, in milliseconds; then it is killed. */
const PATIENCE = 20_000;

export interface Running {
    pid: number;
    /** The whole command, arguments separated by spaces. */
    command: string;
}

export function environment(extra: Record<string, string>): NodeJS.ProcessEnv {
    return { LANG: 'C.UTF-8', ...extra, [MARK]: RUN };
}

/** Start a program in a process group of its own, its output in a file. */
export function start(
    command: readonly string[],
    options: { env: NodeJS.ProcessEnv; cwd: string; log: string },
): ChildProcess {
    const log = fs.openSync(options.log, 'a');
    const [program, ...args] = command as [string, ...string[]];
    const child = spawn(program, args, {
        cwd: options.cwd,
        env: options.env,
        stdio: ['ignore', log, log],
        detached: true,
    });
    fs.closeSync(log);
    return child;
}

/** End a process that `start` gave, with its group; returns when it is gone. */
export async function stop(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
        return;
    }
    const gone = once(child, 'exit');
    signal(-child.pid, 'SIGTERM');
    const impatient = setTimeout(() => signal(-child.pid!, 'SIGKILL'), PATIENCE);
    await gone;
    clearTimeout(impatient);
}

/** The processes of this run whose command has every one of the given parts. */
export function running(...parts: string[]): Running[] {
    return everyone().filter(({ command }) => parts.every((part) => command.includes(part)));
}

/** Send a signal; false when nobody is there to get it. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
    try {
        process.kill(pid, name);
        return true;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ESRCH') {
            return false;
        }
        throw error;
    }
}

/** Wait until nothing of this run is left, but no longer than PATIENCE. */
export async function allGone(): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (everyone().length > 0 && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

/** Kill what is left of this run and return it: it should be nothing. */
export function killLeftovers(): Running[] {
    const left = everyone();
    for (const { pid } of left) {
        signal(pid, 'SIGKILL');
    }
    return left;
}

function everyone(): Running[] {
    const found: Running[] = [];
    for (const name of fs.readdirSync('/proc')) {
        const pid = Number(name);
        if (!Number.isInteger(pid) || pid === process.pid) {
            continue;
        }
        const variables = textOf(`/proc/${name}/environ`);
        if (variables?.split('\0').includes(`${MARK}=${RUN}`)) {
            const command = textOf(`/proc/${name}/cmdline`)?.replaceAll('\0', ' ').trim();
            // A process that has ended and is not waited for has no command line.
            if (command) {
                found.push({ pid, command });
            }
        }
    }
    return found;
}

/** A file of /proc; undefined when its process has ended or is somebody else's. */
function textOf(file: string): string | undefined {
    try {
        return fs.readFileSync(file, 'utf8');
    } catch {
        return undefined;
    }
}
