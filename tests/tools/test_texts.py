"""`text_*`: counting and changing texts, with patterns that cannot take for ever."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.tools.patterns import Literal, _folded
from tests.tools.calling import call, refused

EVIL = {"text": "a" * 50_000 + "!", "pattern": "(a|aa|a*)*$", "regex": True}
DOTTED = "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"
SIGMAS = "\N{GREEK CAPITAL LETTER SIGMA}\N{GREEK SMALL LETTER SIGMA}\N{GREEK SMALL LETTER FINAL SIGMA}"
LETTERS = st.sampled_from(f"aAbBi{DOTTED}{SIGMAS}")


class TestSearch:
    def test_words_are_found_and_counted(self) -> None:
        found = call("text_search", text="one two\none", pattern="one")
        matches = [{"text": "one", "line": 1, "start": 1}, {"text": "one", "line": 2, "start": 9}]
        assert found == {"count": 2, "matches": matches}

    def test_a_plain_text_is_no_pattern(self) -> None:
        assert call("text_search", text="a.c abc", pattern="a.c")["count"] == 1

    def test_groups(self) -> None:
        found = call("text_search", text="k=1", pattern=r"(\w)=(\d)(x)?", regex=True)
        assert found["matches"][0]["groups"] == ["k", "1", None]

    def test_case(self) -> None:
        assert call("text_search", text="A a", pattern="a", ignore_case=True)["count"] == 2
        assert call("text_search", text="Ä ä", pattern="ä", ignore_case=True, regex=True)["count"] == 2
        assert call("text_search", text="ÄÄä", pattern="äÄ", ignore_case=True)["count"] == 1
        found = call(
            "text_search", text=f"{DOTTED}{SIGMAS}", pattern="\N{GREEK CAPITAL LETTER SIGMA}" * 2, ignore_case=True
        )
        assert found["matches"] == [{"text": SIGMAS[:2], "line": 1, "start": 2}]

    @given(st.text(LETTERS, max_size=12), st.text(LETTERS, min_size=1, max_size=3))
    def test_what_is_found_is_what_stands_there(self, text: str, pattern: str) -> None:
        plain, folded = (Literal(pattern, ignore_case=fold) for fold in (False, True))
        places = [found.start() for found in re.finditer(re.escape(pattern), text)]
        assert [found.start() for found in plain.finditer(text)] == places
        assert all(_folded(found.group()) == _folded(pattern) for found in folded.finditer(text))
        assert not places or folded.search(text) is not None

    def test_every_letter_has_its_place_in_small_letters(self) -> None:
        every = "".join(map(chr, [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]))
        assert len(_folded(every)) == len(every)

    def test_plain_texts_are_quick(self) -> None:
        evil = {"text": "a" * 1_000_000, "pattern": "A" * 999 + "b"}
        for ignore_case in (False, True):
            assert call("text_search", **evil, ignore_case=ignore_case)["count"] == 0

    def test_all_are_counted_and_few_shown(self) -> None:
        found = call("text_search", text="x" * 5000, pattern="x", max_matches=3)
        assert (found["count"], len(found["matches"])) == (5000, 3)

    def test_letters_beyond_ascii_keep_their_places(self) -> None:
        found = call("text_search", text="héé 😀 x", pattern="[x😀]", regex=True)
        assert [match["start"] for match in found["matches"]] == [5, 7]

    def test_evil_patterns_are_quick(self) -> None:
        assert call("text_search", **EVIL)["count"] <= 2  # the empty end

    @pytest.mark.parametrize(
        ("args", "said"),
        [
            ({"pattern": "(?=a)", "regex": True}, "no pattern"),
            ({"pattern": r"(a)\1", "regex": True}, "no pattern"),
            ({"pattern": "(", "regex": True}, "no pattern"),
            ({"pattern": "((a{100}){100}){100}", "regex": True}, "pattern"),
            ({"pattern": "(x{900}y{900}z{900}w{900})", "regex": True}, "too large a pattern"),
            ({"pattern": ""}, "pattern is empty"),
            ({"pattern": "a" * 1001}, "1001 characters"),
            ({"pattern": "a", "text": "a" * 1_000_001}, "1000001 characters"),
            ({"pattern": "a", "max_matches": 10_000}, "from 0 to 1000"),
        ],
    )
    def test_what_is_refused(self, args: dict[str, object], said: str) -> None:
        error = refused("text_search", **({"text": "a"} | args))
        assert error.kind == "value"
        assert said in error.message

    def test_a_search_ends_after_its_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("llmspell.tools.patterns.SECONDS", 0.0)
        assert refused("text_search", text="aaa", pattern="a").kind == "timeout"

    def test_without_the_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "re2", None)
        assert refused("text_search", text="a", pattern="a", regex=True).hint == "run: pip install 'llmspell[tools]'"
        assert call("text_search", text="a", pattern="a")["count"] == 1


class TestReplace:
    def test_every_place(self) -> None:
        assert call("text_replace", text="a-b-c", pattern="-", replacement="+") == {"text": "a+b+c", "count": 2}

    def test_groups(self) -> None:
        changed = call("text_replace", text="ab", pattern="(a)(b)", replacement=r"\2\1[\0]\\", regex=True)
        assert changed["text"] == "ba[ab]\\"

    def test_a_plain_replacement_has_no_groups(self) -> None:
        assert call("text_replace", text="a", pattern="a", replacement=r"\1\n")["text"] == r"\1\n"

    @pytest.mark.parametrize("replacement", [r"\2", r"\g<1>", "\\", r"\n", r"\x"])
    def test_what_is_no_group(self, replacement: str) -> None:
        error = refused("text_replace", text="a", pattern="(a)", replacement=replacement, regex=True)
        assert "no group of the pattern" in error.message

    def test_a_result_that_grows_beyond_bounds(self) -> None:
        error = refused("text_replace", text="a" * 1000, pattern="a", replacement="b" * 10_000)
        assert "4000000 characters" in error.message

    @given(st.text(max_size=30), st.text(min_size=1, max_size=3), st.text(max_size=3))
    def test_it_is_what_python_does(self, text: str, old: str, new: str) -> None:
        assert call("text_replace", text=text, pattern=old, replacement=new)["text"] == text.replace(old, new)


class TestSplit:
    def test_lines(self) -> None:
        assert call("text_split", text="a\nb\n") == ["a", "b", ""]

    def test_patterns_and_parts(self) -> None:
        assert call("text_split", text="a, b,c", pattern=r",\s*", regex=True) == ["a", "b", "c"]
        assert call("text_split", text="a,b,c", pattern=",", max_parts=2) == ["a", "b,c"]
        assert call("text_split", text="a,b", pattern=",", max_parts=1) == ["a,b"]


def test_stats() -> None:
    assert call("text_stats", text="Hi there.\n\nhi you") == {
        "characters": 17,
        "characters_without_blanks": 13,
        "bytes": 17,
        "words": 4,
        "unique_words": 3,
        "lines": 3,
        "paragraphs": 2,
        "longest_word": "there.",
    }
    assert call("text_stats", text="")["words"] == 0
