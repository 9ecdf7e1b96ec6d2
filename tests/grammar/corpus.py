"""Read the corpus files of the tree-sitter command.

A corpus file is a row of cases, each of this shape; the lines of `=` and of `-` are at
least three characters long:

    ==================
    Title
    ==================

    source text

    ---

    (expected_tree)

Not read here: attributes below the title (`:skip`, `:error`) and suffixes on the lines of
`=`; a file that uses them is refused rather than misread.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HEADER = re.compile(r"^={3,}\n(?P<title>[^\n]+)\n={3,}\n", re.MULTILINE)
DIVIDER = re.compile(r"^-{3,}\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Case:
    """One titled source text and the tree it shall have."""

    topic: str
    title: str
    source: str
    tree: str


def read_corpus(folder: Path) -> Iterator[Case]:
    """Every case of every file in a corpus folder, in the order of the files."""
    for path in sorted(folder.glob("*.txt")):
        yield from parse_corpus(path.stem, path.read_text(encoding="utf-8"))


def parse_corpus(topic: str, text: str) -> Iterator[Case]:
    """The cases of one corpus file."""
    headers = list(HEADER.finditer(text))
    if not headers or text[: headers[0].start()].strip():
        raise ValueError(f"{topic}: a corpus file begins with the header of a case")
    ends = [header.start() for header in headers[1:]] + [len(text)]
    for header, end in zip(headers, ends, strict=True):
        body = text[header.end() : end]
        parts = DIVIDER.split(body)
        if len(parts) != 2 or body.lstrip("\n").startswith(":"):
            raise ValueError(f"{topic}: cannot read the case {header['title']!r}")
        source, tree = parts
        # The command takes off one line break on each side, too.
        source = source.removeprefix("\n").removesuffix("\n")
        yield Case(topic, header["title"], source, one_line(tree))


def one_line(tree: str) -> str:
    """An S-expression without the line breaks and the indentation of the corpus."""
    return re.sub(r"\s+\)", ")", re.sub(r"\s+", " ", tree)).strip()
