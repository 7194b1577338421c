"""Conversations as prompts for ctransformers, which runs no chat templates.

A prompt is a list of text and of token ids: what marks the turns goes in as ids, so that nothing a user writes
can pass for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

Part: TypeAlias = str | int

_LLAMA2_NAMES = re.compile(r"llama-?2.*chat|(mistral|mixtral|codellama).*instruct", re.IGNORECASE)


class Prompt(NamedTuple):
    """What to give the model. `stops` end the answer; `stop_ids` are tokens that do; `trim`: its start is padded."""

    parts: list[Part]
    stops: tuple[str, ...] = ()
    stop_ids: frozenset[int] = frozenset()
    trim: bool = False


def render(messages: Sequence[Mapping[str, Any]], special: Mapping[str, int], template: str, name: str) -> Prompt:
    """The prompt of a conversation for a model whose special tokens are `special`.

    ChatML when the vocabulary has its marks; the format of Llama 2 when the model's Jinja `template` or its `name`
    speaks for it; else a transcript.
    """
    if "<|im_start|>" in special and "<|im_end|>" in special:
        return _chatml(messages, special["<|im_start|>"], special["<|im_end|>"])
    if "[INST]" in template or _LLAMA2_NAMES.search(name):
        return _llama2(messages, special)
    return _transcript(messages)


def _chatml(messages: Sequence[Mapping[str, Any]], start: int, end: int) -> Prompt:
    parts: list[Part] = []
    for message in messages:
        parts += [start, f"{message['role']}\n{message['content']}", end, "\n"]
    return Prompt([*parts, start, "assistant\n"], stop_ids=frozenset({start, end}))


def _llama2(messages: Sequence[Mapping[str, Any]], special: Mapping[str, int]) -> Prompt:
    bos = [special["<s>"]] if "<s>" in special else []
    eos = [special["</s>"]] if "</s>" in special else []
    parts: list[Part] = []
    system = ""
    for message in messages:
        if message["role"] == "system":
            system = f"<<SYS>>\n{message['content']}\n<</SYS>>\n\n"
        elif message["role"] == "assistant":
            parts += [f" {message['content']} ", *eos]
        else:
            parts += [*(bos if parts else []), f"[INST] {system}{message['content']} [/INST]"]
            system = ""
    return Prompt(parts, stops=("[INST]",), trim=True)


def _transcript(messages: Sequence[Mapping[str, Any]]) -> Prompt:
    turns = [f"{message['role'].capitalize()}: {message['content']}\n" for message in messages]
    return Prompt(["".join(turns) + "Assistant:"], stops=("\nUser:", "\nSystem:"), trim=True)
