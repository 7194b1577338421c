"""A memory as a tool for agents."""

from __future__ import annotations

from typing import Any

from llmspell.agents.tools import Approval, SchemaTool
from llmspell.memory.memory import Memory, Mode

_PARAMETERS = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "What to look for, in a few words or as a question."}},
    "required": ["query"],
    "additionalProperties": False,
}


def retrieval_tool(
    memory: Memory,
    name: str = "search_memory",
    *,
    description: str = "Search the documents. Gives the passages that fit best, each below its source.",
    limit: int = 5,
    max_tokens: int = 1500,
    mode: Mode | None = None,
    approval: Approval = "allow",
) -> SchemaTool:
    """A tool by which a model searches a memory: it gives what `Memory.context` does.

    Raises `InvalidValueError` for `meaning` in a memory of words.
    """
    mode = memory.mode(mode)

    async def search(args: dict[str, Any]) -> str:
        found = await memory.context(args["query"], limit=limit, max_tokens=max_tokens, mode=mode)
        return found or "Nothing fits."

    return SchemaTool(name, search, description=description, parameters=_PARAMETERS, approval=approval)
