"""What servers of chat completions do differently, as switches that catalog rows and `llmspell.toml` set."""

from __future__ import annotations

from typing import Any, NamedTuple

from llmspell.errors import InvalidValueError


class Dialect(NamedTuple):
    """The switches, and the common answer to each."""

    max_tokens: str = "max_tokens"
    """The field for the length of the answer; OpenAI's reasoning models know only `max_completion_tokens`."""
    stream_usage: bool = True
    """Whether `stream_options.include_usage` may be sent."""
    seed: str = "seed"
    """The field for the seed of sampling."""
    system_role: str = "system"
    """The role of instructions: `system` or `developer`."""
    required: str = "required"
    """The word of `tool_choice` for "call some tool"."""
    schema: str = "json_schema"
    """How an answer is held to a schema: `json_schema`, `json_object` (JSON, with the schema in the instructions)
    or `none`."""
    strict: bool = True
    """Whether a schema may be marked as strict."""
    schema_drop: tuple[str, ...] = ()
    """Keywords of JSON Schema that the service refuses; they go into the descriptions instead."""
    reasoning: str = "effort"
    """How thinking is asked for: `effort` (`reasoning_effort`), `object` (`reasoning: {effort | max_tokens}`),
    `thinking` (`thinking: {type}` and `reasoning_effort`), `switch` (`thinking: {type}` alone) or `none`."""
    reasoning_echo: str = "none"
    """The field in which thoughts go back: `reasoning_content`, `reasoning`, `reasoning_details` (untouched),
    `parts` (of the content) or `none`."""
    extra_content: bool = True
    """Whether what came as `extra_content` (the signatures of Gemini's compatible endpoint) goes back."""
    cache_control: bool = False
    """Whether texts and pictures may carry `cache_control`; other services cache by themselves."""
    images: bool = True
    """Whether pictures can be sent."""
    documents: str = "file"
    """How documents are sent: `file`, `document_url` or `none`."""
    dimensions: str = "dimensions"
    """The field for the length of vectors."""
    input_type: str = "none"
    """The word of `input_type` for the texts that are searched: `passage`, `document`, or `none` for no such field."""
    audio: bool = True
    """Whether recordings can be sent."""
    tool_media: str = "user"
    """Where pictures in a tool's answer go: into a `user` message behind it, or as `parts` of its own message."""
    output_in_total: bool = False
    """Whether `completion_tokens` leaves out the thoughts, which `total_tokens` has."""


_WORDS: dict[str, tuple[str, ...]] = {
    "system_role": ("system", "developer"),
    "schema": ("json_schema", "json_object", "none"),
    "reasoning": ("effort", "object", "thinking", "switch", "none"),
    "reasoning_echo": ("reasoning_content", "reasoning", "reasoning_details", "parts", "none"),
    "input_type": ("passage", "document", "none"),
    "documents": ("file", "document_url", "none"),
    "tool_media": ("user", "parts"),
}


def checked(dialect: Dialect) -> Dialect:
    """The dialect, whose values may come from a file. Raises `InvalidValueError` that names the wrong switch."""
    for name, value in dialect._asdict().items():
        if problem := _problem(name, value):
            raise InvalidValueError(f"the dialect switch {name} must be {problem}, not {value!r:.80}")
    return dialect._replace(schema_drop=tuple(dialect.schema_drop))


def _problem(name: str, value: Any) -> str:
    """What the value should have been; empty when it is right."""
    if words := _WORDS.get(name):
        return "" if value in words else " or ".join(words)
    usual = Dialect._field_defaults[name]
    if isinstance(usual, bool):
        return "" if isinstance(value, bool) else "true or false"
    if isinstance(usual, str):
        return "" if isinstance(value, str) and value else "text"
    good = isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)
    return "" if good else "a list of texts"
