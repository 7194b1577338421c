"""MCP servers as they are configured: `[mcp]` in `llmspell.toml`, and the JSON that other programs have for them.

    [mcp]
    file = "mcp.json"                     # servers in the common form {"mcpServers": {NAME: {...}}}

    [mcp.servers.files]                   # a program of this machine ...
    command = "npx"
    args = ["-y", "@modelcontextprotocol/server-filesystem", "{HOME}/notes"]
    env = {LOG_LEVEL = "error"}

    [mcp.servers.tickets]                 # ... or an address
    url = "https://tickets.example.com/mcp"
    headers = {Authorization = "Bearer {TICKETS_TOKEN}"}
    timeout = 120                         # seconds for each call
    prefix = false                        # its tools are called `search`, not `tickets_search`
    tools = ["search", "read"]            # and there are no others for spells

`{VARIABLE}` and `${VARIABLE}` stand for a variable of the environment, `{VARIABLE:-text}` for one with a default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from llmspell.errors import InvalidValueError

if TYPE_CHECKING:
    from pathlib import Path

_GAP = re.compile(r"\$?\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\}")
_LISTS = ("mcpServers", "servers")
_REMOTE = ("http", "streamable-http", "streamableHttp", "streamable_http")
_NAME = re.compile(r"[^\x00-\x1f]{1,64}")


def _empty() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class McpServerConfig:
    """A server; exactly one of `command` and `url` is given. `repr` leaves out the fields that may hold keys."""

    command: str | None = None
    """A program that speaks MCP over its standard streams."""
    args: tuple[str, ...] = field(default=(), repr=False)
    env: Mapping[str, str] = field(default_factory=_empty, repr=False)
    """Its variables, beside the few that every program needs."""
    cwd: Path | None = None
    """The folder that it works in; None is the current one."""
    url: str | None = field(default=None, repr=False)
    """Where it is reached over HTTP."""
    headers: Mapping[str, str] = field(default_factory=_empty, repr=False)
    timeout: float | None = None
    """Seconds for each call; None is 60."""
    prefix: bool | str = True
    """What its tools are called in spells begins with this and `_`; true is its name, false is nothing."""
    tools: tuple[str, ...] | None = None
    """The tools that are offered, by the names that the server gives them; None is all."""
    approval: str = "allow"
    """Whether models may call its tools: `allow`, `ask` or `deny`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McpConfig:
    """All servers that are configured, and the file that has more of them."""

    servers: Mapping[str, McpServerConfig] = field(default_factory=_empty)
    file: Path | None = None

    def every(self) -> dict[str, McpServerConfig]:
        """The servers by name, those of the file too; one in `servers` precedes one of the same name in the file.

        Raises `InvalidValueError` that names the file and the place in it.
        """
        listed = {} if self.file is None else _listed(self.file)
        return {**listed, **self.servers}


def mcp_config(table: dict[str, Any]) -> McpConfig:
    """The settings that stand in a checked table. Raises `InvalidValueError`."""
    servers = {
        name: server_config(name, each, f"mcp.servers.{name}") for name, each in table.pop("servers", {}).items()
    }
    return McpConfig(servers=MappingProxyType(servers), **table)


def server_config(name: str, table: Mapping[str, Any], place: str) -> McpServerConfig:
    """A server from checked fields. Raises `InvalidValueError` that begins with `place`."""
    if not _NAME.fullmatch(name):
        raise InvalidValueError(f"{place} has a name that cannot be used", hint="at most 64 characters on one line")
    if ("command" in table) == ("url" in table):
        raise InvalidValueError(
            f"{place} must have one of command and url", hint='such as command = "npx", or url = "https://..."'
        )
    kind, foreign = ("command", ("headers",)) if "command" in table else ("url", ("args", "env", "cwd"))
    for key in foreign:
        if key in table:
            raise InvalidValueError(f"{place} has {key}, which does not go with {kind}")
    return McpServerConfig(**table)


def filled(template: str, environ: Mapping[str, str], place: str) -> str:
    """The text with the values of its gaps. Raises `InvalidValueError` for a variable that is not set."""

    def value(gap: re.Match[str]) -> str:
        found = environ.get(gap[1]) or gap[2]
        if found is None:
            raise InvalidValueError(
                f"{place} needs the variable {gap[1]}, which is not set", hint=f"export {gap[1]}=..."
            )
        return found

    return _GAP.sub(value, template)


def _listed(file: Path) -> dict[str, McpServerConfig]:
    import json  # only where there is such a file

    try:
        told = json.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InvalidValueError(f"{file}: not JSON: {error}") from None
    except OSError as error:
        hint = "check --mcp-config, or `file` under [mcp]"
        raise InvalidValueError(f"{file} cannot be read: {error.strerror}", hint=hint) from None
    key = next((key for key in _LISTS if isinstance(told, dict) and key in told), None)
    if key is None or not isinstance(told[key], dict):
        raise InvalidValueError(f"{file} lists no servers", hint='it must be {"mcpServers": {"NAME": {...}}}')
    return dict(_servers(told[key], file, key))


def _servers(listed: Mapping[str, Any], file: Path, key: str) -> Iterator[tuple[str, McpServerConfig]]:
    from llmspell.config_schema import SCHEMA, check_table  # as above

    schema: Any = SCHEMA
    for name, table in listed.items():
        place = f"{key}.{name}"
        if not isinstance(table, dict):
            raise InvalidValueError(f"{file}: {place} must be an object")
        kind = table.get("type", "stdio" if "command" in table else "http")
        if table.get("disabled") is True or table.get("enabled") is False:
            continue
        if kind not in ("stdio", *_REMOTE):
            raise InvalidValueError(
                f"{file}: {place} has the type {kind!r:.40}, which is not supported", hint="stdio and http are"
            )
        # Other programs keep more in this file, which says nothing to us.
        known = {each: table[each] for each in schema["mcp"]["servers"]["*"] if each in table}
        known = {each: value for each, value in known.items() if value not in ({}, [])}
        checked = check_table(known, schema["mcp"]["servers"]["*"], str(file), place, file.parent)
        yield name, server_config(name, checked, f"{file}: {place}")
