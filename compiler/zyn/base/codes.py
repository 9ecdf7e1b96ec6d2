"""Every diagnostic code, once.

Each has a page `docs/diagnostics/<name>.md`; the tidy test compares.  A name is never reused for
another meaning.
"""

from zyn.base.diagnostic import Code, Severity

_E = Severity.ERROR
_W = Severity.WARNING
_H = Severity.HINT

SYNTAX = Code("syntax", _E, "the text does not parse")
UNKNOWN_NAME = Code("unknown-name", _E, "nothing of this name is in scope")
UNKNOWN_TYPE = Code("unknown-type", _E, "no type has this name")
UNKNOWN_FIELD = Code("unknown-field", _E, "the struct has no such field")
MISSING_FIELD = Code("missing-field", _E, "a struct value lacks a field")
DUPLICATE_NAME = Code("duplicate-name", _E, "the name is declared twice")
TYPE_MISMATCH = Code("type-mismatch", _E, "a value has the wrong type")
WRONG_ARITY = Code("wrong-arity", _E, "a call has the wrong number of arguments")
NOT_CALLABLE = Code("not-callable", _E, "the called value is not a function")
NOT_ASSIGNABLE = Code("not-assignable", _E, "the target of an assignment cannot change")
LITERAL_RANGE = Code("literal-range", _E, "a number does not fit its type")
RECURSIVE_STRUCT = Code("recursive-struct", _E, "a struct contains itself")
AWAIT_OUTSIDE_ASYNC = Code("await-outside-async", _E, "await in a function that is not async")
AWAIT_NON_PROMISE = Code("await-non-promise", _E, "the awaited value is not a promise")
BREAK_OUTSIDE_LOOP = Code("break-outside-loop", _E, "break or continue outside a loop")
MISSING_RETURN = Code("missing-return", _E, "the function can end without a value")
TOO_DEEP = Code("too-deep", _E, "the code nests too deeply")
TOO_LARGE = Code("too-large", _E, "a type is too large")
NOT_SUPPORTED = Code("not-supported", _E, "zyn does not have this yet")
PROMISE_NEVER_AWAITED = Code("promise-never-awaited", _W, "a promise is made and dropped")
IMPLICIT_AWAIT = Code("implicit-await", _W, "a promise is awaited without saying so")
UNREACHABLE_CODE = Code("unreachable-code", _W, "no path leads here", unnecessary=True)
UNUSED_VARIABLE = Code("unused-variable", _H, "the variable is never read", unnecessary=True)
ASYNC_WITHOUT_AWAIT = Code("async-without-await", _H, "an async function never awaits")

CODES: dict[str, Code] = {
    value.name: value for value in list(globals().values()) if isinstance(value, Code)
}
