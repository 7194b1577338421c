"""The cache of answers: what is the same request, what is kept, and what comes back."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.errors import NetworkError, ProviderError
from llmspell.providers.accumulator import Accumulator, fold
from llmspell.providers.base import Request, Response, TextDelta, Usage
from llmspell.providers.content import Foreign, Media, Message, Reasoning, State, Text, ToolCall
from llmspell.providers.local.provider import LocalProvider
from llmspell.providers.local.store import ModelStore
from llmspell.providers.select import Cached, Fallback, replay
from llmspell.providers.select.answers import Answers
from llmspell.providers.select.cache import CachedModels
from llmspell.testing import ScriptedProvider
from tests import tiny
from tests.providers.selecting import Clock, Shelf, asking, scripted


@pytest.fixture
def answers(tmp_path):
    store = Answers(tmp_path / "cache" / "answers.sqlite3")
    yield store
    store.close()


def counting(name="a"):
    """Each answer has its number."""
    provider = ScriptedProvider(lambda request: f"answer {len(provider.requests)}", name)
    return provider


def complete(provider, text="Hi", **fields):
    return asyncio.run(provider.complete(asking(text, **fields)))


def streamed(provider, **fields):
    async def all_of():
        return [event async for event in provider.stream(asking(**fields))]

    return asyncio.run(all_of())


def test_the_same_request_is_answered_once(answers):
    provider = counting()
    provider.cost = lambda model, usage: 1.5
    cached = Cached(provider, answers)
    first, second = complete(cached), complete(cached, timeout=9)
    assert (first.text, first.cached, first.usage.cost) == ("answer 1", False, None)
    assert (second.text, second.cached, second.usage.cost) == ("answer 1", True, 0.0)
    assert (second.usage.input_tokens, second.usage.output_tokens) == (1, 2)
    assert len(provider.requests) == 1


def test_a_stream_is_kept_and_given_again_event_by_event(answers):
    provider = counting()
    cached = Cached(provider, answers)
    first, second = streamed(cached), streamed(cached)
    assert [event for event in second if isinstance(event, TextDelta)] == [TextDelta("answer"), TextDelta(" 1")]
    assert len(second) == len(first)
    assert (second[0].cached, second[-2].cost) == (True, 0.0)
    assert complete(cached).text == "answer 1"
    assert len(provider.requests) == 1


def test_a_whole_answer_is_a_stream_too(answers):
    cached = Cached(counting(), answers)
    whole = complete(cached)
    again = asyncio.run(fold(cached.stream(asking()), "smart"))
    assert (again.text, again.cached, again.model) == (whole.text, True, whole.model)


@pytest.mark.parametrize(
    "other",
    [
        asking("Ho"),
        asking(temperature=0),
        asking(tools=[{"name": "f"}]),
        asking(extra={"x": 1}),
        asking(stop=["."]),
        Request(model="other", messages=[Message("user", "Hi")]),
        Request(model="smart", messages=[Message("system", "Hi")]),
        Request(model="smart", messages=[Message("user", [Text("Hi", State("w", {}))])]),
        Request(model="smart", messages=[Message("user", [Media(kind="image", mime="image/png", data=b"1")])]),
        Request(model="smart", messages=[Message("user", [Media(kind="image", mime="image/png", data=b"2")])]),
    ],
)
def test_another_request_is_another_answer(answers, other):
    cached = Cached(counting(), answers)
    complete(cached)
    assert not asyncio.run(cached.complete(other)).cached
    assert asyncio.run(cached.complete(other)).cached


def test_servers_of_one_name_are_told_apart(answers):
    class Server(ScriptedProvider):
        identity = "here at http://127.0.0.1:2/v1"

    complete(Cached(scripted("here", "one"), answers))
    assert complete(Cached(Server(["two"], "here"), answers)).text == "two"


def test_another_file_of_the_same_name_is_another_model(answers, tmp_path):
    store = ModelStore(tmp_path)
    tiny.write(tmp_path / "m.gguf")
    local = LocalProvider(store)

    class Local(ScriptedProvider):
        def version(self, model):
            return local.version("m")

    cached = Cached(Local(["one", "two"], "local"), answers)
    assert [complete(cached).text for _ in range(2)] == ["one", "one"]
    os.utime(tmp_path / "m.gguf", (1, 1))
    assert complete(cached).text == "two"


def test_answers_grow_old(tmp_path):
    clock = Clock()
    answers = Answers(tmp_path / "a.db", clock=clock)
    provider = counting()
    complete(Cached(provider, answers))
    clock.now += 60
    assert complete(Cached(provider, answers, 60)).text == "answer 1"
    clock.now += 1
    assert complete(Cached(provider, answers)).text == "answer 1"
    assert complete(Cached(provider, answers, 60)).text == "answer 2"
    assert complete(Cached(provider, answers, 60)).text == "answer 2"
    answers.close()


def test_errors_are_not_kept(answers):
    cached = Cached(scripted("a", NetworkError("x"), [TextDelta("Hel"), NetworkError("y")], "fine"), answers)
    with pytest.raises(NetworkError):
        complete(cached)
    with pytest.raises(NetworkError):
        streamed(cached)
    assert complete(cached).text == "fine"


def test_a_stream_without_an_end_is_an_error_and_not_kept(answers):
    cached = Cached(scripted("a", [TextDelta("Hel")], "fine"), answers)
    with pytest.raises(ProviderError, match="before it was finished"):
        streamed(cached)
    assert complete(cached).text == "fine"


def test_a_stream_left_early_is_closed_and_not_kept(answers):
    provider = counting()
    cached = Cached(provider, answers)

    async def leave():
        async with aclosing(cached.stream(asking())) as events:
            await anext(events)

    asyncio.run(leave())
    assert (provider.open, complete(cached).text) == (0, "answer 2")


def test_nothing_of_the_request_is_written(answers):
    complete(Cached(counting(), answers), "planted-secret", extra={"api_key": "sk-planted"})
    answers.close()
    content = b"".join(file.read_bytes() for file in answers.path.parent.iterdir())
    assert b"planted" not in content
    assert b"answer 1" in content
    assert answers.path.stat().st_mode & 0o077 == 0


def test_a_damaged_entry_counts_as_none(answers):
    cached = Cached(counting(), answers)
    complete(cached)
    for damaged in ("{", "[1]", '[{"is": "Nothing"}]', '[{"is": "TextDelta"}]'):
        answers.put(cached._key(asking()), damaged)
        assert not complete(cached).cached


@pytest.mark.parametrize("content", [b"not a database, but long enough to look" * 100, b""])
def test_a_file_that_is_no_cache_never_hinders(tmp_path, content):
    file = tmp_path / "answers.sqlite3"
    file.write_bytes(content)
    answers = Answers(file)
    cached = Cached(counting(), answers)
    assert complete(cached).text == "answer 1"
    assert complete(cached).text == ("answer 2" if content else "answer 1")
    answers.close()


def test_a_folder_that_cannot_be_written_never_hinders(tmp_path):
    (tmp_path / "file").write_text("")
    answers = Answers(tmp_path / "file" / "answers.sqlite3")
    assert [complete(Cached(counting(), answers)).text for _ in range(2)] == ["answer 1", "answer 1"]
    assert answers.info() == (0, 0)


def test_another_version_of_the_file_is_left_alone(tmp_path):
    file = tmp_path / "answers.sqlite3"
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    answers = Answers(file)
    answers.put(b"k", "v")
    assert answers.get(b"k") is None


def test_info_and_clear(answers):
    answers.put(b"k", "four")
    answers.put(b"l", "sevenths")
    assert answers.info() == (2, 12)
    answers.clear()
    assert answers.info() == (0, 0)


def test_the_oldest_make_room(tmp_path):
    clock = Clock()
    answers = Answers(tmp_path / "a.db", most_bytes=1000, clock=clock)
    for at in range(101):
        clock.now += 1
        answers.put(str(at).encode(), "x" * 100)
    assert answers.info() == (10, 1000)
    assert (answers.get(b"100") is None, answers.get(b"90") is None) == (False, True)
    answers.close()


def test_many_threads_and_two_files_at_once(tmp_path):
    stores = [Answers(tmp_path / "a.db") for _ in range(2)]

    def work(number):
        for at in range(20):
            stores[number % 2].put(f"{at}".encode(), f"text {at}")
            assert stores[(number + 1) % 2].get(f"{at}".encode()) in (None, f"text {at}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.info().answers for store in stores] == [20, 20]
    for store in stores:
        store.close()


def test_each_model_of_a_choice_has_its_own_answers(answers):
    a, b = scripted("a", NetworkError("down"), "from a"), counting("b")
    shelf = Shelf(a, b)
    shelf._providers["smart"] = Fallback(["a/one", "b/two"], name="smart", models=shelf)
    provider, model = CachedModels(shelf, answers, None).resolve("smart/smart")
    assert model == "smart"
    first, second, third = (complete(provider) for _ in range(3))
    assert (first.text, first.provider, first.cached) == ("answer 1", "b", False)
    assert (second.text, second.provider, second.cached) == ("from a", "a", False)
    assert (third.text, third.provider, third.cached, third.usage.cost) == ("from a", "a", True, 0.0)


CROSSING = st.integers(-(2**63), 2**63 - 1)  # others no spell could be told of
STATES = st.none() | st.builds(State, st.just("w"), st.dictionaries(st.text(max_size=5), st.text(max_size=5)))
PARTS = st.one_of(
    st.builds(Text, st.text(min_size=1), STATES),
    st.builds(Reasoning, st.text(min_size=1), STATES),
    st.builds(ToolCall, st.text(min_size=1), st.text(), st.dictionaries(st.text(), CROSSING), STATES),
    st.builds(Media, kind=st.just("image"), mime=st.text(), data=st.none() | st.binary(), state=STATES),
    st.builds(Foreign, st.builds(State, st.just("w"), st.just({"data": "x", "state": {"part": 1}}))),
)
USAGES = st.builds(Usage, st.none() | st.integers(0), st.none() | st.integers(0), cost=st.none() | st.floats(0, 9))


@given(
    st.lists(PARTS, max_size=5),
    USAGES,
    st.dictionaries(st.text(), st.integers()),
    st.none() | st.just([{"token": "a"}]),
)
def test_an_answer_survives_the_way_to_json_and_back(parts, usage, raw, logprobs):
    response = Response(
        parts=parts,
        finish_reason="other",
        raw_finish_reason="why",
        usage=usage,
        model="m",
        id="i",
        raw=raw,
        logprobs=logprobs,
        provider="p",
    )
    accumulator = Accumulator("x")
    for event in replay.loads(replay.dumps(replay.events_of(response))):
        accumulator.add(event)
    assert accumulator.response() == response


def test_embeddings_are_the_providers_own(answers):
    cached = Cached(scripted("a"), answers)

    async def ask():
        count = await cached.count_tokens("m", [Message("user", "two words")])
        names = [info.name for info in await cached.list_models()]
        return len((await cached.embed("m", ["x"])).vectors), count.tokens, (await cached.info("m")).name, names

    assert asyncio.run(ask()) == (1, 2, "a/m", ["a/test"])
    assert (cached.name, cached.cost("m", Usage(1))) == ("a", None)
    assert answers.info().answers == 0
