"""Frames of AWS: both checksums, every cut, every damage, and the same as botocore makes of them."""

from __future__ import annotations

import json
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell.errors import ProviderError
from llmspell.providers.wire.eventstream import MAX_FRAME, Frames
from tests.providers.wire.frames import frame, framed, header
from tests.providers.wire.traffic import exchanges, pieces_of

ONE = frame("messageStart", {"role": "assistant"})
TWO = frame("metadata", {"text": "ä" * 300})


def read(*pieces: bytes) -> list:
    frames = Frames()
    return [found for piece in pieces for found in frames.feed(piece)] + frames.end()


def test_two_frames():
    assert read(ONE + TWO) == [
        {"kind": "event", "name": "messageStart", "data": {"role": "assistant"}},
        {"kind": "event", "name": "metadata", "data": {"text": "ä" * 300}},
    ]


@given(st.data())
def test_where_frames_are_cut_does_not_matter(data):
    assert read(*data.draw(pieces_of(ONE + TWO + ONE))) == read(ONE + TWO + ONE)


def test_exceptions_and_errors_are_told_apart():
    frames = frame("throttlingException", {"message": "slow"}, "exception") + frame("500", "broken", "error")
    assert read(frames) == [
        {"kind": "exception", "name": "throttlingException", "data": {"message": "slow"}},
        {"kind": "error", "name": "500", "data": {"message": "broken"}},
    ]


def test_headers_of_every_type_are_stepped_over():
    others = b"".join(
        bytes([1]) + b"x" + bytes([kind]) + value
        for kind, value in (
            (0, b""),
            (1, b""),
            (2, b"b"),
            (3, b"sh"),
            (4, b"long"),
            (5, b"longlong"),
            (6, struct.pack("!H", 3) + b"raw"),
            (8, b"timestmp"),
            (9, b"u" * 16),
        )
    )
    assert read(framed(others + header(":event-type", "e"), b"{}")) == [{"kind": "event", "name": "e", "data": {}}]


@given(st.integers(0, len(ONE) - 1), st.integers(1, 255))
def test_any_changed_byte_is_noticed(place, change):
    damaged = bytearray(ONE)
    damaged[place] ^= change
    with pytest.raises(ProviderError, match="the event stream is damaged"):
        read(bytes(damaged))


@given(st.binary(min_size=12, max_size=200))
def test_noise_is_an_error(noise):
    with pytest.raises(ProviderError):
        read(noise)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_noise_with_good_checksums_is_an_error_or_a_frame(headers, payload):
    try:
        (found,) = read(framed(headers, payload))
    except ProviderError:
        return
    assert isinstance(found["data"], dict)


def test_a_frame_of_impossible_length_is_an_error_at_once():
    for total, headers in ((MAX_FRAME + 1, 0), (15, 0), (100, 90)):
        prelude = struct.pack("!II", total, headers)
        with pytest.raises(ProviderError, match="impossible length"):
            read(prelude + struct.pack("!I", zlib.crc32(prelude)))


def test_a_payload_that_is_no_object_is_an_error():
    with pytest.raises(ProviderError):
        read(framed(header(":event-type", "e"), b"[1]"))


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_botocore_reads_the_same(data):
    eventstream = pytest.importorskip("botocore.eventstream", reason="needs the extra `bedrock`")
    streams = [x.answer for x in exchanges("bedrock") if x.path.endswith("converse-stream") and x.status == 200]
    body = data.draw(st.sampled_from(streams))
    buffer = eventstream.EventStreamBuffer()
    buffer.add_data(body)
    theirs = [(message.headers[":event-type"], json.loads(message.payload)) for message in buffer]
    ours = [(found["name"], found["data"]) for found in read(*data.draw(pieces_of(body)))]
    assert ours == theirs
