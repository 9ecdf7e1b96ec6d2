// The shape of Zyntax in TextMate's terms.  What is absent: names that only the compiler knows,
// such as which word is a struct; a word in front of `{` or behind `:` is taken for a type.

import { oneOf } from './facts.mjs';

const NOTE = 'Made by scripts/grammar.mjs from the tree-sitter grammar: npm run generate.';

/** The grammar, from the facts of the tree-sitter grammar. */
export function grammar(facts) {
  const name = facts.pattern('identifier');
  const scoped = (capture) => ({ name: facts.scope(capture) });
  const captures = (...list) =>
    Object.fromEntries(list.map((capture, index) => [index + 1, scoped(capture)]));
  const word = (capture) => `\\b(?:${oneOf(facts.keywords().get(capture))})\\b`;
  const keywordRules = [...facts.keywords()]
    .filter(([capture]) => capture.startsWith('keyword'))
    .map(([capture]) => ({ match: word(capture), name: facts.scope(capture) }));
  const include = (...names) => names.map((one) => ({ include: `#${one}` }));
  const promise = facts.words('promise_type').filter((one) => /\w/.test(one));
  const open = word('keyword.function').slice(2, -2);
  return {
    $comment: NOTE,
    name: facts.language.name,
    scopeName: `source.${facts.language.id}`,
    patterns: include('all'),
    repository: {
      all: {
        patterns: include(
          'comments',
          'strings',
          'functions',
          'structs',
          'declarations',
          'keywords',
          'literals',
          'annotations',
          'members',
          'names',
          'operators',
          'punctuation',
        ),
      },
      comments: {
        patterns: [
          { begin: '/\\*', end: '\\*/', name: `comment.block.${facts.language.id}` },
          { match: '//.*$', name: `comment.line.double-slash.${facts.language.id}` },
        ],
      },
      strings: {
        begin: '"',
        end: '"|$',
        name: facts.scope('string'),
        patterns: [{ match: facts.pattern('escape_sequence'), name: facts.scope('string.escape') }],
      },
      functions: {
        begin: `\\b(${open})\\b`,
        beginCaptures: captures('keyword.function'),
        end: `(?=[{};]|\\b(?:async|${open})\\b)`,
        patterns: [
          ...include('comments'),
          { match: `${name}(?=\\s*\\()`, name: facts.scope('function') },
          {
            begin: '\\(',
            beginCaptures: { 0: scoped('punctuation.bracket') },
            end: '(\\))|(?=[{};])',
            endCaptures: captures('punctuation.bracket'),
            patterns: [
              ...include('comments'),
              { match: `${name}(?=\\s*:)`, name: facts.scope('variable.parameter') },
              ...include('types', 'punctuation'),
            ],
          },
          ...include('types', 'punctuation'),
        ],
      },
      structs: {
        match: `\\b(const)\\s+(${name})\\s*(=)\\s*(struct)\\b`,
        captures: captures('keyword', 'type.definition', 'operator', 'keyword.type'),
      },
      declarations: {
        match: `${word('keyword').replace('(?:', '(')}\\s+(${name})`,
        captures: captures('keyword', 'variable'),
      },
      keywords: { patterns: keywordRules },
      literals: {
        patterns: [
          { match: facts.pattern('float'), name: facts.scope('number.float') },
          { match: facts.pattern('integer'), name: facts.scope('number') },
          { match: `\\b(?:${oneOf(facts.words('boolean'))})\\b`, name: facts.scope('boolean') },
          {
            match: `\\b(?:${oneOf(facts.words('null'))})\\b`,
            name: facts.scope('constant.builtin'),
          },
        ],
      },
      annotations: {
        begin: ':',
        beginCaptures: { 0: scoped('punctuation.delimiter') },
        end: '(?=[=,;){}])',
        patterns: include('comments', 'types', 'punctuation'),
      },
      types: {
        patterns: [
          {
            match: `\\b(?:${oneOf(facts.words('primitive_type'))})\\b`,
            name: facts.scope('type.builtin'),
          },
          {
            match: `\\b(?:${oneOf(promise)})\\b`,
            name: facts.scope('type.builtin'),
          },
          { match: name, name: facts.scope('type') },
          { match: facts.pattern('integer'), name: facts.scope('number') },
          { match: '\\?', name: facts.scope('operator') },
          { match: '[<>]', name: facts.scope('punctuation.bracket') },
        ],
      },
      members: {
        patterns: [
          {
            match: `(\\.)\\s*(${name})(?=\\s*\\()`,
            captures: captures('punctuation.delimiter', 'function.method.call'),
          },
          {
            match: `(\\.)\\s*(${name})`,
            captures: captures('punctuation.delimiter', 'variable.member'),
          },
          { match: `${name}(?=\\s*:)`, name: facts.scope('variable.member') },
        ],
      },
      names: {
        patterns: [
          { match: `${name}(?=\\s*\\()`, name: facts.scope('function.call') },
          { match: `${name}(?=\\s*\\{)`, name: facts.scope('type') },
          { match: '\\b[A-Z][A-Z0-9_]+\\b', name: facts.scope('constant') },
          { match: name, name: facts.scope('variable') },
        ],
      },
      operators: { match: oneOf(facts.operators()), name: facts.scope('operator') },
      punctuation: {
        patterns: [
          { match: '[()\\[\\]{}]', name: facts.scope('punctuation.bracket') },
          { match: '[,.:;]', name: facts.scope('punctuation.delimiter') },
        ],
      },
    },
  };
}
