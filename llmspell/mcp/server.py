"""One server: connected when it is first used, and again after it has ended."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from llmspell.errors import ArgumentTypeError, InvalidValueError, NotFoundError, ProviderError
from llmspell.mcp.names import unlike
from llmspell.mcp.tool import McpTool
from llmspell.nearest import near

if TYPE_CHECKING:
    from mcp import Client
    from mcp_types import CallToolResult, GetPromptResult, Prompt, Resource, ResourceTemplate, Tool

    from llmspell.agents.tools import Approval
    from llmspell.mcp.connection import Connection, Transport

TIMEOUT = 60.0
"""Seconds for each call, unless told otherwise."""
START_TIMEOUT = 60.0
"""Seconds to start, at least: some fetch themselves first."""
MAX_LISTED = 2000
"""Tools, resources or prompts of one server."""
_MAX_PAGES = 200
_PROBE = 5.0

_T = TypeVar("_T")


class Server:
    """A server by its `name`. `transport` makes the way to it anew for each connection.

    All methods raise `LlmspellError`: `network` when it ended, `timeout`, `provider` for what it did wrong, and
    whatever `transport` raises. Use it in one event loop at a time.
    """

    def __init__(
        self,
        name: str,
        transport: Callable[[], Transport],
        *,
        timeout: float | None = None,
        prefix: str = "",
        only: Sequence[str] | None = None,
        approval: Approval = "allow",
    ) -> None:
        self.name = name
        self.prefix = prefix
        self._transport = transport
        self._seconds = timeout or TIMEOUT
        self._only = None if only is None else frozenset(only)
        self._approval = approval
        self._connection: Connection | None = None
        self._opening: asyncio.Lock | None = None
        self._tools: dict[str, McpTool] | None = None

    async def tools(self) -> dict[str, McpTool]:
        """Its tools by the names that they have here. They are asked for again when the server says they changed."""
        await self._connected()
        if self._tools is None:
            listed: list[Tool] = await self._all("tools")
            offered = [tool for tool in listed if self._only is None or tool.name in self._only]
            names = unlike((tool.name for tool in offered), self.prefix)
            made = {
                names[tool.name]: McpTool(self, tool, names[tool.name], approval=self._approval) for tool in offered
            }
            self._tools = made
        return self._tools

    async def tool(self, remote_name: str) -> McpTool:
        """A tool by the name that the server gives it. Raises `NotFoundError`."""
        known = {tool.remote_name: tool for tool in (await self.tools()).values()}
        if remote_name not in known:
            raise self._unknown("tool", remote_name, known)
        return known[remote_name]

    async def call(self, remote_name: str, arguments: Mapping[str, Any]) -> CallToolResult:
        """The result of a tool. Raises `ToolError` with what the server says if the tool failed."""
        from llmspell.mcp.results import check_success

        result = await self._ask(lambda client: client.call_tool(remote_name, dict(arguments), self._seconds))
        check_success(result, remote_name)
        return result

    async def resources(self) -> list[Resource]:
        """The resources that it lists."""
        return await self._all("resources")

    async def templates(self) -> list[ResourceTemplate]:
        """The templates of addresses of resources that it has besides."""
        return await self._all("resource_templates")

    async def read(self, uri: str) -> list[Any]:
        """The contents of a resource: objects of the SDK with `text` or `blob`. Raises `NotFoundError`."""
        try:
            contents = (await self._ask(lambda client: client.read_resource(uri))).contents
        except ProviderError:
            await self._check_resource(uri)
            raise
        return list(contents)[:MAX_LISTED]

    async def prompts(self) -> list[Prompt]:
        """The prompts that it has."""
        return await self._all("prompts")

    async def prompt(self, name: str, arguments: Mapping[str, str]) -> GetPromptResult:
        """A prompt with these arguments in it. Raises `NotFoundError`, and `ArgumentTypeError` where one is missing."""
        try:
            return await self._ask(lambda client: client.get_prompt(name, dict(arguments)))
        except ProviderError:
            await self._check_prompt(name, arguments)
            raise

    async def about(self) -> dict[str, Any]:
        """What it tells of itself: `name`, `version`, `protocol`, `instructions`, and what it `offers`."""
        client = (await self._connected()).client
        told, can = client.server_info, client.server_capabilities
        return {
            "name": told.name if told else None,
            "version": told.version if told else None,
            "protocol": client.protocol_version,
            "instructions": client.instructions,
            "offers": [each for each in ("tools", "resources", "prompts") if getattr(can, each) is not None],
        }

    async def aclose(self) -> None:
        """End the connection, and the server if it is a program. It can be used again afterwards."""
        connection, self._connection, self._tools = self._connection, None, None
        if connection is not None:
            await connection.aclose()

    # Servers say little of what they refuse, so that is found out here.

    async def _check_resource(self, uri: str) -> None:
        known = [each.uri for each in await self.resources()]
        begins = [each.uri_template.partition("{")[0] for each in await self.templates()]
        if uri not in known and not uri.startswith(tuple(begins)):
            raise self._unknown("resource", uri, known)

    async def _check_prompt(self, name: str, arguments: Mapping[str, str]) -> None:
        known = {each.name: each for each in await self.prompts()}
        if name not in known:
            raise self._unknown("prompt", name, known)
        for each in known[name].arguments or ():
            if each.required and each.name not in arguments:
                told = f"the prompt {name!r:.80} of the MCP server {self.name}"
                raise ArgumentTypeError(f"{told} needs {each.name!r:.80}", hint=each.description or None)

    def _unknown(self, what: str, name: str, known: Collection[str]) -> NotFoundError:
        return NotFoundError(
            f"the MCP server {self.name} has no {what} {name!r:.80}",
            hint=near(name, known) or f"its {what}s are {', '.join(list(known)[:20]) or 'none'}",
        )

    async def _ask(self, send: Callable[[Client], Awaitable[_T]]) -> _T:
        connection = await self._connected()
        from llmspell.mcp.connection import ExpiredError  # loads the SDK, which is there once it is connected

        try:
            return await connection.ask(send, self._seconds)
        except ExpiredError:
            return await (await self._connected()).ask(send, self._seconds)

    async def _connected(self) -> Connection:
        check_extra()
        from llmspell.mcp.connection import Connection  # loads the SDK

        lock = self._opening = _lock_of(self._opening)
        async with lock:
            old = self._connection
            if old is not None and old.usable and await old.revive(_PROBE):
                return old
            await self.aclose()
            connection = Connection(self.name, self._transport(), self._forget)
            await connection.open(max(self._seconds, START_TIMEOUT))
            self._connection = connection
            return connection

    def _forget(self) -> None:
        self._tools = None

    async def _all(self, what: str) -> list[Any]:
        """All pages of a list; nothing where the server does not offer such things."""
        connection = await self._connected()
        can = connection.client.server_capabilities
        if getattr(can, "resources" if what == "resource_templates" else what) is None:
            return []
        found: list[Any] = []
        seen: set[str] = set()
        cursor: str | None = None
        for _ in range(_MAX_PAGES):
            page: Any = await self._ask(lambda client, at=cursor: getattr(client, f"list_{what}")(cursor=at))  # type: ignore[misc]  # bound at once
            found += getattr(page, what)
            cursor = page.next_cursor
            if cursor is None:
                return found
            if cursor in seen or len(found) > MAX_LISTED:
                break
            seen.add(cursor)
        raise ProviderError(f"the MCP server {self.name} lists {what} without end")


def _lock_of(lock: asyncio.Lock | None) -> asyncio.Lock:
    """A lock of this event loop."""
    loop = asyncio.get_running_loop()
    bound = getattr(lock, "_loop", None)
    return asyncio.Lock() if lock is None or bound not in (None, loop) else lock


def check_extra() -> None:
    """Raises `InvalidValueError` where the SDK is not installed."""
    from importlib.util import find_spec

    if find_spec("mcp") is None:
        raise InvalidValueError("MCP servers need the extra mcp", hint="run: pip install 'llmspell[mcp]'")


def environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The few variables that programs need to start at all; none of them is a secret."""
    names = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER")
    return {name: environ[name] for name in names if name in environ}
