"""The items of a file: its top-level pieces, by range.

A file without a mistake is split by its tree alone.  A piece with a mistake may have swallowed what
follows it, down to the end of the file; so it is split again wherever a line starts like a
declaration, and one broken function costs one item.

Absent here: any look inside a piece that is whole.
"""

import re
from typing import NamedTuple, Protocol

import tree_sitter

_COMMENTS = frozenset({"line_comment", "block_comment"})

_DECLARATION = re.compile(
    rb"^(?:(?:async[ \t]+)?fn\b|const[ \t]+[A-Za-z_]\w*[ \t]*=[ \t]*struct\b)", re.MULTILINE
)


class ItemNode(Protocol):
    """A range of the file: a `tree_sitter.Node`, or a piece of one that is broken."""

    @property
    def start_byte(self) -> int:
        """Where it begins in the file."""

    @property
    def end_byte(self) -> int:
        """Where it ends in the file."""


class Fragment(NamedTuple):
    """A part of a broken piece; it has no node of its own."""

    start_byte: int
    end_byte: int


def items(tree: tree_sitter.Tree) -> list[ItemNode]:
    """The pieces of a file in order, without comments; they never overlap."""
    root = tree.root_node
    if not root.has_error:
        return [child for child in root.children if child.type not in _COMMENTS]
    if root.is_error:
        return _split(root)
    found: list[ItemNode] = []
    for child in root.children:
        if child.has_error:
            found += _split(child)
        elif child.type not in _COMMENTS:
            found.append(child)
    return found


def _split(node: tree_sitter.Node) -> list[ItemNode]:
    """A broken node as the fragments that start like declarations, or as it is."""
    text = node.text
    if text is None:
        return [node]
    cuts = sorted({0, *(match.start() for match in _DECLARATION.finditer(text))})
    if len(cuts) == 1:
        return [node]
    fragments: list[ItemNode] = []
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        piece = text[start:end]
        start += len(piece) - len(piece.lstrip())
        end -= len(piece) - len(piece.rstrip())
        if start < end:
            fragments.append(Fragment(node.start_byte + start, node.start_byte + end))
    return fragments
