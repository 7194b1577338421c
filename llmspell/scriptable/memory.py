"""`memory`: documents to search, for scripts."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypedDict, cast

from llmspell.errors import InvalidValueError
from llmspell.functions import refuse_functions
from llmspell.scriptable.agent_records import AgentTool, Verdict
from llmspell.scriptable.checks import Check, Mismatch, compile_check
from llmspell.scriptable.context import RunContext
from llmspell.scriptable.shapes import Bounds, record_of
from llmspell.threads import own

if TYPE_CHECKING:
    from llmspell.agents.tools import BaseTool
    from llmspell.memory.memory import Memory
    from llmspell.memory.store import Count, Found
    from llmspell.providers.base import EmbedKind

Limit: TypeAlias = Annotated[int, Bounds(at_least=1, at_most=100)]
PieceSize: TypeAlias = Annotated[int, Bounds(at_least=100, at_most=20_000)]
Overlap: TypeAlias = Annotated[int, Bounds(at_least=0, at_most=5_000)]
Tokens: TypeAlias = Annotated[int, Bounds(at_least=1, at_most=1_000_000)]
SearchMode: TypeAlias = Literal["meaning", "words", "both"]
Sources: TypeAlias = list[str]
_MAX_METADATA = 16 * 1024


class MemoryOptions(TypedDict, total=False):
    """What a memory is made with; the same each time that it is used."""

    model: str
    """The model that makes the embeddings; a local one if absent."""
    meaning: bool
    """False: search by words alone, without a model."""
    shared: str
    """A name under which all spells of the same folder share it, as in `state`."""
    size: PieceSize
    """The most characters of the pieces that documents are cut into; 1,200 if absent."""
    overlap: Overlap
    """Characters that a piece repeats of the one before; 150 if absent."""


class DocumentOptions(TypedDict, total=False):
    """What is known of a document."""

    source: str
    """Where it is from: another one of the same source takes its place. The text itself, if absent."""
    title: str
    """What it is called."""
    metadata: dict[str, Any]
    """JSON that is given with what is found."""


class SearchOptions(TypedDict, total=False):
    """How to search."""

    limit: Limit
    """The most pieces; 5 if absent."""
    mode: SearchMode
    """By meaning, by words, or both lists put together by their ranks, which is the default."""


class MemoryContextOptions(TypedDict, total=False):
    """How much to tell."""

    limit: Limit
    """The most pieces; 10 if absent."""
    mode: SearchMode
    """As in a search."""
    max_tokens: Tokens
    """About how many tokens the text may have; 1,500 if absent."""


class MemoryToolOptions(TypedDict, total=False):
    """How an agent has a memory as a tool."""

    name: str
    """Its name for the model; `search_memory` if absent."""
    description: str
    """What is found in it, for the model."""
    approval: Verdict
    """Whether models may call it just so."""
    limit: Limit
    """The most pieces that a search gives; 5 if absent."""
    mode: SearchMode
    """As in a search."""
    max_tokens: Tokens
    """About how many tokens they may have; 1,500 if absent."""


class _Crossing(TypedDict, total=False):
    """What `as_tool` puts into `AgentTool.memory`."""

    name: str
    options: MemoryOptions
    search: MemoryContextOptions


class FoundPiece(TypedDict):
    """A piece of a document that fits."""

    text: str
    """The piece."""
    source: str
    """The source of its document."""
    title: str
    """The title of its document."""
    heading: str
    """The headings that it stands under."""
    score: float
    """How well it fits among those of the same search: a cosine, a BM25, or a sum of reciprocal ranks."""
    metadata: dict[str, Any]
    """That of its document."""


class MemoryCount(TypedDict):
    """How much there is."""

    documents: int
    """Documents."""
    pieces: int
    """Pieces that they were cut into."""


FoundPieces: TypeAlias = list[FoundPiece]


class ScriptableMemory:
    """Documents that the spell keeps between its runs and searches: `memory("notes")`.

    Each spell has its own, by the place of its file, as with `state`. Fails with `value` for another model than that of
    the documents that are there, and as models do.
    """

    def __init__(self, context: RunContext, name: str = "default", options: MemoryOptions | None = None) -> None:
        self._context = context
        self._name = name
        self._options: MemoryOptions = options or {}

    async def add(self, text: str, options: DocumentOptions | None = None) -> MemoryCount:
        """Keep a text. What was added is nothing if it was there already."""
        from llmspell.memory.documents import Document

        given: DocumentOptions = options or {}
        metadata = given.get("metadata", {})
        refuse_functions(metadata, "add: options.metadata")
        if len(json.dumps(metadata)) > _MAX_METADATA:
            raise InvalidValueError(f"add: options.metadata has more than {_MAX_METADATA >> 10} KiB")
        document = Document(text=text, source=given.get("source", ""), title=given.get("title", ""), metadata=metadata)
        return _counted(await self._memory().add(document))

    async def load(self, path: str, options: DocumentOptions | None = None) -> MemoryCount:
        """Keep a file that the spell may read: text, Markdown, HTML, PDF, CSV or JSON, as its ending tells.

        Its source is the path, unless told otherwise. Loading it again does nothing while it is unchanged.
        """
        import asyncio  # whoever awaits this has it

        from llmspell.memory.documents import read
        from llmspell.system.files import Files

        handle = await asyncio.to_thread(Files(self._context.permissions, self._context.blobs).blob, path)
        try:
            data = self._context.blobs.get(handle).data
            document = await own(lambda: read(data, path))
        finally:
            self._context.blobs.free(handle)
        given: DocumentOptions = {"source": path, "title": document.title}
        return await self.add(document.text, given | (options or {}))

    async def search(self, query: str, options: SearchOptions | None = None) -> FoundPieces:
        """The pieces that fit best, best first."""
        given: SearchOptions = options or {}
        found = await self._memory().search(query, limit=given.get("limit", 5), mode=given.get("mode"))
        return [_record(each) for each in found]

    async def context(self, query: str, options: MemoryContextOptions | None = None) -> str:
        """What fits best, as a text for a prompt: each piece below its source. Empty if nothing fits."""
        given: MemoryContextOptions = options or {}
        return await self._memory().context(
            query, limit=given.get("limit", 10), mode=given.get("mode"), max_tokens=given.get("max_tokens", 1500)
        )

    def as_tool(self, options: MemoryToolOptions | None = None) -> AgentTool:
        """A search of this memory as one of the `tools` of an agent: the model gives a query and is told what fits."""
        _checked_name(self._name)
        given: dict[str, Any] = {**(options or {})}
        search = {key: given.pop(key) for key in MemoryContextOptions.__annotations__ if key in given}
        made = {"name": self._name, "options": self._options, "search": search}
        return cast(AgentTool, {**given, "memory": made})

    async def delete(self, source: str | None = None) -> int:
        """Forget the document of a source, or all of them; how many there were."""
        return await self._memory().delete(source)

    async def count(self) -> MemoryCount:
        """How much there is."""
        return _counted(await self._memory().count())

    async def sources(self) -> Sources:
        """The sources of all documents, sorted."""
        return await self._memory().sources()

    def _memory(self) -> Memory:
        return _opened(self._context, self._name, self._options)


def _opened(context: RunContext, name: str, options: MemoryOptions) -> Memory:
    from llmspell.memory.memory import Memory
    from llmspell.memory.store import MemoryStore

    store = MemoryStore(*context.keeping(options.get("shared")), _checked_name(name))
    cut: dict[str, Any] = {key: options[key] for key in ("size", "overlap") if key in options}
    if options.get("meaning") is False:
        return Memory(store, **cut)
    from llmspell.providers.local.store import DEFAULT_MODEL

    model = options.get("model") or f"local/{DEFAULT_MODEL}"
    return Memory(store, lambda texts, kind: _embed(context, model, texts, kind), model=model, **cut)


async def _embed(context: RunContext, name: str, texts: list[str], kind: EmbedKind) -> list[list[float]]:
    from llmspell.scriptable.replies import Meter

    provider, model = context.registry.resolve(name)
    with Meter(context.usage, provider, model) as meter:
        embeddings = await provider.embed(model, texts, kind=kind)
        meter.finish(embeddings.model, embeddings.usage)
    return embeddings.vectors


def memory_tool(context: RunContext, made: dict[str, Any], **names: Any) -> BaseTool:
    """The tool that `as_tool` described. Raises `LlmspellError` for what it has not made."""
    from llmspell.memory.tool import retrieval_tool

    try:
        checked: _Crossing = _check()(made, None)
    except Mismatch as mismatch:
        raise mismatch.error("memory", "pass what as_tool gave") from None
    memory = _opened(context, checked.get("name", "default"), checked.get("options", {}))
    return retrieval_tool(memory, **names, **checked.get("search", {}))


@cache
def _check() -> Check:
    return compile_check(record_of(_Crossing))


def _checked_name(name: str) -> str:
    if not 0 < len(name) <= 200:
        raise InvalidValueError(f"{name!r:.80} cannot be the name of a memory", hint="a name has 1 to 200 characters")
    return name


def _counted(count: Count) -> MemoryCount:
    return {"documents": count.documents, "pieces": count.pieces}


def _record(found: Found) -> FoundPiece:
    return {
        "text": found.text,
        "source": found.source,
        "title": found.title,
        "heading": found.heading,
        "score": found.score,
        "metadata": found.metadata,
    }
