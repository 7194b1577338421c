"""The public API for embedding: a `Host` runs spells, `run` runs one without an event loop.

A host owns the models, the tools and the warm workers; nothing is global, and two hosts do not see each other.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, overload

from llmspell import loop
from llmspell.budget import Budget
from llmspell.config import Config
from llmspell.errors import ArgumentTypeError, CancelledError, InvalidValueError
from llmspell.events import Event, Result
from llmspell.limits import Limits
from llmspell.permissions import Permissions
from llmspell.runs import Run, refuse_other_types
from llmspell.spell import Spell

if TYPE_CHECKING:
    import asyncio
    from asyncio import AbstractEventLoop
    from typing import Unpack

    import httpx2

    from llmspell.agents.agent import Agent
    from llmspell.agents.code.options import Code, Language
    from llmspell.agents.threads import ThreadStore
    from llmspell.agents.tools import BaseTool
    from llmspell.code_runs import Runner
    from llmspell.mcp.servers import Servers
    from llmspell.options import RunOptions
    from llmspell.providers.base import LLMProvider
    from llmspell.providers.guarded import GuardedConnections
    from llmspell.providers.registry import ProviderRegistry
    from llmspell.storage.database import Database
    from llmspell.tools.registry import Offered
    from llmspell.workers.child import Child
    from llmspell.workers.pool import Pool

_TYPES = {"config": Config, "permissions": Permissions}
_Function = TypeVar("_Function", bound="Callable[..., Any] | BaseTool")


class Host:
    """Runs spells for a program.

    `config` holds what `llmspell.toml` may; `llmspell.config.load()` reads it, the default reads nothing.
    `providers` are models of your own, `tools` typed Python functions that spells call as `tools.NAME{...}`,
    `http_transport` any `httpx2.AsyncBaseTransport` to reach cloud models and, for spells, the web through.
    `permissions` is what its spells may do unless a run says otherwise, by default what the configuration grants.
    `state` is the file of what outlives a run (see `llmspell.storage`); by default what the configuration says, and if
    that says nothing, it is kept in memory and lives as long as the host.
    `warm_workers` is how many worker processes wait ready for each language in use.

    Use it as an async context manager, in one event loop; leaving it ends its workers and connections.
    """

    def __init__(
        self,
        config: Config | None = None,
        *,
        providers: Iterable[LLMProvider] = (),
        tools: Iterable[Callable[..., Any] | BaseTool] = (),
        http_transport: httpx2.AsyncBaseTransport | None = None,
        permissions: Permissions | None = None,
        state: str | os.PathLike[str] | None = None,
        warm_workers: int = 2,
    ) -> None:
        refuse_other_types({"config": config, "permissions": permissions}, _TYPES)
        self.config = config or Config()
        self._state = self.config.state if state is None else state
        self.permissions = self.guarded(self.config.permissions if permissions is None else permissions)
        self._providers = _checked(tuple(providers))
        if http_transport is not None and not _is_transport(http_transport):
            kind = type(http_transport).__name__
            raise ArgumentTypeError(f"http_transport must be an httpx2.AsyncBaseTransport, not {kind}")
        self._http_transport = http_transport
        self._warm_workers = _count("warm_workers", warm_workers)
        self._tools: dict[str, BaseTool] = {}
        self._registry: ProviderRegistry | None = None
        self._connections: GuardedConnections | None = None
        self._pool: Pool | None = None
        self._servers: Servers | None = None
        self._database: Database | None = None
        self._runs: dict[Run, asyncio.Future[None]] = {}
        for function in tools:
            self._add_tool(function, None)

    async def __aenter__(self) -> Host:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the runs that are under way, the workers and the connections of this host."""
        await self._end_runs()
        if self._pool is not None:
            self._pool.close()
            self._pool = None
        if self._servers is not None:
            await self._servers.aclose()
        if self._registry is not None:
            await self._registry.aclose()
        if self._connections is not None:
            await self._connections.aclose()
        self.close_database()

    async def _end_runs(self) -> None:
        if not self._runs:
            return
        import asyncio  # they brought it

        for run in self._runs:
            run.stop(CancelledError("the host was closed"))
        await asyncio.wait(self._runs.values())

    def close_database(self) -> None:
        """Close the file of what outlives the runs; what is in memory alone is gone then."""
        if self._database is not None:
            self._database.close()

    def guarded(self, permissions: Permissions) -> Permissions:
        """The same permissions, but for the files that this host itself believes: its database, its settings."""
        if not permissions.write:
            return permissions
        from llmspell.reserved import reserved_files  # most runs write no files

        reserved = reserved_files(self.config, self._state)
        return replace(permissions, reserved=tuple(dict.fromkeys((*permissions.reserved, *reserved))))

    @property
    def database(self) -> Database:
        """What outlives the runs: the state of spells, conversations, documents."""
        if self._database is None:
            from llmspell.storage.database import MEMORY, Database  # loads SQLite

            self._database = Database(self._state or MEMORY)
        return self._database

    @property
    def threads(self) -> ThreadStore:
        """Conversations that are kept by name: `Thread(host.agent(...), host.threads, "ada")`."""
        from llmspell.agents.threads import ThreadStore  # most hosts have no agents

        return ThreadStore(self.database)

    @property
    def connections(self) -> GuardedConnections:
        """The way to the web for `http` in spells; what a spell may reach is asked for at every use."""
        if self._connections is None:
            from llmspell.providers.guarded import GuardedConnections  # loads an HTTP library

            self._connections = GuardedConnections(self._http_transport)
        return self._connections

    @property
    def mcp(self) -> Servers:
        """The MCP servers of the configuration, each started when it is first used; `await host.mcp.tools()`."""
        if self._servers is None:
            from llmspell.mcp.servers import servers_of  # most hosts have none

            self._servers = servers_of(self.config, self._http_transport)
        return self._servers

    @property
    def models(self) -> ProviderRegistry:
        """The models that spells of this host can use."""
        if self._registry is None:
            from llmspell.providers.registry import ProviderRegistry  # not needed without a model

            self._registry = ProviderRegistry(
                self.config, providers=self._providers, http_transport=self._http_transport
            )
        return self._registry

    @overload
    def tool(self, function: _Function) -> _Function: ...
    @overload
    def tool(self, *, name: str) -> Callable[[_Function], _Function]: ...
    def tool(self, function: Any = None, *, name: str | None = None) -> Any:
        """Offer a tool, or a typed Python function, plain or async, to spells as `tools.NAME{...}`; also a decorator.

        Its parameters are checked against their hints; its docstring describes it. Raises `InvalidValueError` for
        a name that is taken.
        """
        if function is None:
            return lambda decorated: self.tool(decorated) if name is None else self._add_tool(decorated, name)
        return self._add_tool(function, name)

    def _add_tool(self, function: Any, name: str | None) -> Any:
        from llmspell.agents.tools import BaseTool, Tool  # most runs have no tools

        tool = function if isinstance(function, BaseTool) else Tool(function, name=name)
        if tool.name in self._tools:
            raise InvalidValueError(f"there is a tool {tool.name!r} already", hint="give it another name=")
        self._tools[tool.name] = tool
        return function

    async def run(
        self,
        spell: str | os.PathLike[str] | Spell,
        *,
        params: Any = None,
        model: str | None = None,
        limits: Limits | None = None,
        permissions: Permissions | None = None,
        budget: Budget | None = None,
        isolation: str | None = None,
        stdin: str | TextIO | None = None,
        seed: int | None = None,
        on_event: Callable[[Event], None] | None = None,
        check: bool = True,
    ) -> Result:
        """Run a spell, a file or a `Spell`, to its end.

        `params` is any JSON value, with bytes or `Blob` in it where the spell wants those. `model` is what `llm()`
        means in this run. `permissions` is what the spell may do, instead of what the host says. `budget` is what it
        shares with others: it spends no more than that has left, and than its `limits` say. `isolation` is `process` or
        `inline`. `seed` makes the script's randomness repeatable. `on_event` is told what happens. A spell that fails
        raises its error, unless `check` is false: then `Result.error` has it. What `on_event` raises ends the run.
        """
        run = Run(self, spell, params, model, limits, permissions, isolation, stdin, seed, on_event, budget)
        import asyncio  # slow to import

        over = self._runs[run] = asyncio.get_running_loop().create_future()
        try:
            await run.drive()
        finally:
            del self._runs[run]
            over.set_result(None)
        return run.result(check)

    async def stream(
        self, spell: str | os.PathLike[str] | Spell, **options: Unpack[RunOptions]
    ) -> AsyncGenerator[Event, None]:
        """Run a spell and give its events as they happen; the last one is `Ended`, with the result.

        Takes the options of `run`, but for `on_event` and `check`. A spell that fails does not raise here: see
        `Ended.result.error`. Closing the iterator (`contextlib.aclosing`) cancels the run.
        """
        import asyncio  # slow to import

        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        task = asyncio.create_task(self.run(spell, **options, on_event=queue.put_nowait, check=False))
        task.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (event := await queue.get()) is not None:
                yield event
            await task  # raises what kept the spell from starting
        finally:
            task.cancel()
            await asyncio.wait([task])

    def agent(
        self,
        model: str | None = None,
        *,
        tools: Iterable[str | BaseTool | Callable[..., Any]] = (),
        code: Code | Language | None = None,
        **options: Any,
    ) -> Agent:
        """An agent on a model of this host; None is the configured one.

        `tools` are tools of this host by their names, other tools, and typed Python functions. With `code`, `js` or
        `lua`, the model writes code, which runs in workers of this host. The options are those of
        `llmspell.agents.Agent`. Raises `NotFoundError` for a model or a tool that does not exist.
        """
        from llmspell.agents.agent import Agent  # most hosts only run spells
        from llmspell.agents.sources import source_in

        if code is not None:
            from llmspell.agents.code.options import Code  # most agents call tools one by one

            code = Code.of(code, self.code_runner)
        listed = [tools] if isinstance(tools, str) else tools
        given = [self._tool_named(each) if isinstance(each, str) else each for each in listed]
        return Agent(source_in(self.models, model or self.config.model), tools=given, code=code, **options)

    @property
    def code_runner(self) -> Runner:
        """Runs what models write, in workers of this host; see `docs/code-mode.md`."""
        from llmspell.code_runs import Runner  # most hosts only run spells

        return Runner(self)

    def _tool_named(self, name: str) -> BaseTool:
        from llmspell.tools.registry import unknown  # only for agents

        offered = self.offered(self.permissions)
        if (tool := offered.get(name)) is not None:
            return tool
        raise unknown(name, offered)

    def offered(self, permissions: Permissions) -> Offered:
        """All tools by name that a run with these permissions can call: the host's own, and the built-in ones."""
        from llmspell.tools.base import Home  # most runs call no tools
        from llmspell.tools.registry import Offered

        home = Home(fallback=permissions, settings=self.config.tools, connect=lambda: self.connections)
        return Offered(self._tools, home, permissions.may_use_tool, self._remote)

    def _remote(self, name: str) -> BaseTool | None:
        return None if self.config.mcp is None else self.mcp.remote(name)

    def worker_pool(self) -> Pool:
        """The warm workers."""
        if self._pool is None:
            from llmspell.workers.pool import Pool  # loads asyncio

            self._pool = Pool(self._warm_workers)
        return self._pool

    @property
    def tools(self) -> dict[str, BaseTool]:
        """The tools of the program, by name; see `offered` for the built-in ones."""
        return self._tools


