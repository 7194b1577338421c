"""What can be said about a spell without running it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from llmspell.border import Done, Problem, SpellSource
from llmspell_js.grammar import find_problem, plain
from llmspell_js.interpreter import JsInterpreter
from llmspell_js.scope import free_names
from llmspell_js.syntax import Node, descendants, parse, position, text_of

_GLOBALS = "export default Object.getOwnPropertyNames(globalThis)"


def check(source: str, name: str) -> list[Problem]:  # noqa: ARG001  # the name is in every bridge's signature
    """The first syntax error, or else a warning for each use of a name that is neither declared nor global."""
    source = plain(source)
    if (problem := find_problem(source)) is not None:
        return [Problem(problem.line, problem.column, problem.message)]
    data = source.encode()
    root = parse(data)
    known = known_globals() | set(_assigned(root))
    return [
        Problem(*position(data, node), f"{text_of(node)} is not defined", "warning")
        for node in free_names(root)
        if text_of(node) not in known and not _is_guarded(node)
    ]


@cache
def known_globals() -> frozenset[str]:
    """The globals that a spell finds."""
    interpreter = JsInterpreter()
    said = interpreter.start(SpellSource("globals", _GLOBALS))
    interpreter.close()
    return frozenset(name for message in said if isinstance(message, Done) for name in message.value)


def _assigned(root: Node) -> Iterator[str]:
    """The names that the script makes global itself: `globalThis.name = ...`."""
    for node in descendants(root, "member_expression"):
        target, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        parent = node.parent
        if target is None or name is None or parent is None or parent.type != "assignment_expression":
            continue
        if text_of(target) == "globalThis" and parent.child_by_field_name("left") == node:
            yield text_of(name)


def _is_guarded(node: Node) -> bool:
    """`typeof name` asks whether there is such a name."""
    parent = node.parent
    operator = None if parent is None else parent.child_by_field_name("operator")
    return operator is not None and text_of(operator) == "typeof"
