/**
 * The colours before the server is there, against those of the tree-sitter highlights: letter by
 * letter, over the examples and the corpus.  dev/gen_highlights.py writes the golden files.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import oniguruma from 'vscode-oniguruma';
import textmate, { type IGrammar, type StateStack } from 'vscode-textmate';
import { LANGUAGES } from '../src/languages';
// @ts-expect-error a script without types
import { textMate } from '../scripts/grammar.mjs';

/** The letter of each scope; the longest that fits counts. */
const LETTERS: Readonly<Record<string, string>> = {
    'keyword.control.flow': 'a',
    'storage.type.function': 'f',
    'storage.type': 'k',
    'keyword.control.return': 'r',
    'keyword.control.conditional': 'i',
    'keyword.control.loop': 'w',
    'keyword.operator.word': 'O',
    'constant.numeric.integer': '1',
    'constant.numeric.float': '2',
    'constant.language.boolean': 'b',
    'constant.language.null': 'n',
    'variable.other.constant': 'C',
    'string.quoted.double': '"',
    'constant.character.escape': 'e',
    'support.type': 't',
    'entity.name.type': 'T',
    'entity.name.function': 'F',
    'variable.other.readwrite': 'v',
    'variable.parameter': 'p',
    'variable.other.property': 'm',
    'keyword.operator': 'o',
    'punctuation.bracket': '(',
    'punctuation.separator': ',',
    comment: '/',
};

const wasm = readFileSync(
    createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm'),
);
await oniguruma.loadWASM(wasm);

async function load(id: string): Promise<IGrammar> {
    const registry = new textmate.Registry({
        onigLib: Promise.resolve({
            createOnigScanner: (sources) => new oniguruma.OnigScanner(sources),
            createOnigString: (text) => new oniguruma.OnigString(text),
        }),
        loadGrammar: (scope) => {
            const name = `${scope.replace('source.', '')}.tmLanguage.json`;
            const file = join('syntaxes', name);
            return Promise.resolve(textmate.parseRawGrammar(readFileSync(file, 'utf8'), file));
        },
    });
    const grammar = await registry.loadGrammar(`source.${id}`);
    assert.ok(grammar);
    return grammar;
}

function letter(scopes: readonly string[]): string {
    const scope = scopes.at(-1) ?? '';
    const fitting = Object.keys(LETTERS).filter((one) => `${scope}.`.startsWith(`${one}.`));
    fitting.sort((a, b) => b.length - a.length);
    return LETTERS[fitting[0] ?? ''] ?? '?';
}

function marks(grammar: IGrammar, line: string, before: StateStack): [string, StateStack] {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, before);
    const pieces = tokens.map(({ startIndex, endIndex, scopes }) =>
        line.slice(startIndex, endIndex).replace(/\S/gu, letter(scopes)),
    );
    return [pieces.join('').trimEnd(), ruleStack];
}

for (const { id } of LANGUAGES) {
    test(`${id}: every letter has the colour of the tree-sitter highlights`, async () => {
        const grammar = await load(id);
        const golden = readFileSync(join('test', 'golden', `${id}.txt`), 'utf8').split('\n');
        let state = textmate.INITIAL;
        let program = '';
        const offenders: string[] = [];
        let compared = 0;
        for (const [index, row] of golden.entries()) {
            if (row.startsWith('== ')) {
                program = row.slice(3);
                state = textmate.INITIAL;
            } else if (row.startsWith('|')) {
                const line = row.slice(2);
                const expected = (golden[index + 1] ?? '').slice(2);
                const [found, next] = marks(grammar, line, state);
                state = next;
                compared += 1;
                if (found !== expected) {
                    offenders.push(`${program}\n  ${line}\n  ${expected}\n  ${found}`);
                }
            }
        }
        assert.ok(compared > 100, `${compared} lines`);
        assert.equal(offenders.join('\n'), '');
    });

    test(`${id}: the TextMate grammar is made from the tree-sitter grammar as it is`, async () => {
        const language = LANGUAGES.find((one) => one.id === id);
        const file = join('syntaxes', `${id}.tmLanguage.json`);
        const fresh = await (textMate as (of: unknown) => Promise<string>)(language);
        assert.equal(readFileSync(file, 'utf8'), fresh, 'npm run generate');
    });

    test(`${id}: what is broken ends with its line or its function`, async () => {
        const grammar = await load(id);
        let state = textmate.INITIAL;
        let found = '';
        for (const line of ['fn f(a: i32', '{ return "x', '}', 'fn g() i32 {']) {
            [found, state] = marks(grammar, line, state);
        }
        assert.equal(found, 'ff F(( ttt (');
    });
}
