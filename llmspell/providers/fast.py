"""HTTP on aiohttp's connections, whose parser is compiled: used by the transport when the extra `fast` is installed.

Requests, responses and errors are httpx2's, so that nothing else can tell the difference. Proxies are left to httpx2.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from contextlib import suppress
from typing import Any

import aiohttp
import httpx2
from yarl import URL

_BUFFER = 256 * 1024
_IDLE = 30.0
_OURS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class AiohttpTransport(httpx2.AsyncBaseTransport):
    """One pool of connections, without a limit to their number, for the event loop in which it is first used.

    `verify` is the SSL context for https. Timeouts are those in the request's extensions, as in httpx2's own
    transport; there is none for writing. Bodies come as they were sent: `httpx2.Response` decompresses them.
    """

    def __init__(self, verify: ssl.SSLContext | None = None) -> None:
        self._verify = verify
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; returns when the headers of the answer are there."""
        session = self._session or self._begin()
        url, headers = _address(request)
        try:
            answer = await session.request(
                request.method,
                url,
                headers=headers,
                data=await request.aread() or None,
                allow_redirects=False,
                timeout=_timeout(request.extensions.get("timeout", {})),
            )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _as_httpx2(error) from error
        _wait_for_chunks(answer, request.extensions.get("timeout", {}).get("between"))
        return httpx2.Response(answer.status, headers=answer.raw_headers, stream=_Body(answer), request=request)

    def _begin(self) -> aiohttp.ClientSession:
        self._loop = asyncio.get_running_loop()
        self._session = _session(self._verify)
        return self._session

    async def send(self, request: httpx2.Request, *, stream: bool = True) -> httpx2.Response:  # noqa: ARG002  # always
        """The same: of what httpx2's client does beside, such as redirects and cookies, models need nothing."""
        return await self.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections. The transport can be used again afterwards."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def __del__(self) -> None:
        if self._session is not None and self._loop.is_closed():
            with suppress(StopIteration):  # nothing is left to wait for
                self._session.close().send(None)


def _session(verify: ssl.SSLContext | None) -> aiohttp.ClientSession:
    secure = True if verify is None else verify
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE, ssl=secure),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=_OURS,
        auto_decompress=False,
        read_bufsize=_BUFFER,
    )


def _address(request: httpx2.Request) -> tuple[URL, list[tuple[str, str]]]:
    """Where to send it, and its headers; a user and password in the address become a header, as in httpx2."""
    url, headers = request.url, request.headers.multi_items()
    if url.userinfo:
        given = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
        headers = [item for item in headers if item[0] != "authorization"] + [("authorization", f"Basic {given}")]
        url = url.copy_with(username=None, password=None)
    return URL(str(url), encoded=True), headers


def _timeout(given: dict[str, Any]) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=None, connect=given.get("pool"), sock_connect=given.get("connect"), sock_read=given.get("read")
    )


def _wait_for_chunks(answer: aiohttp.ClientResponse, seconds: float | None) -> None:
    """From now on, nothing may come for so long; what has come as a whole has no connection any more."""
    protocol = answer.connection and answer.connection.protocol
    if protocol is not None and seconds is not None and seconds != protocol.read_timeout:
        protocol.read_timeout = seconds
        protocol.start_timeout()


class _Body(httpx2.AsyncByteStream):
    """The body of an answer, in the pieces in which it arrives."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self._read = answer.content.readany

    def __aiter__(self) -> _Body:
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await self._read()
        except (aiohttp.ClientError, OSError) as error:
            raise _as_httpx2(error) from error
        if not piece:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """Cut the connection, unless the body was read to its end: then it is in use elsewhere already."""
        self._answer.close()


def _as_httpx2(error: Exception) -> httpx2.TransportError:
    match error:
        case aiohttp.ConnectionTimeoutError():
            return httpx2.ConnectTimeout(str(error))
        case aiohttp.ServerTimeoutError():
            return httpx2.ReadTimeout(str(error))
        case aiohttp.ClientConnectorCertificateError():
            return httpx2.ConnectError(str(error.certificate_error))
        case aiohttp.ClientConnectorError():
            return httpx2.ConnectError(str(error.os_error))
        case ValueError():  # no URL, no header, or one with a line break in it
            return httpx2.LocalProtocolError(type(error).__name__)
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError() | aiohttp.ClientResponseError():
            return httpx2.RemoteProtocolError(str(error))
        case _:
            return httpx2.ReadError(str(error))
