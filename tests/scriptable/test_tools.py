"""Python functions as tools."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import functools
import sys
import threading
import time
from collections.abc import Callable
from typing import Annotated, Any, Literal

import pydantic
import pytest

import llmspell
from llmspell.agents.tools import Tool, serving
from llmspell.errors import ArgumentTypeError, InvalidValueError, LlmspellError, NotFoundError, ToolError
from llmspell.scriptable.objects import method
from tests.scriptable.fakes import FakeContext


class Item(pydantic.BaseModel):
    sku: str
    count: int = 1


def lookup(
    order_id: int, detail: Literal["short", "long"] = "short", items: list[Item] | None = None
) -> dict[str, Any]:
    """Look an order up.

    Searches the archive too.

    Args:
        order_id: The number on
            the receipt.
        detail (str): How much to tell.

    Returns:
        The order.
    """
    return {"id": order_id, "detail": detail, "items": [item.count for item in items or []]}


def run(tool: Tool | Callable[..., Any], context: FakeContext | None = None, /, **args: Any) -> Any:
    context = context or FakeContext()
    tool = tool if isinstance(tool, Tool) else Tool(tool)
    context.tools[tool.name] = tool
    found = method("tools.call")
    assert found is not None

    async def wait() -> Any:
        return await found.call(context, {"name": tool.name, "arguments": args})

    return asyncio.run(wait())


def refused(tool: Tool | Callable[..., Any], /, **args: Any) -> LlmspellError:
    with pytest.raises(LlmspellError) as caught:
        run(tool, **args)
    return caught.value


def test_a_tool_is_described_by_its_hints_and_docstring() -> None:
    tool = Tool(lookup)
    assert tool.name == "lookup"
    assert tool.description == "Look an order up.\n\nSearches the archive too."
    schema = tool.parameters
    assert schema["required"] == ["order_id"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["order_id"] == {"type": "integer", "description": "The number on the receipt."}
    assert schema["properties"]["detail"]["enum"] == ["short", "long"]
    assert schema["properties"]["detail"]["description"] == "How much to tell."
    assert "title" not in schema


def test_arguments_are_converted() -> None:
    assert run(lookup, order_id=17, items=[{"sku": "a", "count": 2}, {"sku": "b"}]) == {
        "id": 17,
        "detail": "short",
        "items": [2, 1],
    }


@pytest.mark.parametrize(
    ("args", "kind", "message"),
    [
        ({}, "type", "lookup: order_id is missing"),
        ({"order_id": "x"}, "type", "lookup: order_id must be a valid integer"),
        ({"order_id": 1, "ordr": 2}, "type", "lookup: there is no parameter 'ordr'"),
        ({"order_id": 1, "detail": "none"}, "value", "lookup: detail must be 'short' or 'long'"),
        ({"order_id": 1, "items": [{}]}, "type", "lookup: items.0.sku is missing"),
        ({"order_id": {"$function": 1}}, "type", "lookup: order_id cannot be a function"),
    ],
)
def test_wrong_arguments_name_the_argument(args: dict[str, Any], kind: str, message: str) -> None:
    error = refused(lookup, **args)
    assert error.kind == kind
    assert error.message.startswith(message)
    assert error.hint


def test_names_that_pydantic_uses_itself_are_fine() -> None:
    def odd(schema: str, model_config: int, copy: bool, _private: int, self: int) -> list[Any]:
        return [schema, model_config, copy, _private, self]

    assert run(odd, schema="s", model_config=1, copy=True, _private=2, self=3) == ["s", 1, True, 2, 3]


def test_bounds_of_fields_are_checked() -> None:
    def dice(sides: Annotated[int, pydantic.Field(ge=2, description="How many sides.")] = 6) -> int:
        return sides

    assert run(dice) == 6
    assert Tool(dice).parameters["properties"]["sides"]["description"] == "How many sides."
    assert refused(dice, sides=1).kind == "value"


def test_async_functions_run_in_the_loop_and_others_in_a_thread() -> None:
    async def inside() -> bool:
        return threading.current_thread() is threading.main_thread()

    def outside() -> bool:
        return threading.current_thread() is threading.main_thread()

    assert run(inside) is True
    assert run(outside) is False


@pytest.mark.parametrize("language", ["lua", "js"])
@pytest.mark.parametrize(
    ("given", "told"), [("1", "a number"), ("'x'", "text"), ("[1]", "a list"), ("true", "a boolean")]
)
def test_arguments_without_names_are_refused(language: str, given: str, told: str) -> None:
    def echo(text: str) -> str:
        return text

    written = given.replace("[", "{").replace("]", "}") if language == "lua" else given
    source = f"return tools.echo({written})" if language == "lua" else f"export default await tools.echo({written})"
    with pytest.raises(ArgumentTypeError, match=f"echo: its arguments must be an object, not {told}") as caught:
        llmspell.run(llmspell.Spell(source=source, language=language), tools=[echo], isolation="inline")
    assert caught.value.hint == "tools take named arguments, as in { text = 1 }"


@pytest.mark.parametrize("function", [lambda: 1, functools.partial(max, 1)])
def test_a_function_without_a_name_must_be_given_one(function: Any) -> None:
    with pytest.raises(InvalidValueError, match="has no name of its own") as caught:
        Tool(function)
    assert caught.value.hint == "give the tool one with name="
    assert Tool(function, name="named").name == "named"


@pytest.mark.parametrize("wrong", [5, "name", None])
def test_what_is_no_function_is_no_tool(wrong: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="a tool must be a function"):
        llmspell.Host(tools=[wrong])


def test_a_thread_sees_the_context_variables_of_the_call() -> None:
    user = contextvars.ContextVar("user", default="nobody")

    def who() -> str:
        return user.get()

    user.set("Ada")
    assert run(who) == "Ada"


def test_a_plain_function_that_ends_the_program_ends_its_call_alone() -> None:
    def leave() -> None:
        sys.exit(3)

    assert refused(leave).message == "tool leave failed: it wanted to end the program (3)"


def test_many_plain_functions_wait_for_their_turns() -> None:
    busy, most = [0], [0]
    lock = threading.Lock()

    def work() -> None:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        time.sleep(0.001)
        with lock:
            busy[0] -= 1

    tool = Tool(work)

    async def call_many() -> None:
        await asyncio.gather(*(tool.call({}, FakeContext()) for _ in range(500)))

    for _ in range(2):  # in another event loop it works as well
        asyncio.run(call_many())
    assert 1 < most[0] <= 64


@pytest.mark.parametrize("isolation", ["process", "inline"])
def test_functions_that_wait_for_the_script_need_no_turn(isolation: str) -> None:
    def inner(value: int) -> int:
        return value + 1

    def outer(work: Callable[[int], int]) -> int:
        return work(1)

    source = """
        local function inner(value) return tools.inner { value = value } end
        local calls = {}
        for at = 1, 100 do
          calls[at] = function() return tools.outer { work = inner } end
        end
        local sum = 0
        for _, value in ipairs { parallel(table.unpack(calls)) } do sum = sum + value end
        return sum"""
    spell = llmspell.Spell(source=source, language="lua")
    result = llmspell.run(spell, tools=[outer, inner], isolation=isolation, limits=llmspell.Limits(timeout=60))
    assert result.value == 200


def test_no_script_takes_all_threads() -> None:
    let_go = threading.Event()

    def wait(function: Callable[[], None]) -> None:
        let_go.wait(60)

    tool = Tool(wait)
    tool._calling_back = 999

    async def call_twice() -> list[Any]:
        args, context = {"function": {"$function": 1}}, serving(FakeContext())
        calls = [asyncio.ensure_future(tool.call(args, context)) for _ in range(2)]
        done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        let_go.set()
        await asyncio.wait(calls)
        return [call.exception() for call in done]

    assert [str(error) for error in asyncio.run(call_twice())] == ["tool wait: 1000 calls of it are under way already"]
    assert tool._calling_back == 999


def test_a_partial_and_a_callable_object_are_tools_too() -> None:
    class Greeter:
        """Greets."""

        async def __call__(self, name: str) -> str:
            return f"hello {name}"

    assert run(Tool(Greeter(), name="greet"), name="Ada") == "hello Ada"
    assert run(Tool(functools.partial(lookup, detail="long"), name="long"), order_id=1)["detail"] == "long"


def test_an_async_tool_awaits_functions_of_the_script() -> None:
    async def apply(value: int, change: Callable[[int], Any]) -> Any:
        return await change(value)

    context = FakeContext()
    context.functions[5] = lambda value: value + 1
    assert run(apply, context, value=1, change={"$function": 5}) == 2
    assert "change" not in Tool(apply).parameters["properties"]


def test_a_sync_tool_calls_functions_of_the_script_and_waits() -> None:
    def apply(values: list[int], change: Callable[[int], int] | None = None) -> list[int]:
        return [change(value) for value in values] if change else values

    context = FakeContext()
    context.functions[5] = lambda value: value * 10
    assert run(apply, context, values=[1, 2], change={"$function": 5}) == [10, 20]
    assert run(apply, values=[1, 2]) == [1, 2]


@pytest.mark.parametrize(
    ("args", "message"),
    [({}, "change is missing; it must be a function"), ({"change": 1}, "change must be a function, not a number")],
)
def test_a_needed_function_must_be_one(args: dict[str, Any], message: str) -> None:
    def apply(change: Callable[[], int]) -> int:
        return change()

    assert refused(apply, **args).message == f"apply: {message}"


@pytest.mark.parametrize("is_async", [False, True])
def test_what_a_tool_raises_becomes_one_sentence(is_async: bool) -> None:
    def fails() -> None:
        raise ValueError("no such order" + "!" * 1000)

    async def fails_later() -> None:
        fails()

    error = refused(Tool(fails_later if is_async else fails, name="fails"))
    assert isinstance(error, ToolError)
    assert error.message.startswith("tool fails failed: no such order!")
    assert len(error.message) < 600
    assert error.__suppress_context__


@pytest.mark.parametrize("error", [StopIteration(), KeyError("k"), RuntimeError()])
def test_every_exception_of_a_tool_is_an_error_of_the_tool(error: Exception) -> None:
    def fails() -> None:
        raise error

    assert isinstance(refused(fails), ToolError)


def test_llmspells_own_errors_pass() -> None:
    def fails() -> None:
        raise NotFoundError("no order 17", hint="try 18")

    assert refused(fails).to_data() == {"kind": "not_found", "message": "no order 17", "hint": "try 18"}


@dataclasses.dataclass
class Order:
    id: int
    tags: tuple[str, ...] = ("new",)


@pytest.mark.parametrize(
    ("result", "seen"),
    [
        (None, None),
        ([1, (2, 3)], [1, [2, 3]]),
        (Order(1), {"id": 1, "tags": ["new"]}),
        (Item(sku="a"), {"sku": "a", "count": 1}),
        ([Item(sku="a")], [{"sku": "a", "count": 1}]),
    ],
)
def test_results_are_json_or_become_it(result: Any, seen: Any) -> None:
    def give() -> Any:
        return result

    assert run(give) == seen


@pytest.mark.parametrize("result", [object(), float("nan"), lambda: 1])
def test_a_result_that_cannot_cross_is_refused(result: Any) -> None:
    def give() -> Any:
        return result

    error = refused(give)
    assert (error.kind, error.message.startswith("the result of tool give is ")) == ("value", True)


def test_an_unknown_tool_is_not_found() -> None:
    found = method("tools.call")
    assert found is not None
    context = FakeContext()
    with pytest.raises(NotFoundError) as caught:
        asyncio.run(found.call(context, {"name": "x"}))
    assert caught.value.hint == "the host offers no tools"
    context.tools["lookup"] = Tool(lookup)
    with pytest.raises(NotFoundError) as caught:
        asyncio.run(found.call(context, {"name": "lokup"}))
    assert caught.value.hint == "did you mean 'lookup'?"


@pytest.mark.parametrize("name", ["a b", "1x", "x" * 65, "é", "a\n"])
def test_a_name_that_scripts_cannot_write_is_refused(name: str) -> None:
    def give() -> None:
        """Nothing."""

    give.__name__ = name
    with pytest.raises(InvalidValueError, match="cannot be the name of a tool"):
        Tool(give)


def test_functions_that_cannot_be_called_by_name_are_refused() -> None:
    def many(*values: int) -> None:
        """Many."""

    def unknown(value: Nowhere) -> None:  # type: ignore[name-defined]  # noqa: F821  # that is the point
        """Unknown."""

    def strange(value: threading.Lock) -> None:
        """Strange."""

    for function in (many, unknown, strange):
        with pytest.raises(InvalidValueError, match=f"tool {function.__name__}: "):
            Tool(function).parameters  # noqa: B018  # the schema is made when it is asked for


def test_a_cancelled_call_leaves_nothing_behind() -> None:
    started = threading.Event()
    release = threading.Event()

    def slow() -> None:
        started.set()
        release.wait(5)

    async def cancel() -> None:
        task = asyncio.ensure_future(Tool(slow).call({}, FakeContext()))
        await asyncio.to_thread(started.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        release.set()

    asyncio.run(cancel())


def test_unannotated_parameters_take_anything() -> None:
    def echo(value):  # type: ignore[no-untyped-def]
        return value

    assert run(echo, value={"a": [1]}) == {"a": [1]}
    assert ArgumentTypeError("").kind == refused(echo).kind


def test_an_empty_table_of_lua_is_an_empty_list_where_a_list_belongs() -> None:
    def join(words: list[str], groups: dict[str, list[int]] | None = None) -> list[Any]:
        return [words, groups]

    def count(words: dict[str, int]) -> int:
        return len(words)

    assert run(join, words={}) == [[], None]
    assert run(join, words={}, groups={"a": {}, "b": [1]}) == [[], {"a": [], "b": [1]}]
    assert run(count, words={}) == 0
    with pytest.raises(ArgumentTypeError, match="words"):
        run(join, words={"a": 1})
