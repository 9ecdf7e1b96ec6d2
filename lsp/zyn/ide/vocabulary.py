"""The reserved words and type names of the language, for completion, rename and colours."""

from zyn.sema.handles import HANDLES
from zyn.sema.types import PRIMITIVES

STATEMENT_WORDS = (
    "const", "var", "if", "else", "while", "return", "break", "continue",
)  # fmt: skip
VALUE_WORDS = ("await", "true", "false", "null", "and", "or", "orelse")
TOP_WORDS = ("async", "fn", "const", "struct")
FUTURE_WORDS = ("comptime", "enum", "error", "extern", "for", "switch", "try", "type")

KEYWORDS = frozenset({*STATEMENT_WORDS, *VALUE_WORDS, *TOP_WORDS, *FUTURE_WORDS})
TYPES = frozenset({*PRIMITIVES, *HANDLES, "Promise"})
