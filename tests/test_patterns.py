"""The patterns of the guide run as they are written, in both languages, and are the files in `examples/patterns`.

`python -m tests.test_patterns` puts the files of today into the guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import llmspell
from llmspell import Spell
from llmspell.config import load
from llmspell.languages import bridge_of
from llmspell.providers.base import Request, Response, Usage
from llmspell.providers.content import Text, ToolCall
from llmspell.testing import Reply, ScriptedProvider

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "patterns.md"
FILES = ROOT / "examples" / "patterns"
LANGUAGES = ("lua", "js")
_BLOCK = re.compile(r"^```(lua|js)\n((?:.*\n)*?)```$", re.MULTILINE)
_RUN = re.compile(r"llmspell run examples/patterns/(\w+)\.(lua|js)")


def blocks() -> dict[tuple[str, str], str]:
    """The code of the guide, by the name in its second line and the language."""
    found = {}
    for language, code in _BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        name = _RUN.search(code)
        assert name is not None
        assert name[2] == language
        found[name[1], language] = code
    return found


def renewed(guide: str) -> str:
    """The guide with the files of today in it."""

    def block(match: re.Match[str]) -> str:
        name = _RUN.search(match[2])
        assert name is not None
        return f"```{match[1]}\n{(FILES / f'{name[1]}.{match[1]}').read_text(encoding='utf-8')}```"

    return _BLOCK.sub(block, guide)


BLOCKS = blocks() if __name__ != "__main__" else {}
NAMES = sorted({name for name, _ in BLOCKS})


def last(request: Request) -> str:
    """The texts of the last message."""
    return "".join(part.text for part in request.messages[-1].parts if isinstance(part, Text))


def calling(name: str, **arguments: Any) -> Response:
    """An answer that asks for a tool."""
    call = ToolCall("c1", name, arguments)
    return Response(parts=[call], finish_reason="tool_calls", raw_finish_reason=None, usage=Usage(), model="m")


def cast(name: str, language: str, reply: Any, stdin: str = "", **params: Any) -> tuple[llmspell.Result, list[Request]]:
    provider = ScriptedProvider(reply)
    spell = Spell(source=BLOCKS[name, language], language=language, name=name)
    result = llmspell.run(
        spell,
        params=params,
        stdin=stdin,
        providers=[provider],
        model="scripted/test",
        config=llmspell.Config(),
        limits=llmspell.Limits(timeout=60),
    )
    return result, provider.requests


def words(**answers: str) -> Callable[[Request], Reply]:
    """Replies by a word that the last message has (`_` for a space), else `Something.`"""

    def reply(request: Request) -> Reply:
        text = last(request)
        return next((said for key, said in answers.items() if key.replace("_", " ") in text), "Something.")

    return reply


class Case(NamedTuple):
    """A run of a pattern: what the model says, what is given, and what comes of it."""

    name: str
    reply: Any
    value: Any
    calls: int
    params: dict[str, Any] = {}  # noqa: RUF012  # never changed
    stdin: str = ""
    output: str = ""


def judged(request: Request) -> Reply:
    if "Is it good?" in last(request):
        return "GOOD" if "Text: second" in last(request) else "shorter"
    return "second" if "shorter" in last(request) else "first"


def marked(request: Request) -> Reply:
    return "I give it 7." if "mark from" in last(request) else "Rain."


def handing(request: Request) -> Reply:
    """Each agent hands on once, to the first that it may."""
    asked = str(request.messages[0])
    if "invoices" in asked:
        return "It is paid."
    return calling("hand_off_to_billing")


def circling(request: Request) -> Reply:
    return calling(request.tools[0]["name"])


def sending(request: Request) -> Reply:
    if request.messages[-1].role == "user":
        return calling("send", recipient="Ada", text="Tea!")
    return "Done."


CASES = [
    Case(
        "sequential",
        ["1. Light", "Lighthouses shine.", " Light \n"],
        {"title": "Light", "text": "Lighthouses shine.", "outline": "1. Light"},
        3,
    ),
    Case(
        "parallel",
        words(accountant="dear", lawyer="legal", a_guest="nice", Three="yes"),
        {"views": {"money": "dear", "law": "legal", "guests": "nice"}, "verdict": "yes"},
        4,
    ),
    Case("router", ["Repairs, I think", "Glue it."], {"desk": "repairs", "answer": "Glue it."}, 2),
    Case("router", ["???", "Hm."], {"desk": "other", "answer": "Hm."}, 2),
    Case(
        "map_reduce",
        words(Notes="all", one="1", two="2"),
        {"parts": 2, "answer": "all"},
        3,
        {"size": 8},
        "one one two two",
    ),
    Case("evaluator_optimiser", judged, {"text": "second", "rounds": 2}, 4),
    Case("evaluator_optimiser", words(), {"text": "Something.", "rounds": 3}, 5),
    Case(
        "orchestrator_workers",
        words(Name="1. Hills\n\n- Trams *\n3) Tiles\n4. More", Hills="Steep.", Trams="Yellow."),
        {
            "goal": "a walk through Lisbon",
            "parts": [
                {"task": "Hills", "text": "Steep."},
                {"task": "Trams *", "text": "Yellow."},
                {"task": ") Tiles", "text": "Something."},
            ],
        },
        4,
    ),
    Case(
        "debate",
        words(Who_was="Against!", You_are_for="warm", You_are_against="weak"),
        {"said": ["for: warm", "against: weak"], "winner": "against"},
        3,
        {"rounds": 1},
    ),
    Case("best_of_n", marked, {"text": "Rain.", "mark": 7}, 8, {"n": 4}),
    Case("hand_off", handing, {"way": ["reception", "billing"], "answer": "It is paid."}, 2),
    Case("hand_off", ["I can help."], {"way": ["reception"], "answer": "I can help."}, 1),
    Case("hand_off", circling, {"way": ["reception", "billing", "repairs", "billing"], "answer": ""}, 4),
    Case(
        "approval",
        sending,
        {"sent": [{"recipient": "Ada", "text": "Tea!"}], "answer": "Done."},
        2,
        stdin="y\n",
        output='send {"recipient":"Ada","text":"Tea!"}? [y/N]\n',
    ),
    Case(
        "approval",
        sending,
        {"sent": [], "answer": "Done."},
        2,
        output='send {"recipient":"Ada","text":"Tea!"}? [y/N]\n',
    ),
    Case("retrieval", words(harbour="At six."), {"answer": "At six.", "sources": ["hours"]}, 1),
    Case(
        "retrieval",
        words(),
        {"answer": "Nothing is known about that.", "sources": []},
        0,
        {"question": "Zebras?"},
    ),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_patterns_run(case: Case, language: str) -> None:
    result, requests = cast(case.name, language, case.reply, case.stdin, **case.params)
    value = result.value
    if case.name == "retrieval" and value["sources"][:1] == ["hours"]:
        value["sources"] = value["sources"][:1]  # what comes second is a matter of taste
    assert value == case.value
    assert len(requests) == case.calls
    assert result.output == case.output


def test_every_pattern_has_a_case() -> None:
    assert {case.name for case in CASES} == set(NAMES)
    assert len(NAMES) == 11


def test_the_guide_has_the_files() -> None:
    assert {f"{name}.{language}" for name, language in BLOCKS} == {path.name for path in FILES.iterdir()}
    for (name, language), code in BLOCKS.items():
        assert code == (FILES / f"{name}.{language}").read_text(encoding="utf-8"), "run python -m tests.test_patterns"
    guide = GUIDE.read_text(encoding="utf-8")
    assert renewed(guide) == guide


def test_they_are_short() -> None:
    assert max(len(code.splitlines()) for code in BLOCKS.values()) <= 45


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_patterns_have_no_problems(name: str, language: str) -> None:
    assert bridge_of(language).check(BLOCKS[name, language], name) == []


@pytest.mark.model
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["sequential", "router", "map_reduce", "best_of_n", "hand_off", "retrieval"])
def test_with_the_real_model(smollm2: Path, name: str, language: str, tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to(smollm2.parent)
    config = load(tmp_path, environ={"LLMSPELL_CACHE_DIR": str(tmp_path), "LLMSPELL_MODEL": "local/smollm2-135m"})
    spell = Spell(source=BLOCKS[name, language], language=language, name=name)
    params = {"n": 2, "size": 40, "text": "Ada pours the tea. Ben reads a book to the cat."}
    result = llmspell.run(spell, params=params, config=config, limits=llmspell.Limits(timeout=300))
    assert result.usage.calls > 0
    assert result.value


if __name__ == "__main__":
    GUIDE.write_text(renewed(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
