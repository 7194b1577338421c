"""The bridge objects: the list of all that a script may call, and how a call reaches its method.

A name such as `llm.complete` is looked up in this list and nowhere else. The code behind it is loaded when it is
first used, so that a spell pays only for what it calls.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from llmspell.scriptable.method import Method as Method  # those who type a method know this module


class BridgeObject(NamedTuple):
    """One global of the script, and where its code is.

    `function` is a plain function, `module` a class with methods but no state, `class` one that scripts make
    objects of. `wire` is a function that bridges call by their own means; it has no generated proxy.
    """

    kind: Literal["function", "module", "class", "wire"]
    name: str
    module: str
    attribute: str

    def load(self) -> Any:
        """The Python function or class."""
        return getattr(import_module(f"llmspell.scriptable.{self.module}"), self.attribute)


OBJECTS = (
    BridgeObject("class", "llm", "llm", "ScriptableLLM"),
    BridgeObject("class", "agent", "agent", "ScriptableAgent"),
    BridgeObject("class", "tool", "agent", "ScriptableTool"),
    BridgeObject("module", "http", "http", "ScriptableHttp"),
    BridgeObject("module", "spell", "run", "ScriptableSpell"),
    BridgeObject("module", "stdin", "run", "ScriptableInput"),
    BridgeObject("function", "sleep", "run", "sleep"),
    BridgeObject("module", "fs", "fs", "ScriptableFiles"),
    BridgeObject("module", "state", "state", "ScriptableState"),
    BridgeObject("class", "mcp", "mcp", "ScriptableServer"),
    BridgeObject("class", "memory", "memory", "ScriptableMemory"),
    BridgeObject("module", "blob", "blob", "ScriptableBlob"),
    BridgeObject("module", "env", "machine", "ScriptableEnvironment"),
    BridgeObject("function", "run", "machine", "run"),
    BridgeObject("wire", "module", "run", "load_module"),
    BridgeObject("wire", "tools.call", "tools", "call_tool"),
)


def method(name: str) -> Method | None:
    """What a script calls by that name on the border, such as `llm.complete`; None if there is no such thing."""
    for each in OBJECTS:
        if name == each.name or name.startswith(f"{each.name}."):
            return methods_of(each).get(name)
    return None


def methods() -> dict[str, Method]:
    """All that a script may call, by its name on the border."""
    return {name: found for each in OBJECTS for name, found in methods_of(each).items()}


@cache
def methods_of(each: BridgeObject) -> dict[str, Method]:
    """The methods of one object, by their names on the border."""
    from llmspell.scriptable.method import Method, methods_in  # a spell that calls nothing does without

    if each.kind in ("function", "wire"):
        return {each.name: Method(each.name, each.load())}
    return {found.name: found for found in methods_in(each.load(), each.name, constructed=each.kind == "class")}
