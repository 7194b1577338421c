"""`llmspell tools`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from llmspell.cli import permissions, show
from llmspell.cli.app import DONE, FAILED
from llmspell.cli.arguments import complete_tool
from llmspell.cli.asking import AS_JSON, print_json, print_table
from llmspell.cli.params import named
from llmspell.cli.permissions import RunCommand
from llmspell.config import Config, load
from llmspell.errors import LlmspellError, PermissionDeniedError
from llmspell.permissions import denied

if TYPE_CHECKING:
    from llmspell.agents.tools import BaseTool
    from llmspell.permissions import Permissions

_WIDEST = 80


@click.group(name="tools", short_help="Show and call the tools that spells and agents are offered.")
def command() -> None:
    """The tools that spells and agents are offered: built-in ones, and those of packages.

    \b
    Examples:
      llmspell tools list
      llmspell tools show read_file
      llmspell tools call calculator -p expression='(12.5 + 3) * 4'
    """


@command.command(name="list", short_help="List tools.")
@AS_JSON
def list_(as_json: bool) -> None:
    """List all tools with the permissions that they need.

    Tools of packages are offered to spells only if `packages` under [tools] in llmspell.toml names them.

    \b
    Examples:
      llmspell tools list
      llmspell tools list --json
    """
    from llmspell.tools import known  # for this command alone

    config = load()
    facts = [_facts(name, config) for name in known()]
    if as_json:
        print_json(facts)
        return
    cells = [[fact["name"], _needs(fact), _cut(fact["description"])] for fact in facts]
    print_table([["NAME", "NEEDS", "DOES"], *cells])


@command.command(name="show", short_help="Show what a tool does and takes.")
@click.argument("name", shell_complete=complete_tool)
@AS_JSON
def show_(name: str, as_json: bool) -> None:
    """Show what the tool NAME does, its parameters, and the permissions that it needs.

    With --json, `parameters` is the JSON Schema that models get.

    \b
    Examples:
      llmspell tools show web_search
      llmspell tools show edit_file --json
    """
    config = load()
    facts = _facts(name, config) | {"parameters": _tool(name, config).parameters}
    if as_json:
        print_json(facts)
        return
    click.echo(show.plain(facts["description"]) + "\n")
    rows = [_parameter(key, kind, facts["parameters"]) for key, kind in facts["parameters"]["properties"].items()]
    print_table(rows or [["It takes no parameters."]])
    click.echo(f"\nneeds    {_needs(facts)}")
    if facts["example"]:
        click.echo(f"example  llmspell tools call {name} {facts['example']}")


@command.command(name="call", cls=RunCommand, short_help="Call a tool.")
@click.argument("name", shell_complete=complete_tool)
@click.option("-p", "pairs", multiple=True, metavar="NAME=TEXT|NAME:=JSON", help="An argument. Repeatable.")
@click.option("--params", "params_file", type=click.Path(), metavar="FILE.json", help="Arguments; -p goes over them.")
@permissions.flags
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with the value or the error.")
def call(**given: Any) -> int:
    """Call the tool NAME as a spell would, and print what it gives.

    It may touch nothing until it is allowed to, by --allow-* or by llmspell.toml, as a spell.

    \b
    Examples:
      llmspell tools call calculator -p expression='2^10'
      llmspell tools call read_file -p path=notes.txt -p last_line:=20 --allow-read=notes.txt
      llmspell tools call fetch_page -p url=https://example.com/ --allow-net=example.com --json

    \b
    Exit codes:
      0 done · 1 the tool failed · 2 wrong usage
    """
    config = load()
    args = named(given["params_file"], given["pairs"])
    allowed = permissions.granted(config.permissions, given)
    tool = _tool(given["name"], config, allowed)
    try:
        value = _called(tool, args, allowed)
    except LlmspellError as error:
        if not given["as_json"]:
            raise
        print_json({"value": None, "error": error.to_data()})
        return FAILED
    if given["as_json"]:
        print_json({"value": value, "error": None})
    elif value is not None:
        click.echo(show.shown(show.value(value), sys.stdout))
    return DONE


def _called(tool: BaseTool, args: dict[str, Any], allowed: Permissions) -> Any:
    import asyncio  # for this command alone

    from llmspell.agents.context import ToolContext
    from llmspell.system.blobs import Blobs

    async def wait() -> Any:
        async with asyncio.timeout(tool.timeout):
            return await tool.call(args, ToolContext(permissions=allowed, blobs=Blobs()))

    return asyncio.run(wait())


def _tool(name: str, config: Config, allowed: Permissions | None = None) -> BaseTool:
    from llmspell.tools import CATALOG, Home, builtin  # for these commands alone

    if allowed is not None and not allowed.may_use_tool(name):
        raise _refused(name)
    return builtin(name, home=Home(settings=config.tools)) if name in CATALOG else builtin(name)


def _refused(name: str) -> PermissionDeniedError:
    return denied("tool", f"call the tool {name[:64]!r}", name[:64])


def _facts(name: str, config: Config) -> dict[str, Any]:
    from llmspell.tools import Builtin  # as above

    try:
        tool = _tool(name, config)
        description = tool.description
    except LlmspellError as error:  # a package that cannot be loaded
        if error.kind == "not_found":
            raise
        return {"name": name, "description": error.message, "needs": [], "example": "", "offered": False}
    own = tool.spec if isinstance(tool, Builtin) else None
    return {
        "name": name,
        "description": description,
        "needs": list(own.needs) if own else [],
        "example": own.example if own else "",
        "offered": own is not None or name in config.tools.packages,
    }


def _needs(fact: dict[str, Any]) -> str:
    if not fact["offered"]:
        return "packages"
    return ", ".join(fact["needs"]) or "-"


def _cut(text: str) -> str:
    first = text.partition(". ")[0].partition("\n")[0].removesuffix(".")
    return first if len(first) <= _WIDEST else first[: _WIDEST - 2] + " …"


def _parameter(key: str, schema: dict[str, Any], parameters: dict[str, Any]) -> list[str]:
    kind = "|".join(map(str, schema["enum"])) if "enum" in schema else str(schema.get("type", "any"))
    optional = "" if key in parameters.get("required", ()) else "?"
    return [f"  {key}{optional}", kind, str(schema.get("description", ""))]
