"""Frames: what honest workers say survives, what liars say is refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell.border import (
    Abort,
    Call,
    Cancel,
    Done,
    EngineLimits,
    Failed,
    Invoke,
    Print,
    Raise,
    Reject,
    Resolve,
    Return,
    SpellSource,
)
from llmspell.errors import InternalError
from llmspell.workers import frames

FROM_SPELL = [
    Call(1, "llm.complete", {"prompt": "hé"}),
    Cancel(1),
    Return(2, [1, None]),
    Raise(3, {"kind": "spell", "message": "x"}),
    Print("stdout", "🦙\n"),
    Done({"a": 1}),
    Failed({"kind": "limit", "message": "y"}),
]
TO_SPELL = [Resolve(1, None), Reject(2, {"kind": "value"}), Invoke(3, 7, [1, "a"]), Abort({"kind": "cancelled"})]


def bodies(data, *cuts):
    buffer = frames.FrameBuffer()
    pieces = [data[a:b] for a, b in zip((0, *cuts), (*cuts, len(data)), strict=True)]
    return [body for piece in pieces for body in buffer.feed(piece)]


def test_messages_of_a_worker_survive():
    data = frames.from_messages([frames.message(m) for m in FROM_SPELL], ended=True)
    (body,) = bodies(data)
    assert frames.from_worker(body) == (FROM_SPELL, True)


def test_messages_for_a_worker_survive():
    (body,) = bodies(frames.feed(TO_SPELL, 12.5))
    assert frames.read_feed(json.loads(body)) == (TO_SPELL, 12.5)


def test_a_spell_survives():
    spell = SpellSource("a.lua", "return 1", {"x": [1]}, 7, 1.5, "id", EngineLimits(1, 2.0, 3, 4))
    (body,) = bodies(frames.start(spell))
    assert frames.read_start(json.loads(body)) == spell


@given(st.lists(st.integers(0, 60), max_size=5))
def test_frames_may_be_cut_anywhere(cuts):
    data = frames.pack(["a", 1]) + frames.pack({"b": "é"}) + frames.pack(None)
    cuts = sorted(min(cut, len(data)) for cut in cuts)
    assert [json.loads(body) for body in bodies(data, *cuts)] == [["a", 1], {"b": "é"}, None]


def test_a_reader_that_stops_leaves_the_rest():
    buffer = frames.FrameBuffer()
    assert next(buffer.feed(frames.pack(1) + frames.pack(2))) == b"1"
    assert list(buffer.feed(b"")) == [b"2"]


def test_a_frame_too_large_is_refused_before_it_is_read():
    with pytest.raises(InternalError, match="larger than"):
        bodies(frames.HEADER.pack(frames.MAX_FRAME + 1) + b"x")


LIES = [
    "null",
    "[]",
    "[true]",
    '["yes",[]]',
    "[true,{}]",
    '[true,["call"]]',
    '[true,[["call",1]]]',
    '[true,[["call",-1,"m",{}]]]',
    '[true,[["call",true,"m",{}]]]',
    '[true,[["call",1.5,"m",{}]]]',
    '[true,[["call",1,2,{}]]]',
    '[true,[["call",1,"m",[]]]]',
    '[true,[["call",1,"m",{},1]]]',
    '[true,[["call",9007199254740993,"m",{}]]]',
    '[true,[["print","nowhere","x"]]]',
    '[true,[["print","stdout",5]]]',
    '[true,[["resolve",1,null]]]',
    '[true,[["__class__",1]]]',
    '[true,[["failed","text"]]]',
    '[true,[["done","\\ud800"]]]',
    '[true,[["done",NaN]]]',
    '[true,[["done",1e999]]]',
    '[true,[["done",9223372036854775808]]]',
    '[true,[[["call"],1,"m",{}]]]',
    '[true,[["done",' + "[" * 201 + "]" * 201 + "]]]",
    "[" * 100_000,
]


@pytest.mark.parametrize("lie", LIES, ids=[lie[:40] for lie in LIES])
def test_lies_are_refused(lie):
    with pytest.raises(InternalError, match="not a message"):
        frames.from_worker(lie.encode())


json_ish = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(["call", "print", "done"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=15,
)


@settings(max_examples=1000)
@given(st.tuples(st.booleans(), st.lists(json_ish, max_size=3)) | json_ish)
def test_generated_lies_are_messages_or_refused(frame):
    try:
        messages, ended = frames.from_worker(json.dumps(frame).encode())
    except InternalError:
        return
    assert isinstance(ended, bool)
    assert all(type(message) in {Call, Cancel, Return, Raise, Print, Done, Failed} for message in messages)


@given(st.binary(max_size=60))
def test_garbage_is_refused(data):
    with pytest.raises(InternalError):
        frames.from_worker(data)
