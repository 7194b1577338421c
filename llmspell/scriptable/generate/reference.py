"""Writes the reference of all that spells see, in Markdown."""

from __future__ import annotations

from typing import Any

from llmspell.scriptable.description import Plain
from llmspell.scriptable.generate.inputs import Globals
from llmspell.scriptable.generate.names import camel
from llmspell.scriptable.generate.proxies import NOTICE

_SCALARS = {
    "any": "any value",
    "null": "null",
    "boolean": "boolean",
    "integer": "integer",
    "number": "number",
    "text": "text",
    "function": "function",
}

# What the examples call an object of these classes.
_INSTANCES = {"llm": "model", "agent": "helper", "memory": "notes", "mcp": "server"}

_INTRODUCTION = """
# Reference

All that a spell sees, in Lua and in JavaScript, for those who write spells; [the guide](guide.md) shows how it goes
together. Lua waits by itself; JavaScript uses `await`. Names of several words are `snake_case` in Lua and `camelCase`
in JavaScript; keys of your own data are never renamed. Null is `nil` in Lua. Times are in seconds. `llmspell types`
writes the same facts into a project, for its editor.
"""

_ERRORS = """
A call that fails throws. Lua: `pcall` gives a table that prints its message; JavaScript: `catch` gives a `SpellError`.
Two kinds cannot be caught: `limit`, when the run has passed one of its limits, and `cancelled`.
"""


def reference(described: Plain, globals_: Globals) -> str:
    """The whole page."""
    parts = [f"<!-- {NOTICE} -->", _INTRODUCTION.strip(), _contents(described, globals_)]
    for name, cls in described["classes"].items():
        parts += _class(name, cls, globals_)
    for name, module in described["modules"].items():
        parts += _module(name, module, globals_)
    for name, function in described["functions"].items():
        parts += _method(name, name, camel(name), function, globals_, level=2)
    for group in globals_.groups:
        parts += _group(group)
    parts += ["## Types", *(_record(name, record) for name, record in described["types"].items())]
    parts += _errors(globals_)
    return "\n\n".join(parts) + "\n"


def _contents(described: Plain, globals_: Globals) -> str:
    things = described["classes"] | described["modules"]
    rows = [(name, [(key, f"{name}: {key}") for key in thing["methods"]]) for name, thing in things.items()]
    rows += [(name, []) for name in described["functions"]]
    rows += [(group["title"], [(each["name"], each["name"]) for each in group["global"]]) for group in globals_.groups]
    rows += [("Types", []), ("Errors", [])]
    return "\n".join(
        f"- {_link(name)}{': ' * bool(parts)}{', '.join(_link(*part) for part in parts)}" for name, parts in rows
    )


def _link(name: str, title: str | None = None) -> str:
    return f"[{name}](#{_anchor(title or name)})"


def _anchor(title: str) -> str:
    """The place of a heading in its page, as GitHub names it."""
    return "".join(each for each in title.lower().replace(" ", "-") if each.isalnum() or each in "-_")


def type_words(type_: Any) -> str:
    """TYPE in words, with links to the types of this page."""
    match type_:
        case str():
            return _SCALARS[type_]
        case {"choice": values}:
            return " or ".join(f"`{value}`" for value in values)
        case {"list": item}:
            return f"list of {type_words(item)}"
        case {"map": "any"}:
            return "object"
        case {"map": value}:
            return f"object of {type_words(value)}"
        case {"one_of": types}:
            return " or ".join(type_words(each) for each in types)
        case {"record": name}:
            return _link(name)
        case _:
            [(name, bounds)] = type_.items()
            return ", ".join([_SCALARS[name], *(f"{key.replace('_', ' ')} {value}" for key, value in bounds.items())])


def _class(name: str, cls: Plain, globals_: Globals) -> list[str]:
    parts = [f"## {name}", cls["doc"], _code(f"{name}({_lua_params(cls)})", f"{name}({_js_params(cls)})")]
    parts += [_params_table(cls["params"]), *_example(name, globals_)]
    instance = _INSTANCES.get(name, name)
    for key, method in cls["methods"].items():
        parts += _method(f"{name}.{key}", f"{instance}:{key}", f"{instance}.{camel(key)}", method, globals_)
    return parts


