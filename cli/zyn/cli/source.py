"""Source files named on the command line."""

from pathlib import Path
from typing import NamedTuple

from zyn.cli.exit import CommandError

LANGUAGES = {"zyntax": (".zyntax",)}


class Source(NamedTuple):
    """A file that could be read."""

    path: str
    language: str
    data: bytes


def read(path: str, language: str | None) -> Source:
    """The file, or a CommandError that says why not."""
    if language is not None and language not in LANGUAGES:
        raise CommandError(f"unknown language {language}; known: {', '.join(LANGUAGES)}")
    chosen = language or _language_of(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CommandError(f"{path}: {reason}") from None
    except ValueError as error:  # a zero byte in the name
        raise CommandError(f"{path!r}: {error}") from None
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CommandError(f"{path}:{line}: the text is not valid UTF-8") from None
    return Source(path, chosen, data)


def _language_of(path: str) -> str:
    for language, suffixes in LANGUAGES.items():
        if path.endswith(suffixes):
            return language
    known = ", ".join(suffix for suffixes in LANGUAGES.values() for suffix in suffixes)
    raise CommandError(f"{path}: unknown file ending; known: {known} (or say --language)")
