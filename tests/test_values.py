"""What may cross the border."""

import contextlib
import enum
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell import values
from llmspell.errors import InvalidValueError

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(JSON)
def test_json_crosses_unchanged(value):
    assert values.check(value) == value


@given(JSON)
def test_bytes_carry_what_was_checked(value):
    checked = values.check(value)
    assert values.loads(values.dumps(checked)) == checked


@given(st.binary(max_size=40))
def test_bytes_that_are_not_json_are_refused_not_raised(data):
    with contextlib.suppress(InvalidValueError):
        values.loads(data)


def test_whole_floats_become_integers():
    checked = values.check([5.0, -0.0, 2.5, 1e300, float(2**53)])
    assert checked == [5, 0, 2.5, 1e300, 2**53]
    assert [type(number) for number in checked] == [int, int, float, float, int]


def test_tuples_and_plain_subclasses_become_json():
    class Colour(enum.StrEnum):
        RED = "red"

    class Level(enum.IntEnum):
        HIGH = 3

    assert values.check(({"c": Colour.RED}, Level.HIGH)) == [{"c": "red"}, 3]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1, math.nan]}, "the value.a[1] is not a finite number"),
        ([math.inf], "the value[0] is not a finite number"),
        ({"a": {"b": object()}}, "the value.a.b is an object"),
        ({1: 2}, "the value has a key that is not text: 1"),
        (["\ud800"], "the value[0] is not valid Unicode (a lone surrogate)"),
        ({"\udfff": 1}, "the value is not valid Unicode (a lone surrogate)"),
        (2**63, "the value is an integer outside 64 bits"),
        (-(2**63) - 1, "the value is an integer outside 64 bits"),
        (b"bytes", "the value is a bytes"),
        ({1, 2}, "the value is a set"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(value, message):
    with pytest.raises(InvalidValueError) as caught:
        values.check(value)
    assert caught.value.message == message
    assert caught.value.hint is not None


def nested(levels):
    value = 0
    for _ in range(levels):
        value = [value]
    return value


def test_two_hundred_levels_and_no_more():
    assert values.check(nested(values.MAX_DEPTH)) == nested(values.MAX_DEPTH)
    with pytest.raises(InvalidValueError, match="nested too deeply"):
        values.check(nested(values.MAX_DEPTH + 1))


def test_cycles_are_refused():
    loop: dict[str, object] = {}
    loop["self"] = loop
    with pytest.raises(InvalidValueError, match="nested too deeply, or contains itself"):
        values.check(loop)


@pytest.mark.parametrize(
    "big", ["x" * (values.MAX_BYTES + 1), "é" * (values.MAX_BYTES // 2 + 1), [0] * (values.MAX_BYTES // 8)]
)
def test_sixteen_mebibytes_and_no_more(big):
    with pytest.raises(InvalidValueError, match="too large"):
        values.check(big)


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "-Infinity", "{", "[1,]", "", "'a'"])
def test_text_that_is_not_json_is_refused(text):
    with pytest.raises(InvalidValueError, match="not JSON"):
        values.loads(text.encode())


def test_json_nested_by_the_million_is_refused():
    with pytest.raises(InvalidValueError, match="not JSON"):
        values.loads(b"[" * 1_000_000)


def test_dumps_is_compact_utf8():
    assert values.dumps({"a": [1, "é🦙"]}) == '{"a":[1,"é🦙"]}'.encode()
    assert json.loads(values.dumps("\u2028\x00")) == "\u2028\x00"


@given(st.recursive(st.none() | st.text(max_size=5) | st.integers(-9, 9), lambda inner: st.lists(inner, max_size=3)))
def test_the_weight_of_a_value_is_about_its_bytes(value):
    checked, size = values.weigh(value)
    assert checked == values.check(value)
    assert len(values.dumps(value)) <= 8 * size
    assert size <= 8 + 8 * len(values.dumps(value))


def test_what_cannot_cross_has_no_weight():
    with pytest.raises(InvalidValueError, match=r"^it\[1\] is an object"):
        values.weigh([1, object()], "it")
