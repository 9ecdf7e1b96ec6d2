// Writes syntaxes/*.tmLanguage.json: the colours that a file has before the language server is
// there.  Words, types, literals and operators come from the tree-sitter grammar and its highlight
// query; only the shape of declarations is written by hand, in scripts/textmate/GRAMMAR.mjs.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Facts } from './textmate/facts.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** The text of a TextMate grammar, made from the tree-sitter grammar as it is now. */
export async function textMate(language) {
  const { grammar } = await import(`./textmate/${language.grammar}.mjs`);
  return `${JSON.stringify(grammar(new Facts(language)), null, 1)}\n`;
}

export const LANGUAGES = JSON.parse(readFileSync(join(ROOT, 'languages.json'), 'utf8'));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const language of LANGUAGES) {
    const file = join(ROOT, 'syntaxes', `${language.id}.tmLanguage.json`);
    writeFileSync(file, await textMate(language));
  }
}
