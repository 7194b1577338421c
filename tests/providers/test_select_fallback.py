"""`Fallback`: which failures are passed on to the next model, and what is told when all fail."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from llmspell.errors import (
    ArgumentTypeError,
    AuthError,
    ContextLengthError,
    InvalidValueError,
    LlmspellError,
    ModelError,
    NetworkError,
    NotFoundError,
    ProviderError,
    RateLimitError,
    TimeoutExceededError,
)
from llmspell.providers.accumulator import fold
from llmspell.providers.base import Finished, Started, TextDelta, Usage
from llmspell.providers.select import Fallback
from llmspell.testing import After, ScriptedProvider
from tests.providers.selecting import Clock, Shelf, asking, scripted

NAMES = ["a/one", "b/two"]


def fallback(*providers, names=NAMES, clock=None, **options):
    return Fallback(names, name="smart", models=Shelf(*providers, clock=clock), **options)


def complete(provider, **fields):
    return asyncio.run(provider.complete(asking(**fields)))


def streamed(provider, **fields):
    async def all_of():
        return [event async for event in provider.stream(asking(**fields))]

    return asyncio.run(all_of())


def both_ways(provider):
    """What `complete` gives, and what the folded stream does."""

    async def ask():
        whole = await provider.complete(asking())
        return whole, await fold(provider.stream(asking()), "smart")

    return asyncio.run(ask())


def test_the_first_model_answers_when_it_can():
    a, b = scripted("a"), scripted("b")
    for answer in both_ways(fallback(a, b)):
        assert (answer.text, answer.provider, answer.model) == ("I am a", "a", "one")
    assert len(a.requests) == 2
    assert b.requests == []


PASSED_ON = [
    RateLimitError("slow down", status=429),
    NetworkError("unplugged"),
    TimeoutExceededError("too slow"),
    ProviderError("broken", status=500),
    ProviderError("overloaded", status=529),
    ProviderError("rubbish"),
    ProviderError("conflict", status=409, retryable=True),
    ProviderError("no credit", status=402),
    ProviderError("a web page", status=404),
    ProviderError("moved", status=307),
]


@pytest.mark.parametrize("error", PASSED_ON, ids=str)
def test_what_may_go_better_elsewhere_is_passed_on(error):
    a, b = scripted("a", error, error), scripted("b")
    for answer in both_ways(fallback(a, b)):
        assert (answer.text, answer.provider, answer.model) == ("I am b", "b", "two")
    assert [request.model for request in b.requests] == ["two", "two"]


@pytest.mark.parametrize(
    "error",
    [
        ArgumentTypeError("wrong type"),
        InvalidValueError("wrong value"),
        NotFoundError("no such model"),
        AuthError("no key", status=401),
        ContextLengthError("too long"),
        ProviderError("bad request", status=400),
    ],
    ids=str,
)
def test_a_wrong_request_is_not_passed_on(error):
    b = scripted("b")
    with pytest.raises(type(error)) as caught:
        complete(fallback(scripted("a", error), b))
    assert caught.value is error
    assert b.requests == []


def test_more_kinds_are_passed_on_where_the_user_says_so():
    chosen = fallback(scripted("a", ContextLengthError("too long")), scripted("b"), on=["context_length"])
    assert complete(chosen).text == "I am b"


def test_all_have_failed():
    first, last = RateLimitError("slow down", status=429, retryable=True), NetworkError("unplugged", hint="plug it in")
    first.retry_after = 7
    with pytest.raises(NetworkError) as caught:
        complete(fallback(scripted("a", first), scripted("b", last)))
    error = caught.value
    assert error.message == "none of 2 models answered: a/one: slow down; b/two: unplugged"
    assert error.data == {
        "tried": [
            {"model": "a/one", "kind": "rate_limit", "message": "slow down", "status": 429},
            {"model": "b/two", "kind": "network", "message": "unplugged"},
        ]
    }
    assert (error.hint, error.retryable, error.retry_after) == ("plug it in", True, 7)


def test_one_model_fails_with_its_own_error():
    error = NetworkError("unplugged")
    with pytest.raises(NetworkError) as caught:
        complete(fallback(scripted("a", error), names=["a/one"]))
    assert caught.value is error


def test_a_wrong_name_shows_before_anything_is_asked():
    a = scripted("a")
    with pytest.raises(NotFoundError, match="nobody"):
        complete(fallback(a, names=["a/one", "nobody/x"]))
    assert a.requests == []


def test_no_models_at_all():
    with pytest.raises(InvalidValueError, match="smart has no models to choose from"):
        complete(fallback(names=[]))
    with pytest.raises(InvalidValueError, match="does not know where models are") as caught:
        complete(Fallback(NAMES))
    assert "Host(providers=[...])" in (caught.value.hint or "")


def test_a_stream_is_passed_on_before_its_first_token_only():
    unplugged = NetworkError("unplugged", retryable=True)
    early = scripted("a", [Started("id"), unplugged])
    assert [type(event) for event in streamed(fallback(early, scripted("b", "Hi")))] == [
        Started,
        TextDelta,
        Usage,
        Finished,
    ]
    late, b = scripted("a", [TextDelta("Hel"), unplugged]), scripted("b")
    with pytest.raises(NetworkError) as caught:
        streamed(fallback(late, b))
    assert caught.value is unplugged
    assert b.requests == []


def test_a_stream_that_ends_before_it_begins_is_passed_on():
    events = streamed(fallback(scripted("a", [Started("id")]), scripted("b", "Hi")))
    assert events[:2] == [Started(model="two", provider="b"), TextDelta("Hi")]


def test_a_stream_left_early_is_closed():
    a = scripted("a", After(0, "one two three four", 0.001))
    chosen = fallback(a, scripted("b"))

    async def leave():
        async with aclosing(chosen.stream(asking())) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    break

    asyncio.run(leave())
    assert a.open == 0
    assert chosen._loads._of("a/one").open == 0


@pytest.mark.parametrize("way", ["complete", "stream"])
def test_a_cancelled_call_stops_the_work_and_tries_nobody_else(way):
    a, b = scripted("a", After(60, "late")), scripted("b")
    chosen = fallback(a, b)

    async def cancel():
        work = chosen.complete(asking()) if way == "complete" else anext(chosen.stream(asking()))
        task = asyncio.ensure_future(work)
        for _ in range(10):
            await asyncio.sleep(0)
        assert a.open == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert (a.open, b.requests) == (0, [])
    assert chosen._loads._of("a/one").open == 0


def test_each_try_has_its_time():
    a = scripted("a", After(60, "late"))
    assert complete(fallback(a, scripted("b"), try_timeout=0.01)).text == "I am b"
    assert a.open == 0


def test_the_time_of_a_try_is_over_with_the_first_token_of_a_stream():
    words = [TextDelta(word) for word in ("one ", "two ", "three ", "four")]
    a, b = scripted("a", After(60, "late")), scripted("b", After(0, [*words, Finished("stop")], 0.03))
    events = streamed(fallback(a, b, try_timeout=0.08))
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "one two three four"
    assert a.open == 0


def test_too_late_is_told_with_the_models_name():
    with pytest.raises(TimeoutExceededError, match=r"^a/one did not answer within 0\.01 s$") as caught:
        complete(fallback(scripted("a", After(60, "late")), names=["a/one"], try_timeout=0.01))
    assert caught.value.retryable


def test_the_tries_share_the_time_of_the_request():
    b = scripted("b")

    class Slow(ScriptedProvider):
        async def complete(self, request):
            await asyncio.sleep(request.timeout)
            raise TimeoutExceededError("too slow")

    with pytest.raises(TimeoutExceededError, match=r"^too slow$"):
        complete(fallback(Slow([], "a"), b), timeout=0.01)
    assert b.requests == []

    failing = scripted("a", NetworkError("down"))
    complete(fallback(failing, b), timeout=50)
    assert 40 < b.requests[0].timeout <= failing.requests[0].timeout <= 50


def test_the_price_is_that_of_the_model_that_answered():
    class Priced(ScriptedProvider):
        def cost(self, model, usage):
            return {"one": 1.0, "two": 2.0}[model] if usage.input_tokens else None

    chosen = fallback(Priced([NetworkError("x")] * 2, "a"), Priced(["Hi"] * 2, "b"))
    assert [answer.usage.cost for answer in both_ways(chosen)] == [2.0, 2.0]
    assert chosen.cost("smart", Usage(3)) is None


def test_with_a_rest_those_that_failed_are_asked_last():
    clock = Clock()
    a, b = scripted("a", NetworkError("down"), "again"), scripted("b")
    chosen = fallback(a, b, clock=clock, rest=10)
    assert [complete(chosen).text, complete(chosen).text] == ["I am b", "I am b"]
    assert len(a.requests) == 1
    clock.now += 10
    assert complete(chosen).text == "again"


def test_without_a_rest_the_order_stays():
    a = scripted("a", NetworkError("down"), "again")
    chosen = fallback(a, scripted("b"))
    assert [complete(chosen).text, complete(chosen).text] == ["I am b", "again"]


def test_vectors_of_different_models_do_not_mix():
    same = fallback(scripted("a"), scripted("b"), names=["a/m", "b/m"])
    assert len(asyncio.run(same.embed("smart", ["x", "y"])).vectors) == 2
    with pytest.raises(ModelError, match="cannot be compared"):
        asyncio.run(fallback(scripted("a"), scripted("b")).embed("smart", ["x"]))


def test_what_is_known_of_a_choice_is_what_is_known_of_its_first_model():
    chosen = fallback(scripted("a"), scripted("b"))

    async def ask():
        return (
            await chosen.info("smart"),
            await chosen.list_models(),
            await chosen.count_tokens("", asking().messages),
        )

    info, models, count = asyncio.run(ask())
    assert (info.name, info.context_length, info.details) == ("smart", 8192, {"first": "a/one"})
    assert models == [info]
    assert count.tokens == 1


def test_choices_may_be_nested():
    shelf = Shelf(scripted("a", NetworkError("x")), scripted("b", NetworkError("y")), scripted("c"))
    shelf._providers["inner"] = Fallback(NAMES, name="inner", models=shelf)
    answer = complete(Fallback(["inner/inner", "c/three"], name="outer", models=shelf))
    assert (answer.text, answer.provider) == ("I am c", "c")
    shelf = Shelf(scripted("a", NetworkError("x")), scripted("b"))
    shelf._providers["inner"] = Fallback(NAMES, name="inner", models=shelf)
    answer = complete(Fallback(["inner/inner"], name="outer", models=shelf))
    assert (answer.provider, answer.model) == ("b", "two")


def test_foreign_errors_are_not_swallowed():
    class Broken(ScriptedProvider):
        async def complete(self, request):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        complete(fallback(Broken([], "a"), scripted("b")))


def test_every_error_of_the_tree_can_be_the_last():
    for error in PASSED_ON:
        with pytest.raises(LlmspellError) as caught:
            complete(fallback(scripted("a", NetworkError("x")), scripted("b", error)))
        assert caught.value.kind == error.kind
