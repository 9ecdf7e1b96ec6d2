"""Write what the highlight queries say of every letter, for the extension's TextMate grammars.

    python dev/gen_highlights.py [FOLDER]

For each language one file: the programs of the examples and of the corpus that have no error, each
line followed by one with a letter for each column.  The extension's tests hold its TextMate grammar
against it, without Python; `tests/grammar/test_highlights.py` holds it fresh.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from tree_sitter import QueryCursor

from zyn.grammar import LANGUAGES, parser, query

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.grammar.corpus import read_corpus  # noqa: E402

OUTPUT = ROOT / "vscode-extension" / "test" / "golden"

LETTERS = {
    "keyword.coroutine": "a", "keyword.function": "f", "keyword.type": "k", "keyword": "k",
    "keyword.return": "r", "keyword.conditional": "i", "keyword.repeat": "w",
    "keyword.operator": "O", "number": "1", "number.float": "2", "boolean": "b",
    "constant.builtin": "n", "constant": "C", "string": '"', "string.escape": "e",
    "type.builtin": "t", "type": "T", "type.definition": "T", "function": "F",
    "function.call": "F", "function.method.call": "F", "variable": "v",
    "variable.parameter": "p", "variable.member": "m", "operator": "o",
    "punctuation.bracket": "(", "punctuation.delimiter": ",", "comment": "/", "spell": "",
}  # fmt: skip
"""One letter a capture; what an editor colours alike has the same."""


def programs(language: str) -> Iterator[tuple[str, str]]:
    """Name and text of every program that has no error."""
    for path in sorted((ROOT / "examples").iterdir()):
        if path.suffix in LANGUAGES[language]:
            yield path.name, path.read_text(encoding="utf-8")
    for case in read_corpus(ROOT / "tree-sitter-grammar" / language / "test" / "corpus"):
        yield f"{case.topic}: {case.title}", case.source


def letters(language: str, text: str) -> str | None:
    """The text with a letter for each of its letters, or a blank; None for a broken program."""
    data = text.encode()
    tree = parser(language).parse(data)
    if tree.root_node.has_error:
        return None
    marks = ["\n" if byte == 10 else " " for byte in data]
    # Of two patterns the later one counts, and of two nodes the inner one.
    found = [
        (node.end_byte - node.start_byte, pattern, capture, node)
        for pattern, captures in QueryCursor(query(language, "highlights")).matches(tree.root_node)
        for capture, nodes in captures.items()
        for node in nodes
        if LETTERS[capture]
    ]
    for _, _, capture, node in sorted(found, key=lambda one: (-one[0], one[1])):
        for at in range(node.start_byte, node.end_byte):
            if data[at] not in b" \t\r\n":
                marks[at] = LETTERS[capture]
    # Columns are letters, not bytes: of a letter of several bytes the first mark is kept.
    starts = (at for at, byte in enumerate(data) if byte & 0xC0 != 0x80)
    return "".join(marks[at] for at in starts)


def golden(language: str) -> str:
    """The file of a language."""
    parts: list[str] = []
    for name, text in programs(language):
        marks = letters(language, text)
        if marks is None:
            continue
        parts.append(f"== {name}")
        for line, mark in zip(text.split("\n"), marks.split("\n"), strict=True):
            parts += [f"| {line}".rstrip(), f"> {mark}".rstrip()]
    return "\n".join(parts) + "\n"


def main() -> None:
    """Write the file of every language."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    folder.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        (folder / f"{language}.txt").write_text(golden(language), encoding="utf-8")


if __name__ == "__main__":
    main()
