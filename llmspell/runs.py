"""One run of one spell in a host, from its parameters to its result, and the runs that it starts itself."""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from llmspell import loop, values
from llmspell.border import Done, FromSpell, Interpreter, SpellSource
from llmspell.budget import Budget
from llmspell.drive import Driver, Worker, drive_blocking
from llmspell.errors import CancelledError, InvalidValueError, from_data
from llmspell.events import Ended, Event, Result
from llmspell.languages import bridge_of
from llmspell.limits import Limits
from llmspell.scriptable.context import RunUsage
from llmspell.session import Session
from llmspell.spell import Spell, load_module
from llmspell.stdin import StandardInput

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from llmspell.agents.tools import BaseTool
    from llmspell.host import Host
    from llmspell.permissions import Permissions
    from llmspell.providers.guarded import GuardedConnections
    from llmspell.providers.permitted import PermittedRegistry
    from llmspell.scriptable.objects import Method
    from llmspell.system.blobs import Blobs
    from llmspell.system.programs import Programs
    from llmspell.workers.child import Child

ISOLATIONS = ("process", "inline")


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
    ) -> None:
        self.host = host
        self.spell = spell if isinstance(spell, Spell) else Spell.load(spell)
        self.limits = limits or host.config.limits
        self.permissions = host.permissions if permissions is None else permissions
        self.budget = Budget.of(self.limits, budget)
        self.default_model = model or host.config.model
        self.usage = RunUsage()
        self.stdin = StandardInput(stdin)
        self.run_id = uuid.uuid4().hex
        self.isolation = _isolation(isolation or host.config.isolation, self.spell)
        self._registry: PermittedRegistry | None = None
        self._blobs: Blobs | None = None
        self._programs: Programs | None = None
        self._emit = on_event or _ignore
        self._started = time.monotonic()
        self._deadline = self.limits.deadline()
        self._sources = {self.spell.name: self.spell.source}
        self.session = Session(_method, self, self.limits, on_event, self._sources, self.budget)
        self._source = SpellSource(
            name=self.spell.name,
            source=self.spell.source,
            params=self._params({} if params is None else params),
            seed=_seed(seed),
            now=time.time(),
            run_id=self.run_id,
            limits=self.limits.engine,
        )

    # What bridge objects use

    @property
    def registry(self) -> PermittedRegistry:
        if self._registry is None:
            from llmspell.providers.metered import MeteredRegistry  # not needed without a model
            from llmspell.providers.permitted import PermittedRegistry

            metered = MeteredRegistry(self.host.models, self.budget)
            self._registry = PermittedRegistry(metered, self.host.models, self.permissions, self.default_model)
        return self._registry

    @property
    def tools(self) -> dict[str, BaseTool]:
        if self.permissions.tools is None:
            return self.host.tools
        return {name: tool for name, tool in self.host.tools.items() if self.permissions.may_use_tool(name)}

    @property
    def connections(self) -> GuardedConnections:
        return self.host.connections

    @property
    def blobs(self) -> Blobs:
        if self._blobs is None:
            from llmspell.system.blobs import Blobs  # most runs hold no bytes

            self._blobs = Blobs()
        return self._blobs

    @property
    def programs(self) -> Programs:
        if self._programs is None:
            from llmspell.system.programs import Programs  # most runs start none

            self._programs = Programs(self.permissions)
        return self._programs

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

    def invoke(self, function: int, args: list[Any]) -> Any:
        return self.session.invoke(function, args)

    def load_module(self, specifier: str, importer: str) -> dict[str, str]:
        module: dict[str, str] = load_module(self.spell, specifier, importer)
        self._sources[module["name"]] = module["source"]
        return module

    # Driving it

    async def drive(self) -> None:
        await Driver(self.session, self._make_worker).run(self._source, self._deadline)

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
            await Driver(self.session, attach).resume(self._deadline)
        finally:
            await self.host.aclose()

    def _blocking_interpreter(self, start_worker: Callable[[str], Child] | None) -> Interpreter:
        if self.isolation == "inline":
            return bridge_of(self.spell.language).interpreter(self.spell.language)
        from llmspell.workers import child  # not needed inline
        from llmspell.workers.remote import RemoteInterpreter

        process = (start_worker or child.start_worker)(self.spell.language)
        return RemoteInterpreter(process, deadline=self._deadline)

    def _make_worker(self, on_slice: Callable[[list[FromSpell], bool], None]) -> Worker:
        if self.isolation == "inline":
            return self._attach(bridge_of(self.spell.language).interpreter(self.spell.language), on_slice)
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
        self._emit(Ended(result))
        if check and result.error is not None:
            raise result.error
        return result


def _method(name: str) -> Method | None:
    from llmspell.scriptable.objects import method  # a spell that calls nothing does without

    return method(name)


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


def _ignore(event: Event) -> None:
    del event


def _refuse_running_loop() -> None:
    if (asyncio := sys.modules.get("asyncio")) is None:
        return
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError("llmspell.run() blocks; inside an event loop use: await llmspell.Host().run(...)")
