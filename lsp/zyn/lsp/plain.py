"""JSON that needs no types: answers whose size makes the general way too slow.

An answer that is a `Plain` is written as it stands; parts of it may be JSON text already
(`msgspec.Raw`), which is copied.
"""

import json
from typing import Any, NamedTuple

import msgspec

Json = dict[str, Any]


class Plain(NamedTuple):
    """An answer made of dicts, lists, strings, numbers and JSON text."""

    value: Any


def encode(value: object) -> bytes:
    """A value as JSON; a lone surrogate, which no UTF-8 can hold, is escaped."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, default=_raw).encode()


def _raw(part: object) -> object:
    if isinstance(part, msgspec.Raw):
        return json.loads(bytes(part))
    raise TypeError(f"{type(part).__name__} is no JSON")
