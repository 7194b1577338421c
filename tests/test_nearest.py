"""Suggestions for misspelt names."""

from llmspell.nearest import near, nearest


def test_near_names_are_suggested():
    assert nearest("opnai", ["openai", "local", "anthropic"]) == "did you mean openai?"
    assert nearest("GPT-5-MIMI", ["gpt-5-mini", "gpt-5-nano", "o3"]).startswith("did you mean gpt-5-mini")


def test_a_part_of_a_name_is_near_enough():
    assert (
        nearest("sonnet", ["anthropic/claude-sonnet-4-5", "openai/gpt-5"])
        == "did you mean anthropic/claude-sonnet-4-5?"
    )


def test_at_most_three():
    assert nearest("model", [f"model{i}" for i in range(9)]).count(" or ") == 2


def test_nothing_near():
    assert nearest("zzz", ["openai", "local"]) is None
    assert nearest("x", []) is None


def test_names_of_any_length_and_number():
    endless = "openai" * 3_000_000
    assert nearest(endless, ["openai", "local"]) is None
    assert near(endless, ["openai", "local"]) is None
    assert nearest("opnai", ["openai", *(f"openai{number}" for number in range(1_000_000))]).startswith("did you mean")
    assert near("opnai", ["openai", *(f"openai{number}" for number in range(1_000_000))]) == "did you mean 'openai'?"
