"""What a recorded answer says, found by the plainest means: one JSON value after the other, and loops.

Nothing here knows the product. Where two ways of reading are thinkable, the service's own documentation decides;
numbers of tokens are those of `llmspell.providers.base.Usage`.
"""

from __future__ import annotations

from tests.conformance.naive.anthropic import anthropic
from tests.conformance.naive.gemini import gemini
from tests.conformance.naive.openai import chat, responses
from tests.conformance.naive.others import bedrock, cohere, frames, ollama
from tests.conformance.naive.reading import Reading, events, is_stream

__all__ = ["READERS", "WORDS", "Reading", "events", "frames", "is_stream"]

READERS = {
    "openai-chat": chat,
    "openai-responses": responses,
    "anthropic": anthropic,
    "gemini": gemini,
    "ollama": ollama,
    "cohere-v2": cohere,
    "bedrock": bedrock,
}

WORDS = {
    "stop": "stop",
    "end_turn": "stop",
    "eos": "stop",
    "stop_sequence": "stop",
    "STOP": "stop",
    "COMPLETE": "stop",
    "completed": "stop",
    "complete": "stop",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "MAX_TOKENS": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "tool_use": "tool_calls",
    "TOOL_CALL": "tool_calls",
    "UNEXPECTED_TOOL_CALL": "tool_calls",
    "content_filter": "content_filter",
    "guardrail_intervened": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "SAFETY": "content_filter",
    "refusal": "content_filter",
}
"""The documented words for why a model stopped, in the closed set of the product."""
