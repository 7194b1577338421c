"""Hooks: functions that see every step of an agent, and may change it.

A hook is registered for a kind of event (see `llmspell.agents.events`), is called with the event, and returns nothing
or an action. These are the same for `run` and for `stream`:

| event         | `Change(...)`                  | `Skip(value)`             | `Retry(note)`        |
|---------------|--------------------------------|---------------------------|----------------------|
| `model_call`  | fields of the request          | answers in its place      |                      |
| `text`        | `text`, as listeners see it    | listeners do not see it   |                      |
| `reasoning`   | `text`, as listeners see it    | listeners do not see it   |                      |
| `output`      | `value`, as listeners see it   | listeners do not see it   |                      |
| `response`    | `text`: the answer's text      |                           | asks the model again |
| `tool_call`   | `arguments`                    | the result, without a call|                      |
| `tool_result` | `text` or `parts`, `is_error`  |                           | calls the tool again |
| `approval`    |                                |                           |                      |
| `turn_end`    |                                |                           |                      |
| `error`       |                                | answers in its place      | asks the model again |
| `finish`      | `text`, `data` of the result   |                           |                      |

`Stop(why)` ends the run, at every event but `finish`.

Rules: Hooks run in the order in which they were registered, one after the other, those of the agent before those of
the run. Each sees the event with what earlier ones have changed. The first `Skip` or `Retry` decides: the hooks after
it still see the event, but of their actions only `Stop` counts. `Stop` wins over everything, at once. A hook that
fails ends the run with its error. A retry of the model counts as a turn; a tool is called again for hooks at most
ten times for one call. Of an `error` that comes from elsewhere than the model, only `Stop` counts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from llmspell.agents.events import KINDS, AgentEvent
from llmspell.errors import ArgumentTypeError, InvalidValueError, LlmspellError, SpellError
from llmspell.nearest import near
from llmspell.providers.base import Request
from llmspell.providers.content import Media, Message, Text

MAX_TOOL_RETRIES = 10


class Change:
    """Goes on with other values in these fields of the event."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Skip:
    """Leaves the step out; `value` stands in for what it would have given."""

    value: Any = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Does the step again; `note` is told to the model."""

    note: str | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Ends the run with the reason `stopped`, and this detail."""

    why: str | None = None


Action: TypeAlias = Change | Skip | Retry | Stop
Hook: TypeAlias = Callable[[Any], "Action | Awaitable[Action | None] | None"]

