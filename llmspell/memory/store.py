"""Pieces of documents in SQLite, with an index of their words and a vector for their meaning. These methods block.

The vectors are compared one by one: 10,000 of 384 numbers take a third of a second. Extensions of SQLite that do it
faster cannot be loaded by many builds of Python, so none is needed.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import time
from array import array
from collections.abc import Iterator, Sequence
from heapq import nlargest
from itertools import pairwise
from operator import mul
from sqlite3 import Connection
from typing import Any, NamedTuple

from llmspell.errors import InvalidValueError
from llmspell.memory.chunks import Piece
from llmspell.memory.documents import Document
from llmspell.storage.database import Database, scope_of

MAX_PIECES = 50_000
MAX_BYTES = 256 * 1024 * 1024
"""Of the texts and vectors of all memories of a scope."""
MAX_MEMORIES = 100
_PREFIX = "memory:"
_WORD = re.compile(r"\w+")
_UNSPACED = re.compile("[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
"""Runs of Chinese and Japanese, whose words have no spaces between them."""
_MAX_WORDS = 64
_BATCH = 1000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS memories (
    id INTEGER PRIMARY KEY, scope INTEGER NOT NULL REFERENCES scopes(id) ON DELETE CASCADE, name TEXT NOT NULL,
    model TEXT, pieces INTEGER NOT NULL DEFAULT 0, UNIQUE (scope, name)
);
CREATE TABLE IF NOT EXISTS memory_documents (
    id INTEGER PRIMARY KEY, memory INTEGER NOT NULL REFERENCES memories(id) ON DELETE CASCADE, source TEXT NOT NULL,
    title TEXT NOT NULL, metadata TEXT NOT NULL, hash BLOB NOT NULL, added REAL NOT NULL, UNIQUE (memory, source)
);
CREATE TABLE IF NOT EXISTS memory_pieces (
    id INTEGER PRIMARY KEY, memory INTEGER NOT NULL, document INTEGER NOT NULL REFERENCES memory_documents(id),
    heading TEXT NOT NULL, text TEXT NOT NULL, vector BLOB
);
CREATE INDEX IF NOT EXISTS memory_pieces_memory ON memory_pieces (memory);
CREATE INDEX IF NOT EXISTS memory_pieces_document ON memory_pieces (document);
CREATE VIRTUAL TABLE IF NOT EXISTS memory_words
    USING fts5(heading, text, content='memory_pieces', content_rowid='id', tokenize='porter unicode61');
"""


class Found(NamedTuple):
    """A piece that was found; the higher its score, the better it fits, among those of the same search."""

    text: str
    source: str
    title: str
    heading: str
    score: float
    metadata: dict[str, Any]


class Count(NamedTuple):
    """What a memory holds."""

    documents: int
    pieces: int


