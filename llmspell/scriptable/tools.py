"""`tools`: the tools of the host, called by scripts as `tools.NAME{...}`."""

from __future__ import annotations

from typing import Any

from llmspell.agents.tools import serving
from llmspell.errors import NotFoundError
from llmspell.nearest import near
from llmspell.permissions import denied
from llmspell.scriptable.context import RunContext


async def call_tool(context: RunContext, name: str, arguments: dict[str, Any] | None = None) -> Any:
    """Call a tool of the host by its name."""
    if not context.permissions.may_use_tool(name):
        raise denied("tool", f"call the tool {name[:64]!r}", name[:64])
    tool = context.tools.get(name)
    if tool is None:
        known = f"the tools are {', '.join(sorted(context.tools))}" if context.tools else "the host offers no tools"
        raise NotFoundError(f"there is no tool '{name[:64]}'", hint=near(name, context.tools) or known)
    return await tool.call(arguments or {}, serving(context))
