"""What may be a limit, and what no limit could mean."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest

from llmspell import Limits
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
