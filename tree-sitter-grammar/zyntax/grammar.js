/**
 * @file Zyntax grammar for tree-sitter: a small statically typed language with async functions.
 *
 * The rules stand in reading order: the file, declarations, types, statements, expressions,
 * literals, words, comments.  What is absent: the grammar checks no names, no types, and not
 * whether an `await` stands in an async function; the compiler does.
 */

/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

/** Binding strength of the expression operators, loosest first. */
const PREC = {
  or: 1,
  and: 2,
  comparison: 3,
  orelse: 4,
  additive: 5,
  multiplicative: 6,
  unary: 7,
  postfix: 8,
};

/** The words that have a rule below and can never be an identifier. */
const KEYWORDS = [
  'and',
  'async',
  'await',
  'break',
  'const',
  'continue',
  'else',
  'false',
  'fn',
  'if',
  'null',
  'or',
  'orelse',
  'return',
  'struct',
  'true',
  'var',
  'while',
];

/** The words that no rule uses yet, kept from identifiers so that a later rule can have them. */
const FUTURE_KEYWORDS = [
  'comptime',
  'enum',
  'error',
  'extern',
  'for',
  'switch',
  'try',
  'type',
];

/**
 * The names of built-in types.  They are words of the type syntax only: in an expression
 * they are identifiers, so that the compiler, not the parser, judges a call such as `i64(x)`.
 */
const PRIMITIVE_TYPES = [
  'i8',
  'i16',
  'i32',
  'i64',
  'u8',
  'u16',
  'u32',
  'u64',
  'f32',
  'f64',
  'bool',
  'void',
  'string',
];

/** A Unicode noncharacter, which no text should hold: a token for the parser to find missing. */
const NEVER_WRITTEN = '\uFDD0';

