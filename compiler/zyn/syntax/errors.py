"""Say what does not parse, in words for the person who wrote it.

The parser marks two things: a token that it had to imagine (MISSING) and text that it had to skip
(ERROR).  Each becomes one diagnostic, at most `SYNTAX_MAX` for an item.

Absent here: everything that parses.
"""

import re

from tree_sitter import Node

from zyn.base import codes
from zyn.base.diagnostic import Diagnostic, Edit, Fix, Label
from zyn.base.span import Span

SYNTAX_MAX = 10
"""Syntax diagnostics for one item; the first mistakes are the ones worth reading."""

SHOWN_MAX = 32
"""Characters of skipped text that a message repeats."""

_WORD = re.compile(r"\w+|&&|\|\||->|=>|\+\+|--|[-+*/%=]=|[^\w\s]")

_HINTS = {
    "let": "a variable is declared with `const` or `var`",
    "var": "a variable starts with a value: `var x: i32 = 0;`",
    "const": "a constant has a value: `const x = 1;`",
    "&&": "write `and`",
    "||": "write `or`",
    "++": "write `x += 1`",
    "--": "write `x -= 1`",
    "->": "the result type follows the parameters directly: `fn f() i32 {`",
    "=>": "there are no arrow functions; `>=` compares",
    "'": 'strings are written with `"`',
    "if": "an `if` looks like this: `if (condition) { .. }`",
    "while": "a `while` looks like this: `while (condition) { .. }`",
    "for": "there is no `for` yet; use `while`",
    "switch": "there is no `switch` yet; use `if` and `else if`",
    "try": "there is no `try` yet",
    "enum": "there are no enums yet",
    "extern": "there are no extern functions yet",
    "comptime": "there is no `comptime` yet",
    "import": "a file is one module; there are no imports",
    "pub": "everything in a file is public",
    "struct": "a struct is declared as `const Name = struct { a: i32 };`",
    "def": "a function starts with `fn`",
    "func": "a function starts with `fn`",
    "function": "a function starts with `fn`",
    "elif": "write `else if`",
    "not": "write `!`",
    "?": "an optional type has its `?` in front: `?i32`",
}

_LISTS = frozenset({
    "argument_list", "array_expression", "field_declaration_list", "field_initializer_list",
    "parameter_list",
})  # fmt: skip

_SHAPES = {
    "field_declaration_list": "a field looks like this: `name: i32`",
    "field_initializer_list": "a field looks like this: `.name = 1`",
    "parameter_list": "a parameter looks like this: `name: i32`",
}

_DECLARATIONS = frozenset({"function_definition", "struct_definition"})
_TOP_LEVEL = "a file holds functions and structs: `fn name() i32 { .. }`"
_OPERATORS = frozenset({
    "=", "+", "-", "*", "/", "%", "<", ">", "!", "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=",
    ">=", "and", "or", "orelse", "await",
})  # fmt: skip

_CLOSER = {"{": "}", "(": ")", "[": "]"}
_TOKENS = re.compile(rb'"(?:[^"\\\r\n]|\\.)*"?|//[^\r\n]*|/\*(?:.*?\*/)?|[{}()\[\]]', re.DOTALL)


def syntax_diagnostics(nodes: list[Node], text: bytes) -> list[Diagnostic]:
    """What is wrong in the pieces of one item, whose text begins at byte 0 of the tree."""
    found: list[Diagnostic] = []
    seen = set[Span]()
    stack = [node for node in reversed(nodes) if node.has_error or node.is_error]
    while stack and len(found) < SYNTAX_MAX:
        node = stack.pop()
        if node.is_missing:
            diagnostic = _missing(node)
        elif node.is_error:
            diagnostic = _skipped(node, text)
        else:
            stack += [c for c in reversed(node.children) if c.has_error or c.is_missing]
            continue
        if diagnostic.span not in seen:
            seen.add(diagnostic.span)
            found.append(diagnostic)
    if not found and not any(node.type in _DECLARATIONS for node in nodes):
        found.append(_unexpected(text, Span(0, len(text)), _TOP_LEVEL))
    return found


def _missing(node: Node) -> Diagnostic:
    """A token that should stand here."""
    at = Span(node.start_byte, node.start_byte)
    kind = node.type
    if node.is_named:
        return Diagnostic(codes.SYNTAX, at, f"expected {_missing_name(node)} here")
    fix = Fix(f"insert `{kind}`", (Edit(at, kind),))
    return Diagnostic(codes.SYNTAX, at, f"expected `{kind}` here", fixes=(fix,))


def _missing_name(node: Node) -> str:
    """What is missing, in the words of its place; the parser only knows that it is a name."""
    parent = node.parent
    if parent is not None:
        if parent.type == "named_type":
            return "a type"
        if parent.type == "array_type":
            return "a length"
        for field in ("name", "field"):
            if parent.child_by_field_name(field) == node:
                return f"a {'field ' * (field == 'field')}name"
    return "a value"


