"""What conversations are made of: the parts of messages, shared by every wire format.

A part that came from a provider may carry `state`: what that provider must get back untouched in the next turn,
such as a signature or encrypted reasoning. Nobody but the wire format that made it looks inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
MediaKind: TypeAlias = Literal["image", "audio", "document", "video"]
Detail: TypeAlias = Literal["low", "high"]


class State(NamedTuple):
    """What a provider wants back: `wire` is the format that made it, `data` is JSON and its business alone.

    Another format ignores it, so a conversation may move from one provider to another.
    """

    wire: str
    data: dict[str, Any]


@dataclass(slots=True)
class Text:
    """Something said. `cache` asks the provider to keep the prompt up to here."""

    text: str
    state: State | None = None
    cache: bool = False


@dataclass(slots=True, kw_only=True)
class Media:
    """A picture, a recording, a document: its `data`, or the `url` where the provider finds it, or the `file_id` that
    the provider gave it when it was left there.

    `mime` is its media type, `name` a file name for documents, `detail` how closely to look at a picture.
    """

    kind: MediaKind
    mime: str
    data: bytes | None = None
    url: str | None = None
    file_id: str | None = None
    name: str | None = None
    detail: Detail | None = None
    state: State | None = None
    cache: bool = False


@dataclass(slots=True)
class Reasoning:
    """What the model thought before it answered; the text is empty where the provider hides it."""

    text: str = ""
    state: State | None = None


@dataclass(slots=True)
class ToolCall:
    """A model asks for a tool. `arguments` is the parsed JSON object; `id` is what the result refers to."""

    id: str
    name: str
    arguments: dict[str, Any]
    state: State | None = None


@dataclass(slots=True)
class ToolResult:
    """What a tool answered to the call `id`: texts and pictures. `name` is the tool's, which some formats need."""

    id: str
    parts: list[Text | Media]
    name: str = ""
    is_error: bool = False
    cache: bool = False

    @property
    def text(self) -> str:
        """The texts of the answer, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))


@dataclass(slots=True)
class Foreign:
    """Something only its provider understands, such as a search that it ran itself: echoed, never read."""

    state: State


Part: TypeAlias = Text | Media | Reasoning | ToolCall | ToolResult | Foreign


@dataclass(slots=True, init=False)
class Message:
    """One turn of a conversation: its parts. A tool's message holds `ToolResult` parts."""

    role: Role
    parts: list[Part]

    def __init__(self, role: Role, parts: str | list[Part]) -> None:
        self.role = role
        self.parts = [Text(parts)] if isinstance(parts, str) else parts

    @property
    def text(self) -> str:
        """The texts of the message, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The tools that the message asks for."""
        return [part for part in self.parts if isinstance(part, ToolCall)]

    @property
    def tool_results(self) -> list[ToolResult]:
        """The answers of tools."""
        return [part for part in self.parts if isinstance(part, ToolResult)]
