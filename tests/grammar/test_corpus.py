"""Every corpus case has the tree that stands below it, fields included.

The corpus is read here rather than by the tree-sitter command, which need not be installed.
"""

import json
from pathlib import Path

import pytest

from tests.grammar.corpus import Case, parse_corpus, read_corpus
from tests.support.repository import ROOT
from zyn import grammar

GRAMMARS = ROOT / "tree-sitter-grammar"


def corpus_of(language: str) -> list[Case]:
    """Every case of one language."""
    return list(read_corpus(GRAMMARS / language / "test" / "corpus"))


CASES = [
    pytest.param(language, case, id=f"{language}: {case.topic}: {case.title}")
    for language in grammar.LANGUAGES
    for case in corpus_of(language)
]


@pytest.mark.parametrize(("language", "case"), CASES)
def test_tree(language: str, case: Case) -> None:
    root = grammar.parser(language).parse(case.source.encode()).root_node
    assert str(root) == case.tree


@pytest.mark.parametrize(("language", "case"), CASES)
def test_only_the_errors_are_broken(language: str, case: Case) -> None:
    root = grammar.parser(language).parse(case.source.encode()).root_node
    assert root.has_error == (case.topic == "errors")


@pytest.mark.parametrize("language", grammar.LANGUAGES)
def test_every_kind_of_node_occurs(language: str) -> None:
    node_types = GRAMMARS / language / "src" / "node-types.json"
    kinds = {
        kind["type"]
        for kind in json.loads(node_types.read_text(encoding="utf-8"))
        if kind["named"] and "subtypes" not in kind
    }
    trees = " ".join(case.tree for case in corpus_of(language))
    missing = {kind for kind in kinds if f"({kind})" not in trees and f"({kind} " not in trees}
    assert not missing


@pytest.mark.parametrize("language", grammar.LANGUAGES)
def test_titles_are_unique(language: str) -> None:
    titles = [case.title for case in corpus_of(language)]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fn f() void {}\n",
        "===\nno divider\n===\nfn f() void {}\n",
        "===\nattribute\n===\n:skip\n\nx\n\n---\n\n(source_file)\n",
        "====|||\nsuffix\n====|||\nx\n---\n(source_file)\n",
    ],
)
def test_reader_refuses_what_it_does_not_understand(text: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        list(parse_corpus("topic", text))


def test_reader_keeps_the_source_as_it_stands(tmp_path: Path) -> None:
    text = "===\nOne\n===\n\n\n  a ==\n b\n\n---\n\n(a\n  (b)\n)\n\n===\nTwo\n===\nc\n---\n(c)\n"
    (tmp_path / "some.txt").write_text(text, encoding="utf-8")
    assert list(read_corpus(tmp_path)) == [
        Case("some", "One", "\n  a ==\n b\n", "(a (b))"),
        Case("some", "Two", "c", "(c)"),
    ]
