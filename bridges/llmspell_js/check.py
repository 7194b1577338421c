"""What can be said about a spell without running it."""

from __future__ import annotations

from collections.abc import Iterator, Set
from difflib import get_close_matches
from functools import cache

from llmspell.border import Done, Problem, SpellSource
from llmspell_js.floating import floating
from llmspell_js.grammar import find_problem, plain
from llmspell_js.hints import hint_for, instead_of
from llmspell_js.interpreter import JsInterpreter
from llmspell_js.scope import free_names
from llmspell_js.syntax import Node, descendants, parse, position, text_of

_NOT_AWAITED = "nobody awaits this promise: what it waits for is lost when the spell ends before"
_GLOBALS = "export default Object.getOwnPropertyNames(globalThis)"


def check(source: str, name: str) -> list[Problem]:  # noqa: ARG001  # the name is in every bridge's signature
    """The first syntax error, or else a warning for each unknown name and for each promise that nobody awaits."""
    source = plain(source)
    if (problem := find_problem(source)) is not None:
        advice = hint_for(problem.message)
        return [Problem(problem.line, problem.column, problem.message + (f"; {advice}" if advice else ""))]
    data = source.encode()
    root = parse(data)
    known = known_globals() | set(_assigned(root))
    free = list(free_names(root))
    unknown = [node for node in free if text_of(node) not in known and not _is_guarded(node)]
    problems = [Problem(*position(data, node), _not_defined(text_of(node), known), "warning") for node in unknown]
    dropped = floating(root, frozenset(map(text_of, free)))
    problems += [Problem(*position(data, call), _NOT_AWAITED, "warning") for call in dropped]
    return sorted(problems, key=lambda problem: problem[:2])


def _not_defined(name: str, known: Set[str]) -> str:
    near = get_close_matches(name, known, n=1)
    advice = instead_of(name) or (f"did you mean {near[0]}?" if near else "")
    return f"{name} is not defined" + (f"; {advice}" if advice else "")


@cache
def known_globals() -> frozenset[str]:
    """The globals that a spell finds."""
    interpreter = JsInterpreter()
    said = interpreter.start(SpellSource("globals", _GLOBALS))
    interpreter.close()
    return frozenset(name for message in said if isinstance(message, Done) for name in message.value)


def _assigned(root: Node) -> Iterator[str]:
    """The names that the script makes global itself: `globalThis.name = ...`."""
    for assignment in descendants(root, "assignment_expression"):  # to ask nodes for their parents takes long
        left = assignment.child_by_field_name("left")
        if left is None or left.type != "member_expression":
            continue
        target, name = left.child_by_field_name("object"), left.child_by_field_name("property")
        if target is not None and name is not None and target.type == "identifier" and text_of(target) == "globalThis":
            yield text_of(name)


def _is_guarded(node: Node) -> bool:
    """`typeof name` asks whether there is such a name."""
    parent = node.parent
    operator = None if parent is None else parent.child_by_field_name("operator")
    return operator is not None and text_of(operator) == "typeof"
