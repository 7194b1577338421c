"""What a model is told of tools that its code may call: declarations in the language that it writes.

TypeScript for JavaScript, annotations of LuaCATS (https://luals.github.io/wiki/annotations/) for Lua. What a schema
says beyond types, such as bounds and formats, stands in the comments; whatever cannot be said is `any`, since the
arguments are checked when the tool is called.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from llmspell.agents.tools import BaseTool

_MAX_DEPTH = 6
_MAX_TYPES = 2000
"""Beyond these depths and numbers, types are `any`: references may lead to the same ones over and over."""
_MAX_DOC = 1000
_MAX_CHOICES = 50
_SHORT = 100
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z")
_LUA_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_BOUNDS = {
    "format": "{}",
    "pattern": "must match {}",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "above {}",
    "exclusiveMaximum": "below {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "default": "default {}",
}
_TS = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean", "null": "null"}
_LUA = {"string": "string", "number": "number", "integer": "integer", "boolean": "boolean", "null": "null"}


def declared(tools: Iterable[BaseTool], language: str) -> str:
    """The declarations of tools, one after the other."""
    declare = _in_lua if language == "lua" else _in_typescript
    return "\n".join(declare(tool) for tool in tools)


def listed(tools: Iterable[BaseTool]) -> str:
    """Tools in one line each: the name, and the first sentence about it."""
    return "\n".join(f"- {tool.name}: {summary(tool)}".rstrip(": ") for tool in tools)


def summary(tool: BaseTool) -> str:
    """The first sentence of what a tool does, or as much of it as fits."""
    text = " ".join(tool.description.split())
    end = text.find(". ")
    text = text[: end + 1] if end >= 0 else text
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1].rstrip()}…"


def _in_typescript(tool: BaseTool) -> str:
    schema, fields = tool.parameters, fields_of(tool.parameters)
    type_ = _TypeScript(schema).fields(schema, 0) if fields else ""
    mark = "" if _required(schema) else "?"
    args = f"args{mark}: {type_}" if fields else ""
    return f"{_comment(tool, fields)}tools.{tool.name}({args}): Promise<any>;"


def _comment(tool: BaseTool, fields: Mapping[str, Any]) -> str:
    lines = _told(tool.description)
    for name, schema in fields.items():
        if said := _said(schema):
            lines.append(f"@param args.{_line(name)} {said}")
    text = "\n * ".join(lines).replace("*/", "* /")
    if len(lines) > 1:
        return f"/**\n * {text}\n */\n"
    return f"/** {text} */\n" if lines else ""


def _in_lua(tool: BaseTool) -> str:
    schema, fields = tool.parameters, fields_of(tool.parameters)
    lines = [f"--- {line}" for line in _told(tool.description)]
    lua = _Lua(schema)
    for name, field in fields.items():
        if said := _said(field):
            lines.append(f"--- `{_line(name)}`: {said}")
    mark = "" if _required(schema) else "?"
    if fields:
        lines.append(f"---@param args{mark} {lua.fields(schema, 0)}")
    lines.append(f"---@return any\nfunction tools.{tool.name}({'args' if fields else ''}) end")
    return "\n".join(lines)


def _told(text: str) -> list[str]:
    text = text if len(text) <= _MAX_DOC else f"{text[:_MAX_DOC]}…"
    return [line.strip() for line in text.splitlines() if line.strip()]


def _line(text: str) -> str:
    return " ".join(text.split())


def _said(schema: Any) -> str:
    """The description of an argument, and what its type leaves open."""
    if not isinstance(schema, Mapping):
        return ""
    said = _line(str(schema.get("description", "")))[:_MAX_DOC]
    open_ = [
        text.format(json.dumps(schema[key], ensure_ascii=False) if key in ("default", "pattern") else schema[key])
        for key, text in _BOUNDS.items()
        if key in schema and schema[key] is not None
    ]
    return f"{said} ({', '.join(open_)})".lstrip() if open_ else said


def fields_of(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments of a tool, or the fields of an object, by their names."""
    fields = schema.get("properties")
    return fields if isinstance(fields, Mapping) else {}


def _required(schema: Mapping[str, Any]) -> list[str]:
    required = schema.get("required")
    return [name for name in required if isinstance(name, str)] if isinstance(required, list) else []


