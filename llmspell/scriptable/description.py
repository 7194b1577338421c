"""The description of the bridge objects as a plain object, from which every language's proxies are written.

    {"functions": {name: METHOD}, "modules": {name: {"doc", "constants": {name: FIELD}, "methods": {name: METHOD}}},
     "classes": {name: {"doc", "type", "params": [PARAM], "numbered", "methods": {name: METHOD}}},
     "types": {name: {"doc", "fields": {name: FIELD}}}}

The objects of a `numbered` class have a number of their own, from 1, which the bridge puts before the parameters of the
constructor as `number`; inside an argument such an object crosses as `{name: SELF}`.

METHOD is `{"method", "params": [PARAM], "result": TYPE, "spec": SPEC, "stream", "doc", "overloads": [{"params",
"result"}]}`, where `method` is the name on the border and `result` of a stream is the type of its items. PARAM is
`{"name", "required", "type": TYPE, "spec": SPEC}` and FIELD `{"required", "type": TYPE, "doc"}`.

TYPE is one of `any null boolean integer number text function`, or `{"choice": [text]}`, `{"list": TYPE}`,
`{"map": TYPE}`, `{"one_of": [TYPE]}`, `{"record": name}`; numbers with bounds are `{"number": {"at_least", "above",
"at_most"}}` (or `integer`). SPEC says which names are declared, for languages that write them otherwise: null,
`{"fields": {name: SPEC}}`, `{"items": SPEC}` or both; whatever it does not reach belongs to the user.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from itertools import pairwise
from typing import Any, TypeAlias, get_overloads, get_type_hints

from llmspell.scriptable.method import Method
from llmspell.scriptable.objects import OBJECTS, BridgeObject, methods_of
from llmspell.scriptable.shapes import (
    Bounds,
    Choice,
    Function,
    ListOf,
    MapOf,
    OneOf,
    Record,
    Scalar,
    Shape,
    Stream,
    members,
    shape_of,
)
from llmspell.scriptable.signature import NUMBER, Parameter, Signature, signature_of

Plain: TypeAlias = dict[str, Any]


def describe() -> Plain:
    """All that scripts may call."""
    described: Plain = {"functions": {}, "modules": {}, "classes": {}, "types": {}}
    for each in OBJECTS:
        if each.kind == "wire":
            continue
        if each.kind == "function":
            described["functions"][each.name] = _method(methods_of(each)[each.name])
        else:
            described["modules" if each.kind == "module" else "classes"][each.name] = _object(each)
    described["types"] = _types()
    return described


def type_of(shape: Shape) -> Any:
    """A shape as TYPE."""
    match shape:
        case Scalar(name, bounds):
            limits = {key: value for key, value in bounds._asdict().items() if value is not None}
            return {name: limits} if limits else name
        case Choice(values):
            return {"choice": list(values)}
        case ListOf(item):
            return {"list": type_of(item)}
        case MapOf(value):
            return {"map": type_of(value)}
        case OneOf(shapes):
            return {"one_of": [type_of(member) for member in shapes]}
        case Record():
            return {"record": shape.name}
        case Stream(item):
            return type_of(item)
        case Function():
            return "function"


def spec_of(shape: Shape) -> Any:
    """A shape as SPEC; null where it declares no name of several words."""
    spec: Plain = {}
    for member in members(shape):
        match member:
            case Record(fields=fields):
                inside = {name: spec_of(field.shape) for name, field in fields.items()}
                if any("_" in name or inner for name, inner in inside.items()):
                    spec["fields"] = inside
            case ListOf(item) if (inner := spec_of(item)) is not None:
                spec["items"] = inner
            case Stream(item):
                return spec_of(item)
    return spec or None


def _object(each: BridgeObject) -> Plain:
    cls, found = each.load(), methods_of(each)
    methods = {name.rpartition(".")[2]: _method(method) for name, method in found.items()}
    constructor = next(iter(found.values())).constructor
    described: Plain = {"doc": doc_of(cls)}
    if constructor is None:
        described["constants"] = _fields(cls, {name: (shape, True) for name, shape in _constants(cls).items()})
    else:
        params = _params(constructor)
        numbered = any(param["name"] == NUMBER for param in params)
        described |= {
            "type": cls.__name__.removeprefix("Scriptable"),
            "params": [param for param in params if param["name"] != NUMBER],
            "numbered": numbered,
        }
    return {**described, "methods": methods}


def _constants(cls: type) -> dict[str, Shape]:
    return {name: shape_of(hint) for name, hint in get_type_hints(cls).items()}


def _method(method: Method) -> Plain:
    signature = method.signature
    return {
        "method": method.name,
        "params": _params(signature),
        "result": type_of(signature.result),
        "spec": spec_of(signature.result),
        "stream": signature.stream,
        "doc": doc_of(method.function),
        "overloads": [_overload(function, signature) for function in get_overloads(method.function)],
    }


def _overload(function: Callable[..., Any], main: Signature) -> Plain:
    signature = signature_of(function, main.name)
    return {"params": _params(signature), "result": type_of(signature.result)}


def _params(signature: Signature) -> list[Plain]:
    return [_param(parameter) for parameter in signature.parameters]


def _param(parameter: Parameter) -> Plain:
    shape = without_null(parameter.shape) if not parameter.required else parameter.shape
    return {
        "name": parameter.name,
        "required": parameter.required,
        "type": type_of(shape),
        "spec": spec_of(shape),
    }


def without_null(shape: Shape) -> Shape:
    """A shape without the null that only says that a parameter may be absent."""
    rest = tuple(member for member in members(shape) if member != Scalar("null", Bounds()))
    return rest[0] if len(rest) == 1 else OneOf(rest)


def _types() -> Plain:
    found: dict[str, Record] = {}
    for each in OBJECTS:
        if each.kind != "wire":
            _collect_object(each, found)
    return {
        name: {
            "doc": doc_of(record.cls),
            "fields": _fields(record.cls, {key: (field.shape, field.required) for key, field in record.fields.items()}),
        }
        for name, record in sorted(found.items())
    }


def _collect_object(each: BridgeObject, found: dict[str, Record]) -> None:
    for method in methods_of(each).values():
        _collect(method.signature.result, found)
        own = method.constructor.parameters if method.constructor else ()
        for parameter in (*method.signature.parameters, *own):
            _collect(parameter.shape, found)


def _collect(shape: Shape, found: dict[str, Record]) -> None:
    match shape:
        case Record():
            if found.setdefault(shape.name, shape).cls is not shape.cls:
                raise TypeError(f"two records are called {shape.name}")
            for field in shape.fields.values():
                _collect(field.shape, found)
        case ListOf(inner) | MapOf(inner) | Stream(inner):
            _collect(inner, found)
        case OneOf(shapes):
            for member in shapes:
                _collect(member, found)


def _fields(cls: type, fields: dict[str, tuple[Shape, bool]]) -> Plain:
    docs = _field_docs(cls)
    return {
        name: {"required": required, "type": type_of(shape), "doc": docs.get(name, "")}
        for name, (shape, required) in fields.items()
    }


def _field_docs(cls: type) -> dict[str, str]:
    """The texts below the fields of a class, which Python itself does not keep."""
    [tree] = ast.parse(inspect.cleandoc("\n" + inspect.getsource(cls))).body
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    docs = {}
    for statement, after in pairwise(body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            match after:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    docs[statement.target.id] = inspect.cleandoc(text)
    return docs


def doc_of(thing: object) -> str:
    """The docstring, without its indentation."""
    return inspect.cleandoc(getattr(thing, "__doc__", None) or "")
