"""Documents are found by meaning and by words, and kept."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import llmspell
from llmspell import Config
from llmspell.agents import Agent, ToolContext
from llmspell.errors import InvalidValueError, LimitError, NetworkError
from llmspell.memory.documents import Document
from llmspell.memory.memory import Memory, embedding, fused
from llmspell.memory.store import Count, MemoryStore
from llmspell.memory.tool import retrieval_tool
from llmspell.providers.base import Response, Usage
from llmspell.providers.content import ToolCall
from llmspell.storage.database import Database
from llmspell.storage.state import Scope
from llmspell.testing import ScriptedProvider

T = TypeVar("T")
TOPICS = (("ship", "sail", "harbour", "boat"), ("tea", "cup", "water", "brew"), ("star", "moon", "night", "sky"))


def meaning(text: str) -> list[float]:
    """As a model would have it: how much a text is about each topic."""
    words = text.lower().replace(".", "").split()
    return [0.01 + sum(words.count(word) for word in topic) for topic in TOPICS]


class Embedder:
    def __init__(self) -> None:
        self.asked: list[tuple[int, str]] = []

    async def __call__(self, texts: list[str], kind: str) -> list[list[float]]:
        self.asked.append((len(texts), kind))
        return [meaning(text) for text in texts]


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@pytest.fixture
def database(tmp_path: Path):
    database = Database(tmp_path / "state.sqlite3")
    yield database
    database.close()


@pytest.fixture
def embed() -> Embedder:
    return Embedder()


@pytest.fixture
def memory(database: Database, embed: Embedder) -> Memory:
    return Memory(MemoryStore(database, "spell:/a.lua"), embed, model="m")


TEXTS = {
    "boats": "A boat has a sail.",
    "tea": "Hot water makes a cup of tea.",
    "night": "The moon is in the sky.",
    "ferry": "The vessel crosses at noon, says the ferryman.",
}
DOCUMENTS = [Document(text=text, source=source) for source, text in TEXTS.items()]


def sources(found: Any) -> list[str]:
    return [each.source for each in found]


def test_by_meaning_by_words_and_both(memory: Memory) -> None:
    async def main() -> None:
        assert await memory.add(DOCUMENTS) == Count(4, 4)
        assert sources(await memory.search("ship harbour", mode="words")) == []
        assert sources(await memory.search("ship harbour", mode="meaning", limit=1)) == ["boats"]
        assert sources(await memory.search("ferryman", mode="words")) == ["ferry"]
        both = await memory.search("ship ferryman", limit=2)
        assert sorted(sources(both)) == ["boats", "ferry"]
        [first] = await memory.search("a cup of tea", mode="meaning", limit=1)
        assert math.isclose(first.score, 1, abs_tol=0.1)

    run(main())


def test_a_document_that_is_there_costs_nothing(memory: Memory, embed: Embedder) -> None:
    async def main() -> None:
        await memory.add(DOCUMENTS)
        asked = len(embed.asked)
        assert await memory.add(DOCUMENTS) == Count(0, 0)
        assert len(embed.asked) == asked
        changed = Document(text="A boat sinks.", source="boats")
        assert await memory.add(changed) == Count(1, 1)
        assert await memory.count() == Count(4, 4)
        assert sources(await memory.search("sail", mode="words")) == []
        assert sources(await memory.search("sinks", mode="words")) == ["boats"]

    run(main())


def test_long_documents_are_embedded_in_batches(memory: Memory, embed: Embedder) -> None:
    text = "\n\n".join(f"# Part {number}\n{'word ' * 30}" for number in range(150))
    assert run(memory.add(Document(text=text))) == Count(1, 150)
    assert embed.asked == [(64, "document"), (64, "document"), (22, "document")]


def test_what_fails_leaves_nothing(database: Database) -> None:
    async def fail(texts: list[str], kind: str) -> list[list[float]]:
        raise NetworkError("gone")

    memory = Memory(MemoryStore(database, "a"), fail, model="m")
    with pytest.raises(NetworkError):
        run(memory.add(DOCUMENTS))
    assert run(memory.count()) == Count(0, 0)


@pytest.mark.parametrize("vector", [[], [0.0, 0.0], [math.inf, 1.0], [math.nan, 1.0]])
def test_a_vector_that_points_nowhere(database: Database, vector: list[float]) -> None:
    async def embed(texts: list[str], kind: str) -> list[list[float]]:
        return [vector for _ in texts]

    with pytest.raises(InvalidValueError, match="a vector without a direction"):
        run(Memory(MemoryStore(database, "a"), embed, model="m").add(DOCUMENTS[0]))


def test_one_model_for_all(database: Database, memory: Memory, embed: Embedder) -> None:
    run(memory.add(DOCUMENTS))
    asked = len(embed.asked)
    other = Memory(MemoryStore(database, "spell:/a.lua"), embed, model="n")
    for work in (other.add(DOCUMENTS), other.search("tea"), other.search("tea", mode="meaning")):
        with pytest.raises(InvalidValueError, match=r"^the memory 'default' has vectors of m, not of n$"):
            run(work)
    assert len(embed.asked) == asked
    assert sources(run(other.search("tea", mode="words"))) == ["tea"]
    assert run(other.delete()) == 4
    run(other.add(DOCUMENTS))


@pytest.mark.parametrize("left", [4, 3, 0])
def test_vectors_of_another_length_are_named(database: Database, memory: Memory, left: int) -> None:
    run(memory.add(DOCUMENTS))
    with database.writing() as connection:
        connection.execute("UPDATE memory_pieces SET vector = substr(vector, 1, ?) WHERE id = 2", (left,))
    with pytest.raises(InvalidValueError, match=f"numbers now, and {left // 4} before"):
        run(memory.search("boat", mode="meaning"))
    assert sources(run(memory.search("boat", mode="words"))) == ["boats"]
    assert run(memory.delete()) == len(DOCUMENTS)


def test_words_alone(database: Database) -> None:
    memory = Memory(MemoryStore(database, "a"))
    run(memory.add(DOCUMENTS))
    assert sources(run(memory.search("moon OR tea"))) != []
    with pytest.raises(InvalidValueError, match="this memory knows words alone"):
        run(memory.search("tea", mode="meaning"))


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("港", "zh"),
        ("東京", "tokyo"),
        ("港は何時に開きますか", "ja"),
        ("カタカナ", "katakana"),
        ("图书馆几点关门", "zh-library"),
        ("Tokyo駅", "tokyo"),
        ("서울", "ko"),
        ("สวัสดี", "th"),
        ("ΠΛΟΊΟ", "el"),
        ("größe", "de"),
        ("groesse", None),
        ("漢", None),
    ],
)
def test_words_of_every_writing(database: Database, query: str, best: str | None) -> None:
    texts = {
        "ja": "港は朝六時に開きます。",
        "zh": "港口在早上六点开门。港。港。",
        "zh-library": "图书馆晚上九点关门。",
        "tokyo": "東京駅(Tokyo駅)は大きい。",
        "katakana": "これはカタカナです。",
        "ko": "서울 은 수도이다.",
        "th": "สวัสดีครับ ท่าเรือ",
        "el": "το πλοίο φεύγει",
        "de": "Die Größe der Schiffe",
    }
    memory = Memory(MemoryStore(database, "a"))
    run(memory.add(Document(text=text, source=source) for source, text in texts.items()))
    assert sources(run(memory.search(query)))[:1] == ([] if best is None else [best])
    assert run(memory.delete()) == len(texts)
    assert run(memory.search(query)) == []


@pytest.mark.parametrize(
    "document",
    [Document(text="lone \ud800"), Document(text="a", title="\udfff"), Document(text="a", metadata={"a": {1, 2}})],
)
def test_what_is_no_text_and_no_json_is_refused(database: Database, document: Document) -> None:
    with pytest.raises(InvalidValueError, match="document"):
        run(Memory(MemoryStore(database, "a")).add(document))


def test_each_scope_and_name_has_its_own(database: Database, memory: Memory, embed: Embedder) -> None:
    run(memory.add(DOCUMENTS))
    for scope, name in (("spell:/b.lua", "default"), ("spell:/a.lua", "other")):
        other = Memory(MemoryStore(database, scope, name), embed, model="m")
        assert run(other.search("tea")) == []
        assert run(other.search("tea", mode="words")) == []
        assert run(other.sources()) == []
        assert run(other.delete("tea")) == 0
    assert len(run(memory.sources())) == 4
    assert Scope(database, "spell:/a.lua").keys() == []


def test_a_context_has_so_many_tokens(memory: Memory) -> None:
    run(memory.add(DOCUMENTS))
    text = run(memory.context("tea water", max_tokens=20))
    assert text == "[tea]\nHot water makes a cup of tea."
    assert run(memory.context("tea water", max_tokens=3)) == ""
    assert run(memory.context("tea water", limit=4)).count("[") == 4


def test_there_is_an_end(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmspell.memory.store.MAX_PIECES", 3)
    with pytest.raises(InvalidValueError, match=r"has no room: it has at most 3 pieces, and "):
        run(memory.add(DOCUMENTS))
    assert run(memory.count()) == Count(3, 3)
    run(memory.delete("tea"))
    run(memory.add(DOCUMENTS[3]))


def test_all_memories_of_a_spell_have_an_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmspell.memory.store.MAX_MEMORIES", 2)
    monkeypatch.setattr("llmspell.memory.store.MAX_BYTES", 100)
    one, two, three = (Memory(MemoryStore(database, "a", name)) for name in ("one", "two", "three"))
    run(one.add(Document(text="x" * 60)))
    with pytest.raises(InvalidValueError, match="no room"):
        run(two.add(Document(text="x" * 60)))
    run(two.add(Document(text="x" * 30)))
    with pytest.raises(InvalidValueError, match="no room"):
        run(three.add(Document(text="x")))
    run(one.delete())
    run(three.add(Document(text="x" * 60)))


def test_it_is_kept(tmp_path: Path, embed: Embedder) -> None:
    for expected in (Count(4, 4), Count(0, 0)):
        database = Database(tmp_path / "kept.sqlite3")
        assert run(Memory(MemoryStore(database, "a"), embed, model="m").add(DOCUMENTS)) == expected
        database.close()


def test_an_agent_searches_it(memory: Memory) -> None:
    run(memory.add(DOCUMENTS))
    call = Response(
        parts=[ToolCall(id="1", name="search_memory", arguments={"query": "tea water"})],
        finish_reason="tool_calls",
        raw_finish_reason="tool_calls",
        usage=Usage(),
        model="x",
    )
    provider = ScriptedProvider([call, "With hot water."])
    agent = Agent((provider, "x"), tools=[retrieval_tool(memory, limit=1)])
    assert run(agent.run("How is tea made?")).text == "With hot water."
    told = provider.requests[1].messages[-1].tool_results[0].text
    assert told == "[tea]\nHot water makes a cup of tea."
    empty = retrieval_tool(memory, max_tokens=1)
    assert run(empty.call({"query": "zebra"}, ToolContext())) == "Nothing fits."


QUERIES = st.text(max_size=40) | st.sampled_from(
    ['"', "a AND", "NEAR(a b)", "a*", "col:a", "^a", "' OR 1=1 --", "a" * 500]
)


@given(QUERIES)
@settings(max_examples=80, deadline=None)
def test_any_query_is_only_words(query: str) -> None:
    database = Database()
    memory = Memory(MemoryStore(database, "a"))

    async def main() -> None:
        await memory.add(DOCUMENTS)
        for found in await memory.search(query, limit=3):
            assert found.source in TEXTS

    run(main())
    database.close()


@given(st.lists(st.lists(st.integers(0, 9), unique=True, max_size=10), max_size=3))
def test_ranks_fuse(lists: list[list[int]]) -> None:
    ranked = fused([[(id_, 1.0) for id_ in each] for each in lists])
    assert {id_ for id_, _ in ranked} == {id_ for each in lists for id_ in each}
    assert [score for _, score in ranked] == sorted((score for _, score in ranked), reverse=True)
    for one in lists[:1]:
        for first, second in pairwise(one):
            if all(first in each and each.index(first) < each.index(second) for each in lists if second in each):
                order = [id_ for id_, _ in ranked]
                assert order.index(first) < order.index(second)


def test_the_budget_of_a_run_holds(tmp_path: Path) -> None:
    spell = tmp_path / "a.lua"
    spell.write_text("memory('m', {model = 'scripted/x'}):add(string.rep('word ', 200))")
    provider = ScriptedProvider([])
    provider.price = 0.001
    with pytest.raises(LimitError, match=r"budget of \$0\.05 exceeded"):
        llmspell.run(spell, providers=[provider], limits=llmspell.Limits(max_cost=0.05), isolation="inline")


@pytest.mark.model
@pytest.mark.parametrize("language", ["lua", "js"])
def test_with_the_real_model(tmp_path: Path, smollm2: Path, language: str) -> None:
    sources = {
        "lua": "local m = memory('m') for i, t in ipairs(params) do m:add(t, {source = tostring(i)}) end "
        "return {m:count().documents, m:search('Where do ships land?', {limit = 1, mode = 'meaning'})[1].score, "
        "m:search('harbour', {limit = 1})[1].source}",
        "js": "const m = memory('m'); let i = 0; for (const t of params) await m.add(t, { source: String(++i) });"
        "export default [(await m.count()).documents, "
        "(await m.search('Where do ships land?', { limit: 1, mode: 'meaning' }))[0].score, "
        "(await m.search('harbour', { limit: 1 }))[0].source];",
    }
    spell = tmp_path / f"a.{language}"
    spell.write_text(sources[language])
    texts = ["Ships land at the harbour.", "Tea is made with hot water.", "The moon shines at night."]
    documents, score, first = llmspell.run(spell, params=texts, config=Config()).value
    assert (documents, first) == (3, "1")
    assert 0 < score <= 1.001
    assert embedding(ScriptedProvider([]), "x") is not None
