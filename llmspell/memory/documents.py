"""Documents from files: text, Markdown, HTML, PDF, CSV, JSON. Reading the bytes is up to the caller.

PDF is pypdf's work, of the extra `memory`; HTML is trafilatura's, of the extra `web`. All of it is on the processor:
call it in a thread.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from llmspell.errors import InvalidValueError, NotFoundError

MAX_BYTES = 32 * 1024 * 1024
MAX_PAGES = 2000
MAX_SECONDS = 30.0
"""For the pages of a PDF, which may be made to take for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What can be searched. `source` says where it is from: another document of the same source takes its place."""

    text: str
    source: str = ""
    title: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """JSON that is given with what is found."""


def read(data: bytes, name: str) -> Document:
    """The document in a file; the ending of its name tells what it is, and everything unknown is text.

    Raises `InvalidValueError` for what cannot be read, `NotFoundError` where the extra that reads it is missing.
    """
    if len(data) > MAX_BYTES:
        raise InvalidValueError(f"{name!r:.200} has {len(data)} bytes; at most {MAX_BYTES >> 20} MiB can be read")
    loader = _LOADERS.get(os.path.splitext(name)[1].lower(), _plain)
    title, text = loader(data, name)
    if len(text) > MAX_BYTES:
        raise InvalidValueError(f"{name!r:.200} has {len(text)} characters of text; at most {MAX_BYTES >> 20} Mi")
    if not text.strip():
        hint = "a PDF of pictures has to be recognised first" if loader is _pdf else None
        raise InvalidValueError(f"{name!r:.200} has no text", hint=hint)
    return Document(text=_whole(text), source=name, title=_whole(title) or os.path.basename(name))


def _whole(text: str) -> str:
    """Text without halves of characters, which JSON and PDF may hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _plain(data: bytes, name: str) -> tuple[str, str]:
    return "", _decoded(data, name)


def _markdown(data: bytes, name: str) -> tuple[str, str]:
    text = _decoded(data, name)
    first = text.lstrip().split("\n", 1)[0]
    return first.lstrip("# ").strip() if first.startswith("# ") else "", text


def _html(data: bytes, name: str) -> tuple[str, str]:
    from llmspell.system.bodies import page_of
    from llmspell.system.readable import readable  # loads trafilatura

    if b"\0" in data:
        raise InvalidValueError(f"{name!r:.200} is no web page")
    article = readable(page_of({}, data), links=False)
    return article.title or "", article.text


def _pdf(data: bytes, name: str) -> tuple[str, str]:
    try:
        from pypdf import PdfReader  # an extra
        from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError
    except ImportError:
        raise NotFoundError(
            "PDF files need pypdf, which is not installed", hint="run: pip install 'llmspell[memory]'"
        ) from None
    import logging  # pypdf warns of every oddity

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data))
        pages = list(_pages(reader, name))
        title = "" if reader.metadata is None else str(reader.metadata.title or "")
    except DependencyError as error:
        raise NotFoundError(
            f"{name!r:.200} is encrypted: {str(error)[:100]}", hint="run: pip install 'llmspell[memory]'"
        ) from None
    except FileNotDecryptedError:
        raise InvalidValueError(f"{name!r:.200} has a password", hint="save it without one") from None
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError) as error:
        raise InvalidValueError(
            f"{name!r:.200} cannot be read as PDF: {str(error)[:100] or type(error).__name__}"
        ) from None
    return title, "\n\n".join(pages)


def _pages(reader: Any, name: str) -> Iterator[str]:
    end, room = time.monotonic() + MAX_SECONDS, MAX_BYTES
    for page in reader.pages[:MAX_PAGES]:
        text = page.extract_text()
        room -= len(text)
        if time.monotonic() > end or room < 0:
            raise InvalidValueError(f"{name!r:.200} takes too long to read, or has too much text", hint="split it")
        yield text


def _csv(data: bytes, name: str) -> tuple[str, str]:
    text = _decoded(data, name)
    mark = max(",;\t|", key=text.partition("\n")[0].count)
    rows = csv.reader(io.StringIO(text), delimiter=mark)
    try:
        head = next(rows, [])
        return "", _joined((piece for row in rows if any(row) for piece in _row(head, row)), name)
    except csv.Error as error:
        raise InvalidValueError(f"{name!r:.200} cannot be read as CSV: {error}") from None


def _row(head: list[str], row: list[str]) -> Iterator[str]:
    """A row as lines that stand for themselves, since each piece is read alone."""
    for at, cell in enumerate(row):
        if cell:
            yield f"{head[at] if at < len(head) else f'column {at + 1}'}: {cell}\n"
    yield "\n"


def _json(data: bytes, name: str) -> tuple[str, str]:
    try:
        value = json.loads(_decoded(data, name))
    except (ValueError, RecursionError) as error:
        raise InvalidValueError(f"{name!r:.200} is not JSON: {error}") from None
    encode = json.JSONEncoder(indent=1, ensure_ascii=False).iterencode
    items = value if isinstance(value, list) else [value]
    try:
        return "", _joined((piece for item in items for piece in chain(encode(item), ("\n\n",))), name)
    except RecursionError:
        raise InvalidValueError(f"{name!r:.200} is nested too deeply") from None


def _joined(pieces: Iterable[str], name: str) -> str:
    """One text of them. Raises `InvalidValueError` as soon as it is too long: small files may unfold to huge ones."""
    kept, size = [], 0
    for piece in pieces:
        size += len(piece)
        if size > MAX_BYTES:
            raise InvalidValueError(f"{name!r:.200} has more than {MAX_BYTES >> 20} Mi characters of text")
        kept.append(piece)
    return "".join(kept).rstrip("\n")


def _lines(data: bytes, name: str) -> tuple[str, str]:
    return "", _decoded(data, name).replace("\n", "\n\n")


def _decoded(data: bytes, name: str) -> str:
    charset = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return data.decode(charset)
    except UnicodeDecodeError as error:
        said = charset.removesuffix("-sig").upper()
        raise InvalidValueError(
            f"{name!r:.200} is no text: byte {error.start} is not {said}", hint="save it as UTF-8"
        ) from None


_LOADERS: dict[str, Callable[[bytes, str], tuple[str, str]]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".html": _html,
    ".htm": _html,
    ".pdf": _pdf,
    ".csv": _csv,
    ".tsv": _csv,
    ".json": _json,
    ".jsonl": _lines,
}
