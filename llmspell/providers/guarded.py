"""HTTP for spells: connections that go to addresses which were asked for first, and to no others.

A name is resolved once, each of its addresses is put before the one who grants, and the connection goes to an address
that passed: there is no second look-up that could answer something else. TLS still verifies the name. Proxies of the
environment are not used, since a proxy would resolve the name by itself. Connections are kept for those alone who were
granted the same.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import httpcore2
import httpx2

from llmspell.errors import LlmspellError, NetworkError, ProviderError, TimeoutExceededError

if TYPE_CHECKING:
    import ssl

CONNECT_TIMEOUT = 10.0
IDLE_TIMEOUT = 60.0
"""Seconds without a byte after which a connection counts as broken."""
MAX_CONNECTIONS = 32
"""At once, for one grant."""
_KEPT, _KEPT_SECONDS = 8, 30.0
_LOOKUPS = 8
_POOLS = 16
_TRIED = 4

Resolve: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
"""Gives the addresses of a host, best first; raises `OSError` when there are none."""


class Guard(Protocol):
    """Says which addresses may be connected to. Equal keys say the same."""

    @property
    def key(self) -> Hashable:
        """Whoever has the same key may use the same connections."""
        ...

    def admit(self, host: str, port: int, address: str) -> bool:
        """Whether a connection to this address, which `host` has, may be made."""
        ...

    def refusal(self, host: str) -> LlmspellError:
        """What to raise for a host that has no other addresses."""
        ...


class Outgoing(NamedTuple):
    """A request: `host` in small ASCII letters, an IPv6 address without brackets; `target` is path and query.

    `silence` is for how many seconds nothing may come.
    """

    method: str
    scheme: str
    host: str
    port: int
    target: str
    headers: list[tuple[str, str]]
    body: bytes | None = None
    silence: float = IDLE_TIMEOUT

    @property
    def url(self) -> str:
        """All but the body and the headers."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.target}"


class Incoming:
    """An answer of which the status and headers are there. It must be closed; unread, that cuts the connection."""

    def __init__(self, response: httpx2.Response, outgoing: Outgoing) -> None:
        self.status = response.status_code
        self.headers = [(name.lower(), value) for name, value in response.headers.multi_items()]
        self._response = response
        self._outgoing = outgoing
        self._pieces: AsyncIterator[bytes] | None = None

    async def next(self) -> bytes:
        """The next piece of the body as it was sent, compressed if it is; empty at its end."""
        if self._pieces is None:
            assert isinstance(self._response.stream, httpx2.AsyncByteStream)  # noqa: S101  # for the type checker
            self._pieces = aiter(self._response.stream)
        try:
            piece = b""
            while not piece:  # an empty piece is not the end
                piece = await anext(self._pieces)
        except StopAsyncIteration:
            return b""
        except _FAILURES as error:
            raise _broken(error, self._outgoing) from None
        return piece

    async def aclose(self) -> None:
        """Give the connection back, or cut it when the body was not read to its end."""
        pieces: Any = self._pieces
        with suppress(*_FAILURES):
            try:
                if hasattr(pieces, "aclose"):
                    await pieces.aclose()
            finally:
                await self._response.aclose()


class GuardedConnections:
    """The connections of the spells of one host.

    `http_transport` takes the place of all connections; then nothing is resolved here, and no address is asked for.
    `resolve` takes the place of the system's resolver. Connections belong to the event loop that made them: used from
    another loop, it starts afresh.
    """

    def __init__(
        self, http_transport: httpx2.AsyncBaseTransport | None = None, *, resolve: Resolve | None = None
    ) -> None:
        self._given = http_transport
        self._resolve = resolve or self._look_up
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pools: dict[tuple[Hashable, bool], _Pinned] = {}
        self._lookups = asyncio.Semaphore(_LOOKUPS)
        self._tls: ssl.SSLContext | None = None

    async def open(self, outgoing: Outgoing, guard: Guard) -> Incoming:
        """Send a request and wait for the status and headers of the answer.

        Raises what `guard` refuses with, `NetworkError`, `TimeoutExceededError` or `ProviderError`.
        """
        transport = self._given or await self._pool(guard, secure=outgoing.scheme == "https")
        try:
            request = httpx2.Request(
                outgoing.method,
                outgoing.url,
                headers=[(name.encode(), value.encode()) for name, value in outgoing.headers],
                content=outgoing.body,
                extensions={"timeout": _timeouts(outgoing.silence)},
            )
            response = await transport.handle_async_request(request)
        except _FAILURES as error:
            raise _unreachable(error, outgoing) from None
        return Incoming(response, outgoing)

    async def aclose(self) -> None:
        """Close all connections. They can be used again afterwards."""
        pools, self._pools = self._pools, {}
        if self._loop is asyncio.get_running_loop():
            for pool in pools.values():
                await pool.aclose()

    async def _pool(self, guard: Guard, *, secure: bool) -> _Pinned:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._pools, self._lookups = loop, {}, asyncio.Semaphore(_LOOKUPS)
        key = (guard.key, secure)
        pool = self._pools.pop(key, None) or _Pinned(_Backend(self._resolve, guard), self._context(secure=secure))
        self._pools[key] = pool
        idle = [old for old, other in self._pools.items() if old != key and not other.busy]
        for old in idle[: max(len(self._pools) - _POOLS, 0)]:
            await self._pools.pop(old).aclose()
        return pool

    def _context(self, *, secure: bool) -> ssl.SSLContext | None:
        if secure and self._tls is None:  # reading the certificates takes longer than a call
            self._tls = httpx2.create_ssl_context()
        return self._tls

    async def _look_up(self, host: str, port: int) -> list[str]:
        lookups, loop = self._lookups, asyncio.get_running_loop()
        await lookups.acquire()
        found: asyncio.Future[list[str]] = loop.create_future()

        def settle(addresses: list[str], failure: OSError | None) -> None:
            lookups.release()
            if found.done():
                return
            if failure is None:
                found.set_result(addresses)
            else:
                found.set_exception(failure)

        def work() -> None:
            addresses, failure = _resolved(host, port)
            with suppress(RuntimeError):  # the loop is over
                loop.call_soon_threadsafe(settle, addresses, failure)

        # A thread of its own: slow names hold up neither other work nor the end of the program.
        threading.Thread(target=work, name="llmspell-name", daemon=True).start()
        return await found


