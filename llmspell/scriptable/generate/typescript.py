"""Writes the declarations for TypeScript and for editors of JavaScript."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from llmspell.scriptable.description import Plain
from llmspell.scriptable.generate.inputs import Globals
from llmspell.scriptable.generate.names import camel, declared_names, documented, for_javascript, wrapped
from llmspell.scriptable.generate.proxies import NOTICE

_SCALARS = {
    "any": "any",
    "null": "null",
    "boolean": "boolean",
    "integer": "number",
    "number": "number",
    "text": "string",
    "function": "(...args: any[]) => any",
}


def typescript_stub(described: Plain, globals_: Globals) -> str:
    """Ambient declarations of the globals."""
    names = declared_names(described)

    def comment(doc: str) -> str:
        return _comment(for_javascript(doc, names))

    blocks = [f"// {NOTICE}"]
    blocks += [_record(name, record, comment) for name, record in described["types"].items()]
    blocks.append(_error(globals_, comment))
    for name, function in described["functions"].items():
        blocks.append(f"{comment(function['doc'])}\n{_declared(name, function)}")
    blocks += [_module(name, module, comment) for name, module in described["modules"].items()]
    for name, cls in described["classes"].items():
        blocks += _class(name, cls, comment)
    blocks += [_global(each, comment) for each in globals_.all() if "js" in each]
    return "\n\n".join(blocks) + "\n"


def ts_type(type_: Any) -> str:
    """TYPE as TypeScript writes it."""
    match type_:
        case str():
            return _SCALARS[type_]
        case {"choice": values}:
            return " | ".join(json.dumps(value) for value in values)
        case {"list": item}:
            inner = ts_type(item)
            return f"({inner})[]" if " " in inner else f"{inner}[]"
        case {"map": value}:
            return f"Record<string, {ts_type(value)}>"
        case {"one_of": types}:
            return " | ".join(f"({each})" if "=>" in each else each for each in map(ts_type, types))
        case {"record": name}:
            return str(name)
        case _:
            return _SCALARS[next(iter(type_))]


_Comment = Callable[[str], str]


def _record(name: str, record: Plain, comment: _Comment) -> str:
    return f"{comment(record['doc'])}\ninterface {name} {{\n{_body(_fields(record['fields'], comment))}}}"


def _fields(fields: Plain, comment: _Comment, modifier: str = "") -> Iterator[str]:
    for name, field in fields.items():
        mark = "" if field["required"] else "?"
        yield f"{comment(field['doc'])}\n{modifier}{camel(name)}{mark}: {ts_type(field['type'])};"


def _error(globals_: Globals, comment: _Comment) -> str:
    kinds = " | ".join(json.dumps(kind) for kind in globals_.kinds)
    members = [
        'constructor(message?: string, fields?: Partial<Pick<SpellError, "kind" | "hint" | "retryable" | "data">>);',
        f"{comment('What went wrong, in one word.')}\nreadonly kind: ErrorKind;",
    ]
    members += [
        f"{comment(field.doc)}\nreadonly {field.name}{'' if field.required else '?'}: {field.js};"
        for field in globals_.error_fields
    ]
    return (
        f"{comment('The kinds of errors that a spell can catch.')}\ntype ErrorKind = {kinds};\n\n"
        f"{comment('An error of the runtime.')}\n"
        f"declare class SpellError extends Error {{\n{_body(members)}}}"
    )


def _global(each: Plain, comment: _Comment) -> str:
    return documented(each["js"], comment(each["doc"]), rf"declare (?:const|function|class) {each['name']}\b")


def _module(name: str, module: Plain, comment: _Comment) -> str:
    members = [*_fields(module["constants"], comment, "readonly "), *_methods(module["methods"], comment)]
    return f"{comment(module['doc'])}\ndeclare const {name}: {{\n{_body(members)}}};"


def _class(name: str, cls: Plain, comment: _Comment) -> list[str]:
    type_ = cls["type"]
    doc = comment(cls["doc"])
    return [
        f"{doc}\ninterface {type_} {{\n{_body(_methods(cls['methods'], comment))}}}",
        f"{doc}\ndeclare function {name}({_params(cls['params'])}): {type_};",
    ]


def _methods(methods: Plain, comment: _Comment) -> Iterator[str]:
    for name, method in methods.items():
        for variant in method["overloads"] or [method]:
            yield f"{comment(method['doc'])}\n{_signature(name, variant, method['stream'])};"


def _declared(name: str, method: Plain) -> str:
    return "\n".join(
        f"declare function {_signature(name, variant, method['stream'])};"
        for variant in method["overloads"] or [method]
    )


def _signature(name: str, variant: Plain, stream: bool) -> str:
    result = "void" if variant["result"] == "null" else ts_type(variant["result"])
    return f"{camel(name)}({_params(variant['params'])}): {'AsyncIterable' if stream else 'Promise'}<{result}>"


def _params(params: list[Plain]) -> str:
    return ", ".join(
        f"{camel(each['name'])}{'' if each['required'] else '?'}: {ts_type(each['type'])}" for each in params
    )


def _body(members: Iterator[str] | list[str]) -> str:
    return "".join(textwrap.indent(member, "  ") + "\n" for member in members)


def _comment(doc: str) -> str:
    lines = wrapped(doc.replace("*/", "*\\/"))
    if len(lines) == 1:
        return f"/** {lines[0]} */"
    return "\n".join(["/**", *(f" * {line}".rstrip() for line in lines), " */"])
