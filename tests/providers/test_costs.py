"""What calls cost: known prices, honest ignorance, and zero for local models alone."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from llmspell.providers.base import Usage
from llmspell.providers.costs import LOCAL, PRICED, cost

MILLION = 1_000_000


def test_known_models():
    assert cost("openai", "gpt-4o-mini", Usage(MILLION, 0)) == pytest.approx(0.15)
    assert cost("openai", "gpt-4o-mini", Usage(0, MILLION)) == pytest.approx(0.60)
    assert cost("openai", "gpt-4o-mini-2024-07-18", Usage(MILLION, 0)) == pytest.approx(0.15)


def test_cached_tokens_are_part_of_the_input_and_cheaper():
    all_cached = cost("openai", "gpt-4o-mini", Usage(MILLION, 0, cached_tokens=MILLION))
    assert all_cached == pytest.approx(0.075)


def test_embeddings_have_no_output():
    assert cost("openai", "text-embedding-3-small", Usage(MILLION)) == pytest.approx(0.02)


def test_prices_are_those_of_the_day():
    assert cost("openai", "gpt-4o-mini", Usage(MILLION, 0), datetime(2025, 6, 1, tzinfo=UTC)) == pytest.approx(0.15)


@pytest.mark.parametrize(
    ("provider", "model", "usage"),
    [
        ("openai", "a-model-nobody-knows", Usage(10, 10)),
        ("my-server", "gpt-4o-mini", Usage(10, 10)),
        ("scripted", "test", Usage(10, 10)),
        ("openai", "gpt-4o-mini", Usage()),
        ("openai", "gpt-4o-mini", Usage(None, 5)),
        ("openai", "gpt-4o-mini", Usage(5, 5, cached_tokens=50)),
    ],
)
def test_what_is_not_known_is_none(provider, model, usage):
    assert cost(provider, model, usage) is None


@pytest.mark.parametrize("provider", sorted(LOCAL))
def test_local_models_cost_nothing(provider):
    assert cost(provider, "smollm2-135m", Usage()) == 0.0


def test_the_names_are_those_of_the_price_list():
    from genai_prices.data import providers

    assert {provider.id for provider in providers} >= PRICED


def test_the_list_is_not_loaded_for_providers_without_prices():
    code = """
import sys
from llmspell.providers.base import Usage
from llmspell.providers.costs import cost
cost("local", "m", Usage(1, 1)), cost("scripted", "m", Usage(1, 1))
sys.exit("genai_prices" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_writing_a_cache_costs_more_than_reading_it():
    plain, reading, writing = (
        cost("anthropic", "claude-sonnet-4-5", usage)
        for usage in (Usage(1000, 10), Usage(1000, 10, cached_tokens=900), Usage(1000, 10, cache_write_tokens=900))
    )
    assert reading < plain < writing
