"""Conversations that go on in a later run: kept by name, in the file of `llmspell.storage`."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from llmspell import values
from llmspell.agents.conversation import Conversation
from llmspell.errors import InvalidValueError
from llmspell.storage.database import Database, find_scope, scope_of

if TYPE_CHECKING:
    from sqlite3 import Connection

    from llmspell.agents.agent import Agent, Prompt
    from llmspell.agents.result import AgentResult

MAX_THREADS = 10_000
MAX_BYTES = 256 * 1024 * 1024
"""Of all conversations of a scope."""
MAX_NAME = 200
_SCOPE = "threads:"
_FIND = "FROM threads JOIN scopes ON scopes.id = scope WHERE scopes.name = ?"


class Kept(NamedTuple):
    """A conversation as it was kept."""

    data: dict[str, Any]
    """What `Conversation.to_data` gave."""
    version: int
    """For `ThreadStore.save`: 1, and one more each time."""


class ThreadStore:
    """Conversations by their names. `scope` tells whose they are: other scopes have others. Its methods block."""

    def __init__(self, database: Database, scope: str = "") -> None:
        self._database = database
        self._scope = _SCOPE + scope

    def load(self, name: str) -> Kept | None:
        """A conversation; None if there is none."""
        _check(name)
        with self._database.reading() as connection:
            row = connection.execute(
                f"SELECT value, version {_FIND} AND threads.name = ?", (self._scope, name)
            ).fetchone()
        if row is None:
            return None
        data: Any = self._database.kept(row[0], f"the conversation {name!r:.80}")
        return Kept(data, row[1])

    def save(self, name: str, data: dict[str, Any], version: int = 0) -> int:
        """Keep a conversation in the place of that `version`, 0 for none, and give the new version.

        Raises `InvalidValueError` when another one took its place meanwhile, so that nothing said is lost, and when
        there is no room for it: a conversation has at most 16 MiB.
        """
        _check(name)
        text = values.dumps(values.check(data, f"the conversation {name!r:.80}")).decode()
        with self._database.writing() as connection:
            scope = scope_of(connection, self._scope)
            row = connection.execute(
                "SELECT version, length(CAST(value AS BLOB)) FROM threads WHERE scope = ? AND name = ?", (scope, name)
            ).fetchone()
            before, size = row or (0, 0)
            if before != version:
                raise InvalidValueError(
                    f"the conversation {name!r:.80} went on elsewhere meanwhile",
                    hint="load it again, and say it once more",
                )
            self._charge(connection, scope, len(text.encode()) - size, new=row is None)
            connection.execute(
                "INSERT OR REPLACE INTO threads (scope, name, value, version, modified) VALUES (?, ?, ?, ?, ?)",
                (scope, name, text, version + 1, time.time()),
            )
        return version + 1

    def delete(self, name: str) -> bool:
        """Forget a conversation; whether there was one."""
        _check(name)
        with self._database.writing() as connection:
            row = connection.execute(
                "SELECT scope, length(CAST(value AS BLOB)) FROM threads JOIN scopes ON scopes.id = scope"
                " WHERE scopes.name = ? AND threads.name = ?",
                (self._scope, name),
            ).fetchone()
            if row is None:
                return False
            connection.execute("DELETE FROM threads WHERE scope = ? AND name = ?", (row[0], name))
            connection.execute("UPDATE scopes SET used = used - ? WHERE id = ?", (row[1], row[0]))
        return True

    def clear(self) -> int:
        """Forget all conversations; how many there were."""
        with self._database.writing() as connection:
            scope = find_scope(connection, self._scope)
            count = connection.execute("DELETE FROM threads WHERE scope = ?", (scope,)).rowcount
            connection.execute("UPDATE scopes SET used = 0 WHERE id = ?", (scope,))
        return count

    def _charge(self, connection: Connection, scope: int, size: int, *, new: bool) -> None:
        [count] = connection.execute("SELECT count(*) FROM threads WHERE scope = ?", (scope,)).fetchone()
        [used] = connection.execute("SELECT used FROM scopes WHERE id = ?", (scope,)).fetchone()
        if (new and count >= MAX_THREADS) or used + size > MAX_BYTES:
            raise InvalidValueError(
                f"there is no room for one more conversation: {count} are kept, of {used >> 20} MiB; "
                f"at most {MAX_THREADS}, of {MAX_BYTES >> 20} MiB",
                hint="delete those that are not needed any more",
            )
        connection.execute("UPDATE scopes SET used = used + ? WHERE id = ?", (size, scope))

    def names(self) -> list[str]:
        """The names of all conversations, sorted."""
        with self._database.reading() as connection:
            rows = connection.execute(f"SELECT threads.name {_FIND} ORDER BY threads.name", (self._scope,)).fetchall()
        return [str(row[0]) for row in rows]


class Thread(Conversation):
    """A conversation with an agent that is kept by its name, and goes on where it ended, in this run or in a later one.

        thread = Thread(agent, ThreadStore(Database("state.sqlite3")), "ada")
        result = await thread.run("What did I ask you yesterday?")

    It is loaded when it is first used. A run that fails, or is left, is not kept.
    """

    def __init__(self, agent: Agent, store: ThreadStore, name: str) -> None:
        super().__init__(agent)
        _check(name)
        self.name = name
        self._store = store
        self._version: int | None = None
        self._turn = asyncio.Lock()

    async def load(self) -> None:
        """Take up what was kept. Call it before `stream`; `run` does so itself."""
        async with self._turn:
            if self._version is not None:
                return
            kept = await asyncio.to_thread(self._store.load, self.name)
            if kept is not None:
                self.restore(kept.data)
            self._version = 0 if kept is None else kept.version

    async def save(self) -> None:
        """Keep what was said so far. Call it after `keep`; `run` does so itself."""
        async with self._turn:
            try:
                self._version = await asyncio.to_thread(self._store.save, self.name, self.to_data(), self._version or 0)
            except InvalidValueError:
                self._version = None  # load what the other one said
                raise

    async def run(self, prompt: Prompt, **options: Any) -> AgentResult:
        """Answer a prompt, and keep it; takes what `Agent.run` takes."""
        await self.load()
        before = self.messages
        result = await super().run(prompt, **options)
        if self.messages is not before:
            await self.save()
        return result

    async def forget(self) -> None:
        """Forget all that was said, here and in the store."""
        self.reset()
        await asyncio.to_thread(self._store.delete, self.name)
        self._version = 0


def _check(name: str) -> None:
    if not 0 < len(str(name)) <= MAX_NAME or type(name) is not str:
        raise InvalidValueError(
            f"{name!r:.80} cannot be the name of a conversation", hint=f"a name has 1 to {MAX_NAME} characters"
        )
