"""`json_query`: JMESPath, and queries that would take the machine down."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from llmspell.permissions import Permissions
from tests.tools.calling import call, refused

USERS = {"users": [{"name": "Ada", "age": 36}, {"name": "Bob", "age": 20}]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("users[?age > `30`].name", ["Ada"]),
        ("length(users)", 2),
        ("sum(users[].age)", 56),
        ("sort_by(users, &age)[0].name", "Bob"),
        ("users[*].{n: name}", [{"n": "Ada"}, {"n": "Bob"}]),
        ("join(', ', users[].name)", "Ada, Bob"),
        ("nobody", None),
    ],
)
def test_queries(query: str, found: object) -> None:
    assert call("json_query", data=USERS, query=query) == found
    assert call("json_query", data=json.dumps(USERS), query=query) == found


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path.resolve() / "a.json"
    file.write_text(json.dumps(USERS), "utf-8")
    allowed = Permissions(read=(str(tmp_path.resolve()),))
    assert call("json_query", allowed, path=str(file), query="users[0].age") == 36
    assert refused("json_query", path=str(file), query="users").kind == "permission"
    file.write_text("{", "utf-8")
    assert "is not JSON" in refused("json_query", allowed, path=str(file), query="users").message


@pytest.mark.parametrize(
    "query",
    [
        "|".join(["[@,@]"] * 60),
        "|".join(["[@,@][]"] * 60),
        "|".join(["{a:@,b:@}"] * 60),
        "|".join(["[@,@]"] * 60) + "|to_string(@)",
        "|".join(["[join('',@),join('',@)]"] * 40),
        "|".join(["[@,@][]"] * 30) + "|map(&to_string(@), @)",
        "|".join(["[@,@][]"] * 12) + "|[*].[@,@,@][]|[?@ == @]|map(&sort([@,@]), @)",
        "|".join(["[@,@][]"] * 18) + "|join(to_string(@), @)",
    ],
)
def test_what_grows_is_stopped(query: str) -> None:
    error = refused("json_query", data=["x" * 500], query=query)
    assert error.kind == "value"
    assert "too" in error.message or "cannot be used" in error.message


def test_loops_in_loops_are_stopped() -> None:
    data: Any = {"a": list(range(400))}
    query = "a[*].[to_array(@)[]][][]" + "|[*].[@,@,@,@,@,@,@,@,@,@][]" * 4
    assert refused("json_query", data=data, query=query).kind == "value"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"query": "a["}, "query cannot be used"),
        ({"query": ""}, "query cannot be used"),
        ({"query": "nope(@)"}, "Unknown function"),
        ({"query": "sum(a)"}, "invalid type"),
        ({"query": "(" * 900}, "query"),
        ({"query": "a" * 1001}, "1001 characters"),
        ({"query": "a", "path": "b"}, "either data or path"),
    ],
)
def test_what_is_refused(args: dict[str, Any], said: str) -> None:
    error = refused("json_query", **({"data": {"a": "x"}} | args))
    assert error.kind == "value"
    assert said in error.message


def test_neither_data_nor_path() -> None:
    assert "either data or path" in refused("json_query", query="a").message


def test_large_results_are_refused() -> None:
    assert "[:20]" in (refused("json_query", data=["x" * 1000] * 400, query="@").hint or "")


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jmespath", None)
    assert refused("json_query", data={}, query="a").hint == "run: pip install 'llmspell[tools]'"
