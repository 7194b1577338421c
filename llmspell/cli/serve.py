"""`llmspell serve`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from llmspell import loop
from llmspell.cli import limits, permissions, show
from llmspell.cli.arguments import MCP_CONFIG, complete_model, state_file
from llmspell.cli.permissions import RunCommand
from llmspell.config import Config, load
from llmspell.errors import InvalidValueError, NetworkError

if TYPE_CHECKING:
    from llmspell.agents.context import ToolContext
    from llmspell.agents.tools import BaseTool
    from llmspell.host import Host
    from llmspell.permissions import Permissions
    from llmspell.serve.mcp import Address


@click.command(name="serve", cls=RunCommand, short_help="Offer spells and tools to other programs.")
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[SPELL|FOLDER]...")
@click.option("--mcp", is_flag=True, help="Over the Model Context Protocol; there is no other yet.")
@click.option("--tool", "tools", multiple=True, metavar="NAME", help="A tool to offer beside the spells. Repeatable.")
@click.option(
    "--http", "port", type=click.IntRange(1, 65535), metavar="PORT", help="Over HTTP, not the standard streams."
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen.")
@click.option("--token-env", metavar="NAME", help="The variable with the token that clients must send.")
@click.option(
    "--model", metavar="NAME", shell_complete=complete_model, help="What llm() means, such as openai/gpt-5-mini."
)
@click.option("--isolation", type=click.Choice(["process", "inline"]), help="Where spells run.  [process]")
@limits.options
@permissions.options
@MCP_CONFIG
def command(**given: Any) -> int:
    """Offer each SPELL, the spells in each FOLDER, and tools as a server, until the client leaves or Ctrl-C.

    A spell is a tool with the name of its file. The comments at its top describe it and its parameters: see
    docs/mcp.md. Limits hold for each call. What a spell may do is granted as for llmspell run, for all of them;
    nobody is asked.

    \b
    Examples:
      llmspell serve --mcp summarize.lua --model local/smollm2-135m
      llmspell serve --mcp spells/ --tool calculator --allow-read=notes
      llmspell serve --mcp spells/ --http 8321
    """
    if not given["mcp"]:
        raise click.UsageError("say what to speak: --mcp")
    address = _address(given)
    config = load(overrides=_overrides(given))
    granted = permissions.granted(config.permissions, given)
    config = replace(config, permissions=granted)
    from llmspell.mcp.server import check_extra  # after all that may be wrong with the arguments

    check_extra()
    try:
        loop.run(lambda: _serve(config, given["paths"], given["tools"], granted, address), loop.plain)
    except OSError as error:
        assert address is not None  # noqa: S101  # for the type checker: nothing else listens
        raise NetworkError(f"cannot listen at {address.host}:{address.port}: {error.strerror}") from None
    return 0


async def _serve(
    config: Config, paths: Sequence[str], names: Sequence[str], granted: Permissions, address: Address | None
) -> None:
    from llmspell.host import Host
    from llmspell.serve.mcp import over_http, over_stdio, server_of

    async with Host(config, state=state_file(config)) as host:
        tools = await _tools(host, paths, names, granted)
        server = server_of(tools, lambda: _context(granted))
        count = show.count(len(tools), "tool")
        if address is None:
            if show.is_terminal(sys.stdin):
                click.echo(f"{count} for a program that starts this one and speaks MCP; Ctrl-D ends it", err=True)
            await over_stdio(server)
            return
        told = f"{count} at {address.url}"
        await over_http(server, address, lambda: click.echo(told, err=True))


async def _tools(host: Host, paths: Sequence[str], names: Sequence[str], granted: Permissions) -> list[BaseTool]:
    from llmspell.serve.spells import SpellTool, check_names, found_in
    from llmspell.tools.registry import unknown

    tools: list[BaseTool] = []
    for spell in found_in(paths):
        permissions.settled(spell, granted, may_ask=False)
        tools.append(SpellTool(host, spell))
    offered = host.offered(granted)
    for name in names:
        tool = offered.get(name)
        if tool is None:
            raise unknown(name, offered)
        await tool.ready()
        tools.append(tool)
    if not tools:
        raise InvalidValueError("there is nothing to offer", hint="name spells, a folder of them, or --tool NAME")
    check_names(tools)
    return tools


def _context(granted: Permissions) -> ToolContext:
    from llmspell.agents.context import ToolContext
    from llmspell.system.blobs import Blobs

    return ToolContext(permissions=granted, blobs=Blobs())


def _address(given: dict[str, Any]) -> Address | None:
    if given["port"] is None:
        if given["token_env"]:
            raise click.UsageError("--token-env goes with --http")
        return None
    from llmspell.serve.mcp import Address

    token = os.environ.get(given["token_env"]) if given["token_env"] else None
    if given["token_env"] and not token:
        raise InvalidValueError(f"--token-env: the variable {given['token_env']} is not set", hint="export it first")
    address = Address(port=given["port"], host=given["host"], token=token)
    if not address.local and token is None:
        raise InvalidValueError(
            f"--host {address.host} lets other machines in, who could use all of it", hint="add --token-env NAME"
        )
    return address


def _overrides(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "model": given["model"],
        "isolation": given["isolation"],
        "limits": limits.overrides(given),
        "mcp": {"file": given["mcp_config"]} if given["mcp_config"] else None,
    }