module.exports = grammar({
  name: 'zyntax',

  word: $ => $.identifier,

  reserved: {
    global: $ => [...KEYWORDS, $._future_keyword],
  },

  extras: $ => [/\s/, $.line_comment, $.block_comment],

  supertypes: $ => [$._statement, $._expression, $._type],

  // There is no `conflicts` table: one token of lookahead decides everything.  The three
  // places where it looks otherwise:
  //   `T{ .a = 1 }` or a block     the condition of `if` and `while` stands in parentheses,
  //                                so no block can follow an expression;
  //   `x = 1;` or `x;`             `=` is no operator, so the token after the target decides;
  //   `const a = struct {` or      a struct is declared only at the top level, a constant only
  //   `const a = 1;`               in a function.
  rules: {
    source_file: $ => repeat(choice(
      $.function_definition,
      $.struct_definition,
      $._unclosed_functions,  // Broken files only; see "Recovery" below.
    )),

    // Declarations

    function_definition: $ => seq(functionStart(), functionRest($, $.block)),

    parameter_list: $ => seq('(', commaSeparated($.parameter), ')'),

    parameter: $ => seq(field('name', $.identifier), ':', field('type', $._type)),

    struct_definition: $ => seq(
      'const',
      field('name', $.identifier),
      '=',
      'struct',
      field('body', $.field_declaration_list),
      ';',
    ),

    field_declaration_list: $ => seq('{', commaSeparated($.field_declaration), '}'),

    field_declaration: $ => seq(field('name', $.identifier), ':', field('type', $._type)),

    // Types

    _type: $ => choice(
      $.primitive_type,
      $.named_type,
      $.promise_type,
      $.generic_type,
      $.optional_type,
      $.array_type,
      $.slice_type,
    ),

    primitive_type: _ => choice(...PRIMITIVE_TYPES),

    named_type: $ => $.identifier,

    promise_type: $ => seq('Promise', '<', field('result', $._type), '>'),

    // `Channel<T>` and its like.  One argument is all that any of them takes.
    generic_type: $ => seq(
      field('name', $.identifier),
      '<',
      field('argument', $._type),
      '>',
    ),

    optional_type: $ => seq('?', field('inner', $._type)),

    array_type: $ => seq('[', field('length', $.integer), ']', field('element', $._type)),

    slice_type: $ => seq('[', ']', field('element', $._type)),

    // Statements

    _statement: $ => choice(
      $.block,
      $.variable_declaration,
      $.assignment_statement,
      $.return_statement,
      $.if_statement,
      $.while_statement,
      $.break_statement,
      $.continue_statement,
      $.expression_statement,
    ),

    block: $ => seq('{', repeat($._statement), '}'),

    variable_declaration: $ => seq(
      field('kind', choice('const', 'var')),
      field('name', $.identifier),
      optional(seq(':', field('type', $._type))),
      '=',
      field('value', $._expression),
      ';',
    ),

    assignment_statement: $ => seq(
      field('target', choice($.identifier, $.field_expression, $.index_expression)),
      field('operator', choice('=', '+=', '-=', '*=', '/=', '%=')),
      field('value', $._expression),
      ';',
    ),

    return_statement: $ => seq('return', optional(field('value', $._expression)), ';'),

    if_statement: $ => seq(
      ifStart($, $.block),
      optional(field('alternative', $.else_clause)),
    ),

    else_clause: $ => seq('else', field('body', choice($.block, $.if_statement))),

    while_statement: $ => whileLoop($, $.block),

    break_statement: _ => seq('break', ';'),

    continue_statement: _ => seq('continue', ';'),

    expression_statement: $ => seq($._expression, ';'),

    // Expressions

    _expression: $ => choice(
      $.binary_expression,
      $.unary_expression,
      $.await_expression,
      $.call_expression,
      $.field_expression,
      $.index_expression,
      $.parenthesized_expression,
      $.struct_expression,
      $.array_expression,
      $.integer,
      $.float,
      $.boolean,
      $.null,
      $.string,
      $.identifier,
    ),

    binary_expression: $ => choice(
      leftAssociative($, PREC.or, 'or'),
      leftAssociative($, PREC.and, 'and'),
      leftAssociative($, PREC.comparison, choice('==', '!=', '<', '<=', '>', '>=')),
      leftAssociative($, PREC.orelse, 'orelse'),
      leftAssociative($, PREC.additive, choice('+', '-')),
      leftAssociative($, PREC.multiplicative, choice('*', '/', '%')),
    ),

    unary_expression: $ => prec(PREC.unary, seq(
      field('operator', choice('-', '!')),
      field('operand', $._expression),
    )),

    await_expression: $ => prec(PREC.unary, seq('await', field('operand', $._expression))),

    call_expression: $ => prec(PREC.postfix, seq(
      field('function', $._expression),
      field('arguments', $.argument_list),
    )),

    argument_list: $ => seq('(', commaSeparated($._expression), ')'),

    field_expression: $ => prec(PREC.postfix, seq(
      field('value', $._expression),
      '.',
      field('field', $.identifier),
    )),

    index_expression: $ => prec(PREC.postfix, seq(
      field('value', $._expression),
      '[',
      field('index', $._expression),
      ']',
    )),

    parenthesized_expression: $ => seq('(', $._expression, ')'),

    struct_expression: $ => seq(field('type', $.identifier), $.field_initializer_list),

    field_initializer_list: $ => seq('{', commaSeparated($.field_initializer), '}'),

    field_initializer: $ => seq(
      '.',
      field('name', $.identifier),
      '=',
      field('value', $._expression),
    ),

    array_expression: $ => seq('[', commaSeparated($._expression), ']'),

    // Literals

    integer: _ => /[0-9]+/,

    float: _ => /[0-9]+\.[0-9]+([eE][+-]?[0-9]+)?/,

    boolean: _ => choice('true', 'false'),

    null: _ => 'null',

    string: $ => seq(
      '"',
      repeat(choice($.string_content, $.escape_sequence)),
      token.immediate('"'),
    ),

    // The precedence keeps `//` inside a string from starting a comment.
    string_content: _ => token.immediate(prec(1, /[^"\\\r\n]+/)),

    escape_sequence: _ => token.immediate(/\\[nrt\\"0]/),

    // Words and comments

    // Only a token can be reserved, so the words without a rule are one token, which nothing uses.
    _future_keyword: _ => token(choice(...FUTURE_KEYWORDS)),

    identifier: _ => /[A-Za-z_][A-Za-z0-9_]*/,

    line_comment: _ => token(seq('//', /[^\r\n]*/)),

    // A block comment ends at the first `*/`; it does not nest.
    block_comment: _ => token(seq('/*', /[^*]*\*+([^/*][^*]*\*+)*/, '/')),

    // Recovery
    //
    // A function whose `}` is missing would swallow the functions after it: nothing in a block
    // can start with `fn`, so the parser drops `fn` and reads on.  These rules let `fn` end every
    // open block.  So that such a file is never taken for a good one, the function that follows
    // demands a token after its `fn` that nobody writes; the parser puts it in as a missing `}`.
    // In the tree: a `block` without a last `}`, then a `function_definition` with a MISSING `}`.

    _unclosed_functions: $ => seq(
      alias($._unclosed_function, $.function_definition),
      repeat(alias($._next_unclosed_function, $.function_definition)),
      alias($._next_function, $.function_definition),
    ),

    _unclosed_function: $ => seq(functionStart(), functionRest($, unclosedBlock($))),

    _next_unclosed_function: $ => seq(
      $._next_function_start,
      functionRest($, unclosedBlock($)),
    ),

    _next_function: $ => seq($._next_function_start, functionRest($, $.block)),

    _next_function_start: _ => seq(functionStart(), alias(NEVER_WRITTEN, '}')),

    _unclosed_block: $ => seq(
      '{',
      repeat($._statement),
      optional(choice(
        unclosedBlock($),
        alias($._unclosed_if_statement, $.if_statement),
        alias($._unclosed_while_statement, $.while_statement),
      )),
    ),

    _unclosed_if_statement: $ => choice(
      ifStart($, unclosedBlock($)),
      seq(
        ifStart($, $.block),
        field('alternative', alias($._unclosed_else_clause, $.else_clause)),
      ),
    ),

    _unclosed_else_clause: $ => seq('else', field('body', choice(
      unclosedBlock($),
      alias($._unclosed_if_statement, $.if_statement),
    ))),

    _unclosed_while_statement: $ => whileLoop($, unclosedBlock($)),
  },
});

/**
 * The words in front of the name of a function.
 *
 * @returns {SeqRule}
 */
function functionStart() {
  return seq(optional(field('async', 'async')), 'fn');
}

/**
 * A function from its name on.
 *
 * @param {GrammarSymbols<string>} $
 *
 * @param {RuleOrLiteral} body
 *
 * @returns {SeqRule}
 */
function functionRest($, body) {
  return seq(
    field('name', $.identifier),
    field('parameters', $.parameter_list),
    field('return_type', $._type),
    field('body', body),
  );
}

/**
 * An `if` up to the end of its first block.
 *
 * @param {GrammarSymbols<string>} $
 *
 * @param {RuleOrLiteral} consequence
 *
 * @returns {SeqRule}
 */
function ifStart($, consequence) {
  return seq('if', '(', field('condition', $._expression), ')', field('consequence', consequence));
}

/**
 * A whole `while`.
 *
 * @param {GrammarSymbols<string>} $
 *
 * @param {RuleOrLiteral} body
 *
 * @returns {SeqRule}
 */
function whileLoop($, body) {
  return seq('while', '(', field('condition', $._expression), ')', field('body', body));
}

/**
 * A block that the next function ends; in the tree it is a `block`.
 *
 * @param {GrammarSymbols<string>} $
 *
 * @returns {AliasRule}
 */
function unclosedBlock($) {
  return alias($._unclosed_block, $.block);
}

/**
 * Zero or more items between commas; a comma may follow the last one.
 *
 * @param {RuleOrLiteral} item
 *
 * @returns {ChoiceRule}
 */
function commaSeparated(item) {
  return optional(seq(item, repeat(seq(',', item)), optional(',')));
}

/**
 * One level of binary operators that group to the left.
 *
 * @param {GrammarSymbols<string>} $
 *
 * @param {number} level
 *
 * @param {RuleOrLiteral} operator
 *
 * @returns {PrecLeftRule}
 */
function leftAssociative($, level, operator) {
  return prec.left(level, seq(
    field('left', $._expression),
    field('operator', operator),
    field('right', $._expression),
  ));
}
