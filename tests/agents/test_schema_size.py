"""Schemas and values that a hostile script may make: measured before anybody walks through them."""

from __future__ import annotations

from typing import Any

import pytest

from llmspell.agents.code.declarations import declared
from llmspell.agents.schema import schema_of
from llmspell.agents.schema_size import MAX_PARTS, Size, size_of
from llmspell.agents.tools import SchemaTool
from llmspell.agents.validation import Validator, repaired
from llmspell.errors import ArgumentTypeError, InvalidValueError


def doubling(levels: int, how: str = "anyOf") -> dict[str, Any]:
    """A schema of so many lines that stands for 2 to the power of that many parts."""
    defs: dict[str, Any] = {
        f"d{at}": {how: [{"$ref": f"#/$defs/d{at + 1}"}, {"$ref": f"#/$defs/d{at + 1}"}]} for at in range(levels)
    }
    return {"$defs": {**defs, f"d{levels}": {"type": "integer"}}, "$ref": "#/$defs/d0"}


def again_and_again(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    for _ in range(levels):
        schema = {"allOf": [schema], "unevaluatedProperties": False}
    return schema


def nested(levels: int) -> Any:
    return {"type": "array", "items": nested(levels - 1)} if levels else {}


TREE: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "left": {"$ref": "#"}, "right": {"$ref": "#"}},
    "additionalProperties": False,
}
WIDE: dict[str, Any] = {"anyOf": [{"properties": {"a": {"$ref": "#"}}, "required": [name]} for name in "abcdefgh"]}


@pytest.mark.parametrize(
    ("schema", "size"),
    [
        ({}, Size(1, 0, 0)),
        ({"type": "string", "enum": ["a", "b"]}, Size(5, 0, 0)),
        ({"anyOf": [{"type": "null"}, {}]}, Size(5, 2, 0)),
        (TREE, Size(10, 0, 2)),
        ({"$defs": {"a": {"type": "null"}}, "$ref": "#/$defs/a"}, Size(6, 0, 0)),
        ({"$defs": {"a/b c": {}}, "$ref": "#/$defs/a~1b%20c"}, Size(4, 0, 0)),
        ({"prefixItems": [{}, {}], "items": {"$ref": "#/prefixItems/1"}}, Size(6, 0, 0)),
        ({"properties": {"$ref": {"type": "string"}}}, Size(4, 0, 0)),
        (again_and_again(2), Size(26, 0, 0)),
    ],
)
def test_a_size(schema: dict[str, Any], size: Size) -> None:
    assert size_of(schema, "it") == size


@pytest.mark.parametrize(
    "schema",
    [
        doubling(100),
        doubling(100, "allOf"),
        again_and_again(40),
        nested(300),
        {"enum": list(range(MAX_PARTS))},
        {"properties": {f"p{at}": {"type": "string"} for at in range(MAX_PARTS)}},
    ],
)
def test_what_is_too_large(schema: dict[str, Any]) -> None:
    for refuse in (lambda: size_of(schema, "it"), lambda: Validator(schema, "it"), lambda: schema_of(schema, "it")):
        with pytest.raises(InvalidValueError, match="it: its schema is too large, or too deep"):
            refuse()


@pytest.mark.parametrize("reference", ["#/nowhere", "#name", "x.json", "#/$defs/0/x", "urn:x"])
def test_what_leads_nowhere(reference: str) -> None:
    with pytest.raises(InvalidValueError, match="is not valid: there is nothing at"):
        size_of({"$defs": [{}], "$ref": reference}, "it", whole=True)
    size_of({"$defs": [{}], "$ref": reference}, "it")


def test_references_that_only_a_run_resolves() -> None:
    with pytest.raises(InvalidValueError, match=r"\$dynamicRef cannot be used"):
        size_of({"$dynamicAnchor": "x", "items": {"$dynamicRef": "#x"}}, "it", whole=True)


def test_lists_of_lists_of_lists() -> None:
    assert schema_of("string[][]")["items"]["items"] == {"type": "string"}
    for number in (60, 4_000_000):
        with pytest.raises(InvalidValueError, match="is nested too deeply"):
            schema_of("string" + "[]" * number)


def tree(depth: int, leaf: Any) -> Any:
    return {"name": "x", "left": tree(depth - 1, leaf), "right": tree(depth - 1, leaf)} if depth else leaf


def chain(depth: int) -> Any:
    return {"a": chain(depth - 1)} if depth else 1


def test_schemas_that_refer_to_themselves_still_tell_what_is_wrong() -> None:
    validator = Validator(TREE, "it")
    assert validator.check(tree(5, {"name": "leaf"})) == tree(5, {"name": "leaf"})
    with pytest.raises(ArgumentTypeError, match=r"left\.left\.left\.name is not of type"):
        validator.check(tree(3, {"name": []}))


@pytest.mark.parametrize("value", [chain(60), [[]] * 60_000])
def test_where_telling_would_take_too_long_it_is_not_told(value: Any) -> None:
    with pytest.raises(InvalidValueError, match=r"it: it does not fit its schema$"):
        Validator({"type": ["object", "string"], **WIDE}, "it").check(value)


def test_a_value_that_is_too_large_for_its_schema() -> None:
    schema = {"items": {"anyOf": [{"const": number} for number in range(2000)]}}
    with pytest.raises(InvalidValueError, match="the value is too large"):
        Validator(schema, "it").check([1] * 100_000)
    assert Validator({"items": {"type": "integer"}}, "it").check([1] * 100_000) == [1] * 100_000


def test_what_stands_in_a_text_is_measured_too() -> None:
    schema = {"type": "array", "items": {"anyOf": [{"const": number} for number in range(2000)]}}
    with pytest.raises(InvalidValueError, match="the value is too large"):
        Validator(schema, "it").check("[" + "1," * 100_000 + "1]")


def test_mending_ends() -> None:
    schema = {"anyOf": [{"$ref": "#/$defs/x"}, {"$ref": "#/$defs/x"}]}
    assert repaired("5", {"$defs": {"x": schema}, **schema}) == "5"
    assert repaired(["5"] * 200_000, {"items": {"type": "integer"}, "type": "array"})[0] == 5
    assert repaired("5", doubling(1000)) == 5


def test_declarations_end() -> None:
    fields = {f"f{at}": {"$ref": "#"} for at in range(1000)}
    tool = SchemaTool("t", lambda _: None, parameters={"type": "object", "properties": fields})
    for language in ("js", "lua"):
        assert len(declared([tool], language)) < 100_000
