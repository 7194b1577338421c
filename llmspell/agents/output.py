"""Answers that follow a schema, in the way that a model can do it.

    native      the provider holds the model to the schema
    tool        the model calls a tool whose arguments are the answer
    prompted    the instructions show the schema, and the JSON is looked for in the text
    auto        the first of these that fits: `native`; with tools of its own `tool`; else `prompted`

Whatever the way, the answer is checked here, and one that does not fit goes back to the model with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from llmspell import values
from llmspell.errors import InvalidValueError
from llmspell.providers.base import Request
from llmspell.providers.content import Message, Text, ToolCall

if TYPE_CHECKING:
    from llmspell.agents.validation import Validator

Mode: TypeAlias = Literal["auto", "native", "tool", "prompted"]
MODES = ("auto", "native", "tool", "prompted")
TOOL = "final_answer"
_ABOUT = "Call this with your final answer, once you have it."
_VALUE = "value"
_SHOWN = 4000
_MAX_DEPTH = 100
_PROMPT = "Answer with JSON alone, without any other text around it. The JSON must follow this JSON Schema:\n{schema}"


def check_mode(mode: Any) -> None:
    """Raises `InvalidValueError` for what is no `Mode`."""
    if mode not in MODES:
        raise InvalidValueError(f"the mode of an output must be one of {', '.join(MODES)}, not {mode!r:.40}")


class Output:
    """What an answer must be.

    `given` is JSON Schema, the short form of it, or a Python type that pydantic knows: then the value is one of that
    type. Raises `InvalidValueError` for what is none of these.
    """

    def __init__(self, given: Any, *, mode: Mode = "auto", name: str = "answer") -> None:
        check_mode(mode)
        self.mode: Mode = mode
        self.name = name
        self._adapter: Any = None
        if isinstance(given, (str, Mapping, list, tuple)):
            from llmspell.agents.schema import schema_of  # loaded with the first output

            self.schema = schema_of(given, "the schema of the answer")
        else:
            self._adapter, self.schema = _adapted(given)

    def copy(self) -> Output:
        """The same for another run: a run settles the mode."""
        made = object.__new__(Output)
        made.__dict__.update(self.__dict__)
        return made

    def settle(self, capabilities: frozenset[str] | None, *, has_tools: bool) -> None:
        """Choose the mode, where it is `auto`. `capabilities` are the provider's, None where they are not known."""
        if self.mode != "auto":
            return
        can = {"schema", "tools"} if capabilities is None else capabilities
        if has_tools:
            self.mode = "tool"
        else:
            self.mode = "native" if "schema" in can else "tool" if "tools" in can else "prompted"

    def fall_back(self) -> bool:
        """Take the next mode after the model could not do this one; false where there is none."""
        following: dict[Mode, Mode] = {"native": "tool", "tool": "prompted"}
        if self.mode not in following:
            return False
        self.mode = following[self.mode]
        return True

    # What the model is asked

    def prepared(self, request: Request) -> Request:
        """The request, made so that the answer follows the schema."""
        match self.mode:
            case "native":
                return replace(request, schema=self._object, schema_name=self.name)
            case "tool":
                return self._with_tool(request)
            case "prompted":
                told = _PROMPT.format(schema=json.dumps(self.schema, ensure_ascii=False))
                return replace(request, messages=instructed(request.messages, told))
            case _:
                return request

    def _with_tool(self, request: Request) -> Request:
        tool = {"name": TOOL, "description": _ABOUT, "parameters": self._object}
        # Models that think may not be forced to call a tool; they are told, and their text is taken where it fits.
        forced = None if request.reasoning else "required" if request.tools else TOOL
        choice = request.tool_choice if request.tool_choice not in (None, "none", "auto") else forced
        return replace(request, tools=[*request.tools, tool], tool_choice=choice)

    def complaint(self, problem: str) -> str:
        """What the model is told about an answer that does not fit."""
        schema = json.dumps(self._object if self.mode == "tool" else self.schema, ensure_ascii=False)
        how = f"Call {TOOL} again" if self.mode == "tool" else "Answer again with JSON alone"
        return f"The answer does not fit: {problem[:500]}. {how}, following this JSON Schema:\n{schema[:_SHOWN]}"

    # What it answers

    def is_answer(self, call: ToolCall) -> bool:
        """Whether a call is the answer."""
        return self.mode == "tool" and call.name == TOOL

    def of_call(self, call: ToolCall, malformed: str | None = None) -> Any:
        """The answer in a call. Raises `ArgumentTypeError` or `InvalidValueError` with what is wrong."""
        if malformed is not None:
            raise InvalidValueError("the arguments are not a JSON object")
        return self._checked(call.arguments)

    def of_text(self, text: str) -> Any:
        """The answer in a text. Raises `ArgumentTypeError` or `InvalidValueError` with what is wrong."""
        found = _json_in(text)
        if found is _NONE:
            raise InvalidValueError("it is not JSON")
        return self._checked(found)

    def typed(self, value: Any) -> Any:
        """A checked answer as the Python type that was asked for."""
        return value if self._adapter is None else self._adapter.validate_python(value)

    def partial(self, text: str) -> Any:
        """As much of the answer as there is in the beginning of its JSON; None where that is nothing yet."""
        from pydantic_core import from_json  # loaded with the first stream of an output

        starts = [at for at in (text.find("{"), text.find("[")) if at >= 0]
        if not starts and self._wrapped:
            return None
        try:
            value = from_json(text[min(starts, default=0) :], allow_partial="trailing-strings", allow_inf_nan=False)
            values.check(value, levels=_MAX_DEPTH)
        except (ValueError, InvalidValueError):
            return None
        return value.get(_VALUE) if self._wrapped and isinstance(value, dict) and set(value) <= {_VALUE} else value

    def _checked(self, value: Any) -> Any:
        if self._wrapped and isinstance(value, dict) and set(value) == {_VALUE}:
            value = value[_VALUE]
        value = self._validator.check(values.check(value, "the answer", levels=_MAX_DEPTH))
        if self._adapter is not None:
            _validate(self._adapter, value)
        return value

    @cached_property
    def _validator(self) -> Validator:
        from llmspell.agents.validation import Validator  # loaded with the first answer

        return Validator(self.schema, "the answer")

    @property
    def _wrapped(self) -> bool:
        """Whether the schema is not that of an object: providers want one at the top."""
        return self.schema.get("type") != "object" and "$ref" not in self.schema

    @property
    def _object(self) -> dict[str, Any]:
        if not self._wrapped:
            return self.schema
        inner = dict(self.schema)
        made = {"type": "object", "properties": {_VALUE: inner}, "required": [_VALUE], "additionalProperties": False}
        if "$defs" in inner:
            made["$defs"] = inner.pop("$defs")
        return made


