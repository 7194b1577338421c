"""The tools of one agent, under the names that the model knows them by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from llmspell.agents.output import TOOL
from llmspell.agents.tools import BaseTool, Tool
from llmspell.errors import ArgumentTypeError, InvalidValueError
from llmspell.nearest import nearest


class Toolbox:
    """Tools by name. Raises `InvalidValueError` for two of one name, and for names that the agent needs itself."""

    def __init__(self, tools: Iterable[Any] = ()) -> None:
        self._tools: dict[str, BaseTool] = {}
        for each in [tools] if isinstance(tools, str) else tools:
            self._add(_tool_of(each))

    def _add(self, tool: BaseTool) -> None:
        if tool.name == TOOL:
            raise InvalidValueError(f"a tool of an agent cannot be called {TOOL}", hint="its answer is called that")
        if self._tools.get(tool.name, tool) is not tool:
            raise InvalidValueError(f"two tools are called {tool.name!r}", hint="give one of them another name")
        self._tools[tool.name] = tool

    def __iter__(self) -> Iterator[BaseTool]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    def find(self, name: str) -> BaseTool | None:
        """The tool that the model means: models add blanks and namespaces to names, and change their case."""
        if found := self._tools.get(name):
            return found
        bare = name.strip().rpartition(".")[2].rpartition(":")[2]
        alike = [tool for known, tool in self._tools.items() if known.lower() == bare.lower()]
        return alike[0] if len(alike) == 1 else None

    def unknown(self, name: str) -> str:
        """What the model is told that called a tool which does not exist."""
        names = ", ".join(list(self._tools)[:50]) or "none"
        near = nearest(name, self._tools)
        guess = f"{near[0].upper()}{near[1:]} " if near else ""
        return f"There is no tool {name[:80]!r}. {guess}The tools are: {names}."

    def definitions(self) -> list[dict[str, Any]]:
        """What the model is told of them."""
        return [definition(tool) for tool in self._tools.values()]


def _tool_of(given: Any) -> BaseTool:
    if isinstance(given, BaseTool):
        return given
    if callable(given):
        return Tool(given)
    if isinstance(given, str):
        hint = f"names are for Host.agent, in a list; elsewhere take llmspell.tools.builtin({given!r:.40})"
    elif hasattr(given, "as_tool"):
        hint = "take its as_tool()"
    else:
        hint = "a tool is a typed function, or a BaseTool such as Tool(...) and SchemaTool(...)"
    raise ArgumentTypeError(f"{given!r:.60} is no tool", hint=hint)


def definition(tool: BaseTool) -> dict[str, Any]:
    """What the model is told of a tool."""
    return {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
