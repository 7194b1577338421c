"""The wire formats by name, each loaded when a service that speaks it is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from llmspell.errors import InvalidValueError
from llmspell.nearest import nearest
from llmspell.providers.wire.format import Format

_FORMATS = {
    "openai-chat": ("openai_chat", "OpenAIChat"),
    "openai-responses": ("openai_responses", "OpenAIResponses"),
    "anthropic": ("anthropic", "Anthropic"),
    "gemini": ("gemini", "Gemini"),
    "bedrock": ("bedrock", "Bedrock"),
    "cohere-v2": ("cohere", "Cohere"),
    "voyage": ("voyage", "Voyage"),
    "ollama": ("ollama", "Ollama"),
}
NAMES = tuple(_FORMATS)


def make(name: str, dialect: Mapping[str, Any]) -> Format:
    """The format of that name, in a dialect: the fields of its module's `Dialect` that differ from the common one.

    Raises `InvalidValueError` for an unknown format or field.
    """
    if name not in _FORMATS:
        hint = nearest(name, NAMES) or f"choose one of {', '.join(NAMES)}"
        raise InvalidValueError(f"there is no wire format {name!r}", hint=hint)
    module_name, class_name = _FORMATS[name]
    module = import_module(f"llmspell.providers.wire.{module_name}")
    try:
        made: Format = getattr(module, class_name)(module.Dialect(**dialect))
    except TypeError:
        known: tuple[str, ...] = module.Dialect._fields
        unknown = next(switch for switch in dialect if switch not in known)
        hint = nearest(unknown, known) or f"it knows {', '.join(known)}"
        raise InvalidValueError(f"{name} has no dialect switch {unknown!r}", hint=hint) from None
    return made
