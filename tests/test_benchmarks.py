"""The benchmarks run and print their figures. What the figures are is not tested: machines differ."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import mock_server, peers, table
from benchmarks.__main__ import EXTRA, GROUPS
from benchmarks.measure import Row, figure, interleaved

ROOT = Path(__file__).parent.parent
NEED_A_MODEL = {"local"}


def bench(*args):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *args], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize("name", sorted({*GROUPS, *EXTRA} - NEED_A_MODEL))
def test_a_group_gives_its_rows(name):
    done = bench(name, "--tiny", "--json")
    assert done.returncode in (0, 1), done.stderr
    rows = json.loads(done.stdout)
    assert rows, done.stderr
    assert all(row["value"] is not None for row in rows)
    assert len({row["name"] for row in rows}) == len(rows)


def test_the_page_has_a_row_for_every_group():
    page = (ROOT / "docs/performance.md").read_text("utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == [*GROUPS, *EXTRA]


def test_the_table_shows_target_and_verdict():
    done = bench("crossing", "--tiny")
    assert "call and resume, JS, interpreter" in done.stdout
    assert "<= 25" in done.stdout


def test_an_unknown_group_is_refused():
    done = bench("nonsense")
    assert done.returncode == 2
    assert "there is no group 'nonsense'" in done.stderr


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (Row("a", 1, "x", 1), "ok"),
        (Row("a", 1.1, "x", 1), "over"),
        (Row("a", 1, "x", 1, at_least=True), "ok"),
        (Row("a", 0.9, "x", 1, at_least=True), "under"),
        (Row("a", 5, "x"), ""),
        (Row("a", None, "", 1), "skipped"),
    ],
)
def test_verdicts(row, verdict):
    assert row.verdict == verdict
    assert table.line(row).startswith("a ")


def test_contestants_take_turns():
    order = []
    found = interleaved({"a": lambda: order.append("a") or 1.0, "b": lambda: order.append("b") or 2.0}, rounds=2)
    assert order == ["a", "b"] * 3
    assert (found["a"].median, found["b"].median) == (1.0, 2.0)


def test_a_median_says_how_far_it_is_from_certain():
    assert figure([1.0]).spread is None
    assert figure([2.0, 2.0, 2.0, 2.0]).spread == 0
    assert figure([1.0, 2.0, 3.0, 100.0]).median == 2.5


@pytest.mark.parametrize("name", peers.CONTESTANTS)
def test_every_peer_can_be_measured(name):
    packages = {"openai": "openai", "litellm": "litellm", "pydantic-ai": "pydantic_ai"}
    if name in packages:
        pytest.importorskip(packages[name], reason="only in the environment of `make bench-peers`")
    with mock_server.running() as url:
        found = peers._turn(name, url, 0.05)
    assert sorted(found) == ["call", "calls", "chunk"]
    assert min(found.values()) > 0
