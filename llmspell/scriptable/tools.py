"""`tools`: the tools of the host, called by scripts as `tools.NAME{...}`."""

from __future__ import annotations

from typing import Any

from llmspell.agents.tools import serving
from llmspell.permissions import denied
from llmspell.scriptable.context import RunContext


async def call_tool(context: RunContext, name: str, arguments: dict[str, Any] | None = None) -> Any:
    """Call a tool of the host by its name."""
    if not context.permissions.may_use_tool(name):
        raise denied("tool", f"call the tool {name[:64]!r}", name[:64])
    tool = context.tools.get(name)
    if tool is None:
        from llmspell.tools.registry import unknown  # only for a mistake

        raise unknown(name, context.tools)
    return await tool.call(arguments or {}, serving(context))
