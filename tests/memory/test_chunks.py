"""How documents are cut into pieces."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell.errors import InvalidValueError
from llmspell.memory.chunks import Piece, pieces

WORDS = st.lists(st.sampled_from(["one", "two.", "three,", "# four", "\n", "\n\n", "fünf", "x" * 70]), max_size=120)


def test_a_short_text_is_one_piece() -> None:
    assert list(pieces(" a text\r\n")) == [Piece("a text")]
    assert list(pieces(" \n ")) == []


def test_each_heading_begins_a_piece_and_knows_those_above() -> None:
    text = "before\n# A\none\n## B ##\ntwo\n### C\nthree\n## D\n# E\nfour"
    assert list(pieces(text)) == [
        Piece("before"),
        Piece("# A\none", "A"),
        Piece("## B ##\ntwo", "A > B"),
        Piece("### C\nthree", "A > B > C"),
        Piece("## D", "A > D"),
        Piece("# E\nfour", "E"),
    ]


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("# A #", "A"),
        ("#\tA ## \t", "A"),
        ("# A # b", "A # b"),
        ("# ###", "###"),
        ("#  \t", ""),
        ("#A", ""),
        ("####### A", ""),
        (f"# a{' ' * 100_000}b", f"a{' ' * 199}"),
        (f"#{' ' * 100_000}a", "a"),
    ],
)
def test_what_a_heading_is(line: str, heading: str) -> None:
    *_, last = pieces(f"{line}\nthe end")
    assert last.heading == heading


def test_it_is_cut_where_it_breaks() -> None:
    paragraph = "word " * 15
    cut = list(pieces(f"{paragraph}\n\n{paragraph}\n\n{paragraph}", size=100, overlap=0))
    assert [piece.text for piece in cut] == [paragraph.strip()] * 3
    sentences = "A sentence of some words. " * 8
    assert all(piece.text.endswith(".") for piece in pieces(sentences, size=100, overlap=0))


def test_a_piece_begins_with_the_end_of_the_one_before() -> None:
    first, second, *_ = pieces(" ".join(f"w{number}" for number in range(200)), size=100, overlap=40)
    last = first.text.split()[-1]
    assert last in second.text.split()
    assert second.text.split()[0] in first.text.split()


@pytest.mark.parametrize("overlap", [-1, 50, 100])
def test_the_overlap_is_less_than_half(overlap: int) -> None:
    with pytest.raises(InvalidValueError, match="is too much for pieces of 100 characters"):
        list(pieces("text", size=100, overlap=overlap))


@given(WORDS, st.integers(100, 300), st.integers(0, 49))
@settings(max_examples=150, deadline=None)
def test_no_word_is_lost_and_no_piece_too_long(words: list[str], size: int, overlap: int) -> None:
    text = " ".join(words)
    cut = list(pieces(text, size=size, overlap=overlap))
    assert all(0 < len(piece.text) <= size for piece in cut)
    assert len(cut) <= 2 + len(words) + 4 * len(text) // size
    letters = [word for word in text.replace("#", "").split() if len(word) < 20]
    found = " ".join(piece.text for piece in cut).replace("#", "").split()
    assert [word for word in letters if word not in found] == []
    assert overlap or sorted("".join(text.split())) == sorted("".join("".join(piece.text for piece in cut).split()))
