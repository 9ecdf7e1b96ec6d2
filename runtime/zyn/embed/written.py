"""A call as a person types it, and the calls that were typed before.

Reading one takes the language's parser.  What came of it is kept beside compiled code, so that the
second run of a call does not load the parser.
"""

from pathlib import Path
from typing import Any, NamedTuple

from zyn.driver.kept import kept_calls
from zyn.embed.values import StructValue


class WrittenCall(NamedTuple):
    """What was typed: a function's name, and its arguments as Python values."""

    name: str
    args: tuple[object, ...]


def read_call(text: str, language: str, cache_dir: Path | None = None) -> WrittenCall:
    """The call `NAME(ARGS)`; CallError says what is wrong with it."""
    kept = kept_calls(cache_dir, language)
    found = kept.get(text) if kept is not None else None
    if found is not None:
        name, args = found
        return WrittenCall(name, tuple(map(_thawed, args)))
    from zyn.embed.literals import parse_call

    call = parse_call(text, language)
    if kept is not None:
        kept.put(text, (call.name, tuple(map(_frozen, call.args))))
    return call


def _frozen(value: object) -> object:
    """A literal as plain values: a struct is a tuple of its name and its fields."""
    if isinstance(value, StructValue):
        fields = {name: _frozen(field) for name, field in vars(value).items()}
        return value.__struct_name__, fields
    if isinstance(value, list):
        return [_frozen(item) for item in value]
    return value


def _thawed(value: Any) -> object:
    if isinstance(value, tuple):
        name, fields = value
        return StructValue(name, **{field: _thawed(inner) for field, inner in fields.items()})
    if isinstance(value, list):
        return [_thawed(item) for item in value]
    return value
