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

_FIRST_WORD = re.compile(r"\w+|&&|\|\||->|=>|[^\w\s]")

_EXPECTED = {
    "identifier": "a name",
    "integer": "a number",
    "primitive_type": "a type",
    "named_type": "a type",
}

_HINTS = {
    "let": "a variable is declared with `const` or `var`",
    "&&": "write `and`",
    "||": "write `or`",
    "->": "the result type follows the parameters directly: `fn f() i32 {`",
    "=>": "there are no arrow functions",
    "'": 'strings are written with `"`',
    "for": "there is no `for` yet; use `while`",
    "switch": "there is no `switch` yet; use `if` and `else if`",
    "try": "there is no `try` yet",
    "enum": "there are no enums yet",
    "extern": "there are no extern functions yet",
    "comptime": "there is no `comptime` yet",
    "import": "a file is one module; there are no imports",
    "def": "a function starts with `fn`",
    "func": "a function starts with `fn`",
    "function": "a function starts with `fn`",
    "elif": "write `else if`",
    "not": "write `!`",
    "?": "an optional type has its `?` in front: `?i32`",
}

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
        found.append(_unexpected(text, 0, len(text)))
    return found


_DECLARATIONS = frozenset({"function_definition", "struct_definition"})


def _missing(node: Node) -> Diagnostic:
    """A token that should stand here."""
    at = node.start_byte
    parent = node.parent
    kind = node.type
    if node.is_named:
        if parent is not None and parent.type == "named_type":
            kind = "named_type"
        what = _EXPECTED.get(kind, kind.replace("_", " "))
        return Diagnostic(codes.SYNTAX, Span(at, at), f"expected {what} here")
    fix = Fix(f"insert `{kind}`", (Edit(Span(at, at), kind),))
    return Diagnostic(codes.SYNTAX, Span(at, at), f"expected `{kind}` here", fixes=(fix,))


def _skipped(node: Node, text: bytes) -> Diagnostic:
    """Text that fits nowhere; when a bracket or a string is left open, that is the reason."""
    start, end = node.start_byte, node.end_byte
    piece = text[start:end]
    if b"\n" in piece or piece[:2] == b"/*" or piece[:1] == b'"' or node.parent is None:
        unclosed = _unclosed(text)
        if unclosed is not None:
            return unclosed
    inner = _innermost(node)
    return _unexpected(text, inner.start_byte, inner.end_byte)


def _innermost(node: Node) -> Node:
    """The first ERROR inside an ERROR of several lines: nearer to the mistake."""
    while node.start_point.row != node.end_point.row:
        inner = next((child for child in node.children if child.is_error), None)
        if inner is None:
            break
        node = inner
    return node


def _unexpected(text: bytes, start: int, end: int) -> Diagnostic:
    piece = text[start:end].decode("utf-8", "replace")
    lines = piece.strip().splitlines()
    if not lines:
        return Diagnostic(codes.SYNTAX, Span(start, end), "something is missing here")
    first = lines[0].rstrip()
    shown = first if len(first) <= SHOWN_MAX else first[:SHOWN_MAX].rstrip() + ".."
    if len(lines) > 1:
        end = start + len(text[start:end].split(b"\n", 1)[0].rstrip())
    hint = next((_HINTS[w] for w in _FIRST_WORD.findall(first)[:3] if w in _HINTS), None)
    return Diagnostic(codes.SYNTAX, Span(start, end), f"unexpected `{shown}`", hint=hint)


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
