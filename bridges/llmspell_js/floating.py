"""Which promises a script drops: calls that stand alone, though what they start ends with the spell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

from llmspell_js.sources import PROXIES
from llmspell_js.syntax import Node, descendants, text_of

_HELPERS = frozenset({"parallel", "race", "timeout", "retry", "map", "fetch"})
_CHAINED = ("then", "catch", "finally")
_FUNCTIONS = ("arrow_function", "function_expression")


def floating(root: Node, free: frozenset[str]) -> Iterator[Node]:
    """The calls whose promise nobody gets; `free` are the names that the script does not declare."""
    own = set(_async_names(root))
    for statement in descendants(root, "expression_statement"):
        call = _first_of_chain(statement.named_children[0]) if statement.named_children else None
        if call is not None and _gives_promise(call, own, free):
            yield call


def _first_of_chain(node: Node) -> Node | None:
    """`call()` of `call().then(...).catch(...)`."""
    while node.type == "call_expression":
        callee = node.child_by_field_name("function")
        if callee is None or callee.type != "member_expression" or _member(callee)[1] not in _CHAINED:
            return node
        inner = callee.child_by_field_name("object")
        if inner is None:
            return None
        node = inner
    return None


def _gives_promise(call: Node, own: set[str], free: frozenset[str]) -> bool:
    callee = call.child_by_field_name("function")
    if callee is None:
        return False
    if callee.type == "parenthesized_expression":
        return any(child.type in _FUNCTIONS and _is_async(child) for child in callee.named_children)
    if callee.type == "identifier":
        name = text_of(callee)
        return name in own or (name in free and name in _promising())
    owner, name = _member(callee)
    return owner in free and (owner == "tools" or f"{owner}.{name}" in _promising())


def _member(node: Node) -> tuple[str, str]:
    owner, name = node.child_by_field_name("object"), node.child_by_field_name("property")
    return ("", "") if owner is None or name is None else (text_of(owner), text_of(name))


def _async_names(root: Node) -> Iterator[str]:
    for node in descendants(root):
        if node.type == "function_declaration":
            function = node
        elif node.type == "variable_declarator" and (value := node.child_by_field_name("value")) is not None:
            function = value
        else:
            continue
        name = node.child_by_field_name("name")
        if name is not None and function.type in (*_FUNCTIONS, "function_declaration") and _is_async(function):
            yield text_of(name)


def _is_async(function: Node) -> bool:
    return any(child.type == "async" for child in function.children)


@cache
def _promising() -> frozenset[str]:
    """What of the runtime gives a promise: functions, and methods of modules that are no streams."""
    described = json.loads(PROXIES)
    methods = (
        f"{module}.{_camel(name)}"
        for module, text in described["modules"].items()
        for name, method in json.loads(text).items()
        if not method.get("stream")
    )
    return _HELPERS | {_camel(name) for name in described["functions"]} | set(methods)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