def _skipped(node: Node, text: bytes) -> Diagnostic:
    """Text that fits nowhere; when a bracket or a string is left open, that is the reason."""
    start, end = node.start_byte, node.end_byte
    unclosed = _unclosed(text)
    if unclosed is not None and start <= unclosed.span.start <= end:
        return unclosed
    parent = node.parent
    where = "" if parent is None else parent.type
    named = [child for child in node.children if child.is_named]
    if where in _LISTS and len(named) == 1 and not named[0].has_error:
        only = named[0]
        if node.child_count > 1 and node.children[-1].type not in (",", only.type):
            message = f"expected `,`, not `{node.children[-1].type}`"
            return Diagnostic(codes.SYNTAX, Span(*node.children[-1].byte_range), message)
        if node.child_count == 1 and only.type != "identifier":
            at = Span(end, end)
            fix = Fix("insert `,`", (Edit(at, ","),))
            return Diagnostic(codes.SYNTAX, at, "expected `,` here", fixes=(fix,))
    inner = _innermost(node)
    hint = _SHAPES.get(where)
    if hint is None and where in ("", "source_file"):
        hint = _TOP_LEVEL
    return _unexpected(text, Span(inner.start_byte, inner.end_byte), hint)


def _innermost(node: Node) -> Node:
    """The first ERROR inside an ERROR of several lines: nearer to the mistake."""
    while node.start_point.row != node.end_point.row:
        inner = next((child for child in node.children if child.is_error), None)
        if inner is None:
            break
        node = inner
    return node


def _unexpected(text: bytes, span: Span, default_hint: str | None) -> Diagnostic:
    """Text that cannot stand where it does; of several lines, the first is marked."""
    start, end = span
    first = text[start:end].split(b"\n", 1)[0].rstrip()
    if not first:
        return Diagnostic(codes.SYNTAX, span, "something is missing here", hint=default_hint)
    end = start + len(first)
    piece = first.decode("utf-8", "replace")
    words: list[str] = _WORD.findall(piece)
    rest = text[end:].lstrip()[:1]
    if words and rest in (b";", b"}", b")", b"]", b",", b""):
        last = words[-1]
        if last == ".":
            return Diagnostic(codes.SYNTAX, Span(end, end), "expected a field name after `.`")
        if last in _OPERATORS and len(words) < 8:
            return Diagnostic(codes.SYNTAX, Span(end, end), f"expected a value after `{last}`")
    shown = piece if len(piece) <= SHOWN_MAX else piece[:SHOWN_MAX].rstrip() + ".."
    hint = _hint(text, start, words, rest) or default_hint
    return Diagnostic(codes.SYNTAX, Span(start, end), f"unexpected `{shown}`", hint=hint)


def _hint(text: bytes, start: int, words: list[str], rest: bytes) -> str | None:
    """What somebody who wrote these words, or the one before them, may have meant."""
    before = _WORD.findall(text[max(0, start - 40) : start].decode("utf-8", "replace"))
    if "?" in words and ":" in words:
        return "there is no `? :`; use `if`"
    if words == ["0"] and rest.lower() in (b"x", b"b", b"o"):
        return "numbers are written in decimal"
    if words[:1] == ["\\"]:
        return 'a string knows the escapes \\n \\r \\t \\0 \\" \\\\'
    if words and words[0] in ("fn", "async") and "{" not in words:
        return "a function has its body in braces: `fn name() i32 { .. }`"
    if before[-1:] == ["let"]:
        return _HINTS["let"]
    return next((_HINTS[word] for word in words[:3] if word in _HINTS), None)


def _unclosed(text: bytes) -> Diagnostic | None:
    """The bracket, string or comment that never ends, or the bracket that closes nothing."""
    open_: list[tuple[str, int]] = []
    for match in _TOKENS.finditer(text):
        token = match[0]
        at = match.start()
        if token == b"/*":
            return Diagnostic(codes.SYNTAX, Span(at, at + 2), "this comment is never closed")
        if token[:1] == b'"' and (len(token) == 1 or token[-1:] != b'"'):
            return Diagnostic(codes.SYNTAX, Span(at, match.end()), "this string is never closed")
        bracket = token.decode("utf-8", "replace")
        if bracket in _CLOSER:
            open_.append((bracket, at))
        elif bracket in ("}", ")", "]"):
            if not open_:
                return Diagnostic(codes.SYNTAX, Span(at, at + 1), f"`{bracket}` closes nothing")
            opener, opened = open_.pop()
            if _CLOSER[opener] != bracket:
                message = f"expected `{_CLOSER[opener]}` before this `{bracket}`"
                label = Label(Span(opened, opened + 1), f"this `{opener}` is still open")
                return Diagnostic(codes.SYNTAX, Span(at, at + 1), message, (label,))
    if open_:
        opener, at = open_[-1]
        return Diagnostic(codes.SYNTAX, Span(at, at + 1), f"this `{opener}` is never closed")
    return None
