"""The bridge objects: the list of all that a script may call, and how a call reaches its method.

A name such as `llm.complete` is looked up in this list and nowhere else. The code behind it is loaded when it is
first used, so that a spell pays only for what it calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Literal, NamedTuple

from llmspell.errors import ArgumentTypeError
from llmspell.scriptable.context import RunContext
from llmspell.scriptable.signature import Signature, signature_of


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
    BridgeObject("module", "spell", "run", "ScriptableSpell"),
    BridgeObject("module", "stdin", "run", "ScriptableInput"),
    BridgeObject("function", "sleep", "run", "sleep"),
    BridgeObject("wire", "module", "run", "load_module"),
    BridgeObject("wire", "tools.call", "tools", "call_tool"),
)


class Method:
    """Something that a script can call, under the `name` that it has on the border."""

    def __init__(
        self, name: str, function: Callable[..., Any], owner: type | None = None, constructor: Signature | None = None
    ) -> None:
        self.name = name
        self.function = function
        self.signature = signature_of(function, name.rpartition(".")[2])
        self._owner = owner
        self._constructor = constructor

    @property
    def stream(self) -> bool:
        """Whether `call` gives an asynchronous iterator, whose items are the stream."""
        return self.signature.stream

    def call(self, context: RunContext, args: Mapping[str, Any]) -> Any:
        """Call it for a script: gives a value, an awaitable of one, or the iterator of a stream.

        Raises `ArgumentTypeError` or `InvalidValueError` for wrong arguments, and what the method raises.
        """
        if self._owner is None:
            return self.function(context, **self.signature.bind(args, context.invoke))
        this, args = self._split(args)
        target = self._owner(context, **this)
        return self.function(target, **self.signature.bind(args, context.invoke))

    def _split(self, args: Mapping[str, Any]) -> tuple[dict[str, Any], Mapping[str, Any]]:
        if self._constructor is None:
            return {}, args
        this = args.get("self")
        if not isinstance(this, dict):
            raise ArgumentTypeError(f"{self.signature.name}: it is a method of {self._constructor.name}")
        return self._constructor.bind(this), {name: value for name, value in args.items() if name != "self"}


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
    code = each.load()
    if not isinstance(code, type):
        return {each.name: Method(each.name, code)}
    constructor = constructor_of(each) if each.kind == "class" else None
    return {
        f"{each.name}.{name}": Method(f"{each.name}.{name}", function, code, constructor)
        for name, function in public(code)
    }


def constructor_of(each: BridgeObject) -> Signature:
    """What a class is made with, under the name of its global."""
    return signature_of(each.load().__init__, each.name, skip=2)


def public(cls: type) -> list[tuple[str, Callable[..., Any]]]:
    """The methods of a class that scripts see, as they are written."""
    return [(name, value) for name, value in vars(cls).items() if not name.startswith("_") and callable(value)]
