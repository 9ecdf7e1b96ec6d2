// What a tree-sitter grammar and its highlight query say about the words of a language.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const GRAMMARS = join(ROOT, '..', 'tree-sitter-grammar');

/** The scope of each capture of the highlight queries. */
export const SCOPES = {
  'keyword.coroutine': 'keyword.control.flow',
  'keyword.function': 'storage.type.function',
  'keyword.type': 'storage.type.struct',
  keyword: 'storage.type',
  'keyword.return': 'keyword.control.return',
  'keyword.conditional': 'keyword.control.conditional',
  'keyword.repeat': 'keyword.control.loop',
  'keyword.operator': 'keyword.operator.word',
  number: 'constant.numeric.integer',
  'number.float': 'constant.numeric.float',
  boolean: 'constant.language.boolean',
  'constant.builtin': 'constant.language.null',
  constant: 'variable.other.constant',
  string: 'string.quoted.double',
  'string.escape': 'constant.character.escape',
  'type.builtin': 'support.type',
  type: 'entity.name.type',
  'type.definition': 'entity.name.type',
  function: 'entity.name.function',
  'function.call': 'entity.name.function.call',
  'function.method.call': 'entity.name.function.call',
  variable: 'variable.other.readwrite',
  'variable.parameter': 'variable.parameter',
  'variable.member': 'variable.other.property',
  operator: 'keyword.operator',
  'punctuation.bracket': 'punctuation.bracket',
  'punctuation.delimiter': 'punctuation.separator',
  comment: 'comment',
};

/** What a grammar says: its rules, and the capture of each token and node on its own. */
export class Facts {
  constructor(language) {
    const folder = join(GRAMMARS, language.grammar);
    this.language = language;
    this.rules = JSON.parse(readFileSync(join(folder, 'src', 'grammar.json'), 'utf8')).rules;
    this.captures = plainCaptures(readFileSync(join(folder, 'queries', 'highlights.scm'), 'utf8'));
  }

  /** The scope of a capture, in this language. */
  scope(capture) {
    const scope = SCOPES[capture];
    if (scope === undefined) {
      throw new Error(`the highlight query has a capture without a scope: @${capture}`);
    }
    return `${scope}.${this.language.id}`;
  }

  /** The words that a capture holds, for each capture that holds words. */
  keywords() {
    const found = new Map();
    for (const word of [...this.tokens()].filter((token) => /^[a-z]+$/i.test(token)).sort()) {
      const capture = this.captures.get(JSON.stringify(word));
      if (capture !== undefined) {
        found.set(capture, [...(found.get(capture) ?? []), word]);
      }
    }
    return found;
  }

  /** Every literal token of the grammar. */
  tokens() {
    const found = new Set();
    for (const rule of Object.values(this.rules)) {
      for (const value of strings(rule)) {
        found.add(value);
      }
    }
    return found;
  }

  /** The alternatives of a rule that is a choice of words. */
  words(rule) {
    return [...strings(this.rules[rule])];
  }

  /** The pattern of a token. */
  pattern(rule) {
    return [...patterns(this.rules[rule])].join('');
  }

  /** Every operator, longest first, so that `<=` is not taken for `<`. */
  operators() {
    const found = new Set();
    for (const rule of Object.values(this.rules)) {
      for (const field of fields(rule, 'operator')) {
        for (const value of strings(field)) {
          if (!/^\w+$/.test(value)) {
            found.add(value);
          }
        }
      }
    }
    return [...found].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  }
}

/** A choice of literal texts as a pattern. */
export function oneOf(texts) {
  return texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
}

function* below(node) {
  yield node;
  for (const inner of [node.content, ...(node.members ?? [])]) {
    if (inner !== undefined) {
      yield* below(inner);
    }
  }
}

function* strings(rule) {
  for (const node of below(rule)) {
    if (node.type === 'STRING') {
      yield node.value;
    }
  }
}

function* patterns(rule) {
  for (const node of below(rule)) {
    if (node.type === 'PATTERN') {
      yield node.value;
    }
  }
}

function* fields(rule, name) {
  for (const node of below(rule)) {
    if (node.type === 'FIELD' && node.name === name) {
      yield node.content;
    }
  }
}

/** Captures of tokens and nodes that stand alone: `"fn" @x`, `["a" "b"] @x`, `(node) @x`. */
function plainCaptures(query) {
  const found = new Map();
  const words = query
    .replace(/^\s*;.*$/gm, '')
    .match(/"(?:\\.|[^"])*"|@[\w.]+|[()[\]]|[^\s()[\]]+/g);
  let depth = 0;
  let group = [];
  for (const [index, word] of words.entries()) {
    if (word === '(' || word === '[') {
      group = depth === 0 ? [] : group;
      depth += 1;
    } else if (word === ')' || word === ']') {
      depth -= 1;
    } else if (word.startsWith('@')) {
      if (depth === 0 && word !== '@spell') {
        const subject = words[index - 1] === '@spell' ? words[index - 2] : words[index - 1];
        const named = subject === ')' || subject === ']' ? group : [subject];
        if (named.every((one) => /^"|^[\w]+$/.test(one))) {
          for (const one of named) {
            found.set(one, word.slice(1));
          }
        }
      }
    } else if (depth > 0) {
      group.push(word);
    }
  }
  return found;
}
