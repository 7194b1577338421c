"""One connection to a server, held by a task of its own: the SDK wants it opened and closed by the same one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol, TypeVar

import anyio
from mcp import Client, MCPError
from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost
from mcp_types import CONNECTION_CLOSED, METHOD_NOT_FOUND, REQUEST_TIMEOUT, Implementation, ServerNotification
from pydantic import ValidationError

from llmspell.errors import (
    CancelledError,
    LlmspellError,
    NetworkError,
    ProviderError,
    TimeoutExceededError,
)

_T = TypeVar("_T")
_BROKEN = (anyio.ClosedResourceError, anyio.BrokenResourceError, anyio.EndOfStream, ConnectionError)
_SPARE = 2.0
_FAREWELL = 5.0
_MAX_SAID = 500
_EXPIRED = "Session terminated"
# What the SDK has to say is for those who look for a fault; by itself it would go to the terminal.
logging.getLogger("mcp").addHandler(logging.NullHandler())


class ExpiredError(NetworkError):
    """The server knows nothing of the session any more, and has done nothing of what was asked."""


class Transport(Protocol):
    """The way to a server: a context manager of the SDK's kind, and what is known of its end."""

    @property
    def over(self) -> bool:
        """Whether nothing comes from the server any more."""
        ...

    async def __aenter__(self) -> Any: ...
    async def __aexit__(self, *error: object) -> Any: ...

    def asked(self) -> None:
        """Somebody asks the server for something."""
        ...

    @property
    def cause(self) -> Exception | None:
        """The failure behind one that the SDK tells little of."""
        ...

    def epitaph(self) -> str:
        """Why it ended, as far as that is known."""
        ...


