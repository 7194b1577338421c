"""The decoder of server-sent events, against the standard and against what servers really send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.errors import ProviderError
from llmspell.providers.wire import sse
from llmspell.providers.wire.sse import Decoder, ServerEvent


def decode(*pieces: bytes) -> list[ServerEvent]:
    decoder = Decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return events + decoder.end()


def data(*texts: str) -> list[ServerEvent]:
    return [ServerEvent("", text.encode()) for text in texts]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_line_ends(end):
    stream = end.join(["data: one", "", "data: two", "", ""]).encode()
    assert decode(stream) == data("one", "two")
    assert decode(*(bytes([byte]) for byte in stream)) == data("one", "two")


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b": OPENROUTER PROCESSING\n\ndata: x\n\n", data("x")),
        (b"data: a\ndata: b\n\n", data("a\nb")),
        (b"data:no space\n\ndata:  two spaces\n\n", data("no space", " two spaces")),
        (b"\xef\xbb\xbfdata: after a byte order mark\n\n", data("after a byte order mark")),
        (b"event: error\ndata: {}\n\ndata: x\n\n", [ServerEvent("error", b"{}"), ServerEvent("", b"x")]),
        (b"event: ping\n\ndata: x\n\n", data("x")),
        (b"id: 1\nretry: 5\nunknown: y\ndata: x\n\n", data("x")),
        (b"data\n\n", data("")),
        (b"data: no blank line at the end", data("no blank line at the end")),
        (b"data: one line end\n", data("one line end")),
        (b"\n\n\n", []),
        (b"", []),
    ],
)
def test_forms(stream, expected):
    assert decode(stream) == expected


def test_a_line_end_split_over_two_pieces_is_one_line_end():
    assert decode(b"data: x\r", b"\n\r", b"\ndata: y\r\n\r\n") == data("x", "y")


def test_events_come_as_soon_as_they_are_complete():
    decoder = Decoder()
    assert decoder.feed(b"data: x\n") == []
    assert decoder.feed(b"\ndata: y") == data("x")
    assert decoder.feed(b"\r\n\r") == data("y")


def test_an_endless_event_is_refused(monkeypatch):
    monkeypatch.setattr(sse, "MAX_EVENT", 100)
    decoder = Decoder()
    for _ in range(5):
        decoder.feed(b"data: without end")
    with pytest.raises(ProviderError, match="larger than"):
        decoder.feed(b"data: without end")


def test_many_events_together_are_not_too_large(monkeypatch):
    monkeypatch.setattr(sse, "MAX_EVENT", 100)
    decoder = Decoder()
    assert sum(len(decoder.feed(b"data: a short one\n\n")) for _ in range(50)) == 50


texts = st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), min_size=1)


@given(texts, st.sampled_from(["\n", "\r", "\r\n"]), st.data())
def test_where_the_stream_is_cut_does_not_matter(lines, end, draw):
    stream = b"".join(f"data: {line}{end}{end}".encode() for line in lines)
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert decode(*pieces) == data(*lines)
    assert decode(*pieces, end.encode()) == data(*lines)
