"""Tools: what models and scripts may call, whatever they are made of.

BaseTool          a name, a description, JSON Schema of the arguments, `run`
├── Tool          a typed Python function
├── SchemaTool    any function, with its parameters in JSON Schema or in the short form
└── AgentTool     an agent, see `llmspell.agents.agent`
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from llmspell import values
from llmspell.agents.context import ToolContext
from llmspell.agents.numbers import check_seconds, check_whole
from llmspell.errors import ArgumentTypeError, InvalidValueError, LlmspellError, ToolError
from llmspell.functions import Invoke
from llmspell.threads import own

if TYPE_CHECKING:
    import asyncio

    from llmspell.agents.toolschema import ToolSchema
    from llmspell.agents.validation import Validator

Verdict: TypeAlias = Literal["allow", "ask", "deny"]
Approval: TypeAlias = "Verdict | Callable[[dict[str, Any], ToolContext], Verdict | Awaitable[Verdict]]"
"""Whether a model's call runs at once, after somebody agreed, or not at all; a function decides by the arguments."""

VERDICTS = ("allow", "ask", "deny")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
_MAX_MESSAGE = 500
_MOST_THREADS, _MOST_CALLING_BACK = 64, 1000
_LUA = "and break do else elseif end false for function goto if in local nil not or repeat return then true until while"
_JS = (
    "constructor prototype toString toLocaleString toJSON valueOf hasOwnProperty isPrototypeOf propertyIsEnumerable "
    "__proto__ __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__"
)
RESERVED = frozenset(f"{_LUA} {_JS}".split())
"""Words that cannot stand behind `tools.` in every language."""


class StopError(ToolError):
    """Raised by a tool: the agent's run ends here, with this message, instead of telling the model."""


class PausedError(Exception):
    """Raised by a tool that needs an answer from outside before it can go on, as an agent does that is a tool.

    `questions` are objects with an `id` of their own each; `state` is JSON. The tool is called again with that state
    as `context.paused` and with the answers as `context.answers`.
    """

    def __init__(self, questions: list[dict[str, Any]], state: Mapping[str, Any]) -> None:
        super().__init__("the tool waits for an answer")
        self.questions = questions
        self.state = state


class BaseTool(ABC):
    """Something that can be called by its name with named arguments.

    `approval` says whether models may call it just so. `timeout` is in seconds, for each attempt; `retries` is how
    often a failed call is tried again before the model is told; `max_result` is the most characters of a result that
    a model is shown. None leaves both to the agent. A subclass has a `description`, `parameters` and `run`.
    """

    def __init__(
        self,
        name: str,
        *,
        approval: Approval = "allow",
        timeout: float | None = None,
        retries: int = 0,
        max_result: int | None = None,
    ) -> None:
        self.name = _checked_name(name)
        self.approval = _checked_approval(name, approval)
        check_seconds(f"tool {name}: timeout", timeout)
        check_whole(f"tool {name}: retries", retries, 0)
        if max_result is not None:
            check_whole(f"tool {name}: max_result", max_result, 1)
        self.timeout = timeout
        self.retries = retries
        self.max_result = max_result
        self._validator: Validator | None = None

    @property
    @abstractmethod
    def description(self) -> str:
        """What it does, for models and for people."""

    @property
    @abstractmethod
    def parameters(self) -> dict[str, Any]:
        """JSON Schema of its arguments."""

    @abstractmethod
    async def run(self, args: dict[str, Any], context: ToolContext) -> Any:
        """Do it, with arguments that `check` gave. The result is JSON, or a text or medium of `providers.content`."""

    async def ready(self) -> bool:
        """Find out what `description` and `parameters` are, for tools that must ask; whether they are others now.

        Agents call this before they tell a model of the tool. Raises `LlmspellError` for a tool that is not there.
        """
        return False

    def check(self, args: Mapping[str, Any], context: ToolContext) -> dict[str, Any]:  # noqa: ARG002  # for subclasses
        """The arguments for `run`, mended where that is unambiguous.

        Raises `ArgumentTypeError` or `InvalidValueError` that says what is wrong.
        """
        checked: dict[str, Any] = self.validator.check(dict(args))
        return checked

    async def call(self, args: Mapping[str, Any], context: ToolContext) -> Any:
        """Check the arguments and run it, as a script calls it; the result is JSON.

        Raises what `check` raises, `LlmspellError`s of the tool as they are, and `ToolError` for anything else.
        """
        return self.jsonable(await self.guarded(self.check(args, context), context))

    async def guarded(self, args: dict[str, Any], context: ToolContext) -> Any:
        """`run`, with any failure as an `LlmspellError`."""
        try:
            return await self.run(args, context)
        except Exception as error:  # noqa: BLE001  # a tool may raise anything; callers get one kind of error
            raise self._failure(error) from None
        except BaseException as error:
            if not _is_of_others(error):
                raise
            raise ToolError(f"tool {self.name} failed: what it waited for was cancelled") from None

    def _failure(self, error: BaseException) -> Exception:
        if isinstance(error, (LlmspellError, PausedError)):
            return error
        said = str(error)[:_MAX_MESSAGE]
        if isinstance(error, SystemExit):
            said = f"it wanted to end the program ({said})"
        return ToolError(f"tool {self.name} failed: {said or type(error).__name__}")

    @property
    def validator(self) -> Validator:
        """The check of the arguments against `parameters`."""
        if self._validator is None:
            from llmspell.agents.validation import Validator  # many tools are never called

            self._validator = Validator(self.parameters, self.name)
        return self._validator

    def jsonable(self, result: Any) -> Any:
        """The result as a value of the border. Raises `InvalidValueError` where it is none."""
        what = f"the result of tool {self.name}"
        try:
            return values.check(result, what)
        except InvalidValueError:
            from pydantic_core import to_jsonable_python  # only for what is not JSON already

            try:
                plain = to_jsonable_python(result, inf_nan_mode="constants", bytes_mode="base64")
            except Exception:  # noqa: BLE001  # then the first reason stands
                plain = result
            return values.check(plain, what)


