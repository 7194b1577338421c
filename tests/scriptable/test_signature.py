"""Arguments of scripts against typed Python methods: every kind of type, and whatever a hostile script sends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal, NotRequired, Required, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.errors import ArgumentTypeError, InvalidValueError, LlmspellError
from llmspell.scriptable.checks import Mismatch, compile_check
from llmspell.scriptable.objects import methods
from llmspell.scriptable.shapes import Bounds, ScriptFunction, Stream, shape_of
from llmspell.scriptable.signature import signature_of


class Point(TypedDict):
    x: Required[int]
    label: NotRequired[str]


class Style(TypedDict, total=False):
    width: float
    points: list[Point]


def check(hint: Any, value: Any) -> Any:
    return compile_check(shape_of(hint))(value, None)


def reason(hint: Any, value: Any) -> str:
    with pytest.raises(Mismatch) as caught:
        check(hint, value)
    return str(caught.value.within("it").error("f", "hint"))


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (Any, {"any": [1, None]}),
        (bool, True),
        (int, 3),
        (float, 3),
        (float, 0.5),
        (str, "é"),
        (None, None),
        (list[int], [1, 2]),
        (dict[str, int], {"a": 1}),
        (str | None, "x"),
        (str | list[str], ["x"]),
        (int | str, 3),
        (Literal["a", "b"], "b"),
        (Point, {"x": 1, "label": "l"}),
        (Style, {}),
        (Style, {"points": [{"x": 1}]}),
        (Annotated[int, Bounds(at_least=1, at_most=3)], 3),
    ],
)
def test_what_fits_passes_unchanged(hint: Any, value: Any) -> None:
    assert check(hint, value) == value


@pytest.mark.parametrize(
    ("hint", "value", "message"),
    [
        (bool, 1, "it must be true or false, not a number"),
        (int, True, "it must be a whole number, not a boolean"),
        (int, 1.5, "it must be a whole number, not 1.5"),
        (float, "1", "it must be a number, not text"),
        (float, True, "it must be a number, not a boolean"),
        (float, float("inf"), "it must be a finite number"),
        (float, float("nan"), "it must be a finite number"),
        (str, 1, "it must be text, not a number"),
        (str, {"$function": 1}, "it must be text, not a function"),
        (list[int], "x", "it must be a list, not text"),
        (list[int], {"a": 1}, "it must be a list, not an object"),
        (list[int], [1, "x"], "it: item 2 must be a whole number, not text"),
        (list[list[int]], [[1], [2, None]], "it: item 2: item 2 must be a whole number, not null"),
        (dict[str, int], [1], "it must be an object, not a list"),
        (dict[str, int], {"a": "x"}, "it.a must be a whole number, not text"),
        (dict[str, Any], {"$function": 1}, "it must be an object, not a function"),
        (str | list[str], 1, "it must be text or a list, not a number"),
        (str | int | None, [], "it must be text or a whole number, not a list"),
        (Literal["a", "b"], "c", 'it must be "a" or "b", not "c"'),
        (Literal["a"], 1, 'it must be "a", not a number'),
        (Point, {}, "it.x is missing; it must be a whole number"),
        (Point, {"x": None}, "it.x is missing; it must be a whole number"),
        (Point, {"x": 1, "y": 2}, "it has no field 'y'"),
        (Point, {"x": 1, "label": 2}, "it.label must be text, not a number"),
        (Style, {"points": [{"x": "1"}]}, "it.points: point 1: x must be a whole number, not text"),
        (Annotated[int, Bounds(at_least=1)], 0, "it must be at least 1, not 0"),
        (Annotated[float, Bounds(above=0, at_most=1)], 0, "it must be above 0 and at most 1, not 0"),
    ],
)
def test_what_does_not_fit_is_named(hint: Any, value: Any, message: str) -> None:
    assert reason(hint, value) == f"f: {message}"


def test_luas_empty_table_is_whatever_is_needed() -> None:
    assert check(list[int], {}) == []
    assert check(str | list[int], {}) == []
    assert check(dict[str, int], []) == {}
    assert check(Style, []) == {}


def test_long_texts_are_cut_in_messages() -> None:
    assert len(reason(Literal["a"], "x" * 10_000)) < 100


def test_a_hint_that_no_script_can_have_is_a_fault() -> None:
    with pytest.raises(TypeError, match="no script value is a"):
        shape_of(bytes)


def test_a_stream_is_a_result_only() -> None:
    assert shape_of(AsyncIterator[str]) == Stream(shape_of(str))
    with pytest.raises(TypeError, match="cannot pass"):
        compile_check(shape_of(AsyncIterator[str]))


def method(self: Any, name: str, count: int = 1, style: Style | None = None, anything: Any = None) -> None:
    """Does nothing."""


def test_binding_leaves_out_what_is_absent_or_null() -> None:
    signature = signature_of(method, "draw")
    assert signature.bind({"name": "n", "count": None}) == {"name": "n"}
    assert signature.bind({"name": "n", "style": {"width": 1}}) == {"name": "n", "style": {"width": 1}}
    assert signature.usage == "draw(name, count?, style?, anything?)"


@pytest.mark.parametrize(
    ("args", "message", "hint"),
    [
        ({}, "draw: name is missing; it must be text", "draw(name, count?"),
        ({"name": None}, "draw: name is missing; it must be text", "draw(name, count?"),
        ({"name": 1}, "draw: name must be text, not a number", "draw(name, count?"),
        ({"name": "n", "cuont": 1}, "draw: there is no parameter 'cuont'", "did you mean 'count'?"),
        ({"name": "n", "self": 1}, "draw: there is no parameter 'self'", "draw(name, count?"),
        ({"name": "n", "style": {"witdh": 1}}, "draw: style has no field 'witdh'", "did you mean 'width'?"),
        ({"name": "n", "style": {"qqq": 1}}, "draw: style has no field 'qqq'", "it has width and points"),
    ],
)
def test_wrong_arguments_are_told_with_a_hint(args: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(ArgumentTypeError) as caught:
        signature_of(method, "draw").bind(args)
    assert caught.value.message == message
    assert hint in (caught.value.hint or "")


def test_values_out_of_range_are_of_kind_value() -> None:
    def wait(self: Any, seconds: Annotated[float, Bounds(at_least=0)]) -> None:
        """Wait."""

    with pytest.raises(InvalidValueError, match="wait: seconds must be at least 0, not -1"):
        signature_of(wait, "wait").bind({"seconds": -1})


def each(self: Any, do: ScriptFunction, otherwise: ScriptFunction | dict[str, int] | None = None) -> None:
    """Takes functions."""


def test_functions_of_the_script_become_awaitable() -> None:
    calls: list[tuple[int, list[Any]]] = []

    async def invoke(number: int, args: list[Any]) -> str:
        calls.append((number, args))
        return "done"

    async def run() -> Any:
        return await signature_of(each, "each").bind({"do": {"$function": 7}}, invoke)["do"](1, "x")

    assert asyncio.run(run()) == "done"
    assert calls == [(7, [1, "x"])]


def test_a_function_and_an_object_are_told_apart() -> None:
    signature = signature_of(each, "each")

    async def invoke(number: int, args: list[Any]) -> None:
        raise AssertionError

    bound = signature.bind({"do": {"$function": 1}, "otherwise": {"a": 1}}, invoke)
    assert bound["otherwise"] == {"a": 1}
    assert callable(signature.bind({"do": {"$function": 1}, "otherwise": {"$function": 2}}, invoke)["otherwise"])
    for forged in ({"$function": "1"}, {"$function": 1, "more": 2}, {"$function": True}, {}):
        with pytest.raises(ArgumentTypeError, match="do must be a function"):
            signature.bind({"do": forged}, invoke)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["prompt", "options", "texts", "seconds", "self", "model", "name", "arguments"]) | st.text(
    max_size=5
)


@given(st.sampled_from(sorted(methods())), st.dictionaries(names, values, max_size=4))
def test_no_arguments_break_a_signature(name: str, args: dict[str, Any]) -> None:
    signature = methods()[name].signature
    try:
        outcome: Any = signature.bind(args).keys() <= {parameter.name for parameter in signature.parameters}
    except LlmspellError as error:
        outcome = error.kind in ("type", "value") and len(error.message) < 300
    assert outcome
