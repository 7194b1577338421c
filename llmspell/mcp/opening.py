"""Ways to servers: those that the user configured, and those that a spell opens within its permissions."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from llmspell.config_mcp import McpServerConfig, filled
from llmspell.errors import NotFoundError
from llmspell.mcp.server import Server, environment

if TYPE_CHECKING:
    import httpx2

    from llmspell.mcp.connection import Transport
    from llmspell.permissions import Permissions
    from llmspell.providers.guarded import GuardedConnections
    from llmspell.providers.network import Network
    from llmspell.workers.program import Command


def configured(
    name: str,
    config: McpServerConfig,
    network: Callable[[str], Network],
    http_transport: httpx2.AsyncBaseTransport | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Server:
    """A server of the configuration; its variables are looked up when it is connected to."""
    seconds = config.timeout

    def transport() -> Transport:
        place = f"the MCP server {name}"
        if config.command is not None:
            return _program(_command(name, config, environ))
        url = filled(config.url or "", environ, place)
        headers = {key: filled(value, environ, place) for key, value in config.headers.items()}
        from llmspell.mcp.web import Web  # loads the SDK
        from llmspell.providers.clients import free_client

        way = network(url)
        return Web(url, lambda failures: free_client(way, headers, _silence(seconds), failures, http_transport))

    prefix = config.prefix if isinstance(config.prefix, str) else name if config.prefix else ""
    return Server(
        name,
        transport,
        timeout=seconds,
        prefix=prefix,
        only=config.tools,
        approval=config.approval,  # type: ignore[arg-type]  # checked
    )


def program_of_spell(command: Command, timeout: float | None) -> Server:
    """A server that a spell starts; the command was permitted already."""
    name = repr(command.argv[0][:60])

    def transport() -> Transport:
        return _program(command)

    return Server(name, transport, timeout=timeout)


def address_of_spell(
    connections: GuardedConnections,
    permissions: Permissions,
    url: str,
    headers: Mapping[str, str | Sequence[str]],
    timeout: float | None,
) -> Server:
    """A server at an address that a spell chose. Every request is asked for, as those of `http` are."""
    from llmspell.system import headers as headers_of
    from llmspell.system.urls import Target, target_of
    from llmspell.system.web import Granted

    target, checked = target_of(url), dict(headers_of.checked(headers))
    guard = Granted(permissions)
    guard.check(target, "POST")

    def check(method: str, scheme: str, host: str, port: int) -> None:
        guard.check(Target(scheme, host, port, "/"), method)

    def transport() -> Transport:
        from llmspell.mcp.web import Web  # loads the SDK
        from llmspell.providers.clients import guarded_client

        return Web(
            target.url,
            lambda failures: guarded_client(connections, guard, check, checked, _silence(timeout), failures),
        )

    return Server(target.authority, transport, timeout=timeout)


def _silence(timeout: float | None) -> float:
    return max(timeout or 0.0, 300.0)


def _program(command: Command) -> Transport:
    from llmspell.mcp.stdio import Program  # loads the SDK

    return Program(command)


def _command(name: str, config: McpServerConfig, environ: Mapping[str, str]) -> Command:
    from llmspell.workers.program import Command

    place = f"the MCP server {name}"
    program = os.path.expanduser(filled(config.command or "", environ, place))
    folder = None if config.cwd is None else str(config.cwd)
    if folder is not None and not os.path.isdir(folder):
        raise NotFoundError(f"{place}: there is no folder {folder!r}", hint="check its cwd")
    given = {key: filled(value, environ, place) for key, value in config.env.items()}
    variables = {**environment(environ), **given}
    path = shutil.which(program, path=variables.get("PATH", os.defpath))
    if path is None:
        raise NotFoundError(
            f"{place}: there is no program {program[:80]!r}", hint="it must be on the PATH, or be named by its path"
        )
    args = [filled(each, environ, place) for each in config.args]
    return Command(os.path.abspath(path), [program, *args], variables, folder)
