"""What a user can set, from `initializationOptions` or the section `zyn` of the configuration.

    {"hints": {"state": true, "capture": true, "type": true, "parameter": true},
     "lens": {"frame": true, "run": true},
     "diagnostics": "auto"}

`diagnostics` is `push`, `pull`, `both` or `auto`: pull where the client can, else push.  Unknown
keys and values of the wrong kind are ignored, each with a line in the log.
"""

import logging
from collections.abc import Mapping
from typing import get_args

import msgspec

from zyn.ide.hints import ALL_KINDS, HintKind

logger = logging.getLogger("zyn.lsp")

DELIVERY = ("auto", "push", "pull", "both")


class Settings(msgspec.Struct, frozen=True):
    """Settings with every value in its place."""

    hints: frozenset[HintKind] = ALL_KINDS
    frame_lens: bool = True
    run_lens: bool = True
    diagnostics: str = "auto"

    def updated(self, given: object) -> "Settings":
        """These settings with what `given` says."""
        if given is None:
            return self
        if not isinstance(given, Mapping):
            logger.warning("settings are an object, not %r", given)
            return self
        result = self
        for key, value in given.items():
            result = _UPDATES.get(key, _unknown)(result, key, value)
        return result


def _hints(settings: Settings, key: str, value: object) -> Settings:
    kinds: set[HintKind] = set(settings.hints)
    for kind in get_args(HintKind):
        match _flag(value, key, kind):
            case True:
                kinds.add(kind)
            case False:
                kinds.discard(kind)
    return msgspec.structs.replace(settings, hints=frozenset(kinds))


def _lens(settings: Settings, key: str, value: object) -> Settings:
    frame, run = _flag(value, key, "frame"), _flag(value, key, "run")
    return msgspec.structs.replace(
        settings,
        frame_lens=settings.frame_lens if frame is None else frame,
        run_lens=settings.run_lens if run is None else run,
    )


def _diagnostics(settings: Settings, key: str, value: object) -> Settings:
    if value not in DELIVERY:
        return _unknown(settings, key, value)
    return msgspec.structs.replace(settings, diagnostics=str(value))


def _flag(value: object, key: str, name: str) -> bool | None:
    """A switch of a group; a group that is a switch itself sets all of them."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, Mapping):
        logger.warning("setting zyn.%s is an object or a switch, not %r", key, value)
        return None
    flag = value.get(name)
    if flag is not None and not isinstance(flag, bool):
        logger.warning("setting zyn.%s.%s is true or false, not %r", key, name, flag)
        return None
    return flag


def _unknown(settings: Settings, key: str, value: object) -> Settings:
    logger.warning("setting zyn.%s: %r is not known", key, value)
    return settings


_UPDATES = {"hints": _hints, "lens": _lens, "diagnostics": _diagnostics}