def instructed(messages: list[Message], told: str) -> list[Message]:
    """The messages, with more in the instructions at their head."""
    if messages and messages[0].role == "system":
        return [Message("system", [*messages[0].parts, Text(f"\n\n{told}")]), *messages[1:]]
    return [Message("system", told), *messages]


_NONE = object()


def _json_in(text: str) -> Any:
    """The JSON value of a text: all of it, in a fenced block, or from the first brace on."""
    bare = text.strip()
    if bare.startswith("```"):
        bare = bare.partition("\n")[2].rpartition("```")[0].strip()
    try:
        return json.loads(bare, strict=False)
    except (ValueError, RecursionError):
        pass
    decoder = json.JSONDecoder(strict=False)
    for at in [at for at, letter in enumerate(bare) if letter in "{["][:20]:
        try:
            return decoder.raw_decode(bare, at)[0]
        except (ValueError, RecursionError):
            continue
    return _NONE


def _adapted(given: Any) -> tuple[Any, dict[str, Any]]:
    from pydantic import TypeAdapter  # only for Python types
    from pydantic.errors import PydanticUserError

    try:
        adapter = TypeAdapter(given)
        return adapter, adapter.json_schema()
    except (PydanticUserError, TypeError) as error:
        raise InvalidValueError(
            f"{given!r:.60} cannot describe an answer: {str(error).splitlines()[0][:100]}",
            hint="pass a JSON Schema, its short form, or a type such as a pydantic model or a dataclass",
        ) from None


def _validate(adapter: Any, value: Any) -> None:
    from pydantic import ValidationError  # loaded with the adapter

    try:
        adapter.validate_python(value)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        places = [f"{'.'.join(map(str, problem['loc'])) or 'it'}: {problem['msg']}" for problem in problems[:3]]
        raise InvalidValueError("; ".join(places)) from None
