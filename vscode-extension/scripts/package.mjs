// Makes zyn-VERSION.vsix: builds, and packs what .vscodeignore names.  `--out FILE` names the file.

import { createVSIX } from '@vscode/vsce';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BYTES_MAX = 1_000_000;
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const named = process.argv.indexOf('--out');
const file = named < 0 ? join(ROOT, `zyn-${version}.vsix`) : process.argv[named + 1];

process.chdir(ROOT);
execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
copyFileSync(join('..', 'LICENSE'), 'LICENSE');
mkdirSync('dist', { recursive: true });
// The pictures of the page lie outside the extension; the packed copy of the page goes without.
const page = readFileSync('README.md', 'utf8').replace(/^!\[[^\]]*\]\(\.\.\/.*\)\n\n?/gm, '');
writeFileSync(join('dist', 'README.md'), page);
await createVSIX({
  cwd: ROOT,
  packagePath: file,
  readmePath: join('dist', 'README.md'),
  dependencies: false,
  allowMissingRepository: true,
  rewriteRelativeLinks: false,
});
const bytes = statSync(file).size;
console.log(`${file}: ${Math.round(bytes / 1000)} kB`);
if (bytes > BYTES_MAX) {
  console.error(`the package is larger than ${BYTES_MAX / 1000} kB`);
  process.exitCode = 1;
}
