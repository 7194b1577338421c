"""One run of one spell in a host, from its parameters to its result."""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

from llmspell import loop, values
from llmspell.border import Done, FromSpell, Interpreter, SpellSource
from llmspell.budget import Budget
from llmspell.drive import Driver, Worker, drive_blocking
from llmspell.errors import ArgumentTypeError, CancelledError, InvalidValueError, LlmspellError, from_data
from llmspell.events import Ended, Event, Listener, Result
from llmspell.languages import bridge_of
from llmspell.limits import Limits
from llmspell.permissions import Permissions
from llmspell.session import Session
from llmspell.spell import Spell, load_module
from llmspell.stdin import StandardInput
from llmspell.usage import PartUsage, RunUsage

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from llmspell.agents.code.runner import CodeRunner
    from llmspell.agents.tools import BaseTool
    from llmspell.children import Children
    from llmspell.host import Host
    from llmspell.mcp.opened import Opened
    from llmspell.providers.guarded import GuardedConnections
    from llmspell.providers.permitted import PermittedRegistry
    from llmspell.scriptable.context import Part
    from llmspell.scriptable.objects import Method
    from llmspell.storage.database import Database
    from llmspell.system.blobs import Blobs
    from llmspell.system.programs import Programs
    from llmspell.workers.child import Child

ISOLATIONS = ("process", "inline")
_TYPES = {"model": str, "limits": Limits, "permissions": Permissions, "budget": Budget}


