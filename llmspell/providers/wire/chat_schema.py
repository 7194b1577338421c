"""JSON Schema as services take it: tightened where an answer must be strict, without the keywords they refuse.

What a keyword said goes into the description, where the model still reads it. An answer that follows the schema
made here follows the original one too.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

# https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
_NEVER_STRICT = frozenset(
    {"not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties", "oneOf", "allOf"}
)
_LOST_WHEN_STRICT = frozenset(
    {"minLength", "maxLength", "uniqueItems", "contains", "minContains", "maxContains", "minProperties"}
    | {"maxProperties", "propertyNames", "unevaluatedItems", "unevaluatedProperties", "default"}
)
_TEXT_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_SAYS_WHAT = frozenset({"type", "enum", "const", "anyOf", "$ref"})
_UNTOLD = frozenset({"default", "examples", "$schema", "$id", "$comment"})
"""What no answer depends on."""
_TABLES = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")


def strict(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """The schema as strict services take it, its objects closed; None when they cannot take it.

    They want every property to be required: a schema with optional ones is better not strict than with answers
    that were made up.
    """
    if _NEVER_STRICT & schema.keys() or not _SAYS_WHAT & schema.keys():
        return None
    closed = _inside(schema, strict)
    if closed is None:
        return None
    if schema.get("type") == "string" and schema.get("format", "date") not in _TEXT_FORMATS:
        closed = _told(closed, ["format"])
    if _LOST_WHEN_STRICT & closed.keys():
        closed = _told(closed, [key for key in closed if key in _LOST_WHEN_STRICT])
    return _closed(closed) if _is_object(schema) else closed


def _closed(schema: dict[str, Any]) -> dict[str, Any] | None:
    properties = schema.get("properties")
    if not properties or schema.get("additionalProperties") not in (None, False):
        return None
    if set(schema.get("required", ())) != properties.keys():
        return None
    return {**schema, "additionalProperties": False}


def without(schema: Mapping[str, Any], keywords: Collection[str]) -> dict[str, Any]:
    """The schema without these keywords, each told in the description of what it was about."""
    cleaned = _inside(schema, lambda inner: without(inner, keywords)) or {}
    return _told(cleaned, [key for key in cleaned if key in keywords])


def _told(schema: dict[str, Any], keywords: list[str]) -> dict[str, Any]:
    """The schema with these keywords in its description instead."""
    kept = {key: value for key, value in schema.items() if key not in keywords}
    if told := [f"{key}: {_text(schema[key])}" for key in keywords if key not in _UNTOLD]:
        kept["description"] = f"{schema.get('description', '')} ({', '.join(told)})".strip()
    return kept


def _inside(schema: Mapping[str, Any], change: Any) -> dict[str, Any] | None:
    """A copy with every schema inside changed; None when a change gives None."""
    copy = dict(schema)
    for key in _TABLES:
        if isinstance(table := copy.get(key), Mapping):
            copy[key] = {name: _changed(inner, change) for name, inner in table.items()}
            if None in copy[key].values():
                return None
    for key in _LISTS:
        if isinstance(items := copy.get(key), list):
            copy[key] = [_changed(inner, change) for inner in items]
            if None in copy[key]:
                return None
    for key in _SINGLE:
        if isinstance(inner := copy.get(key), Mapping):
            copy[key] = _changed(inner, change)
            if copy[key] is None:
                return None
    return copy


def _changed(inner: Any, change: Any) -> Any:
    return change(inner) if isinstance(inner, Mapping) else inner


def _is_object(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    return "properties" in schema or kind == "object" or (isinstance(kind, list) and "object" in kind)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