def _module(name: str, module: Plain, globals_: Globals) -> list[str]:
    parts = [f"## {name}", module["doc"]]
    if module["constants"]:
        parts.append(_fields_table(module["constants"]))
    for key, method in module["methods"].items():
        parts += _method(f"{name}.{key}", f"{name}.{key}", f"{name}.{camel(key)}", method, globals_)
    return parts


def _method(name: str, lua: str, js: str, method: Plain, globals_: Globals, level: int = 3) -> list[str]:
    wait = "for await (const item of {})" if method["stream"] else "await {}"
    lua_call = f"{lua}({_lua_params(method)})"
    js_call = wait.format(f"{js}({_js_params(method)})")
    parts = [
        f"{'#' * level} {name.replace('.', ': ')}",
        method["doc"],
        _code(f"for item in {lua_call} do" if method["stream"] else lua_call, js_call),
    ]
    if method["params"]:
        parts.append(_params_table(method["params"]))
    return [*parts, _result(method), *_example(name, globals_)]


def _result(method: Plain) -> str:
    if method["overloads"]:
        words = "; ".join(
            f"{type_words(each['result'])} for {type_words(each['params'][0]['type'])}" for each in method["overloads"]
        )
        return f"Gives {words}."
    if method["result"] == "null":
        return "Gives nothing."
    return f"Gives {'a stream: each item is ' if method['stream'] else ''}{type_words(method['result'])}."


def _lua_params(thing: Plain) -> str:
    return ", ".join(f"{each['name']}{'' if each['required'] else '?'}" for each in thing["params"])


def _js_params(thing: Plain) -> str:
    return ", ".join(f"{camel(each['name'])}{'' if each['required'] else '?'}" for each in thing["params"])


def _code(lua: str, js: str) -> str:
    return f"| Lua | JavaScript |\n|---|---|\n| `{lua}` | `{js}` |"


def _params_table(params: list[Plain]) -> str:
    rows = [f"| {_name(each['name'])} | {type_words(each['type'])} | {_needed(each)} |" for each in params]
    return "\n".join(["| parameter | type | |", "|---|---|---|", *rows])


def _fields_table(fields: Plain) -> str:
    rows = [
        f"| {_name(name)} | {type_words(field['type'])}{'' if field['required'] else ', optional'} | {field['doc']} |"
        for name, field in fields.items()
    ]
    return "\n".join(["| field | type | |", "|---|---|---|", *rows])


def _needed(param: Plain) -> str:
    return "" if param["required"] else "optional"


def _name(name: str) -> str:
    return f"`{name}`" if camel(name) == name else f"`{name}`, `{camel(name)}`"


def _record(name: str, record: Plain) -> str:
    return f"### {name}\n\n{record['doc']}\n\n{_fields_table(record['fields'])}"


def _example(name: str, globals_: Globals) -> list[str]:
    example = globals_.examples.get(name)
    return [] if example is None else [_fenced("lua", example["lua"]), _fenced("js", example["js"])]


def _fenced(language: str, code: str) -> str:
    return f"```{language}\n{code.strip()}\n```"


def _group(group: Plain) -> list[str]:
    parts = [f"## {group['title']}"]
    if "doc" in group:
        parts.append(group["doc"].strip())
    for each in group["global"]:
        parts += [f"### {each['name']}", each["doc"].strip()]
        for language in ("lua", "js"):
            if example := each.get(f"{language}_example"):
                parts.append(_fenced(language, example))
    return parts


def _errors(globals_: Globals) -> list[str]:
    kinds = [f"| `{kind}` | {doc.splitlines()[0]} |" for kind, doc in globals_.kinds.items()]
    fields = [f"| `{field.name}` | {field.doc} |" for field in globals_.error_fields]
    return [
        "## Errors",
        _ERRORS.strip(),
        *_example("errors", globals_),
        "\n".join(["| field | |", "|---|---|", "| `kind` | What went wrong, one of the words below. |", *fields]),
        "\n".join(["| kind | |", "|---|---|", *kinds]),
    ]
