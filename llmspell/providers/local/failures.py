"""Errors that both runtimes raise."""

from __future__ import annotations

from llmspell.errors import ContextLengthError


def context_error(name: str, tokens: int, context: int) -> ContextLengthError:
    """The error of a prompt that does not fit."""
    return ContextLengthError(
        f"the prompt has {tokens} tokens, but the context of {name} holds {context}",
        hint="shorten the prompt, or raise context_length under [local] in llmspell.toml, up to the trained context",
    )
