"""Recorded requests and answers, for the tests of one format: read plainly, and cut into random pieces."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from hypothesis import strategies as st

from llmspell.providers.accumulator import Accumulator
from llmspell.providers.base import Event, Response
from llmspell.providers.wire.format import StreamDecoder
from tests.conformance import recordings


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


def exchanges(service: str) -> list[Exchange]:
    """All exchanges with a service, in the order of the recordings; skips where there are no recordings."""
    names = [name for name in recordings.names() if name.startswith(f"{service}/")]
    if not names:
        pytest.skip("the recorded traffic is not beside the project")
    return [
        Exchange(name.partition("/")[2], found.path, found.asked, found.status, found.answer)
        for name in names
        for found in recordings.recording(name).exchanges
    ]


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
