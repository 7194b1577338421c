"""The short form of schemas, and the mending of values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.agents.schema import parameters_of, schema_of
from llmspell.agents.validation import Validator, repaired
from llmspell.errors import ArgumentTypeError, InvalidValueError

STRING = {"type": "string"}


@pytest.mark.parametrize(
    ("short", "schema"),
    [
        ("string", STRING),
        ("text", STRING),
        ("int", {"type": "integer"}),
        ("any", {}),
        ("string[]", {"type": "array", "items": STRING}),
        ("number[][]", {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}),
        ("string: its name", {"type": "string", "description": "its name"}),
        (["string"], {"type": "array", "items": STRING}),
        (["small", "large"], {"type": "string", "enum": ["small", "large"]}),
        ({"type": "string", "minLength": 2}, {"type": "string", "minLength": 2}),
        ({"type": "string"}, STRING),
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
        ({"anyOf": [STRING]}, {"anyOf": [STRING]}),
        ({"enum": [1, 2]}, {"enum": [1, 2]}),
    ],
)
def test_short_forms(short: Any, schema: dict[str, Any]) -> None:
    assert schema_of(short) == schema


def test_objects_name_what_must_be_there() -> None:
    schema = schema_of({"city": "string", "days?": "integer", "note": "text?", "who": {"name": "string"}, "n": ["int"]})
    assert schema["required"] == ["city", "who", "n"]
    assert schema["additionalProperties"] is False
    assert list(schema["properties"]) == ["city", "days", "note", "who", "n"]
    assert schema["properties"]["who"] == {
        "type": "object",
        "properties": {"name": STRING},
        "additionalProperties": False,
        "required": ["name"],
    }


def test_a_field_may_be_called_like_a_keyword() -> None:
    assert schema_of({"type": "string", "city": "string"})["required"] == ["type", "city"]
    assert schema_of({"title": "string", "description": "string"})["required"] == ["title", "description"]


@pytest.mark.parametrize(
    ("short", "message", "hint"),
    [
        ({"city": "strng"}, "the schema.city: there is no type 'strng'", "did you mean 'string'?"),
        ({"a": {"b": 3}}, "the schema.a.b must be a type, an object or a list, not 3", "a type is a text"),
        ({"a": ["string", "x"]}, "the schema.a is a list that is neither", 'write ["string"]'),
        ({"a": []}, "the schema.a is a list that is neither", 'write ["string"]'),
        ({"a": "string", "a?": "string"}, "the field 'a?' is named twice", None),
    ],
)
def test_mistakes_name_the_place(short: Any, message: str, hint: str | None) -> None:
    with pytest.raises(InvalidValueError) as caught:
        schema_of(short)
    assert message in caught.value.message
    assert hint is None or hint in (caught.value.hint or "")


def test_nesting_is_bounded() -> None:
    deep: Any = "string"
    for _ in range(200):
        deep = [deep]
    with pytest.raises(InvalidValueError, match="nested too deeply"):
        schema_of(deep)


def test_parameters_are_an_object() -> None:
    assert parameters_of(None) == parameters_of({}) == parameters_of([])
    assert parameters_of(None)["additionalProperties"] is False
    assert parameters_of({"properties": {"a": STRING}, "required": ["a"]})["type"] == "object"
    for wrong in ("string", {"type": "string"}, [1]):
        with pytest.raises(InvalidValueError, match="parameters must"):
            parameters_of(wrong)


SCHEMA = schema_of(
    {"n": "integer", "x": "number?", "yes": "boolean?", "s": "string?", "list": ["number"], "o": {"a": "integer?"}}
)


@pytest.mark.parametrize(
    ("value", "mended"),
    [
        ({"n": "3", "list": "[1, 2]", "o": '{"a": "4"}'}, {"n": 3, "list": [1, 2], "o": {"a": 4}}),
        ({"n": 3, "list": {}, "o": {}}, {"n": 3, "list": [], "o": {}}),
        ({"n": 3, "x": "1e3", "list": ["1.5"], "o": {"a": None}}, {"n": 3, "x": 1000.0, "list": [1.5], "o": {}}),
        ({"n": 3, "yes": "True", "s": 7, "list": [], "o": {}}, {"n": 3, "yes": True, "s": "7", "list": [], "o": {}}),
        ({"n": 3, "x": None, "list": [], "o": {}}, {"n": 3, "list": [], "o": {}}),
    ],
)
def test_what_has_one_reading_is_mended(value: Any, mended: Any) -> None:
    assert Validator(SCHEMA, "it").check(value) == mended


@pytest.mark.parametrize("wrong", ["three", "3.5", "", " ", "0x10", "1_000", "٣", "--3", "9" * 30, [3], {"a": 3}, True])
def test_what_is_unclear_is_refused(wrong: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="n is not of type"):
        Validator(SCHEMA, "it").check({"n": wrong, "list": [], "o": {}})


def test_references_and_choices_are_followed() -> None:
    schema = {
        "$defs": {
            "node": {"type": "object", "properties": {"n": {"type": "integer"}, "next": {"$ref": "#/$defs/node"}}}
        },
        "type": "object",
        "properties": {"node": {"$ref": "#/$defs/node"}, "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
    }
    given = {"node": '{"n": "1", "next": {"n": "2"}}', "maybe": "5"}
    assert Validator(schema, "it").check(given) == {"node": {"n": 1, "next": {"n": 2}}, "maybe": 5}


def test_a_schema_that_refers_to_itself_ends() -> None:
    assert repaired({"a": "1"}, {"$ref": "#"}) == {"a": "1"}
    assert repaired("1", {"anyOf": [{"$ref": "#"}]}) == "1"


def test_several_mistakes_are_told_in_one_sentence() -> None:
    with pytest.raises(ArgumentTypeError) as caught:
        Validator(SCHEMA, "save").check({"o": 3, "zz": 1})
    assert caught.value.message.startswith("save: ")
    for part in ("n is missing", "list is missing"):
        assert part in caught.value.message
    with pytest.raises(ArgumentTypeError, match=r"there is no field o\.b"):
        Validator(SCHEMA, "save").check({"n": 1, "list": [], "o": {"b": 1}})


def test_an_unknown_field_is_told_with_those_that_there_are() -> None:
    schema = {"type": "object", "properties": {"timezone": {}, "format": {}}, "additionalProperties": False}
    with pytest.raises(ArgumentTypeError) as caught:
        Validator(schema, "clock").check({"zone": "UTC"})
    assert caught.value.message == "clock: there is no field zone, only timezone, format"


@pytest.mark.parametrize("kind", [[{}], [["string"]], {}])
def test_a_field_named_type(kind: Any) -> None:
    assert list(schema_of({"type": kind})["properties"]) == ["type"]


@pytest.mark.parametrize(
    "schema",
    [{"type": "strin"}, {"$ref": "http://127.0.0.1:9/x.json"}, {"$ref": "file:///etc/passwd"}, {"pattern": "("}],
)
def test_schemas_that_are_none(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidValueError, match="its JSON Schema is not valid"):
        Validator(schema, "it")


def test_patterns_take_no_time() -> None:
    schema = {"type": "string", "pattern": "^(a+)+$"}
    with pytest.raises(InvalidValueError, match="does not match"):
        Validator(schema, "it").check("a" * 20_000 + "b")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=5) | st.just("[]"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("nxyosl"), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_mending_never_fails_and_never_spoils(value: Any) -> None:
    validator = Validator(SCHEMA, "it")
    mended = repaired(value, SCHEMA)
    assert repaired(mended, SCHEMA) == mended
    try:
        checked = validator.check(value)
    except (ArgumentTypeError, InvalidValueError):
        return
    assert validator.check(checked) == checked
