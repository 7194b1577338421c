"""What a spell says of itself in the comments at its top, for those who offer it as a tool.

    -- Sums up a text in a few sentences.
    -- @name summarize
    -- @param text string the text
    -- @param sentences? integer how many there should be
    -- @param style short|long how much detail

The lines before the first `@` describe the spell, unless `@description` does. A parameter is `@param NAME TYPE WHAT`;
`?` behind its name or its type says that it may be left out. The types are those of the short form of schemas
(`llmspell.agents.schema`), `a|b|c` for one of these texts, and the words that people use for them in Lua and
JavaScript. The header ends with the first line that is neither empty nor a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from llmspell.errors import InvalidValueError

_COMMENT = re.compile(r"\s*(?:#!.*|(?:--+|//+|#+|/?\*+/?)\s*(?P<text>.*))?")
_TAG = re.compile(r"@(?P<tag>\w+)\b\s*(?P<rest>.*)")
_PARAM = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<optional>\??)\s+(?P<type>\S+)\s*(?P<doc>.*)")
_CHOICE = re.compile(r"[\"']?[\w.-]+[\"']?(?:\|[\"']?[\w.-]+[\"']?)+")
_ALIASES = {"table": "object", "list": "array", "float": "number", "str": "string", "Object": "object"}
_MAX_DESCRIPTION = 2000


class Line(NamedTuple):
    """A comment of the header; lines and columns count from 1."""

    line: int
    column: int
    text: str
    tag: str | None
    rest: str
    """What follows the tag."""


class Header(NamedTuple):
    """A spell as a tool."""

    name: str | None
    description: str
    parameters: dict[str, Any]
    """JSON Schema of its parameters; any object where the header names none."""


def lines(source: str) -> Iterator[Line]:
    """The comments at the top of a script."""
    for number, line in enumerate(source.lstrip("\ufeff").splitlines(), 1):
        comment = _COMMENT.fullmatch(line)
        if comment is None:
            return
        text = comment["text"] or ""
        tag = _TAG.match(text)
        yield Line(number, comment.start("text") + 1, text, tag and tag["tag"], tag["rest"] if tag else "")


def read(source: str, file: str | None = None) -> Header:
    """The header of a script. Raises `InvalidValueError` that points to a line which cannot be understood."""
    said: list[str] = []
    named: dict[str, str] = {}
    properties: dict[str, Any] = {}
    required: list[str] = []
    tagged = False
    for line in lines(source):
        text = line.text.removesuffix("*/").strip()
        tagged = tagged or line.tag is not None
        if line.tag is None:
            said += [text] if text and not tagged else []
        elif line.tag in ("name", "description"):
            named[line.tag] = line.rest.removesuffix("*/").strip()
        elif line.tag == "param":
            try:
                name, schema, needed = _param(line.rest.removesuffix("*/").strip())
                if name in properties:
                    raise InvalidValueError(f"@param {name} is there already", hint="leave one of them")
            except InvalidValueError as error:
                shown = source.splitlines()[line.line - 1]
                place = {"file": file, "line": line.line, "column": line.column, "source_line": shown}
                raise InvalidValueError(error.message, hint=error.hint, **place) from None  # type: ignore[arg-type]  # fields
            properties[name] = schema
            required += [name] if needed else []
    parameters: dict[str, Any] = {"type": "object", "properties": properties}
    if properties:
        parameters |= {"required": required, "additionalProperties": False}
    return Header(named.get("name"), named.get("description", " ".join(said))[:_MAX_DESCRIPTION], parameters)


def _param(text: str) -> tuple[str, dict[str, Any], bool]:
    found = _PARAM.fullmatch(text)
    if found is None:
        raise InvalidValueError(
            f"@param {text[:60]} is no parameter", hint="write @param NAME TYPE WHAT, as in @param city string the city"
        )
    name, kind = found["name"], found["type"]
    optional = bool(found["optional"]) or kind.endswith("?")
    kind = kind.removesuffix("?")
    schema = _typed(kind, f"@param {name}")
    return name, schema | ({"description": found["doc"].strip()} if found["doc"].strip() else {}), not optional


def _typed(kind: str, place: str) -> dict[str, Any]:
    if _CHOICE.fullmatch(kind):
        return {"type": "string", "enum": [each.strip("\"'") for each in kind.split("|")]}
    from llmspell.agents.schema import schema_of  # most headers are read for what a spell needs

    bare = kind.rstrip("[]")
    return schema_of(_ALIASES.get(bare, bare) + kind[len(bare) :], place)
