"""Pairs of spells, one in each language, that must come to the same in both isolations; see `spells/stage.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmspell.errors import LlmspellError
from tests.spells.stage import FOLDER, Expected, Stage, expectation, pairs

SUFFIXES = (".lua", ".js")
ISOLATIONS = ("inline", "process")
MARK = "HERE"
CASES = [
    pytest.param(pair, suffix, isolation, id=f"{pair}{suffix}-{isolation}")
    for pair in pairs()
    for suffix in SUFFIXES
    for isolation in expectation(pair).get("isolations", ISOLATIONS)
]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.close()


@pytest.mark.parametrize(("pair", "suffix", "isolation"), CASES)
def test_pair(stage: Stage, pair: str, suffix: str, isolation: str) -> None:
    expected = expectation(pair)
    path = FOLDER / f"{pair}{suffix}"

    result = stage.run(path, expected, isolation)

    if "error" in expected:
        assert result.error is not None, f"it gave {result.value!r}"
        check_error(result.error, expected["error"], path)
    else:
        assert result.error is None, described(result.error)
        assert exact(result.value) == exact(expected["value"])
    assert result.output == expected.get("output", "")
    assert stage.logs == expected.get("logs", [])
    assert stage.model.open == 0, "a stream of the model is still open"
    check_requests(stage.requests(), expected.get("requests"))
    check_requests(stage.jobs(), expected.get("jobs"))
    check_fetched(stage.fetched(), expected.get("fetched"))
    if "left" in expected:
        assert stage.left == expected["left"]
    for name, value in expected.get("usage", {}).items():
        assert getattr(result.usage, name) == value, name


def check_error(error: LlmspellError, expected: Expected, path: Path) -> None:
    """The error has these fields, and points to the marked line if there is one."""
    data, fields = error.to_data(), dict(expected)
    file = path.parent / (fields.pop("file") + path.suffix) if "file" in fields else path
    mentions = fields.pop("mentions", [])
    assert {name: data.get(name) for name in fields} == fields, described(error)
    assert [part for part in mentions if part not in error.message] == [], error.message
    lines = file.read_text(encoding="utf-8").splitlines()
    marked = [number for number, line in enumerate(lines, 1) if line.endswith(MARK)]
    if marked:
        assert (error.file, error.line, error.source_line) == (str(file), marked[0], lines[marked[0] - 1])
        assert not error.stack or error.stack[0].startswith(f"{file}:{error.line}")


def check_requests(requests: list[dict[str, Any]], expected: list[Expected] | None) -> None:
    """The model got these requests, each with at least the fields that are written down."""
    if expected is None:
        return
    assert len(requests) == len(expected)
    for request, fields in zip(requests, expected, strict=True):
        assert {name: request[name] for name in fields} == fields


def check_fetched(requests: list[dict[str, Any]], expected: list[Expected] | None) -> None:
    """The web was asked for this, with at least the headers that are written down."""
    if expected is None:
        return
    assert [request["url"] for request in requests] == [fields.get("url", "") for fields in expected]
    for request, fields in zip(requests, expected, strict=True):
        headers = {name: request["headers"].get(name) for name in fields.get("headers", {})}
        assert {name: request[name] for name in fields} | {"headers": headers} == {"headers": {}} | fields


def exact(value: Any) -> Any:
    """The value in a form that tells `1` from `1.0` and from `True`."""
    if isinstance(value, list):
        return [exact(item) for item in value]
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        return ("int", int(value))
    return (type(value).__name__, value)


def described(error: LlmspellError | None) -> str:
    """An error in full, for the report of a test."""
    return "no error" if error is None else str(error.to_data())


def test_every_pair_is_whole() -> None:
    names = {path.relative_to(FOLDER).with_suffix("") for path in FOLDER.rglob("*.*") if path.suffix in SUFFIXES}
    for name in names:
        for suffix in SUFFIXES:
            assert (FOLDER / f"{name}{suffix}").is_file(), f"{name}{suffix} is missing"
    assert len(pairs()) >= 50


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("suffix", SUFFIXES)
class TestRandomness:
    """What is random comes from the seed alone."""

    def values(self, stage: Stage, suffix: str, isolation: str, seed: int | None) -> Any:
        result = stage.run(FOLDER / f"seeded/random{suffix}", {"seed": seed}, isolation)
        assert result.error is None
        assert all(0 <= number < 1 for number in result.value["numbers"])
        return result.value

    def test_the_same_for_one_seed(self, stage: Stage, suffix: str, isolation: str) -> None:
        assert self.values(stage, suffix, isolation, 7) == self.values(stage, suffix, isolation, 7)

    @pytest.mark.parametrize("other", [8, 2**53 - 1, None])
    def test_different_for_others(self, stage: Stage, suffix: str, isolation: str, other: int | None) -> None:
        ours, theirs = self.values(stage, suffix, isolation, 7), self.values(stage, suffix, isolation, other)
        assert ours["id"] != theirs["id"]
        assert ours["numbers"] != theirs["numbers"]


NAMES = ("__proto__", "constructor", "toJSON", "then", "length", "__index", "__len", "n", "1", "")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PLAIN = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT | st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=20,
)


def without_null_fields(value: Any) -> Any:
    """The value as Lua holds it: a field that is null is absent."""
    if isinstance(value, list):
        return [without_null_fields(item) for item in value]
    if isinstance(value, dict):
        return {key: without_null_fields(item) for key, item in value.items() if item is not None}
    return value


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUES)
def test_any_value_survives(stage: Stage, suffix: str, isolation: str, value: Any) -> None:
    result = stage.run(FOLDER / f"echoed/everything{suffix}", {"params": {"value": [value]}}, isolation)

    assert result.error is None, described(result.error)
    expected = exact([value] if suffix == ".js" else without_null_fields([value]))
    assert exact(result.value["returned"]) == expected
    assert exact(result.value["echoed"]) == expected
    assert exact(result.value["decoded"]) == expected