class Tool(BaseTool):
    """A Python function, sync or async, that spells and models may call.

    Its name is that of the function unless given; the text of its docstring is its description. Arguments are
    checked and converted by pydantic. The result must be JSON, a dataclass or a pydantic model. What the function
    raises reaches the caller as an error of kind `tool`, unless it is an `LlmspellError`.

    A sync function runs in a thread of its own, up to 64 calls at once and the others after them; when the call is
    cancelled it runs on there, unheard, until it or the program ends. A parameter annotated as `Callable` takes a
    function of the script: an async function gets it as an awaitable function, a sync one as a blocking one. Such
    calls wait for no turn, since the script may need the same tool before they end; more than 1,000 at once are
    refused. A parameter annotated as `ToolContext` gets what the model does not see.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        approval: Approval = "allow",
        timeout: float | None = None,
        retries: int = 0,
        max_result: int | None = None,
    ) -> None:
        super().__init__(
            name or _name_of(function),
            approval=approval,
            timeout=timeout,
            retries=retries,
            max_result=max_result,
        )
        self._function = function
        self._description = description
        self._schema: ToolSchema | None = None
        self._turns: asyncio.Semaphore | None = None
        self._turns_of: asyncio.AbstractEventLoop | None = None
        self._calling_back = 0

    @property
    def description(self) -> str:
        return self._parsed().description if self._description is None else self._description

    @property
    def parameters(self) -> dict[str, Any]:
        return self._parsed().parameters

    def check(self, args: Mapping[str, Any], context: ToolContext) -> dict[str, Any]:
        return self._parsed().bind(args, context)

    async def run(self, args: dict[str, Any], context: ToolContext) -> Any:  # noqa: ARG002  # bound by `check`
        schema = self._parsed()
        if schema.is_async:
            return await self._function(**args)
        if schema.calls_back:
            return await self._calls_back(args)
        async with self._turn():
            return await own(lambda: self._in_thread(args))

    async def _calls_back(self, args: dict[str, Any]) -> Any:
        if self._calling_back >= _MOST_CALLING_BACK:
            raise ToolError(f"tool {self.name}: {_MOST_CALLING_BACK} calls of it are under way already")
        self._calling_back += 1
        try:
            return await own(lambda: self._in_thread(args))
        finally:
            self._calling_back -= 1

    def _turn(self) -> asyncio.Semaphore:
        import asyncio  # whoever awaits this has it already

        if self._turns is None or self._turns_of is not asyncio.get_running_loop():
            self._turns, self._turns_of = asyncio.Semaphore(_MOST_THREADS), asyncio.get_running_loop()
        return self._turns

    def _in_thread(self, args: dict[str, Any]) -> Any:
        try:
            return self._function(**args)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # no future takes a StopIteration, and no loop an exit
            raise self._failure(error) from None

    def _parsed(self) -> ToolSchema:
        if self._schema is None:
            from llmspell.agents.toolschema import ToolSchema  # loads pydantic

            self._schema = ToolSchema(self._function, self.name)
        return self._schema


class SchemaTool(BaseTool):
    """A function of one object, its arguments: of a script, or one whose parameters are only known when it runs.

    `parameters` is JSON Schema or the short form of `llmspell.agents.schema`. `function` takes the arguments, and the
    context too if `wants_context`; it may be async, a plain one runs in the event loop.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        *,
        description: str = "",
        parameters: Any = None,
        wants_context: bool = False,
        approval: Approval = "allow",
        timeout: float | None = None,
        retries: int = 0,
        max_result: int | None = None,
    ) -> None:
        super().__init__(name, approval=approval, timeout=timeout, retries=retries, max_result=max_result)
        from llmspell.agents.schema import parameters_of  # a host whose tools are typed functions does without

        self._function = function
        self._description = description
        self._parameters = parameters_of(parameters, f"tool {name}: parameters")
        self._wants_context = wants_context

    @property
    def description(self) -> str:
        return self._description

    @property
    def parameters(self) -> dict[str, Any]:
        return self._parameters

    async def run(self, args: dict[str, Any], context: ToolContext) -> Any:
        result = self._function(args, context) if self._wants_context else self._function(args)
        return await result if hasattr(result, "__await__") else result


