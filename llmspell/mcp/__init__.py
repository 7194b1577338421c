"""Servers of the Model Context Protocol: their tools, resources and prompts, for spells, agents and programs.

The protocol itself is the business of the official SDK (the extra `mcp`), which is loaded at the first use of a server.
What a server does wrong is an error of the call that met it: servers are connected when they are first used, and
again at the next use after they have ended.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmspell.mcp.server import Server
    from llmspell.mcp.servers import Servers
    from llmspell.mcp.tool import McpTool

__all__ = ["McpTool", "Server", "Servers"]

_MODULES = {"McpTool": "tool", "Server": "server", "Servers": "servers"}


def __getattr__(name: str) -> Any:
    if name in _MODULES:  # most hosts have no servers
        return getattr(importlib.import_module(f"llmspell.mcp.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'llmspell.mcp' has no attribute {name!r}")
