"""How a call of a script reaches the Python method behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from llmspell.errors import ArgumentTypeError
from llmspell.scriptable.context import RunContext
from llmspell.scriptable.signature import Signature, signature_of


class Method:
    """Something that a script can call, under the `name` that it has on the border."""

    def __init__(
        self, name: str, function: Callable[..., Any], owner: type | None = None, *, constructed: bool = False
    ) -> None:
        self.name = name
        self.function = function
        self._owner = owner
        self._constructed = constructed

    @cached_property
    def signature(self) -> Signature:
        """What it takes and gives."""
        return signature_of(self.function, self.name.rpartition(".")[2])

    @cached_property
    def constructor(self) -> Signature | None:
        """What the object is made with that it belongs to; None where scripts make none."""
        if self._owner is None or not self._constructed:
            return None
        return signature_of(vars(self._owner)["__init__"], self.name.partition(".")[0], skip=2)

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
        if self.constructor is None:
            target = self._owner(context)
        else:
            this, args = self._split(self.constructor, context, args)
            target = self._owner(context, **this)
        return self.function(target, **self.signature.bind(args, context.invoke))

    def _split(
        self, constructor: Signature, context: RunContext, args: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Mapping[str, Any]]:
        this = args.get("self")
        if not isinstance(this, dict):
            raise ArgumentTypeError(f"{self.signature.name}: it is a method of {constructor.name}")
        return constructor.bind(this, context.invoke), {name: value for name, value in args.items() if name != "self"}


def methods_in(cls: type, name: str, *, constructed: bool) -> Iterator[Method]:
    """The methods of a bridge class, in the order in which they are written; `name` is the script's global."""
    for key, value in vars(cls).items():
        if not key.startswith("_") and callable(value):
            yield Method(f"{name}.{key}", value, cls, constructed=constructed)
