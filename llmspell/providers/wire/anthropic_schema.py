"""JSON Schema as Anthropic's structured output takes it.

https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs: objects must be closed, and limits on
numbers, lengths and most arrays are refused, as are most formats. Those become words in the description, which the
model follows.
"""

from __future__ import annotations

import json
from typing import Any

_REFUSED = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
)
_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"},
)
_BY_NAME = ("properties", "$defs", "definitions")
_LISTS = ("anyOf", "allOf", "prefixItems")


def cleaned(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that says the same, as far as the service can enforce it; the given one stays as it is."""
    result: dict[str, Any] = {}
    refused: dict[str, Any] = {}
    for key, value in schema.items():
        if _is_refused(key, value):
            refused[key] = value
        elif key in _BY_NAME and isinstance(value, dict):
            result[key] = {name: _inner(inner) for name, inner in value.items()}
        elif key in _LISTS and isinstance(value, list):
            result[key] = [_inner(inner) for inner in value]
        elif key == "oneOf" and isinstance(value, list):
            result["anyOf"] = [_inner(inner) for inner in value]
        else:
            result[key] = _inner(value) if key in ("items", "additionalProperties") else value
    if _is_object(result) and result.get("additionalProperties") in (None, True):
        result["additionalProperties"] = False
    if refused:
        words = ", ".join(f"{key}: {json.dumps(value)}" for key, value in refused.items())
        result["description"] = f"{result.get('description', '')} ({words})".lstrip()
    return result


def _is_refused(key: str, value: Any) -> bool:
    return (
        key in _REFUSED
        or (key == "minItems" and value not in (0, 1))
        or (key == "format" and isinstance(value, str) and value not in _FORMATS)
    )


def _inner(schema: Any) -> Any:
    return cleaned(schema) if isinstance(schema, dict) else schema


def _is_object(schema: dict[str, Any]) -> bool:
    kind = schema.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in schema
