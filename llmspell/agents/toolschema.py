"""From a typed Python function to the schema of a tool; the part of tools that needs pydantic."""

from __future__ import annotations

import collections.abc
import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema

from llmspell.agents.context import ToolContext
from llmspell.agents.docstrings import parse_docstring
from llmspell.agents.validation import repaired
from llmspell.errors import ArgumentTypeError, InvalidValueError, LlmspellError
from llmspell.functions import Invoke, given, is_function, script_function
from llmspell.nearest import near

_SHOWN_ERRORS = 3


class ToolSchema:
    """What a function takes: `description` and `parameters` (JSON Schema) for models, `bind` for scripts.

    Raises `InvalidValueError` for a function whose parameters no script could pass.
    """

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self.name = name
        self.is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(_code_of(function))
        self.description, docs = parse_docstring(_doc_of(function))
        parameters = _parameters(function, name)
        self._contexts = [key for key, each in parameters.items() if _is_context(each.annotation)]
        for key in self._contexts:
            del parameters[key]
        self._callbacks = {key: each for key, each in parameters.items() if _takes_function(each.annotation)}
        self._model = _model_of(
            name, {key: each for key, each in parameters.items() if key not in self._callbacks}, docs
        )
        self._names = list(parameters)

    @property
    def calls_back(self) -> bool:
        """Whether it takes functions of the script."""
        return bool(self._callbacks)

    @property
    def parameters(self) -> dict[str, Any]:
        """JSON Schema of the arguments; functions of a script are not part of it."""
        schema = self._model.model_json_schema(schema_generator=_Untitled)
        schema.pop("title", None)
        schema.pop("description", None)
        return {"type": "object", "properties": {}, **schema}

    def bind(self, args: Mapping[str, Any], context: ToolContext) -> dict[str, Any]:
        """The keyword arguments for the function. Raises `ArgumentTypeError` or `InvalidValueError`."""
        functions = {
            key: self._function(key, args, context.invoke) for key in self._callbacks if args.get(key) is not None
        }
        plain = {key: value for key, value in args.items() if key not in self._callbacks}
        for key, value in plain.items():
            if is_function(value):
                raise self._wrong_type(f"{key[:40]} cannot be a function")
        self._require_callbacks(functions)
        model = self._validated(plain)
        fields = type(model).model_fields
        bound = {str(fields[key].alias): getattr(model, key) for key in model.model_fields_set}
        return functions | bound | dict.fromkeys(self._contexts, context)

    def _validated(self, args: dict[str, Any]) -> BaseModel:
        try:
            return self._model.model_validate(args)
        except ValidationError as error:
            mended = repaired(args, self.parameters)
            if mended != args:
                return self._validated(mended)
            raise self._failure(error) from None

    def _require_callbacks(self, functions: Mapping[str, Any]) -> None:
        for key, parameter in self._callbacks.items():
            if parameter.default is inspect.Parameter.empty and key not in functions:
                raise self._wrong_type(f"{key} is missing; it must be a function")

    def _function(self, key: str, args: Mapping[str, Any], invoke: Invoke | None) -> Callable[..., Any]:
        value = args[key]
        if invoke is None or not is_function(value):
            raise self._wrong_type(f"{key} must be a function, not {given(value)}")
        function = script_function(invoke, value["$function"])
        return function if self.is_async else _blocking(function)

    def _failure(self, error: ValidationError) -> LlmspellError:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        told = "; ".join(_told(problem) for problem in problems[:_SHOWN_ERRORS])
        unknown = [str(problem["loc"][0]) for problem in problems if problem["type"] == "extra_forbidden"]
        cls = ArgumentTypeError if all(_is_type(problem["type"]) for problem in problems) else InvalidValueError
        return cls(f"{self.name}: {told}", hint=(near(unknown[0], self._names) if unknown else None) or self._takes)

    def _wrong_type(self, told: str) -> ArgumentTypeError:
        return ArgumentTypeError(f"{self.name}: {told}", hint=self._takes)

    @property
    def _takes(self) -> str:
        return f"it takes {', '.join(self._names)}" if self._names else "it takes no arguments"


class _Untitled(GenerateJsonSchema):
    """Without the titles that only repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def _code_of(function: Callable[..., Any]) -> Any:
    """The function that has the hints: of a partial the inner one, of a callable object its `__call__`."""
    if isinstance(function, partial):
        return _code_of(function.func)
    return function if inspect.isroutine(function) else type(function).__call__


def _doc_of(function: Callable[..., Any]) -> str:
    """The docstring: of an object the class's own, else that of its `__call__`."""
    inner = _code_of(function)
    own = None if inspect.isroutine(function) or isinstance(function, partial) else type(function).__doc__
    return inspect.cleandoc(own) if own else inspect.getdoc(inner) or ""


def _parameters(function: Callable[..., Any], name: str) -> dict[str, inspect.Parameter]:
    try:
        hints = get_type_hints(_code_of(function), include_extras=True)
        parameters = inspect.signature(function).parameters
    except (NameError, TypeError, ValueError) as error:
        raise InvalidValueError(f"tool {name}: its signature cannot be read: {error}") from None
    for parameter in parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise InvalidValueError(
                f"tool {name}: {parameter} cannot be given by name", hint="a tool takes named parameters only"
            )
    return {key: each.replace(annotation=hints.get(key, Any)) for key, each in parameters.items()}


def _is_context(hint: Any) -> bool:
    return hint is ToolContext or ToolContext in get_args(hint)


def _takes_function(hint: Any) -> bool:
    if hint is collections.abc.Callable or get_origin(hint) is collections.abc.Callable:
        return True
    return any(_takes_function(arg) for arg in get_args(hint) if not isinstance(arg, (list, str)))


def _model_of(name: str, parameters: dict[str, inspect.Parameter], docs: Mapping[str, str]) -> type[BaseModel]:
    # The fields have names of our own, since those of parameters may collide with the attributes of a model.
    fields: dict[str, Any] = {
        f"field_{at}": (parameter.annotation, _field(parameter, docs.get(parameter.name)))
        for at, parameter in enumerate(parameters.values())
    }
    try:
        return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
    except PydanticUserError as error:
        raise InvalidValueError(
            f"tool {name}: its parameters cannot be described: {str(error).splitlines()[0]}",
            hint="use JSON types, dataclasses, TypedDicts or pydantic models",
        ) from None


def _field(parameter: inspect.Parameter, doc: str | None) -> Any:
    options: dict[str, Any] = {"alias": parameter.name}
    if doc:
        options["description"] = doc
    if parameter.default is not inspect.Parameter.empty:
        options["default"] = parameter.default
    return Field(**options)


def _told(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])[:80]
    match problem["type"]:
        case "missing":
            return f"{place} is missing"
        case "extra_forbidden":
            return f"there is no parameter '{place}'"
        case _:
            said = problem["msg"].removeprefix("Value error, ")
            return f"{place} {said.replace('Input should be', 'must be', 1)}"


def _is_type(kind: str) -> bool:
    return kind in ("missing", "extra_forbidden") or kind.endswith(("_type", "_parsing"))


def _blocking(function: Callable[..., Any]) -> Callable[..., Any]:
    """For a tool that runs in a thread: calls the script and waits for its answer."""
    import asyncio  # a tool is called inside a loop

    loop = asyncio.get_running_loop()

    async def in_loop(args: tuple[Any, ...]) -> Any:
        return await function(*args)

    def call(*args: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(in_loop(args), loop).result()

    return call
