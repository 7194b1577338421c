"""What the runtime keeps of the agents and tools that scripts make."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from llmspell.agents.agent import Agent
from llmspell.agents.context import ToolContext
from llmspell.agents.conversation import Conversation
from llmspell.agents.limits import AgentLimits
from llmspell.agents.result import AgentResult
from llmspell.agents.tools import BaseTool, SchemaTool, serving
from llmspell.errors import ArgumentTypeError, InvalidValueError, NotFoundError
from llmspell.functions import refuse_functions
from llmspell.nearest import near
from llmspell.providers.base import LLMProvider
from llmspell.providers.content import Message, Part, Text
from llmspell.scriptable.agent_hooks import event_of, hook_of
from llmspell.scriptable.agent_records import (
    AgentCall,
    AgentCode,
    AgentEvent,
    AgentOptions,
    AgentReply,
    AgentTool,
    ToolSpec,
)
from llmspell.scriptable.agent_room import room_of
from llmspell.scriptable.checks import Check, Mismatch, compile_check
from llmspell.scriptable.context import RunContext
from llmspell.scriptable.parts import message_of, record_of, shown_media
from llmspell.scriptable.prompts import request_options
from llmspell.scriptable.records import Message as MessageRecord
from llmspell.scriptable.records import MessagePart
from llmspell.scriptable.replies import usage_of
from llmspell.scriptable.run import rights
from llmspell.scriptable.shapes import ScriptFunction
from llmspell.scriptable.shapes import record_of as shape_of_record

if TYPE_CHECKING:
    from llmspell.agents.code.options import Code
    from llmspell.budget import Budget
    from llmspell.permissions import Permissions

_SAME = (
    *("instructions", "output", "output_mode", "declare", "concurrency"),
    *("tool_timeout", "max_result", "name", "description"),
)
"""Options that an agent takes as they are."""
_BOUNDS = ("timeout", "retries", "max_result")
"""Those that an agent takes where it is a tool."""


class KeptAgent:
    """What the runtime keeps of one agent of a script."""

    def __init__(self, context: RunContext, number: int, options: AgentOptions) -> None:
        self._context = context
        self._number = number
        self.agent = _made_agent(context, options)
        self.conversation = _conversation(context, self.agent, options.get("thread"))
        self.approve = _approve(options["approve"]) if "approve" in options else None
        self.paused: dict[str, Any] | None = None

    def weigh(self) -> None:
        """Forget the conversation, and raise, where all of them together have become too large."""
        try:
            room_of(self._context).hold(self._number, self.conversation.messages)
        except InvalidValueError:
            self.conversation.reset()
            raise

    def replied(self, result: AgentResult) -> AgentReply:
        """The result for the script."""
        self.paused = result.state
        self.weigh()
        reply: AgentReply = {
            "text": result.text,
            "reason": result.reason,
            "turns": result.turns,
            "tool_calls": result.tool_calls,
            "usage": usage_of(result.usage),
            "cost": result.cost,
            "messages": self.told(result.messages),
        }
        if result.data is not None:
            reply["data"] = result.data
        if result.detail is not None:
            reply["detail"] = result.detail
        if result.state is not None:
            reply["state"] = to_text(result.state)
            reply["questions"] = [
                {"id": each.id, "name": each.name, "arguments": each.arguments} for each in result.questions
            ]
        return reply

    async def events(self, said: list[Message], whom: ToolContext) -> AsyncIterator[AgentEvent]:
        """Answer, and give the events for the script. Raises the error of a run that fails."""
        await self.conversation.load()
        stream = self.conversation.stream(said, approve=self.approve, serving=whom)
        async with aclosing(aiter(stream)) as events:
            async for event in events:
                if event.kind != "finish":
                    yield cast(AgentEvent, event_of(event))
        result = stream.result
        assert result is not None  # noqa: S101  # for the type checker: all events are read
        if result.reason == "error" and result.error is not None:
            raise result.error
        self.conversation.keep(result)
        await self.conversation.save()
        yield {"type": "finish", "text": result.text, "reason": result.reason, "reply": self.replied(result)}

    def told(self, messages: list[Message]) -> list[MessageRecord]:
        """Messages for the script."""
        return [record for message in messages for record in self._records(message)]

    def _records(self, message: Message) -> list[MessageRecord]:
        if message.role == "tool":
            return [
                {
                    "role": "tool",
                    "tool_call_id": each.id,
                    "content": self._content(list(each.parts)),
                    "is_error": each.is_error,
                }
                for each in message.tool_results
            ]
        if message.role == "assistant":
            return [message_of(message.parts, shown_media(message.parts, self._context.blobs))]
        return [{"role": message.role, "content": self._content(message.parts)}]

    def _content(self, parts: list[Part]) -> str | list[MessagePart]:
        if len(parts) == 1 and type(parts[0]) is Text and parts[0].state is None:
            return parts[0].text
        shown = shown_media(parts, self._context.blobs)
        return [record_of(part, shown) for part in parts]


def _made_agent(context: RunContext, options: AgentOptions) -> Agent:
    model = options.get("model") or context.default_model
    given = options.get("permissions")

    def source(budget: Budget, bound: Permissions | None) -> tuple[LLMProvider, str]:
        models = context.models_within(budget)
        return (models if bound is None else models.narrowed(bound)).resolve(model)

    fields: dict[str, Any] = {
        name: options[name]  # type: ignore[literal-required]  # names of the record
        for name in _SAME
        if name in options
    }
    agent = Agent(
        source,
        tools=[_tool_of(context, each) for each in options.get("tools", ())],
        code=_code(context, options.get("code")),
        limits=AgentLimits(**options.get("limits", {})),
        permissions=None if given is None else rights(given, "agent: options.permissions"),
        history=_policy(options.get("memory", {})),
        options=request_options(options.get("options", {})),
        **fields,
    )
    for kind, hook in options.get("hooks", {}).items():
        agent.on(kind, hook_of(hook))
    return agent


def _code(context: RunContext, given: str | AgentCode | None) -> Code | None:
    if given is None:
        return None
    from llmspell.agents.code.options import TIMEOUT, Code  # most agents call tools one by one
    from llmspell.limits import Limits

    fields: dict[str, Any] = {"language": given} if isinstance(given, str) else dict(given)
    limits = {name: fields.pop(name) for name in ("timeout", "cpu", "memory", "max_calls") if name in fields}
    return Code(**fields, limits=Limits(**{"timeout": TIMEOUT, **limits}), runner=context.code_runner)


def _conversation(context: RunContext, agent: Agent, thread: str | None) -> Conversation:
    if thread is None:
        return Conversation(agent)
    from llmspell.agents.threads import Thread, ThreadStore  # loads SQLite

    return Thread(agent, ThreadStore(*context.keeping(None)), thread)


def _policy(memory: Mapping[str, Any]) -> Any:
    if not memory:
        return None
    if len(memory) > 1:
        raise InvalidValueError("agent: options.memory: only one of messages, tokens and summary")
    from llmspell.agents.history import Summary, TokenBudget, Window  # only with a policy

    [(name, number)] = memory.items()
    return {"messages": Window, "tokens": TokenBudget, "summary": Summary}[name](number)


def _tool_of(context: RunContext, given: str | AgentTool) -> BaseTool:
    if isinstance(given, str):
        if (tool := context.tools.get(given)) is None:
            known = f"the tools are {', '.join(sorted(context.tools))}" if context.tools else "there are no tools"
            raise NotFoundError(f"agent: there is no tool '{given[:64]}'", hint=near(given, context.tools) or known)
        return tool
    if "agent" in given:
        return _agent_tool(context, given)
    if "memory" in given:
        from llmspell.scriptable.memory import memory_tool  # few agents have one

        return memory_tool(context, given["memory"], **_names(given))
    if "mcp" in given:
        from llmspell.scriptable.mcp import server_tool  # as above

        return server_tool(context, given["mcp"], **_names(given))
    if "tool" in given:
        made = given["tool"]
        return made_tool(context, ("tool", _number(made)), _checked("tool", made.get("spec"), context))
    if "name" not in given or "run" not in given:
        hint = "give the name of a tool of the program, a tool, an agent, what as_tool gave, or {name, run, ...}"
        raise ArgumentTypeError("agent: a tool needs a name and a function run", hint=hint)
    return made_tool(context, None, cast(ToolSpec, given))


def _agent_tool(context: RunContext, given: AgentTool) -> BaseTool:
    made = given["agent"]
    options = _checked("agent", made.get("options") or {}, context)
    bounds: dict[str, Any] = {name: given[name] for name in _BOUNDS if name in given}  # type: ignore[literal-required]
    return kept_agent(context, _number(made), options).agent.as_tool(**_names(given), **bounds)


def _names(given: AgentTool) -> dict[str, Any]:
    """How what is no tool by itself is called as one."""
    names: dict[str, Any] = {name: given[name] for name in ("name", "description") if name in given}
    return names | ({"approval": _judged(given["approval"])} if "approval" in given else {})


def kept_agent(context: RunContext, number: int, options: AgentOptions) -> KeptAgent:
    """The agent of the script with that number; it is made when it is first used."""
    key = ("agent", number)
    if key not in context.kept:
        room_of(context).enter(options)
        context.kept[key] = KeptAgent(context, number, options)
    kept: KeptAgent = context.kept[key]
    return kept


def _number(made: Mapping[str, Any]) -> int:
    number = made.get("number")
    if type(number) is not int:
        raise ArgumentTypeError("agent: this is no tool and no agent of the spell", hint="pass what tool or agent gave")
    return number


def serving_of(context: RunContext, options: AgentCall | None) -> ToolContext:
    """Whom a run of an agent serves, and what its tools are told."""
    values = (options or {}).get("context")
    refuse_functions(values, "options.context")
    return replace(serving(context), values=values)


def _called(function: ScriptFunction) -> Callable[[dict[str, Any], ToolContext], Any]:
    """A function of the script that takes the arguments, and what it may know of the call."""

    def call(arguments: dict[str, Any], context: ToolContext) -> Any:
        told = {"id": context.call_id, "attempt": context.attempt}
        return function(arguments, told if context.values is None else told | {"context": context.values})

    return call


def _judged(approval: Any) -> Any:
    """An approval; a function of the script is called as a tool's is."""
    return _called(approval) if callable(approval) else approval


