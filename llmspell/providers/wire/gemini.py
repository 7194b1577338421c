"""Gemini's generateContent, as spoken by the Gemini API and by Vertex AI.

https://ai.google.dev/api/generate-content. What travels in `State`: the keys of a part that ours have no field for,
thought signatures above all, and whole parts of tools that run at the provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from llmspell.providers.base import EmbedKind, Event, Request, Usage
from llmspell.providers.content import Message
from llmspell.providers.wire.bodies import count, dumps, in_path, laid_over, loads, name, not_an_answer, unsupported
from llmspell.providers.wire.format import Format, HttpRequest
from llmspell.providers.wire.gemini_answer import Decoder, problem_of, read_answer
from llmspell.providers.wire.gemini_request import WIRE, body_of, contents_of
from llmspell.providers.wire.problem import Problem

if TYPE_CHECKING:
    from llmspell.providers.jobs import Job, Outcome, Paint

T = TypeVar("T")

_MODELS = "/models?pageSize=1000"
_PURPOSES = {"query": "task: search result | query: ", "document": "title: none | text: "}
"""https://ai.google.dev/gemini-api/docs/embeddings#task-types"""


class Dialect(NamedTuple):
    """What Vertex AI and proxies do differently."""

    vertex: bool = False
    """Vertex AI: the key is an access token, one text is embedded at a time, and models are not listed."""
    json_schema: bool = True
    """Whether schemas may be JSON Schema, or only the older kind that is part of OpenAPI 3.0."""


class Gemini(Format):
    """generateContent, in the dialect of one server.

    Marks for the prompt cache need nothing here: the service keeps prompts by itself. A cache made beforehand is
    named in `Request.extra["cachedContent"]`.
    """

    name = WIRE

    def __init__(self, dialect: Dialect | None = None) -> None:
        self._dialect = dialect or Dialect()

    def auth(self, key: str) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"} if self._dialect.vertex else {"x-goog-api-key": key}

    def chat(self, request: Request, *, stream: bool) -> HttpRequest:
        body = body_of(request, json_schema=self._dialect.json_schema)
        method = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return HttpRequest(f"{_path(request.model)}:{method}", dumps(laid_over(body, request.extra)))

    def decode(self, body: bytes) -> list[Event]:
        return read_answer(loads(body))

    def decoder(self) -> Decoder:
        return Decoder()

    def problem(self, body: bytes, status: int) -> Problem:
        return problem_of(body, status)

    def job(self, job: Job[Any]) -> HttpRequest:
        from llmspell.providers.wire import gemini_jobs  # only for what is no conversation

        return gemini_jobs.request(job, _path(job.model))

    def decode_job(self, job: Job[T], body: bytes, mime: str) -> Outcome[T]:  # noqa: ARG002  # always JSON
        from llmspell.providers.wire import gemini_jobs  # as above

        if gemini_jobs.is_imagen(job):
            return cast("Outcome[T]", gemini_jobs.read_imagen(cast("Paint", job), loads(body)))
        return gemini_jobs.read(job, self.decode(body))

    def models(self) -> HttpRequest:
        if self._dialect.vertex:
            raise unsupported("gemini", "list of models on Vertex AI")
        return HttpRequest(_MODELS, method="GET")

    def decode_models(self, body: bytes) -> list[dict[str, Any]]:
        data = loads(body)
        items = data.get("models") if isinstance(data, dict) else None
        if not isinstance(items, list):
            raise not_an_answer(data)
        return [_model(item) for item in items if isinstance(item, dict) and isinstance(item.get("name"), str)]

    def more_models(self, body: bytes) -> HttpRequest | None:
        token = name(loads(body).get("nextPageToken"))
        return HttpRequest(f"{_MODELS}&pageToken={_quoted(token)}", method="GET") if token else None

    def count(self, model: str, messages: list[Message]) -> HttpRequest:
        body = contents_of(messages, model)
        if "systemInstruction" in body and not self._dialect.vertex:
            body = {"generateContentRequest": {"model": _path(model)[1:], **body}}
        return HttpRequest(f"{_path(model)}:countTokens", dumps(body))

    def decode_count(self, body: bytes) -> int:
        data = loads(body)
        tokens = data.get("totalTokens") if isinstance(data, dict) else None
        if type(tokens) is not int:
            raise not_an_answer(data)
        return tokens

    def max_texts(self, model: str) -> int:  # noqa: ARG002  # the same for all of them
        return 1 if self._dialect.vertex else 100

    def embeddings(
        self, model: str, texts: list[str], *, dimensions: int | None = None, kind: EmbedKind | None = None
    ) -> HttpRequest:
        options: dict[str, Any] = {} if dimensions is None else {"outputDimensionality": dimensions}
        if kind and "embedding-2" in model:  # which is told in words
            texts = [_PURPOSES[kind] + text for text in texts]
        elif kind:
            options["taskType"] = f"RETRIEVAL_{kind.upper()}"
        contents = [{"content": {"parts": [{"text": text}]}, **options} for text in texts]
        if self._dialect.vertex:
            return HttpRequest(f"{_path(model)}:embedContent", dumps(contents[0]))
        requests = [{"model": _path(model)[1:], **content} for content in contents]
        return HttpRequest(f"{_path(model)}:batchEmbedContents", dumps({"requests": requests}))

    def decode_embeddings(self, body: bytes) -> tuple[list[list[float]], Usage]:
        data = loads(body)
        try:
            found = data["embeddings"] if "embeddings" in data else [data["embedding"]]
            usage = data.get("usageMetadata") or {}
            return [_vector(item["values"]) for item in found], Usage(input_tokens=count(usage, "promptTokenCount"))
        except (AttributeError, KeyError, TypeError):
            raise not_an_answer(data) from None


def _path(model: str) -> str:
    """Where a model is; tuned models are named with their folder."""
    return "/" + in_path(model if "/" in model else f"models/{model}", folders=True)


def _quoted(text: str) -> str:
    from urllib.parse import quote  # loaded with the transport anyway

    return quote(text, safe="/")


def _model(item: dict[str, Any]) -> dict[str, Any]:
    return {
        **item,
        "id": item["name"].removeprefix("models/"),
        "context_length": item.get("inputTokenLimit"),
        "max_output_tokens": item.get("outputTokenLimit"),
    }


def _vector(numbers: Any) -> list[float]:
    if not isinstance(numbers, list) or not all(isinstance(number, (int, float)) for number in numbers):
        raise TypeError
    return numbers
