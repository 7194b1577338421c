"""`Conversation`: an agent that remembers what was said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from llmspell.agents.data import damaged, messages_from_data, messages_to_data
from llmspell.errors import InvalidValueError

if TYPE_CHECKING:
    from llmspell.agents.agent import Agent, AgentStream, Prompt
    from llmspell.agents.result import AgentResult
    from llmspell.providers.content import Message


class Conversation:
    """One conversation with an agent: each run goes on where the last one ended.

    A run that fails, or is left before its end, leaves the conversation as it was. Runs at the same time do not hear
    each other; what they said is kept in the order in which they end.
    """

    def __init__(self, agent: Agent, messages: list[Message] | None = None) -> None:
        self.agent = agent
        self.messages: list[Message] = list(messages or ())
        self._memory: dict[str, Any] = {}

    async def run(self, prompt: Prompt, **options: Any) -> AgentResult:
        """Answer a prompt; takes what `Agent.run` takes."""
        memory = dict(self._memory)
        result = await self.agent.run(prompt, history=self.messages, memory=memory, **options)
        self.keep(result, memory)
        return result

    def stream(self, prompt: Prompt, **options: Any) -> AgentStream:
        """The events of an answer; takes what `Agent.stream` takes. Give the `result` to `keep` at its end."""
        return self.agent.stream(prompt, history=self.messages, memory=self._memory, **options)

    def keep(self, result: AgentResult, memory: dict[str, Any] | None = None) -> None:
        """Remember what a run said, unless it failed or waits for an approval."""
        if result.reason in ("error", "paused"):
            return
        begun = len(result.history) - len(result.messages)
        went_on = len(self.messages) > begun
        self.messages = [*self.messages, *result.messages] if went_on else list(result.history)
        self._memory = self._memory if memory is None else memory

    def reset(self) -> None:
        """Forget everything."""
        self.messages, self._memory = [], {}

    async def load(self) -> None:
        """Take up what was kept of it; nothing, but for a `Thread`."""

    async def save(self) -> None:
        """Keep what was said so far; nowhere, but for a `Thread`."""

    async def forget(self) -> None:
        """Forget everything, and what was kept."""
        self.reset()

    def to_data(self) -> dict[str, Any]:
        """The conversation as JSON."""
        return {"version": 1, "messages": messages_to_data(self.messages), "memory": self._memory}

    @classmethod
    def from_data(cls, agent: Agent, data: Any) -> Conversation:
        """The conversation that `to_data` made JSON of. Raises `InvalidValueError` for anything else."""
        made = cls(agent)
        made.restore(data)
        return made

    def restore(self, data: Any) -> None:
        """Take up the conversation that `to_data` made JSON of. Raises `InvalidValueError` for anything else."""
        if not isinstance(data, Mapping) or data.get("version") != 1:
            raise InvalidValueError("this is no conversation that was saved", hint="pass what was saved, unchanged")
        messages = messages_from_data(data.get("messages"))
        try:
            memory = dict(data["memory"])
        except (KeyError, TypeError, ValueError) as error:
            raise damaged("the conversation", error) from None
        self.messages, self._memory = messages, memory
