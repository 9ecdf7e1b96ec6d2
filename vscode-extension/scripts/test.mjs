// Bundles every test/*.test.ts and runs them with the test runner of Node.js.

import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OUT = join(ROOT, 'out');
const tests = readdirSync(join(ROOT, 'test')).filter((name) => name.endsWith('.test.ts'));

rmSync(OUT, { recursive: true, force: true });
await build({
  absWorkingDir: ROOT,
  entryPoints: tests.map((name) => `test/${name}`),
  outdir: OUT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  // Scripts find files beside themselves, so they are loaded from where they are; the folder of
  // the bundles is beside them too.
  external: ['../scripts/*'],
  sourcemap: 'inline',
  logLevel: 'warning',
});
const files = tests.map((name) => join(OUT, name.replace(/\.ts$/, '.mjs')));
const done = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...files], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exitCode = done.status ?? 1;
