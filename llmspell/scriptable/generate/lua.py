"""Writes the stub for Lua editors, in the annotations of LuaCATS (https://luals.github.io/wiki/annotations)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from llmspell.scriptable.description import Plain
from llmspell.scriptable.generate.inputs import Globals
from llmspell.scriptable.generate.names import documented, for_lua, wrapped
from llmspell.scriptable.generate.proxies import NOTICE

_SCALARS = {
    "any": "any",
    "null": "nil",
    "boolean": "boolean",
    "integer": "integer",
    "number": "number",
    "text": "string",
    "function": "fun(...: any): any",
}


def lua_stub(described: Plain, globals_: Globals) -> str:
    """A meta file: declarations only, never run."""
    blocks = [f"---@meta\n-- {NOTICE}"]
    blocks += [_record(name, record) for name, record in described["types"].items()]
    blocks.append(_error(globals_))
    for name, function in described["functions"].items():
        blocks.append(_function(name, function))
    for name, module in described["modules"].items():
        blocks += _module(name, module)
    for name, cls in described["classes"].items():
        blocks += _class(name, cls)
    blocks += [_global(each) for each in globals_.all() if "lua" in each]
    return "\n\n".join(blocks) + "\n"


def lua_type(type_: Any) -> str:
    """TYPE as LuaCATS writes it."""
    match type_:
        case str():
            return _SCALARS[type_]
        case {"choice": values}:
            return "|".join(json.dumps(value) for value in values)
        case {"list": item}:
            inner = lua_type(item)
            return f"({inner})[]" if "|" in inner else f"{inner}[]"
        case {"map": value}:
            return f"table<string, {lua_type(value)}>"
        case {"one_of": types}:
            return "|".join(f"({each})" if each.startswith("fun(") else each for each in map(lua_type, types))
        case {"record": name}:
            return f"llmspell.{name}"
        case _:
            return _SCALARS[next(iter(type_))]


def _record(name: str, record: Plain) -> str:
    return "\n".join([_comment(for_lua(record["doc"])), f"---@class llmspell.{name}", *_fields(record["fields"])])


def _fields(fields: Plain) -> Iterator[str]:
    for name, field in fields.items():
        shown, optional = _optional(field["type"])
        mark = "?" if optional or not field["required"] else ""
        yield f"---@field {name}{mark} {lua_type(shown)} {_one_line(for_lua(field['doc']))}".rstrip()


def _optional(type_: Any) -> tuple[Any, bool]:
    """A type without null, and whether null was in it: LuaCATS writes that as a question mark."""
    match type_:
        case {"one_of": types} if "null" in types:
            rest = [each for each in types if each != "null"]
            return (rest[0] if len(rest) == 1 else {"one_of": rest}), True
        case _:
            return type_, False


def _error(globals_: Globals) -> str:
    lines = [
        "---What `pcall` and `xpcall` give for an error of the runtime; as text it is its message.",
        "---@class llmspell.Error",
        f"---@field kind {'|'.join(json.dumps(kind) for kind in globals_.kinds)}",
    ]
    for field in globals_.error_fields:
        lines.append(f"---@field {field.name}{'' if field.required else '?'} {field.lua} {field.doc}")  # noqa: PERF401  # reads better
    return "\n".join(lines)


def _module(name: str, module: Plain) -> list[str]:
    fields = list(_fields(module["constants"]))
    head = [_comment(for_lua(module["doc"])), f"---@class llmspell.{name}", *fields, f"{name} = {{}}"]
    return ["\n".join(head), *(_function(f"{name}.{key}", method) for key, method in module["methods"].items())]


def _class(name: str, cls: Plain) -> list[str]:
    type_ = cls["type"]
    maker = {"params": cls["params"], "result": {"record": type_}, "stream": False, "overloads": [], "doc": cls["doc"]}
    return [
        f"{_comment(for_lua(cls['doc']))}\n---@class llmspell.{type_}\nlocal {type_} = {{}}",
        *(_function(f"{type_}:{key}", method) for key, method in cls["methods"].items()),
        _function(name, maker),
    ]


def _function(name: str, method: Plain) -> str:
    main, *others = method["overloads"] or [method]
    self_type = f"llmspell.{name.partition(':')[0]}" if ":" in name else None
    result = _result(main["result"], method["stream"])
    lines = [_comment(for_lua(method["doc"]))]
    lines += [f"---@param {_name(param)} {lua_type(param['type'])}" for param in main["params"]]
    lines += [f"---@return {result}"] if result else []
    lines += [f"---@overload {_fun(other, method['stream'], self_type)}" for other in others]
    lines.append(f"function {name}({', '.join(param['name'] for param in main['params'])}) end")
    return "\n".join(lines)


def _name(param: Plain) -> str:
    return f"{param['name']}{'' if param['required'] else '?'}"


def _result(type_: Any, stream: bool) -> str | None:
    if stream:
        return f"fun(): {lua_type(type_)}"
    return None if type_ == "null" else lua_type(type_)


def _fun(overload: Plain, stream: bool, self_type: str | None) -> str:
    params = [f"self: {self_type}"] if self_type else []
    params += [f"{_name(param)}: {lua_type(param['type'])}" for param in overload["params"]]
    result = _result(overload["result"], stream)
    return f"fun({', '.join(params)})" + (f": {result}" if result else "")


def _global(each: Plain) -> str:
    return documented(each["lua"], _comment(each["doc"]), rf"function {each['name']}\b|{each['name']} = ")


def _comment(doc: str) -> str:
    return "\n".join(f"---{line}".rstrip() for line in wrapped(doc))


def _one_line(doc: str) -> str:
    return " ".join(doc.split())
