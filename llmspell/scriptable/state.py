"""`state`: what a spell keeps between its runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

from llmspell.errors import InvalidValueError
from llmspell.functions import refuse_functions
from llmspell.scriptable.context import RunContext
from llmspell.scriptable.shapes import ScriptFunction
from llmspell.system.threads import quick

if TYPE_CHECKING:
    from llmspell.storage.state import Scope

Keys: TypeAlias = list[str]
_TRIES = 1000


class StateOptions(TypedDict, total=False):
    """Whose state it is."""

    shared: str
    """A name under which all spells of the same folder share it; absent, it is this spell's own."""


class ScriptableState:
    """JSON values by their keys, kept between the runs of a spell: each has its own, by the place of its file.

    There is nothing that is kept but null: setting a key to null deletes it. A key has at most 512 bytes, a value 16
    MiB, all together 64 MiB. A spell without a file, such as one from the standard input, keeps them until it ends.
    """

    def __init__(self, context: RunContext) -> None:
        self._context = context

    def get(self, key: str, default: Any = None, options: StateOptions | None = None) -> Any:
        """The value of a key, or `default` if there is none."""

        def read() -> Any:
            found = self._scope(options).get(key)
            return default if found is None else found

        refuse_functions(default, "get: default")
        return quick(read)

    def set(self, key: str, value: Any, options: StateOptions | None = None) -> None:
        """Keep a value in the place of the old one."""
        refuse_functions(value, "set: value")
        return quick(lambda: self._scope(options).set(key, value))

    async def update(self, key: str, change: ScriptFunction, options: StateOptions | None = None) -> Any:
        """Keep what a function makes of the old value, which is null if there is none, and give that.

        Nothing is lost when several runs do this at the same time: the function is called again when another one was
        quicker, so it should do nothing else.
        """
        import asyncio  # whoever awaits this has it
        import random  # only where two meet

        scope = await _thread(partial(self._scope, options))
        for attempt in range(_TRIES):
            before = await _thread(partial(scope.text, key))
            value = await change(scope.value(key, before))
            refuse_functions(value, "update: the new value")
            if await _thread(partial(scope.replace, key, before, value)):
                return value
            await asyncio.sleep(random.uniform(0, 0.001 * min(attempt, 20)))  # noqa: S311  # no secret
        raise InvalidValueError(
            f"update: {key!r:.80} was changed by others {_TRIES} times meanwhile", hint="does the function change it?"
        )

    def delete(self, key: str, options: StateOptions | None = None) -> bool:
        """Forget a key; whether it was there."""
        return quick(lambda: self._scope(options).delete(key))

    def keys(self, prefix: str = "", options: StateOptions | None = None) -> Keys:
        """The keys that begin like this, sorted."""
        return quick(lambda: self._scope(options).keys(prefix))

    def _scope(self, options: StateOptions | None) -> Scope:
        from llmspell.storage.state import Scope  # loads SQLite

        return Scope(*self._context.keeping((options or {}).get("shared")))


async def _thread(work: Callable[[], Any]) -> Any:
    import asyncio  # as above

    return await asyncio.to_thread(work)
