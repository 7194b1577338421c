"""Holds values that models made against JSON Schema, and mends what weak models get wrong.

The check is jsonschema-rs's: no references to the network, and patterns in time linear to the text. Schemas and values
may come from hostile scripts, so both are measured before they meet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from llmspell.agents.schema_size import size_of
from llmspell.errors import ArgumentTypeError, InvalidValueError, LlmspellError

_SHOWN = 3
_LONGEST_LIST = 200
_TYPE_KEYWORDS = frozenset({"type", "required", "additionalProperties", "unevaluatedProperties"})
_INTEGER = re.compile(r"-?\d{1,18}\Z", re.ASCII)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\Z", re.ASCII)
_LEVELS = 100
_MOST_CHECKS = 50_000_000
"""Parts of a schema times values, of which a tenth of a second checks some ten millions."""
_MOST_STEPS = 50_000
"""The same for what is told and mended, which takes a thousand times longer."""


class Validator:
    """Checks values against a JSON Schema. `what` begins the sentences. Raises `InvalidValueError` for a bad schema."""

    def __init__(self, schema: Mapping[str, Any], what: str) -> None:
        import jsonschema_rs  # loaded when the first value is checked

        self._schema = dict(schema)
        self._what = what
        self._size = size_of(self._schema, what, whole=True)
        try:
            self._validator = jsonschema_rs.validator_for(
                self._schema, offline=True, pattern_options=jsonschema_rs.RegexOptions(), mask="it"
            )
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            said = str(error).splitlines()[0][:200]
            raise InvalidValueError(f"{what}: its JSON Schema is not valid: {said}") from None

    def check(self, value: Any) -> Any:
        """The value, mended where that is unambiguous.

        Raises `ArgumentTypeError` or `InvalidValueError` with the first few things that are wrong.
        """
        if self._fits(value):
            return value
        mended = repaired(value, self._schema)
        if self._fits(mended):
            return mended
        raise self._failure(mended)

    def _fits(self, value: Any) -> bool:
        most = _MOST_CHECKS // self._size.parts
        if _extent(value, most)[0] > most:
            raise InvalidValueError(f"{self._what}: the value is too large to be held against its schema")
        return bool(self._validator.is_valid(value))

    def _failure(self, value: Any) -> LlmspellError:
        count, depth = _extent(value, _MOST_STEPS)
        if count * (1 + self._size.choices) > _MOST_STEPS // max(self._size.loops, 1) ** depth:
            return InvalidValueError(f"{self._what}: it does not fit its schema")
        told, types = [], True
        for error in self._validator.iter_errors(value):
            types = types and error.kind.name in _TYPE_KEYWORDS
            told.append(self._sentence(error))
            if len(told) == _SHOWN:
                break
        cls = ArgumentTypeError if types else InvalidValueError
        return cls(f"{self._what}: {'; '.join(told)}"[:1000])

    def _sentence(self, error: Any) -> str:
        place = ".".join(str(step) for step in error.instance_path)[:80]
        match error.kind.name:
            case "required":
                return f"{_joined(place, error.kind.property)} is missing"
            case "additionalProperties" | "unevaluatedProperties":
                known = "" if place else ", ".join(self._schema.get("properties") or ())[:_LONGEST_LIST]
                unknown = _joined(place, ", ".join(error.kind.unexpected)[:80])
                return f"there is no field {unknown}" + (f", only {known}" if known else "")
            case "enum":
                return f"{place or 'it'} must be one of {json.dumps(error.kind.options)[1:-1][:_LONGEST_LIST]}"
            case "const":
                return f"{place or 'it'} must be {json.dumps(error.kind.expected_value)[:200]}"
            case "anyOf" | "oneOf" | "oneOfNotValid":
                return f"{place or 'it'} is nothing of what it may be"
            case _:
                return f"{place or 'it'} {error.message.removeprefix('it ')[:200]}"


def _extent(value: Any, most: int) -> tuple[int, int]:
    """How many values there are in a value, counted until they are more than `most`, and how deep they go."""
    count, depth, level = 0, 0, [value]
    while level:
        count += len(level)
        if count > most:
            break
        inner = [each for each in level if isinstance(each, (list, dict)) and each]
        level = [one for each in inner for one in (each.values() if isinstance(each, dict) else each)]
        depth += bool(level)
    return count, depth


def _joined(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def repaired(value: Any, schema: Mapping[str, Any]) -> Any:
    """The value with what only one reading of the schema allows: a list or object given as JSON text, a number or a
    boolean as text, a text as a number, an empty object for an empty list, null for a field that may be absent."""
    return _Repair(schema).value(value, schema, _LEVELS)


class _Repair:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._left = _MOST_STEPS

    def value(self, value: Any, schema: Any, levels: int) -> Any:
        options = self._options(schema)
        types = {name for option in options for name in _types(option)}
        if not types or not levels or self._left < 0:
            return value
        value = _as_type(value, types)
        fitting = [option for option in options if _is_of(value, _types(option))]
        if len(fitting) != 1:
            return value
        return self._inside(value, fitting[0], levels - 1)

    def _inside(self, value: Any, schema: Mapping[str, Any], levels: int) -> Any:
        if isinstance(value, dict):
            return self._object(value, schema, levels)
        if isinstance(value, list) and isinstance(items := schema.get("items"), Mapping):
            return [self.value(item, items, levels) for item in value]
        return value

    def _object(self, value: dict[str, Any], schema: Mapping[str, Any], levels: int) -> dict[str, Any]:
        properties, required = schema.get("properties") or {}, schema.get("required") or ()
        others = schema.get("additionalProperties")
        made = {}
        for key, item in value.items():
            inner = properties.get(key, others)
            if not isinstance(inner, Mapping):
                made[key] = item
            elif item is not None or key in required or self._takes_null(inner):
                made[key] = self.value(item, inner, levels)
        return made

    def _takes_null(self, schema: Mapping[str, Any]) -> bool:
        types = {name for option in self._options(schema) for name in _types(option)}
        return not types or "null" in types

    def _options(self, schema: Any) -> list[Mapping[str, Any]]:
        """The schemas of which one is to fit, references resolved; none that is there already."""
        found, open_, seen = [], [schema], set[int]()
        while open_ and self._left >= 0:
            schema = open_.pop()
            self._left -= 1
            if not isinstance(schema, Mapping) or id(schema) in seen:
                continue
            seen.add(id(schema))
            reference = schema.get("$ref")
            several = next((schema[key] for key in ("anyOf", "oneOf") if isinstance(schema.get(key), list)), None)
            if isinstance(reference, str) and reference.startswith("#/"):
                open_.append(self._at(reference))
            elif several is not None:
                open_ += reversed(several)
            else:
                found.append(schema)
        return found

    def _at(self, reference: str) -> Any:
        found: Any = self._root
        for step in reference[2:].split("/"):
            step = step.replace("~1", "/").replace("~0", "~")
            found = found.get(step) if isinstance(found, Mapping) else None
        return found


def _types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    kind = schema.get("type")
    if isinstance(kind, str):
        return (kind,)
    if isinstance(kind, list):
        return tuple(each for each in kind if isinstance(each, str))
    values = schema.get("enum") if "const" not in schema else [schema["const"]]
    return tuple({_type_of(value) for value in values}) if isinstance(values, list) else ()


def _type_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _is_of(value: Any, types: tuple[str, ...] | set[str]) -> bool:
    kind = _type_of(value)
    whole = isinstance(value, float) and value.is_integer()
    return not types or kind in types or (kind == "integer" and "number" in types) or (whole and "integer" in types)


def _as_type(value: Any, types: set[str]) -> Any:
    if _is_of(value, types):
        return value
    if value == {} and "array" in types:
        return []
    if types <= {"string"} and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return _out_of_text(value, types) if isinstance(value, str) else value


def _out_of_text(text: str, types: set[str]) -> Any:
    bare = text.strip()
    if types & {"object", "array"} and bare[:1] in ("{", "["):
        try:
            parsed = json.loads(bare)
        except (ValueError, RecursionError):
            return text
        return parsed if _is_of(parsed, types) else text
    if types & {"integer", "number"} and _INTEGER.match(bare):
        return int(bare)
    if "number" in types and _NUMBER.match(bare):
        return float(bare)
    if "boolean" in types and bare.lower() in ("true", "false"):
        return bare.lower() == "true"
    return None if "null" in types and bare == "null" else text
