"""A tool of a server, as any other tool."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from llmspell.agents.context import ToolContext
from llmspell.agents.tools import Approval, BaseTool

if TYPE_CHECKING:
    from mcp_types import CallToolResult, Tool

    from llmspell.mcp.server import Server

_MAX_DESCRIPTION = 20_000


class McpTool(BaseTool):
    """What a server calls `described.name`, under a `name` that spells and models may use."""

    def __init__(self, server: Server, described: Tool, name: str, *, approval: Approval = "allow") -> None:
        super().__init__(name, approval=approval)
        self.server = server
        self.remote_name = described.name
        self._described = described

    @property
    def description(self) -> str:
        return (self._described.description or self._described.title or "")[:_MAX_DESCRIPTION]

    @property
    def parameters(self) -> dict[str, Any]:
        return {"properties": {}, **self._described.input_schema, "type": "object"}

    async def run(self, args: dict[str, Any], context: ToolContext) -> Any:  # noqa: ARG002  # servers know nothing of it
        from llmspell.mcp.results import for_model  # loads the SDK, as the server has by now

        return for_model(await self._result(args))

    async def call(self, args: Mapping[str, Any], context: ToolContext) -> Any:
        from llmspell.mcp.results import for_script  # as above

        result = await self._result(self.check(args, context))
        return self.jsonable(for_script(result, context.blobs))

    async def _result(self, args: dict[str, Any]) -> CallToolResult:
        return await self.server.call(self.remote_name, args)


class RemoteTool(BaseTool):
    """A tool of a configured server, of which nothing but its name is known until it is used.

    `find` starts the server and gives the tool, or raises `NotFoundError`. Its own description is told, unless there is
    another one; of the two approvals the stricter one holds.
    """

    def __init__(
        self,
        name: str,
        find: Callable[[], Awaitable[McpTool]],
        *,
        description: str | None = None,
        approval: Approval = "allow",
    ) -> None:
        super().__init__(name, approval=approval)
        self._find = find
        self._found: McpTool | None = None
        self._description = description

    @property
    def description(self) -> str:
        if self._description is not None:
            return self._description
        return "" if self._found is None else self._found.description

    @property
    def parameters(self) -> dict[str, Any]:
        return {"type": "object", "properties": {}} if self._found is None else self._found.parameters

    async def ready(self) -> bool:
        known = self._found is not None
        found = await self._tool()
        if found.approval != "allow" and self.approval != "deny":
            self.approval = found.approval
        return not known

    def check(self, args: Mapping[str, Any], context: ToolContext) -> dict[str, Any]:
        return dict(args) if self._found is None else self._found.check(args, context)

    async def run(self, args: dict[str, Any], context: ToolContext) -> Any:
        return await (await self._tool()).run(args, context)

    async def call(self, args: Mapping[str, Any], context: ToolContext) -> Any:
        return await (await self._tool()).call(args, context)

    async def _tool(self) -> McpTool:
        if self._found is None:
            self._found = await self._find()
        return self._found
