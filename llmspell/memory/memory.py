"""`Memory`: documents, searched by meaning and by words."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Literal, TypeAlias

from llmspell import values
from llmspell.errors import InvalidValueError
from llmspell.memory.chunks import OVERLAP, SIZE, pieces
from llmspell.memory.documents import Document
from llmspell.memory.store import Count, Found, MemoryStore
from llmspell.providers.base import EmbedKind, LLMProvider

Mode: TypeAlias = Literal["meaning", "words", "both"]
Embed: TypeAlias = Callable[[list[str], EmbedKind], Awaitable[list[list[float]]]]
"""Gives a vector for each text."""

_BATCH = 64
_SETTLED = 60
"""How much less the first places of a list count than their ranks say: the usual constant of rank fusion (Cormack and
others, 2009)."""


class Memory:
    """Documents that can be searched. `embed` makes the vectors, of `model`; without it there are only words.

    `size` and `overlap` are characters of the pieces that documents are cut into.
    """

    def __init__(
        self,
        store: MemoryStore,
        embed: Embed | None = None,
        *,
        model: str | None = None,
        size: int = SIZE,
        overlap: int = OVERLAP,
    ) -> None:
        self._store = store
        self._embed = embed
        self._model = model if embed is not None else None
        self._size = size
        self._overlap = overlap

    async def add(self, documents: Document | Iterable[Document]) -> Count:
        """Keep documents; one that is there already costs nothing. What was added: without those.

        Raises `InvalidValueError` for a document without text, and when there is no room.
        """
        await asyncio.to_thread(self._store.check, self._model)
        added, total = 0, 0
        for document in [documents] if isinstance(documents, Document) else documents:
            document = _named(document)
            if await asyncio.to_thread(self._store.has, document, self._model):
                continue
            found = await asyncio.to_thread(lambda: list(pieces(document.text, size=self._size, overlap=self._overlap)))  # noqa: B023  # awaited here
            if not found:
                raise InvalidValueError("a document has no text", hint="leave out what is empty")
            vectors = (
                None
                if self._embed is None
                else await self._vectors([_told(piece.heading, piece.text) for piece in found])
            )
            await asyncio.to_thread(self._store.put, document, found, vectors, self._model)
            added, total = added + 1, total + len(found)
        return Count(added, total)

    async def search(self, query: str, *, limit: int = 5, mode: Mode | None = None) -> list[Found]:
        """The pieces that fit best. `meaning` compares vectors (the score is the cosine), `words` counts the words they
        share (BM25), `both` puts the two lists together by their ranks; it is what happens unless told otherwise.

        Raises `InvalidValueError` for `meaning` in a memory of words.
        """
        mode = self.mode(mode)
        if mode == "words":
            scored = await asyncio.to_thread(self._store.by_words, query, limit)
        elif mode == "meaning":
            scored = await self._by_meaning(query, limit)
        else:
            depth = max(4 * limit, 20)
            words = await asyncio.to_thread(self._store.by_words, query, depth)
            scored = fused([await self._by_meaning(query, depth), words])[:limit]
        return await asyncio.to_thread(self._store.pieces, scored)

    def mode(self, asked: Mode | None = None) -> Mode:
        """How a search goes that asks for this. Raises `InvalidValueError` for `meaning` in a memory of words."""
        if self._embed is None and asked in ("meaning", "both"):
            raise InvalidValueError("this memory knows words alone", hint="name a model that makes embeddings")
        return asked or ("words" if self._embed is None else "both")

    async def context(self, query: str, *, max_tokens: int = 1500, limit: int = 10, mode: Mode | None = None) -> str:
        """What was found, as a text for a prompt: each piece below its source, as many as have so many tokens together.

        The tokens are estimated.
        """
        from llmspell.providers.tokens import estimate  # only where they are counted

        told: list[str] = []
        room = max_tokens
        for found in await self.search(query, limit=limit, mode=mode):
            piece = f"[{shown_source(found)}]\n{found.text}"
            room -= estimate(piece)
            if room < 0:
                break
            told.append(piece)
        return "\n\n".join(told)

    async def delete(self, source: str | None = None) -> int:
        """Forget the document of a source, or all of them; how many there were."""
        return await asyncio.to_thread(self._store.delete, source)

    async def sources(self) -> list[str]:
        """The sources of all documents, sorted."""
        return await asyncio.to_thread(self._store.sources)

    async def count(self) -> Count:
        """How much it holds."""
        return await asyncio.to_thread(self._store.count)

    async def _by_meaning(self, query: str, limit: int) -> list[tuple[int, float]]:
        if not query.strip():
            return []
        await asyncio.to_thread(self._store.check, self._model)
        assert self._embed is not None  # noqa: S101  # for the type checker: `mode` has looked
        [vector] = await self._embed([query], "query")
        return await asyncio.to_thread(self._store.by_vector, vector, limit)

    async def _vectors(self, texts: list[str]) -> list[list[float]]:
        assert self._embed is not None  # noqa: S101  # for the type checker: the caller has looked
        vectors: list[list[float]] = []
        for start in range(0, len(texts), _BATCH):
            vectors += await self._embed(texts[start : start + _BATCH], "document")
        return vectors


def embedding(provider: LLMProvider, model: str) -> Embed:
    """Vectors from a model."""

    async def embed(texts: list[str], kind: EmbedKind) -> list[list[float]]:
        return (await provider.embed(model, texts, kind=kind)).vectors

    return embed


def fused(lists: Sequence[Sequence[tuple[int, float]]]) -> list[tuple[int, float]]:
    """Several lists as one, by reciprocal ranks: what stands high in several of them comes first."""
    scores: dict[int, float] = {}
    for ranked in lists:
        for rank, (id_, _) in enumerate(ranked, 1):
            scores[id_] = scores.get(id_, 0.0) + 1 / (_SETTLED + rank)
    return sorted(scores.items(), key=lambda each: -each[1])


def shown_source(found: Found) -> str:
    """Where a piece is from, in a few words."""
    place = found.title or found.source
    return f"{place}: {found.heading}" if found.heading and found.heading != place else place


def _named(document: Document) -> Document:
    """A document without a source is its own. Raises `InvalidValueError` for what cannot be kept."""
    try:
        f"{document.text}{document.source}{document.title}".encode()
    except UnicodeEncodeError:
        raise InvalidValueError("a document is not valid Unicode (a lone surrogate)") from None
    values.check(dict(document.metadata), "the metadata of a document")
    if document.source:
        return document
    source = "text:" + hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Document(text=document.text, source=source, title=document.title, metadata=document.metadata)


def _told(heading: str, text: str) -> str:
    return f"{heading}\n{text}" if heading and not text.startswith("#") else text
