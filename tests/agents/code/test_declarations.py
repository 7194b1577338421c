"""What a model is told of tools, in the language that it writes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.agents import BaseTool, SchemaTool, Tool, ToolContext
from llmspell.agents.code.declarations import declared, listed, summary
from llmspell_lua import bridge as lua


def tool(parameters: Any, description: str = "", name: str = "tool") -> SchemaTool:
    return SchemaTool(name, dict, description=description, parameters=parameters)


TYPES: list[tuple[Any, str, str]] = [
    ("string", "string", "string"),
    ("integer", "number", "integer"),
    ("number", "number", "number"),
    ("boolean", "boolean", "boolean"),
    ("any", "any", "any"),
    ("string[]", "string[]", "string[]"),
    ("object", "Record<string, any>", "table<string, any>"),
    ("array", "any[]", "any[]"),
    (["small", "large"], '"small" | "large"', '"small" | "large"'),
    ([["small", "large"]], '("small" | "large")[]', '("small" | "large")[]'),
    ({"city": "string", "days?": "integer"}, "{ city: string; days?: number }", "{ city: string, days?: integer }"),
    ([{"city": "string"}], "{ city: string }[]", "{ city: string }[]"),
    ({"a-b": "string"}, '{ "a-b": string }', '{ ["a-b"]: string }'),
    ({"type": ["string", "null"]}, "string | null", "string | null"),
    ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, "number", "integer | number"),
    ({"const": 5}, "5", "5"),
    ({"enum": [1, None, True]}, "1 | null | true", "1 | nil | true"),
    (
        {"type": "object", "additionalProperties": {"type": "integer"}},
        "Record<string, number>",
        "table<string, integer>",
    ),
    ({"allOf": [{"type": "string"}]}, "string", "string"),
    ({"allOf": [{"type": "string"}, {"minLength": 1}]}, "any", "any"),
]


@pytest.mark.parametrize(("schema", "js", "in_lua"), TYPES)
def test_types(schema: Any, js: str, in_lua: str) -> None:
    made = tool({"type": "object", "properties": {"x": _schema(schema)}, "required": ["x"]})
    assert declared([made], "js") == f"tools.tool(args: {{ x: {js} }}): Promise<any>;"
    assert f"---@param args {{ x: {in_lua} }}\n" in declared([made], "lua")


def _schema(given: Any) -> Any:
    from llmspell.agents.schema import schema_of

    return schema_of(given)


def test_descriptions_bounds_and_defaults_are_comments() -> None:
    made = tool(
        {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "The name\nof a city", "minLength": 2},
                "days": {"type": "integer", "default": 3, "minimum": 1, "maximum": 7},
                "plain": {"type": "string"},
            },
        },
        "Weather of a city.\n\nFor some days */ to come.",
    )
    assert declared([made], "js") == (
        "/**\n * Weather of a city.\n * For some days * / to come.\n"
        " * @param args.city The name of a city (at least 2 characters)\n"
        " * @param args.days (default 3, at least 1, at most 7)\n */\n"
        "tools.tool(args?: { city?: string; days?: number; plain?: string }): Promise<any>;"
    ).replace("(default 3, at least 1, at most 7)", "(at least 1, at most 7, default 3)")
    assert declared([made], "lua") == (
        "--- Weather of a city.\n--- For some days */ to come.\n"
        "--- `city`: The name of a city (at least 2 characters)\n"
        "--- `days`: (at least 1, at most 7, default 3)\n"
        "---@param args? { city?: string, days?: integer, plain?: string }\n"
        "---@return any\nfunction tools.tool(args) end"
    )


def test_references_and_circles_end() -> None:
    schema = {
        "type": "object",
        "properties": {"root": {"$ref": "#/$defs/Node"}, "gone": {"$ref": "#/$defs/Gone"}},
        "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}},
    }
    text = declared([tool(schema)], "js")
    assert "root?: { next?: { next?:" in text
    assert "gone?: any" in text
    assert len(text) < 300


def test_tools_without_arguments() -> None:
    assert declared([tool(None)], "js") == "tools.tool(): Promise<any>;"
    assert declared([tool(None)], "lua") == "---@return any\nfunction tools.tool() end"


def test_python_tools_keep_the_order_of_their_parameters() -> None:
    def book(train: str, adults: int, seat: str = "window", dogs: int = 0) -> str:
        """Book seats.

        Args:
            train: which one
        """
        return train + seat * adults * dogs

    text = declared([Tool(book)], "js")
    assert "{ train: string; adults: number; seat?: string; dogs?: number }" in text
    assert "@param args.train which one" in text


def test_declarations_of_lua_are_lua() -> None:
    made = [tool(_object(schema), "Says so.", f"tool{at}") for at, (schema, _, _) in enumerate(TYPES)]
    assert lua.check(f"local tools = {{}}\n{declared(made, 'lua')}", "x.lua") == []


def _object(schema: Any) -> Any:
    return {"type": "object", "properties": {"x": _schema(schema)}}


KEYWORDS = (
    "type",
    "properties",
    "items",
    "enum",
    "const",
    "anyOf",
    "allOf",
    "required",
    "$ref",
    "minimum",
    "description",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYWORDS) | st.text(max_size=4), inner),
    max_leaves=12,
)


class Foreign(BaseTool):
    """A tool whose schema somebody else has made."""

    def __init__(self, schema: Any) -> None:
        super().__init__("foreign")
        self._schema = schema

    @property
    def description(self) -> str:
        return "Foreign."

    @property
    def parameters(self) -> dict[str, Any]:
        return {"type": "object", "properties": {"x": self._schema, "a\nb": self._schema}, "required": ["x"]}

    async def run(self, args: dict[str, Any], context: ToolContext) -> Any:
        raise NotImplementedError


@given(JSON)
def test_no_schema_is_too_strange(schema: Any) -> None:
    made = [Foreign(schema)]
    assert "tools.foreign(args: {" in declared(made, "js")
    assert lua.check(f"local tools = {{}}\n{declared(made, 'lua')}", "x.lua") == []


def test_lists_are_short() -> None:
    long = "word " * 100
    tools = [tool(None, "First. Second.", "one"), tool(None, long, "two"), tool(None, "", "three")]
    assert listed(tools).splitlines()[0] == "- one: First."
    assert listed(tools).splitlines()[2] == "- three"
    assert len(summary(tools[1])) <= 100
    assert summary(tools[1]).endswith("…")
