"""The signature of a method that scripts call: read from its hints and docstring, it binds their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_type_hints

from llmspell.errors import ArgumentTypeError
from llmspell.functions import Invoke
from llmspell.nearest import near
from llmspell.scriptable.checks import Check, Mismatch, compile_check, expected
from llmspell.scriptable.shapes import Scalar, Shape, Stream, shape_of

NUMBER = "number"
"""The parameter that tells apart the objects of a script; scripts do not write it."""


class Parameter(NamedTuple):
    """One parameter; an optional one may be absent or null."""

    name: str
    shape: Shape
    required: bool


class Signature:
    """What a method takes and gives: `parameters` in their order, the shape of its `result`, its `doc`."""

    def __init__(self, name: str, parameters: tuple[Parameter, ...], result: Shape, doc: str) -> None:
        self.name = name
        self.parameters = parameters
        self.result = result
        self.doc = doc
        self._checks: list[tuple[str, Check, Parameter]] = [
            (parameter.name, compile_check(parameter.shape), parameter) for parameter in parameters
        ]

    @property
    def stream(self) -> bool:
        """Whether the result comes item by item."""
        return isinstance(self.result, Stream)

    @property
    def usage(self) -> str:
        """How it is called: `complete(prompt, options?)`."""
        shown = [name if required else f"{name}?" for name, _, required in self.parameters if name != NUMBER]
        return f"{self.name}({', '.join(shown)})"

    def bind(self, args: Mapping[str, Any], invoke: Invoke | None = None) -> dict[str, Any]:
        """The keyword arguments for the method; `invoke` serves functions among them.

        Raises `ArgumentTypeError` or `InvalidValueError` that name the place: `complete: options.temperature must
        be a number, not text`.
        """
        bound: dict[str, Any] = {}
        seen = 0
        for name, check, parameter in self._checks:
            value = args.get(name)
            if value is None:  # absent, or as good as that
                seen += name in args
                if parameter.required:
                    self._refuse_missing(parameter)
                    bound[name] = None
                continue
            seen += 1
            try:
                bound[name] = check(value, invoke)
            except Mismatch as mismatch:
                raise mismatch.within(name).error(self.name, f"it is called as {self.usage}") from None
        if seen != len(args):
            self._refuse_unknown(args)
        return bound

    def _refuse_missing(self, parameter: Parameter) -> None:
        if parameter.shape == Scalar("any"):
            return
        raise ArgumentTypeError(
            f"{self.name}: {parameter.name} is missing; it must be {expected(parameter.shape)}",
            hint=f"it is called as {self.usage}",
        )

    def _refuse_unknown(self, args: Mapping[str, Any]) -> None:
        names = [parameter.name for parameter in self.parameters]
        for name in args:
            if name not in names:
                raise ArgumentTypeError(
                    f"{self.name}: there is no parameter '{name[:40]}'",
                    hint=near(name, names) or f"it is called as {self.usage}",
                )


def signature_of(function: Callable[..., Any], name: str, skip: int = 1) -> Signature:
    """The signature of a Python function, without its first `skip` parameters (`self`, the context).

    `name` is what the script calls it. Raises `TypeError` for hints that no script value can have.
    """
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    hints = get_type_hints(function, include_extras=True)
    optional = len(function.__defaults__ or ())
    parameters = tuple(
        Parameter(parameter, shape_of(hints[parameter]), at < len(names) - optional)
        for at, parameter in enumerate(names)
        if at >= skip
    )
    return Signature(name, parameters, shape_of(hints["return"]), function.__doc__ or "")
