"""The web, for spells and built-in tools: every request and every redirect is asked for, and every address.

Whatever is fetched is bounded: in size, after decompression, in time, and in redirects.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Hashable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from llmspell.errors import InvalidValueError, LlmspellError, ProviderError, TimeoutExceededError
from llmspell.permissions import Permissions
from llmspell.system import headers as headers_of
from llmspell.system.inflate import ACCEPTED, Inflater
from llmspell.system.urls import Target

if TYPE_CHECKING:
    from llmspell.providers.guarded import GuardedConnections, Incoming

MAX_REDIRECTS = 10
MAX_SIZE = 10 * 1024 * 1024
"""Bytes of a body, unless told otherwise."""
TIMEOUT = 30.0
"""Seconds for a whole answer, unless told otherwise."""
_BREATH = 1024 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_DEFAULTS = {"accept": "*/*", "accept-encoding": ACCEPTED, "user-agent": "llmspell"}

Redirect: TypeAlias = Literal["follow", "manual", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRequest:
    """What to ask for. `headers` are checked ones; `timeout` None leaves only the limit on silence, 60 s."""

    target: Target
    method: str = "GET"
    headers: headers_of.Headers = field(default_factory=list)
    body: bytes | None = None
    redirect: Redirect = "follow"
    timeout: float | None = TIMEOUT
    max_size: int = MAX_SIZE


class Web:
    """The web as one set of permissions lets it be reached."""

    def __init__(self, connections: GuardedConnections, permissions: Permissions) -> None:
        self._connections = connections
        self._guard = Granted(permissions)

    @asynccontextmanager
    async def open(self, request: WebRequest) -> AsyncIterator[WebAnswer]:
        """The answer, of which the body is still to be read; leaving the block ends the connection.

        Raises `PermissionDeniedError`, `InvalidValueError`, `NetworkError`, `TimeoutExceededError`, `ProviderError`.
        """
        clock = _Clock(request.timeout, request.target.authority)
        incoming, reached, redirected = await self._follow(request, clock)
        try:
            yield WebAnswer(incoming, reached, redirected=redirected, clock=clock)
        finally:
            await incoming.aclose()

    async def _follow(self, request: WebRequest, clock: _Clock) -> tuple[Incoming, WebRequest, bool]:
        for count in range(MAX_REDIRECTS + 1):
            incoming = await self._send(request, clock)
            location = next((value for name, value in incoming.headers if name == "location"), None)
            if incoming.status not in _REDIRECTS or location is None or request.redirect == "manual":
                return incoming, request, count > 0
            await incoming.aclose()
            if request.redirect == "error":
                raise ProviderError(f"{request.target.authority} redirects elsewhere", status=incoming.status)
            request = _redirected(request, incoming.status, location)
        raise ProviderError(f"{request.target.authority}: more than {MAX_REDIRECTS} redirects")

    async def _send(self, request: WebRequest, clock: _Clock) -> Incoming:
        from llmspell.providers.guarded import IDLE_TIMEOUT, Outgoing  # loads an HTTP library

        target = request.target
        self._guard.check(target, request.method)
        outgoing = Outgoing(
            request.method,
            target.scheme,
            target.host,
            target.port,
            target.path,
            headers_of.with_defaults(request.headers, _DEFAULTS),
            request.body,
            max(request.timeout or 0, IDLE_TIMEOUT),
        )
        async with clock.running():
            return await self._connections.open(outgoing, self._guard)


class WebAnswer:
    """An answer: `status`, `headers` with names in small letters, and the body, to be read once."""

    def __init__(self, incoming: Incoming, request: WebRequest, *, redirected: bool, clock: _Clock) -> None:
        self.status = incoming.status
        self.target = request.target
        self.redirected = redirected
        self.headers: dict[str, str] = _joined(incoming.headers)
        self._incoming = incoming
        self._request = request
        self._clock = clock

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300

    @property
    def mime(self) -> str:
        """The media type in small letters, without parameters; empty when none is told."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body, decompressed, in pieces of at most 64 KiB. Raises `InvalidValueError` beyond the largest size."""
        inflater = Inflater(self.headers.get("content-encoding", ""))
        raw = size = 0
        while piece := await self._next():
            raw += len(piece)
            for found in inflater.feed(piece):
                size += len(found)
                self._check(max(size, raw))
                yield found
                if size % _BREATH < len(found):
                    await asyncio.sleep(0)  # what unpacks to a lot holds up nobody
            self._check(raw)
        inflater.end()

    async def whole(self) -> AsyncGenerator[bytes, None]:
        """The same, if the size that the server tells of is not too large already."""
        length = self.headers.get("content-length", "")
        if length.isdecimal() and self._request.method != "HEAD":
            self._check(int(length[:20]))
        async for piece in self.pieces():
            yield piece

    async def read(self) -> bytes:
        """The whole body in one."""
        return b"".join([piece async for piece in self.whole()])

    def failure(self) -> LlmspellError:
        """The error for an answer that is not `ok`, where only its body could be given."""
        again = self.status in (408, 425, 429) or self.status >= 500
        return ProviderError(
            f"{self.target.authority} answered with the status {self.status}",
            hint="use http.fetch to see what it says",
            status=self.status,
            retryable=again,
        )

    async def _next(self) -> bytes:
        async with self._clock.running():
            return await self._incoming.next()

    def _check(self, size: int) -> None:
        if size > self._request.max_size:
            raise InvalidValueError(
                f"the answer of {self.target.authority} is larger than {self._request.max_size} bytes",
                hint="raise max_size, or read it piece by piece with http.stream or http.lines",
            )


