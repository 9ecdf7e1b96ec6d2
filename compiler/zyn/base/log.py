"""Logging by package, set with one string such as `compiler.async=trace,lsp=debug`.

The names on the left are those of the pipeline, not of modules; `ALIASES` maps them.  A shell reads
the environment variable `ZYN_LOG` and hands its text to `configure`.
"""

import logging
import sys

TRACE = 5
logging.addLevelName(TRACE, "TRACE")

_LEVELS = {
    "trace": TRACE,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "off": logging.CRITICAL + 1,
}

ALIASES = {
    "compiler": "zyn.compiler",
    "compiler.async": "zyn.compiler.async",
    "compiler.codegen": "zyn.compiler.codegen",
    "runtime": "zyn.runtime",
    "embed": "zyn.embed",
    "lsp": "zyn.lsp",
    "dap": "zyn.dap",
}


def configure(setting: str) -> list[str]:
    """Apply a setting; gives a message for each part that makes no sense, applying the others."""
    problems: list[str] = []
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)-5s %(name)s: %(message)s"))
    root = logging.getLogger("zyn")
    root.handlers[:] = [handler]
    root.propagate = False
    for part in filter(None, (piece.strip() for piece in setting.split(","))):
        name, _, level = part.rpartition("=")
        name = name or "zyn"
        if level.lower() not in _LEVELS:
            problems.append(f"ZYN_LOG: {part!r}: the level is one of {', '.join(_LEVELS)}")
            continue
        if name != "zyn" and name not in ALIASES:
            problems.append(f"ZYN_LOG: {part!r}: the name is one of zyn, {', '.join(ALIASES)}")
            continue
        logging.getLogger(ALIASES.get(name, name)).setLevel(_LEVELS[level.lower()])
    return problems
