"""`mcp`: servers of the Model Context Protocol for scripts."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NotRequired, TypeAlias, TypedDict, cast

from llmspell import values
from llmspell.agents.tools import serving
from llmspell.scriptable.agent_records import AgentTool
from llmspell.scriptable.checks import Check, Mismatch, compile_check
from llmspell.scriptable.context import RunContext
from llmspell.scriptable.records import Message, MessagePart, Seconds
from llmspell.scriptable.shapes import record_of

if TYPE_CHECKING:
    from llmspell.agents.tools import BaseTool
    from llmspell.mcp.server import Server
    from llmspell.mcp.tool import McpTool

ToolList: TypeAlias = list[str]
AgentTools: TypeAlias = list[AgentTool]


class ServerOptions(TypedDict, total=False):
    """How a server is started or reached: one of `command` and `url`."""

    command: str
    """A program that speaks MCP over its standard streams; the spell must be allowed to run it."""
    args: list[str]
    """Its arguments."""
    env: dict[str, str]
    """Variables for it, each of which the spell must be allowed to use."""
    cwd: str
    """The folder that it works in, which the spell must be allowed to read."""
    url: str
    """Where the server is reached over HTTP; the spell must be allowed to talk to that host."""
    headers: dict[str, str]
    """Headers for `url`, such as `Authorization`."""
    timeout: Seconds
    """Seconds for each call, 60 if absent."""


class _Crossing(TypedDict):
    """What `as_tools` puts into `AgentTool.mcp`."""

    server: str | ServerOptions
    tool: str


class ServerTool(TypedDict):
    """A tool of a server."""

    name: str
    """What the server calls it."""
    description: str
    """What it does."""
    parameters: dict[str, Any]
    """JSON Schema of its arguments."""


class ServerAnswer(TypedDict):
    """What a tool of a server gave."""

    text: str
    """All that it said as text."""
    data: NotRequired[Any]
    """Its structured result, if it has one."""
    parts: list[MessagePart]
    """Texts, pictures and documents in their order; they can be parts of a message as they are."""


class ServerResource(TypedDict):
    """A resource of a server."""

    uri: str
    """Where it is; in a template, `{name}` stands for what may be filled in."""
    name: str
    """Its name."""
    description: NotRequired[str]
    """What it is."""
    mime: NotRequired[str]
    """Its media type."""


class PromptArgument(TypedDict):
    """What a prompt can be given."""

    name: str
    """Its name."""
    description: NotRequired[str]
    """What it is for."""
    required: bool
    """Whether the prompt needs it."""


class ServerPrompt(TypedDict):
    """A prompt that a server offers."""

    name: str
    """Its name."""
    description: NotRequired[str]
    """What it is for."""
    arguments: list[PromptArgument]
    """What it can be given."""


class ServerInfo(TypedDict):
    """What a server tells of itself."""

    name: str | None
    """Its name."""
    version: str | None
    """Its version."""
    protocol: str
    """The version of MCP that is spoken with it."""
    instructions: str | None
    """How it wants to be used."""
    offers: list[str]
    """Which of `tools`, `resources` and `prompts` it has."""


class ScriptableServer:
    """A server of the Model Context Protocol: `mcp("name")` is one of the configuration, and options open another.

    It is started or reached when it is first used, and again after it has ended; what the spell opened itself ends
    with the run. The tools of configured servers are also in `tools`, as `tools.SERVER_TOOL{...}`. Every method fails
    with `permission`, `not_found` and `value` for what was asked, and with `network`, `timeout` or `provider` for what
    the server did.
    """

    def __init__(self, context: RunContext, server: str | ServerOptions) -> None:
        self._context = context
        self._given = server

    async def tools(self) -> list[ServerTool]:
        """Its tools, as far as the spell may call them."""
        server = self._server()
        found = (await server.tools()).values()
        return [
            {"name": tool.remote_name, "description": tool.description, "parameters": tool.parameters}
            for tool in found
            if self._context.servers.may_call(server, tool)
        ]

    async def as_tools(self, names: ToolList | None = None) -> AgentTools:
        """Its tools as `tools` of an agent, as far as the spell may call them; `names` are what it calls those wanted.

        Fails with `not_found` for others.
        """
        server = self._server()
        offered = await server.tools()
        wanted = offered.values() if names is None else [await server.tool(name) for name in names]
        return [
            cast(AgentTool, {"name": tool.name, "mcp": {"server": self._given, "tool": tool.remote_name}})
            for tool in wanted
            if names is not None or self._context.servers.may_call(server, tool)
        ]

    async def call(self, tool: str, arguments: dict[str, Any] | None = None) -> ServerAnswer:
        """Call a tool by the name that the server gives it. Fails with `tool` when the tool itself fails."""
        from llmspell.mcp.results import parts_of, records_of, said

        server = self._server()
        found = await _allowed(self._context, server, tool)
        result = await server.call(tool, found.check(arguments or {}, serving(self._context)))
        parts = parts_of(result.content)
        answer = {"text": said(parts), "parts": records_of(parts, self._context.blobs)}
        if result.structured_content is not None:
            answer["data"] = values.check(result.structured_content, f"the result of {tool[:80]}")
        return cast(ServerAnswer, answer)

    async def resources(self) -> list[ServerResource]:
        """The resources that it lists."""
        return [_resource(each.uri, each) for each in await self._whole().resources()]

    async def templates(self) -> list[ServerResource]:
        """The templates of resources that it has besides."""
        return [_resource(each.uri_template, each) for each in await self._whole().templates()]

    async def read(self, uri: str) -> list[MessagePart]:
        """The contents of a resource, as parts of a message: mostly one, a text or a document."""
        from llmspell.mcp.results import records_of, resource_part

        contents = await self._whole().read(uri)
        return cast(list[MessagePart], records_of(map(resource_part, contents), self._context.blobs))

    async def prompts(self) -> list[ServerPrompt]:
        """The prompts that it offers."""
        return [_prompt(each) for each in await self._whole().prompts()]

    async def prompt(self, name: str, arguments: dict[str, str] | None = None) -> list[Message]:
        """A prompt with these arguments, as messages for a model."""
        from llmspell.mcp.results import parts_of, records_of

        told = await self._whole().prompt(name, arguments or {})
        return [
            cast(Message, {"role": each.role, "content": records_of(parts_of([each.content]), self._context.blobs)})
            for each in told.messages
        ]

    async def info(self) -> ServerInfo:
        """What it tells of itself."""
        return cast(ServerInfo, await self._server().about())

    async def close(self) -> None:
        """End it now, if the spell opened it; the next call would open it again."""
        if not isinstance(self._given, str):
            await self._context.servers.close(self._server())

    def _server(self) -> Server:
        return _server_of(self._context, self._given)

    def _whole(self) -> Server:
        """The server, if not only some of its tools may be used."""
        from llmspell.mcp.opened import refused

        server = self._server()
        if not self._context.servers.may_read(server):
            raise refused(server)
        return server


def server_tool(context: RunContext, made: dict[str, Any], name: str = "", **options: Any) -> BaseTool:
    """The tool that `as_tools` described. Raises `LlmspellError` for what it has not made."""
    from llmspell.mcp.tool import RemoteTool

    try:
        checked: _Crossing = _check()(made, None)
    except Mismatch as mismatch:
        raise mismatch.error("mcp", "pass what as_tools gave") from None
    server = _server_of(context, checked["server"])
    return RemoteTool(name or checked["tool"], lambda: _allowed(context, server, checked["tool"]), **options)


def _server_of(context: RunContext, given: str | ServerOptions) -> Server:
    servers = context.servers
    return servers.configured(given) if isinstance(given, str) else servers.own(given)


async def _allowed(context: RunContext, server: Server, tool: str) -> McpTool:
    """A tool that the spell may call. Raises `NotFoundError` and `PermissionDeniedError`."""
    from llmspell.mcp.opened import refused

    found = await server.tool(tool)
    if not context.servers.may_call(server, found):
        raise refused(server, found.name)
    return found


@cache
def _check() -> Check:
    return compile_check(record_of(_Crossing))


def _resource(uri: str, told: Any) -> ServerResource:
    found: ServerResource = {"uri": uri, "name": told.name}
    if told.description:
        found["description"] = told.description
    if told.mime_type:
        found["mime"] = told.mime_type
    return found


def _prompt(told: Any) -> ServerPrompt:
    found: ServerPrompt = {"name": told.name, "arguments": [_argument(each) for each in told.arguments or []]}
    if told.description:
        found["description"] = told.description
    return found


def _argument(told: Any) -> PromptArgument:
    found: PromptArgument = {"name": told.name, "required": bool(told.required)}
    if told.description:
        found["description"] = told.description
    return found
