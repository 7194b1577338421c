"""What scripts say when a model is made of others: `llm({fallback = ...})`."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from llmspell.scriptable.shapes import YEAR, Bounds, ScriptFunction


class RouteRule(TypedDict):
    """A line of a route: the request goes to this model if it fits."""

    model: str
    """The model, `provider/model` or an alias."""
    tokens: NotRequired[Annotated[int, Bounds(at_least=1)]]
    """The prompt has at most about so many tokens."""
    tools: NotRequired[bool]
    """Whether the model is offered tools."""
    media: NotRequired[bool]
    """Whether the conversation has pictures, recordings or documents."""


class ModelChoice(TypedDict, total=False):
    """A model made of others; exactly one of `fallback`, `balance` and `route` is given."""

    fallback: list[str]
    """Models, best first. The next one is asked when one fails by no fault of the request, but never after the \
first piece of a stream."""
    balance: list[str]
    """Models that share the calls. One that failed rests for a while, and the next one is asked in its place."""
    route: ScriptFunction | list[RouteRule]
    """What names the model for a request: the first rule that fits, or a function of `{text, tokens, messages, \
tools, media}`: the last message, about how many tokens the prompt has, how many messages there are, the names of the \
tools, and the kinds of media."""
    by: Literal["turns", "least_busy"]
    """How `balance` shares: in turns, or each call to the one with the fewest open calls."""
    try_timeout: Annotated[float, Bounds(above=0, at_most=YEAR)]
    """Seconds for each try; for a stream, until its first piece."""
    rest: Annotated[float, Bounds(at_least=0, at_most=YEAR)]
    """Seconds for which a model that failed is asked last: 30 for `balance`, none for `fallback`. A provider that \
says how long to wait knows better."""
    on: list[str]
    """More kinds of errors at which the next model is asked, such as `auth` or `context_length`."""
