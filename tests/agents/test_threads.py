"""Conversations that go on in a later run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from llmspell import Host
from llmspell.agents import Agent, Thread, ThreadStore
from llmspell.agents.history import Summary
from llmspell.errors import InvalidValueError, NetworkError
from llmspell.providers.base import Request
from llmspell.storage.database import Database
from llmspell.testing import After, ScriptedProvider


@pytest.fixture
def store(tmp_path: Path):
    database = Database(tmp_path / "state.sqlite3")
    yield ThreadStore(database)
    database.close()


def agent(*replies: Any, **options: Any) -> Agent:
    """An agent that says how many messages it sees, or these replies."""

    def count(request: Request) -> str:
        return f"{len(request.messages)} messages"

    return Agent((ScriptedProvider(list(replies) if replies else count), "x"), **options)


def say(thread: Thread, *prompts: str) -> list[str]:
    async def main() -> list[str]:
        return [(await thread.run(prompt)).text for prompt in prompts]

    return asyncio.run(main())


def test_it_goes_on_in_a_later_run(store: ThreadStore) -> None:
    assert say(Thread(agent(), store, "ada"), "one", "two") == ["1 messages", "3 messages"]
    assert say(Thread(agent(), store, "ada"), "three") == ["5 messages"]
    assert say(Thread(agent(), store, "bob"), "one") == ["1 messages"]
    assert store.names() == ["ada", "bob"]
    assert store.delete("ada")
    assert not store.delete("ada")
    assert say(Thread(agent(), store, "ada"), "again") == ["1 messages"]


def test_each_scope_has_its_own(store: ThreadStore, tmp_path: Path) -> None:
    database = Database(tmp_path / "state.sqlite3")
    other = ThreadStore(database, "spell:/a.lua")
    say(Thread(agent(), store, "ada"), "one")
    assert other.load("ada") is None
    assert other.names() == []
    assert other.save("ada", {"version": 1}) == 1
    database.close()
    assert store.load("ada") != other.load("ada")
    database.close()


def test_what_fails_is_not_kept(store: ThreadStore) -> None:
    thread = Thread(agent("well", NetworkError("gone"), "again"), store, "ada")
    say(thread, "one")
    with pytest.raises(NetworkError):
        say(thread, "two")
    kept = store.load("ada")
    assert kept is not None
    assert (len(kept.data["messages"]), kept.version) == (2, 1)
    assert say(thread, "three") == ["again"]


def test_nothing_said_elsewhere_is_lost(store: ThreadStore) -> None:
    here, there = Thread(agent(), store, "ada"), Thread(agent(), store, "ada")
    say(here, "one")
    say(there, "two")
    with pytest.raises(InvalidValueError, match="'ada' went on elsewhere meanwhile"):
        say(here, "lost")
    assert say(here, "three") == ["5 messages"]


def test_runs_at_the_same_time_are_all_kept(store: ThreadStore) -> None:
    async def main() -> None:
        thread = Thread(agent(After(0.2, "slow"), After(0.05, "fast"), "then"), store, "ada")
        await asyncio.gather(thread.run("one"), thread.run("two"))
        await thread.run("three")

    asyncio.run(main())
    said = [message.text for message in asyncio.run(loaded(store)).messages]
    assert said == ["two", "fast", "one", "slow", "three", "then"]


async def loaded(store: ThreadStore) -> Thread:
    thread = Thread(agent(), store, "ada")
    await asyncio.gather(*(thread.load() for _ in range(5)))
    return thread


def streamed(thread: Thread, prompt: str) -> str:
    async def main() -> str:
        await thread.load()
        async with thread.stream(prompt) as stream:
            async for _ in stream:
                pass
        assert stream.result is not None
        thread.keep(stream.result)
        await thread.save()
        return stream.result.text

    return asyncio.run(main())


def test_a_stream_is_kept_when_it_is_told(store: ThreadStore) -> None:
    assert streamed(Thread(agent(), store, "ada"), "one") == "1 messages"
    assert say(Thread(agent(), store, "ada"), "two") == ["3 messages"]


def test_a_stream_goes_on_after_what_was_said_elsewhere(store: ThreadStore) -> None:
    thread = Thread(agent(), store, "ada")
    streamed(thread, "one")
    say(Thread(agent(), store, "ada"), "two")
    with pytest.raises(InvalidValueError, match="'ada' went on elsewhere meanwhile"):
        streamed(thread, "lost")
    assert streamed(thread, "three") == "5 messages"


def test_a_summary_is_kept_with_it(store: ThreadStore) -> None:
    def reply(request: Request) -> str:
        return "it was about letters" if "Summarise" in request.messages[-1].text else "well " * 50

    def summing() -> Agent:
        return Agent((provider, "x"), history=Summary(100, keep=2))

    provider = ScriptedProvider(reply)
    say(Thread(summing(), store, "ada"), "a " * 50, "b " * 50, "c " * 50)
    kept = store.load("ada")
    assert kept is not None
    assert kept.data["memory"]["summary"] == "it was about letters"
    say(Thread(summing(), store, "ada"), "d")
    assert provider.requests[-1].messages[0].text.startswith("Summary of the conversation so far:\nit was about")


def test_it_can_be_forgotten(store: ThreadStore) -> None:
    thread = Thread(agent(), store, "ada")
    say(thread, "one", "two")
    asyncio.run(thread.forget())
    assert store.names() == []
    assert say(thread, "again") == ["1 messages"]


def test_a_host_has_them(tmp_path: Path) -> None:
    async def main(prompt: str) -> str:
        async with Host(providers=[ScriptedProvider(lambda r: str(len(r.messages)))], state=tmp_path / "s") as host:
            return (await Thread(host.agent("scripted/x"), host.threads, "ada").run(prompt)).text

    assert [asyncio.run(main("one")), asyncio.run(main("two"))] == ["1", "3"]


@pytest.mark.parametrize("name", ["", "x" * 201, 7])
def test_names(store: ThreadStore, name: Any) -> None:
    with pytest.raises(InvalidValueError, match="cannot be the name of a conversation"):
        Thread(agent(), store, name)
    with pytest.raises(InvalidValueError, match="cannot be the name of a conversation"):
        store.load(name)


def test_what_has_no_room(store: ThreadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidValueError, match="too large"):
        store.save("ada", {"text": "x" * (17 << 20)})
    monkeypatch.setattr("llmspell.agents.threads.MAX_THREADS", 2)
    store.save("a", {})
    store.save("b", {})
    with pytest.raises(InvalidValueError, match="no room for one more conversation: 2 are kept"):
        store.save("c", {})
    assert store.save("a", {}, 1) == 2
    monkeypatch.setattr("llmspell.agents.threads.MAX_BYTES", 100)
    with pytest.raises(InvalidValueError, match="no room for one more conversation"):
        store.save("a", {"text": "x" * 100}, 2)
    store.save("a", {"text": "x" * 50}, 2)
    assert store.delete("a")
    store.save("c", {"text": "x" * 50})


def test_what_is_damaged(store: ThreadStore) -> None:
    store.save("ada", {"version": 1, "messages": [{"role": 1}], "memory": {}})
    with pytest.raises(InvalidValueError, match="the conversation cannot be read"):
        say(Thread(agent(), store, "ada"), "one")
