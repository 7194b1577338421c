"""What may be a limit, and what no limit could mean."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest

import llmspell
from llmspell import Limits, Spell
from llmspell.errors import InvalidValueError

NAMES = [field.name for field in fields(Limits)]
OPTIONAL = {"timeout", "max_cost", "max_tokens"}
FRACTIONS = {"timeout", "cpu", "max_cost"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wrong", [0, -1, math.nan, math.inf, True, "5", [1]])
def test_what_bounds_nothing_is_refused(name, wrong):
    with pytest.raises(InvalidValueError, match=f"limit {name} must be a number above 0"):
        Limits(**{name: wrong})


@pytest.mark.parametrize("name", NAMES)
def test_only_some_can_be_left_out(name):
    if name in OPTIONAL:
        assert getattr(Limits(**{name: None}), name) is None
    else:
        with pytest.raises(InvalidValueError, match=f"limit {name} must be a number above 0, not None"):
            Limits(**{name: None})


@pytest.mark.parametrize("name", NAMES)
def test_only_some_have_fractions(name):
    if name in FRACTIONS:
        assert getattr(Limits(**{name: 1.5}), name) == 1.5
    else:
        assert type(getattr(Limits(**{name: 2e6}), name)) is int
        with pytest.raises(InvalidValueError, match=rf"limit {name} must be a whole number, not 1\.5"):
            Limits(**{name: 1.5})


ENDLESS = {
    "lua": {
        "cpu": "while true do end",
        "memory": "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(i) end",
        "max_calls": "while true do sleep(0) end",
        "max_output": "while true do print(('x'):rep(999)) end",
        "timeout": "sleep(60)",
    },
    "js": {
        "cpu": "for (;;);",
        "memory": "const t = []; for (let i = 1; ; i++) t.push('x'.repeat(i) + i);",
        "max_calls": "for (;;) await sleep(0);",
        "max_output": "for (;;) print('x'.repeat(999));",
        "timeout": "await sleep(60);",
    },
}
SMALL = {"cpu": 0.2, "memory": 8 << 20, "max_calls": 5, "max_output": 5000, "timeout": 0.2}


@pytest.mark.parametrize("isolation", ["inline", "process"])
@pytest.mark.parametrize("language", ENDLESS)
@pytest.mark.parametrize("name", SMALL)
def test_a_limit_that_ends_a_run_says_how_to_allow_more(isolation, language, name):
    spell = Spell(source=ENDLESS[language][name], language=language, name="a")
    error = llmspell.run(spell, limits=Limits(**{name: SMALL[name]}), isolation=isolation, check=False).error
    assert error is not None
    assert error.kind == "limit"
    assert f"--{name.replace('_', '-')} or Limits({name}=...)" in (error.hint or "")