class Run:
    """One run of one spell in a host; bridge objects see it as their `RunContext`."""

    def __init__(
        self,
        host: Host,
        spell: str | os.PathLike[str] | Spell,
        params: Any,
        model: str | None,
        limits: Limits | None,
        permissions: Permissions | None,
        isolation: str | None,
        stdin: str | TextIO | None,
        seed: int | None,
        on_event: Callable[[Event], None] | None,
        budget: Budget | None = None,
        parent: Run | None = None,
    ) -> None:
        options = {"model": model, "limits": limits, "permissions": permissions, "budget": budget}
        refuse_other_types(options, _TYPES)
        self.host = host
        self.spell = spell if isinstance(spell, Spell) else Spell.load(spell)
        self.limits = limits or host.config.limits
        self.permissions = host.permissions if permissions is None else host.guarded(permissions)
        self.budget = Budget.of(self.limits, budget) if parent is None or budget is None else budget
        self.default_model = model or host.config.model
        self.usage: RunUsage = RunUsage() if parent is None else PartUsage(parent.usage)
        self.stdin = StandardInput(stdin)
        self.seed = _seed(seed)
        self.run_id = uuid.uuid4().hex
        self.isolation = _isolation(isolation or host.config.isolation, self.spell)
        self._parent = parent
        self._registry: PermittedRegistry | None = None
        self.kept: dict[tuple[str, Any], Any] = {}
        self._blobs: Blobs | None = None
        self._programs: Programs | None = None
        self._servers: Opened | None = None
        self._driver: Driver | None = None
        self._listener = None if on_event is None else Listener(on_event, self._abort)
        self._started = time.monotonic()
        self.deadline = self.limits.deadline()
        self.sources = {self.spell.name: self.spell.source}
        self.session = Session(_method, self, self.limits, self._listener, self.sources, self.budget)
        self._source = SpellSource(
            name=self.spell.name,
            source=self.spell.source,
            params=self._params({} if params is None else params),
            seed=self.seed,
            now=time.time(),
            run_id=self.run_id,
            limits=self.limits.engine,
        )

    # What bridge objects use

    @property
    def registry(self) -> PermittedRegistry:
        if self._registry is None:
            self._registry = self.models_within(self.budget)
        return self._registry

    def models_within(self, budget: Budget) -> PermittedRegistry:
        from llmspell.providers.metered import MeteredRegistry  # not needed without a model
        from llmspell.providers.permitted import PermittedRegistry

        metered = MeteredRegistry(self.host.models, budget)
        return PermittedRegistry(metered, self.host.models, self.permissions, self.default_model)

    @cached_property
    def tools(self) -> Mapping[str, BaseTool]:
        return self.host.offered(self.permissions)

    @property
    def connections(self) -> GuardedConnections:
        return self.host.connections

    @property
    def blobs(self) -> Blobs:
        if self._blobs is None:
            from llmspell.system.blobs import Blobs  # most runs hold no bytes

            self._blobs = Blobs(within=None if self._parent is None else self._parent.blobs)
        return self._blobs

    @property
    def held(self) -> Blobs | None:
        """The blobs, if there were ever any."""
        return self._blobs

    @property
    def programs(self) -> Programs:
        if self._programs is None:
            from llmspell.system.programs import Programs  # most runs start none

            self._programs = Programs(self.permissions)
        return self._programs

    def keeping(self, shared: str | None) -> tuple[Database, str]:
        from llmspell.storage.state import scope_name  # loads SQLite

        path = self.spell.path
        name = scope_name(path or self.run_id, shared)
        return (self.host.database if path is not None else self._scratch), name

    @cached_property
    def _scratch(self) -> Database:
        """For what a spell without a file keeps: until it ends."""
        from llmspell.storage.database import Database  # loads SQLite

        return Database()

    def release(self) -> None:
        """Forget what was kept for this run alone."""
        if "_scratch" in self.__dict__:
            self._scratch.close()
        if self._parent is not None and self._blobs is not None:
            self._blobs.clear()

    @property
    def servers(self) -> Opened:
        if self._servers is None:
            from llmspell.mcp.opened import Opened  # most runs use none

            self._servers = Opened(self, lambda: self.host.mcp)
        return self._servers

    def _params(self, params: Any) -> Any:
        """The parameters as they cross the border: bytes as handles of blobs."""
        try:
            return values.check(params, "params")
        except InvalidValueError as refused:
            try:
                params = self.blobs.holding(params)
            except RecursionError:
                raise refused from None
        return values.check(params, "params")

    # The spells that it runs itself

    @cached_property
    def children(self) -> Children:
        from llmspell.children import Children  # most spells run no others

        return Children(self, None if self._parent is None else self._parent.children)

    def run_spell(self, name: str, params: Any, part: Part) -> Awaitable[Any]:
        return self.children.run(name, params, part)

    def child(
        self, spell: Spell, params: Any, part: Part, limits: Limits, seed: int, on_event: Callable[[Event], None]
    ) -> Run:
        """A run that this one starts: it has what the `part` leaves of this one, and its blobs in `params`."""
        child = Run(
            self.host,
            spell,
            None,
            part.model or self.default_model,
            limits,
            self.permissions if part.permissions is None else self.permissions.narrowed(part.permissions),
            self.isolation,
            "",
            seed,
            on_event,
            (part.budget or self.budget).child(
                max_cost=part.max_cost, max_tokens=part.max_tokens, max_calls=part.max_calls
            ),
            self,
        )
        if params is not None:
            if self._blobs is not None:
                child.blobs.take(params, self._blobs)
            child._source = child._source._replace(params=params)
        child.deadline = None if part.timeout is None else limits.deadline()
        return child

    def invoke(self, function: int, args: list[Any]) -> Any:
        return self.session.invoke(function, args)

    @property
    def code_runner(self) -> CodeRunner:
        return self.host.code_runner.within(self)

    def load_module(self, specifier: str, importer: str) -> dict[str, str]:
        module: dict[str, str] = load_module(self.spell, specifier, importer)
        self.sources[module["name"]] = module["source"]
        return module

    # Driving it

    async def drive(self) -> None:
        self._driver = Driver(self.session, self._make_worker)
        try:
            await self._driver.run(self._source, self.deadline)
        finally:
            await self._leave()

    def stop(self, error: LlmspellError) -> None:
        """End it here and now; `drive` then returns."""
        if self._driver is not None:
            self._driver.stop(error)

    def _abort(self, error: LlmspellError) -> None:
        self.session.abort(error)

    async def _leave(self) -> None:
        """End what the run has opened."""
        if self._servers is not None:
            await self._servers.aclose()

    def drive_blocking(
        self,
        start_worker: Callable[[str], Child] | None = None,
        make_loop: Callable[[], AbstractEventLoop] = loop.quick,
    ) -> None:
        _refuse_running_loop()
        interpreter = self._blocking_interpreter(start_worker)
        try:
            drive_blocking(self.session, interpreter, self._source)
            if not self.session.ended:
                loop.run(lambda: self._finish(interpreter), make_loop)
        finally:
            interpreter.close()

    async def _finish(self, interpreter: Interpreter) -> None:
        def attach(on_slice: Callable[[list[FromSpell], bool], None]) -> Worker:
            return self._attach(interpreter, on_slice)

        try:
            await Driver(self.session, attach).resume(self.deadline)
        finally:
            await self._leave()
            await self.host.aclose()

    def _blocking_interpreter(self, start_worker: Callable[[str], Child] | None) -> Interpreter:
        if self.isolation == "inline":
            return self._inline_interpreter()
        from llmspell.workers import child  # not needed inline
        from llmspell.workers.remote import RemoteInterpreter

        process = (start_worker or child.start_worker)(self.spell.language)
        return RemoteInterpreter(process, deadline=self.deadline)

    def _inline_interpreter(self) -> Interpreter:
        from llmspell.workers.inline import InlineInterpreter  # not needed in processes

        return InlineInterpreter(bridge_of(self.spell.language).interpreter(self.spell.language))

    def _make_worker(self, on_slice: Callable[[list[FromSpell], bool], None]) -> Worker:
        if self.isolation == "inline":
            return self._attach(self._inline_interpreter(), on_slice)
        return self._attach(self.host.worker_pool().take(self.spell.language), on_slice)

    def _attach(self, interpreter: Interpreter, on_slice: Callable[[list[FromSpell], bool], None]) -> Worker:
        if self.isolation == "inline":
            from llmspell.workers.inline import InlineWorker  # one of the two is needed

            return InlineWorker(interpreter, on_slice)
        from llmspell.workers.remote import RemoteInterpreter, RemoteWorker  # one of the two

        assert isinstance(interpreter, RemoteInterpreter)  # noqa: S101  # for the type checker: not inline
        return RemoteWorker(interpreter, on_slice)

    def interrupted(self) -> None:
        """The user stopped the program: tell what the run came to until then."""
        self.session.fail(CancelledError("the run was interrupted"))
        self.result(check=False)

    def result(self, check: bool) -> Result:
        ended = self.session.ended
        assert ended is not None  # noqa: S101  # the drivers return at the end only
        value = ended.value if isinstance(ended, Done) else None
        result = Result(
            run_id=self.run_id,
            value=value,
            output="".join(self.session.output),
            usage=self.usage,
            cost=self.usage.cost,
            calls=self.session.calls,
            duration=time.monotonic() - self._started,
            error=None if isinstance(ended, Done) else from_data(ended.error),
            blobs={} if self._blobs is None else self._blobs.inside(value),
        )
        self.release()
        if self._listener is not None:
            self._listener(Ended(result))
            if self._listener.error is not None:
                raise self._listener.error
        if check and result.error is not None:
            raise result.error
        return result


