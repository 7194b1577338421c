from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llmspell.providers.local.textstream import TextStream


def run(pieces: list[bytes], stops: list[str]) -> tuple[str, bool]:
    stream = TextStream(stops)
    text = "".join(stream.feed(piece) for piece in pieces)
    return text + stream.finish(), stream.stopped


def test_a_character_split_over_tokens_comes_whole():
    stream = TextStream()
    assert [stream.feed(bytes([byte])) for byte in "é🦙".encode()] == ["", "é", "", "", "", "🦙"]


def test_half_a_character_at_the_end_is_marked():
    assert run(["é🦙".encode()[:-1]], []) == ("é\ufffd", False)


def test_bytes_that_are_no_text_are_marked():
    assert run([b"a\xff", b"b"], []) == ("a\ufffdb", False)


def test_what_may_become_a_stop_string_is_held_back():
    stream = TextStream(["STOP"])
    assert [stream.feed(piece) for piece in (b"a", b"bS", b"T", b"x")] == ["a", "b", "", "STx"]
    assert not stream.stopped


def test_a_stop_string_ends_the_text():
    stream = TextStream(["STOP", "\n"])
    assert stream.feed(b"one ST") == "one "
    assert stream.feed(b"OP two") == ""
    assert stream.stopped
    assert stream.feed(b"three") == stream.finish() == ""


def test_a_held_beginning_comes_at_the_end():
    assert run([b"one ST"], ["STOP"]) == ("one ST", False)


def test_an_empty_stop_string_is_none():
    assert run([b"one"], [""]) == ("one", False)


ALPHABET = st.text(alphabet="abé🦙", max_size=12)


@given(ALPHABET, st.lists(st.text(alphabet="abé🦙", min_size=1, max_size=4), max_size=3), st.data())
def test_cutting_the_bytes_anywhere_changes_nothing(text, stops, data):
    whole = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert run(pieces, stops) == run([whole], stops)


@given(ALPHABET, st.lists(st.text(alphabet="abé🦙", min_size=1, max_size=4), max_size=3))
def test_the_text_ends_where_the_first_stop_string_is_complete(text, stops):
    got, stopped = run([text.encode()], stops)
    ends = [(text.find(stop) + len(stop), text.find(stop)) for stop in stops if stop in text]
    assert stopped == bool(ends)
    assert got == (text[: min(ends)[1]] if ends else text)
