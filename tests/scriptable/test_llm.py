"""`llm`, called as the session calls it: by the name of the method, with what a script sent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from llmspell.errors import (
    ArgumentTypeError,
    InvalidValueError,
    LlmspellError,
    NetworkError,
    NotFoundError,
    ProviderError,
)
from llmspell.providers.base import (
    Finished,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from llmspell.providers.content import Message, Text, ToolCall, ToolResult
from llmspell.scriptable.objects import method
from tests.scriptable.fakes import FakeContext, FakeProvider


def call(context: FakeContext, name: str, this: dict[str, Any] | None = None, **args: Any) -> Any:
    found = method(f"llm.{name}")
    assert found is not None
    return found.call(context, {"self": this or {}, **args})


def complete(context: FakeContext, this: dict[str, Any] | None = None, **args: Any) -> Any:
    return asyncio.run(wait(call(context, "complete", this, **args)))


async def wait(awaitable: Any) -> Any:
    return await awaitable


async def collect(stream: Any) -> list[Any]:
    return [item async for item in stream]


def refused(context: FakeContext, prompt: Any, name: str = "complete", **options: Any) -> LlmspellError:
    with pytest.raises(LlmspellError) as caught:
        asyncio.run(wait(call(context, name, prompt=prompt, options=options)))
    return caught.value


def test_complete_gives_a_reply() -> None:
    context = FakeContext()
    reply = complete(context, prompt="Hi")
    assert reply == {
        "text": "Hello",
        "tool_calls": [],
        "message": {"role": "assistant", "content": "Hello"},
        "finish_reason": "stop",
        "usage": {"input_tokens": 3, "output_tokens": 2},
        "cost": None,
        "model": "fake/tiny",
    }
    assert context.provider.requests[0].messages == [Message("user", "Hi")]


def test_reply_carries_reasoning_and_tool_calls() -> None:
    events = [
        Started("id", "tiny-2"),
        ReasoningDelta("hm"),
        ToolCallDelta(0, "c1", "weather", '{"city": "Paris"}'),
        Finished("stop"),
    ]
    reply = complete(FakeContext(FakeProvider(events)), prompt="Hi")
    assert reply["reasoning"] == "hm"
    assert reply["tool_calls"] == [{"id": "c1", "name": "weather", "arguments": {"city": "Paris"}}]
    assert reply["finish_reason"] == "tool_calls"
    assert reply["usage"] == {}
    assert reply["model"] == "fake/tiny-2"


def test_options_of_a_call_override_those_of_the_model() -> None:
    context = FakeContext()
    this = {"model": "fake/big", "options": {"temperature": 0, "max_tokens": 5, "stop": "x", "extra": {"k": 1}}}
    complete(context, this, prompt="Hi", options={"max_tokens": 9, "stop": ["a", "b"], "seed": 3, "timeout": 1.5})
    request = context.provider.requests[0]
    assert (request.model, request.temperature, request.max_tokens, request.seed) == ("big", 0, 9, 3)
    assert (request.stop, request.timeout, request.extra) == (["a", "b"], 1.5, {"k": 1})


def test_a_single_stop_text_is_a_list_for_the_provider() -> None:
    context = FakeContext()
    complete(context, prompt="Hi", options={"stop": "END"})
    assert context.provider.requests[0].stop == ["END"]


def test_tools_for_the_model_are_completed() -> None:
    context = FakeContext()
    complete(context, prompt="Hi", options={"tools": [{"name": "now"}]})
    assert context.provider.requests[0].tools == [
        {"name": "now", "description": "", "parameters": {"type": "object", "properties": {}}}
    ]


def test_the_default_model_is_that_of_the_run() -> None:
    context = FakeContext()
    context.default_model = "fake/preferred"
    complete(context, prompt="Hi")
    complete(context, {"model": "fake/own"}, prompt="Hi")
    assert [request.model for request in context.provider.requests] == ["preferred", "own"]


def test_an_unknown_model_is_the_registrys_error() -> None:
    with pytest.raises(NotFoundError, match="nope/x"):
        complete(FakeContext(), {"model": "nope/x"}, prompt="Hi")


def test_messages_become_the_providers() -> None:
    context = FakeContext()
    prompt = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "assistant", "tool_calls": [{"id": "c1", "name": "now", "arguments": {}}]},
        {"role": "tool", "content": "12:00", "tool_call_id": "c1"},
    ]
    complete(context, prompt=prompt)
    assert context.provider.requests[0].messages == [
        Message("system", "Be brief."),
        Message("user", [Text("a"), Text("b")]),
        Message("assistant", [ToolCall("c1", "now", {})]),
        Message("tool", [ToolResult("c1", [Text("12:00")], "now")]),
    ]


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ("", "complete: prompt is empty"),
        ([], "complete: prompt is empty"),
        ({}, "complete: prompt is empty"),
        (3, "complete: prompt must be text or a list, not a number"),
        ({"role": "user"}, "complete: prompt must be text or a list, not an object"),
        (["hi"], "complete: prompt: message 1 must be an object, not text"),
        (
            [{"role": "robot", "content": "x"}],
            'complete: prompt: message 1: role must be "system", "user", "assistant" or "tool", not "robot"',
        ),
        ([{"content": "x"}], "complete: prompt: message 1: role is missing"),
        ([{"role": "user"}], "complete: prompt: message 1: content is missing"),
        (
            [{"role": "user", "content": "x"}, {"role": "user", "content": [{"type": "picture", "url": "x"}]}],
            'complete: prompt: message 2: content: part 1: type must be "text", "image", "audio", ',
        ),
        ([{"role": "tool", "content": "x"}], "complete: prompt: message 1: tool_call_id is missing"),
        (
            [{"role": "user", "content": "x", "tool_call_id": "c"}],
            "complete: prompt: message 1: tool_call_id belongs to the role tool, not to user",
        ),
        (
            [{"role": "user", "content": "x", "tool_calls": [{"id": "a", "name": "b", "arguments": {}}]}],
            "complete: prompt: message 1: tool_calls belong to an assistant, not to the role user",
        ),
    ],
)
def test_a_wrong_prompt_is_refused(prompt: Any, message: str) -> None:
    context = FakeContext()
    error = refused(context, prompt)
    assert str(error).startswith(message)
    assert error.kind in ("type", "value")
    assert context.provider.requests == []


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        ({"temperature": "hot"}, "options.temperature must be a number, not text", "complete(prompt, options?)"),
        ({"temperature": -1}, "options.temperature must be at least 0, not -1", ""),
        ({"temprature": 1}, "options has no field 'temprature'", "did you mean 'temperature'?"),
        ({"top_p": 2}, "options.top_p must be at least 0 and at most 1, not 2", ""),
        ({"max_tokens": 1.5}, "options.max_tokens must be a whole number, not 1.5", ""),
        ({"max_tokens": 0}, "options.max_tokens must be at least 1, not 0", ""),
        ({"stop": [1]}, "options.stop: item 1 must be text, not a number", ""),
        ({"timeout": 0}, "options.timeout must be above 0 and at most 31536000, not 0", ""),
        ({"tools": [{"name": 1}]}, "options.tools: tool 1: name must be text, not a number", ""),
        ({"logit_bias": {}}, "options has no field 'logit_bias'", "into 'extra'"),
        ({"extra": "x"}, "options.extra must be an object, not text", ""),
        ({"seed": True}, "options.seed must be a whole number, not a boolean", ""),
    ],
)
def test_a_wrong_option_is_refused(options: dict[str, Any], message: str, hint: str) -> None:
    error = refused(FakeContext(), "Hi", **options)
    assert str(error) == f"complete: {message}"
    assert hint in (error.hint or "")


def test_options_of_the_model_are_checked_too() -> None:
    with pytest.raises(ArgumentTypeError, match=r"^llm: options\.temperature must be a number, not text$"):
        complete(FakeContext(), {"options": {"temperature": "x"}}, prompt="Hi")


@pytest.mark.parametrize("this", [None, 1, "x", [], {"model": 1}, {"_context": 1}, {"model": {"$function": 1}}])
def test_a_forged_self_is_refused(this: Any) -> None:
    found = method("llm.complete")
    assert found is not None
    with pytest.raises(ArgumentTypeError):
        found.call(FakeContext(), {"self": this, "prompt": "Hi"})


def test_null_options_are_absent() -> None:
    context = FakeContext()
    complete(context, {"model": None, "options": None}, prompt="Hi", options={"temperature": None})
    assert context.provider.requests[0].temperature is None


def test_stream_gives_chunks_and_a_last_one_with_the_facts() -> None:
    events = [ReasoningDelta("hm"), TextDelta("Hel"), TextDelta("lo"), Usage(3, 2), Finished("length")]
    context = FakeContext(FakeProvider(events))
    chunks = asyncio.run(collect(call(context, "stream", prompt="Hi")))
    assert chunks[:-1] == [{"text": "", "reasoning": "hm"}, {"text": "Hel"}, {"text": "lo"}]
    assert chunks[-1] == {
        "text": "",
        "message": {
            "role": "assistant",
            "content": [{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "Hello"}],
        },
        "finish_reason": "length",
        "usage": {"input_tokens": 3, "output_tokens": 2},
        "cost": None,
        "model": "fake/tiny",
    }
    assert context.usage.calls == 1


def test_stream_gives_tool_calls_at_the_end() -> None:
    events = [ToolCallDelta(0, "c1", "now", ""), Finished("tool_calls")]
    chunks = asyncio.run(collect(call(FakeContext(FakeProvider(events)), "stream", prompt="Hi")))
    assert chunks[-1]["tool_calls"] == [{"id": "c1", "name": "now", "arguments": {}}]


def test_a_wrong_argument_of_stream_is_refused_when_it_is_opened() -> None:
    with pytest.raises(InvalidValueError, match="stream: prompt is empty"):
        call(FakeContext(), "stream", prompt="")


def test_leaving_a_stream_early_closes_the_provider_and_counts_the_call() -> None:
    context = FakeContext()

    async def leave_early() -> None:
        stream = call(context, "stream", prompt="Hi")
        assert await anext(stream) == {"text": "Hel"}
        await stream.aclose()

    asyncio.run(leave_early())
    assert context.provider.closed == 1
    assert (context.usage.calls, context.usage.cost) == (1, None)


def test_a_stream_that_was_never_read_costs_nothing() -> None:
    context = FakeContext()

    async def never_read() -> None:
        await call(context, "stream", prompt="Hi").aclose()

    asyncio.run(never_read())
    assert context.usage.calls == 0


def test_a_call_that_fails_at_once_is_not_counted() -> None:
    context = FakeContext(FakeProvider([NetworkError("down")]))
    with pytest.raises(NetworkError):
        complete(context, prompt="Hi")
    with pytest.raises(NetworkError):
        asyncio.run(collect(call(context, "stream", prompt="Hi")))
    assert (context.usage.calls, context.usage.cost) == (0, 0.0)


def test_a_stream_that_breaks_is_counted_with_what_is_known() -> None:
    context = FakeContext(FakeProvider([Usage(5, None), TextDelta("x"), NetworkError("cut")]))
    with pytest.raises(NetworkError):
        asyncio.run(collect(call(context, "stream", prompt="Hi")))
    assert (context.usage.calls, context.usage.input_tokens, context.usage.cost) == (1, 5, None)


def test_an_answer_without_an_end_is_an_error() -> None:
    with pytest.raises(ProviderError, match="before it was finished"):
        asyncio.run(collect(call(FakeContext(FakeProvider([TextDelta("x")])), "stream", prompt="Hi")))


def test_a_cancelled_call_makes_the_price_unknown() -> None:
    class Hanging(FakeProvider):
        async def complete(self, request: Any) -> Any:
            await asyncio.Event().wait()

    async def cancel() -> FakeContext:
        context = FakeContext(Hanging())
        task = asyncio.ensure_future(call(context, "complete", prompt="Hi"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return context

    assert asyncio.run(cancel()).usage.cost is None


def test_local_models_are_free() -> None:
    context = FakeContext(FakeProvider(name="local"))
    assert complete(context, prompt="Hi")["cost"] == 0
    assert (context.usage.calls, context.usage.cost) == (1, 0.0)


def test_usage_adds_up() -> None:
    context = FakeContext()
    complete(context, prompt="Hi")
    complete(context, prompt="Hi")
    usage = context.usage
    assert (usage.calls, usage.input_tokens, usage.output_tokens, usage.cost) == (2, 6, 4, None)


def test_embed_gives_a_vector_for_each_text() -> None:
    context = FakeContext()
    one = asyncio.run(wait(call(context, "embed", texts="cat")))
    two = asyncio.run(wait(call(context, "embed", texts=["a", "bb"], options={"timeout": 2, "kind": "query"})))
    assert (one, two) == ([3.0, 0.5], [[1.0, 0.5], [2.0, 0.5]])
    assert context.provider.embedded == [(["cat"], None, {}), (["a", "bb"], 2, {"kind": "query"})]
    assert context.usage.input_tokens == 14


@pytest.mark.parametrize("texts", ["", [], ["a", ""]])
def test_embed_refuses_nothing(texts: Any) -> None:
    with pytest.raises(InvalidValueError, match="there is no text to embed"):
        asyncio.run(wait(call(FakeContext(), "embed", texts=texts)))


def test_count_tokens_says_how() -> None:
    context = FakeContext()
    assert asyncio.run(wait(call(context, "count_tokens", prompt="Hi"))) == {"tokens": 1, "method": "estimate"}
    assert context.provider.counted == [Message("user", "Hi")]


def test_info_tells_what_is_known() -> None:
    assert asyncio.run(wait(call(FakeContext(), "info"))) == {
        "name": "fake/tiny",
        "provider": "fake",
        "context_length": 4096,
        "max_output_tokens": None,
        "local": False,
        "details": {"a": 1},
    }
