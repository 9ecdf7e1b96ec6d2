/**
 * Where a program of zyn is: the setting, the project's virtual environment, beside a program that
 * was found already, PATH; in this order.  Pure: files are looked at through `isProgram`.
 */

import * as path from 'node:path';

export type ProgramName = 'zyn-lsp' | 'zyn-dap' | 'zyn';
export type Origin = 'setting' | 'environment' | 'beside the server' | 'PATH';

export interface Surroundings {
    /** The value of the setting; empty when it is not set. */
    readonly setting: string;
    /** Workspace folders, the one of the file first. */
    readonly folders: readonly string[];
    /** False in an untrusted workspace: nothing that lies in it may be started. */
    readonly trusted: boolean;
    /** A program that was found already; its neighbours belong to the same installation. */
    readonly beside?: string;
    readonly searchPath: string;
    readonly home: string;
    readonly platform: NodeJS.Platform;
}

export interface Found {
    readonly path: string;
    readonly origin: Origin;
}

export interface Missing {
    readonly tried: readonly string[];
    /** The setting names a program that is not there: nothing else is tried. */
    readonly badSetting?: string;
}

const ENVIRONMENTS = ['.venv', 'venv'];

/** The program, or where it was looked for. */
export function locate(
    name: ProgramName,
    around: Surroundings,
    isProgram: (file: string) => boolean,
): Found | Missing {
    const setting = around.setting.trim();
    if (setting !== '') {
        const file = expand(setting, around);
        return isProgram(file)
            ? { path: file, origin: 'setting' }
            : { tried: [file], badSetting: file };
    }
    const tried: string[] = [];
    for (const [file, origin] of candidates(name, around)) {
        if (isProgram(file)) {
            return { path: file, origin };
        }
        tried.push(file);
    }
    return { tried };
}

function* candidates(name: ProgramName, around: Surroundings): Generator<[string, Origin]> {
    const { join, dirname, delimiter } = tools(around.platform);
    const windows = around.platform === 'win32';
    const file = windows ? `${name}.exe` : name;
    if (around.beside !== undefined) {
        yield [join(dirname(around.beside), file), 'beside the server'];
    }
    if (around.trusted) {
        for (const folder of around.folders) {
            for (const environment of ENVIRONMENTS) {
                yield [join(folder, environment, windows ? 'Scripts' : 'bin', file), 'environment'];
            }
        }
    }
    for (const folder of around.searchPath.split(delimiter)) {
        // An empty or relative entry means the current folder, which is nobody's installation.
        if (tools(around.platform).isAbsolute(folder)) {
            yield [join(folder, file), 'PATH'];
        }
    }
}

/** A setting as a file: `~`, `${workspaceFolder}` and paths relative to the first folder. */
function expand(setting: string, around: Surroundings): string {
    const { join, isAbsolute } = tools(around.platform);
    const folder = around.folders[0] ?? around.home;
    let file = setting.replaceAll('${workspaceFolder}', folder);
    if (file === '~' || file.startsWith('~/') || file.startsWith('~\\')) {
        file = join(around.home, file.slice(1));
    }
    return isAbsolute(file) ? file : join(folder, file);
}

function tools(platform: NodeJS.Platform): path.PlatformPath {
    return platform === 'win32' ? path.win32 : path.posix;
}

export function isFound(result: Found | Missing): result is Found {
    return 'path' in result;
}
