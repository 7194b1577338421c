"""What an answer says, and the JSON values in its body, found by the plainest means."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Reading:
    """The facts of an answer.

    `error` is true where it ends with an error, `cut` where it has no end at all, `refused` where the model says that
    it will not, in the field that its service has for that. `order` has the kinds of what follows each other.
    """

    text: str = ""
    reasoning: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list)
    stop: str | None = None
    tokens: dict[str, int | None] = field(default_factory=dict)
    error: bool = False
    cut: bool = False
    refused: bool = False
    id: str | None = None
    model: str | None = None
    order: list[str] = field(default_factory=list)
    logprobs: list[tuple[str, float]] = field(default_factory=list)

    def say(self, text: str | None) -> None:
        self.text += self._next("text", text)

    def think(self, text: str | None) -> None:
        self.reasoning += self._next("reasoning", text)

    def call(self) -> None:
        self._next("call", "a call")

    def _next(self, kind: str, text: str | None) -> str:
        """Note what comes next, if anything does."""
        if text and self.order[-1:] != [kind]:
            self.order.append(kind)
        return text or ""


def events(body: bytes) -> list[dict[str, Any]]:
    """The objects in server-sent events; an event's name becomes its `type` if it has none."""
    found = []
    for block in body.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        lines = block.split("\n")
        data = "\n".join(line[5:].removeprefix(" ") for line in lines if line.startswith("data:"))
        name = "".join(line[6:].strip() for line in lines if line.startswith("event:"))
        if data and data != "[DONE]":
            event = json.loads(data)
            found.append({"type": name, **event} if name else event)
    return found


def is_stream(body: bytes) -> bool:
    return body.lstrip()[:1] not in (b"{", b"[", b"")


def arguments(text: Any) -> Any:
    """The object of a call; `None` for text that is no JSON, as a limit leaves it."""
    if not isinstance(text, str):
        return {} if text is None else text
    try:
        return json.loads(text or "{}") or {}
    except ValueError:
        return None
