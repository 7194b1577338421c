"""An agent as a tool of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmspell.agents.tools import Approval, BaseTool, PausedError
from llmspell.errors import ToolError

if TYPE_CHECKING:
    from llmspell.agents.agent import BaseAgent
    from llmspell.agents.context import ToolContext
    from llmspell.agents.result import AgentResult


class AgentTool(BaseTool):
    """An agent as a tool: the model that calls it gives a prompt, and is told the answer.

    It runs within the budget of the agent that calls it, which counts what it spends. When it pauses for an approval,
    so does its caller. An end without an answer is a failure that the caller's model is told of.
    """

    def __init__(
        self,
        agent: BaseAgent,
        *,
        name: str | None = None,
        description: str | None = None,
        approval: Approval = "allow",
        timeout: float | None = None,
        retries: int = 0,
        max_result: int | None = None,
    ) -> None:
        super().__init__(name or agent.name, approval=approval, timeout=timeout, retries=retries, max_result=max_result)
        self._agent = agent
        self._description = description

    @property
    def description(self) -> str:
        return self._agent.description if self._description is None else self._description

    @property
    def parameters(self) -> dict[str, Any]:
        prompt = {"type": "string", "description": "What to do, with all that must be known for it."}
        return {
            "type": "object",
            "properties": {"prompt": prompt},
            "required": ["prompt"],
            "additionalProperties": False,
        }

    async def run(self, args: dict[str, Any], context: ToolContext) -> Any:
        if context.paused is None:
            return self._answer(await self._agent.run(args["prompt"], serving=context, check=False))
        answers = {id_: answer["approved"] or answer["reason"] for id_, answer in context.answers.items()}
        return self._answer(await self._agent.resume(context.paused, answers, serving=context, check=False))

    def _answer(self, result: AgentResult) -> Any:
        if result.reason == "paused":
            asked = [
                {"id": each.id, "name": each.name, "arguments": each.arguments, "reason": each.reason}
                for each in result.questions
            ]
            raise PausedError(asked, result.state or {})
        if result.reason == "done":
            return result.text if result.data is None else result.data
        if result.error is not None:
            raise result.error
        raise ToolError(
            f"{self.name} ended without an answer ({result.reason}: {result.detail})", data={"text": result.text}
        )
