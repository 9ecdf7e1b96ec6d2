"""The queries compile, say something about real programs, and use names that editors know.

Not tested here: what an editor makes of the captures.  The assertions in
`test/highlight` of each grammar are run by the tree-sitter command.
"""

import pytest
from tree_sitter import QueryCursor

from tests.grammar.corpus import read_corpus
from tests.support.repository import ROOT
from zyn import grammar

GRAMMARS = ROOT / "tree-sitter-grammar"
QUERY_NAMES = ("folds", "highlights", "indents", "injections", "locals", "textobjects")
QUERIES = [(language, name) for language in grammar.LANGUAGES for name in QUERY_NAMES]

# The first words of the capture names that Neovim's plugins document.
CAPTURE_FAMILIES = {
    "folds": {"fold"},
    "highlights": {
        "boolean",
        "comment",
        "constant",
        "function",
        "keyword",
        "number",
        "operator",
        "punctuation",
        "spell",
        "string",
        "type",
        "variable",
    },
    "indents": {"indent"},
    "injections": {"injection"},
    "locals": {"local"},
    "textobjects": {
        "assignment",
        "block",
        "call",
        "class",
        "comment",
        "conditional",
        "function",
        "loop",
        "number",
        "parameter",
        "return",
        "scopename",
        "statement",
    },
}

SAMPLE = b"""
async fn total(limit: i32) i32 {
    // One.
    const price = await fetch(limit);
    return price + 1;
}
"""


def captured(name: str) -> list[tuple[str, str]]:
    """Capture name and first line of the text, in the order of the text."""
    tree = grammar.parser("zyntax").parse(SAMPLE)
    found = QueryCursor(grammar.query("zyntax", name)).captures(tree.root_node)
    places = sorted(
        (node.start_byte, -node.end_byte, capture, (node.text or b"").decode().split("\n")[0])
        for capture, nodes in found.items()
        for node in nodes
    )
    return [(capture, text) for _, _, capture, text in places]


@pytest.mark.parametrize("language", grammar.LANGUAGES)
def test_every_language_has_every_query(language: str) -> None:
    files = {path.stem for path in (GRAMMARS / language / "queries").iterdir()}
    assert files == set(QUERY_NAMES)


@pytest.mark.parametrize(("language", "name"), QUERIES)
def test_captures_have_names_that_editors_know(language: str, name: str) -> None:
    query = grammar.query(language, name)
    captures = {query.capture_name(index) for index in range(query.capture_count)}
    assert {capture.split(".")[0] for capture in captures} <= CAPTURE_FAMILIES[name]


@pytest.mark.parametrize(("language", "name"), QUERIES)
def test_every_pattern_finds_something_in_the_corpus(language: str, name: str) -> None:
    query = grammar.query(language, name)
    parser = grammar.parser(language)
    idle = set(range(query.pattern_count))
    for case in read_corpus(GRAMMARS / language / "test" / "corpus"):
        root = parser.parse(case.source.encode()).root_node
        idle -= {pattern for pattern, _ in QueryCursor(query).matches(root)}
    texts = (GRAMMARS / language / "queries" / f"{name}.scm").read_bytes()
    assert not [texts[query.start_byte_for_pattern(pattern) :][:80] for pattern in sorted(idle)]


def test_async_and_await_are_coroutine_keywords() -> None:
    words = [text for capture, text in captured("highlights") if capture == "keyword.coroutine"]
    assert words == ["async", "await"]


def test_locals_name_each_definition() -> None:
    definitions = [pair for pair in captured("locals") if ".definition." in pair[0]]
    assert definitions == [
        ("local.definition.function", "total"),
        ("local.definition.parameter", "limit"),
        ("local.definition.constant", "price"),
    ]


def test_the_inner_function_is_the_body_without_its_braces() -> None:
    inner = [text for capture, text in captured("textobjects") if capture == "function.inner"]
    assert inner == ["// One.", "const price = await fetch(limit);", "return price + 1;"]


def test_comments_are_injected() -> None:
    assert captured("injections") == [("injection.content", "// One.")]


def test_an_unknown_query_is_refused() -> None:
    with pytest.raises(grammar.UnknownQueryError, match="zyntax has no query 'colours'"):
        grammar.query("zyntax", "colours")


def test_a_query_is_compiled_once() -> None:
    assert grammar.query("zyntax", "folds") is grammar.query("zyntax", "folds")
