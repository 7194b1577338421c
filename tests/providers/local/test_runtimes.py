"""Both runtimes with tiny models, each in a real worker process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from llmspell.errors import (
    ContextLengthError,
    InvalidValueError,
    LlmspellError,
    ModelError,
    NotFoundError,
    TimeoutExceededError,
)
from llmspell.providers.base import Finished, Request, Started, TextDelta, Usage
from llmspell.providers.content import Media, Message, Text, ToolResult
from llmspell.providers.local.provider import LocalProvider, default_threads
from llmspell.providers.local.store import ModelStore
from tests import tiny

Body = Callable[[LocalProvider], Awaitable[Any]]

HI = [Message("user", "hi there")]


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    tiny.write(folder / "tiny.gguf")
    tiny.write(folder / "endless.gguf", "round and round it goes for ever,", loop=True, context=4096)
    tiny.write(folder / "coin.gguf", "It shows this time.", branches=["heads", "tails"], loop=True)
    return folder


@pytest.fixture(params=["llamacpp", "ctransformers"])
def runtime(request) -> str:
    return request.param


def run(models: Path, runtime: str, body: Body, **options: Any) -> Any:
    async def main() -> Any:
        provider = LocalProvider(ModelStore(models), runtime, **options)
        try:
            return await body(provider)
        finally:
            await provider.aclose()

    return asyncio.run(main())


def asked(name: str, messages: list[Message] = HI, **options: Any) -> Request:
    return Request(model=name, messages=messages, **options)


async def text_of(provider: LocalProvider, name: str, **options: Any) -> str:
    return (await provider.complete(asked(name, **options))).text


def refused(models: Path, runtime: str, request: Request, **options: Any) -> LlmspellError:
    with pytest.raises(LlmspellError) as caught:
        run(models, runtime, lambda provider: provider.complete(request), **options)
    return caught.value


def test_a_stream_of_events(models, runtime):
    async def body(provider):
        return [event async for event in provider.stream(asked("tiny", temperature=0.0))]

    events = run(models, runtime, body)
    assert events[0] == Started(model="tiny")
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == tiny.REPLY
    assert Finished("stop", "stop") in events
    (usage,) = [event for event in events if isinstance(event, Usage)]
    assert usage.output_tokens == 19
    assert usage.input_tokens > 3


def test_the_context_that_was_read_before_is_kept(models, runtime):
    async def body(provider):
        return [(await provider.complete(asked("tiny"))).usage for _ in range(2)]

    first, second = run(models, runtime, body, parallel=1)
    assert (first.cached_tokens, second.cached_tokens) == (0, first.input_tokens - 1)


def test_tokens_are_counted_as_the_model_counts_them(models, runtime):
    async def body(provider):
        counted = await provider.count_tokens("tiny", HI)
        return counted, (await provider.complete(asked("tiny"))).usage.input_tokens

    counted, used = run(models, runtime, body)
    assert (counted.tokens, counted.method) == (used, "model")


@pytest.mark.parametrize("place", ["message", "result"])
def test_pictures_are_refused(models, runtime, place):
    picture = Media(kind="image", mime="image/png", data=b"x")
    parts = [picture] if place == "message" else [ToolResult("c", [picture])]
    with pytest.raises(ModelError, match="understand texts alone") as failed:
        run(models, runtime, lambda provider: provider.complete(asked("tiny", [Message("user", parts)])))
    assert failed.value.provider == runtime


def test_the_length_of_vectors_is_the_models(models, runtime):
    with pytest.raises(ModelError, match="fixed by the model"):
        run(models, runtime, lambda provider: provider.embed("tiny", ["a"], dimensions=8))


def test_max_tokens(models, runtime):
    reply = run(models, runtime, lambda provider: provider.complete(asked("endless", max_tokens=5)))
    assert (reply.finish_reason, reply.usage.output_tokens) == ("length", 5)


def test_an_answer_ends_at_the_end_of_the_context(models, runtime):
    reply = run(models, runtime, lambda provider: provider.complete(asked("coin", max_tokens=100_000)))
    assert reply.finish_reason == "length"
    assert 400 < reply.usage.input_tokens + reply.usage.output_tokens <= 513


def test_stop_strings(models, runtime):
    reply = run(models, runtime, lambda provider: provider.complete(asked("tiny", stop=["no such", "naïve"])))
    assert reply.text == "Hello from a tiny model. It says: "
    assert reply.finish_reason == "stop"


def test_a_seed_repeats_an_answer(models, runtime):
    async def body(provider):
        options = {"max_tokens": 40, "temperature": 1.0}
        same = [await text_of(provider, "coin", seed=7, **options) for _ in range(2)]
        return same, {await text_of(provider, "coin", seed=seed, **options) for seed in range(4)}

    (first, second), several = run(models, runtime, body, parallel=1)
    assert first == second
    assert "heads" in first
    assert "tails" in first
    assert len(several) > 1


@pytest.mark.parametrize("seed", [0, -1, 2**32 - 1, 2**53])
def test_any_integer_is_a_seed(models, runtime, seed):
    async def body(provider):
        return {await text_of(provider, "coin", seed=seed, max_tokens=30) for _ in range(2)}

    assert len(run(models, runtime, body, parallel=1)) == 1


def test_temperature_zero_is_greedy(models, runtime):
    async def body(provider):
        return {await text_of(provider, "coin", seed=seed, max_tokens=30, temperature=0.0) for seed in range(3)}

    (text,) = run(models, runtime, body)
    assert not ("heads" in text and "tails" in text)


def test_a_prompt_that_does_not_fit(models, runtime):
    long = [Message("user", "word " * 2000)]
    error = refused(models, runtime, asked("tiny", long), context_length=256)
    assert isinstance(error, ContextLengthError)
    assert f"the context of {runtime}/tiny holds 256" in error.message
    assert error.provider == runtime
    assert error.hint


def test_the_model_works_on_after_an_error(models, runtime):
    async def body(provider):
        with pytest.raises(ContextLengthError):
            await provider.complete(asked("tiny", [Message("user", "word " * 2000)]))
        return await text_of(provider, "tiny")

    assert run(models, runtime, body) == tiny.REPLY


def test_leaving_a_stream_early_leaves_the_model_usable(models, runtime):
    async def body(provider):
        stream = provider.stream(asked("endless"))
        async for event in stream:
            if isinstance(event, TextDelta):
                break
        await stream.aclose()
        return (await provider.complete(asked("endless", max_tokens=3))).usage.output_tokens

    assert run(models, runtime, body, parallel=1) == 3


def test_cancelling_the_task_leaves_the_model_usable(models, runtime):
    async def body(provider):
        await provider.info("endless")
        task = asyncio.create_task(provider.complete(asked("endless")))
        await provider.complete(asked("endless", max_tokens=1))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return (await provider.complete(asked("endless", max_tokens=3))).usage.output_tokens

    assert run(models, runtime, body) == 3


def test_a_timeout_covers_the_answer(models, runtime):
    async def body(provider):
        await provider.complete(asked("endless", max_tokens=1))
        with pytest.raises(TimeoutExceededError, match="did not finish"):
            await provider.complete(asked("endless", timeout=0.01))
        return (await provider.complete(asked("endless", max_tokens=3))).usage.output_tokens

    assert run(models, runtime, body) == 3


def test_many_requests_at_once(models, runtime):
    async def body(provider):
        return await asyncio.gather(*(text_of(provider, "tiny") for _ in range(8)))

    assert run(models, runtime, body) == [tiny.REPLY] * 8


def test_embeddings(models, runtime):
    async def body(provider):
        return await provider.embed("tiny", ["Hello", "café", "Hello"])

    embeddings = run(models, runtime, body)
    first, second, third = embeddings.vectors
    assert first == pytest.approx(third)
    assert len(first) == len(second) > 256
    assert embeddings.usage.input_tokens > 3


def test_a_conversation_with_all_roles(models, runtime):
    talk = [Message("system", "Be kind."), Message("user", "hi"), Message("assistant", "ho"), Message("user", "ha")]
    assert run(models, runtime, lambda provider: text_of(provider, "tiny", messages=talk)) == tiny.REPLY


@pytest.mark.parametrize("prompt", ["", "é" * 300, "🦙 " * 60, "\ufffd\u2028", "<|im_end|></s><s>" * 9])
def test_prompts_of_all_kinds(models, runtime, prompt):
    talk = [Message("user", prompt)]
    options = {"context_length": 4096}
    assert run(models, runtime, lambda provider: text_of(provider, "endless", messages=talk, max_tokens=1), **options)


def test_a_very_long_word(models, runtime):
    talk = [Message("user", "a" * 100_000)]
    assert isinstance(refused(models, runtime, asked("tiny", talk)), ContextLengthError)


def test_half_a_surrogate_is_refused(models, runtime):
    assert isinstance(refused(models, runtime, asked("tiny", [Message("user", "\ud83e")])), InvalidValueError)


def test_a_null_character_is_refused_where_it_would_cut_the_prompt(models):
    error = refused(models, "ctransformers", asked("tiny", [Message("user", "a\0b")]))
    assert isinstance(error, InvalidValueError)
    assert "NUL" in error.message


def test_ctransformers_refuses_what_it_cannot_do(models):
    error = refused(models, "ctransformers", asked("tiny", tools=[{"name": "f"}]))
    assert isinstance(error, ModelError)
    assert "has no tools" in error.message
    assert "llamacpp/" in error.hint


def test_extras_reach_the_runtime(models):
    grammar = {"grammar": 'root ::= "yes"'}
    assert run(models, "llamacpp", lambda provider: text_of(provider, "tiny", extra=grammar)) == "yes"
    greedy = {"top_k": 1}
    assert run(models, "ctransformers", lambda provider: text_of(provider, "tiny", extra=greedy)) == tiny.REPLY


def test_a_tool_call(tmp_path):
    reply = '<tool_call>\n{"name": "weather", "arguments": {"city": "Paris"}}\n</tool_call>'
    tiny.write(tmp_path / "caller.gguf", reply, after_tools="It is sunny.", template=tiny.HERMES, context=1024)
    city = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = {"name": "weather", "description": "The weather of a city", "parameters": city}

    async def body(provider):
        first = await provider.complete(asked("caller", tools=[tool]))
        answered = [
            *HI,
            Message("assistant", [*first.tool_calls]),
            Message("tool", [ToolResult(first.tool_calls[0].id, [Text("sunny")])]),
        ]
        return first, await provider.complete(asked("caller", answered, tools=[tool]))

    first, second = run(tmp_path, "llamacpp", body)
    assert first.finish_reason == "tool_calls"
    assert (second.text, second.finish_reason) == ("It is sunny.", "stop")
    (call,) = first.tool_calls
    assert (call.name, call.arguments) == ("weather", {"city": "Paris"})
    assert call.id
    assert second.usage.input_tokens > first.usage.input_tokens


@pytest.mark.parametrize(("choice", "calls"), [("none", False), ("auto", True), ("weather", True)])
def test_the_choice_of_a_tool_is_kept_to(tmp_path, choice, calls):
    reply = '<tool_call>\n{"name": "weather", "arguments": {"city": "Paris"}}\n</tool_call>'
    tiny.write(tmp_path / "caller.gguf", reply, template=tiny.HERMES, context=1024)
    tool = {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
    request = asked("caller", tools=[tool], tool_choice=choice)
    answer = run(tmp_path, "llamacpp", lambda provider: provider.complete(request))
    assert bool(answer.tool_calls) is calls


@pytest.mark.parametrize("choice", ["required", "weather"])
def test_a_model_without_tools_cannot_be_made_to_call_one(models, choice):
    tool = {"name": "weather", "parameters": {"type": "object"}}
    error = refused(models, "llamacpp", asked("tiny", tools=[tool], tool_choice=choice))
    assert isinstance(error, ModelError)
    assert "chat template has no tools" in error.message
    left_to_it = asked("tiny", tools=[tool], tool_choice="auto")
    assert run(models, "llamacpp", lambda provider: provider.complete(left_to_it)).text == tiny.REPLY


@pytest.mark.parametrize("option", [{"reasoning": "low"}, {"logprobs": 3}, {"provider_tools": [{"type": "search"}]}])
def test_what_no_runtime_has_is_refused(models, option):
    error = refused(models, "llamacpp", asked("tiny", **option))
    assert isinstance(error, ModelError)
    assert error.message.startswith("local models have no ")


def test_a_template_that_fails_is_an_error_of_the_model(tmp_path):
    tiny.write(tmp_path / "strict.gguf", template="{{ raise_exception('roles must alternate') }}")
    error = refused(tmp_path, "llamacpp", asked("strict"))
    assert isinstance(error, ModelError)
    assert not error.retryable


def test_the_runtime_is_chosen_by_the_file(models, tmp_path):
    async def body(provider):
        infos = {info.name: info for info in await provider.list_models()}
        return infos, await text_of(provider, "tiny"), await text_of(provider, str(models / "tiny.gguf"))

    infos, by_name, by_path = run(models, "auto", body)
    assert by_name == by_path == tiny.REPLY
    assert set(infos) == {"local/coin", "local/endless", "local/tiny"}
    assert infos["local/tiny"].context_length == 512
    assert infos["local/endless"].details["architecture"] == "llama"


def test_an_unknown_model(models, runtime):
    error = refused(models, runtime, asked("tinny"))
    assert isinstance(error, NotFoundError)
    assert error.hint == "did you mean tiny?"
    assert error.provider == runtime


def test_a_damaged_file_is_listed_with_its_problem(tmp_path):
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + bytes(9))
    (info,) = run(tmp_path, "auto", lambda provider: provider.list_models())
    assert "damaged" in info.details["problem"]


def test_a_file_that_is_no_model(tmp_path):
    (tmp_path / "text.gguf").write_text("hello")
    assert "neither GGUF nor GGML" in refused(tmp_path, "auto", asked("text")).message


def test_a_core_is_left_to_others():
    assert default_threads() >= 1