class _Types(ABC):
    """Types of one schema; `$ref`s are looked up in its `$defs`."""

    names: Mapping[str, str]
    any_object: str
    any_list: str

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._left = _MAX_TYPES

    def of(self, schema: Any, depth: int) -> str:
        """The type that a schema describes."""
        self._left -= 1
        if not isinstance(schema, Mapping) or depth > _MAX_DEPTH or self._left < 0:
            return "any"
        if "$ref" in schema:
            return self.of(self._found(schema["$ref"]), depth + 1)
        if isinstance(choices := schema.get("enum"), list) and 0 < len(choices) <= _MAX_CHOICES:
            return self.union([self.literal(each) for each in choices])
        if "const" in schema:
            return self.literal(schema["const"])
        for key in ("anyOf", "oneOf"):
            if isinstance(options := schema.get(key), list) and options:
                return self.union([self.of(each, depth + 1) for each in options])
        if isinstance(every := schema.get("allOf"), list) and len(every) == 1:
            return self.of(every[0], depth + 1)
        kind = schema.get("type")
        if isinstance(kind, list):
            return self.union([self.of({**schema, "type": each}, depth + 1) for each in kind])
        return self.named(str(kind), schema, depth)

    def named(self, kind: str, schema: Mapping[str, Any], depth: int) -> str:
        if kind == "array":
            return self.list_of(self.of(schema["items"], depth + 1)) if schema.get("items") else self.any_list
        if kind == "object" or (kind == "None" and fields_of(schema)):
            if fields_of(schema):
                return self.fields(schema, depth + 1)
            more = schema.get("additionalProperties")
            return self.map_of(self.of(more, depth + 1)) if isinstance(more, Mapping) and more else self.any_object
        return self.names.get(kind, "any")

    def _found(self, ref: Any) -> Any:
        found: Any = self._root
        for step in str(ref).removeprefix("#/").split("/"):
            found = found.get(step) if isinstance(found, Mapping) else None
        return found

    def union(self, types: list[str]) -> str:
        return " | ".join(dict.fromkeys(types)) if "any" not in types else "any"

    @abstractmethod
    def literal(self, value: Any) -> str:
        """The type of one value."""

    @abstractmethod
    def fields(self, schema: Mapping[str, Any], depth: int) -> str:
        """An object with named fields."""

    @abstractmethod
    def list_of(self, item: str) -> str:
        """A list."""

    @abstractmethod
    def map_of(self, value: str) -> str:
        """An object with any fields."""


class _TypeScript(_Types):
    names = _TS
    any_object = "Record<string, any>"
    any_list = "any[]"

    def literal(self, value: Any) -> str:
        return (
            json.dumps(value, ensure_ascii=False) if isinstance(value, (str, int, float, bool, type(None))) else "any"
        )

    def fields(self, schema: Mapping[str, Any], depth: int) -> str:
        required = _required(schema)
        inner = "; ".join(
            f"{name if _NAME.match(name) else json.dumps(name)}{'' if name in required else '?'}: "
            f"{self.of(each, depth)}"
            for name, each in fields_of(schema).items()
        )
        return f"{{ {inner} }}"

    def list_of(self, item: str) -> str:
        return f"({item})[]" if " " in item and not item.startswith("{") else f"{item}[]"

    def map_of(self, value: str) -> str:
        return f"Record<string, {value}>"


class _Lua(_Types):
    names = _LUA
    any_object = "table<string, any>"
    any_list = "any[]"

    def literal(self, value: Any) -> str:
        if isinstance(value, bool) or value is None:
            return json.dumps(value).replace("null", "nil")
        return json.dumps(value, ensure_ascii=False) if isinstance(value, (str, int)) else _LUA["number"]

    def fields(self, schema: Mapping[str, Any], depth: int) -> str:
        required = _required(schema)
        inner = ", ".join(
            f"{name if _LUA_NAME.match(name) else f'[{json.dumps(name)}]'}{'' if name in required else '?'}: "
            f"{self.of(each, depth)}"
            for name, each in fields_of(schema).items()
        )
        return f"{{ {inner} }}"

    def list_of(self, item: str) -> str:
        return f"({item})[]" if " | " in item else f"{item}[]"

    def map_of(self, value: str) -> str:
        return f"table<string, {value}>"
