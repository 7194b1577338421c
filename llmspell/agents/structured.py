"""Structured answers without an agent to keep: `extract` a value from a text, `classify` a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llmspell.agents.agent import Agent
from llmspell.agents.context import ToolContext
from llmspell.agents.limits import AgentLimits
from llmspell.agents.output import Mode
from llmspell.agents.result import AgentResult
from llmspell.agents.sources import ModelSource
from llmspell.errors import InvalidValueError, ModelError
from llmspell.providers.base import LLMProvider

_EXTRACT = "Extract from the text of the user what is asked for. Take it from the text alone; invent nothing."
_CLASSIFY = "Say which label fits the text of the user best."


async def extract(
    model: tuple[LLMProvider, str] | ModelSource,
    text: str,
    schema: Any,
    *,
    instructions: str | None = None,
    mode: Mode = "auto",
    options: Mapping[str, Any] | None = None,
    repairs: int = 2,
    serving: ToolContext | None = None,
) -> Any:
    """What the schema asks for, as the text has it: JSON, or a value of the Python type that `schema` is.

    `schema` is JSON Schema, its short form, or a Python type. Raises `ModelError` when the model never gives what fits,
    `InvalidValueError` for a schema that is none, and what the provider raises.
    """
    if not text:
        raise InvalidValueError("there is no text to extract from")
    agent = Agent(
        model,
        instructions=f"{_EXTRACT}\n\n{instructions}" if instructions else _EXTRACT,
        output=schema,
        output_mode=mode,
        limits=AgentLimits(max_repairs=repairs, max_turns=repairs + 2),
        options=options,
        name="extract",
    )
    return _data(await agent.run(text, serving=serving))


async def classify(
    model: tuple[LLMProvider, str] | ModelSource,
    text: str,
    labels: Sequence[str] | Mapping[str, str],
    *,
    instructions: str | None = None,
    mode: Mode = "auto",
    options: Mapping[str, Any] | None = None,
    repairs: int = 2,
    serving: ToolContext | None = None,
) -> str:
    """The label that fits the text; `labels` may be an object that says what each of them means.

    Raises as `extract` does.
    """
    names: list[Any] = list(labels)
    if len(names) < 2 or not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise InvalidValueError("classify needs at least two labels, each another text")
    if not text:
        raise InvalidValueError("there is no text to classify")
    told = [f"- {name}: {labels[name]}" for name in names] if isinstance(labels, Mapping) else []
    agent = Agent(
        model,
        instructions="\n".join([_CLASSIFY, *told, *([instructions] if instructions else [])]),
        output={"type": "object", "properties": {"label": {"enum": names}}, "required": ["label"]},
        output_mode=mode,
        limits=AgentLimits(max_repairs=repairs, max_turns=repairs + 2),
        options=options,
        name="classify",
    )
    label: str = _data(await agent.run(text, serving=serving))["label"]
    return label


def _data(result: AgentResult) -> Any:
    if result.reason == "done":
        return result.data
    raise ModelError(
        f"the model gave no answer that fits ({result.reason}): {result.detail}",
        hint="ask for less, choose another model, or another mode",
        data={"text": result.text},
    )