class MemoryStore:
    """The memory `name` of a scope; see `Memory`, which makes the vectors."""

    def __init__(self, database: Database, scope: str, name: str = "default") -> None:
        self._database = database
        self._scope = _PREFIX + scope
        self._name = name

    def has(self, document: Document, model: str | None) -> bool:
        """Whether this very document is there already."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT hash FROM memory_documents JOIN memories ON memories.id = memory"
                " WHERE memory = ? AND source = ? AND model IS ?",
                (self._id(connection), document.source, model),
            ).fetchone()
        return row is not None and row[0] == _hash(document)

    def put(
        self, document: Document, pieces: Sequence[Piece], vectors: Sequence[Sequence[float]] | None, model: str | None
    ) -> None:
        """Keep a document in the place of one of the same source. `vectors` are of `model`, one for each piece.

        Raises `InvalidValueError` when there is no room, or the memory has vectors of another model.
        """
        packed = [None] * len(pieces) if vectors is None else [_packed(vector) for vector in vectors]
        size = sum(len(piece.text.encode()) + len(vector or b"") for piece, vector in zip(pieces, packed, strict=True))
        with self._writing() as connection:
            memory = self._made(connection, model)
            self._drop(connection, memory, document.source)
            self._check_room(connection, memory, len(pieces), size)
            row = (memory, document.source, document.title, _plain(document), _hash(document), time.time())
            number = connection.execute(
                "INSERT INTO memory_documents (memory, source, title, metadata, hash, added) VALUES (?, ?, ?, ?, ?, ?)",
                row,
            ).lastrowid
            for piece, vector in zip(pieces, packed, strict=True):
                id_ = connection.execute(
                    "INSERT INTO memory_pieces (memory, document, heading, text, vector) VALUES (?, ?, ?, ?, ?)",
                    (memory, number, piece.heading, piece.text, vector),
                ).lastrowid
                connection.execute(
                    "INSERT INTO memory_words (rowid, heading, text) VALUES (?, ?, ?)",
                    (id_, _spaced(piece.heading), _spaced(piece.text)),
                )
            _count(connection, memory, len(pieces), size)

    def check(self, model: str | None) -> None:
        """Raises `InvalidValueError` when it has vectors of another model, or none: asked before they are made."""
        with self._reading() as connection:
            row = connection.execute("SELECT model FROM memories WHERE id = ?", (self._id(connection),)).fetchone()
        if row is not None and row[0] != model:
            raise self._foreign(row[0], model)

    def _foreign(self, kept: str | None, model: str | None) -> InvalidValueError:
        return InvalidValueError(
            f"the memory {self._name!r:.80} has vectors of {kept or 'no model'}, not of {model or 'no model'}",
            hint="name that model, or delete all of the memory first",
        )

    def by_words(self, query: str, limit: int) -> list[tuple[int, float]]:
        """The pieces with any of these words, best first: their numbers and scores (BM25)."""
        words = list(dict.fromkeys(_phrases(query.lower())))[:_MAX_WORDS]
        if not words:
            return []
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT memory_words.rowid, bm25(memory_words, 2.0, 1.0) AS score FROM memory_words"
                " JOIN memory_pieces ON memory_pieces.id = memory_words.rowid"
                " WHERE memory_words MATCH ? AND memory = ? ORDER BY score LIMIT ?",
                (" OR ".join(f'"{word}"' for word in words), self._id(connection), limit),
            ).fetchall()
        return [(int(id_), -float(score)) for id_, score in rows]

    def by_vector(self, vector: Sequence[float], limit: int) -> list[tuple[int, float]]:
        """The pieces whose meaning is nearest, best first: their numbers and the cosine. Raises `InvalidValueError`."""
        sought = array("f", _packed(vector))
        scored: list[tuple[int, float]] = []
        last = 0
        while rows := self._vectors(last):
            for id_, packed in rows:
                if len(packed) != len(sought) * sought.itemsize:
                    kept = len(packed) // sought.itemsize
                    raise InvalidValueError(
                        f"the model gave {len(sought)} numbers now, and {kept} before",
                        hint="delete all of the memory, and add it again",
                    )
                scored.append((id_, sum(map(mul, sought, array("f", packed)))))
            last = rows[-1][0]
        return nlargest(limit, scored, key=lambda each: each[1])

    def _vectors(self, last: int) -> list[tuple[int, bytes]]:
        """Some of the vectors, after the piece `last`: others get their turn between."""
        with self._reading() as connection:
            rows: list[tuple[int, bytes]] = connection.execute(
                "SELECT id, vector FROM memory_pieces WHERE memory = ? AND id > ? AND vector IS NOT NULL"
                " ORDER BY id LIMIT ?",
                (self._id(connection), last, _BATCH),
            ).fetchall()
        return rows

    def pieces(self, scored: Sequence[tuple[int, float]]) -> list[Found]:
        """The pieces with these numbers, in this order; those that are gone meanwhile are left out."""
        found = []
        with self._reading() as connection:
            for id_, score in scored:
                row = connection.execute(
                    "SELECT text, source, title, heading, metadata FROM memory_pieces"
                    " JOIN memory_documents ON memory_documents.id = document WHERE memory_pieces.id = ?",
                    (id_,),
                ).fetchone()
                if row is not None:
                    text, source, title, heading, metadata = row
                    found.append(Found(text, source, title, heading, score, json.loads(metadata)))
        return found

    def delete(self, source: str | None = None) -> int:
        """Forget the document of a source, or all of them; how many there were."""
        with self._writing() as connection:
            memory = self._id(connection)
            sources = [source] if source is not None else [each[0] for each in self._sources(connection, memory)]
            count = sum(self._drop(connection, memory, each) for each in sources)
            if source is None:
                connection.execute("DELETE FROM memories WHERE id = ?", (memory,))
        return count

    def sources(self) -> list[str]:
        """The sources of the documents, sorted."""
        with self._reading() as connection:
            return [str(row[0]) for row in self._sources(connection, self._id(connection))]

    def count(self) -> Count:
        """How much it holds."""
        with self._reading() as connection:
            memory = self._id(connection)
            [documents] = connection.execute(
                "SELECT count(*) FROM memory_documents WHERE memory = ?", (memory,)
            ).fetchone()
            row = connection.execute("SELECT pieces FROM memories WHERE id = ?", (memory,)).fetchone()
        return Count(documents, 0 if row is None else row[0])

    def _reading(self) -> Any:
        self._database.prepare("memory", _SCHEMA)
        return self._database.reading()

    def _writing(self) -> Any:
        self._database.prepare("memory", _SCHEMA)
        return self._database.writing()

    def _id(self, connection: Connection) -> int:
        row = connection.execute(
            "SELECT memories.id FROM memories JOIN scopes ON scopes.id = scope WHERE scopes.name = ?"
            " AND memories.name = ?",
            (self._scope, self._name),
        ).fetchone()
        return -1 if row is None else int(row[0])

    def _made(self, connection: Connection, model: str | None) -> int:
        scope = scope_of(connection, self._scope)
        connection.execute(
            "INSERT INTO memories (scope, name, model) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (scope, self._name, model),
        )
        memory = self._id(connection)
        [kept] = connection.execute("SELECT model FROM memories WHERE id = ?", (memory,)).fetchone()
        if kept != model:
            raise self._foreign(kept, model)
        return memory

    def _check_room(self, connection: Connection, memory: int, pieces: int, size: int) -> None:
        [have] = connection.execute("SELECT pieces FROM memories WHERE id = ?", (memory,)).fetchone()
        [used, memories] = connection.execute(
            "SELECT scopes.used, count(*) FROM scopes JOIN memories ON scope = scopes.id WHERE scopes.name = ?",
            (self._scope,),
        ).fetchone()
        if have + pieces > MAX_PIECES or used + size > MAX_BYTES or memories > MAX_MEMORIES:
            raise InvalidValueError(
                f"the memory {self._name!r:.80} has no room: it has at most {MAX_PIECES} pieces, and {MAX_MEMORIES} "
                f"memories {MAX_BYTES >> 20} MiB together; there are {have}, {memories} and {used >> 20} MiB",
                hint="delete documents that are not needed any more",
            )

    def _drop(self, connection: Connection, memory: int, source: str) -> int:
        row = connection.execute(
            "SELECT id FROM memory_documents WHERE memory = ? AND source = ?", (memory, source)
        ).fetchone()
        if row is None:
            return 0
        rows = connection.execute(
            "SELECT id, heading, text, coalesce(length(vector), 0) FROM memory_pieces WHERE document = ?", row
        ).fetchall()
        size = 0
        for id_, heading, text, bytes_ in rows:
            size += len(text.encode()) + bytes_
            connection.execute(
                "INSERT INTO memory_words (memory_words, rowid, heading, text) VALUES ('delete', ?, ?, ?)",
                (id_, _spaced(heading), _spaced(text)),
            )
        connection.execute("DELETE FROM memory_pieces WHERE document = ?", row)
        connection.execute("DELETE FROM memory_documents WHERE id = ?", row)
        _count(connection, memory, -len(rows), -size)
        return 1

    def _sources(self, connection: Connection, memory: int) -> list[Any]:
        return connection.execute(
            "SELECT source FROM memory_documents WHERE memory = ? ORDER BY source", (memory,)
        ).fetchall()


def forget_all(database: Database, scope: str) -> int:
    """Forget all memories of a scope; how many documents there were."""
    database.prepare("memory", _SCHEMA)
    find = "SELECT memories.name FROM memories JOIN scopes ON scopes.id = scope WHERE scopes.name = ?"
    with database.reading() as connection:
        names = connection.execute(find, (_PREFIX + scope,)).fetchall()
    return sum(MemoryStore(database, scope, name).delete() for (name,) in names)


def _count(connection: Connection, memory: int, pieces: int, size: int) -> None:
    connection.execute("UPDATE memories SET pieces = pieces + ? WHERE id = ?", (pieces, memory))
    connection.execute(
        "UPDATE scopes SET used = used + ? WHERE id = (SELECT scope FROM memories WHERE id = ?)", (size, memory)
    )


def _spaced(text: str) -> str:
    """The text as it is indexed: each character of the languages without spaces is a word."""
    return _UNSPACED.sub(lambda run: f" {' '.join(run[0])} ", text)


def _phrases(query: str) -> Iterator[str]:
    """The words to look for; of languages without spaces, each two characters that follow each other."""
    for word in _WORD.findall(_UNSPACED.sub(lambda run: f" {run[0]} ", query)):
        if _UNSPACED.match(word) and len(word) > 2:
            yield from (f"{first} {second}" for first, second in pairwise(word))
        else:
            yield _spaced(word).strip()


def _packed(vector: Sequence[float]) -> bytes:
    """A vector of length 1, as 32-bit floats. Raises `InvalidValueError` for one that points nowhere."""
    length = math.sqrt(sum(number * number for number in vector))
    if not vector or not 0 < length < math.inf:
        raise InvalidValueError("the model gave a vector without a direction", hint="embed texts that are not empty")
    return array("f", (number / length for number in vector)).tobytes()


def _plain(document: Document) -> str:
    return json.dumps(dict(document.metadata), ensure_ascii=False)


def _hash(document: Document) -> bytes:
    text = json.dumps([document.text, document.title, _plain(document)])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
