from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.cli.params import parameters
from llmspell.errors import InvalidValueError, LlmspellError, NotFoundError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
NAMES = st.text(st.characters(exclude_characters="=:", codec="utf-8"), min_size=1)


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        ("a=text", {"a": "text"}),
        ("a=", {"a": ""}),
        ("a=b=c", {"a": "b=c"}),
        ("a=1", {"a": "1"}),
        ("a:=1", {"a": 1}),
        ("a:=1.5", {"a": 1.5}),
        ("a:=2.0", {"a": 2}),
        ('a:={"b": [null, true]}', {"a": {"b": [None, True]}}),
        ("url=http://x/?q=1", {"url": "http://x/?q=1"}),
        ("a:b=c", {"a:b": "c"}),
    ],
)
def test_a_pair(pair: str, expected: object) -> None:
    assert parameters(None, [pair]) == expected


@given(st.dictionaries(NAMES, VALUES))
def test_any_json_arrives(params: dict[str, object]) -> None:
    assert parameters(None, [f"{name}:={json.dumps(value)}" for name, value in params.items()]) == params


@given(st.dictionaries(NAMES, st.text(st.characters(codec="utf-8"))))
def test_any_text_arrives(params: dict[str, str]) -> None:
    assert parameters(None, [f"{name}={text}" for name, text in params.items()]) == params


def test_the_last_of_one_name_counts() -> None:
    assert parameters(None, ["a=1", "a:=2"]) == {"a": 2}


def test_none_at_all_is_an_empty_object() -> None:
    assert parameters(None, []) == {}


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("a", "-p 'a' is no parameter"),
        ("=1", "-p '=1' is no parameter"),
        (":=1", "-p ':=1' is no parameter"),
        ("", "-p '' is no parameter"),
        ("a:=", "-p a: not JSON"),
        ("a:={", "-p a: not JSON"),
        ("a:=NaN", "-p a: not JSON: NaN"),
        ("a:=" + "[" * 300 + "]" * 300, "nested too deeply"),
        ("a:=" + "9" * 30, "-p a: the value is an integer outside 64 bits"),
        ("a=\udcff", "-p a is not valid Unicode"),
        ("a:=\udcff", "-p a: not JSON"),
    ],
)
def test_a_bad_pair_is_named(pair: str, message: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        parameters(None, [pair])
    assert message in caught.value.message
    assert caught.value.hint


class TestFile:
    def file(self, folder: Path, content: str | bytes) -> str:
        path = folder / "params.json"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def test_pairs_go_over_it(self, tmp_path: Path) -> None:
        file = self.file(tmp_path, '{"a": 1, "b": {"c": 2}}')
        assert parameters(file, ["a=x"]) == {"a": "x", "b": {"c": 2}}

    def test_it_may_hold_any_value(self, tmp_path: Path) -> None:
        assert parameters(self.file(tmp_path, "[1, 2]"), []) == [1, 2]

    def test_pairs_need_an_object(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidValueError, match=r"--params: .* holds no object"):
            parameters(self.file(tmp_path, "[1]"), ["a=1"])

    @pytest.mark.parametrize("content", ["{", b"\xff", ""])
    def test_what_is_not_json(self, tmp_path: Path, content: str | bytes) -> None:
        with pytest.raises(InvalidValueError, match=r"--params: .*not JSON"):
            parameters(self.file(tmp_path, content), [])

    @pytest.mark.parametrize(("name", "kind"), [("none.json", NotFoundError), (".", InvalidValueError)])
    def test_what_cannot_be_read(self, tmp_path: Path, name: str, kind: type[LlmspellError]) -> None:
        with pytest.raises(kind, match=r"--params: "):
            parameters(str(tmp_path / name), [])
