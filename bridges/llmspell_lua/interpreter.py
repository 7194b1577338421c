"""One spell in one Lua state, as the state machine of `llmspell.border`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from llmspell.border import (
    Abort,
    Done,
    EngineLimits,
    Failed,
    FromSpell,
    Invoke,
    Problem,
    Raise,
    Reject,
    Resolve,
    SpellSource,
    ToSpell,
)
from llmspell.errors import ErrorData, InternalError, InvalidValueError, LimitError, LlmspellError
from llmspell_lua.convert import ToLua, decoded
from llmspell_lua.engine import bytecode, engine
from llmspell_lua.hints import hint_for

_SPARE = 4 * 1024 * 1024  # for the last words of a state that ran out of memory


def _refuse(_object: object, name: object, _setting: object) -> str:
    raise AttributeError(f"scripts hold no Python objects ({name!r})")


class LuaInterpreter:
    """Runs one Lua spell; see `llmspell.border.Interpreter`."""

    def __init__(self, dialect: str) -> None:
        module = engine(dialect)
        bounded = dialect != "luajit"
        options = {"max_memory": 0} if bounded else {}
        runtime = module.LuaRuntime(
            encoding="utf-8",
            unpack_returned_tuples=False,
            attribute_filter=_refuse,
            register_eval=False,
            register_builtins=False,
            **options,
        )
        self._runtime: Any = runtime
        self._bounded = bounded
        self._over = False
        self._name = ""
        self._messages: dict[str, str] = {}
        lua = self._boot(dialect)
        self._lua: Any = lua
        self._to_lua: Any = ToLua(runtime, lua, has_integers=bounded)
        # Looked up now, since a look-up may allocate.
        self._answer: Any = lua["tasks"]["answer"]
        self._call: Any = lua["main"]["invoke"]

    def _boot(self, dialect: str) -> Any:
        boot, codes = bytecode(dialect)
        lua = self._runtime.execute(boot, self._runtime.table_from(codes))
        lua["main"]["prepare"]()
        self._runtime.gccollect()
        return lua

    def start(self, spell: SpellSource) -> list[FromSpell]:
        """Run the chunk until it waits or ends."""
        self._name = spell.name
        self._messages = _limit_messages(spell.limits)
        return self._slice(self._start, spell)

    def feed(self, messages: Sequence[ToSpell], now: float) -> list[FromSpell]:
        """Deliver answers and invocations in their order; nothing comes after `Done` or `Failed`."""
        out: list[FromSpell] = []
        time: float | None = now
        for message in messages:
            if self._over:
                break
            if isinstance(message, Resolve):
                out += self._slice(self._resolve, message, time)
            else:
                out += self._slice(self._deliver, message, time)
            time = None  # the clock stands for the rest of the slice
        return out

    def close(self) -> None:
        """Free the Lua state; whatever the script still waits for is forgotten."""
        self._over = True
        self._lua = self._answer = self._call = self._to_lua = self._runtime = None

    def syntax_error(self, source: str, name: str) -> Problem | None:
        """What keeps `source` from compiling, if anything."""
        result = self._lua["compile"](source, name)
        if type(result) is not tuple:
            return None
        error = result[1]
        return Problem(error["line"], error["column"] or 1, error["message"])

    def globals(self) -> set[str]:
        """The names that every script finds defined."""
        return set(self._lua["main"]["names"]())

    def _start(self, spell: SpellSource) -> list[FromSpell]:
        table = self._runtime.table_from
        limits = spell.limits._asdict() | {"messages": table(self._messages)}
        params = self._to_lua.box([{} if spell.params is None else spell.params])
        fields = table(spell._asdict() | {"params": params, "limits": table(limits)})
        start = self._lua["main"]["start"]
        if self._bounded:
            self._to_lua.memory = spell.limits.memory
            self._runtime.set_max_memory(spell.limits.memory)
        return decoded(start(fields))

    def _deliver(self, message: Reject | Invoke | Abort, now: float | None) -> list[FromSpell]:
        if isinstance(message, Reject):
            return self._reject(message.id, message.error, now)
        if isinstance(message, Invoke):
            return self._invoke(message, now)
        return [Failed(json.loads(self._lua["main"]["whereabouts"]()) | message.error)]

    def _resolve(self, message: Resolve, now: float | None) -> list[FromSpell]:
        try:
            value, boxed = self._to_lua(message.value)
        except InvalidValueError as error:
            return self._reject(message.id, error.to_data(), now)
        return decoded(self._answer(now, message.id, True, value, boxed))

    def _reject(self, call: int, error: ErrorData, now: float | None) -> list[FromSpell]:
        return decoded(self._answer(now, call, False, *self._to_lua(error)))

    def _invoke(self, message: Invoke, now: float | None) -> list[FromSpell]:
        try:
            args = self._to_lua.box(message.args)
        except InvalidValueError as error:
            return [Raise(message.id, error.to_data())]
        return decoded(self._call(now, message.id, message.function, args, len(message.args)))

    def _slice(self, run: Callable[..., list[FromSpell]], *args: Any) -> list[FromSpell]:
        try:
            out = run(*args)
        except InvalidValueError as error:
            out = self._last_words(error)
        except Exception as error:  # noqa: BLE001  # whatever a script managed to break must not pass this border
            out = self._last_words(self._explain(error))
        if out and isinstance(last := out[-1], Done | Failed):
            self._over = True
            if isinstance(last, Failed):
                _advise(last.error)
        return out

    def _explain(self, error: Exception) -> LlmspellError:
        # Lua's own libraries report a lack of memory as an error like any other.
        if isinstance(error, MemoryError) or str(error).startswith("not enough memory"):
            return LimitError(self._messages["memory"])
        return InternalError(f"the Lua interpreter failed: {error!s:.200}")

    def _last_words(self, error: LlmspellError) -> list[FromSpell]:
        error.file = self._name
        try:
            if self._bounded:
                self._runtime.set_max_memory(self._runtime.get_memory_used() + _SPARE)
            out = decoded(self._lua["output"]["drain"]())
        except Exception:  # noqa: BLE001  # the state is past speaking; the error itself still is reported
            out = []
        return [*out, Failed(error.to_data())]


def _advise(error: ErrorData) -> None:
    if (hint := hint_for(error["message"])) is not None:
        error["hint"] = hint


def _limit_messages(limits: EngineLimits) -> dict[str, str]:
    return {
        "memory": f"memory limit of {_size(limits.memory)} exceeded",
        "cpu": f"CPU limit of {limits.cpu:g} s in one slice exceeded",
        "calls": f"limit of {limits.max_calls} calls exceeded",
        "output": f"output limit of {_size(limits.max_output)} exceeded",
    }


def _size(count: int) -> str:
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count} bytes"
