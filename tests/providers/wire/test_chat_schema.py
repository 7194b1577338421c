"""JSON Schema as strict services take it, and without what a service refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.providers.wire.chat_schema import strict, without

TEXT = {"type": "string"}


def table(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def closed(**properties: Any) -> dict[str, Any]:
    return table(**properties) | {"additionalProperties": False}


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (table(a=TEXT), closed(a=TEXT)),
        (table(a=table(b=TEXT)), closed(a=closed(b=TEXT))),
        (table(a={"type": "array", "items": table(b=TEXT)}), closed(a={"type": "array", "items": closed(b=TEXT)})),
        (table(a={"anyOf": [table(b=TEXT), {"type": "null"}]}),
         closed(a={"anyOf": [closed(b=TEXT), {"type": "null"}]})),
        ({"$defs": {"x": table(b=TEXT)}, **table(a={"$ref": "#/$defs/x"})},
         {"$defs": {"x": closed(b=TEXT)}, **closed(a={"$ref": "#/$defs/x"})}),
        (table(a=TEXT | {"minLength": 3}), closed(a=TEXT | {"description": "(minLength: 3)"})),
        (table(a=TEXT | {"description": "A name", "format": "uri"}),
         closed(a=TEXT | {"description": 'A name (format: "uri")'})),
        (table(a=TEXT | {"format": "date"}), closed(a=TEXT | {"format": "date"})),
        (table(a=TEXT | {"default": "x"}), closed(a=TEXT)),
    ],
)  # fmt: skip
def test_what_can_be_strict(given: dict[str, Any], made: dict[str, Any]) -> None:
    assert strict(given) == made


@pytest.mark.parametrize(
    "schema",
    [closed(a=TEXT), closed(a={"type": "integer", "format": "int64"}) | {"title": "A", "$schema": "x"}],
)
def test_what_is_strict_already_stays_as_it_is(schema: dict[str, Any]) -> None:
    assert strict(schema) == schema


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": TEXT}},
        {"type": "object", "properties": {"a": TEXT}, "required": ["b"]},
        {"type": "object"},
        {"type": "object", "additionalProperties": TEXT},
        table(a=TEXT) | {"additionalProperties": True},
        table(a={}),
        table(a={"not": TEXT}),
        table(a={"oneOf": [TEXT]}),
        table(a={"type": "array", "items": {"type": "object"}}),
        table(a={"anyOf": [TEXT, {"type": "object"}]}),
    ],
)
def test_what_cannot_be_strict(schema: dict[str, Any]) -> None:
    assert strict(schema) is None


def test_refused_keywords_are_told_wherever_they_stand() -> None:
    schema = {
        "$schema": "x",
        **table(a=TEXT | {"pattern": "^a"}, b={"type": "array", "items": TEXT | {"pattern": "b"}}),
    }
    made = without(schema, {"pattern", "$schema"})
    assert made == table(
        a=TEXT | {"description": '(pattern: "^a")'},
        b={"type": "array", "items": TEXT | {"description": '(pattern: "b")'}},
    )
    assert "pattern" in schema["properties"]["a"]


def test_a_property_may_have_the_name_of_a_keyword() -> None:
    assert without(table(pattern=TEXT), {"pattern"}) == table(pattern=TEXT)


scalars = st.sampled_from([TEXT, {"type": "integer"}, TEXT | {"minLength": 1}, {"type": ["string", "null"]}])
schemas = st.recursive(
    scalars,
    lambda inner: (
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(lambda p: table(**p))
        | inner.map(lambda item: {"type": "array", "items": item})
    ),
    max_leaves=6,
)


def objects(schema: Any) -> list[dict[str, Any]]:
    """All objects in a schema."""
    if isinstance(schema, list):
        return [found for inner in schema for found in objects(inner)]
    if not isinstance(schema, dict):
        return []
    inner = [found for value in schema.values() for found in objects(value)]
    return [schema, *inner] if schema.get("type") == "object" else inner


@given(schemas)
def test_what_is_strict_is_closed_everywhere_and_stays_so(schema: dict[str, Any]) -> None:
    made = strict(schema)
    if made is None:
        return
    for found in objects(made):
        assert found["additionalProperties"] is False
        assert set(found["required"]) == set(found["properties"])
    assert strict(made) == made
