"""`calculator`: arithmetic on an allow-list of syntax; nothing is ever looked up by name but what stands here.

Whole numbers are exact up to 4096 bits; everything that could grow beyond that is refused before it is computed.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from llmspell.errors import InvalidValueError
from llmspell.nearest import near
from llmspell.tools.base import Reach, Spec, check_length
from llmspell.values import MAX_SAFE_INTEGER

MAX_EXPRESSION = 1000
MAX_BITS = 4096
_MAX_FACTORIAL = 500
_DIGITS = 15


async def _calculate(args: dict[str, Any], reach: Reach) -> Any:
    del reach
    return calculate(args["expression"])


def calculate(expression: str) -> int | float | bool | str:
    """The value of an expression; whole numbers beyond 2^53 as text, others with 15 digits.

    Raises `InvalidValueError` that says what is wrong.
    """
    check_length("expression", expression, MAX_EXPRESSION)
    try:
        tree = ast.parse(_usual(expression), mode="eval")
        value = _value(tree.body)
        return _shown(value)
    except ZeroDivisionError:
        raise InvalidValueError(f"{expression[:80]!r} divides by zero") from None
    except OverflowError:
        raise InvalidValueError(f"the result of {expression[:80]!r} is too large") from None
    except (SyntaxError, RecursionError, MemoryError, ValueError, TypeError) as error:
        said = error.msg if isinstance(error, SyntaxError) else str(error) or "it is nested too deeply"
        raise InvalidValueError(
            f"{expression[:80]!r} cannot be computed: {said}",
            hint="write it like (1 + 2) * 3 ^ 2, with numbers and functions such as sqrt(2) alone",
        ) from None


def _usual(expression: str) -> str:
    """As people write it, in the syntax of Python."""
    text = re.sub(r"√\s*(\d+(?:\.\d+)?|[a-zπ]+\b(?!\())", r"√(\1)", expression)
    text = text.strip().removesuffix("=").strip().translate(_SIGNS)
    text = re.sub(r"(?<=\d),(?=\d{3}(?:\D|$))", "", text) if "(" not in text else text
    text = re.sub(r"(\d+(?:\.\d+)?)\s*%(?!\s*[\w(.])", r"(\1/100)", text)
    return re.sub(r"(\d+)!(?!=)", r"factorial(\1)", text)


_SIGNS = {
    ord("^"): "**",
    ord("\N{MULTIPLICATION SIGN}"): "*",
    ord("·"): "*",
    ord("÷"): "/",
    ord("\N{MINUS SIGN}"): "-",
    ord("π"): "pi",
    ord("√"): "sqrt",
}


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=value) if type(value) in (int, float):
            return _bounded(value)
        case ast.Name(id=name):
            return _named(name, _CONSTANTS, "number")
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _SIGNED:
            return _SIGNED[type(sign)](_value(operand))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
            return _bounded(_BINARY[type(sign)](_value(left), _value(right)))
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _COMPARED:
            return _COMPARED[type(sign)](_value(left), _value(right))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return _bounded(_named(name, _FUNCTIONS, "function")(*map(_value, args)))
        case _:
            raise ValueError(f"it holds something else than arithmetic: {ast.unparse(node)[:40]!r}")


def _named(name: str, known: Mapping[str, Any], what: str) -> Any:
    if name.lower() not in known:
        hint = near(name, known) or f"there are {', '.join(known)}"
        raise ValueError(f"there is no {what} {name[:40]!r}; {hint}")
    return known[name.lower()]


def _bounded(value: Any) -> Any:
    if isinstance(value, complex) or value != value:  # only NaN differs from itself
        raise ValueError("the result is no real number")
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise OverflowError
    return value


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * abs(exponent) > 2 * MAX_BITS:
        if exponent > 0 and abs(base) > 1:
            raise OverflowError
        base = float(base)
    return base**exponent


def _times(left: Any, right: Any) -> Any:
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left * right
    raise TypeError("only numbers can be multiplied")


def _factorial(number: Any) -> int:
    if not isinstance(number, int) or not 0 <= number <= _MAX_FACTORIAL:
        raise ValueError(f"factorial takes a whole number from 0 to {_MAX_FACTORIAL}")
    return math.factorial(number)


def _combinations(count: Any, chosen: Any) -> int:
    if not all(isinstance(each, int) and 0 <= each <= 2 * _MAX_FACTORIAL for each in (count, chosen)):
        raise ValueError(f"comb takes whole numbers from 0 to {2 * _MAX_FACTORIAL}")
    return math.comb(count, chosen)


def _round(number: Any, digits: Any = 0) -> Any:
    if not isinstance(digits, int) or not 0 <= digits <= _DIGITS:
        raise ValueError(f"round takes a number of digits from 0 to {_DIGITS}")
    return round(number, digits) if digits else round(number)


def _integral(name: str, function: Callable[..., int]) -> Callable[..., int]:
    def checked(*numbers: Any) -> int:
        if not numbers or not all(isinstance(number, int) for number in numbers):
            raise ValueError(f"{name} takes whole numbers")
        return function(*numbers)

    return checked


def _total(*numbers: Any) -> Any:
    return sum(numbers)


def _mean(*numbers: Any) -> Any:
    return sum(numbers) / len(numbers)


def _median(*numbers: Any) -> Any:
    from statistics import median  # for this function alone

    return median(numbers)


_SIGNED: dict[type, Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: _times,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
_COMPARED: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "acos": math.acos,
    "asin": math.asin,
    "atan": math.atan,
    "atan2": math.atan2,
    "cbrt": math.cbrt,
    "ceil": math.ceil,
    "comb": _combinations,
    "cos": math.cos,
    "degrees": math.degrees,
    "exp": math.exp,
    "factorial": _factorial,
    "floor": math.floor,
    "gcd": _integral("gcd", math.gcd),
    "hypot": math.hypot,
    "lcm": _integral("lcm", math.lcm),
    "ln": math.log,
    "log": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "max": max,
    "mean": _mean,
    "median": _median,
    "min": min,
    "pow": _power,
    "radians": math.radians,
    "round": _round,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "sum": _total,
    "tan": math.tan,
    "trunc": math.trunc,
}


def _shown(value: Any) -> int | float | bool | str:
    if isinstance(value, float):
        if math.isinf(value):
            raise OverflowError
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_SAFE_INTEGER:
        return str(value)
    return value  # type: ignore[no-any-return]  # a boolean or a whole number


CALCULATOR = Spec(
    name="calculator",
    description=(
        "Compute an arithmetic expression and give the exact result. Use it for every calculation. "
        "It knows + - * / // % ^ ( ), comparisons, pi, e, and functions such as "
        "sqrt, round(x, digits), abs, min, max, sum, mean, log, ln, log10, exp, sin, cos, factorial, gcd. "
        'Example: {"expression": "(12.5 + 3) * 4 ^ 2"}'
    ),
    parameters={"expression": 'string: The expression, numbers and functions alone, such as "sqrt(2) * 10".'},
    work=_calculate,
    timeout=10,
    example="-p expression='(12.5 + 3) * 4 ^ 2'",
)
