"""`Agent`: a model with instructions and tools, that goes on until it has an answer.

BaseAgent         a name, a description, `run`, `resume`, `as_tool`
└── Agent         the loop of model and tools
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, TypeVar, Unpack, get_args

from llmspell.agents.context import ToolContext
from llmspell.agents.driver import Approve, Driver, decide
from llmspell.agents.events import AgentEvent
from llmspell.agents.hooks import Hook, Hooks
from llmspell.agents.limits import AgentLimits
from llmspell.agents.numbers import check_seconds, check_whole
from llmspell.agents.output import Mode, Output, check_mode
from llmspell.agents.result import AgentResult
from llmspell.agents.results import MAX_RESULT
from llmspell.agents.run import AgentRun
from llmspell.agents.sources import ModelSource, source_of
from llmspell.agents.toolbox import Toolbox
from llmspell.agents.tools import Approval, BaseTool
from llmspell.budget import Budget
from llmspell.errors import ArgumentTypeError, InvalidValueError
from llmspell.permissions import Permissions, denied
from llmspell.providers.base import LLMProvider, Request
from llmspell.providers.content import Message, Part

if TYPE_CHECKING:
    from llmspell.agents.agent_tool import AgentTool
    from llmspell.agents.code.options import Code, Language
    from llmspell.agents.code.tool import CodeTools
    from llmspell.agents.history import HistoryPolicy

Prompt: TypeAlias = str | Message | Sequence[Part] | Sequence[Message]
"""A text, the parts of a message of the user, a message, or several."""

_T = TypeVar("_T")

CONCURRENCY = 8


class RunOptions(TypedDict, total=False):
    """What may be told of one run, and told again where it goes on after a pause."""

    context: Any
    """Passed to tools, and never to the model."""
    approve: Approve | None
    """Decides about calls that must be approved; without it the run pauses."""
    hooks: Hooks | None
    """Called after those of the agent."""
    limits: AgentLimits | None
    """In the place of those of the agent."""
    serving: ToolContext | None
    """Whom the run serves, a spell or another agent: it keeps to the budget and the permissions of that."""


_PARTS = get_args(Part)
_OPTIONS = frozenset(Request.__dataclass_fields__) - {"model", "messages", "tools", "schema", "schema_name"}


class AgentStream:
    """The events of a run; `result` is there after the last one.

    Leaving the loop early leaves the run: use `async with` or `aclose`, and its model and tools are cancelled at once.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._events = driver.events()

    @property
    def result(self) -> AgentResult | None:
        """What the run came to; None until it has ended."""
        return self._driver.result

    def __aiter__(self) -> AsyncGenerator[AgentEvent, None]:
        return self._events

    async def __aenter__(self) -> AgentStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Cancel what is under way."""
        await self._events.aclose()


class BaseAgent(ABC):
    """Whatever answers prompts, and may be a tool of others."""

    name: str = "agent"
    description: str = ""

    @abstractmethod
    def stream(self, prompt: Prompt, *, serving: ToolContext | None = None) -> AgentStream:
        """Answer, and give the events as they happen."""

    @abstractmethod
    async def run(self, prompt: Prompt, *, serving: ToolContext | None = None, check: bool = True) -> AgentResult:
        """Answer. `serving` is the spell or the agent that it is done for."""

    @abstractmethod
    async def resume(
        self,
        state: Mapping[str, Any],
        answers: Mapping[str, Any],
        *,
        serving: ToolContext | None = None,
        check: bool = True,
    ) -> AgentResult:
        """Go on with a run that paused."""

    def as_tool(
        self,
        name: str | None = None,
        *,
        description: str | None = None,
        approval: Approval = "allow",
        timeout: float | None = None,
        retries: int = 0,
        max_result: int | None = None,
    ) -> AgentTool:
        """This agent as a tool that takes a `prompt`; each call is a run of its own."""
        from llmspell.agents.agent_tool import AgentTool  # most agents are none

        return AgentTool(
            self,
            name=name,
            description=description,
            approval=approval,
            timeout=timeout,
            retries=retries,
            max_result=max_result,
        )


class Agent(BaseAgent):
    """A model with instructions and tools.

    `model` is a provider and the name of its model, or a `ModelSource`. `tools` are `BaseTool`s and typed Python
    functions. `output` is what the answer must be: JSON Schema, its short form, or a Python type. `options` are fields
    of `providers.base.Request`, such as `temperature`. `history` is a policy for long conversations. At most
    `concurrency` tools run at once; `tool_timeout` (seconds) and `max_result` (characters) are for tools without their
    own. `permissions` are what its tools may reach at most, and all that they start; they add nothing to those of the
    spell or the host. With `code`, `js` or `lua`, the model writes code that calls the tools; see `docs/code-mode.md`.
    With more tools than `declare`, the model searches for those that it needs. An agent is not changed by its runs,
    and may have several at once.
    """

    def __init__(
        self,
        model: tuple[LLMProvider, str] | ModelSource,
        *,
        instructions: str | None = None,
        tools: Iterable[BaseTool | Callable[..., Any]] = (),
        output: Any = None,
        output_mode: Mode = "auto",
        code: Code | Language | None = None,
        declare: int | None = None,
        limits: AgentLimits | None = None,
        permissions: Permissions | None = None,
        history: HistoryPolicy | None = None,
        options: Mapping[str, Any] | None = None,
        concurrency: int = CONCURRENCY,
        tool_timeout: float | None = None,
        max_result: int = MAX_RESULT,
        name: str = "agent",
        description: str = "",
    ) -> None:
        self.name = name
        self.description = description
        self.instructions = instructions
        self.tools = Toolbox(tools)
        _check_numbers(declare, concurrency, tool_timeout, max_result)
        self.code_tools = None if code is None else _code_tools(code, self.tools)
        self.searches = declare is not None and code is None and len(self.tools) > declare
        """Whether the model is told of those tools alone that it has searched for."""
        self.limits = _of_type("limits", limits, AgentLimits) or AgentLimits()
        self.permissions = _of_type("permissions", permissions, Permissions)
        self.history = history
        self.concurrency = concurrency
        self.tool_timeout = tool_timeout
        self.max_result = max_result
        check_mode(output_mode)
        self.falls_back = output_mode == "auto"
        """Whether another way to structured output is tried when the model cannot do the first."""
        self._source = model if callable(model) else source_of(*model)
        self._output = None if output is None else Output(output, mode=output_mode)
        self._options = _options(options or {})
        self._hooks = Hooks()

    def on(self, kind: str, hook: Hook) -> Hook:
        """Register a hook for a kind of event, see `llmspell.agents.hooks`; `*` stands for all."""
        self._hooks.on(kind, hook)
        return hook

    async def run(
        self,
        prompt: Prompt,
        *,
        history: Sequence[Message] = (),
        memory: dict[str, Any] | None = None,
        check: bool = True,
        **options: Unpack[RunOptions],
    ) -> AgentResult:
        """Answer a prompt, after the conversation `history`; `memory` is what a history policy has kept of it.

        A run that fails raises its error, unless `check` is false: then it is in the result. Every other end is a
        `reason` of the result. The options are those of `RunOptions`.
        """
        await self.ready()
        return await _drained(self._driver(self._begin(prompt, history, memory), options, stream=False), check)

    def stream(
        self,
        prompt: Prompt,
        *,
        history: Sequence[Message] = (),
        memory: dict[str, Any] | None = None,
        **options: Unpack[RunOptions],
    ) -> AgentStream:
        """Answer as `run` does, and give the events as they happen; what fails is in the result of the last one."""
        return AgentStream(self._driver(self._begin(prompt, history, memory), options, stream=True))

    async def resume(
        self,
        state: Mapping[str, Any],
        answers: Mapping[str, Any],
        *,
        check: bool = True,
        **options: Unpack[RunOptions],
    ) -> AgentResult:
        """Go on with a run that paused, maybe in another process, of an agent that was made alike.

        `state` is that of the result, `answers` are True, False, or a text that says why not, by the ids of the
        questions; what has no answer is asked again. Raises `InvalidValueError` for what is not the state of a run, and
        for answers to questions that were not asked.
        """
        await self.ready()
        return await _drained(self._driver(self._resumed(state, answers), options, stream=False), check)

    def resume_stream(
        self, state: Mapping[str, Any], answers: Mapping[str, Any], **options: Unpack[RunOptions]
    ) -> AgentStream:
        """Go on as `resume` does, and give the events as they happen."""
        return AgentStream(self._driver(self._resumed(state, answers), options, stream=True))

    async def ready(self) -> bool:
        """Learn of tools that must ask what they are, such as those of servers; whether there was something new.

        Runs do this themselves. Raises `LlmspellError` for a tool that is not there.
        """
        news = [tool for tool in self.tools if await tool.ready()]
        if news and self.code_tools is not None:
            self.code_tools = _code_tools(self.code_tools.code, self.tools)
        return bool(news)

    def _begin(self, prompt: Prompt, history: Sequence[Message], memory: dict[str, Any] | None) -> AgentRun:
        said = prompt_messages(prompt)
        run = AgentRun(self._template(), [*history, *said], limits=self.limits, output=self._new_output())
        run.begins = len(history)
        run.memory = {} if memory is None else memory
        return run

    def _resumed(self, state: Mapping[str, Any], answers: Mapping[str, Any]) -> AgentRun:
        if not isinstance(answers, Mapping):
            raise ArgumentTypeError(f"answers must be an object, not {answers!r:.60}", hint='such as {"c0": True}')
        run = AgentRun.from_data(state, self._template(), limits=self.limits, output=self._new_output())
        for id_, answer in answers.items():
            decide(run, id_, answer)
        return run

    def _template(self) -> Request:
        system = [Message("system", self.instructions)] if self.instructions else []
        return Request(model="", messages=system, tools=self.definitions(), **self._options)

    def definitions(self) -> list[dict[str, Any]]:
        """What models are told of the tools."""
        return (self.code_tools or self.tools).definitions()

    def _new_output(self) -> Output | None:
        return None if self._output is None else self._output.copy()

    def _driver(self, run: AgentRun, options: RunOptions, *, stream: bool) -> Driver:
        if wrong := options.keys() - RunOptions.__annotations__.keys():
            raise TypeError(f"a run of an agent has no option {min(wrong)!r}")
        run.limits = _of_type("limits", options.get("limits"), AgentLimits) or run.limits
        serves = options.get("serving") or ToolContext()
        budget, bound = _budget(run, serves.budget), self._bound(serves.bound)
        provider, run.template.model = self._source(budget, bound)
        if run.output is not None:
            run.output.settle(provider.capabilities, has_tools=bool(self.tools))
        context = options.get("context")
        return Driver(
            self,
            run,
            provider=provider,
            budget=budget,
            parent=serves.budget,
            hooks=self._hooks.with_(options.get("hooks")),
            context=ToolContext(
                values=serves.values if context is None else context,
                permissions=serves.permissions,
                bound=bound,
                blobs=serves.blobs,
                invoke=serves.invoke,
                run=serves.run,
                spend=serves.spend,
            ),
            approve=options.get("approve"),
            stream=stream,
        )

    def _bound(self, outer: Permissions | None) -> Permissions | None:
        """What the run may do at most, besides what it serves. Raises `PermissionDeniedError` for tools beyond that."""
        if self.permissions is None or outer is None:
            bound = outer if self.permissions is None else self.permissions
        else:
            bound = outer.narrowed(self.permissions)
        for tool in self.tools:
            if bound is not None and not bound.may_use_tool(tool.name):
                raise denied("tool", f"call the tool {tool.name!r}", tool.name)
        return bound


def _code_tools(code: Code | Language, tools: Toolbox) -> CodeTools:
    from llmspell.agents.code.options import Code  # most agents call tools one by one
    from llmspell.agents.code.tool import CodeTools

    return CodeTools(code if isinstance(code, Code) else Code(language=code), tools)


def prompt_messages(prompt: Prompt) -> list[Message]:
    """A prompt as messages. Raises `InvalidValueError` for an empty one."""
    if isinstance(prompt, Message):
        return [prompt]
    if not prompt:
        raise InvalidValueError("the prompt is empty", hint="pass a text, the parts of a message, or messages")
    if isinstance(prompt, str):
        return [Message("user", prompt)]
    messages: list[Any] = list(prompt) if isinstance(prompt, (list, tuple)) else [prompt]
    if all(isinstance(each, Message) for each in messages):
        return messages
    if not all(isinstance(each, _PARTS) for each in messages):
        raise ArgumentTypeError(
            f"{prompt!r:.60} is no prompt", hint="pass a text, the parts of a message, a Message, or several"
        )
    return [Message("user", messages)]


async def _drained(driver: Driver, check: bool) -> AgentResult:
    async with aclosing(driver.events()) as events:
        async for _ in events:
            pass
    result = driver.result
    assert result is not None  # noqa: S101  # for the type checker: the last event brings it
    if check and result.reason == "error" and result.error is not None:
        raise result.error
    return result


def _budget(run: AgentRun, parent: Budget | None) -> Budget:
    """What is left of the run's limits, as a part of the budget that it serves."""
    limits, used = run.limits, (run.usage.input_tokens or 0) + (run.usage.output_tokens or 0)
    tokens = None if limits.max_tokens is None else max(limits.max_tokens - used, 0)
    cost = None if limits.max_cost is None else max(limits.max_cost - (run.cost or 0.0), 0.0)
    return Budget(max_cost=cost, max_tokens=tokens, parent=parent)


def _of_type(name: str, given: _T | None, cls: type[_T]) -> _T | None:
    if given is not None and not isinstance(given, cls):
        raise ArgumentTypeError(f"{name} must be {cls.__name__}(...), not {given!r:.60}")
    return given


def _check_numbers(declare: Any, concurrency: Any, tool_timeout: Any, max_result: Any) -> None:
    if declare is not None:
        check_whole("declare", declare, 0)
    check_whole("concurrency", concurrency, 1)
    check_whole("max_result", max_result, 1)
    check_seconds("tool_timeout", tool_timeout)


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    from llmspell.nearest import near  # only for a mistake

    for name in options:
        if name not in _OPTIONS:
            hint = near(name, _OPTIONS) or f"there are {', '.join(sorted(_OPTIONS))}"
            raise InvalidValueError(f"a request has no option {name!r:.40}", hint=hint)
    return dict(options)
