"""Grammars are found, opened once, and refused in words a user understands."""

from pathlib import Path

import pytest

from zyn import grammar


def test_every_language_parses_an_empty_file() -> None:
    for language in grammar.LANGUAGES:
        assert not grammar.parser(language).parse(b"").root_node.has_error


def test_suffixes_belong_to_one_language() -> None:
    suffixes = [suffix for group in grammar.LANGUAGES.values() for suffix in group]
    assert len(set(suffixes)) == len(suffixes)
    assert all(suffix.startswith(".") for suffix in suffixes)


def test_a_language_is_opened_once_and_parsers_are_separate() -> None:
    assert grammar.language("zyntax") is grammar.language("zyntax")
    assert grammar.parser("zyntax") is not grammar.parser("zyntax")


def test_the_language_knows_its_name() -> None:
    assert grammar.language("zyntax").name == "zyntax"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(grammar.UnknownLanguageError, match="'cobol'; there are: zyntax"):
        grammar.language("cobol")
    with pytest.raises(grammar.UnknownLanguageError):
        grammar.parser("cobol")
    with pytest.raises(grammar.UnknownLanguageError):
        grammar.query("cobol", "folds")


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(grammar, "_library_folders", lambda: iter([tmp_path]))
    grammar.language.cache_clear()
    with pytest.raises(grammar.MissingGrammarError, match="the grammar of zyntax is not built"):
        grammar.language("zyntax")
