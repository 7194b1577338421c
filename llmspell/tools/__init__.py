"""The tools that llmspell brings: see `docs/tools.md`."""

from __future__ import annotations

from llmspell.tools.base import Builtin, Home
from llmspell.tools.registry import CATALOG, Offered, builtin, known

__all__ = ["CATALOG", "Builtin", "Home", "Offered", "builtin", "known"]
