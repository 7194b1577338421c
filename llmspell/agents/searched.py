"""Many tools for a model that calls them one by one: it is told of those that it has searched for."""

from __future__ import annotations

from typing import Any

from llmspell.agents.code.search import FOUND, SEARCH, ranked, search_tool
from llmspell.agents.code.tool import search_name
from llmspell.agents.run import AgentRun
from llmspell.agents.toolbox import Toolbox, definition
from llmspell.agents.tools import SchemaTool

_KEPT = "tools"
_ABOUT = """\
Find tools by what they do. There are {count} of them; those that fit best are yours to call from then on. Names \
alone: {names}."""
_MOST_NAMED = 100


def searched(tools: Toolbox, run: AgentRun) -> Toolbox:
    """The tools of a run that begins, or goes on, with a tool to search them; the model is told of that one, and of
    those that were found before. What is found is kept in the memory of the run."""
    names = [tool.name for tool in tools]
    shown = ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
    template = search_tool(tools, name=search_name(tools, SEARCH))

    def search(args: dict[str, Any]) -> list[dict[str, str]]:
        best = ranked(list(tools), args["query"], args.get("limit", FOUND))
        for tool in best:
            if tool.name not in run.memory.get(_KEPT, []):
                run.memory[_KEPT] = [*run.memory.get(_KEPT, []), tool.name]
                run.template.tools = [*run.template.tools, definition(tool)]
        return [{"name": tool.name, "description": tool.description} for tool in best]

    about = _ABOUT.format(count=len(names), names=shown)
    finder = SchemaTool(template.name, search, description=about, parameters=template.parameters)
    known = [tool for name in run.memory.get(_KEPT, []) if (tool := tools.find(name)) is not None]
    run.template.tools = [definition(finder), *map(definition, known)]
    return Toolbox([*tools, finder])
