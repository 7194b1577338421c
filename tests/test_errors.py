"""Errors cross the border as JSON and come back as themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell import errors
from llmspell.errors import KINDS, LlmspellError, from_data


@pytest.mark.parametrize("cls", KINDS.values(), ids=KINDS)
def test_an_error_survives_the_border(cls):
    error = cls(
        "it broke",
        hint="mend it",
        retryable=True,
        provider="openai",
        status=429,
        file="a.lua",
        line=3,
        column=7,
        source_line="  x()",
        stack=("a.lua:3: in function 'f'",),
        data={"code": 5},
    )
    back = from_data(error.to_data())
    assert type(back) is cls
    assert vars(back) == vars(error)
    assert str(back) == "it broke"


def test_every_class_of_the_module_has_a_kind_of_its_own():
    classes = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, LlmspellError) and value is not LlmspellError
    }
    assert classes == set(KINDS.values())
    assert len(KINDS) == len(classes)


def test_the_tree_in_the_docstring_names_every_class():
    for kind, cls in KINDS.items():
        line = next(line for line in (errors.__doc__ or "").splitlines() if f" {cls.__name__} " in line)
        assert kind in line.split()


def test_only_fields_that_are_set_cross():
    assert LlmspellError("no").to_data() == {"kind": "internal", "message": "no"}


junk = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.lists(st.integers() | st.text(max_size=3), max_size=3)
)


@given(
    st.dictionaries(
        st.sampled_from(["kind", "message", "hint", "line", "stack", "retryable", "status", "file", "other"]), junk
    )
)
def test_an_error_of_a_liar_is_still_an_error(data):
    error = from_data(data)
    assert isinstance(error, LlmspellError)
    assert from_data(error.to_data()).to_data() == error.to_data()
