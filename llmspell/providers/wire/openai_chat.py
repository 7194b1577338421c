"""OpenAI chat completions, with what stands beside them, as spoken by OpenAI and by most other servers.

https://platform.openai.com/docs/api-reference/chat. Servers differ; what is tolerated here was seen in the wild,
and every case is a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from llmspell.errors import ModelError, ProviderError
from llmspell.providers.base import EmbedKind, Event, Request, Usage
from llmspell.providers.wire import chat_usage, sse
from llmspell.providers.wire.chat_dialect import Dialect, checked
from llmspell.providers.wire.chat_encode import body, chat_messages
from llmspell.providers.wire.chat_json import dumps, loads, not_an_answer
from llmspell.providers.wire.chat_media import NAME
from llmspell.providers.wire.chat_reader import Reader
from llmspell.providers.wire.format import Format, HttpRequest
from llmspell.providers.wire.vectors import vector

if TYPE_CHECKING:
    from llmspell.providers.jobs import Job, Outcome

__all__ = ["Decoder", "Dialect", "OpenAIChat", "chat_messages"]

T = TypeVar("T")

_WHOLE = (b"{", b"[", b"<")
_BLANK = b"\xef\xbb\xbf \t\r\n"  # a byte order mark, of which the first piece may hold a part
_EVENTS = (b"data:", b"event:", b":")


class OpenAIChat(Format):
    """Chat completions, in the dialect of one server. Raises `InvalidValueError` for a dialect that is none."""

    name = NAME

    def __init__(self, dialect: Dialect | None = None) -> None:
        self._dialect = checked(dialect) if dialect else Dialect()

    def auth(self, key: str) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"}

    def chat(self, request: Request, *, stream: bool) -> HttpRequest:
        if request.extra.get("n", 1) != 1:
            raise ModelError(f"the {NAME} format gives one answer to a request", hint="ask several times instead of n")
        return HttpRequest("/chat/completions", dumps(body(request, self._dialect, stream=stream) | request.extra))

    def decode(self, body: bytes) -> list[Event]:
        try:
            data = loads(body)
        except ProviderError:
            if not body.lstrip().startswith(_EVENTS):
                raise
            decoder = self.decoder()  # some servers stream whether asked to or not
            return decoder.feed(body) + decoder.end()
        return _whole(data, Reader(output_in_total=self._dialect.output_in_total, whole=True))

    def decoder(self) -> Decoder:
        return Decoder(output_in_total=self._dialect.output_in_total)

    def decode_models(self, body: bytes) -> list[dict[str, Any]]:
        data = loads(body)
        items = data.get("data", data.get("models")) if isinstance(data, dict) else data
        if not isinstance(items, list):
            raise not_an_answer(data)
        return [item for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)]

    def embeddings(
        self, model: str, texts: list[str], *, dimensions: int | None = None, kind: EmbedKind | None = None
    ) -> HttpRequest:
        body: dict[str, Any] = {"model": model, "input": texts}
        if dimensions is not None:
            body[self._dialect.dimensions] = dimensions
        if kind and self._dialect.input_type != "none":
            body["input_type"] = "query" if kind == "query" else self._dialect.input_type
        return HttpRequest("/embeddings", dumps(body))

    def decode_embeddings(self, body: bytes) -> tuple[list[list[float]], Usage]:
        data = loads(body)
        try:
            items = sorted(data["data"], key=lambda item: item.get("index") or 0)
            return [vector(item["embedding"]) for item in items], chat_usage.read(data.get("usage") or {})
        except (AttributeError, KeyError, TypeError, ValueError):
            raise not_an_answer(data) from None

    def job(self, job: Job[Any]) -> HttpRequest:
        from llmspell.providers.wire import chat_jobs  # only for what is no conversation

        return chat_jobs.request(job, self.name)

    def decode_job(self, job: Job[T], body: bytes, mime: str) -> Outcome[T]:
        from llmspell.providers.wire import chat_jobs  # as above

        return chat_jobs.read(job, body, mime)


def _whole(data: Any, reader: Reader) -> list[Event]:
    if not isinstance(data, dict) or not data.get("choices"):
        raise not_an_answer(data)
    return reader.read(data) + reader.end()


class Decoder:
    """Turns the bytes of a stream into events.

    `Usage` and `Finished` come last, since servers send them in any order, repeatedly, or after one another.
    `done` is true once the server said that nothing more will come. A body that is no stream but JSON or a page
    is read as such.
    """

    def __init__(self, *, output_in_total: bool = False) -> None:
        self.done = False
        self._sse = sse.Decoder()
        self._output_in_total = output_in_total
        self._reader = Reader(output_in_total=output_in_total)
        self._is_stream = False
        self._body: bytes | None = None

    def feed(self, piece: bytes) -> list[Event]:
        """The events in the next bytes. Raises `RefusedError` for an error event, `ProviderError` for nonsense."""
        if not self._is_stream:
            self._begin(piece)
            if self._body is not None:
                self._collect(piece)
                return []
        return self._events(self._sse.feed(piece))

    def end(self) -> list[Event]:
        """The events left when the connection closed. Raises `ProviderError` when that was too early."""
        if self._body is not None:
            self.done = True
            return _whole(loads(self._body), Reader(output_in_total=self._output_in_total, whole=True))
        events = self._events(self._sse.end())
        if not self.done:
            if not self._reader.finished:
                raise ProviderError("the stream was cut off before the answer was finished", retryable=True)
            self.done = True
            events += self._reader.end()
        return events

    def _begin(self, piece: bytes) -> None:
        first = piece.lstrip(_BLANK)[:1]
        if self._body is None and first in _WHOLE:
            self._body = b""
        self._is_stream = bool(first) and self._body is None

    def _collect(self, piece: bytes) -> None:
        self._body = (self._body or b"") + piece
        if len(self._body) > sse.MAX_EVENT:
            raise ProviderError(f"the answer is no stream and larger than {sse.MAX_EVENT >> 20} MiB")

    def _events(self, received: list[sse.ServerEvent]) -> list[Event]:
        events: list[Event] = []
        for name, data in received:
            if self.done:
                break
            if data == b"[DONE]":
                self.done = True
                events += self._reader.end()
            elif data:
                events += self._chunk(name, data)
        return events

    def _chunk(self, name: str, data: bytes) -> list[Event]:
        chunk = loads(data)
        if not isinstance(chunk, dict) or name == "error":
            raise not_an_answer(chunk)
        return self._reader.read(chunk)
