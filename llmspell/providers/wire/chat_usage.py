"""The tokens of a chat completion, which servers count in different fields and add up in different ways."""

from __future__ import annotations

from typing import Any

from llmspell.providers.base import Usage

PLAIN = frozenset({"prompt_tokens", "completion_tokens", "total_tokens"})


def read(usage: dict[str, Any], *, output_in_total: bool = False) -> Usage:
    """The counts in our terms: input with what a cache held, output with the thoughts.

    With `output_in_total`, `completion_tokens` leaves out the thoughts: the output is what `total_tokens` has
    beyond the prompt. xAI (https://docs.x.ai/docs/key-information/consumption-and-rate-limits) and Gemini's
    compatible endpoint count so.
    """
    output = _count(usage, "completion_tokens")
    if output_in_total:
        output = _beyond_prompt(usage, output)
    if PLAIN.issuperset(usage):
        return Usage(_count(usage, "prompt_tokens"), output)
    prompt = usage.get("prompt_tokens_details") or {}
    completion = usage.get("completion_tokens_details") or {}
    return Usage(
        input_tokens=_count(usage, "prompt_tokens"),
        output_tokens=output,
        cached_tokens=_first(
            (usage, "prompt_cache_hit_tokens"),  # DeepSeek
            (prompt, "cached_tokens"),
            (usage, "cached_tokens"),  # Moonshot
            (usage, "num_cached_tokens"),  # Mistral
        ),
        reasoning_tokens=_first((completion, "reasoning_tokens"), (usage, "reasoning_tokens")),
        cache_write_tokens=_first((prompt, "cache_write_tokens"), (usage, "cache_creation_input_tokens")),
    )


def _beyond_prompt(usage: dict[str, Any], output: int | None) -> int | None:
    total, prompt = _count(usage, "total_tokens"), _count(usage, "prompt_tokens")
    if total is None or prompt is None:
        return output
    return max(total - prompt, output or 0)


def _first(*places: tuple[dict[str, Any], str]) -> int | None:
    """The first count above 0 in these places, else a 0 that stands in one of them."""
    found = None
    for table, key in places:
        if count := _count(table, key):
            return count
        found = found if count is None else 0
    return found


def _count(usage: dict[str, Any], key: str) -> int | None:
    value = usage.get(key)
    return value if type(value) is int else None
