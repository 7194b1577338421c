"""An MCP server of tools, over the standard streams or HTTP; the protocol is the official SDK's."""

from __future__ import annotations

import base64
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp.server import Server
from mcp.server.stdio import stdio_server
from mcp_types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    ListToolsResult,
    TextContent,
    Tool,
)

from llmspell import __version__
from llmspell.agents.context import ToolContext
from llmspell.errors import LlmspellError
from llmspell.nearest import near
from llmspell.providers.content import Media, Text

if TYPE_CHECKING:
    from llmspell.agents.tools import BaseTool

_INTERFACE = ("127.0.0.1", "localhost", "::1")
PATH = "/mcp"
# What the SDK tells of itself is for those who look for a fault.
logging.getLogger("mcp").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a server listens. `token` is what clients must send as `Authorization: Bearer ...`."""

    port: int
    host: str = "127.0.0.1"
    token: str | None = None

    @property
    def local(self) -> bool:
        """Whether only this machine reaches it."""
        return self.host in _INTERFACE

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}{PATH}"


def server_of(tools: Iterable[BaseTool], context: Callable[[], ToolContext], name: str = "llmspell") -> Server[Any]:
    """A server that offers these tools; `context` is made anew for each call."""
    known = {tool.name: tool for tool in tools}

    async def listed(*_: Any) -> ListToolsResult:
        return ListToolsResult(
            tools=[
                Tool(name=tool.name, description=tool.description or None, input_schema=tool.parameters)
                for tool in known.values()
            ]
        )

    async def called(_: Any, asked: Any) -> CallToolResult:
        tool = known.get(asked.name)
        if tool is None:
            hint = near(asked.name, known) or f"the tools are {', '.join(known)}"
            return _failed(f"there is no tool {asked.name!r:.80} ({hint})")
        try:
            return _answered(tool, await _value(tool, asked.arguments or {}, context()))
        except LlmspellError as error:
            return _failed(error.message + (f" ({error.hint})" if error.hint else ""))

    return Server(name, version=__version__, on_list_tools=listed, on_call_tool=called)


async def over_stdio(server: Server[Any]) -> None:
    """Serve the program that started this one, until it closes the standard input."""
    async with stdio_server() as (from_client, to_client):
        await server.run(from_client, to_client, server.create_initialization_options())


async def over_http(server: Server[Any], address: Address, started: Callable[[], None]) -> None:
    """Serve clients at an address, until this task is cancelled. Raises `OSError` when it cannot listen there."""
    import socket

    import uvicorn

    app: Any = server.streamable_http_app(
        streamable_http_path=PATH, host=address.host, transport_security=_security(address)
    )
    if address.token is not None:
        app = _Locked(app, address.token)
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.create_server((address.host, address.port), family=family) as listening:
        config = uvicorn.Config(app, log_config=None, log_level="critical", access_log=False, lifespan="on")
        http = uvicorn.Server(config)
        started()
        await http.serve(sockets=[listening])


def _security(address: Address) -> Any:
    """Browsers of this machine may not be made to call it by pages from elsewhere: the SDK checks where local."""
    if address.local:
        return None
    from mcp.server.transport_security import TransportSecuritySettings

    return TransportSecuritySettings(enable_dns_rebinding_protection=False)


class _Locked:
    """Lets requests with the token through."""

    def __init__(self, app: Callable[..., Awaitable[None]], token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        from hmac import compare_digest

        given = dict(scope.get("headers") or []).get(b"authorization", b"")
        if scope["type"] != "http" or compare_digest(given, self._expected):
            await self._app(scope, receive, send)
            return
        headers = [(b"www-authenticate", b"Bearer"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


async def _value(tool: BaseTool, args: dict[str, Any], context: ToolContext) -> Any:
    return await tool.guarded(tool.check(args, context), context)


def _answered(tool: BaseTool, value: Any) -> CallToolResult:
    if isinstance(value, (Text, Media)):
        value = [value]
    if isinstance(value, list) and value and all(isinstance(each, (Text, Media)) for each in value):
        return CallToolResult(content=[_content(each) for each in value])
    plain = tool.jsonable(value)
    if isinstance(plain, str):
        return CallToolResult(content=[TextContent(text=plain)])
    import json

    said: list[Any] = [] if plain is None else [TextContent(text=json.dumps(plain, ensure_ascii=False))]
    return CallToolResult(content=said, structured_content=plain if isinstance(plain, dict) else None)


def _content(part: Text | Media) -> Any:
    if isinstance(part, Text):
        return TextContent(text=part.text)
    data = base64.b64encode(part.data or b"").decode()
    if part.kind == "image":
        return ImageContent(data=data, mime_type=part.mime)
    if part.kind == "audio":
        return AudioContent(data=data, mime_type=part.mime)
    name = part.name or "document"
    return EmbeddedResource(resource=BlobResourceContents(uri=f"blob:{name}", mime_type=part.mime, blob=data))


def _failed(said: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=said)], is_error=True)
