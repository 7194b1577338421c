"""Jobs that are no conversations, through providers of providers and by those that do none."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from llmspell.errors import AuthError, ModelError, NetworkError
from llmspell.providers.base import LLMProvider, Usage
from llmspell.providers.jobs import Job, Paint, Ranked, Rerank, Speak
from llmspell.providers.retry import RetryPolicy
from llmspell.providers.select import Balance, Fallback
from llmspell.providers.select.answers import Answers
from llmspell.providers.select.balance import Keys
from llmspell.providers.select.cache import Cached
from llmspell.providers.select.pace import Pace
from llmspell.providers.select.paced import Paced
from llmspell.testing import ScriptedProvider, sample_work
from tests.providers.selecting import Shelf, asking

RANK = Rerank(model="smart", query="a dog", documents=["a cat", "a dog"])


def perform(provider, job=RANK):
    return asyncio.run(provider.perform(job))


class Priced(ScriptedProvider):
    def cost(self, model, usage):
        return usage.input_tokens * 2.0


def failing(error, name="a"):
    return ScriptedProvider(name=name, work=lambda job: error)


def test_the_next_model_does_the_job_when_the_first_cannot_be_reached():
    first, second = failing(NetworkError("down")), Priced(name="b")
    outcome = perform(Fallback(["a/x", "b/y"], models=Shelf(first, second)))
    assert outcome.value == [Ranked(1, 1.0), Ranked(0, 0.5)]
    assert (outcome.model, outcome.usage) == ("y", Usage(1, cost=2.0))
    assert [job.model for job in (*first.jobs, *second.jobs)] == ["x", "y"]
    assert second.jobs[0].documents == RANK.documents
    assert RANK.model == "smart"


def test_a_job_that_is_wrong_is_not_passed_on():
    second = ScriptedProvider(name="b")
    with pytest.raises(AuthError):
        perform(Fallback(["a/x", "b/y"], models=Shelf(failing(AuthError("no key")), second)))
    assert second.jobs == []


def test_jobs_are_shared_out():
    shelf = Shelf(ScriptedProvider(name="a"), ScriptedProvider(name="b"))
    balance = Balance(["a/x", "b/x"], models=shelf)
    assert sorted(perform(balance).model for _ in range(4)) == ["x"] * 4
    assert [len(shelf.resolve(name)[0].jobs) for name in ("a/x", "b/x")] == [2, 2]


def test_the_next_key_is_used_when_one_is_refused():
    good = ScriptedProvider(name="a")
    assert perform(Keys([failing(AuthError("used up")), good])).model == "smart"
    assert len(good.jobs) == 1


def test_a_paced_job_is_tried_again_and_leaves_the_queue():
    answers = [NetworkError("x", retryable=True), "at last"]
    provider = ScriptedProvider(name="a", work=lambda job: answers.pop(0))
    limited = Paced(provider, Pace(concurrent=1, tpm=10_000), retries=RetryPolicy(first_pause=0.001))
    assert perform(limited, Paint(model="m", prompt="p", timeout=5)).value == "at last"
    assert [job.timeout <= 5 for job in provider.jobs] == [True, True]
    assert perform(Paced(ScriptedProvider(name="a"), Pace(concurrent=1))).value[0] == Ranked(1, 1.0)


def test_jobs_are_not_remembered(tmp_path: Path):
    provider = ScriptedProvider(name="a")
    cached = Cached(provider, Answers(tmp_path / "answers"))
    assert perform(cached).value == perform(cached).value
    assert len(provider.jobs) == 2
    cached._answers.close()


class Talker(LLMProvider):
    name = "talker"

    async def stream(self, request):
        yield

    async def list_models(self):
        return []

    async def info(self, model):
        raise NotImplementedError


@pytest.mark.parametrize(
    ("job", "words"), [(RANK, "there is no ranking of documents"), (Speak(model="m", text="t"), "there is no speech")]
)
def test_a_provider_that_only_talks_says_so(job, words):
    with pytest.raises(ModelError, match=words) as failed:
        perform(Talker(), job)
    assert failed.value.provider == "talker"
    with pytest.raises(ModelError, match="makes no embeddings"):
        asyncio.run(Talker().embed("m", ["x"], dimensions=2, kind="query"))


def test_made_up_work_is_always_the_same():
    for job in (RANK, Paint(model="m", prompt="p", count=2), Speak(model="m", text="t")):
        assert sample_work(job) == sample_work(job)
    with pytest.raises(ModelError, match="jobs of that kind"):
        perform(ScriptedProvider(), Job(model="m"))


def test_the_fake_answers_when_nothing_is_scripted():
    assert asyncio.run(ScriptedProvider(lambda request: "Hi").complete(asking())).text == "Hi"
    assert len(asyncio.run(ScriptedProvider().embed("m", ["x"], dimensions=3)).vectors[0]) == 3
