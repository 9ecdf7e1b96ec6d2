"""One item from concrete to abstract, in whatever language it is written.

The tree around an item is never asked: a piece with a mistake is parsed again by itself, so that
equal text gives an equal item wherever it stands and however the parser came to it.
"""

import threading
from collections.abc import Callable

import tree_sitter

from zyn.ast import Item
from zyn.base.bug import ZynBug
from zyn.grammar import parser
from zyn.syntax import zyntax
from zyn.syntax.items import ItemNode

_LOWER: dict[str, Callable[[list[tree_sitter.Node], int, bytes], Item]] = {
    "zyntax": zyntax.lower,
}


class _Parsers(threading.local):
    """A parser has state, so each thread has its own."""

    def __init__(self) -> None:
        self.by_language: dict[str, tree_sitter.Parser] = {}


_parsers = _Parsers()


def lower_item(language: str, node: ItemNode, text: bytes) -> Item:
    """The item whose own bytes are `text`; spans count from its first byte."""
    lower = _LOWER.get(language)
    if lower is None:
        raise ZynBug(f"no lowering for language {language!r}")
    if isinstance(node, tree_sitter.Node) and _is_whole(node):
        return lower([node], node.start_byte, text)
    root = _parse(language, text)
    return lower([root] if root.is_error else root.children, 0, text)


def _parse(language: str, text: bytes) -> tree_sitter.Node:
    known = _parsers.by_language.get(language)
    if known is None:
        known = _parsers.by_language[language] = parser(language)
    return known.parse(text).root_node


def _is_whole(node: tree_sitter.Node) -> bool:
    """Whether a node has no mistake; the one the tree does not mark is a block without its end."""
    if node.has_error:
        return False
    body = node.child_by_field_name("body")
    return body is None or body.children[-1].type == "}"
