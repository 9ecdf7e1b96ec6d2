/**
 * Where the programs are that the journeys drive: what install.sh laid out, Debian's
 * Chromium, and zyn's own commands.
 */

import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import * as path from 'node:path';

export const E2E = import.meta.dirname;
export const ROOT = path.resolve(E2E, '..', '..');

/** The folder that install.sh fills. */
export const PROGRAMS = process.env.ZYN_E2E_PROGRAMS ?? path.join(ROOT, 'build', 'e2e');

export const CHROMIUM = process.env.ZYN_CHROMIUM ?? '/usr/bin/chromium';

/** The folder with zyn, zyn-lsp and zyn-dap. */
export const ZYN_BIN = process.env.ZYN_BIN ?? path.join(ROOT, '.venv', 'bin');

/** The Python that zyn's virtual environment was made from. */
export function python(): string {
    const asked = ['-c', 'import sys; print(sys._base_executable)'];
    return execFileSync(path.join(ZYN_BIN, 'python'), asked, { encoding: 'utf8' }).trim();
}

export const NODE = path.join(PROGRAMS, 'bin', 'node');

const MODULES = path.join(PROGRAMS, 'node_modules');
export const CODE_SERVER = path.join(MODULES, 'code-server', 'out', 'node', 'entry.js');

// The sources have no node_modules of their own: packages are looked up in PROGRAMS.
const require = createRequire(path.join(PROGRAMS, 'package.json'));

export const playwright = require('playwright-core') as typeof import('playwright-core');
