"""The table of attacks itself: nothing of what a spell may try is left out, and the page shows what is tested."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.attacks import table
from tests.attacks.cases import ISOLATIONS, Fails, Gives, Hangs, attacks, read
from tests.attacks.items import ITEMS, SECTIONS


def test_every_item_is_tried_in_each_of_its_languages() -> None:
    tried = {(attack.section, attack.item, attack.language) for attack in attacks()}
    wanted = {
        (section, item, language) for section in SECTIONS for item, all_ in ITEMS[section].items() for language in all_
    }
    assert wanted - tried == set()
    assert {(section, item) for section, item, _ in tried - wanted} == set()


def test_there_are_many() -> None:
    assert sum(len(attack.outcomes) for attack in attacks()) >= 500


def test_no_two_have_one_title() -> None:
    titles = Counter((attack.section, attack.dialect, attack.item, attack.title) for attack in attacks())
    assert [title for title, count in titles.items() if count > 1] == []


def test_a_worker_process_holds_whatever_is_tried() -> None:
    assert [attack.title for attack in attacks() if isinstance(attack.outcomes.get("process"), Hangs)] == []
    assert all("process" in attack.outcomes for attack in attacks())


def test_the_page_is_as_generated() -> None:
    assert table.PAGE.read_text(encoding="utf-8") == table.page(), "run make generate"


TEXT = """
--- [one] try it
--- gives: [1]
return {1}

--- [two] try harder
--- fails: limit CPU limit
--- inline: hangs
--- limits: cpu=0.5 memory=8
--- dialect: luajit
--- allow: {"env": ["HOME"]}
while true do end
"""


def test_reading() -> None:
    one, two = read(TEXT, "--- ", "section", "lua")
    assert one.outcomes == dict.fromkeys(ISOLATIONS, Gives([1]))
    assert (one.item, one.title, one.source) == ("one", "try it", "return {1}\n")
    assert two.outcomes == {"inline": Hangs(), "process": Fails("limit", "CPU limit")}
    assert (two.dialect, two.language) == ("luajit", "lua")
    assert two.limits == {"cpu": 0.5, "memory": 8}
    assert two.allow == {"env": ["HOME"]}


@pytest.mark.parametrize("head", ["gives: 1\n--- unknown: 2", "hangs: 1", "gives: {"])
def test_heads_that_make_no_sense(head: str) -> None:
    with pytest.raises((ValueError, StopIteration)):
        read(f"--- [one] try\n--- {head}\nreturn 1\n", "--- ", "section", "lua")
