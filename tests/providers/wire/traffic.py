"""Recorded requests and answers, for the tests of one format: read plainly, and cut into random pieces."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from hypothesis import strategies as st

from llmspell.providers.base import Accumulator, Event, Response
from llmspell.providers.wire.format import StreamDecoder
from tests.providers.loopback import CASSETTES


class Exchange(NamedTuple):
    """One recorded request, its body parsed when that is JSON, and what was answered."""

    file: str
    path: str
    asked: Any
    status: int
    answer: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.answer)


@cache
def exchanges(service: str) -> tuple[Exchange, ...]:
    """All exchanges with a service, in the order of the recordings; skips where there are no recordings."""
    if not CASSETTES.is_dir():
        pytest.skip("the recorded traffic is not beside the project")
    return tuple(found for file in sorted((CASSETTES / service).glob("*.yaml")) for found in _read(file))


def _read(file) -> Iterator[Exchange]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for document in yaml.load_all(file.read_text(encoding="utf-8"), Loader=loader):
        if "then" in document:
            when, then = document["when"], document["then"]
            body = (then["body"] or "").encode()
            body = base64.b64decode(body) if then.get("body_encoding") == "base64" else body
            yield Exchange(file.name, unquote(when["path"]), _asked(when["body"]), then["status"], body)
        for interaction in document.get("interactions", ()):
            request, response = interaction["request"], interaction["response"]
            asked = request.get("parsed_body") or _asked(request.get("body"))
            path = unquote(urlsplit(request["uri"]).path)
            yield Exchange(file.name, path, asked, response["status"]["code"], _body(response))


def _asked(body: Any) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body


def _body(response: dict[str, Any]) -> bytes:
    if "parsed_body" in response:
        return json.dumps(response["parsed_body"]).encode()
    body = response["body"]["string"]
    body = body if isinstance(body, bytes) else body.encode()
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


@st.composite
def pieces_of(draw, body: bytes) -> list[bytes]:
    """The body cut at any places."""
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=20)))
    return [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]


def decoded(decoder: StreamDecoder, pieces: list[bytes]) -> list[Event]:
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return events + decoder.end()


def folded(events: list[Event], model: str = "asked-for") -> Response:
    accumulator = Accumulator(model)
    for event in events:
        accumulator.add(event)
    return accumulator.response()