def _checked(providers: tuple[Any, ...]) -> tuple[LLMProvider, ...]:
    if not providers:
        return ()
    from llmspell.providers.base import LLMProvider  # whoever has one has loaded it

    names: set[str] = set()
    for provider in providers:
        if not isinstance(provider, LLMProvider) or not isinstance(getattr(provider, "name", None), str):
            raise ArgumentTypeError(f"providers must be LLMProviders that have a name, not {provider!r:.80}")
        if provider.name in names:
            raise InvalidValueError(f"there is a provider {provider.name!r} already", hint="give it another name")
        names.add(provider.name)
    return providers


def _is_transport(given: object) -> bool:
    """By what it has: its class would load an HTTP library."""
    return not isinstance(given, type) and hasattr(given, "handle_async_request")


def _count(name: str, value: int) -> int:
    if type(value) is not int or value < 0:
        raise InvalidValueError(f"{name} must be a whole number from 0 on, not {value!r:.40}")
    return value


def run(
    spell: str | os.PathLike[str] | Spell,
    *,
    params: Any = None,
    model: str | None = None,
    limits: Limits | None = None,
    permissions: Permissions | None = None,
    budget: Budget | None = None,
    isolation: str | None = None,
    stdin: str | TextIO | None = None,
    seed: int | None = None,
    on_event: Callable[[Event], None] | None = None,
    check: bool = True,
    config: Config | None = None,
    providers: Iterable[LLMProvider] = (),
    tools: Iterable[Callable[..., Any] | BaseTool] = (),
    http_transport: httpx2.AsyncBaseTransport | None = None,
    state: str | os.PathLike[str] | None = None,
    start_worker: Callable[[str], Child] | None = None,
    make_loop: Callable[[], AbstractEventLoop] = loop.quick,
) -> Result:
    """Run one spell from a program without an event loop, and wait for it.

    Takes what `Host` and `Host.run` take, and `start_worker`, which gives the worker process for a dialect: one that
    was started early, for instance. It is closed at the end. `make_loop` makes the event loop, if one is needed:
    uvloop's where the extra `fast` is installed. Raises `RuntimeError` inside a running event loop:
    there, `await Host().run(...)`. `KeyboardInterrupt` ends the run, and is raised after its `Ended` event.
    """
    host = Host(config, providers=providers, tools=tools, http_transport=http_transport, state=state)
    task = Run(host, spell, params, model, limits, permissions, isolation, stdin, seed, on_event, budget)
    try:
        task.drive_blocking(start_worker, make_loop)
    except KeyboardInterrupt:
        task.interrupted()
        raise
    finally:
        host.close_database()
    return task.result(check)
