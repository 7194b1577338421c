"""Voyage AI: embeddings and ranking, and nothing else.

https://docs.voyageai.com/reference/embeddings-api.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar, cast

from llmspell.providers.base import EmbedKind, Event, Request, Usage
from llmspell.providers.jobs import Job, Outcome, Rerank
from llmspell.providers.wire import ranking
from llmspell.providers.wire.bodies import count, dumps, loads, not_an_answer, unsupported
from llmspell.providers.wire.format import Format, HttpRequest, StreamDecoder
from llmspell.providers.wire.vectors import vector

T = TypeVar("T")


class Dialect(NamedTuple):
    """What may be set for the whole service."""

    truncation: bool = False
    """Whether texts that are too long are cut without a word; otherwise they are an error."""


class Voyage(Format):
    """`/embeddings` and `/rerank`."""

    name = "voyage"

    def __init__(self, dialect: Dialect | None = None) -> None:
        self._dialect = dialect or Dialect()

    def auth(self, key: str) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"}

    def chat(self, request: Request, *, stream: bool) -> HttpRequest:  # noqa: ARG002  # part of the contract
        raise unsupported(self.name, "conversations, only embeddings and ranking")

    def decode(self, body: bytes) -> list[Event]:
        raise not_an_answer(loads(body))

    def decoder(self) -> StreamDecoder:
        raise unsupported(self.name, "streams")

    def models(self) -> HttpRequest:
        raise unsupported(self.name, "list of models")

    def decode_models(self, body: bytes) -> list[dict[str, Any]]:
        raise not_an_answer(loads(body))

    def max_texts(self, model: str) -> int:  # noqa: ARG002  # the same for all
        return 1000

    def embeddings(
        self, model: str, texts: list[str], *, dimensions: int | None = None, kind: EmbedKind | None = None
    ) -> HttpRequest:
        body: dict[str, Any] = {"model": model, "input": texts, "truncation": self._dialect.truncation}
        if kind is not None:
            body["input_type"] = kind
        if dimensions is not None:
            body["output_dimension"] = dimensions
        return HttpRequest("/embeddings", dumps(body))

    def decode_embeddings(self, body: bytes) -> tuple[list[list[float]], Usage]:
        data = loads(body)
        try:
            items = sorted(data["data"], key=lambda item: item["index"])
            usage = Usage(input_tokens=count(data.get("usage") or {}, "total_tokens"))
            return [vector(item["embedding"]) for item in items], usage
        except (AttributeError, KeyError, TypeError, ValueError):
            raise not_an_answer(data) from None

    def job(self, job: Job[Any]) -> HttpRequest:
        if not isinstance(job, Rerank):
            raise unsupported(self.name, job.name)
        return ranking.request(job, "/rerank", top="top_k")

    def decode_job(self, job: Job[T], body: bytes, mime: str) -> Outcome[T]:  # noqa: ARG002  # always JSON
        return cast(Outcome[T], ranking.read(cast(Rerank, job), body))