class Connection:
    """A connection; `name` is what messages call the server. `changed` is told when its tools are others."""

    def __init__(self, name: str, transport: Transport, changed: Callable[[], None]) -> None:
        self._name = name
        self._transport = transport
        self._changed = changed
        self._stop = asyncio.Event()
        self._doubtful = False
        self._client: Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def usable(self) -> bool:
        """Whether the next call may use it."""
        open_ = self._task is not None and not self._task.done() and not self._transport.over
        return open_ and self._loop is asyncio.get_running_loop()

    @property
    def client(self) -> Client:
        """The SDK's client, for what the server told of itself."""
        assert self._client is not None  # noqa: S101  # for the type checker: it was opened
        return self._client

    async def open(self, seconds: float) -> None:
        """Start the server, or reach it, and greet it. Raises `LlmspellError`."""
        opened: asyncio.Future[None] = self._loop.create_future()
        self._task = asyncio.create_task(self._hold(opened))
        try:
            async with asyncio.timeout(seconds):
                await asyncio.shield(opened)
        except TimeoutError:
            await self.aclose()
            raise TimeoutExceededError(
                self._told(f"did not begin to speak MCP within {seconds:g} s"),
                hint="is this an MCP server? raise timeout if it is slow to start",
                retryable=True,
            ) from None
        except asyncio.CancelledError:
            opened.cancel()
            await self.aclose()
            raise
        except Exception as error:  # noqa: BLE001  # whatever the SDK raises, callers get one kind of error
            await self.aclose()
            raise self._failure(error) from None

    async def ask(self, send: Callable[[Client], Awaitable[_T]], seconds: float) -> _T:
        """What the server answers within so many seconds. Raises `LlmspellError`.

        A connection that broke is not usable any more.
        """
        self._transport.asked()
        try:
            async with asyncio.timeout(seconds + _SPARE):
                return await send(self.client)
        except TimeoutError:
            self._doubtful = True
            raise self._late(seconds) from None
        except MCPError as error:
            if error.code == REQUEST_TIMEOUT:
                self._doubtful = True
                raise self._late(seconds) from None
            if _is_broken(error):
                await self.aclose()
            if error.message == _EXPIRED:
                raise ExpiredError(self._told("has ended the session"), retryable=True) from None
            raise self._failure(error) from None
        except LlmspellError:
            raise
        except Exception as error:  # noqa: BLE001  # as above
            if isinstance(error, (*_BROKEN, RuntimeError)) and not isinstance(error, ValidationError):
                await self.aclose()
            raise self._failure(error) from None

    async def revive(self, seconds: float) -> bool:
        """Whether a server that was too late once still answers at all."""
        if self._doubtful:
            try:
                await self.ask(lambda client: client.list_tools(cache_mode="bypass"), seconds)
            except LlmspellError as error:
                if error.kind in ("timeout", "network"):
                    await self.aclose()
                    return False
            self._doubtful = False
        return self.usable

    async def aclose(self) -> None:
        """End the connection, and the server if it is a program."""
        self._stop.set()
        task, ours = self._task, asyncio.current_task()
        if task is not None and task is not ours and task.get_loop() is asyncio.get_running_loop():
            if self._client is None:
                task.cancel()  # it still waits for the server to speak
            for _ in range(2):  # the SDK says farewell over HTTP, and a server may take long to hear it
                await asyncio.wait([task], timeout=_FAREWELL)
                if not task.done():
                    task.cancel()

    async def _hold(self, opened: asyncio.Future[None]) -> None:
        try:
            async with Client(
                self._transport,
                message_handler=self._heard,
                client_info=Implementation(name="llmspell", version=_version()),
                cache=None,
            ) as client:
                self._client = client
                if not opened.done():
                    opened.set_result(None)
                listening = asyncio.create_task(self._listen(client))
                try:
                    await self._stop.wait()
                finally:
                    listening.cancel()
                    await asyncio.wait([listening])
        except BaseException as error:  # noqa: BLE001  # whoever waits for the opening is told
            if not opened.done():
                opened.set_exception(_root(error) if isinstance(error, Exception) else CancelledError("it was ended"))
                opened.exception()  # nobody may wait any more

    async def _heard(self, message: ServerNotification | Exception) -> None:
        if getattr(message, "method", None) == "notifications/tools/list_changed":
            self._changed()

    async def _listen(self, client: Client) -> None:
        """Servers of the newer protocol tell of changes only where somebody asks for that."""
        tools = client.server_capabilities.tools
        if tools is None or not tools.list_changed:
            return
        with suppress(ListenNotSupportedError, SubscriptionLost, MCPError, TimeoutError, *_BROKEN):
            async with client.listen(tools_list_changed=True) as changes:
                async for _ in changes:
                    self._changed()

    def _late(self, seconds: float) -> LlmspellError:
        return TimeoutExceededError(
            self._told(f"did not answer within {seconds:g} s"), hint="raise timeout", retryable=True
        )

    def _failure(self, error: BaseException) -> LlmspellError:
        error = _root(error)
        if isinstance(error, LlmspellError):
            return error
        if isinstance(cause := self._transport.cause, LlmspellError):
            cause.message = self._told(f"failed: {cause.message}")
            cause.args = (cause.message,)
            return cause
        if isinstance(error, MCPError) and not _is_broken(error):
            said = error.message[:_MAX_SAID]
            if error.code == METHOD_NOT_FOUND:
                return ProviderError(self._told(f"does not offer that: {said}"))
            return ProviderError(self._told(f"refused: {said}"))
        if isinstance(error, ValidationError):
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(step) for step in first["loc"][:6])
            return ProviderError(self._told(f"answered with what is not MCP ({place}: {first['msg']})"[:_MAX_SAID]))
        if isinstance(error, _BROKEN) or _is_broken(error):
            why = self._transport.epitaph()
            return NetworkError(
                self._told(f"ended before it had answered{': ' if why else ''}{why}"),
                hint="the next call starts it again",
                retryable=True,
            )
        why = self._transport.epitaph() or f"{str(error)[:_MAX_SAID] or type(error).__name__}"
        return ProviderError(self._told(f"failed: {why}"))

    def _told(self, what: str) -> str:
        return f"the MCP server {self._name} {what}"


def _is_broken(error: BaseException) -> bool:
    if not isinstance(error, MCPError):
        return False
    return error.code == CONNECTION_CLOSED or error.message == _EXPIRED


def _root(error: BaseException) -> BaseException:
    """The one failure in a group of them; task groups wrap even a single one."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = next((each for each in error.exceptions if isinstance(each, LlmspellError)), error.exceptions[0])
    return error


def _version() -> str:
    from llmspell import __version__

    return __version__
