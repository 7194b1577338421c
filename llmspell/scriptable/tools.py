"""Tools: typed Python functions that spells call as `tools.NAME{...}`.

The schema comes from the hints and the docstring, by pydantic, and is made when a tool is first used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from llmspell import values
from llmspell.errors import InvalidValueError, LlmspellError, NotFoundError, ToolError
from llmspell.scriptable.checks import near
from llmspell.scriptable.context import RunContext

if TYPE_CHECKING:
    from llmspell.scriptable.toolschema import ToolSchema

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
_MAX_MESSAGE = 500


class Tool:
    """A Python function, sync or async, that spells may call.

    Its name is that of the function unless given; the text of its docstring is its description. Arguments are
    checked and converted by pydantic. A sync function runs in a thread; when the call is cancelled it runs on
    there, unheard. A parameter annotated as `Callable` takes a function of the script: an async function gets it
    as an awaitable function, a sync one as a blocking one. The result must be JSON, a dataclass or a pydantic
    model. What the function raises reaches the spell as an error of kind `tool`, unless it is an `LlmspellError`.
    """

    def __init__(self, function: Callable[..., Any], *, name: str | None = None) -> None:
        self.name: str = name or str(getattr(function, "__name__", ""))
        if not _NAME.match(self.name):
            raise InvalidValueError(
                f"{self.name!r} cannot be the name of a tool",
                hint="a name has at most 64 letters, digits and underscores, and begins with no digit",
            )
        self._function = function
        self._schema: ToolSchema | None = None

    @property
    def description(self) -> str:
        """What it does, for models and for people."""
        return self._parsed().description

    @property
    def parameters(self) -> dict[str, Any]:
        """JSON Schema of its arguments."""
        return self._parsed().parameters

    async def call(self, args: Mapping[str, Any], context: RunContext) -> Any:
        """Call it with the arguments of a script.

        Raises `ArgumentTypeError`, `InvalidValueError`, and `ToolError` for what the function raises.
        """
        schema = self._parsed()
        bound = schema.bind(args, context.invoke)
        if schema.is_async:
            result = await self._guarded_async(bound)
        else:
            import asyncio  # whoever awaits this has it already

            result = await asyncio.to_thread(self._guarded, bound)
        return self._checked(result)

    def _parsed(self) -> ToolSchema:
        if self._schema is None:
            from llmspell.scriptable.toolschema import ToolSchema  # loads pydantic

            self._schema = ToolSchema(self._function, self.name)
        return self._schema

    def _guarded(self, args: dict[str, Any]) -> Any:
        try:
            return self._function(**args)
        except Exception as error:  # noqa: BLE001  # a tool may raise anything; the script gets one kind of error
            raise self._failure(error) from None

    async def _guarded_async(self, args: dict[str, Any]) -> Any:
        try:
            return await self._function(**args)
        except Exception as error:  # noqa: BLE001  # as above
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> LlmspellError:
        if isinstance(error, LlmspellError):
            return error
        said = str(error)[:_MAX_MESSAGE]
        return ToolError(f"tool {self.name} failed: {said or type(error).__name__}")

    def _checked(self, result: Any) -> Any:
        from pydantic_core import to_jsonable_python  # loaded with the schema

        try:
            return values.check(result, f"the result of tool {self.name}")
        except InvalidValueError:
            try:
                plain = to_jsonable_python(result, inf_nan_mode="constants")
            except Exception:  # noqa: BLE001  # then the first reason stands
                plain = result
            return values.check(plain, f"the result of tool {self.name}")


async def call_tool(context: RunContext, name: str, arguments: dict[str, Any] | None = None) -> Any:
    """Call a tool of the host by its name."""
    tool = context.tools.get(name)
    if tool is None:
        known = f"the tools are {', '.join(sorted(context.tools))}" if context.tools else "the host offers no tools"
        raise NotFoundError(f"there is no tool '{name[:64]}'", hint=near(name, context.tools) or known)
    return await tool.call(arguments or {}, context)
