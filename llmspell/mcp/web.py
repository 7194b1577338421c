"""A server that is reached over HTTP, with the protocol's "streamable HTTP"."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from mcp.client.streamable_http import streamable_http_client

from llmspell.mcp.stdio import MAX_MESSAGE
from llmspell.providers.clients import Failures

if TYPE_CHECKING:
    import httpx2


class Web:
    """The transport, for one connection. `make` gives the HTTP client, which tells what failed."""

    over = False

    def __init__(self, url: str, make: Callable[[Failures], httpx2.AsyncClient]) -> None:
        self._url = url
        self._make = make
        self._failures = Failures()
        self._stack = AsyncExitStack()

    def asked(self) -> None:
        """Every answer is bounded by itself."""
        self._failures.last = None

    @property
    def cause(self) -> Exception | None:
        """What went wrong on the way, of which the SDK tells little."""
        return self._failures.last

    def epitaph(self) -> str:
        """What went wrong on the way."""
        return "" if self._failures.last is None else self._failures.last.message

    async def __aenter__(self) -> Any:
        client = await self._stack.enter_async_context(self._make(self._failures))
        streams = streamable_http_client(self._url, http_client=client, max_sse_event_size=MAX_MESSAGE)
        try:
            return await self._stack.enter_async_context(streams)
        except BaseException:
            await self._stack.aclose()
            raise

    async def __aexit__(self, *error: Any) -> bool | None:
        return await self._stack.__aexit__(*error)
