"""The servers of a host, by name."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from llmspell.errors import LlmspellError, NotFoundError
from llmspell.mcp.names import clean
from llmspell.mcp.opening import configured
from llmspell.mcp.tool import McpTool, RemoteTool
from llmspell.nearest import near

if TYPE_CHECKING:
    import httpx2

    from llmspell.config import Config
    from llmspell.config_mcp import McpServerConfig
    from llmspell.mcp.server import Server
    from llmspell.providers.network import Network


def servers_of(config: Config, http_transport: httpx2.AsyncBaseTransport | None = None) -> Servers:
    """The servers of a configuration. Raises `InvalidValueError` for the file that lists them."""
    every = {} if config.mcp is None else config.mcp.every()
    return Servers(every, lambda url: _network(config, url), http_transport)


def _network(config: Config, url: str) -> Network:
    from llmspell.config_mcp import filled
    from llmspell.providers.network import Network, is_loopback

    proxy, ca_file = config.network.proxy, config.network.ca_file
    if proxy is not None:
        proxy = None if is_loopback(url) else filled(proxy, os.environ, "proxy")
    return Network(proxy=proxy, ca_file=None if ca_file is None else str(ca_file))


class Servers:
    """The configured servers; nothing is started before it is used."""

    def __init__(
        self,
        configs: Mapping[str, McpServerConfig],
        network: Callable[[str], Network],
        http_transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._servers = {name: configured(name, config, network, http_transport) for name, config in configs.items()}

    @property
    def names(self) -> list[str]:
        """What they are called in the configuration."""
        return list(self._servers)

    def get(self, name: str) -> Server:
        """A server. Raises `NotFoundError`."""
        found = self._servers.get(name)
        if found is None:
            known = f"the MCP servers are {', '.join(self._servers)}" if self._servers else "none is configured"
            raise NotFoundError(f"there is no MCP server {name!r:.80}", hint=near(name, self._servers) or known)
        return found

    async def find(self, tool: str) -> McpTool:
        """The tool that is called so in spells. Only the servers are started whose tool it may be.

        Raises `NotFoundError`, and what starting the one server raises whose prefix the name has.
        """
        failed: LlmspellError | None = None
        known: list[str] = []
        for server in self._candidates(tool):
            try:
                tools = await server.tools()
            except LlmspellError as error:
                failed = failed or error
                continue
            if tool in tools:
                return tools[tool]
            known += tools
        hint = near(tool, known) or "llmspell mcp show NAME lists them"
        raise failed or NotFoundError(f"there is no tool {tool!r:.80}, and no MCP server has one", hint=hint)

    def remote(self, tool: str) -> RemoteTool | None:
        """The tool that is called so in spells, if there may be one; nothing is started for it yet."""
        if clean(tool) != tool or not self._candidates(tool):
            return None
        return RemoteTool(tool, lambda: self.find(tool))

    async def tools(self) -> dict[str, McpTool]:
        """All tools of all servers, which are started at once. Raises what starting one of them raises."""
        listed = await asyncio.gather(*(server.tools() for server in self._servers.values()))
        found: dict[str, McpTool] = {}
        for tools in listed:
            for name, tool in tools.items():
                found.setdefault(name, tool)
        return found

    async def aclose(self) -> None:
        """End them all."""
        await asyncio.gather(*(server.aclose() for server in self._servers.values()))

    def _candidates(self, tool: str) -> list[Server]:
        """Those with the prefix, the longest first; then those whose tools have none."""
        named = [each for each in self._servers.values() if each.prefix and tool.startswith(clean("", each.prefix))]
        named.sort(key=lambda server: -len(server.prefix))
        return named + [each for each in self._servers.values() if not each.prefix]
