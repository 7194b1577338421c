"""What scripts pass and get where a model does something else than converse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypeAlias, TypedDict

from llmspell.errors import InvalidValueError
from llmspell.scriptable.parts import media_of
from llmspell.scriptable.records import BlobHandle, Count, Seconds
from llmspell.scriptable.shapes import Bounds

if TYPE_CHECKING:
    from llmspell.providers.content import Media
    from llmspell.providers.jobs import Ranked
    from llmspell.system.blobs import Blobs

Speed: TypeAlias = Annotated[float, Bounds(above=0, at_most=10)]


class RerankOptions(TypedDict, total=False):
    """How documents are ranked."""

    top: Count
    """How many of the best to give; all of them if absent."""
    timeout: Seconds
    """Seconds that it may take."""
    extra: dict[str, Any]
    """Options that only this provider knows, passed on as they are."""


class RankedDocument(TypedDict):
    """A document and how well it fits."""

    index: int
    """Its place in the list that was given, counted from 0 in both languages."""
    score: float
    """How well it fits; the scores of two models do not compare."""
    text: str
    """The document."""


class ImageOptions(TypedDict, total=False):
    """How a picture is made."""

    count: Count
    """How many pictures."""
    size: str
    """Such as `1024x1024`; each model has its own."""
    format: str
    """Such as `png`, `jpeg` or `webp`."""
    timeout: Seconds
    """Seconds that it may take."""
    extra: dict[str, Any]
    """Options that only this provider knows, passed on as they are."""


class SpeechOptions(TypedDict, total=False):
    """How a text is read."""

    voice: str
    """The name of a voice of this provider; many want one."""
    format: str
    """Such as `mp3`, `wav`, `opus`, `flac` or `pcm`."""
    speed: Speed
    """1 is the usual one."""
    timeout: Seconds
    """Seconds that it may take."""
    extra: dict[str, Any]
    """Options that only this provider knows, passed on as they are."""


class Recording(TypedDict):
    """Something spoken: what `speak` gives, or your own."""

    type: NotRequired[Literal["audio"]]
    """Always `audio`."""
    data: str | BlobHandle
    """Its bytes, as a blob or in base64."""
    mime: NotRequired[str]
    """Its media type, such as `audio/wav`; may be absent if the blob or the ending of `name` tells it."""
    name: NotRequired[str]
    """Its file name."""


class TranscribeOptions(TypedDict, total=False):
    """How a recording is heard."""

    language: str
    """What is spoken, such as `en`; found out by the model if absent."""
    prompt: str
    """A text that helps the model to spell names."""
    timeout: Seconds
    """Seconds that it may take."""
    extra: dict[str, Any]
    """Options that only this provider knows, passed on as they are."""


class Transcript(TypedDict):
    """What was said."""

    text: str
    """The words."""
    details: dict[str, Any]
    """What else the provider tells, in its own words, such as `language` or `segments`."""


def documents_of(query: str, documents: list[str]) -> list[str]:
    """The documents to rank. Raises `InvalidValueError` when there is nothing to rank, or nothing to rank it by."""
    if not query:
        raise InvalidValueError("rerank: query is empty")
    if not documents:
        raise InvalidValueError("rerank: there are no documents", hint="pass a list of texts")
    for at, document in enumerate(documents, 1):
        if not document:
            raise InvalidValueError(f"rerank: documents: item {at} is empty")
    return documents


def ranking_of(ranked: list[Ranked], documents: list[str]) -> list[RankedDocument]:
    """An order for a script."""
    return [{"index": each.index, "score": each.score, "text": documents[each.index]} for each in ranked]


def text_of(method: str, name: str, text: str) -> str:
    """The text itself. Raises `InvalidValueError` when it is empty."""
    if not text.strip():
        raise InvalidValueError(f"{method}: {name} is empty")
    return text


def recording_of(audio: Recording, blobs: Blobs) -> Media:
    """The recording for a provider. Raises `InvalidValueError` when it is none."""
    return media_of("audio", audio, "transcribe: audio", blobs)
