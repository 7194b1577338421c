"""Fakes for tests of spells and of programs that run them: a provider, an HTTP server, and a cut network cable."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, TypeVar

from llmspell.errors import ModelError, ProviderError
from llmspell.providers.base import (
    Embeddings,
    EmbedKind,
    Event,
    Finished,
    LLMProvider,
    LogProbs,
    ModelInfo,
    PartAdded,
    ReasoningDelta,
    Request,
    Response,
    Started,
    StateDelta,
    TextDelta,
    TokenCount,
    ToolCallDelta,
    Usage,
)
from llmspell.providers.content import Media, Message, Part, Reasoning, State, Text, ToolCall, ToolResult
from llmspell.providers.jobs import Job, Outcome, Paint, Ranked, Rerank, Speak, Transcribe, Transcript

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")

_POINT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000"
    "000a49444154789c636000000002000148afa4710000000049454e44ae426082"
)
"""A picture of one black point."""


class After(NamedTuple):
    """A reply that waits: `seconds` before it begins, and `between` each two of its events."""

    seconds: float
    reply: Reply
    between: float = 0.0


Reply: TypeAlias = "str | Response | Exception | Sequence[Event] | After"
"""A text, a whole answer, an error to raise, or the events themselves (an exception among them is raised there)."""


class ScriptedProvider(LLMProvider):
    """A provider that answers from a list, one reply for each call, or from a function of the request.

    Texts are streamed word by word, and every word counts as a token. `requests` are the requests so far, `open`
    is the number of streams that are neither finished nor closed. Any model name works. `jobs` are those so far that
    are no conversations; `work` gives the value of each, or an error to raise, instead of `sample_work`. `price` is
    what each token costs in US dollars; None is unknown.
    """

    def __init__(
        self,
        replies: Sequence[Reply] | Callable[[Request], Reply] = (),
        name: str = "scripted",
        *,
        work: Callable[[Job[Any]], Any] | None = None,
        price: float | None = None,
    ) -> None:
        self.name = name
        self.price = price
        self.requests: list[Request] = []
        self.jobs: list[Job[Any]] = []
        self._work = work or sample_work
        self.open = 0
        self._replies = replies

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        self.requests.append(request)
        self.open += 1
        try:
            reply, between = self._next(request), 0.0
            if isinstance(reply, After):
                delay, reply, between = reply
                await asyncio.sleep(delay)
            for event in _events(reply, request):
                if isinstance(event, Exception):
                    raise event
                yield event
                if between:
                    await asyncio.sleep(between)
        finally:
            self.open -= 1

    async def embed(
        self,
        model: str,
        texts: list[str],
        *,
        timeout: float | None = None,  # noqa: ASYNC109, ARG002  # part of the contract
        dimensions: int | None = None,
        kind: EmbedKind | None = None,
    ) -> Embeddings:
        """Vectors, of 8 numbers unless told otherwise, that depend on the text and the kind alone."""
        hashes = [hashlib.shake_128(f"{kind or ''}{text}".encode()) for text in texts]
        vectors = [[byte / 255 for byte in each.digest(dimensions or 8)] for each in hashes]
        return Embeddings(vectors=vectors, model=model, usage=Usage(sum(len(text.split()) for text in texts)))

    async def perform(self, job: Job[T]) -> Outcome[T]:
        self.jobs.append(job)
        value = self._work(job)
        if isinstance(value, Exception):
            raise value
        return Outcome(value, job.model, Usage(1))

    async def count_tokens(self, model: str, messages: list[Message]) -> TokenCount:  # noqa: ARG002  # all models are alike
        return TokenCount(_words(messages), "estimate")

    def cost(self, model: str, usage: Usage) -> float | None:  # noqa: ARG002  # as above
        if not self.price:
            return self.price
        return None if usage.input_tokens is None else self.price * (usage.input_tokens + (usage.output_tokens or 0))

    async def list_models(self) -> list[ModelInfo]:
        return [await self.info("test")]

    async def info(self, model: str) -> ModelInfo:
        return ModelInfo(name=f"{self.name}/{model}", provider=self.name, context_length=8192)

    def _next(self, request: Request) -> Reply:
        if callable(self._replies):
            return self._replies(request)
        count = len(self.requests)
        if count > len(self._replies):
            raise ProviderError(f"{self.name} has only {len(self._replies)} replies, and this is call {count}")
        return self._replies[count - 1]


def sample_work(job: Job[Any]) -> Any:
    """The value of a job, made up without a model: ranks by common words, paints one point, speaks and hears UTF-8."""
    match job:
        case Rerank():
            wanted = set(job.query.lower().split())
            scores = [len(wanted & set(text.lower().split())) / len(wanted) for text in job.documents]
            ranked = [Ranked(index, score) for index, score in enumerate(scores)]
            return sorted(ranked, key=lambda each: -each.score)[: job.top]
        case Paint():
            return [Media(kind="image", mime="image/png", data=_POINT)] * (job.count or 1)
        case Speak():
            return Media(kind="audio", mime=f"audio/{job.format or 'mpeg'}", data=job.text.encode())
        case Transcribe():
            return Transcript((job.audio.data or b"").decode(), {})
        case _:
            return ModelError(f"there is no {job.name}")


def _events(reply: Reply, request: Request) -> Sequence[Event | Exception]:
    if isinstance(reply, Exception):
        return [reply]
    if isinstance(reply, str):
        usage = Usage(_words(request.messages), len(reply.split()))
        return [Started(model=request.model), *map(TextDelta, words(reply)), usage, Finished("stop", "stop")]
    if isinstance(reply, Response):
        return list(_replayed(reply))
    if isinstance(reply, After):
        raise TypeError("After cannot hold another After")
    return reply


def _replayed(reply: Response) -> Iterator[Event]:
    yield Started(reply.id, reply.model, request_id=reply.request_id)
    for index, part in enumerate(reply.parts):
        yield from _part_events(index, part)
    if reply.logprobs is not None:
        yield LogProbs(reply.logprobs)
    yield reply.usage
    yield Finished(reply.finish_reason, reply.raw_finish_reason, reply.raw)


def _part_events(index: int, part: Part) -> Iterator[Event]:
    if isinstance(part, Text):
        yield from (TextDelta(word, index) for word in words(part.text))
        yield from _state("text", index, part.state)
    elif isinstance(part, Reasoning):
        yield from (ReasoningDelta(word, index) for word in words(part.text))
        yield from _state("reasoning", index, part.state)
    elif isinstance(part, ToolCall):
        import json  # rarely needed

        yield ToolCallDelta(index, part.id, part.name, json.dumps(part.arguments))
        yield from _state("tool_call", index, part.state)
    elif not isinstance(part, ToolResult):
        yield PartAdded(part)


def _state(kind: Literal["text", "reasoning", "tool_call"], index: int, state: State | None) -> Iterator[Event]:
    if state is not None:
        yield StateDelta(kind, index, state)


def words(text: str) -> list[str]:
    """The text cut before each word, so that the pieces joined give it back."""
    return re.findall(r"\s*\S+|\s+$", text)


def _words(messages: list[Message]) -> int:
    return sum(len(message.text.split()) for message in messages)


class Answer(NamedTuple):
    """What the server of a `RecordedTransport` answers; `pieces` is the body as it arrives."""

    status: int = 200
    pieces: Sequence[bytes] = ()
    headers: Mapping[str, str] = {"content-type": "application/json"}


class RecordedTransport:
    """Stands in for the HTTP connections: `Host(http_transport=RecordedTransport([...]).transport)`.

    `answers` are given one for each request, an exception among them is raised; `requests` are those so far.
    """

    def __init__(self, answers: Sequence[Answer | Exception]) -> None:
        import httpx2  # as slow to load as the rest of llmspell together

        self.requests: list[httpx2.Request] = []
        self.transport: httpx2.AsyncBaseTransport = httpx2.MockTransport(self._answer)
        self._answers = answers

    async def _answer(self, request: Any) -> httpx2.Response:
        import httpx2

        self.requests.append(request)
        if len(self.requests) > len(self._answers):
            raise AssertionError(f"request {len(self.requests)}, but only {len(self._answers)} answers are recorded")
        answer = self._answers[len(self.requests) - 1]
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer.status, headers=dict(answer.headers), content=_body(answer.pieces))


async def _body(pieces: Sequence[bytes]) -> AsyncGenerator[bytes, None]:
    for piece in pieces:
        yield piece


class NetworkUsedError(Exception):
    """A test tried to reach the network inside `no_network()`. No library mistakes it for a network error."""


@contextlib.contextmanager
def no_network(*, loopback: bool = True) -> Iterator[None]:
    """Make every connection to another machine, and every look-up of its name, a `NetworkUsedError`.

    Unix sockets stay open, and connections to this machine do if `loopback`. It works by replacing functions of
    `socket`, and what uvloop makes loops with, so code that calls the operating system by itself is not held back,
    nor is a loop of uvloop that was made before.
    """
    import socket
    from unittest import mock

    def guarded(method: str) -> Any:
        real = getattr(socket.socket, method)

        def call(self: socket.socket, *args: Any) -> Any:
            try:
                if self.family in (socket.AF_INET, socket.AF_INET6):
                    _check_connection(args[-1][0], loopback=loopback)
            except NetworkUsedError:
                self.close()  # those who made it expect an OSError, and would leave it open
                raise
            return real(self, *args)

        return mock.patch.object(socket.socket, method, call)

    def look_up(function: str) -> Any:
        real = getattr(socket, function)

        def call(host: Any, *args: Any, **options: Any) -> Any:
            _check_name(host, loopback=loopback)
            return real(host, *args, **options)

        return mock.patch.object(socket, function, call)

    with contextlib.ExitStack() as patches:
        for method in ("connect", "connect_ex", "sendto"):
            patches.enter_context(guarded(method))
        for function in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
            patches.enter_context(look_up(function))
        patches.enter_context(_guarded_uvloop(loopback=loopback))
        yield


def _guarded_uvloop(*, loopback: bool) -> contextlib.AbstractContextManager[Any]:
    """uvloop asks the operating system itself: have it make loops that are held back too."""
    try:
        import uvloop
    except ImportError:
        return contextlib.nullcontext()
    from unittest import mock

    base: Any = uvloop.Loop  # its methods have too many forms to repeat

    class Loop(base):  # type: ignore[misc]  # for that
        async def getaddrinfo(self, host: Any, *args: Any, **options: Any) -> Any:
            _check_name(host, loopback=loopback)
            return await super().getaddrinfo(host, *args, **options)

        async def create_connection(self, factory: Any, host: Any = None, *args: Any, **options: Any) -> Any:
            if host is not None:
                _check_connection(host, loopback=loopback)
            return await super().create_connection(factory, host, *args, **options)

        async def create_datagram_endpoint(self, *args: Any, remote_addr: Any = None, **options: Any) -> Any:
            if isinstance(remote_addr, tuple):
                _check_connection(remote_addr[0], loopback=loopback)
            return await super().create_datagram_endpoint(*args, remote_addr=remote_addr, **options)

        async def sock_connect(self, sock: Any, address: Any) -> Any:
            if isinstance(address, tuple):
                _check_connection(address[0], loopback=loopback)
            return await super().sock_connect(sock, address)

    return mock.patch.object(uvloop, "new_event_loop", Loop)


def _check_connection(host: str, *, loopback: bool) -> None:
    if not _allowed(host, loopback=loopback):
        raise NetworkUsedError(f"a connection to {host} was tried where no network is allowed")


def _allowed(host: str, *, loopback: bool) -> bool:
    return loopback and (host in ("localhost", "") or _is_loopback(host))


def _check_name(host: Any, *, loopback: bool) -> None:
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if not host or _is_address(host) or (loopback and host == "localhost"):
        return
    raise NetworkUsedError(f"the name {host} was looked up where no network is allowed")


def _is_address(host: str) -> bool:
    import ipaddress

    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    import ipaddress

    return _is_address(host) and ipaddress.ip_address(host.partition("%")[0]).is_loopback