def _resolved(host: str, port: int) -> tuple[list[str], OSError | None]:
    import socket

    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        return [], error
    except ValueError:  # a name that cannot be asked for
        return [], socket.gaierror()
    return list(dict.fromkeys(str(address[0]) for *_, address in answers)), None


class _Backend(httpcore2.AsyncNetworkBackend):
    """Resolves, asks, and connects to what was allowed."""

    def __init__(self, resolve: Resolve, guard: Guard) -> None:
        self._resolve = resolve
        self._guard = guard
        self._sockets = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # part of the interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = [host] if _is_address(host) else await self._resolve(host, port)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout from error
        allowed = [address for address in addresses if self._guard.admit(host, port, address)]
        if not allowed:
            raise self._guard.refusal(host)
        failure: Exception = OSError()
        for address in allowed[:_TRIED]:
            try:
                return await self._sockets.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109, ARG002  # part of the interface
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore2.AsyncNetworkStream:
        raise httpcore2.ConnectError(path)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Pinned(httpx2.AsyncBaseTransport):
    """Connections of one guard, for `http` or for `https`."""

    def __init__(self, backend: _Backend, context: ssl.SSLContext | None) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=context,
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=_KEPT,
            keepalive_expiry=_KEPT_SECONDS,
            network_backend=backend,
        )

    @property
    def busy(self) -> bool:
        return any(not connection.is_idle() for connection in self._pool.connections)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        answer = await self._pool.handle_async_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(answer.status, headers=answer.headers, stream=_Body(answer.stream))

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx2.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __aiter__(self) -> AsyncIterator[bytes]:
        pieces: AsyncIterator[bytes] = aiter(self._stream)
        return pieces

    async def aclose(self) -> None:
        await self._stream.aclose()


_FAILURES = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpx2.StreamError,
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol,
    OSError,
)
_BROKEN = (
    httpcore2.ReadError,
    httpcore2.WriteError,
    httpcore2.RemoteProtocolError,
    httpcore2.ReadTimeout,
    httpcore2.WriteTimeout,
    httpx2.ReadError,
    httpx2.WriteError,
    httpx2.RemoteProtocolError,
    httpx2.ReadTimeout,
    httpx2.WriteTimeout,
)


def _timeouts(silence: float) -> dict[str, float | None]:
    return {"connect": CONNECT_TIMEOUT, "read": silence, "write": silence, "pool": None}


def _is_address(host: str) -> bool:
    import ipaddress

    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


# What the libraries say may hold an address that the spell is not to know, so their words are not passed on.


def _unreachable(error: Exception, outgoing: Outgoing) -> LlmspellError:
    import socket
    import ssl

    if isinstance(error, _BROKEN):
        return _broken(error, outgoing)
    host = outgoing.host
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return NetworkError(f"there is no host {host}", hint="is its name spelled right?", retryable=True)
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            why = getattr(cause, "verify_message", "") or cause.reason or "TLS failed"
            return NetworkError(f"no secure connection to {host}: {why}")
    if isinstance(error, (httpcore2.TimeoutException, httpx2.TimeoutException, TimeoutError)):
        return NetworkError(f"{host} did not answer within {CONNECT_TIMEOUT:g} s", retryable=True)
    if isinstance(error, (httpcore2.LocalProtocolError, httpx2.LocalProtocolError, httpx2.InvalidURL)):
        return ProviderError(f"the request to {host} is not one that HTTP allows")
    return NetworkError(f"{host} cannot be reached", hint="is the server running?", retryable=True)


def _broken(error: Exception, outgoing: Outgoing) -> LlmspellError:
    host = outgoing.host
    if isinstance(error, (httpcore2.TimeoutException, httpx2.TimeoutException)):
        return TimeoutExceededError(f"{host} sent nothing for {outgoing.silence:g} s", retryable=True)
    if isinstance(error, (httpcore2.RemoteProtocolError, httpx2.RemoteProtocolError)):
        return NetworkError(f"{host} broke off, or does not speak HTTP", retryable=True)
    return NetworkError(f"the connection to {host} broke before the answer was complete", retryable=True)


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__
