"""From what a tool gives to what the model is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llmspell.providers.content import Media, Text, ToolResult

if TYPE_CHECKING:
    from llmspell.agents.tools import BaseTool
    from llmspell.errors import LlmspellError

MAX_RESULT = 50_000
_SHOWN = 2000


def parts_of(tool: BaseTool, value: Any, most: int) -> list[Text | Media]:
    """The result of a tool: texts and media as they are, anything else as JSON; at most so many characters of text.

    Raises `InvalidValueError` for a value that is not JSON.
    """
    if is_content(value):
        parts = value if isinstance(value, list) else [value]
        return [Text(_cut(each.text, most)) if isinstance(each, Text) else each for each in parts]
    return [Text(_cut(text_of(tool.jsonable(value)), most))]


def is_content(value: Any) -> bool:
    """Whether a result is a text or a medium of `providers.content`, or a list of them."""
    if isinstance(value, (Text, Media)):
        return True
    return isinstance(value, list) and bool(value) and all(isinstance(each, (Text, Media)) for each in value)


def text_of(value: Any) -> str:
    """A value as the model reads it: a text as it is, anything else as JSON."""
    if value is None:
        return "null"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[:most]}\n[cut: {len(text) - most} of {len(text)} characters are left out]"


def failure(id_: str, name: str, error: LlmspellError) -> ToolResult:
    """What the model is told of a tool that failed."""
    hint = f" ({error.hint})" if error.hint else ""
    return refusal(id_, name, f"{error.message[:_SHOWN]}{hint}")


def bad_arguments(id_: str, tool: BaseTool, error: LlmspellError) -> ToolResult:
    """What the model is told of arguments that do not fit."""
    schema = json.dumps(tool.parameters, ensure_ascii=False)[:_SHOWN]
    hint = f" ({error.hint})" if error.hint else ""
    return refusal(
        id_,
        tool.name,
        f"The arguments are wrong: {error.message[:_SHOWN]}{hint}. Call {tool.name} again with arguments that follow "
        f"this JSON Schema:\n{schema}",
    )


def refusal(id_: str, name: str, told: str) -> ToolResult:
    """An answer that says why there is no result."""
    return ToolResult(id_, [Text(told)], name, True)
