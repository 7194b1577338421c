"""A tool of a server, as any other tool."""

from __future__ import annotations

from collections.abc import Mapping
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
