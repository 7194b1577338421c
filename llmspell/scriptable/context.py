"""All that a bridge object may use of the run it serves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from llmspell.part import Part as Part

if TYPE_CHECKING:
    from llmspell.agents.code.runner import CodeRunner
    from llmspell.agents.tools import BaseTool
    from llmspell.budget import Budget
    from llmspell.limits import Limits
    from llmspell.mcp.opened import Opened
    from llmspell.permissions import Permissions
    from llmspell.providers.base import LLMProvider
    from llmspell.providers.guarded import GuardedConnections
    from llmspell.providers.select.selection import Models
    from llmspell.storage.database import Database
    from llmspell.system.blobs import Blobs
    from llmspell.system.programs import Programs
    from llmspell.usage import RunUsage


class Registry(Protocol):
    """Where models are found."""

    def resolve(self, name: str | None) -> tuple[LLMProvider, str]:
        """The provider of `provider/model` or an alias, and the model's name there; None is the default model.

        Raises `NotFoundError` with near names.
        """
        ...

    def caching(self, wanted: bool | float | None) -> Models:
        """The same models, their answers remembered for so long; None is what the configuration says."""
        ...

    def narrowed(self, permissions: Permissions) -> Registry:
        """Those of the models that these permissions allow as well, for a part of the run that may do less."""
        ...


class Input(Protocol):
    """The standard input of the run."""

    async def read(self) -> str:
        """All that is left of it."""
        ...

    def lines(self) -> AsyncIterator[str]:
        """The lines that are left, without their ends."""
        ...


class RunContext(Protocol):
    """One run, as bridge objects see it."""

    @property
    def registry(self) -> Registry:
        """The models."""
        ...

    def models_within(self, budget: Budget) -> Registry:
        """The models, keeping to a part of the run's budget."""
        ...

    @property
    def kept(self) -> dict[tuple[str, Any], Any]:
        """What the runtime keeps for objects of the script until the run ends, by their kind and number."""
        ...

    @property
    def default_model(self) -> str | None:
        """What `llm()` means; None leaves it to the registry."""
        ...

    @property
    def tools(self) -> Mapping[str, BaseTool]:
        """The tools of the host that the run may use, by name."""
        ...

    @property
    def stdin(self) -> Input:
        """The standard input."""
        ...

    @property
    def usage(self) -> RunUsage:
        """What the run has used so far; calls to models are added to it."""
        ...

    @property
    def budget(self) -> Budget:
        """What the run may spend on models, everything it starts included. Its `registry` keeps to it."""
        ...

    @property
    def limits(self) -> Limits:
        """The limits of the run."""
        ...

    @property
    def permissions(self) -> Permissions:
        """What the spell may do."""
        ...

    @property
    def blobs(self) -> Blobs:
        """The bytes that the run holds for its script."""
        ...

    @property
    def connections(self) -> GuardedConnections:
        """The way to the web, for `llmspell.system.web`."""
        ...

    @property
    def programs(self) -> Programs:
        """The programs that the run may start, so many at once."""
        ...

    @property
    def servers(self) -> Opened:
        """The MCP servers that the run may use."""
        ...

    def invoke(self, function: int, args: list[Any]) -> Awaitable[Any]:
        """Call a function that the script handed over, by its number."""
        ...

    def keeping(self, shared: str | None) -> tuple[Database, str]:
        """Where the spell keeps what outlives the run, and the name of its scope there; or of one that it shares.

        Raises `InvalidValueError` for what cannot be the name of a shared one.
        """
        ...

    def run_spell(self, name: str, params: Any, part: Part) -> Awaitable[Any]:
        """Run another spell of the same folder to its end, and give its value. Raises its error."""
        ...

    @property
    def code_runner(self) -> CodeRunner:
        """Where code runs that models write."""
        ...

    def load_module(self, specifier: str, importer: str) -> Mapping[str, str]:
        """The `name` and `source` of a module that the script asks for. Raises `NotFoundError`."""
        ...
