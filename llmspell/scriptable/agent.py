"""`agent` and `tool`: agents and tools that scripts make."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

from llmspell.agents.tools import BaseTool, serving
from llmspell.errors import InvalidValueError
from llmspell.scriptable.agent_hooks import hook_of
from llmspell.scriptable.agent_kept import from_text, kept_agent, made_tool, serving_of, to_text
from llmspell.scriptable.agent_records import (
    AgentCall,
    AgentEvent,
    AgentOptions,
    AgentReply,
    AgentTool,
    ToolNames,
    ToolSpec,
)
from llmspell.scriptable.context import RunContext
from llmspell.scriptable.prompts import to_messages
from llmspell.scriptable.records import Message as MessageRecord
from llmspell.scriptable.records import Prompt
from llmspell.scriptable.shapes import ScriptFunction


class ScriptableTool:
    """A tool for agents, made of a function of the spell: `tool{name = "weather", run = function(args) ... end}`."""

    def __init__(self, context: RunContext, number: int, spec: ToolSpec) -> None:
        self._context = context
        self._tool: BaseTool = made_tool(context, ("tool", number), spec)

    async def call(self, arguments: dict[str, Any] | None = None) -> Any:
        """Call it as a model would: the arguments are checked.

        Fails with `type` or `value` for wrong arguments, and as its function does.
        """
        return await self._tool.call(arguments or {}, serving(self._context))


class ScriptableAgent:
    """A model with instructions and tools that goes on until it has an answer, and remembers what was said.

    Whether its model exists shows when it is first used. It keeps to the budget of the run. Other agents take it as one
    of their `tools`.
    """

    def __init__(self, context: RunContext, number: int, options: AgentOptions | None = None) -> None:
        self._context = context
        self._number = number
        self._options: AgentOptions = options or {}
        self._kept = kept_agent(context, number, self._options)

    async def run(self, prompt: Prompt, options: AgentCall | None = None) -> AgentReply:
        """Answer a prompt, after what was said before. Whatever its end is, it is the `reason` of the reply.

        Fails as the model does, with `value` for wrong options, and with `not_found` for tools that do not exist.
        """
        kept = self._kept
        said = to_messages(prompt, "run", self._context.blobs)
        result = await kept.conversation.run(said, approve=kept.approve, serving=serving_of(self._context, options))
        return kept.replied(result)

    def stream(self, prompt: Prompt, options: AgentCall | None = None) -> AsyncIterator[AgentEvent]:
        """Answer as `run` does, and give what happens on the way; the last event has the `reply`.

        Leaving the loop early cancels the model and the tools, and the conversation stays as it was.
        """
        kept = self._kept
        said = to_messages(prompt, "stream", self._context.blobs)
        return kept.events(said, serving_of(self._context, options))

    async def resume(
        self, answers: dict[str, bool | str], state: str | None = None, options: AgentCall | None = None
    ) -> AgentReply:
        """Go on after a pause: `answers` are true, false, or why not, by the ids of the questions.

        `state` is that of a reply, maybe of an earlier run of the spell; the last pause, if absent. Fails with `value`
        where nothing has paused, or was asked.
        """
        kept = self._kept
        paused = from_text("resume", state) if state is not None else kept.paused
        if paused is None:
            raise InvalidValueError("resume: this agent has not paused", hint="pass the state of a reply that has one")
        whom = serving_of(self._context, options)
        result = await kept.agent.resume(paused, answers, approve=kept.approve, serving=whom)
        await kept.conversation.load()
        kept.conversation.keep(result)
        await kept.conversation.save()
        return kept.replied(result)

    def on(self, event: str, hook: ScriptFunction) -> None:
        """Have a function see every event of that kind; `*` stands for all.

        It takes the event and gives nothing, or `{change = {...}}`, `{skip = value}`, `{retry = note or true}` or
        `{stop = reason or true}`. Fails with `value` for kinds that do not exist.
        """
        self._kept.agent.on(event, hook_of(hook))

    async def history(self) -> list[MessageRecord]:
        """The conversation so far."""
        await self._kept.conversation.load()
        return self._kept.told(self._kept.conversation.messages)

    async def reset(self) -> None:
        """Forget the conversation, also what was kept of a `thread`."""
        await self._kept.conversation.forget()
        self._kept.weigh()

    async def save(self) -> str:
        """The conversation as a text, to be kept and loaded again."""
        await self._kept.conversation.load()
        return to_text(self._kept.conversation.to_data())

    async def load(self, saved: str) -> None:
        """Take up a conversation that `save` gave. Fails with `value` for anything else."""
        await self._kept.conversation.load()
        self._kept.conversation.restore(from_text("load", saved))
        self._kept.weigh()
        await self._kept.conversation.save()

    def as_tool(self, names: ToolNames | None = None) -> AgentTool:
        """This agent under another name, as one of the `tools` of another."""
        found: dict[str, Any] = {**(names or {}), "agent": {"number": self._number}}
        return cast(AgentTool, found)
