"""The built-in tools by their names, and those of packages: entry points of the group `llmspell.tools`.

An entry point gives a `BaseTool`, or a typed Python function, under its name. What packages bring may do anything, so
spells are offered only those that `packages` under `[tools]` in llmspell.toml names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from llmspell.agents.tools import BaseTool, Tool
from llmspell.errors import InvalidValueError, NotFoundError
from llmspell.tools.base import Builtin, Home, Spec

if TYPE_CHECKING:
    from llmspell.config_tools import ToolsConfig
    from llmspell.permissions import Permissions

GROUP = "llmspell.tools"

CATALOG: Mapping[str, str] = {
    "calculator": "calculator",
    "clock": "clock",
    "text_search": "texts",
    "text_replace": "texts",
    "text_split": "texts",
    "text_stats": "texts",
    "json_query": "jsons",
    "read_file": "files",
    "list_files": "files",
    "find_files": "files",
    "search_files": "files",
    "write_file": "files",
    "edit_file": "files",
    "fetch_page": "web",
    "http_request": "web",
    "web_search": "web_search",
    "sqlite_query": "sqlite",
    "run_program": "programs",
    "run_spell": "programs",
}
"""The built-in tools, and the modules that have them under their names in capitals."""


def spec_of(name: str) -> Spec:
    """The description of a built-in tool."""
    spec: Spec = getattr(import_module(f"llmspell.tools.{CATALOG[name]}"), name.upper())
    return spec


def builtin(
    name: str,
    *,
    permissions: Permissions | None = None,
    settings: ToolsConfig | None = None,
    home: Home | None = None,
    **options: Any,
) -> BaseTool:
    """The built-in tool, or that of a package, with this name.

    It may do what the spell may do that it serves; outside of a spell, what `permissions` say, by default nothing.
    Where both are given, it may do what both allow. `settings` are those under `[tools]`. The options are `approval`,
    `timeout`, `retries` and `max_result`, as of any tool. Raises `NotFoundError` with near names.
    """
    if name in CATALOG:
        return Builtin(spec_of(name), home or _home(permissions, settings), **options)
    if (entry := _entries().get(name)) is not None:
        if options or permissions is not None:
            raise InvalidValueError(f"the tool {name!r} of a package takes no options here")
        return _of_package(name, entry)
    raise unknown(name, known())


def known() -> list[str]:
    """The names of all built-in tools, and then of those that packages bring."""
    return [*CATALOG, *sorted(_entries().keys() - CATALOG.keys())]


def unknown(name: str, names: Iterable[str]) -> NotFoundError:
    """The error for a name that no tool has."""
    from llmspell.nearest import near  # only for a mistake

    names = list(names)
    if name in _entries():
        hint = f'a package has it: spells get it with packages = ["{name}"] under [tools] in llmspell.toml'
        return NotFoundError(f"there is no tool {name!r:.80}", hint=hint)
    told = f"the tools are {', '.join(sorted(names))}" if names else "the host offers no tools"
    return NotFoundError(f"there is no tool {name!r:.80}", hint=near(name, names) or told)


class Offered(Mapping[str, BaseTool]):
    """The tools that spells are offered: those of the program first, then the built-in ones, then those of packages.

    Built-in tools are made when they are asked for. `allows` says which names there are at all. `remote` gives those
    of servers, of which nobody knows the names before they are asked for.
    """

    def __init__(
        self,
        own: Mapping[str, BaseTool],
        home: Home,
        allows: Callable[[str], bool] = lambda name: True,  # noqa: ARG005  # every name
        remote: Callable[[str], BaseTool | None] = lambda name: None,  # noqa: ARG005  # there are none
    ) -> None:
        self._own = own
        self._home = home
        self._allows = allows
        self._remote = remote
        self._made: dict[str, BaseTool] = {}

    def __getitem__(self, name: str) -> BaseTool:
        if not self._allows(name):
            raise KeyError(name)
        if name in self._own:
            return self._own[name]
        if name not in self._names() and (tool := self._remote(name)) is not None:
            return tool
        if name not in self._made:
            if name not in CATALOG and name not in self._home.settings.packages:
                raise KeyError(name)
            self._made[name] = builtin(name, home=self._home)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names() and self._allows(str(name))

    def __iter__(self) -> Iterator[str]:
        return filter(self._allows, self._names())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _names(self) -> dict[str, None]:
        return dict.fromkeys([*self._own, *CATALOG, *self._home.settings.packages])


def _home(permissions: Permissions | None, settings: ToolsConfig | None) -> Home:
    given: dict[str, Any] = {} if settings is None else {"settings": settings}
    if permissions is not None:
        given |= {"fallback": permissions, "bound": permissions}
    return Home(**given)


@cache
def _entries() -> dict[str, Any]:
    from importlib.metadata import entry_points  # slow, and only for names that nobody else knows

    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _of_package(name: str, entry: Any) -> BaseTool:
    try:
        made = entry.load()
    except Exception as error:  # noqa: BLE001  # a package may fail in any way while it is loaded
        raise InvalidValueError(f"the tool {name!r} cannot be loaded from {entry.value}: {error}") from None
    tool = made if isinstance(made, BaseTool) else Tool(made, name=name) if callable(made) else None
    if tool is None or isinstance(made, type):
        raise InvalidValueError(f"{entry.value} is neither a tool nor a typed function")
    return tool
