"""`llmspell mcp`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from llmspell import loop
from llmspell.cli import show
from llmspell.cli.arguments import MCP_CONFIG
from llmspell.cli.asking import AS_JSON, print_json, print_table
from llmspell.cli.params import named
from llmspell.config import Config, load

if TYPE_CHECKING:
    from llmspell.config_mcp import McpServerConfig
    from llmspell.mcp.server import Server

_T = TypeVar("_T")
_WIDEST = 80


@click.group(name="mcp", short_help="Show and try the configured MCP servers.")
def command() -> None:
    """The servers of the Model Context Protocol in llmspell.toml, and in the JSON that it names.

    \b
    Examples:
      llmspell mcp list
      llmspell mcp show files
      llmspell mcp call files search -p query=tea
    """


@command.command(name="list", short_help="List the configured servers.")
@MCP_CONFIG
@AS_JSON
def list_(mcp_config: str | None, as_json: bool) -> None:
    """List the configured servers. None is started, and nothing that may hold a key is shown.

    \b
    Examples:
      llmspell mcp list
      llmspell mcp list --mcp-config servers.json
    """
    facts = [_facts(name, server) for name, server in _servers(_config(mcp_config)).items()]
    if as_json:
        print_json(facts)
    elif not facts:
        click.echo("no MCP server is configured", err=True)
    else:
        cells = [[fact["name"], fact["kind"], fact["command"] or fact["url"] or ""] for fact in facts]
        print_table([["NAME", "KIND", "WHERE"], *cells])


@command.command(name="show", short_help="Show what a server offers.")
@click.argument("name")
@MCP_CONFIG
@AS_JSON
def show_(name: str, mcp_config: str | None, as_json: bool) -> None:
    """Start the server NAME, or reach it, and show its tools, resources and prompts.

    \b
    Examples:
      llmspell mcp show files
      llmspell mcp show files --json
    """
    told = _with(mcp_config, name, _told)
    if as_json:
        print_json(told)
        return
    about = told["server"]
    title = f"{about['name'] or name} {about['version'] or ''}".rstrip()
    click.echo(show.plain(f"{title}, MCP {about['protocol']}"))
    for kind, label in (("tools", "call"), ("resources", "uri"), ("templates", "uri"), ("prompts", "name")):
        if told[kind]:
            click.echo(f"\n{kind}:")
            print_table([[f"  {show.plain(each[label])}", _short(each["description"])] for each in told[kind]])


@command.command(name="call", short_help="Call a tool of a server.")
@click.argument("name")
@click.argument("tool")
@click.option("-p", "pairs", multiple=True, metavar="NAME=TEXT|NAME:=JSON", help="An argument. Repeatable.")
@click.option("--params", "params_file", type=click.Path(), metavar="FILE.json", help="Arguments; -p goes over them.")
@MCP_CONFIG
@AS_JSON
def call(
    name: str, tool: str, pairs: tuple[str, ...], params_file: str | None, mcp_config: str | None, as_json: bool
) -> None:
    """Call TOOL of the server NAME, by the name that the server gives it, and print what it answers.

    \b
    Examples:
      llmspell mcp call files search -p query=tea
      llmspell mcp call files count --json
    """
    args = named(params_file, pairs)

    async def work(server: Server) -> Any:
        from llmspell.agents.context import ToolContext

        return await (await server.tool(tool)).call(args, ToolContext())

    value = _with(mcp_config, name, work)
    if as_json:
        print_json(value)
    else:
        click.echo(show.plain(show.value(value)))


async def _told(server: Server) -> dict[str, Any]:
    about = await server.about()
    tools = (await server.tools()).values()
    return {
        "server": about,
        "tools": [
            {
                "name": each.remote_name,
                "call": each.name,
                "description": each.description,
                "parameters": each.parameters,
            }
            for each in tools
        ],
        "resources": [_resource(each.uri, each) for each in await server.resources()],
        "templates": [_resource(each.uri_template, each) for each in await server.templates()],
        "prompts": [{"name": each.name, "description": each.description or ""} for each in await server.prompts()],
    }


def _resource(uri: str, told: Any) -> dict[str, Any]:
    return {"uri": uri, "name": told.name, "description": told.description or told.name, "mime": told.mime_type}


def _facts(name: str, server: McpServerConfig) -> dict[str, Any]:
    from llmspell.providers.address import shown

    return {
        "name": name,
        "kind": "stdio" if server.command is not None else "http",
        "command": server.command,
        "url": None if server.url is None else shown(server.url),
    }


def _config(mcp_config: str | None) -> Config:
    return load(overrides={"mcp": {"file": mcp_config} if mcp_config else None})


def _servers(config: Config) -> dict[str, McpServerConfig]:
    return {} if config.mcp is None else config.mcp.every()


def _with(mcp_config: str | None, name: str, work: Callable[[Server], Awaitable[_T]]) -> _T:
    """What the work with a server comes to; the server ends with it."""
    from llmspell.mcp.servers import servers_of

    servers = servers_of(_config(mcp_config))

    async def all_of_it() -> _T:
        try:
            return await work(servers.get(name))
        finally:
            await servers.aclose()

    return loop.run(all_of_it, loop.plain)


def _short(text: str) -> str:
    line = show.plain(text.strip().partition("\n")[0])
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 3]}..."
