"""The short form of schemas: `{"city": "string", "days": "integer?"}` stands for a JSON Schema.

    "string" "number" "integer" "boolean" "null" "any"   a value of that type ("text" and "bool" are understood too)
    "object" "array"                                     any object, any list
    "string?"                                            in an object: may be absent
    "string[]"                                           a list of it
    "string: the name of a city"                         with a description for the model
    {"city": ..., "days?": ...}                          an object with these fields; `?` behind a name: may be absent
    ["string"]   [{"city": "string"}]                    a list with one item that is a type: a list of it
    ["small", "large"]                                   a list of texts that are no types: one of these texts

What has the keywords of JSON Schema at its top is JSON Schema already and stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from llmspell.agents.schema_size import size_of
from llmspell.errors import InvalidValueError
from llmspell.nearest import near

Schema: TypeAlias = dict[str, Any]

_TYPES: dict[str, Schema] = {
    "string": {"type": "string"},
    "text": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "int": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "bool": {"type": "boolean"},
    "null": {"type": "null"},
    "any": {},
    "object": {"type": "object"},
    "array": {"type": "array"},
}
_JSON_TYPES = frozenset({"string", "number", "integer", "boolean", "null", "object", "array"})
_COMBINED = ("anyOf", "oneOf", "allOf", "enum", "const", "$ref", "$defs", "$schema")
_WORD = re.compile(r"\s*(?P<type>[A-Za-z]+)(?P<lists>(?:\[\])*)(?P<optional>\??)\s*(?::\s*(?P<doc>.*))?\Z", re.DOTALL)
_MAX_DEPTH = 50


def schema_of(given: Any, what: str = "the schema") -> Schema:
    """The JSON Schema that the short form stands for. Raises `InvalidValueError` that names the place in `what`."""
    schema = _schema(given, what, 0)
    size_of(schema, what)
    return schema


def parameters_of(given: Any, what: str = "parameters") -> Schema:
    """The JSON Schema of a tool's arguments: nothing, or an empty table, stands for no arguments.

    Raises `InvalidValueError` for what is no object.
    """
    if given is None or given in ({}, []):
        return {"type": "object", "properties": {}, "additionalProperties": False}
    if not isinstance(given, Mapping):
        raise InvalidValueError(f"{what} must be an object", hint='such as {"city": "string"}, or a JSON Schema')
    schema = schema_of(given, what)
    if schema.get("type", "object") != "object":
        raise InvalidValueError(f"{what} must describe an object, not {schema['type']!r}", hint="wrap it in a field")
    return {"type": "object", "properties": {}, **schema}


def is_json_schema(given: Mapping[str, Any]) -> bool:
    """Whether an object is JSON Schema rather than the short form of one."""
    kind = given.get("type")
    if isinstance(kind, str) and kind in _JSON_TYPES:
        # {"type": "string"} alone is a schema; beside other plain fields, `type` is a field like them.
        return len(given) == 1 or any(key in _KEYWORDS for key in given if key != "type")
    if isinstance(kind, list) and kind and all(isinstance(each, str) and each in _JSON_TYPES for each in kind):
        return True
    return any(_is_keyword(key, given[key]) for key in _COMBINED if key in given)


_KEYWORDS = frozenset(
    {
        *(
            "properties",
            "required",
            "items",
            "additionalProperties",
            "description",
            "title",
            "enum",
            "format",
            "default",
        ),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"),
        *("pattern", "minItems", "maxItems", "uniqueItems", "prefixItems", "const", "examples", "nullable"),
        *("patternProperties", "propertyNames", "minProperties", "maxProperties", *_COMBINED),
    }
)


def _is_keyword(key: str, value: Any) -> bool:
    if key in ("anyOf", "oneOf", "allOf"):
        return isinstance(value, list) and all(isinstance(each, (Mapping, bool)) for each in value)
    if key == "enum":
        return isinstance(value, list)
    return key in ("$ref", "$schema", "$defs", "const")


def _schema(given: Any, place: str, depth: int) -> Schema:
    if depth > _MAX_DEPTH:
        raise InvalidValueError(f"{place} is nested too deeply", hint=f"a schema has at most {_MAX_DEPTH} levels")
    if isinstance(given, str):
        return _word(given, place)[0]
    if isinstance(given, Mapping):
        return dict(given) if is_json_schema(given) else _object(given, place, depth)
    if isinstance(given, (list, tuple)):
        return _list(given, place, depth)
    raise InvalidValueError(
        f"{place} must be a type, an object or a list, not {given!r:.40}", hint='a type is a text such as "string"'
    )


def _object(given: Mapping[str, Any], place: str, depth: int) -> Schema:
    properties, required = {}, []
    for key, value in given.items():
        name = key.removesuffix("?")
        if not name or name in properties:
            raise InvalidValueError(f"{place}: the field {key!r} is named twice, or not at all")
        inside, optional = f"{place}.{name}", key != name
        if isinstance(value, str):
            properties[name], absent = _word(value, inside)
            optional = optional or absent
        else:
            properties[name] = _schema(value, inside, depth + 1)
        if not optional:
            required.append(name)
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _list(given: list[Any] | tuple[Any, ...], place: str, depth: int) -> Schema:
    if len(given) == 1 and not (isinstance(given[0], str) and not _names_type(given[0])):
        return {"type": "array", "items": _schema(given[0], f"{place}[]", depth + 1)}
    if given and all(isinstance(each, str) and not _names_type(each) for each in given):
        return {"type": "string", "enum": list(given)}
    raise InvalidValueError(
        f"{place} is a list that is neither a list of one type nor a choice of texts",
        hint='write ["string"] for a list of texts, ["small", "large"] for a choice, or JSON Schema with enum',
    )


def _names_type(word: str) -> bool:
    match = _WORD.match(word)
    return match is not None and match["type"] in _TYPES


def _word(word: str, place: str) -> tuple[Schema, bool]:
    """The schema of a type's name, and whether it may be absent."""
    match = _WORD.match(word)
    if match is None or match["type"] not in _TYPES:
        name = word.partition(":")[0].strip().rstrip("?")
        known = f"the types are {', '.join(sorted(_JSON_TYPES))} and any"
        raise InvalidValueError(f"{place}: there is no type {name[:40]!r}", hint=near(name, _TYPES) or known)
    schema, lists = dict(_TYPES[match["type"]]), len(match["lists"]) // 2
    if lists > _MAX_DEPTH:
        raise InvalidValueError(f"{place} is nested too deeply", hint=f"a schema has at most {_MAX_DEPTH} levels")
    for _ in range(lists):
        schema = {"type": "array", "items": schema}
    if match["doc"]:
        schema["description"] = match["doc"].strip()
    return schema, bool(match["optional"])