def _is_of_others(error: BaseException) -> bool:
    """Whether it says that something was cancelled which is not the call itself."""
    import asyncio  # whoever awaits a tool has it already

    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and not task.cancelling()


def stops(error: LlmspellError) -> bool:
    """Whether a tool's error ends the run: a `StopError`, or a script's of kind `tool` whose data says `stop`."""
    told = error.data if isinstance(error, ToolError) else None
    return isinstance(error, StopError) or (isinstance(told, dict) and told.get("stop") is True)


def serving(run: Any) -> ToolContext:
    """The context of a tool that a spell calls itself; `run` is what bridge objects know of the spell's run."""
    invoke: Invoke | None = getattr(run, "invoke", None)
    usage = getattr(run, "usage", None)
    return ToolContext(
        spend=usage and usage.add,
        invoke=invoke,
        permissions=getattr(run, "permissions", None),
        blobs=getattr(run, "blobs", None),
        budget=getattr(run, "budget", None),
        run=run,
    )


def _name_of(function: Any) -> str:
    if not callable(function):
        raise ArgumentTypeError(f"a tool must be a function, not {type(function).__name__}")
    name = getattr(function, "__name__", "")
    if not name or name == "<lambda>":
        raise InvalidValueError(f"{function!r:.80} has no name of its own", hint="give the tool one with name=")
    return str(name)


def _checked_name(name: Any) -> str:
    if not isinstance(name, str) or not _NAME.match(name):
        raise InvalidValueError(
            f"{name!r:.80} cannot be the name of a tool",
            hint="a name has at most 64 letters, digits and underscores, and begins with no digit",
        )
    if name in RESERVED:
        raise InvalidValueError(
            f"{name!r} cannot be the name of a tool: it is a word of a scripting language", hint=f"such as {name}_tool"
        )
    return name


def _checked_approval(name: str, approval: Any) -> Approval:
    if approval not in VERDICTS and not callable(approval):
        raise InvalidValueError(
            f"tool {name}: approval must be allow, ask, deny or a function, not {approval!r:.40}",
            hint="ask lets a person decide before each call",
        )
    return approval  # type: ignore[no-any-return]  # checked above
