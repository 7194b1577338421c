"""What spells say of themselves at their tops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.errors import InvalidValueError
from llmspell.header import Header, read

LUA = """#!/usr/bin/env llmspell
-- Sums up a text
-- in a few sentences.
-- @allow net api.example.com
-- @name summarize
-- @param text string the text
-- @param sentences? integer how many there should be
-- @param style short|long how much detail
-- @param tags string[]?
-- not a description any more
local x = 1 -- @param y string
"""


def test_a_header_in_lua():
    header = read(LUA)
    assert (header.name, header.description) == ("summarize", "Sums up a text in a few sentences.")
    assert header.parameters == {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "the text"},
            "sentences": {"type": "integer", "description": "how many there should be"},
            "style": {"type": "string", "enum": ["short", "long"], "description": "how much detail"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["text", "style"],
        "additionalProperties": False,
    }


def test_a_header_in_javascript():
    header = read("/**\n * Says hello.\n * @param who string whom to greet\n */\nexport default 1;\n")
    assert header.description == "Says hello."
    assert header.parameters["properties"] == {"who": {"type": "string", "description": "whom to greet"}}
    assert read("// @description Adds up\n// @param n number?\n").parameters["required"] == []


def test_without_a_header_anything_goes():
    assert read("return 1") == Header(None, "", {"type": "object", "properties": {}})


@pytest.mark.parametrize(
    ("written", "schema"),
    [
        ("table", {"type": "object"}),
        ("'a'|'b-c'", {"type": "string", "enum": ["a", "b-c"]}),
        ("any", {}),
        ("boolean", {"type": "boolean"}),
        ("integer[][]", {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}),
    ],
)
def test_types(written, schema):
    assert read(f"-- @param a {written}\n").parameters["properties"]["a"] == schema


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("@param", "is no parameter"),
        ("@param city", "is no parameter"),
        ("@param city strin", "there is no type 'strin'"),
    ],
)
def test_mistakes_are_pointed_to(line, message):
    with pytest.raises(InvalidValueError, match=message) as caught:
        read(f"-- a\n--   {line}\n", "spell.lua")
    error = caught.value
    assert (error.file, error.line, error.column, error.source_line) == ("spell.lua", 2, 6, f"--   {line}")


def test_a_parameter_is_there_once():
    with pytest.raises(InvalidValueError, match="@param city is there already") as caught:
        read("-- @param city string\n-- @param country string\n-- @param city? text\n", "spell.lua")
    assert caught.value.line == 3


@given(st.text())
def test_any_text_has_a_header_or_a_mistake(source):
    try:
        header = read(f"-- {source}")
    except InvalidValueError:
        return
    assert header.parameters["type"] == "object"
