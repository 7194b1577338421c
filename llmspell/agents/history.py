"""How much of a conversation the model is shown, when it has become long.

The conversation itself is kept whole: a policy chooses what is sent with each call. None of them ever parts a call of a
tool from its result, and all keep a message of the user at the head.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from llmspell.errors import InvalidValueError
from llmspell.providers.base import LLMProvider, Request
from llmspell.providers.content import Media, Message, Text, ToolCall, ToolResult

_SUMMARY = "Summary of the conversation so far"
_ASK = (
    "Summarise the conversation above for somebody who has to continue it: what is wanted, what was found out and "
    "decided, names and numbers that are still needed, what is open. Write the summary alone."
)


@dataclass(frozen=True, slots=True)
class HistoryContext:
    """What a policy may use. `memory` is JSON that is kept with the conversation."""

    provider: LLMProvider
    model: str
    memory: dict[str, Any]

    async def count(self, messages: list[Message]) -> int:
        """The tokens of these messages."""
        return (await self.provider.count_tokens(self.model, messages)).tokens


class HistoryPolicy(Protocol):
    """Chooses what of a conversation is sent."""

    async def fit(self, messages: list[Message], context: HistoryContext) -> list[Message]:
        """The messages to send in place of these."""
        ...


class Window:
    """The last messages: at most so many, but at least the last exchange."""

    def __init__(self, messages: int) -> None:
        self._most = _positive("the window", messages)

    async def fit(self, messages: list[Message], context: HistoryContext) -> list[Message]:
        del context
        groups = _groups(messages)
        kept, size = 0, 0
        for group in reversed(groups):
            size += len(group)
            if kept and size > self._most:
                break
            kept += 1
        return _headed(messages, groups[len(groups) - kept :])


class TokenBudget:
    """As many of the last messages as have so many tokens together, but at least the last exchange."""

    def __init__(self, tokens: int) -> None:
        self._most = _positive("the token budget", tokens)

    async def fit(self, messages: list[Message], context: HistoryContext) -> list[Message]:
        if await context.count(messages) <= self._most:
            return messages
        groups = _groups(messages)
        fits, too_many = 1, len(groups)
        while too_many - fits > 1:  # a count may be a call over the network
            half = (fits + too_many) // 2
            if await context.count(_headed(messages, groups[-half:])) <= self._most:
                fits = half
            else:
                too_many = half
        return _headed(messages, groups[-fits:])


class Summary:
    """Once the messages have more than so many tokens, all but the last `keep` are told in a summary by the model.

    The summary is made once for the messages that it covers, is kept with the conversation, and grows.
    """

    def __init__(self, tokens: int, *, keep: int = 6) -> None:
        self._most = _positive("the tokens before a summary", tokens)
        self._keep = _positive("the messages to keep", keep)

    async def fit(self, messages: list[Message], context: HistoryContext) -> list[Message]:
        told, upto = context.memory.get("summary"), context.memory.get("upto", 0)
        if not isinstance(told, str) or not isinstance(upto, int) or upto > len(messages):
            told, upto = None, 0
        shown = _summarised(told, messages, upto)
        if await context.count(shown) <= self._most:
            return shown
        cut = self._cut(messages)
        if cut <= upto:
            return shown
        summary = await _summary(context, _summarised(told, messages[:cut], upto))
        if not summary:
            return shown
        context.memory["summary"], context.memory["upto"] = summary, cut
        return _summarised(summary, messages, cut)

    def _cut(self, messages: list[Message]) -> int:
        """Where the messages begin that stay as they are."""
        kept, size = 0, 0
        groups = _groups(messages)
        for group in reversed(groups):
            if size and size + len(group) > self._keep:
                break
            size += len(group)
            kept += 1
        return sum(len(group) for group in groups[: len(groups) - kept])


async def _summary(context: HistoryContext, messages: list[Message]) -> str:
    """What the model makes of the messages, which it is told as one text: so it need not know the tools in them."""
    told = "\n\n".join(f"{message.role}: {_told(message)}" for message in messages)
    request = Request(model=context.model, messages=[Message("user", f"{told}\n\n{_ASK}")])
    return (await context.provider.complete(request)).text.strip()


def _told(message: Message) -> str:
    said = []
    for part in message.parts:
        match part:
            case Text(text=text) if text:
                said.append(text)
            case Media(kind=kind):
                said.append(f"[{kind}]")
            case ToolCall(name=name, arguments=arguments):
                said.append(f"[calls {name} {json.dumps(arguments, ensure_ascii=False)}]")
            case ToolResult(name=name) as result:
                said.append(f"[{name} gives] {result.text}")
    return "\n".join(said)


def _summarised(told: str | None, messages: list[Message], upto: int) -> list[Message]:
    if told is None:
        return messages
    rest = messages[upto:]
    head = Text(f"{_SUMMARY}:\n{told}")
    if rest and rest[0].role == "user":
        return [Message("user", [head, *rest[0].parts]), *rest[1:]]
    return [Message("user", [head]), *rest]


def _groups(messages: Sequence[Message]) -> list[list[Message]]:
    """The messages, cut before those of the user and of the assistant: results stay with their calls."""
    groups: list[list[Message]] = []
    for message in messages:
        if message.role == "tool" and groups:
            groups[-1].append(message)
        else:
            groups.append([message])
    return groups


def _headed(messages: list[Message], kept: list[list[Message]]) -> list[Message]:
    """What is kept, with the user's message before it where it would begin with an answer."""
    shown = [message for group in kept for message in group]
    if not shown or shown[0].role == "user":
        return shown
    before = messages[: len(messages) - len(shown)]
    asked = [message for message in before if message.role == "user"][-1:]
    return [*asked, *shown]


def _positive(what: str, number: Any) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise InvalidValueError(f"{what} must be a whole number of at least 1, not {number!r:.40}")
    return number