class Granted:
    """Permissions as the guard of connections."""

    def __init__(self, permissions: Permissions) -> None:
        self._permissions = permissions

    @property
    def key(self) -> Hashable:
        return self._permissions.net

    def check(self, target: Target, method: str) -> None:
        """Raises `PermissionDeniedError` unless a request may go there."""
        if not self._permissions.may_connect(target.scheme, target.host, target.port, method):
            raise self._permissions.denied("net", f"send {method} to {target.authority}", target.authority)

    def admit(self, host: str, port: int, address: str) -> bool:
        return self._permissions.may_reach(host, port, address)

    def refusal(self, host: str) -> LlmspellError:
        error = self._permissions.denied("net", f"connect to {host}: it has no public address", host)
        error.hint = "an address that is not public must be granted as such, as in --allow-net=192.168.1.5"
        return error


class _Clock:
    """The time that is left for an answer."""

    def __init__(self, seconds: float | None, host: str) -> None:
        self._seconds = seconds
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._host = host

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Raises `TimeoutExceededError` when the time is up."""
        left = None if self._deadline is None else self._deadline - time.monotonic()
        try:
            async with asyncio.timeout(left):
                yield
        except TimeoutError:
            raise TimeoutExceededError(
                f"{self._host} did not finish within {self._seconds:g} s", hint="raise timeout", retryable=True
            ) from None


def _redirected(request: WebRequest, status: int, location: str) -> WebRequest:
    try:
        target = request.target.joined(location)
    except (LlmspellError, ValueError) as error:
        raise ProviderError(
            f"{request.target.authority} redirects to something that cannot be followed: {error}"
        ) from None
    method, body, headers = request.method, request.body, request.headers
    if (status == 303 and method not in ("GET", "HEAD")) or (status in (301, 302) and method == "POST"):
        method, body, headers = "GET", None, headers_of.without_body(headers)
    if target.origin != request.target.origin:
        headers = headers_of.for_another_origin(headers)
    return replace(request, target=target, method=method, body=body, headers=headers)


def _joined(headers: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers:
        value = "".join(_visible(value))
        joint = "\n" if name == "set-cookie" else ", "
        found[name] = f"{found[name]}{joint}{value}" if name in found else value
    return found


def _visible(text: str) -> Iterator[str]:
    return (char if char.isprintable() or char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in text)
