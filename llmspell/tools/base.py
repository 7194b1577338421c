"""What the built-in tools have in common: a description as data, and what one call may reach."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from llmspell.agents.schema import parameters_of
from llmspell.agents.tools import Approval, BaseTool
from llmspell.config_tools import ToolsConfig
from llmspell.errors import InvalidValueError, LlmspellError
from llmspell.permissions import Permissions

if TYPE_CHECKING:
    from llmspell.agents.context import ToolContext
    from llmspell.providers.guarded import GuardedConnections
    from llmspell.system.blobs import Blobs
    from llmspell.system.files import Files, Stopped
    from llmspell.system.programs import Programs
    from llmspell.system.web import Web

MAX_TEXT = 40_000
"""Characters of text in a result, so that it fits into what a model is shown."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where tools are at home: in a `Host`, or in a program that has none.

    `fallback` is what they may do when no spell says; `bound` is what they may do at most, for whomever they work.
    """

    fallback: Permissions = field(default_factory=Permissions)
    bound: Permissions | None = None
    settings: ToolsConfig = field(default_factory=ToolsConfig)
    connect: Callable[[], GuardedConnections] | None = None
    """Gives the connections of the host; without one, each call has its own."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)


class Reach:
    """What one call of a tool may reach."""

    def __init__(self, home: Home, context: ToolContext) -> None:
        given = context.bounded(home.fallback if context.permissions is None else context.permissions)
        self.permissions = given if home.bound is None else given.narrowed(home.bound)
        self.context = context
        self.home = home

    @cached_property
    def blobs(self) -> Blobs:
        """The bytes of the spell that is served."""
        from llmspell.system.blobs import Blobs  # most tools have none

        return Blobs() if self.context.blobs is None else self.context.blobs

    @cached_property
    def files(self) -> Files:
        """The files that may be read or written."""
        from llmspell.system.files import Files  # only for tools with files

        return Files(self.permissions, self.blobs)

    @cached_property
    def programs(self) -> Programs:
        """The programs that may be run; at most so many at once together with those that the spell runs itself."""
        from llmspell.system.programs import Programs  # only for what takes long

        served: Programs | None = getattr(self.context.run, "programs", None)
        same = self.context.run is not None and self.context.run.permissions is self.permissions
        return served if served is not None and same else Programs(self.permissions, self.home.environ)

    async def slow(self, work: Callable[[Stopped], _T]) -> _T:
        """Do blocking work in a thread of its own, and tell it to stop when the call is cancelled."""
        from llmspell.system.threads import slow  # only for what blocks

        return await slow(work, self.programs.slot())

    @asynccontextmanager
    async def web(self, permissions: Permissions | None = None) -> AsyncIterator[Web]:
        """The web, as these permissions let it be reached; by default those of the call."""
        from llmspell.providers.guarded import GuardedConnections  # loads an HTTP library
        from llmspell.system.web import Web

        connections = GuardedConnections() if self.home.connect is None else self.home.connect()
        try:
            yield Web(connections, self.permissions if permissions is None else permissions)
        finally:
            if self.home.connect is None:
                await connections.aclose()


Work: TypeAlias = Callable[[dict[str, Any], Reach], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A built-in tool as data: `parameters` in the short form of `llmspell.agents.schema`."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    work: Work
    needs: tuple[str, ...] = ()
    """The kinds of permissions without which it refuses."""
    timeout: float = 60.0
    """Seconds, unless the agent or the program says otherwise."""
    example: str = ""
    """What may stand behind its name in `llmspell tools call`."""


class Builtin(BaseTool):
    """A tool of llmspell's own."""

    def __init__(
        self,
        spec: Spec,
        home: Home,
        *,
        approval: Approval = "allow",
        timeout: float | None = None,
        retries: int = 0,
        max_result: int | None = None,
    ) -> None:
        super().__init__(
            spec.name,
            approval=approval,
            timeout=spec.timeout if timeout is None else timeout,
            retries=retries,
            max_result=max_result,
        )
        self.spec = spec
        self._home = home
        self._parameters = parameters_of(dict(spec.parameters), f"tool {spec.name}: parameters")

    @property
    def description(self) -> str:
        return self.spec.description

    @property
    def parameters(self) -> dict[str, Any]:
        return self._parameters

    async def run(self, args: dict[str, Any], context: ToolContext) -> Any:
        try:
            return await self.spec.work(args, Reach(self._home, context))
        except LlmspellError as error:
            error.hint = _for_tools(error.hint)
            raise


def _for_tools(hint: str | None) -> str | None:
    """A hint for scripts, for whoever has tools alone."""
    if hint is None or "fs.blob" in hint:
        return None
    return hint.replace("fs.list", "list_files").replace("http.fetch", "http_request")


def cut(text: str, most: int = MAX_TEXT) -> tuple[str, bool]:
    """The text, shortened where it is longer than that, and whether it was."""
    return text[:most], len(text) > most


def within(name: str, value: float, least: float, most: float) -> None:
    """Raises `InvalidValueError` for a number that is out of bounds."""
    if not least <= value <= most:
        raise InvalidValueError(f"{name} must be from {least:.12g} to {most:.12g}, not {value:.12g}")


def check_length(name: str, text: str, most: int) -> None:
    """Raises `InvalidValueError` for a text that is too long."""
    if len(text) > most:
        raise InvalidValueError(f"{name} has {len(text)} characters; it may have {most}")
