"""A check of JSON values against the part of JSON Schema that this repository's schemas use."""

from typing import Any

KNOWN = frozenset({
    "$ref", "$schema", "additionalProperties", "anyOf", "const", "definitions", "description",
    "enum", "items", "maximum", "minimum", "properties", "required", "title", "type",
})  # fmt: skip
TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,), "boolean": (bool,), "integer": (int,), "null": (type(None),),
    "number": (int, float), "object": (dict,), "string": (str,),
}  # fmt: skip


def problems(
    value: object, schema: dict[str, Any], root: dict[str, Any], at: str = "$"
) -> list[str]:
    """Everything about a value that its schema does not allow."""
    unknown = set(schema) - KNOWN
    assert not unknown, f"{at}: this checker does not know {unknown}"
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/definitions/")
        return problems(value, root["definitions"][name], root, at)
    if "anyOf" in schema:
        tried = [problems(value, one, root, at) for one in schema["anyOf"]]
        return [] if [] in tried else [f"{at}: {value!r} is none of {len(tried)} kinds"]
    if "const" in schema and value != schema["const"]:
        return [f"{at}: {value!r} is not {schema['const']!r}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: {value!r} is none of {schema['enum']}"]
    kind = schema.get("type")
    wrong_bool = isinstance(value, bool) and kind in {"integer", "number"}
    if kind is not None and (wrong_bool or not isinstance(value, TYPES[kind])):
        return [f"{at}: {value!r} is no {kind}"]
    found = []
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get(
        "maximum", value
    ):
        found.append(f"{at}: {value} is out of bounds")
    if isinstance(value, list) and "items" in schema:
        for index, inner in enumerate(value):
            found += problems(inner, schema["items"], root, f"{at}[{index}]")
    if isinstance(value, dict):
        found += [
            f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value
        ]
        for name, inner in value.items():
            inside = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
            if isinstance(inside, dict):
                found += problems(inner, inside, root, f"{at}.{name}")
    return found
