"""Pictures, speech and transcriptions as OpenAI speaks them, and many servers after it.

https://platform.openai.com/docs/api-reference/images/create, .../audio/createSpeech, .../audio/createTranscription.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, TypeVar, cast

from llmspell.errors import ProviderError
from llmspell.providers.base import Usage
from llmspell.providers.content import Media
from llmspell.providers.jobs import Job, Outcome, Paint, Rerank, Speak, Transcribe, Transcript
from llmspell.providers.wire import ranking
from llmspell.providers.wire.bodies import count, dumps, laid_over, loads, not_an_answer, unsupported
from llmspell.providers.wire.format import HttpRequest
from llmspell.providers.wire.media import from_base64

T = TypeVar("T")

_TICKS = 10_000_000_000
"""xAI counts money in parts of a US dollar (https://docs.x.ai/docs/key-information/consumption-and-rate-limits)."""
_MAGIC = ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"RIFF", "image/webp"), (b"GIF8", "image/gif"))
_SOUNDS = {"mp3": "audio/mpeg", "pcm": "audio/pcm", "opus": "audio/ogg"}
_ENDINGS = {"audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/x-wav": "wav", "audio/wave": "wav", "audio/x-m4a": "m4a"}


def request(job: Job[Any], wire: str) -> HttpRequest:
    """A request for a job. Raises `ModelError` that names `wire` for what there is no endpoint for."""
    match job:
        case Rerank():
            return ranking.request(job, "/rerank")
        case Paint():
            return HttpRequest("/images/generations", dumps(laid_over(_picture(job), job.extra)))
        case Speak():
            return HttpRequest("/audio/speech", dumps(laid_over(_speech(job), job.extra)))
        case Transcribe():
            return _transcription(job, wire)
        case _:
            raise unsupported(wire, job.name)


def read(job: Job[T], body: bytes, mime: str) -> Outcome[T]:
    """The outcome in an answer with that content type. Raises `ProviderError` or `RefusedError` for what is none."""
    found: Any
    match job:
        case Rerank():
            found = ranking.read(job, body)
        case Paint():
            found = _pictures(job, loads(body))
        case Speak():
            found = _spoken(job, body, mime)
        case Transcribe():
            found = _transcript(job, body)
        case _:
            raise TypeError(f"nothing was asked for by {job!r}")
    return cast(Outcome[T], found)


def _picture(job: Paint) -> dict[str, Any]:
    body: dict[str, Any] = {"model": job.model, "prompt": job.prompt}
    body |= _given(n=job.count, size=job.size, output_format=job.format)
    if not job.model.startswith(("gpt-image", "chatgpt-image")):  # those refuse the option, and give data anyway
        body["response_format"] = "b64_json"
    return body


def _pictures(job: Paint, data: Any) -> Outcome[list[Media]]:
    try:
        general = data.get("output_format")
        found = [_one_picture(item, general) for item in data["data"]]
        usage = data.get("usage") or {}
        ticks = count(usage, "cost_in_usd_ticks")
        cost = None if ticks is None else ticks / _TICKS
        spent = Usage(count(usage, "input_tokens"), count(usage, "output_tokens"), cost=cost)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise not_an_answer(data) from None
    if not found:
        raise ProviderError("the server made no picture")
    return Outcome(found, job.model, spent)


def _one_picture(item: dict[str, Any], general: str | None) -> Media:
    if not item.get("b64_json"):
        url = item["url"]
        if not isinstance(url, str):
            raise TypeError
        return Media(kind="image", mime=item.get("mime_type") or f"image/{general or '*'}", url=url)
    data = from_base64(item["b64_json"])
    seen = next((mime for magic, mime in _MAGIC if data.startswith(magic)), None)
    return Media(kind="image", mime=item.get("mime_type") or seen or f"image/{general or 'png'}", data=data)


def _speech(job: Speak) -> dict[str, Any]:
    return {
        "model": job.model,
        "input": job.text,
        **_given(voice=job.voice, response_format=job.format, speed=job.speed),
    }


def _spoken(job: Speak, body: bytes, mime: str) -> Outcome[Media]:
    mime = mime.partition(";")[0].strip().lower()
    if "json" in mime or mime.startswith("text/"):
        raise not_an_answer(loads(body))
    if not body:
        raise ProviderError("the server sent an empty recording", retryable=True)
    if not mime.startswith("audio/"):
        form = job.format or "mp3"
        mime = _SOUNDS.get(form, f"audio/{form}")
    return Outcome(Media(kind="audio", mime=mime, data=body), job.model)


def _transcription(job: Transcribe, wire: str) -> HttpRequest:
    if job.audio.data is None:
        raise unsupported(wire, "transcription of anything but the data of a recording")
    fields = {"model": job.model, "response_format": "json"} | _given(language=job.language, prompt=job.prompt)
    body, mime = _form(fields | job.extra, job.audio, job.audio.data)
    return HttpRequest("/audio/transcriptions", body, headers={"content-type": mime})


def _transcript(job: Transcribe, body: bytes) -> Outcome[Transcript]:
    data = loads(body)
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        raise not_an_answer(data)
    usage: dict[str, Any] = found if isinstance(found := data.get("usage"), dict) else {}
    spent = Usage(count(usage, "input_tokens"), count(usage, "output_tokens"))
    details = {key: value for key, value in data.items() if key not in ("text", "usage")}
    return Outcome(Transcript(data["text"], details), job.model, spent)


def _form(fields: dict[str, Any], audio: Media, data: bytes) -> tuple[bytes, str]:
    """The fields and the recording as `multipart/form-data` (RFC 7578), and the content type of that."""
    boundary = f"----{sha256(data).hexdigest()[:32]}"
    lines = []
    for name, value in _flat(fields):
        lines.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n')
    file = _quoted(audio.name or f"audio.{_ending(audio.mime)}")
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file}"\r\n'
    head = f"{''.join(lines)}{head}Content-Type: {audio.mime}\r\n\r\n"
    return head.encode() + data + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _flat(fields: dict[str, Any]) -> list[tuple[str, str]]:
    """Forms have no types: lists become repeated fields `name[]`, and what is no text its JSON."""
    found = []
    for name, value in fields.items():
        items = [(f"{name}[]", item) for item in value] if isinstance(value, list) else [(name, value)]
        found += [(key, item if isinstance(item, str) else dumps(item).decode()) for key, item in items]
    return found


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _ending(mime: str) -> str:
    """Servers look at the ending of the file's name alone."""
    mime = mime.partition(";")[0].strip().lower()
    return _ENDINGS.get(mime) or mime.partition("/")[2].removeprefix("x-") or "mp3"


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
