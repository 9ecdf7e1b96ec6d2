"""What a program is before it runs: its language, the compiler, and what the compiler found."""

import threading
from collections.abc import Iterable
from pathlib import Path

from zyn.base.diagnostic import Diagnostic
from zyn.base.render import render
from zyn.base.source import Encoding, SourceText
from zyn.driver.load import Engine
from zyn.embed.errors import Problem

LANGUAGES = {"zyntax": (".zyntax",)}

# Compiled code is never unloaded, since a frame may refer to it for as long as somebody holds it.
_engines: dict[tuple[Path | None, bool], Engine] = {}
_making = threading.Lock()


def known_language(language: str) -> str:
    """The language, or ValueError."""
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}; there is {', '.join(LANGUAGES)}")
    return language


def language_of(file: Path) -> str | None:
    """The language of a file by its suffix."""
    for language, suffixes in LANGUAGES.items():
        if file.suffix in suffixes:
            return language
    return None


def problems(file: str, data: bytes, found: Iterable[Diagnostic]) -> tuple[Problem, ...]:
    """The compiler's findings as this package shows them."""
    text = SourceText(data)
    places = [(text.position(one.span.start, Encoding.UTF32), one) for one in found]
    return tuple(
        Problem(
            file or "<source>",
            place.line + 1,
            place.column + 1,
            one.code.severity.name.lower(),
            one.code.name,
            one.message,
            one.hint,
            render(one, text, file or "<source>"),
        )
        for place, one in places
    )


def process_engine(cache_dir: Path | None, check: bool) -> Engine:
    """The compiler of this process for some settings; one for each is enough."""
    with _making:
        engine = _engines.get((cache_dir, check))
        if engine is None:
            engine = _engines[cache_dir, check] = Engine(cache_dir=cache_dir, check=check)
        return engine