def _method(name: str) -> Method | None:
    from llmspell.scriptable.objects import method  # a spell that calls nothing does without

    return method(name)


def refuse_other_types(options: Mapping[str, object], types: Mapping[str, type]) -> None:
    """Raise `ArgumentTypeError` for what would otherwise fail late, in a place that the caller knows nothing of."""
    for name, value in options.items():
        if value is not None and not isinstance(value, types[name]):
            raise ArgumentTypeError(f"{name} must be of the type {types[name].__name__}, not {type(value).__name__}")


def _isolation(isolation: str, spell: Spell) -> str:
    if isolation not in ISOLATIONS:
        raise InvalidValueError(f"isolation must be one of {', '.join(ISOLATIONS)}, not {isolation!r}")
    if isolation == "inline" and not bridge_of(spell.language).dialects[spell.language]:
        raise InvalidValueError(f"{spell.language} cannot keep its limits inline", hint="use the isolation 'process'")
    return isolation


def _seed(seed: int | None) -> int:
    if seed is None:
        return int.from_bytes(os.urandom(7), "big") & (values.MAX_SAFE_INTEGER - 1)
    if type(seed) is not int or not 0 <= seed < values.MAX_SAFE_INTEGER:
        raise InvalidValueError(f"seed must be a whole number from 0 to 2^53 - 1, not {seed!r}")
    return seed


def _refuse_running_loop() -> None:
    if (asyncio := sys.modules.get("asyncio")) is None:
        return
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError("llmspell.run() blocks; inside an event loop use: await llmspell.Host().run(...)")
