"""The provider for every service behind HTTP: a row of the catalog says which one it is."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from llmspell.errors import InvalidValueError, LlmspellError, NotFoundError, ProviderError
from llmspell.nearest import nearest
from llmspell.providers import headers as facts
from llmspell.providers.accumulator import Accumulator
from llmspell.providers.address import credentials
from llmspell.providers.base import (
    Embeddings,
    EmbedKind,
    Event,
    LLMProvider,
    ModelInfo,
    Request,
    Response,
    Started,
    TokenCount,
    Usage,
)
from llmspell.providers.catalog import Row
from llmspell.providers.content import Message
from llmspell.providers.failures import Asked, failure, missing_key
from llmspell.providers.network import Network, Timeouts
from llmspell.providers.retry import Retry, RetryPolicy, with_retries
from llmspell.providers.transport import Call, HttpTransport, Reply, host_of
from llmspell.providers.wire import formats
from llmspell.providers.wire.format import HttpRequest, StreamDecoder
from llmspell.providers.wire.problem import RefusedError

if TYPE_CHECKING:
    from llmspell.providers.jobs import Job, Outcome

T = TypeVar("T")

_MODELS = frozenset({"model", "models", "modelId"})
"""Where services look for the model, or for others to take."""

_MAX_TEXT_BYTES = 300_000
_MAX_PAGES = 100
_SECRET = 16  # characters: versions, regions and the like are shorter
_NO_SUCH_PLACE = frozenset({301, 302, 303, 307, 308, 404, 405})
_CONTEXT_KEYS = ("context_length", "context_window", "max_model_len", "max_context_length")


class HttpProvider(LLMProvider):
    """A service, in the wire format of its row.

    `key` goes into the header that the format says and nowhere else. `transport` may be shared by many providers and
    is not closed by this one. `network` is how it is reached. `download_ranks` lets tiktoken fetch its tables (see
    `tokens`).
    """

    def __init__(
        self,
        row: Row,
        transport: HttpTransport,
        *,
        key: str | None = None,
        retries: RetryPolicy | None = None,
        network: Network | None = None,
        download_ranks: bool = False,
    ) -> None:
        self.name = row.name
        self.default_model = row.default_model
        self._row = row
        self._transport = transport
        self._key = key or ""
        self._retries = retries or RetryPolicy()
        self._network = network or Network(Timeouts(total=row.timeout))
        self._download_ranks = download_ranks
        self._base = row.base_url.rstrip("/")
        self._format = formats.make(row.wire, row.dialect)
        self._headers = {"content-type": "application/json", "user-agent": "llmspell", **row.headers}
        if self._key:
            self._headers |= {row.auth_header: self._key} if row.auth_header else self._format.auth(self._key)
        self._query = urlencode(row.query)
        self._signer = None if self._key else self._format.signer()

    @property
    def capabilities(self) -> frozenset[str] | None:
        return self._row.capabilities or None

    @property
    def identity(self) -> str:
        return f"{self.name} at {self._base}"

    def __repr__(self) -> str:
        return f"<HttpProvider {self.name} at {host_of(self._base)}>"

    async def complete(self, request: Request) -> Response:
        call = self._chat(request, stream=False)
        accumulator = Accumulator(request.model, self.name)
        events, headers = await self._whole(call, self._format.decode, request.model)
        for event in _with_headers(events, headers):
            accumulator.add(event)
        return accumulator.response()

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        call = self._chat(request, stream=True)
        opened = await with_retries(lambda: self._open(call, request.model), self._retries, _left(call))
        reply, decoder, events = opened
        try:
            with self._translating(reply.status, request.model):
                while True:
                    for event in events:
                        yield event
                    if decoder.done:
                        break
                    events = await _more(reply, decoder)
            await reply.drain()
        except Retry as failed:  # too late: the script has seen the beginning
            raise failed.error from None
        finally:
            await reply.aclose()

    async def embed(
        self,
        model: str,
        texts: list[str],
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # part of the request, enforced by the transport
        dimensions: int | None = None,
        kind: EmbedKind | None = None,
    ) -> Embeddings:
        vectors: list[list[float]] = []
        spent: int | None = None
        for batch in _batches(texts, self._format.max_texts(model)):
            with self._translating(0, model):
                asked = self._format.embeddings(model, batch, dimensions=dimensions, kind=kind)
            call = self._call(asked, timeout)
            (found, usage), _ = await self._whole(call, self._format.decode_embeddings, model)
            if len(found) != len(batch):
                message = f"{self.name} sent {len(found)} vectors for {len(batch)} texts"
                raise ProviderError(message, provider=self.name)
            vectors += found
            if usage.input_tokens is not None:
                spent = (spent or 0) + usage.input_tokens
        return Embeddings(vectors=vectors, model=model, usage=Usage(input_tokens=spent))

    async def perform(self, job: Job[T]) -> Outcome[T]:
        _check_extra(job.extra)
        with self._translating(0, job.model):
            asked = self._format.job(job)
        call = self._call(asked, job.timeout)
        body, headers = await self._whole(call, bytes, job.model)
        try:
            with self._translating(200, job.model):
                return self._format.decode_job(job, body, headers.get("content-type", ""))
        except Retry as failed:  # it may have been paid for
            raise failed.error from None

    async def count_tokens(self, model: str, messages: list[Message]) -> TokenCount:
        if (asked := self._format.count(model, messages)) is not None:
            try:
                tokens, _ = await self._whole(self._call(asked, None), self._format.decode_count, model)
            except ProviderError as error:
                if error.status not in (404, 405, 501):  # compatible servers often lack this endpoint
                    raise
            else:
                return TokenCount(tokens, "endpoint")
        import asyncio  # there is a loop by now

        from llmspell.providers.tokens import count_messages

        # The first count takes half a second: tiktoken reads its tables.
        return await asyncio.to_thread(count_messages, model, messages, download=self._download_ranks)

    async def list_models(self) -> list[ModelInfo]:
        models: list[ModelInfo] = []
        asked: HttpRequest | None = self._format.models()
        for _ in range(_MAX_PAGES):
            if asked is None:
                break
            try:
                (found, asked), _ = await self._whole(self._call(asked, None), self._page_of_models, "")
            except ProviderError as error:
                if error.status in (404, 405):
                    error.hint = f"it may have no list: name a model, as in {self.name}/...; or else check base_url"
                raise
            models += [self._info(model) for model in found]
        return models

    def _page_of_models(self, body: bytes) -> tuple[list[dict[str, Any]], HttpRequest | None]:
        return self._format.decode_models(body), self._format.more_models(body)

    async def info(self, model: str) -> ModelInfo:
        models = {found.name: found for found in await self.list_models()}
        name = f"{self.name}/{model}"
        if name not in models:
            hint = nearest(name, models) or f"`llmspell models list --provider {self.name}` shows its models"
            raise NotFoundError(f"{self.name} has no model {model!r}", hint=hint, provider=self.name)
        return models[name]

    def cost(self, model: str, usage: Usage) -> float | None:
        from llmspell.providers.costs import cost  # a big table, loaded when a price is asked for

        return cost(self._row.prices, model, usage) if self._row.prices else None

    def _info(self, found: dict[str, object]) -> ModelInfo:
        context = next((value for key in _CONTEXT_KEYS if type(value := found.get(key)) is int), None)
        details = {key: value for key, value in found.items() if key in ("owned_by", "created")}
        longest = found.get("max_output_tokens")
        return ModelInfo(
            name=f"{self.name}/{found['id']}",
            provider=self.name,
            context_length=context,
            max_output_tokens=longest if isinstance(longest, int) else None,
            details=details,
        )

    def _chat(self, request: Request, *, stream: bool) -> Call:
        _check_extra(request.extra)
        with self._translating(0, request.model):
            asked = self._format.chat(request, stream=stream)
        return self._call(asked, request.timeout)

    def _call(self, asked: HttpRequest, timeout: float | None) -> Call:
        if self._row.key_required and not self._key:
            raise missing_key(self._asked(""))
        seconds = self._network.timeouts.total if timeout is None else timeout
        deadline = None if seconds is None else time.monotonic() + seconds
        headers = {**self._headers, **asked.headers} if asked.headers else self._headers
        return Call(asked.method, self._url(asked.path), headers, asked.body, deadline, self.name, self._network)

    def _url(self, path: str) -> str:
        if not self._query:
            return self._base + path
        return f"{self._base}{path}{'&' if '?' in path else '?'}{self._query}"

    async def _whole(self, call: Call, decode: Callable[[bytes], T], model: str) -> tuple[T, Mapping[str, str]]:
        """What `decode` makes of the body of a whole answer, and its headers."""

        async def attempt() -> tuple[T, Mapping[str, str]]:
            reply = await self._send(call)
            try:
                body = await reply.read()
            finally:
                await reply.aclose()
            return self._decoded(reply, body, decode, model), reply.headers

        return await with_retries(attempt, self._retries, _left(call))

    async def _open(self, call: Call, model: str) -> tuple[Reply, StreamDecoder, list[Event]]:
        """A stream that has delivered its first token, until which a new attempt costs nothing."""
        reply = await self._send(call)
        decoder = self._format.decoder()
        try:
            if reply.status != 200 or not reply.is_stream(self._format.stream_type):
                events = self._decoded(reply, await reply.read(), self._format.decode, model)
                decoder.done = True
                return reply, decoder, _with_headers(events, reply.headers)
            events = []
            with self._translating(reply.status, model, reply):
                while not decoder.done and all(isinstance(event, Started) for event in events):
                    events += await _more(reply, decoder)
        except BaseException:
            await reply.aclose()
            raise
        return reply, decoder, _with_headers(events, reply.headers)

    async def _send(self, call: Call) -> Reply:
        if self._signer is not None:
            import asyncio  # there is a loop by now

            signed = await asyncio.to_thread(self._signer.sign, call.method, call.url, call.headers, call.body)
            call = call._replace(headers={**call.headers, **signed})
        return await self._transport.open(call)

    def _decoded(self, reply: Reply, body: bytes, decode: Callable[[bytes], T], model: str) -> T:
        with self._translating(reply.status, model, reply):
            if reply.status == 200:
                return decode(body)
            if reply.is_page and reply.status in _NO_SUCH_PLACE:
                decode(b"<")
            raise RefusedError(self._format.problem(body, reply.status))

    @contextmanager
    def _translating(self, status: int, model: str, reply: Reply | None = None) -> Iterator[None]:
        """Puts our name on errors, and says with `Retry` which are worth another attempt: with a `reply`, of which
        nobody has seen anything, those of damaged answers too."""
        try:
            yield
        except RefusedError as refused:
            problem = refused.problem
            if (said := reply.retry_after() if reply else None) is not None:
                problem = problem._replace(retry_after=said)
            error = failure(problem, status, self._asked(model))
            raise (Retry(error, problem.retry_after) if error.retryable else error) from None
        except LlmspellError as error:
            error.provider = error.provider or self.name
            if status != 200:
                error.status = error.status or status or None
            if reply is not None and error.retryable:
                raise Retry(error) from None
            raise

    def _asked(self, model: str) -> Asked:
        variable = self._row.key_env or ""
        return Asked(self.name, host_of(self._base), model, self._key, variable, tuple(self._secrets()))

    def _secrets(self) -> Iterator[str]:
        """What else may be a key: in its headers, its query, and before the host of its address or its proxy."""
        sent = (*self._row.headers.values(), *self._row.query.values())
        yield from (value for value in sent if len(value) >= _SECRET)
        for url in (self._row.base_url, self._network.proxy or ""):
            yield from credentials(url)


def _with_headers(events: list[Event], headers: Mapping[str, str]) -> list[Event]:
    """The first events of an answer, with what its headers tell."""
    request_id, limits = facts.read(headers)
    if request_id is None and not limits:
        return events
    started = next((event for event in events if isinstance(event, Started)), None)
    if started is None:
        return [Started(request_id=request_id, rate_limit=limits), *events]
    started.request_id, started.rate_limit = request_id, limits
    return events


async def _more(reply: Reply, decoder: StreamDecoder) -> list[Event]:
    piece = await reply.next()
    return decoder.feed(piece) if piece else decoder.end()


def _check_extra(extra: Mapping[str, Any]) -> None:
    """Which model answers is what was asked for, and allowed, and priced."""
    if named := _MODELS & extra.keys():
        raise InvalidValueError(
            f"extra.{min(named)} cannot be used", hint="name the model as provider/model, or several with fallback"
        )


def _left(call: Call) -> float | None:
    return None if call.deadline is None else call.deadline - time.monotonic()


def _batches(texts: list[str], most: int) -> Iterator[list[str]]:
    """Texts in groups that one request may hold, at most so many; OpenAI allows 300,000 tokens together."""
    batch: list[str] = []
    room = _MAX_TEXT_BYTES
    for text in texts:
        size = len(text.encode())
        if batch and (len(batch) == most or size > room):
            yield batch
            batch, room = [], _MAX_TEXT_BYTES
        batch.append(text)
        room -= size
    if batch:
        yield batch
