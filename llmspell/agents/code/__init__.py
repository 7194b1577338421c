"""Code mode: the model writes code that calls the tools, instead of one call at a time; see `docs/code-mode.md`."""

from __future__ import annotations

from llmspell.agents.code.options import Code
from llmspell.agents.code.runner import CodeRunner, Session
from llmspell.agents.code.search import search_tool

__all__ = ["Code", "CodeRunner", "Session", "search_tool"]
