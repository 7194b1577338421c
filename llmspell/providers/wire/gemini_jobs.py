"""Pictures and speech by Gemini's models, which answer as in a conversation, and by Imagen, which do not.

https://ai.google.dev/gemini-api/docs/image-generation, .../imagen and .../speech-generation.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar, cast

from llmspell.errors import ContentFilterError, ProviderError
from llmspell.providers.accumulator import Accumulator
from llmspell.providers.base import Event, Response
from llmspell.providers.content import Media, MediaKind
from llmspell.providers.jobs import Job, Outcome, Paint, Speak
from llmspell.providers.wire.bodies import dumps, laid_over, not_an_answer, unsupported
from llmspell.providers.wire.format import HttpRequest
from llmspell.providers.wire.gemini_request import WIRE
from llmspell.providers.wire.media import from_base64

T = TypeVar("T")

_RATIO = re.compile(r"\d+:\d+")


def is_imagen(job: Job[Any]) -> bool:
    """Whether the model is one that only paints, with an endpoint of its own."""
    return isinstance(job, Paint) and "imagen" in job.model


def request(job: Job[Any], path: str) -> HttpRequest:
    """A request for a job, to the model at `path`. Raises `ModelError` for what there is no field for."""
    if isinstance(job, Paint):
        if is_imagen(job):
            return HttpRequest(f"{path}:predict", dumps(laid_over(_imagen(job), job.extra)))
        return _spoken_to(job, path, job.prompt, _picture(job))
    if isinstance(job, Speak):
        return _spoken_to(job, path, job.text, _speech(job))
    raise unsupported(WIRE, job.name)


def read(job: Job[T], events: list[Event]) -> Outcome[T]:
    """The pictures or the recording in an answer. Raises `ContentFilterError` or `ProviderError` when it has none."""
    accumulator = Accumulator(job.model)
    for event in events:
        accumulator.add(event)
    response = accumulator.response()
    kind: MediaKind = "image" if isinstance(job, Paint) else "audio"
    found = [part for part in response.parts if isinstance(part, Media) and part.kind == kind]
    if not found:
        raise _nothing(response, kind)
    value = found if isinstance(job, Paint) else found[0]
    return Outcome(cast(T, value), response.model, response.usage)


def read_imagen(job: Paint, data: Any) -> Outcome[list[Media]]:
    """The pictures in an answer of Imagen, which leaves out those that it filtered."""
    if not isinstance(data, dict) or "error" in data:
        raise not_an_answer(data)
    try:
        found = [
            Media(kind="image", mime=item["mimeType"], data=from_base64(item["bytesBase64Encoded"]))
            for item in data.get("predictions") or ()
            if "bytesBase64Encoded" in item
        ]
    except (KeyError, TypeError, ValueError):
        raise not_an_answer(data) from None
    if not found:
        raise ContentFilterError("the model made no picture of that: it was filtered")
    return Outcome(found, job.model)


def _spoken_to(job: Job[Any], path: str, text: str, config: dict[str, Any]) -> HttpRequest:
    body = {"contents": [{"role": "user", "parts": [{"text": text}]}], "generationConfig": config}
    return HttpRequest(f"{path}:generateContent", dumps(laid_over(body, job.extra)))


def _picture(job: Paint) -> dict[str, Any]:
    if job.count not in (None, 1):
        raise unsupported(WIRE, "count of pictures, which are made one by one")
    if job.format is not None:
        raise unsupported(WIRE, "format of pictures")
    config: dict[str, Any] = {"responseModalities": ["IMAGE"]}
    return config if job.size is None else config | {"imageConfig": {"aspectRatio": _ratio(job.size)}}


def _imagen(job: Paint) -> dict[str, Any]:
    parameters: dict[str, Any] = {"sampleCount": job.count or 1}
    if job.size is not None:
        parameters["aspectRatio"] = _ratio(job.size)
    if job.format is not None:
        parameters["outputOptions"] = {"mimeType": f"image/{job.format}"}
    return {"instances": [{"prompt": job.prompt}], "parameters": parameters}


def _ratio(size: str) -> str:
    if not _RATIO.fullmatch(size):
        raise unsupported(WIRE, "size of pictures in pixels, only proportions such as 16:9")
    return size


def _speech(job: Speak) -> dict[str, Any]:
    for name in ("format", "speed"):
        if getattr(job, name) is not None:
            raise unsupported(WIRE, f"{name} of speech")
    config: dict[str, Any] = {"responseModalities": ["AUDIO"]}
    if job.voice is not None:
        config["speechConfig"] = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": job.voice}}}
    return config


def _nothing(response: Response, kind: str) -> Exception:
    if response.finish_reason == "content_filter":
        return ContentFilterError(f"the model made no {kind} of that: {response.raw_finish_reason}")
    said = f": {response.text[:200]!r}" if response.text else ""
    return ProviderError(f"the model answered without {kind}{said}", hint="is it a model that can make one?")
