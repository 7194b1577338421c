"""What models do besides conversing: put documents in order, paint, speak and listen.

A `Job` goes in, an `Outcome` with the value of that kind of job comes out. There is one method for all of them,
`LLMProvider.perform`, so that a provider of providers passes on kinds of jobs that it knows nothing of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from llmspell.providers.base import Usage
from llmspell.providers.content import Media

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Job(Generic[T]):
    """What every kind has: the `model`, seconds for the whole answer, and what only that provider knows."""

    name: ClassVar[str] = "jobs of that kind"
    """What a provider without it has not got: `the voyage format has no ...`."""

    model: str
    timeout: float | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    """Goes to the provider as it is, laid over the rest."""


@dataclass(slots=True)
class Ranked:
    """A document by its `index` in the list, from 0, and how well it fits; scores of two models do not compare."""

    index: int
    score: float


class Transcript(NamedTuple):
    """What was said. `details` are other facts in the provider's words, such as its language."""

    text: str
    details: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Rerank(Job[list[Ranked]]):
    """Which documents fit a query: gives them best first, the `top` ones if that is set."""

    name: ClassVar[str] = "ranking of documents"

    query: str
    documents: list[str]
    top: int | None = None


@dataclass(slots=True, kw_only=True)
class Paint(Job[list[Media]]):
    """Pictures of what the prompt says. `size` and `format` are the provider's words, such as `1024x1024`, `png`."""

    name: ClassVar[str] = "making of pictures"

    prompt: str
    count: int | None = None
    size: str | None = None
    format: str | None = None


@dataclass(slots=True, kw_only=True)
class Speak(Job[Media]):
    """The text read aloud. `voice` is the provider's name of one, `format` such as `mp3`, `speed` 1 the usual one."""

    name: ClassVar[str] = "speech"

    text: str
    voice: str | None = None
    format: str | None = None
    speed: float | None = None


@dataclass(slots=True, kw_only=True)
class Transcribe(Job[Transcript]):
    """The words of a recording. `language` is a code such as `en`, `prompt` a text that helps to spell names."""

    name: ClassVar[str] = "transcription of recordings"

    audio: Media
    language: str | None = None
    prompt: str | None = None


@dataclass(slots=True)
class Outcome(Generic[T]):
    """What a job gave, the model that did it, and what it used."""

    value: T
    model: str
    usage: Usage = field(default_factory=Usage)
