"""JSON Schema as Gemini takes it, and the smaller kind of schema that older endpoints want.

https://ai.google.dev/api/caching#Schema and https://ai.google.dev/gemini-api/docs/structured-output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llmspell.errors import ModelError

_BY_NAME = ("properties", "$defs", "definitions")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_INNER = ("items", "additionalProperties")
_KNOWN = frozenset(
    {
        "type",
        "format",
        "title",
        "description",
        "nullable",
        "enum",
        "items",
        "minItems",
        "maxItems",
        "properties",
        "required",
        "minProperties",
        "maxProperties",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "pattern",
        "example",
        "anyOf",
        "propertyOrdering",
        "default",
    }
)
_DEEPEST = 32


def cleaned(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema with `enum` for `const`, which is not understood; everything else is taken or ignored."""
    result = _mapped(schema, cleaned)
    if "const" in result:
        result["enum"] = [result.pop("const")]
    return result


def _mapped(schema: dict[str, Any], function: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    def inner(value: Any) -> Any:
        return function(value) if isinstance(value, dict) else value

    result: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _BY_NAME and isinstance(value, dict):
            result[key] = {name: inner(part) for name, part in value.items()}
        elif key in _LISTS and isinstance(value, list):
            result[key] = [inner(part) for part in value]
        else:
            result[key] = inner(value) if key in _INNER else value
    return result


def reduced(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema in the terms of OpenAPI 3.0, references written out and unknown keywords left away.

    Raises `ModelError` for one that refers to itself.
    """
    return _reduced(schema, schema, 0)


def _reduced(schema: dict[str, Any], root: dict[str, Any], depth: int) -> dict[str, Any]:
    if depth > _DEEPEST:
        raise ModelError("the gemini format has no schemas that refer to themselves, or so deep ones")
    if "$ref" in schema:
        schema = {**_target(schema["$ref"], root), **{key: value for key, value in schema.items() if key != "$ref"}}
        return _reduced(schema, root, depth + 1)
    result = _mapped(_translated(schema), lambda inner: _reduced(inner, root, depth + 1))
    return {key: value for key, value in result.items() if key in _KNOWN}


def _target(reference: str, root: dict[str, Any]) -> dict[str, Any]:
    found: Any = root
    for step in reference.removeprefix("#").split("/")[1:]:
        found = found.get(step) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        raise ModelError(f"the schema refers to {reference!r}, which it does not define")
    return found


def _translated(schema: dict[str, Any]) -> dict[str, Any]:
    """Keywords that OpenAPI has other words for; what is refused or meaningless there falls away afterwards."""
    result = {key: value for key, value in schema.items() if key not in ("$defs", "definitions")}
    if "const" in result:
        result["enum"] = [result.pop("const")]
    if "oneOf" in result:
        result["anyOf"] = result.pop("oneOf")
    kinds = result.get("type")
    if isinstance(kinds, list):
        rest = [kind for kind in kinds if kind != "null"]
        if len(rest) < len(kinds):
            result["nullable"] = True
        if len(rest) == 1:
            result["type"] = rest[0]
        else:
            del result["type"]
            result["anyOf"] = [{"type": kind} for kind in rest]
    options = result.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        result["nullable"] = True
        result["anyOf"] = [option for option in options if option != {"type": "null"}]
    return result
