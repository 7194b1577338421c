"""llmspell: a scripting host for agents.

Spells are Lua and JavaScript scripts that drive language models from a sandbox. `run` runs one, a `Host` many.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmspell.budget import Budget
    from llmspell.config import Config
    from llmspell.config import load as load_config
    from llmspell.errors import LlmspellError
    from llmspell.events import CallEnded, CallStarted, Ended, Event, Log, Output, Result
    from llmspell.host import Host, run
    from llmspell.limits import Limits
    from llmspell.permissions import NetRule, Permissions
    from llmspell.serve.spells import spell_tool
    from llmspell.spell import Spell
    from llmspell.system.blobs import Blob

__version__ = "0.1.0"

__all__ = [
    "Blob",
    "Budget",
    "CallEnded",
    "CallStarted",
    "Config",
    "Ended",
    "Event",
    "Host",
    "Limits",
    "LlmspellError",
    "Log",
    "NetRule",
    "Output",
    "Permissions",
    "Result",
    "Spell",
    "load_config",
    "run",
    "spell_tool",
]

_HOME = {
    "Blob": "system.blobs",
    "Budget": "budget",
    "Config": "config",
    "Host": "host",
    "Limits": "limits",
    "LlmspellError": "errors",
    "NetRule": "permissions",
    "Permissions": "permissions",
    "Spell": "spell",
    "run": "host",
    "spell_tool": "serve.spells",
} | dict.fromkeys(("CallEnded", "CallStarted", "Ended", "Event", "Log", "Output", "Result"), "events")


def __getattr__(name: str) -> Any:
    # A worker imports parts of this package and must not pay for the rest.
    if name == "load_config":
        return importlib.import_module("llmspell.config").load
    if name in _HOME:
        return getattr(importlib.import_module(f"llmspell.{_HOME[name]}"), name)
    raise AttributeError(f"module 'llmspell' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
