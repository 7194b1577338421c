"""`Balance`, `Keys` and `Route`: who gets a call."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.errors import AuthError, InvalidValueError, NetworkError, NotFoundError, RateLimitError
from llmspell.providers.base import Request, TextDelta, Usage
from llmspell.providers.content import Media, Message, Text, ToolResult
from llmspell.providers.jobs import Rerank
from llmspell.providers.select import Balance, Route, Rule
from llmspell.providers.select.balance import Keys
from llmspell.providers.select.loads import Loads
from llmspell.testing import After, ScriptedProvider
from tests.providers.selecting import Clock, Shelf, asking, scripted

NAMES = ["a/m", "b/m", "c/m"]


def three(clock=None, **replies):
    providers = [scripted(name, *replies.get(name, ())) for name in "abc"]
    return providers, Shelf(*providers, clock=clock)


def answers(provider, count):
    async def ask():
        return [(await provider.complete(asking())).provider for _ in range(count)]

    return "".join(asyncio.run(ask()))


def test_turns():
    _, shelf = three()
    assert answers(Balance(NAMES, models=shelf), 7) == "abcabca"


def test_turns_are_shared_by_all_who_choose_among_the_same_models():
    _, shelf = three()
    one, other = Balance(NAMES, models=shelf), Balance(NAMES[:2], models=shelf)
    assert answers(one, 1) + answers(other, 2) + answers(one, 1) == "abac"


def test_the_least_busy_one():
    _, shelf = three(a=[After(0.03, "slow")] * 9)
    balance = Balance(NAMES, by="least_busy", models=shelf)

    async def ask():
        slow = asyncio.ensure_future(balance.complete(asking()))
        await asyncio.sleep(0)
        quick = [(await balance.complete(asking())).provider for _ in range(4)]
        return [(await slow).provider, *quick, (await balance.complete(asking())).provider]

    assert "".join(asyncio.run(ask())) == "abcbca"


def test_an_open_stream_keeps_a_model_busy():
    _, shelf = three()
    balance = Balance(NAMES[:2], by="least_busy", models=shelf)

    async def ask():
        stream = balance.stream(asking())
        await anext(stream)
        busy = [(await balance.complete(asking())).provider for _ in range(2)]
        await stream.aclose()
        return [*busy, (await balance.complete(asking())).provider]

    assert asyncio.run(ask()) == ["b", "b", "a"]


def test_one_that_failed_rests_and_the_call_goes_on():
    clock = Clock()
    (a, _, _), shelf = three(clock, a=[NetworkError("down"), *["up again"] * 5])
    balance = Balance(NAMES, models=shelf)
    assert answers(balance, 5) == "bcbcb"
    assert len(a.requests) == 1
    clock.now += 30
    assert answers(balance, 3) == "acb"


def test_the_provider_says_how_long_to_rest():
    clock = Clock()
    error = RateLimitError("slow down", status=429, retryable=True)
    error.retry_after = 90
    _, shelf = three(clock, a=[error, *["back"] * 5])
    balance = Balance(NAMES, models=shelf)
    assert answers(balance, 1) == "b"
    clock.now += 60
    assert answers(balance, 2) == "cb"
    clock.now += 30
    assert "a" in answers(balance, 2)


def test_those_at_rest_are_asked_when_nobody_else_is_left():
    down = NetworkError("down")
    _, shelf = three(a=[down, "a is back"], b=[down] * 2, c=[down] * 2)
    balance = Balance(NAMES, models=shelf)
    with pytest.raises(NetworkError, match="none of 3 models answered"):
        answers(balance, 1)
    assert answers(balance, 1) == "a"


def test_vectors_come_from_any_server_of_the_same_model():
    _, shelf = three()
    balance = Balance(NAMES, models=shelf)
    assert len(asyncio.run(balance.embed("x", ["one", "two"])).vectors) == 2
    assert answers(balance, 2) == "bc"


def test_jobs_are_shared_out_and_passed_on():
    (a, b, _), shelf = three()
    balance = Balance(NAMES, models=shelf)
    outcome = asyncio.run(balance.perform(Rerank(model="smart", query="x", documents=["y", "x"])))
    assert (outcome.model, outcome.usage.cost) == ("m", None)
    assert [job.model for job in a.jobs] == ["m"]
    asyncio.run(balance.perform(Rerank(model="smart", query="x", documents=["y"])))
    assert (len(a.jobs), len(b.jobs)) == (1, 1)


@given(st.lists(st.sampled_from("abc"), max_size=30), st.integers(0, 3))
def test_loads_end_at_zero_and_turns_are_even(failing, extra):
    """Whatever fails in between, nobody stays busy, and those that work get their even share."""
    down = set(failing)

    def reply(request: Request):
        return "fine"

    providers = [
        ScriptedProvider(lambda request: NetworkError("down"), name) if name in down else ScriptedProvider(reply, name)
        for name in "abc"
    ]
    shelf = Shelf(*providers)
    balance = Balance(NAMES, models=shelf)
    working = 3 - len(down)
    if not working:
        with pytest.raises(NetworkError):
            answers(balance, 1)
    else:
        share = Counter(answers(balance, working * (extra + 1)))
        assert set(share.values()) == {extra + 1}
    assert {shelf.loads._of(name).open for name in NAMES} == {0}


def test_made_up_names_do_not_fill_the_memory():
    loads = Loads(Clock())
    loads.enter("busy/x")
    loads.rest("resting/x", 10)
    for at in range(5000):
        loads.enter(f"a/{at}")
        loads.leave(f"a/{at}")
    assert len(loads._loads) <= 1002
    assert loads._of("busy/x").open == 1
    assert loads.awake_first(["resting/x", "a/1"]) == ["a/1", "resting/x"]


def test_keys_take_turns_and_bad_ones_rest():
    good, bad = (
        ScriptedProvider(lambda _: "good", "svc"),
        ScriptedProvider(lambda _: AuthError("no", status=401), "svc"),
    )
    keys = Keys([bad, good])

    async def ask():
        return [(await keys.complete(Request(model="m", messages=[Message("user", "Hi")]))).text for _ in range(3)]

    assert asyncio.run(ask()) == ["good"] * 3
    assert (len(bad.requests), len(good.requests)) == (1, 3)
    assert {request.model for request in good.requests} == {"m"}
    assert (keys.name, keys.identity, keys.cost("m", Usage(1))) == ("svc", "svc", None)


def test_keys_that_are_all_refused_are_told_apart_without_being_told():
    refused = [ScriptedProvider(lambda _: AuthError("refused", status=401), "svc") for _ in range(2)]
    with pytest.raises(AuthError, match=r"svc \(key 1\): refused; svc \(key 2\): refused"):
        asyncio.run(Keys(refused).complete(asking()))


def test_keys_pass_the_rest_on():
    keys = Keys([scripted("svc"), scripted("svc")])

    async def ask():
        await keys.aclose()
        count = await keys.count_tokens("m", [Message("user", "two words")])
        return count.tokens, (await keys.info("m")).name, [info.name for info in await keys.list_models()]

    assert asyncio.run(ask()) == (2, "svc/m", ["svc/test"])
    vectors = asyncio.run(keys.embed("m", ["x"])).vectors
    assert len(vectors) == 1


def route(choose, *providers, **options):
    return Route(choose, name="smart", models=Shelf(*providers), **options)


@pytest.mark.parametrize("is_async", [False, True])
def test_a_function_of_the_request_chooses(is_async):
    def by_length(request):
        return "b/long" if len(request.messages[-1].text) > 5 else "a/short"

    async def by_length_slowly(request):
        await asyncio.sleep(0)
        return by_length(request)

    a, b = scripted("a"), scripted("b")
    chosen = route(by_length_slowly if is_async else by_length, a, b)

    async def ask():
        short = await chosen.complete(asking("Hi"))
        long = [event async for event in chosen.stream(asking("Hello there"))]
        return short.text, "".join(event.text for event in long if isinstance(event, TextDelta))

    assert asyncio.run(ask()) == ("I am a", "I am b")
    assert (a.requests[0].model, b.requests[0].model) == ("short", "long")


@pytest.mark.parametrize(
    ("wrong", "said"), [(None, "null"), (3, "a number"), ("", "an empty text"), (["a/m"], "a list")]
)
def test_the_function_must_give_a_name(wrong, said):
    with pytest.raises(InvalidValueError, match=f"must give the name of a model, not {said}$"):
        asyncio.run(route(lambda request: wrong, scripted("a")).complete(asking()))


def test_the_function_may_give_a_wrong_name_or_fail():
    with pytest.raises(NotFoundError):
        asyncio.run(route(lambda request: "nobody/x", scripted("a")).complete(asking()))
    with pytest.raises(ZeroDivisionError):
        asyncio.run(route(lambda request: 1 / 0, scripted("a")).complete(asking()))


def test_a_route_asks_one_model():
    b = scripted("b")
    with pytest.raises(NetworkError):
        asyncio.run(route(lambda request: "a/m", scripted("a", NetworkError("x")), b).complete(asking()))
    assert b.requests == []


PICTURE = Media(kind="image", mime="image/png", data=b"x")
RULES = [
    Rule("a/eyes", media=True),
    Rule("a/hands", tools=True),
    Rule("a/small", tokens=10, tools=False),
    Rule("a/large"),
]


@pytest.mark.parametrize(
    ("request_", "model"),
    [
        (asking("Hi"), "small"),
        (asking("x" * 40), "small"),
        (asking("x" * 41), "large"),
        (asking("Hi", tools=[{"name": "f"}]), "hands"),
        (Request(model="", messages=[Message("user", [Text("What is it?"), PICTURE])]), "eyes"),
        (Request(model="", messages=[Message("tool", [ToolResult("1", [PICTURE])])]), "eyes"),
        (Request(model="", messages=[Message("tool", [ToolResult("1", [Text("x" * 41)])])]), "large"),
    ],
)
def test_the_first_rule_that_fits(request_, model):
    a = scripted("a")
    asyncio.run(route(RULES, a).complete(request_))
    assert a.requests[0].model == model


def test_no_rule_fits():
    with pytest.raises(InvalidValueError, match="no rule fits") as caught:
        asyncio.run(route(RULES[:1], scripted("a")).complete(asking()))
    assert caught.value.hint == "end with a rule that has only a model"


def test_nothing_is_known_of_a_route():
    info = asyncio.run(route(RULES, scripted("a")).info("smart"))
    assert (info.name, info.context_length) == ("smart", None)
