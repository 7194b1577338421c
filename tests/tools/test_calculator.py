"""`calculator`: what people write, and what must not be computed."""

from __future__ import annotations

import math
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.errors import InvalidValueError
from llmspell.tools.calculator import MAX_EXPRESSION, calculate
from tests.tools.calling import call, refused


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("2^10", 1024),
        ("2 ** 0.5", 1.4142135623731),
        ("-7 // 2", -4),
        ("10 % 3", 1),
        ("10%3", 1),
        ("50%", 0.5),
        ("200 * 15%", 30),
        ("1,000,000 * 3", 3_000_000),
        ("0.1 + 0.2", 0.3),
        ("6 / 4", 1.5),
        ("2 \N{MULTIPLICATION SIGN} 3 =", 6),
        ("8 ÷ 4 \N{MINUS SIGN} 1", 1),
        ("√(16)", 4),
        ("√16 * 2", 8),
        ("2 * √ 6.25", 5),
        ("√e ^ 2", 2.71828182845905),
        ("5!", 120),
        ("Pi * 2", 6.28318530717959),
        ("sqrt(2) * SQRT(2)", 2),
        ("round(2.567, 2)", 2.57),
        ("max(1, 2, 3) + min(4, 5)", 7),
        ("mean(1, 2, 6)", 3),
        ("median(5, 1, 3)", 3),
        ("sum(1, 2, 3)", 6),
        ("gcd(12, 18) + lcm(4, 6)", 18),
        ("log(100, 10)", 2),
        ("3 > 2", True),
        ("1 == 2", False),
        ("2^64", str(2**64)),
        ("9^-99", pytest.approx(9**-99)),
        ("0^99999999", 0),
        ("1^99999999", 1),
    ],
)
def test_what_people_write(expression: str, value: object) -> None:
    assert calculate(expression) == value


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("9^9^9^9", "too large"),
        ("9^9^9", "too large"),
        ("2^4096", "too large"),
        ("1e308 * 10", "too large"),
        ("factorial(100000)", "from 0 to 500"),
        ("99999!", "from 0 to 500"),
        ("comb(10^9, 5)", "from 0 to 1000"),
        ("1 / 0", "divides by zero"),
        ("(-8)^0.5", "no real number"),
        ("log(0)", "domain"),
        ("1 << 99999999", "something else than arithmetic"),
        ("'a' * 999999999", "something else than arithmetic"),
        ("[1] * 9", "something else than arithmetic"),
        ("(1).__class__", "something else than arithmetic"),
        ("().__class__.__bases__", "something else than arithmetic"),
        ("lambda: 1", "something else than arithmetic"),
        ("[x for x in (1,)]", "something else than arithmetic"),
        ("max(*(1, 2))", "something else than arithmetic"),
        ("max(key=1)", "something else than arithmetic"),
        ("True + 1", "something else than arithmetic"),
        ("__import__('os')", "no function"),
        ("open('/etc/passwd')", "no function"),
        ("x + 1", "no number 'x'"),
        ("", "cannot be computed"),
        ("1 +", "cannot be computed"),
        ("1\n2", "cannot be computed"),
        ("(" * 500, "cannot be computed"),
        ("\0", "cannot be computed"),
        ("1" * MAX_EXPRESSION + "1", "1001 characters"),
    ],
)
def test_what_is_refused(expression: str, why: str) -> None:
    with pytest.raises(InvalidValueError, match=why):
        calculate(expression)


def test_a_near_name_is_told() -> None:
    assert "did you mean 'sqrt'?" in refused("calculator", expression="sqr(4)").message


def test_it_needs_no_permission() -> None:
    assert call("calculator", expression="6*7") == 42


def test_arguments_are_checked() -> None:
    assert refused("calculator").kind == "type"
    assert refused("calculator", expression=["1"]).kind == "type"
    assert call("calculator", expression=12) == 12  # a number that is to be a text is one reading alone


_NUMBERS = st.integers(-1000, 1000)


@given(_NUMBERS, _NUMBERS, _NUMBERS.filter(bool))
def test_arithmetic_is_right(first: int, second: int, third: int) -> None:
    value = calculate(f"({first} + {second}) * ({first}) / ({third})")
    assert value == pytest.approx(float(Fraction((first + second) * first, third)), rel=1e-14)


@given(st.text(alphabet="0123456789+-*/^%().,! episqrt()", max_size=60))
def test_whatever_comes_is_a_number_or_an_error(expression: str) -> None:
    value: object = "none"
    with suppress(InvalidValueError):
        value = calculate(expression)
    assert not isinstance(value, float) or math.isfinite(value)
