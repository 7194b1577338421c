"""Spells as tools."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from llmspell import header
from llmspell.agents.tools import Approval, BaseTool
from llmspell.errors import InvalidValueError, NotFoundError
from llmspell.languages import bridge_for
from llmspell.mcp.names import clean
from llmspell.providers.content import Media, MediaKind, Text
from llmspell.spell import Spell
from llmspell.system.blobs import id_of

if TYPE_CHECKING:
    from llmspell.agents.context import ToolContext
    from llmspell.events import Result
    from llmspell.host import Host
    from llmspell.system.blobs import Blob

_KINDS: dict[str, MediaKind] = {"image": "image", "audio": "audio", "video": "video"}


class SpellTool(BaseTool):
    """A spell that runs when it is called, with the arguments as its parameters.

    Its name, description and parameters are those of its header, the name else that of its file. `options` are those
    of `Host.run`. When it serves a spell or an agent, it has at most the permissions of that, and spends from its
    budget. Raises `InvalidValueError` for a header that cannot be understood.
    """

    def __init__(
        self,
        host: Host,
        spell: Spell,
        *,
        approval: Approval = "allow",
        timeout: float | None = None,
        retries: int = 0,
        max_result: int | None = None,
        **options: Any,
    ) -> None:
        found = header.read(spell.source, spell.name)
        stem = os.path.splitext(os.path.basename(spell.name))[0]
        name = found.name or clean(stem)
        super().__init__(name, approval=approval, timeout=timeout, retries=retries, max_result=max_result)
        self.spell = spell
        self._host = host
        self._header = found
        self._options = options

    @property
    def description(self) -> str:
        return self._header.description

    @property
    def parameters(self) -> dict[str, Any]:
        return self._header.parameters

    async def run(self, args: dict[str, Any], context: ToolContext) -> Any:
        options = self._options | {"params": args, "stdin": ""}
        own = options.get("permissions") or self._host.permissions
        if context.permissions is not None:
            own = own.narrowed(context.permissions)
        options["permissions"] = context.bounded(own)
        if context.budget is not None:
            options["budget"] = context.budget
        return answer_of(await self._host.run(self.spell, **options))


def spell_tool(host: Host, file: str | os.PathLike[str], **options: Any) -> SpellTool:
    """The spell in a file as a tool, for `host.tool` and for agents. Takes options of tools and of `Host.run`.

    Raises what `Spell.load` does, and `InvalidValueError` for a header that cannot be understood.
    """
    return SpellTool(host, Spell.load(file), **options)


def answer_of(result: Result) -> Any:
    """What a run gave: its value, or as parts of a message what it printed and its value with the blobs in it."""
    parts: list[Text | Media] = [Text(result.output.rstrip("\n"))] if result.output.strip() else []
    blobs = [_media(blob) for blob in result.blobs.values()]
    if not parts and not blobs:
        return result.value
    alone = id_of(result.value) is not None
    if result.value is not None and not alone:
        import json  # where it is not the whole answer

        value = result.value
        parts.append(Text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)))
    return [*parts, *blobs]


def _media(blob: Blob) -> Media:
    return Media(kind=_KINDS.get(blob.mime.partition("/")[0], "document"), mime=blob.mime, data=blob.data)


def found_in(paths: Iterable[str]) -> list[Spell]:
    """The spells in these files, and in these folders without what is below them; files that begin with `_` are
    modules for others. Raises `NotFoundError` and `InvalidValueError`."""
    spells = []
    for path in paths:
        if not os.path.isdir(path):
            spells.append(Spell.load(path))
            continue
        inside = [Spell.load(os.path.join(path, name)) for name in sorted(os.listdir(path)) if _is_spell(path, name)]
        if not inside:
            raise NotFoundError(f"there are no spells in {path!r}", hint="spells end in .lua or .js")
        spells += inside
    return spells


def _is_spell(folder: str, name: str) -> bool:
    hidden = name.startswith((".", "_"))
    return not hidden and bridge_for(name) is not None and os.path.isfile(os.path.join(folder, name))


def check_names(tools: Iterable[BaseTool]) -> None:
    """Raises `InvalidValueError` for two of one name."""
    seen: dict[str, BaseTool] = {}
    for tool in tools:
        if other := seen.get(tool.name):
            places = [each.spell.name for each in (other, tool) if isinstance(each, SpellTool)]
            raise InvalidValueError(
                f"two tools are called {tool.name!r}{': ' if places else ''}{' and '.join(places)}",
                hint="a comment `@name NAME` at the top of a spell gives it another name",
            )
        seen[tool.name] = tool
