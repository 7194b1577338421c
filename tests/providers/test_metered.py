"""Models on a budget: reserved before a call is sent, charged for what it came to."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from llmspell.budget import Budget
from llmspell.errors import (
    AuthError,
    InvalidValueError,
    LimitError,
    ModelError,
    NetworkError,
    ProviderError,
    RateLimitError,
    TimeoutExceededError,
)
from llmspell.providers import metered
from llmspell.providers.base import (
    Embeddings,
    Finished,
    LLMProvider,
    ModelInfo,
    Request,
    Response,
    Started,
    TextDelta,
    Usage,
)
from llmspell.providers.content import Media, Message, Reasoning, State, Text
from llmspell.providers.jobs import Outcome, Paint, Ranked, Rerank
from llmspell.providers.metered import Metered, MeteredModels
from llmspell.providers.retry import Retry, RetryPolicy, with_retries
from llmspell.providers.select import Fallback
from llmspell.providers.select.loads import Loads

INPUT = 12  # what "hello" is estimated at, framing included
PRICE = 0.001


class Model(LLMProvider):
    """A model with a price per token, None for an unknown one. `act` is what it does before it answers."""

    def __init__(self, name="fake", price=PRICE, usage=None, act=None, text="Hi"):
        self.name = name
        self.price = price
        self.usage = usage or Usage(10, 5)
        self.act = act
        self.text = text
        self.requests = []
        self.busy = self.busiest = 0

    async def complete(self, request):
        self.requests.append(request)
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            await (self.act() if self.act else asyncio.sleep(0))
        finally:
            self.busy -= 1
        return Response(
            parts=[Text(self.text)], finish_reason="stop", raw_finish_reason=None, usage=self.usage, model=request.model
        )

    async def stream(self, request):
        self.requests.append(request)
        if self.act:
            await self.act()
        yield Started(model=request.model)
        for word in self.text.split():
            yield TextDelta(word)
        yield self.usage
        yield Finished("stop")

    async def embed(self, model, texts, **options):
        return Embeddings(vectors=[[1.0]] * len(texts), model=model, usage=self.usage)

    async def perform(self, job):
        return Outcome([Ranked(0, 1.0)], job.model, Usage(input_tokens=3))

    def cost(self, model, usage):
        if self.price is None or (usage.input_tokens is None and self.price):
            return None
        return self.price * ((usage.input_tokens or 0) + (usage.output_tokens or 0))

    async def list_models(self):
        return []

    async def info(self, model):
        return ModelInfo(name=model, provider=self.name)


def ask(max_tokens=None, **options):
    return Request(model="m", messages=[Message("user", "hello")], max_tokens=max_tokens, **options)


def run(work):
    return asyncio.run(work)


async def read(stream):
    return [event async for event in stream]


async def fail(error):
    raise error


def test_a_call_is_charged_with_what_it_came_to():
    budget = Budget(max_cost=1.0)
    response = run(Metered(Model(), budget).complete(ask(max_tokens=100)))
    assert (budget.cost, budget.tokens, budget.held) == (pytest.approx(0.015), 15, {})
    assert response.usage.cost == pytest.approx(0.015)


def test_an_unbounded_run_is_counted_too_and_nothing_is_estimated(monkeypatch):
    monkeypatch.setattr("llmspell.providers.forecast.input_tokens", None)
    budget, model = Budget(), Model()
    run(Metered(model, budget).complete(ask()))
    run(read(Metered(model, budget).stream(ask())))
    assert (budget.cost, budget.tokens) == (pytest.approx(0.03), 30)
    assert model.requests[0].max_tokens is None


def test_more_than_there_is_is_not_sent():
    budget, model = Budget(max_cost=0.05), Model()
    with pytest.raises(LimitError, match=r"budget of \$0\.05 exceeded: a call may cost \$0\.1"):
        run(Metered(model, budget).complete(ask(max_tokens=100)))
    assert model.requests == []
    assert budget.exceeded


def test_what_nobody_bounded_is_bounded_by_what_is_left():
    model = Model()
    run(Metered(model, Budget(max_cost=0.1)).complete(ask()))
    assert model.requests[0].max_tokens == 100 - INPUT
    run(Metered(model, Budget(max_tokens=500)).complete(ask()))
    assert model.requests[1].max_tokens == 500 - INPUT
    run(Metered(model, Budget(max_tokens=10**6)).complete(ask()))
    assert model.requests[2].max_tokens is None
    run(Metered(model, Budget(max_tokens=20_012)).complete(ask()))
    assert model.requests[3].max_tokens == 10_000


def test_no_call_is_made_for_a_few_words():
    with pytest.raises(LimitError, match="budget of 25 tokens exceeded: a call may take 28, and 25 are left"):
        run(Metered(Model(), Budget(max_tokens=25)).complete(ask()))


def test_a_price_that_is_unknown_is_refused_only_where_money_is_bounded():
    model = Model(price=None)
    with pytest.raises(ModelError, match="the price of fake/m is not known") as caught:
        run(Metered(model, Budget(max_cost=1)).complete(ask()))
    assert "max_tokens" in caught.value.hint
    assert model.requests == []
    budget = Budget(max_tokens=1000)
    run(Metered(model, budget).complete(ask()))
    assert (budget.priced, budget.tokens) == (False, 15)


def test_free_models_need_no_money():
    budget = Budget(max_cost=1e-6)
    run(Metered(Model(price=0.0), budget).complete(ask()))
    assert (budget.cost, budget.tokens) == (0.0, 15)


def test_calls_at_the_same_time_wait_for_what_others_hold():
    async def main():
        model = Model(act=lambda: asyncio.sleep(0.001))
        budget = Budget(max_tokens=600)
        models = Metered(model, budget)
        await asyncio.gather(*(models.complete(ask(max_tokens=100)) for _ in range(30)))
        assert budget.tokens == 450
        assert 1 < model.busiest <= 5

    run(main())


def test_calls_at_the_same_time_never_overshoot():
    async def main():
        model = Model(usage=Usage(10, 100), act=lambda: asyncio.sleep(0))
        budget = Budget(max_tokens=500)
        models = Metered(model, budget)
        done = await asyncio.gather(*(models.complete(ask(max_tokens=100)) for _ in range(20)), return_exceptions=True)
        assert sum(isinstance(each, LimitError) for each in done) == 16
        assert budget.tokens == 440

    run(main())


def test_open_calls_share_what_is_left():
    async def main():
        model = Model(act=lambda: asyncio.sleep(0.001), usage=Usage(10, 300))
        budget = Budget(max_tokens=20_000)
        await asyncio.gather(*(Metered(model, budget).complete(ask()) for _ in range(10)))
        bounds = [request.max_tokens for request in model.requests]
        assert model.busiest > 1
        assert min(bounds) >= 1024
        assert budget.tokens == 3100

    run(main())


def test_a_stream_is_charged_at_its_end():
    budget = Budget(max_cost=1.0)
    run(read(Metered(Model(), budget).stream(ask(max_tokens=100))))
    assert (budget.cost, budget.tokens, budget.held) == (pytest.approx(0.015), 15, {})


def test_a_stream_that_is_left_early_is_charged_for_what_came():
    async def main():
        budget = Budget(max_tokens=1000)
        async with contextlib.aclosing(Metered(Model(text="word " * 100), budget).stream(ask())) as events:
            assert budget.tokens == 0
            for _ in range(21):
                await anext(events)
        assert (budget.tokens, budget.held) == (INPUT + 20, {})

    run(main())


def test_a_stream_that_was_never_read_costs_nothing():
    async def main():
        budget = Budget(max_tokens=1000)
        await Metered(Model(), budget).stream(ask()).aclose()
        assert (budget.tokens, budget.held) == (0, {})

    run(main())


def test_streams_that_nobody_reads_are_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(metered, "_PATIENCE", 0.05)

    async def main():
        budget = Budget(max_tokens=200)
        models = Metered(Model(), budget)
        async with contextlib.aclosing(models.stream(ask(max_tokens=150))) as events:
            await anext(events)
            with pytest.raises(LimitError, match="a call may take 112, and 38 are left"):
                await models.complete(ask(max_tokens=100))

    run(main())


@pytest.mark.parametrize("error", [AuthError("no"), RateLimitError("slow"), ProviderError("down", status=503)])
@pytest.mark.parametrize("how", ["complete", "stream"])
def test_what_was_refused_is_free(error, how):
    budget = Budget(max_tokens=1000)
    model = Metered(Model(act=lambda: fail(error)), budget)
    with pytest.raises(type(error)):
        run(model.complete(ask()) if how == "complete" else read(model.stream(ask())))
    assert (budget.tokens, budget.held, budget.exceeded) == (0, {}, None)


@pytest.mark.parametrize("error", [TimeoutExceededError("late"), ProviderError("cut"), ValueError("bug")])
def test_what_was_broken_off_may_have_to_be_paid(error):
    budget = Budget(max_cost=1.0, max_tokens=1000)
    with pytest.raises((type(error), ProviderError)):
        run(Metered(Model(act=lambda: fail(error)), budget).complete(ask(max_tokens=100)))
    assert (budget.tokens, budget.cost, budget.held) == (112, pytest.approx(0.112), {})


def test_a_cancelled_call_is_charged_unless_it_is_free():
    async def main(price):
        budget = Budget(max_tokens=1000)
        task = asyncio.create_task(
            Metered(Model(price=price, act=lambda: asyncio.sleep(9)), budget).complete(ask(max_tokens=50))
        )
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.wait([task])
        return budget

    assert run(main(PRICE)).tokens == INPUT + 50
    assert run(main(0.0)).tokens == INPUT
    assert run(main(0.0)).held == {}


def test_a_stream_without_usage_is_estimated():
    budget = Budget(max_cost=1.0)
    run(read(Metered(Model(usage=Usage(), text="word " * 40), budget).stream(ask(max_tokens=100))))
    assert (budget.tokens, budget.cost) == (INPUT + 40, pytest.approx((INPUT + 40) * PRICE))


def test_what_was_remembered_is_free():
    class Remembering(Model):
        async def complete(self, request):
            response = await super().complete(request)
            response.cached = True
            return response

        async def stream(self, request):
            yield Started(cached=True)
            yield TextDelta("Hi")
            yield self.usage
            yield Finished("stop")

    budget = Budget(max_cost=1.0)
    run(Metered(Remembering(), budget).complete(ask(max_tokens=100)))
    run(read(Metered(Remembering(), budget).stream(ask(max_tokens=100))))
    assert (budget.cost, budget.tokens, budget.held) == (0.0, 0, {})


def test_embeddings_and_ranking_are_charged():
    budget = Budget(max_cost=1.0)
    model = Metered(Model(usage=Usage(input_tokens=4)), budget)
    run(model.embed("m", ["one", "two"]))
    run(model.perform(Rerank(model="m", query="q", documents=["a", "b"])))
    assert (budget.tokens, budget.cost) == (7, pytest.approx(0.007))
    with pytest.raises(LimitError):
        run(Metered(Model(), Budget(max_tokens=10)).embed("m", ["word " * 100]))


def test_pictures_have_no_price_beforehand():
    with pytest.raises(ModelError, match="the price of fake/m is not known"):
        run(Metered(Model(), Budget(max_cost=1.0)).perform(Paint(model="m", prompt="a cat")))
    budget = Budget(max_tokens=100)
    run(Metered(Model(), budget).perform(Paint(model="m", prompt="a cat")))
    assert budget.tokens == 3
    run(Metered(Model(price=0.0), Budget(max_cost=1.0)).perform(Paint(model="m", prompt="a cat")))


@pytest.mark.parametrize(
    "extra", [{"max_completion_tokens": 9}, {"generationConfig": {"maxOutputTokens": 9}}, {"n": 5}]
)
def test_nothing_goes_round_the_bound(extra):
    model = Model()
    with pytest.raises(InvalidValueError, match="cannot be used while max_cost or max_tokens bounds the run"):
        run(Metered(model, Budget(max_tokens=1000)).complete(ask(extra=extra)))
    run(Metered(model, Budget()).complete(ask(extra=extra)))


def test_all_that_is_sent_is_counted():
    def tokens(**options):
        budget = Budget(max_tokens=10**9)
        model = Model(usage=Usage(output_tokens=0))
        run(Metered(model, budget).complete(ask(max_tokens=5, **options)))
        return budget.tokens

    tool = {"name": "t", "description": "word " * 100, "parameters": {}}
    assert tokens() == INPUT
    assert tokens(tools=[tool]) > INPUT + 100
    assert tokens(schema={"description": "word " * 100}) > INPUT + 100

    def of(part):
        budget = Budget(max_tokens=10**9)
        request = Request(model="m", messages=[Message("user", [part])], max_tokens=5)
        run(Metered(Model(usage=Usage(output_tokens=0)), budget).complete(request))
        return budget.tokens

    assert of(Media(kind="image", mime="image/png", data=b"")) > 2000
    assert of(Media(kind="document", mime="application/pdf", data=bytes(10**6))) > 20_000
    assert of(Reasoning("word " * 400)) > 400
    assert of(Text("x", State("w", {"signature": "s" * 4000}))) > 1000


class Models:
    def __init__(self, *providers):
        self.loads = Loads()
        self._providers = {provider.name: provider for provider in providers}

    def resolve(self, name):
        provider, _, model = name.partition("/")
        return self._providers[provider], model or provider


def test_every_model_of_a_choice_is_charged_for_itself():
    broken, dear = Model("a", act=lambda: fail(TimeoutExceededError("late", retryable=True))), Model("b", price=0.002)
    choice = Fallback(["a/m", "b/m"], name="both")
    budget = Budget(max_cost=1.0)
    models = MeteredModels(Models(broken, dear, choice), budget)
    provider, _ = models.resolve("both")
    run(provider.complete(ask(max_tokens=100)))
    assert budget.cost == pytest.approx(112 * 0.001 + 15 * 0.002)


def test_a_part_of_a_run_charges_it_once():
    run_budget, other = Budget(), Budget()
    part = run_budget.child(max_tokens=1000)
    choice = Fallback(["a/m"], name="one")
    models = MeteredModels(MeteredModels(Models(Model("a"), choice), run_budget), part)
    for name in ("a/m", "one"):
        run(models.resolve(name)[0].complete(ask()))
    assert (part.tokens, run_budget.tokens, run_budget.cost) == (30, 30, pytest.approx(0.03))
    run(Metered(models.resolve("a/m")[0], other).complete(ask()))
    assert (part.tokens, run_budget.tokens, other.tokens) == (45, 45, 15)


def test_every_attempt_is_reserved():
    class Repeating(Model):
        attempts = 0

        async def complete(self, request):
            whole = super().complete

            async def attempt():
                self.attempts += 1
                if self.attempts < 3:
                    error = NetworkError("cut", retryable=True)
                    error.sent = True
                    raise Retry(error)
                return await whole(request)

            return await with_retries(attempt, RetryPolicy(first_pause=0.001))

    budget = Budget(max_tokens=1000)
    run(Metered(Repeating(), budget).complete(ask(max_tokens=100)))
    assert budget.tokens == 2 * 112 + 15
    budget, model = Budget(max_tokens=200), Repeating()
    with pytest.raises(LimitError):
        run(Metered(model, budget).complete(ask(max_tokens=100)))
    assert (model.attempts, budget.tokens) == (1, 112)
