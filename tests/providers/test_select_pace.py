"""Keeping to limits: the rules by a clock of the test, then the queue and the provider that use them."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell.errors import AuthError, NetworkError, RateLimitError, TimeoutExceededError
from llmspell.providers.base import Request, Response, TextDelta, Usage
from llmspell.providers.content import Media, Message, Text
from llmspell.providers.jobs import Rerank
from llmspell.providers.retry import RetryPolicy
from llmspell.providers.select import Paced
from llmspell.providers.select.pace import MINUTE, Pace, Pacer, Window
from llmspell.providers.select.paced import _estimated
from llmspell.providers.select.queue import Queue
from llmspell.testing import After, ScriptedProvider
from tests.providers.selecting import Clock, asking

QUICK = RetryPolicy(first_pause=0.001, longest_pause=0.002)


def refusal(after: float | None = None) -> RateLimitError:
    error = RateLimitError("slow down", status=429, retryable=True)
    error.retry_after = after
    return error


ARRIVALS = st.lists(st.tuples(st.floats(0, 30), st.integers(1, 120), st.integers(0, 150)), max_size=60)


@given(ARRIVALS, st.integers(1, 8), st.integers(50, 200))
def test_no_minute_sees_more_than_is_allowed(arrivals, rpm, tpm):
    """Every call starts in the end, and in any 60 seconds no more requests and tokens start than the limits say."""
    pacer, now = Pacer(Pace(rpm=rpm, tpm=tpm)), 0.0
    started: list[tuple[float, int]] = []
    for gap, estimate, really in arrivals:
        now += gap
        for _ in range(3):  # one wait for requests, one for tokens, and none is left
            if not (wait := pacer.wait(now, estimate)):
                break
            now += wait
        assert pacer.wait(now, estimate) == 0
        pacer.finish(pacer.start(now, estimate), really if really < estimate else None)
        started.append((now, min(really, estimate) if really < estimate else estimate))
    for since, _ in started:
        inside = [tokens for at, tokens in started if since <= at < since + MINUTE - 1e-6]
        assert len(inside) <= rpm
        assert len(inside) == 1 or sum(inside) <= tpm


@given(st.lists(st.tuples(st.floats(0, 50), st.integers(0, 20), st.integers(0, 40)), max_size=50))
def test_a_window_adds_up_whatever_is_corrected(entries):
    window, now, kept = Window(10**9), 0.0, []
    for gap, amount, really in entries:
        now += gap
        window.wait(now, 0)
        kept.append(window.spend(now, amount))
        window.correct(kept[len(kept) // 2], really)
        assert window._total == sum(entry.amount for entry in window._entries)
    window.wait(now + MINUTE, 0)
    assert (window._total, len(window._entries)) == (0, 0)


def test_what_is_larger_than_the_limit_has_a_minute_for_itself():
    pacer = Pacer(Pace(tpm=100))
    assert pacer.wait(0, 5000) == 0
    pacer.start(0, 5000)
    assert pacer.wait(10, 1) == 50
    assert pacer.wait(60, 1) == 0


def test_corrections_make_room_and_take_it():
    pacer = Pacer(Pace(tpm=100))
    first, second = pacer.start(0, 60), pacer.start(1, 40)
    assert pacer.wait(2, 30) == 58
    pacer.finish(first, 10)
    assert pacer.wait(2, 30) == 0
    pacer.finish(second, 90)
    assert pacer.wait(2, 30) == 59
    pacer.finish(pacer.start(200, 1), 50)
    assert pacer.wait(201, 50) == 0


def test_a_pause_holds_for_its_time_and_longer_ones_win():
    pacer = Pacer(Pace())
    pacer.pause(0, 10)
    pacer.pause(1, 2)
    assert (pacer.wait(4, 0), pacer.wait(10, 0)) == (6, 0)


def test_calls_at_once():
    pacer = Pacer(Pace(concurrent=2))
    calls = [pacer.start(0, 0), pacer.start(0, 0)]
    assert pacer.full
    pacer.finish(calls[0], None)
    assert not pacer.full


def queue(clock=None, **pace):
    return Queue("svc", Pacer(Pace(**pace)), clock or Clock())


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["enter", "leave", "cancel", "cancel_first"]), max_size=40), st.integers(1, 3))
def test_the_queue_is_fair_and_loses_no_turn(steps, concurrent):
    """Whoever comes first goes first, whatever is cancelled, and no more than allowed are ever inside."""

    async def play():
        line, inside, order, tasks = queue(concurrent=concurrent), [], [], []

        async def visit(number):
            call = await line.enter(0, None)
            inside.append(call)
            order.append(number)

        for number, step in enumerate(steps):
            if step == "enter":
                tasks.append(asyncio.ensure_future(visit(number)))
            elif step == "leave" and inside:
                line.leave(inside.pop(), None)
            elif waiting := [task for task in tasks if not task.done()]:
                waiting[0 if step == "cancel_first" else -1].cancel()
            if number % 3:
                await settle()
            assert len(inside) <= concurrent
        await settle()
        for _ in range(len(tasks)):
            while inside:
                line.leave(inside.pop(), None)
            await settle()
        assert all(task.done() for task in tasks)
        assert order == sorted(order)
        assert (line._pacer._open, len(line._waiting)) == (0, 0)

    asyncio.run(play())


def test_a_turn_that_came_too_late_is_passed_on():
    async def play():
        line = queue(concurrent=1)
        call = await line.enter(0, None)
        first, second = (asyncio.ensure_future(line.enter(0, None)) for _ in range(2))
        await settle()
        line.leave(call, None)  # the first one has its turn, and is cancelled before it knows
        first.cancel()
        await settle()
        assert first.cancelled()
        line.leave(await second, None)
        assert line._pacer._open == 0

    asyncio.run(play())


def test_waiting_counts_towards_the_timeout():
    async def play():
        line = queue(concurrent=1)
        await line.enter(0, None)
        with pytest.raises(TimeoutExceededError, match=r"svc was too busy: no turn came within 0\.01 s") as caught:
            await line.enter(0, 0.01)
        assert caught.value.hint == "allow more time, or change [providers.svc.limits]"
        assert not line._waiting

    asyncio.run(play())


def test_time_lets_the_next_one_through():
    async def play():
        line = queue(asyncio.get_running_loop().time, rpm=1)
        line.leave(await line.enter(0, None), None)
        line._pacer._requests._entries[0].at -= MINUTE - 0.02  # the minute is nearly over
        await asyncio.wait_for(line.enter(0, None), 5)

    asyncio.run(play())


def test_nobody_waits_for_a_very_long_pause():
    async def play():
        clock = Clock()
        line = queue(clock, concurrent=1)
        await line.enter(0, None)
        waiting = asyncio.ensure_future(line.enter(0, None))
        await settle()
        line.pause(3600)
        for entering in (waiting, line.enter(0, None)):
            with pytest.raises(RateLimitError, match="svc asks to wait 3600 s") as caught:
                await entering
            assert (caught.value.retry_after, caught.value.retryable) == (3600, True)
        clock.now += 3600
        line._pacer._open = 0
        await line.enter(0, None)

    asyncio.run(play())


def test_a_queue_may_move_to_another_loop():
    line = queue(concurrent=1)

    async def fails():
        await line.enter(0, None)
        await line.enter(0, 0.001)

    with pytest.raises(TimeoutExceededError):
        asyncio.run(fails())
    line._pacer._open = 0
    asyncio.run(line.enter(0, None))


def paced(replies, **pace):
    provider = ScriptedProvider(replies, "svc")
    return provider, Paced(provider, Pace(**pace), retries=QUICK)


def test_no_more_calls_at_once_than_allowed():
    most = [0]

    def reply(request):
        most[0] = max(most[0], provider.open)
        return After(0.002, "Hi")

    provider, limited = paced(reply, concurrent=2)

    async def ask():
        async def streamed():
            return [event async for event in limited.stream(asking())]

        await asyncio.gather(*(limited.complete(asking()) if at % 2 else streamed() for at in range(10)))

    asyncio.run(ask())
    assert (most[0], len(provider.requests), limited._queue._pacer._open) == (2, 10, 0)


@pytest.mark.parametrize("way", ["complete", "stream", "embed"])
def test_failures_leave_the_queue(way):
    class Failing(ScriptedProvider):
        async def embed(self, model, texts, **options):
            raise AuthError("no key")

    limited = Paced(Failing([AuthError("no key")] * 3, "svc"), Pace(concurrent=1, tpm=1000))

    async def ask():
        if way == "stream":
            return [event async for event in limited.stream(asking())]
        return await (limited.embed("m", ["x"]) if way == "embed" else limited.complete(asking()))

    for _ in range(3):
        with pytest.raises(AuthError):
            asyncio.run(ask())
    assert (limited._queue._pacer._open, limited._queue._pacer._tokens._total) == (0, 0)


@pytest.mark.parametrize("way", ["complete", "stream"])
def test_what_may_be_mended_is_tried_again_in_a_turn_of_its_own(way):
    provider, limited = paced([refusal(0.001), NetworkError("x", retryable=True), "at last"], rpm=10)

    async def ask():
        if way == "complete":
            return (await limited.complete(asking())).text
        return "".join([event.text async for event in limited.stream(asking()) if isinstance(event, TextDelta)])

    assert asyncio.run(ask()) == "at last"
    assert limited._queue._pacer._requests._total == len(provider.requests) == 3


def test_a_refusal_pauses_all_calls():
    times = []

    def reply(request):
        times.append(asyncio.get_running_loop().time())
        return refusal(0.05) if len(times) == 1 else "Hi"

    _, limited = paced(reply, concurrent=1)

    async def ask():
        await asyncio.gather(*(limited.complete(asking()) for _ in range(3)))

    asyncio.run(ask())
    assert len(times) == 4
    assert all(at >= times[0] + 0.04 for at in times[1:])


def test_a_stream_holds_its_turn_until_it_is_closed_and_leaves_it_then():
    provider, limited = paced(lambda request: "one two three", concurrent=1)

    async def ask():
        stream = limited.stream(asking())
        await anext(stream)
        other = asyncio.ensure_future(limited.complete(asking()))
        await settle()
        assert not other.done()
        await stream.aclose()
        return (await other).text

    assert asyncio.run(ask()) == "one two three"
    assert (provider.open, limited._queue._pacer._open) == (0, 0)


def test_a_cancelled_call_gives_its_turn_back():
    _, limited = paced([After(60, "late"), "Hi"], concurrent=1)

    async def ask():
        task = asyncio.ensure_future(limited.complete(asking()))
        await settle()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return (await limited.complete(asking())).text

    assert asyncio.run(ask()) == "Hi"


def test_the_time_in_the_queue_is_taken_from_that_of_the_answer():
    provider, limited = paced([After(0.05, "slow"), "Hi"], concurrent=1)

    async def ask():
        await asyncio.gather(limited.complete(asking()), limited.complete(asking(timeout=10)))

    asyncio.run(ask())
    assert provider.requests[0].timeout is None
    assert 9 < provider.requests[1].timeout < 9.96


def test_a_request_without_a_time_has_that_of_the_provider():
    provider = ScriptedProvider(lambda request: "Hi", "svc")
    limited = Paced(provider, Pace(), timeout=20)

    async def ask():
        await limited.complete(asking())
        return [event async for event in limited.stream(asking())]

    asyncio.run(ask())
    assert all(19 < request.timeout <= 20 for request in provider.requests)


def test_tokens_are_estimated_and_corrected():
    def reply(request):
        return Response(parts=[Text("x")], finish_reason="stop", raw_finish_reason=None, usage=usages.pop(), model="m")

    usages = [Usage(), Usage(7, 2)]
    _, limited = paced(reply, tpm=10_000)
    window = limited._queue._pacer._tokens
    asyncio.run(limited.complete(asking()))
    assert window._total == 9
    asyncio.run(limited.complete(asking(max_tokens=20)))
    assert window._total == 9 + 21
    asyncio.run(limited.embed("m", ["a b c"]))
    assert window._total == 9 + 21 + 3


def test_jobs_wait_for_their_turn():
    provider, limited = paced([], concurrent=1, rpm=10)

    async def ask():
        line = limited._queue
        call = await line.enter(0, None)
        job = asyncio.ensure_future(limited.perform(Rerank(model="m", query="x", documents=["x"])))
        await settle()
        assert provider.jobs == []
        line.leave(call, None)
        return (await job).model

    assert asyncio.run(ask()) == "m"
    assert limited._queue._pacer._open == 0


def test_estimates():
    picture = Media(kind="image", mime="image/png", data=b"x" * 10**6)
    assert _estimated(asking("x" * 40)) == 510
    assert _estimated(Request(model="", messages=[Message("user", [picture])], max_tokens=1)) == 1001


def test_the_rest_is_the_providers_own():
    provider, limited = paced([])
    provider.default_model = "d"

    async def ask():
        await limited.aclose()
        count = await limited.count_tokens("m", [Message("user", "two words")])
        return count.tokens, (await limited.info("m")).name, [info.name for info in await limited.list_models()]

    assert asyncio.run(ask()) == (2, "svc/m", ["svc/test"])
    assert (limited.name, limited.identity, limited.cost("m", Usage(1))) == ("svc", "svc", None)
    assert Paced(provider, Pace()).default_model == "d"
