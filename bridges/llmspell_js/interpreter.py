"""The state machine of a JavaScript spell: messages in, messages out (see `llmspell.border`).

Everything that the script says and hears goes through one function of the prelude, its door, as JSON text: a Python
callable in the context would be refused under a time limit. Answers are delivered one at a time, and all that
follows from one runs before the next, so that the prelude knows which task of the script is at work.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from llmspell import border
from llmspell.border import Abort, EngineLimits, Failed, FromSpell, Invoke, Print, Reject, Resolve, SpellSource, ToSpell
from llmspell.errors import ErrorData
from llmspell_js.engine import Engine, JSException, passed
from llmspell_js.faults import InexactNumber, LimitPassed, SyntaxFault
from llmspell_js.hints import hint_for
from llmspell_js.numbers import to_text
from llmspell_js.program import Program
from llmspell_js.sources import PARTS, PRELUDE, PROXIES

_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # set by its constructor; half the time of json.loads
_SAID = {name: getattr(border, name) for name in ("Call", "Cancel", "Return", "Raise", "Print", "Done", "Failed")}


class JsInterpreter:
    """One spell in one QuickJS context; implements `llmspell.border.Interpreter`."""

    def __init__(self) -> None:
        self._over = self._closed = False
        self._now = 0.0
        self._output = 0
        self._imports: set[int] = set()
        self._limits = EngineLimits()
        self._engine = Engine()
        self._door: Any = self._engine.evaluate(PRELUDE)(PARTS, self._engine.evaluate("eval"))
        self._program = Program(self._engine, self._door)

    def start(self, spell: SpellSource) -> list[FromSpell]:
        """Run the first slice: until the script waits for an answer or ends."""
        self._limits = spell.limits
        self._now = spell.now
        return self._slice(lambda said: self._begin(spell, said))

    def feed(self, messages: Sequence[ToSpell], now: float) -> list[FromSpell]:
        """Deliver answers and run the next slice."""
        if self._over:
            return []
        return self._slice(lambda said: self._hear(messages, now, said))

    def close(self) -> None:
        """Free the interpreter. Safe to call twice, and while calls are open."""
        if not self._closed:
            self._over = self._closed = True
            del self._door, self._program, self._engine

    # A slice

    def _slice(self, work: Callable[[list[FromSpell]], None]) -> list[FromSpell]:
        said: list[FromSpell] = []
        try:
            work(said)
        except LimitPassed as limit:
            self._last_words(said, limit)
        except (SyntaxFault, InexactNumber) as fault:
            self._fail(said, fault.error)
        except JSException as error:
            text = str(error).partition("\n")[0]
            hint = "this is a fault of llmspell; please report it"
            self._fail(said, {"kind": "internal", "message": f"the JavaScript side failed: {text}", "hint": hint})
        return said

    def _begin(self, spell: SpellSource, said: list[FromSpell]) -> None:
        params = to_text({} if spell.params is None else spell.params, "params")
        self._engine.limit(spell.limits)
        facts = {
            "name": spell.name,
            "runId": spell.run_id,
            "seed": spell.seed,
            "now": spell.now,
            "maxCalls": spell.limits.max_calls,
            "maxOutput": spell.limits.max_output,
        }
        text = f'{json.dumps(facts)[:-1]}, "params": {params}}}'
        self._engine.enter(self._door, "begin", text, PROXIES)
        self._program.start(spell.name, spell.source)
        self._rest(said, last=True)

    def _hear(self, messages: Sequence[ToSpell], now: float, said: list[FromSpell]) -> None:
        self._engine.begin_slice()
        self._now = now
        count = len(messages)
        for message in messages:
            count -= 1
            self._deliver(message, said)
            if not self._over:
                self._rest(said, last=count == 0)
            if self._over:
                return

    def _deliver(self, message: ToSpell, said: list[FromSpell]) -> None:
        enter, door = self._engine.enter, self._door
        if isinstance(message, Resolve) and message.id not in self._imports:
            self._resolve(message, said)
            return
        enter(door, "now", self._now)
        match message:
            case Resolve(id_, value):
                self._load(id_, value, said)
            case Reject(id_, error):
                enter(door, "reject", id_, json.dumps(error))
            case Invoke(id_, function, args):
                try:
                    text = to_text(args, "the arguments")
                except InexactNumber as fault:
                    said.append(border.Raise(id_, fault.error))
                else:
                    enter(door, "invoke", id_, function, text)
            case Abort(error):
                place = json.loads(enter(door, "whereabouts"))
                self._fail(said, place | error)

    def _resolve(self, message: Resolve, said: list[FromSpell]) -> None:
        try:
            text = to_text(message.value, "the result")
        except InexactNumber as fault:
            self._deliver(Reject(message.id, fault.error), said)
        else:
            self._engine.enter(self._door, "resolve", message.id, text, self._now)

    def _load(self, id_: int, value: Any, said: list[FromSpell]) -> None:
        self._imports.discard(id_)
        try:
            self._program.load(id_, value)
        except SyntaxFault as fault:
            self._deliver(Reject(id_, fault.error), said)

    def _rest(self, said: list[FromSpell], *, last: bool) -> None:
        """Run all that is due, and take what the script said."""
        engine, door = self._engine, self._door
        engine.drain()
        engine.end_slice()
        while (text := engine.enter(door, "take", last)) is None:
            engine.drain()
        if text:
            self._translate(text, said)

    # What the script said

    def _translate(self, text: str, said: list[FromSpell]) -> None:
        for entry in _scan(f"[{text}]", 0)[0]:
            kind = entry[0]
            if kind == "Limit":
                self._fail(said, entry[2] | passed(entry[1], self._limits))
                return
            if kind == "Failed" and entry.pop() and not self._program.throws_null:
                self._fail(said, passed("memory", self._limits))
                return
            message = _SAID[kind](*entry[1:])
            if kind == "Call" and message.method == "module":
                self._imports.add(message.id)
            elif kind == "Print" and not self._count_output(message, said):
                return
            said.append(message)
            if kind in ("Done", "Failed"):
                self._over = True
                if isinstance(message, Failed):
                    _advise(message.error)
                return

    def _count_output(self, message: Print, said: list[FromSpell]) -> bool:
        self._output += len(message.text) if message.text.isascii() else len(message.text.encode())
        if self._output > self._limits.max_output:
            self._fail(said, passed("output", self._limits))
        return not self._over

    def _fail(self, said: list[FromSpell], error: ErrorData) -> None:
        self._over = True
        _advise(error)
        said.append(Failed(error))

    def _last_words(self, said: list[FromSpell], limit: LimitPassed) -> None:
        """The script passed a limit: what it printed before still counts, its calls do not."""
        words, place = self._engine.last_words(self._door)
        error = json.loads(place) | limit.error
        for entry in json.loads(f"[{words}]"):
            if entry[0] == "Print" and self._count_output(message := Print(*entry[1:]), said):
                said.append(message)
            elif entry[0] == "Limit":  # passed before, by a script that caught the error and went on
                error = entry[2] | passed(entry[1], self._limits)
        if not self._over:
            self._fail(said, error)


def _advise(error: ErrorData) -> None:
    if (hint := hint_for(error["message"])) is not None:
        error["hint"] = hint
