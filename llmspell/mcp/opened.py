"""The servers that one run may use: the configured ones, and those that it opens itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from llmspell.errors import InvalidValueError, PermissionDeniedError
from llmspell.mcp.names import clean
from llmspell.mcp.opening import address_of_spell, program_of_spell
from llmspell.permissions import denied

if TYPE_CHECKING:
    from llmspell.mcp.server import Server
    from llmspell.mcp.servers import Servers
    from llmspell.mcp.tool import McpTool
    from llmspell.permissions import Permissions
    from llmspell.providers.guarded import GuardedConnections
    from llmspell.system.blobs import Blobs
    from llmspell.system.programs import Programs

MAX_OPEN = 16
"""Servers that a run may open by itself."""


class Owner(Protocol):
    """What a run lends its servers."""

    @property
    def permissions(self) -> Permissions:
        """What it may do."""
        ...

    @property
    def programs(self) -> Programs:
        """The programs that it may start."""
        ...

    @property
    def connections(self) -> GuardedConnections:
        """Its way to the web."""
        ...

    @property
    def blobs(self) -> Blobs:
        """Its bytes."""
        ...


class Opened:
    """Servers within the permissions of a run."""

    def __init__(self, owner: Owner, configured: Callable[[], Servers]) -> None:
        self._owner = owner
        self._permissions = owner.permissions
        self._configured = configured
        self._own: dict[str, Server] = {}

    def configured(self, name: str) -> Server:
        """A server of the user's. Raises `NotFoundError`."""
        return self._configured().get(name)

    def own(self, options: Mapping[str, Any]) -> Server:
        """The server that these options describe, the same one for the same options; it is not connected to yet.

        Raises `PermissionDeniedError`, `InvalidValueError` and `NotFoundError`.
        """
        key = json.dumps(options, sort_keys=True)
        if key not in self._own:
            if len(self._own) >= MAX_OPEN:
                raise InvalidValueError(f"mcp: a run may open {MAX_OPEN} servers", hint="close those that are done")
            self._own[key] = self._made(options)
        return self._own[key]

    def may_read(self, server: Server) -> bool:
        """Whether the resources and prompts of a server may be used: where tools are listed, all of it must be."""
        return server in self._own.values() or self._permissions.may_use_tool(all_of(server))

    def may_call(self, server: Server, tool: McpTool) -> bool:
        """Whether a tool of a server may be called."""
        return server in self._own.values() or self._permissions.may_use_tool(tool.name)

    async def close(self, server: Server) -> None:
        """End a server that the run has opened; a configured one lives as long as the host."""
        for key, own in list(self._own.items()):
            if own is server:
                del self._own[key]
                await own.aclose()

    async def aclose(self) -> None:
        """End all that the run has opened."""
        own, self._own = self._own, {}
        for server in own.values():
            await server.aclose()

    def _made(self, options: Mapping[str, Any]) -> Server:
        timeout = options.get("timeout")
        if ("command" in options) == ("url" in options):
            raise InvalidValueError("mcp: one of command and url is needed", hint='such as {command = "my-server"}')
        foreign = ("headers",) if "command" in options else ("args", "env", "cwd")
        if wrong := [name for name in foreign if name in options]:
            kind = "command" if "command" in options else "url"
            raise InvalidValueError(f"mcp: {wrong[0]} does not go with {kind}")
        if "url" in options:
            headers = options.get("headers", {})
            return address_of_spell(self._owner.connections, self._permissions, options["url"], headers, timeout)
        argv = [options["command"], *options.get("args", [])]
        command = self._owner.programs.command(argv, folder=self._folder(options.get("cwd")), env=options.get("env"))
        return program_of_spell(command, timeout)

    def _folder(self, path: str | None) -> str | None:
        if path is None:
            return None
        from llmspell.system.files import Files  # most servers work where we do

        return Files(self._permissions, self._owner.blobs).folder(path)


def all_of(server: Server) -> str:
    """The rule that allows everything of a configured server."""
    return f"{clean(server.name)}_*"


def refused(server: Server, tool: str | None = None) -> PermissionDeniedError:
    """The error for a tool, or without one for what else a configured server has."""
    if tool is not None:
        return denied("tool", f"call the tool {tool[:64]!r}", tool[:64])
    return denied("tool", f"use all of the MCP server {server.name!r:.80}", all_of(server))
