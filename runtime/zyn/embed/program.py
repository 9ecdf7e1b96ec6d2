"""What a program is before it runs: its language, and what loads it."""

import threading
from pathlib import Path

from zyn.driver.loader import Loader

LANGUAGES = {"zyntax": (".zyntax",)}

# Compiled code is never unloaded, since a frame may refer to it for as long as somebody holds it.
_loaders: dict[tuple[Path | None, bool, bool], Loader] = {}
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


def process_loader(cache_dir: Path | None, check: bool, *, counted: bool = False) -> Loader:
    """What loads programs in this process for some settings; one for each is enough."""
    key = cache_dir, check, counted
    with _making:
        loader = _loaders.get(key)
        if loader is None:
            loader = _loaders[key] = Loader(cache_dir=cache_dir, check=check, counted=counted)
        return loader