@cache
def _check(kind: str) -> Check:
    return compile_check(shape_of_record({"tool": ToolSpec, "agent": AgentOptions}[kind]))


def _checked(kind: str, given: Any, context: RunContext) -> Any:
    try:
        return _check(kind)(given, context.invoke)
    except Mismatch as mismatch:
        raise mismatch.error(kind, f"it is made as by {kind}") from None


def made_tool(context: RunContext, key: tuple[str, Any] | None, spec: ToolSpec) -> BaseTool:
    """The tool of the script; with a key it is made once."""
    if key is not None and key in context.kept:
        kept: BaseTool = context.kept[key]
        return kept
    fields: dict[str, Any] = {name: value for name, value in spec.items() if name not in ("name", "run")}
    if "approval" in fields:
        fields["approval"] = _judged(fields["approval"])
    tool = SchemaTool(spec["name"], _called(spec["run"]), wants_context=True, **fields)
    if key is not None:
        room_of(context).enter(spec)
        context.kept[key] = tool
    return tool


# As text, neither language can change a null or an empty list in it.


def to_text(data: dict[str, Any]) -> str:
    """What was kept, for the script to hold."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def from_text(method: str, text: str) -> Any:
    """What `to_text` gave. Raises `InvalidValueError` for anything else."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidValueError(f"{method}: this is not what was saved", hint="pass the text as it is") from None


def _approve(function: ScriptFunction) -> Any:
    def approve(question: Any) -> Any:
        return function({"id": question.id, "name": question.name, "arguments": question.arguments})

    return approve
