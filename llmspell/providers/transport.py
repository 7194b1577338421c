"""HTTP: beside `fast` the only module that imports an HTTP library.

Every failure comes out as an `LlmspellError`; those that a new attempt may mend come wrapped in `Retry`.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.request import getproxies

import httpx2

from llmspell.errors import NetworkError, ProviderError, TimeoutExceededError
from llmspell.providers.network import Network
from llmspell.providers.pools import Pools
from llmspell.providers.retry import Retry, retry_after

if TYPE_CHECKING:
    import ssl

MAX_BODY = 64 * 1024 * 1024
_DRAIN = 0.1

_WRITE_TIMEOUT = 60.0
_POOL_SIZE = 8
_LIMITS = httpx2.Limits(max_connections=_POOL_SIZE, max_keepalive_connections=_POOL_SIZE, keepalive_expiry=30.0)


class Call(NamedTuple):
    """One HTTP request, and the moment of `time.monotonic()` at which it must be over."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    deadline: float | None = None
    provider: str = ""
    network: Network = Network()


class Client(Protocol):
    """What sends requests: a client of httpx2, or what `fast` has in its place."""

    async def send(self, request: httpx2.Request, *, stream: bool) -> httpx2.Response:
        """Send a request; returns when the headers of the answer are there."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class HttpTransport:
    """Connections, shared by all providers of one registry.

    `http_transport` replaces the connections, for tests, proxies, or another HTTP library; it stays the caller's
    to close. Otherwise they are aiohttp's where the extra `fast` is installed, and httpx2's where it is not, or
    where there is a proxy. Connections belong to the event loop that made them,
    so a transport that is used from another loop starts afresh.
    """

    def __init__(self, http_transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._given = http_transport
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pools: dict[tuple[bool, str | None, str | None], Pools[Client]] = {}
        self._urls: dict[str, httpx2.URL] = {}

    async def open(self, call: Call) -> Reply:
        """Send the request and wait for the status and headers. The reply must be closed."""
        url = self._url(call.url)
        pools = self._pools_for(call.network, secure=url.scheme == "https")
        await pools.close_idle()
        pool = pools.acquire()
        try:
            response = await _send(pool.client, call, url)
        except BaseException:
            pools.release(pool)
            raise
        return Reply(response, call, url, lambda: pools.release(pool))

    async def aclose(self) -> None:
        """Close the connections. The transport can be used again afterwards."""
        every, self._pools = self._pools, {}
        if self._given is None and self._loop is asyncio.get_running_loop():
            for pools in every.values():
                await pools.aclose()

    def _pools_for(self, network: Network, *, secure: bool) -> Pools[Client]:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._pools = loop, {}
        way = (secure, network.proxy, network.ca_file)
        pools = self._pools.get(way)
        if pools is None:
            pools = self._pools[way] = self._new_pools(network, secure=secure)
        return pools

    def _new_pools(self, network: Network, *, secure: bool) -> Pools[Client]:
        given = self._given
        if given is not None:
            return Pools(lambda: _Direct(given), float("inf"))
        # Reading the certificates takes longer than a call: once for all pools, and never for plain HTTP.
        trusted = trusting(network) if secure else None
        verify = trusted or False
        proxy = network.proxy_url()
        if proxy is not None:
            return Pools(lambda: httpx2.AsyncClient(limits=_LIMITS, verify=verify, proxy=proxy), _POOL_SIZE)
        if not network.direct and _has_proxies():
            return Pools(lambda: httpx2.AsyncClient(limits=_LIMITS, verify=verify), _POOL_SIZE)
        fast = _fast()
        if fast is not None:
            return Pools(lambda: fast(trusted), float("inf"))
        return Pools(lambda: _Direct(httpx2.AsyncHTTPTransport(limits=_LIMITS, verify=verify)), _POOL_SIZE)

    def _url(self, text: str) -> httpx2.URL:
        url = self._urls.get(text)
        if url is None:
            try:
                url = httpx2.URL(text)
            except httpx2.InvalidURL as error:
                raise ProviderError(f"not a usable URL: {error}", hint="check base_url") from None
            if url.scheme not in ("http", "https") or not url.host:
                raise ProviderError("base_url must begin with http:// or https://", hint="check base_url")
            self._urls[text] = url
        return url


class _Direct:
    """A transport of httpx2 without its client: models need none of the redirects and cookies, which cost a tenth of
    a call. Of what the client does beside, only a user and password in the address are left."""

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._transport = transport
        self.aclose = transport.aclose

    async def send(self, request: httpx2.Request, *, stream: bool) -> httpx2.Response:  # noqa: ARG002  # always
        url = request.url
        if url.userinfo:
            given = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
            request.headers["authorization"] = f"Basic {given}"
        response = await self._transport.handle_async_request(request)
        response.request = request
        return response


def _has_proxies() -> bool:
    return any(name != "no" for name in getproxies())


def trusting(network: Network) -> ssl.SSLContext:
    context = httpx2.create_ssl_context()
    network.trust(context)
    return context


def _fast() -> Callable[[ssl.SSLContext | None], Client] | None:
    try:
        from llmspell.providers.fast import AiohttpTransport  # an extra
    except ImportError:
        return None
    return AiohttpTransport


async def _send(client: Client, call: Call, url: httpx2.URL) -> httpx2.Response:
    allowed = call.network.timeouts
    # `between` is for `fast`; httpx2 looks at `read` again when the body is read.
    seconds = {
        "connect": allowed.connect,
        "read": allowed.first_byte,
        "between": allowed.between_chunks,
        "write": _WRITE_TIMEOUT,
        "pool": None,
    }
    try:
        request = httpx2.Request(
            call.method, url, headers=call.headers, content=call.body, extensions={"timeout": seconds}
        )
        if call.deadline is None:
            response = await client.send(request, stream=True)
        else:
            async with asyncio.timeout(call.deadline - time.monotonic()):
                response = await client.send(request, stream=True)
    except TimeoutError:
        raise _too_late(call) from None
    except (httpx2.LocalProtocolError, UnicodeEncodeError):  # what they say holds the header
        raise _malformed(call, url) from None
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise _unreachable(error, call, url) from None
    seconds["read"] = allowed.between_chunks
    return response


class Reply:
    """A reply of which the status and headers are there, and the body is not yet read."""

    def __init__(self, response: httpx2.Response, call: Call, url: httpx2.URL, release: Callable[[], None]) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._call = call
        self._url = url
        self._release: Callable[[], None] | None = release
        self._pieces: AsyncIterator[bytes] | None = None

    @property
    def host(self) -> str:
        """Who replied, as `host` or `host:port`."""
        return _host(self._url)

    @property
    def is_page(self) -> bool:
        """Whether this is a web page: there is no API at this address."""
        return self.headers.get("content-type", "").startswith("text/html")

    def is_stream(self, kind: str) -> bool:
        """Whether events may follow; servers label streams in many ways, but not as JSON or as a page, unless
        that is what streams of this `kind` are called."""
        told = self.headers.get("content-type", "")
        return told.startswith(kind) or not (self.is_page or "json" in told)

    def retry_after(self) -> float | None:
        """The seconds that the server asks to wait."""
        return retry_after(self.headers, time.time())

    async def next(self) -> bytes:
        """The next piece of the body; empty at its end."""
        pieces = self._start() if self._pieces is None else self._pieces
        try:
            piece = b""
            while not piece:  # an empty piece is not the end
                if self._call.deadline is None:
                    piece = await anext(pieces)
                else:
                    async with asyncio.timeout(self._call.deadline - time.monotonic()):
                        piece = await anext(pieces)
        except StopAsyncIteration:
            return b""
        except TimeoutError:
            raise _too_late(self._call) from None
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
            raise _broken(error, self._call, self._url) from None
        return piece

    def _start(self) -> AsyncIterator[bytes]:
        # Without a compressed body, the layers between us and the connection add nothing but time.
        encoded = "content-encoding" in self._response.headers
        stream = self._response.stream
        if encoded or not isinstance(stream, httpx2.AsyncByteStream):
            self._pieces = self._response.aiter_bytes()
        else:
            self._pieces = aiter(stream)
        return self._pieces

    async def read(self) -> bytes:
        """The whole body, at most 64 MiB."""
        pieces, size = [], 0
        while piece := await self.next():
            size += len(piece)
            if size > MAX_BODY:
                message = f"the answer of {self.host} is larger than {MAX_BODY >> 20} MiB"
                raise ProviderError(message, provider=self._call.provider)
            pieces.append(piece)
        return b"".join(pieces)

    async def drain(self) -> None:
        """Read what little follows the last event, so that the connection can be used again."""
        with suppress(StopAsyncIteration, TimeoutError, httpx2.HTTPError, OSError):
            async with asyncio.timeout(_DRAIN):
                while self._pieces is not None:
                    await anext(self._pieces)

    async def aclose(self) -> None:
        """Give the connection back, or cut it when the body was not read to its end."""
        release, self._release = self._release, None
        if release is not None:
            try:
                if isinstance(self._pieces, AsyncGenerator):
                    await self._pieces.aclose()
                await self._response.aclose()
            except (httpx2.HTTPError, OSError):
                return
            finally:
                release()


def host_of(url: str) -> str:
    """The host of a URL, for messages: without credentials and path."""
    try:
        return _host(httpx2.URL(url))
    except httpx2.InvalidURL:
        return "the server"


def _host(url: httpx2.URL) -> str:
    host = f"[{url.host}]" if ":" in url.host else url.host
    return host if url.port is None else f"{host}:{url.port}"


def _unreachable(error: Exception, call: Call, url: httpx2.URL) -> Exception:
    host = _host(url)
    if isinstance(error, httpx2.ConnectTimeout):
        return Retry(
            _timed_out("connect", f"no connection to {host}", call, "is the server up, and the address right?")
        )
    if isinstance(error, httpx2.TimeoutException):
        return _timed_out("first_byte", f"{host} did not begin to answer", call)
    if isinstance(error, (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)):
        return _broken(error, call, url)
    if isinstance(error, (httpx2.UnsupportedProtocol, httpx2.InvalidURL)):
        return ProviderError(f"the request to {host} could not be made: {error}", provider=call.provider)
    if isinstance(error, httpx2.ProxyError):
        message = f"the proxy for {host} refused: {error}"
        hint = "check `proxy` in llmspell.toml" if call.network.proxy else "check HTTPS_PROXY and HTTP_PROXY"
    elif "CERTIFICATE" in str(error) or "SSL" in str(error):
        message = f"no secure connection to {host}: {error}"
        hint = "check the address and the clock; `ca_file` in llmspell.toml names certificates to trust"
        return NetworkError(message, hint=hint, provider=call.provider)
    else:
        message, hint = f"{host} cannot be reached: {error}", "is the server running, and base_url right?"
        if call.network.proxy and not call.network.direct:
            hint = "is the proxy running, and `proxy` right?"
    return Retry(NetworkError(message, hint=hint, retryable=True, provider=call.provider))


def _timed_out(step: str, what: str, call: Call, hint: str | None = None) -> TimeoutExceededError:
    """The error for a step of a call that took too long; its `data` names the step."""
    seconds = getattr(call.network.timeouts, step)
    raised = f"raise `{step}` in {call.network.place}"
    error = TimeoutExceededError(
        f"{what} within {seconds:g} s",
        hint=f"{hint} Or {raised}" if hint else raised,
        retryable=True,
        provider=call.provider,
        data={"timeout": step, "seconds": seconds},
    )
    error.sent = step != "connect"
    return error


def _malformed(call: Call, url: httpx2.URL) -> ProviderError:
    return ProviderError(
        f"the request to {_host(url)} has a header that HTTP does not allow",
        hint="look for line breaks and unusual characters in the key and in `headers`",
        provider=call.provider,
    )


def _broken(error: Exception, call: Call, url: httpx2.URL) -> Exception:
    if isinstance(error, httpx2.DecodingError):
        return ProviderError(f"{_host(url)} sent a body that cannot be decompressed", provider=call.provider)
    if isinstance(error, httpx2.TimeoutException):
        return _timed_out("between_chunks", f"{_host(url)} sent nothing more", call)
    message = f"the connection to {_host(url)} broke before the answer was complete"
    cut = NetworkError(message, retryable=True, provider=call.provider)
    cut.sent = True
    return Retry(cut)


def _too_late(call: Call) -> TimeoutExceededError:
    return TimeoutExceededError(
        f"{call.provider or 'the server'} did not finish within the timeout of this call",
        hint=f"raise `timeout` of the call or `total` in {call.network.place}, or ask for a shorter answer",
        retryable=True,
        provider=call.provider,
        data={"timeout": "total"},
    )
