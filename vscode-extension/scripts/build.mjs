// Bundles the extension into dist/: one file for the host, one for each webview.
// `--watch` builds again after every change.

import { build, context } from 'esbuild';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const watching = process.argv.includes('--watch');

const common = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: !watching,
  sourcemap: watching ? 'inline' : false,
  legalComments: 'none',
  logLevel: 'warning',
};

const host = {
  ...common,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/main.js',
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['vscode'],
  // The ES modules of the client's dependencies load faster than their UMD wrappers.
  mainFields: ['module', 'main'],
  banner: { js: 'const zynBegun = performance.now(); let zynLoaded;' },
  footer: { js: 'zynLoaded = performance.now();' },
};

const folder = join(ROOT, 'src', 'webview');
const pages = existsSync(folder)
  ? readdirSync(folder).filter((name) => /^[a-z].*View\.ts$/.test(name))
  : [];
const webviews = {
  ...common,
  entryPoints: pages.map((name) => `src/webview/${name}`),
  outdir: 'dist/webview',
  platform: 'browser',
  target: 'es2022',
  format: 'iife',
};

for (const options of pages.length > 0 ? [host, webviews] : [host]) {
  if (watching) {
    await (await context(options)).watch();
  } else {
    await build(options);
  }
}
