"""The recorded traffic, read leniently out of its three containers. Shares no code with the product."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
import yaml

FOLDER = Path(__file__).parents[3] / "shared" / "cassettes"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Exchange(NamedTuple):
    """A request and its answer. `asked` is parsed where it is JSON; `answer` is what came after decompression."""

    method: str
    host: str
    path: str
    asked: Any
    status: int
    answer: bytes


class Recording(NamedTuple):
    """A file: `name` is `service/file`; `frames` counts what is neither a request nor an answer of HTTP."""

    name: str
    exchanges: tuple[Exchange, ...]
    frames: int

    @property
    def service(self) -> str:
        return self.name.partition("/")[0]


def names() -> list[str]:
    """All recordings; none when they are not beside the project."""
    return sorted(f"{file.parent.name}/{file.name}" for file in FOLDER.glob("*/*.yaml"))


_ABSENT = pytest.mark.skip(reason="the recorded traffic (../shared/cassettes) is not beside the project")
each = pytest.mark.parametrize("name", names() or [pytest.param("none", marks=_ABSENT)], ids=str)
"""Runs a test once for each recording."""


@cache
def recording(name: str) -> Recording:
    documents = [
        found for found in yaml.load_all((FOLDER / name).read_bytes(), Loader=_LOADER) if found
    ]  # a safe loader
    entries = [entry for document in documents for entry in _entries(document)]
    return Recording(
        name,
        tuple(entry for entry in entries if isinstance(entry, Exchange)),
        sum(1 for entry in entries if entry is None),
    )


def _entries(document: dict[str, Any]) -> Iterator[Exchange | None]:
    if "then" in document:
        yield _when_then(document["when"], document["then"])
    for interaction in document.get("interactions", ()):
        if "request" in interaction:
            yield _request_response(interaction["request"], interaction["response"])
        else:
            yield None
    if not {"then", "interactions"} & document.keys():
        yield None


def _when_then(when: dict[str, Any], then: dict[str, Any]) -> Exchange:
    body = (then["body"] or "").encode()
    if then.get("body_encoding") == "base64":
        body = base64.b64decode(body)
    return Exchange(when["method"].upper(), "", unquote(when["path"]), _json(when["body"]), then["status"], body)


def _request_response(request: dict[str, Any], response: dict[str, Any]) -> Exchange | None:
    if "uri" not in request:
        return None
    url = urlsplit(request["uri"])
    asked = request["parsed_body"] if "parsed_body" in request else _json(_text(request.get("body")))
    return Exchange(
        request["method"].upper(), url.netloc, unquote(url.path), asked, response["status"]["code"], _answer(response)
    )


def _answer(response: dict[str, Any]) -> bytes:
    if "parsed_body" in response:
        return json.dumps(response["parsed_body"], ensure_ascii=False).encode()
    body = _text(response.get("body")) or b""
    body = body if isinstance(body, bytes) else body.encode()
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def _text(body: Any) -> Any:
    return body.get("string") if isinstance(body, dict) else body


def _json(body: Any) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body
