"""HTTP clients for libraries that speak a protocol of their own and bring none of our care with them, such as MCP's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING

import httpx2

from llmspell.errors import AuthError, LlmspellError, NetworkError, ProviderError
from llmspell.providers.guarded import Guard, GuardedConnections, Incoming, Outgoing
from llmspell.providers.transport import trusting

if TYPE_CHECKING:
    from llmspell.providers.network import Network

MAX_BODY = 64 * 1024 * 1024
"""Bytes of one answer."""
_CONNECT = 10.0

Check = Callable[[str, str, str, int], None]
"""Told method, scheme, host and port of a request; raises for one that may not be sent."""


class Failures:
    """What went wrong last, since libraries pass on little of it."""

    def __init__(self) -> None:
        self.last: LlmspellError | None = None


def free_client(
    network: Network,
    headers: Mapping[str, str],
    silence: float,
    failures: Failures,
    given: httpx2.AsyncBaseTransport | None = None,
) -> httpx2.AsyncClient:
    """A client for an address that the user configured: through proxies, and to private addresses too.

    `silence` is for how many seconds nothing may come; `given` takes the place of all connections.
    """
    if given is None:
        given = _Through(_proxied(network))
    return _client(given, headers, silence, failures)


def guarded_client(
    connections: GuardedConnections,
    guard: Guard,
    check: Check,
    headers: Mapping[str, str],
    silence: float,
    failures: Failures,
) -> httpx2.AsyncClient:
    """A client for an address that a script chose: every request is asked for, and every address."""
    return _client(_Guarded(connections, guard, check, silence), headers, silence, failures)


def _client(
    transport: httpx2.AsyncBaseTransport, headers: Mapping[str, str], silence: float, failures: Failures
) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        headers={**headers, "accept-encoding": "identity"},
        timeout=httpx2.Timeout(silence, connect=_CONNECT),
        transport=_Bounded(transport, failures),
        trust_env=False,
    )


def _proxied(network: Network) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(verify=trusting(network), proxy=network.proxy_url(), trust_env=not network.direct)


class _Through(httpx2.AsyncBaseTransport):
    """A client as a transport: it knows the proxies of the environment."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._client.send(request, stream=True, follow_redirects=False)
        return httpx2.Response(response.status_code, headers=response.headers, stream=_Raw(response))

    async def aclose(self) -> None:
        await self._client.aclose()


class _Raw(httpx2.AsyncByteStream):
    def __init__(self, response: httpx2.Response) -> None:
        self._response = response

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._response.aiter_raw()

    async def aclose(self) -> None:
        await self._response.aclose()


class _Guarded(httpx2.AsyncBaseTransport):
    """The connections of spells as a transport."""

    def __init__(self, connections: GuardedConnections, guard: Guard, check: Check, silence: float) -> None:
        self._connections = connections
        self._guard = guard
        self._check = check
        self._silence = silence

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        host, port = url.raw_host.decode().strip("[]"), url.port or (443 if url.scheme == "https" else 80)
        self._check(request.method, url.scheme, host, port)
        headers = [(name.decode(), value.decode()) for name, value in request.headers.raw]
        body = await request.aread()
        target = url.raw_path.decode()
        incoming = await self._connections.open(
            Outgoing(request.method, url.scheme, host, port, target, headers, body or None, self._silence), self._guard
        )
        return httpx2.Response(incoming.status, headers=incoming.headers, stream=_Pieces(incoming))


class _Pieces(httpx2.AsyncByteStream):
    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await self._incoming.next():
            yield piece

    async def aclose(self) -> None:
        await self._incoming.aclose()


class _Bounded(httpx2.AsyncBaseTransport):
    """Answers of a bounded size, and not compressed: what little unpacks to a lot has no bound."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, failures: Failures) -> None:
        self._inner = inner
        self._failures = failures

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        try:
            response = await self._inner.handle_async_request(request)
        except LlmspellError as error:
            self._failures.last = error
            raise httpx2.ConnectError(error.message) from None
        except (httpx2.HTTPError, OSError) as error:
            hint = "is the server running, and its url right?"
            self._failures.last = NetworkError(f"{host} cannot be reached: {error}", hint=hint, retryable=True)
            raise
        if response.status_code in (401, 403):
            self._failures.last = AuthError(
                f"{host} answered with the status {response.status_code}",
                hint="check the headers of the server",
                status=response.status_code,
            )
        elif response.status_code >= 500:
            self._failures.last = ProviderError(
                f"{host} answered with the status {response.status_code}", status=response.status_code, retryable=True
            )
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            self._failures.last = ProviderError(f"{host} sent a compressed answer, although none was asked for")
            raise httpx2.DecodingError("compressed")
        stream = response.stream
        assert isinstance(stream, httpx2.AsyncByteStream)  # noqa: S101  # for the type checker
        return httpx2.Response(
            response.status_code, headers=response.headers, stream=_Counted(stream, host, self._failures)
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, host: str, failures: Failures) -> None:
        self._stream = stream
        self._host = host
        self._failures = failures

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        try:
            async for piece in self._stream:
                size += len(piece)
                if size > MAX_BODY:
                    raise ProviderError(f"{self._host} sent more than {MAX_BODY >> 20} MiB in one answer")
                yield piece
        except LlmspellError as error:
            self._failures.last = error
            raise httpx2.ReadError(error.message) from None

    async def aclose(self) -> None:
        await self._stream.aclose()
