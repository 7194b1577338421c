"""`tools`: the tools of the host, called by scripts as `tools.NAME{...}`."""

from __future__ import annotations

from typing import Any

from llmspell.agents.tools import serving
from llmspell.errors import ArgumentTypeError
from llmspell.functions import given
from llmspell.scriptable.context import RunContext


async def call_tool(context: RunContext, name: str, arguments: Any = None) -> Any:
    """Call a tool of the host by its name."""
    if arguments is not None and not isinstance(arguments, dict) and arguments != []:  # `{}` may be either in Lua
        raise ArgumentTypeError(
            f"{name[:64]}: its arguments must be an object, not {given(arguments)}",
            hint="tools take named arguments, as in { text = 1 }",
        )
    if not context.permissions.may_use_tool(name):
        raise context.permissions.denied("tool", f"call the tool {name[:64]!r}", name[:64])
    tool = context.tools.get(name)
    if tool is None:
        from llmspell.tools.registry import unknown  # only for a mistake

        raise unknown(name, context.tools)
    return await tool.call(arguments or {}, serving(context))