_REQUEST = tuple(Request.__dataclass_fields__)
_CHANGES: dict[str, tuple[str, ...]] = {
    "model_call": _REQUEST,
    "text": ("text",),
    "reasoning": ("text",),
    "output": ("value",),
    "response": ("text",),
    "tool_call": ("arguments",),
    "tool_result": ("text", "parts", "is_error"),
    "finish": ("text", "data"),
}
_SKIPS = frozenset({"model_call", "text", "reasoning", "output", "tool_call", "error"})
_RETRIES = frozenset({"response", "tool_result", "error"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the hooks made of an event: the event as it is now, and the action that decides, if any."""

    event: Any
    action: Skip | Retry | Stop | None = None


class Hooks:
    """Hooks in their order. Raises `InvalidValueError` for kinds of events that do not exist."""

    def __init__(self) -> None:
        self.registered: dict[str, list[Hook]] = {}

    def on(self, kind: str, hook: Hook) -> None:
        """Call `hook` for events of that kind; `*` stands for all."""
        if not callable(hook):
            raise ArgumentTypeError(f"a hook is a function, not {hook!r:.60}")
        if kind != "*" and kind not in KINDS:
            hint = near(kind, KINDS) or f"there are {', '.join(KINDS)}, and * for all"
            raise InvalidValueError(f"there are no events of the kind {kind!r:.40}", hint=hint)
        for each in KINDS if kind == "*" else (kind,):
            self.registered.setdefault(each, []).append(hook)

    def with_(self, others: Hooks | None) -> Hooks:
        """These hooks, and then the others."""
        made = Hooks()
        for hooks in (self, others):
            for kind, each in hooks.registered.items() if hooks else ():
                made.registered.setdefault(kind, []).extend(each)
        return made

    def wants(self, *kinds: str) -> bool:
        """Whether there is a hook for any of these kinds."""
        return any(kind in self.registered for kind in kinds)

    async def decide(self, event: AgentEvent) -> Outcome:
        """Ask the hooks of that kind. Raises the `LlmspellError` of one that fails, or `SpellError` for its error."""
        decided: Skip | Retry | None = None
        for hook in self.registered.get(event.kind, ()):
            action = await _called(hook, event)
            _check(event.kind, action)
            if isinstance(action, Stop):
                return Outcome(event, action)
            if isinstance(action, Change) and decided is None:
                event = _changed(event, action.fields)
            elif isinstance(action, (Skip, Retry)):
                decided = decided or action
        return Outcome(event, decided)


async def _called(hook: Hook, event: AgentEvent) -> Any:
    try:
        answer: Any = hook(event)
        return await answer if hasattr(answer, "__await__") else answer
    except LlmspellError:
        raise
    except Exception as error:  # noqa: BLE001  # a hook may raise anything; the run ends with one kind of error
        said = str(error)[:500] or type(error).__name__
        raise SpellError(f"a hook for {event.kind} failed: {said}") from None


def _check(kind: str, action: Any) -> None:
    match action:
        case None | Stop() if kind != "finish" or action is None:
            return
        case Change():
            _check_fields(kind, action.fields)
        case Skip() if kind in _SKIPS:
            return
        case Retry() if kind in _RETRIES:
            return
        case Stop() | Skip() | Retry():
            raise InvalidValueError(f"a hook for {kind} cannot {type(action).__name__.lower()}", hint=_may(kind))
        case _:
            raise InvalidValueError(f"a hook for {kind} returned {action!r:.60}", hint=_may(kind))


def _all_are(*types: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(isinstance(each, types) for each in value)


_RIGHT: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "arguments": lambda value: isinstance(value, dict),
    "parts": _all_are(Text, Media),
    "is_error": lambda value: isinstance(value, bool),
    "model": lambda value: isinstance(value, str),
    "messages": _all_are(Message),
    "tools": _all_are(dict),
}


def _check_fields(kind: str, fields: Mapping[str, Any]) -> None:
    allowed = _CHANGES.get(kind, ())
    for name in fields:
        if name not in allowed:
            hint = near(name, allowed) or _may(kind)
            raise InvalidValueError(f"a hook for {kind} cannot change {name[:40]!r}", hint=hint)
    for name, is_right in _RIGHT.items():
        if name in fields and name in allowed and not is_right(fields[name]):
            raise InvalidValueError(f"a hook for {kind} gave a wrong value for {name}")


def _may(kind: str) -> str:
    can = [f"change {', '.join(_CHANGES[kind])}"] if kind in _CHANGES and kind != "model_call" else []
    can += ["change the request"] if kind == "model_call" else []
    can += ["skip"] if kind in _SKIPS else []
    can += ["retry"] if kind in _RETRIES else []
    can += ["stop"] if kind != "finish" else []
    return f"it may return nothing, or {', '.join(can)}"


def _changed(event: Any, fields: dict[str, Any]) -> Any:
    if event.kind == "model_call":
        return replace(event, request=replace(event.request, **fields))
    if event.kind == "response":
        return replace(event, response=replace(event.response, parts=_with_text(event.response.parts, fields["text"])))
    if event.kind == "finish":
        return replace(event, result=replace(event.result, **fields))
    if event.kind == "tool_result" and "text" in fields:
        others = {name: value for name, value in fields.items() if name != "text"}
        return replace(event, parts=[Text(fields["text"])], **others)
    return replace(event, **fields)


def _with_text(parts: list[Any], text: str) -> list[Any]:
    """The parts of an answer with another text in place of theirs."""
    others = [part for part in parts if not isinstance(part, Text)]
    at = next((at for at, part in enumerate(parts) if isinstance(part, Text)), len(others))
    before = sum(not isinstance(part, Text) for part in parts[:at])
    return [*others[:before], *([Text(text)] if text else []), *others[before:]]


def action_from_data(data: Any) -> Action | None:
    """The action that a script's hook returned: nothing, or an object with one of `change`, `skip`, `retry`, `stop`.

    `change` is an object of fields, `skip` the value, `retry` a note or true, `stop` a reason or true. Raises
    `InvalidValueError` for anything else.
    """
    if data is None or data in ({}, []):
        return None
    names = ("change", "skip", "retry", "stop")
    if not isinstance(data, Mapping) or len(data) != 1 or next(iter(data)) not in names:
        raise InvalidValueError(
            f"a hook returned {data!r:.60}",
            hint="return nothing, {change = {...}}, {skip = value}, {retry = note or true} or {stop = reason or true}",
        )
    [(name, value)] = data.items()
    if name == "change":
        if not isinstance(value, Mapping):
            raise InvalidValueError("change must be an object of fields")
        return Change(**value)
    if name == "skip":
        return Skip(None if value is True else value)
    if not isinstance(value, str) and value is not True:
        raise InvalidValueError(f"{name} must be a text or true")
    note = value if isinstance(value, str) else None
    return Retry(note) if name == "retry" else Stop(note)
