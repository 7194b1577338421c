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
_UNTOLD = frozenset({"default", "examples", "$schema", "$id", "$comment"})
"""What no answer depends on."""
_TABLES = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")


def strict(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """The schema with closed objects and every property required; None when that would forbid wanted answers."""
    if _NEVER_STRICT & schema.keys():
        return None
    closed = _inside(schema, strict)
    if closed is None or not _is_object(schema):
        return closed
    properties = schema.get("properties")
    if not properties or schema.get("additionalProperties") not in (None, False):
        return None
    if not set(schema.get("required", ())) <= properties.keys():
        return None
    if "required" not in schema or set(schema["required"]) != properties.keys():
        closed["required"] = list(properties)
    return {**closed, "additionalProperties": False}


def without(schema: Mapping[str, Any], keywords: Collection[str]) -> dict[str, Any]:
    """The schema without these keywords, each told in the description of what it was about."""
    cleaned = _inside(schema, lambda inner: without(inner, keywords)) or {}
    told = [f"{key}: {_text(cleaned.pop(key))}" for key in list(cleaned) if key in keywords and key not in _UNTOLD]
    for key in _UNTOLD & set(keywords):
        cleaned.pop(key, None)
    if told:
        about = cleaned.get("description", "")
        cleaned["description"] = f"{about} ({', '.join(told)})".strip()
    return cleaned


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
