"""The spellbook: each spell with a scripted model, how they are found, and a few with the real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest

import llmspell
from llmspell import Permissions, Spell, spellbook
from llmspell.config import load
from llmspell.errors import InvalidValueError, LlmspellError, NotFoundError
from llmspell.providers.base import Event, Request
from llmspell.spell import find_spell, load_module
from llmspell.testing import Reply, ScriptedProvider
from tests.cli.conftest import Program, home, server  # noqa: F401  # fixtures
from tests.cli.conftest import llmspell as program  # noqa: F401  # likewise

NAMES = ["ask", "chat", "classify", "extract", "review", "summarize", "translate"]
DIFF = """diff --git a/one.py b/one.py
--- a/one.py
+++ b/one.py
@@ -1 +1 @@
-a = 1
+a = 2
diff --git a/two.py b/two.py
--- a/two.py
+++ b/two.py
@@ -1 +1 @@
-b = 1
+b = 2
"""


def last(request: Request) -> str:
    """What the model was told last."""
    return "".join(part.text for part in request.messages[-1].parts)  # type: ignore[union-attr]  # texts alone


def cast(
    name: str, reply: Callable[[Request], Reply] | ScriptedProvider, folder: Path, stdin: str = "", **params: Any
) -> tuple[Any, ScriptedProvider]:
    provider = reply if isinstance(reply, ScriptedProvider) else ScriptedProvider(reply)
    result = llmspell.run(
        Spell.shipped(name),
        params=params,
        stdin=stdin,
        providers=[provider],
        model="scripted/test",
        permissions=Permissions(read=(str(folder.resolve()),)),
        config=llmspell.Config(cache_dir=folder),
        limits=llmspell.Limits(timeout=60),
    )
    return result.value if name != "chat" else result.output, provider


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text("The harbour opens at six.")
    (folder / "b.txt").write_text("Nobody came to the market today.")
    (folder / "c.bin").write_bytes(b"\xff\x00")
    return folder


class TestFinding:
    def test_all_are_there_and_described(self) -> None:
        entries = spellbook.entries()
        assert [entry.name for entry in entries] == NAMES
        assert {entry.language for entry in entries} == {"lua", "js"}
        assert all(entry.description.endswith(".") for entry in entries)
        assert all(f"  llmspell run {entry.name}" in "\n".join(entry.header) for entry in entries)

    @pytest.mark.parametrize("name", NAMES)
    def test_they_have_no_problems(self, name: str) -> None:
        from llmspell.languages import bridge_of

        spell = Spell.shipped(name)
        assert bridge_of(spell.language).check(spell.source, spell.name) == []
        assert spell.needs == ()

    @pytest.mark.parametrize(
        "name", ["nothing", "", "../pyproject", "modules/text", "llmspell:", "summarize.lua", "a\0"]
    )
    def test_what_is_none(self, name: str) -> None:
        assert spellbook.find(name) is None
        with pytest.raises(NotFoundError, match="in the spellbook"):
            Spell.shipped(name)

    def test_a_file_of_the_folder_goes_first(self, tmp_path: Path) -> None:
        (tmp_path / "ask.js").write_text("export default 1;")
        spell = Spell(source="", language="lua", name="main.lua", folder=str(tmp_path))
        assert find_spell(spell, "ask").source == "export default 1;"
        assert find_spell(spell, "llmspell:ask").name == "llmspell:ask"
        assert find_spell(spell, "summarize").name == "llmspell:summarize"
        with pytest.raises(NotFoundError, match="in the spell's folder"):
            find_spell(spell, "sumarize")

    def test_modules(self) -> None:
        spell = Spell(source="", language="js", name="-e")
        assert "export function chunks" in load_module(spell, "llmspell:text", "-e")["source"]  # type: ignore[index,call-overload]  # an object
        for name in ("llmspell:nothing", "llmspell:../summarize", "llmspell:"):
            with pytest.raises(NotFoundError, match="no module"):
                load_module(spell, name, "-e")
        with pytest.raises(NotFoundError) as missing:
            load_module(spell, "llmspell:ask", "-e")
        assert missing.value.hint == "run it with spell.run"


@pytest.mark.parametrize("language", ["lua", "js"])
class TestChunks:
    LUA = (
        'local parts = require("llmspell:text").chunks(params.text, params.size) return #parts > 0 and parts or array{}'
    )
    JS = 'import { chunks } from "llmspell:text"; export default chunks(params.text, params.size);'

    @pytest.mark.parametrize(
        ("text", "size", "parts"),
        [
            ("", 10, []),
            ("short", 10, ["short"]),
            ("one two three", 8, ["one two ", "three"]),
            ("one\n\ntwo three", 12, ["one\n\n", "two three"]),
            ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
            ("One. Two. Three.", 11, ["One. Two. ", "Three."]),
        ],
    )
    def test_they_are_cut_at_gaps(self, language: str, text: str, size: int, parts: list[str]) -> None:
        spell = Spell(source=self.LUA if language == "lua" else self.JS, language=language, name="x")
        assert llmspell.run(spell, params={"text": text, "size": size}).value == parts

    def test_no_character_is_cut(self, language: str) -> None:
        spell = Spell(source=self.LUA if language == "lua" else self.JS, language=language, name="x")
        text = "😀é" * 50
        parts = llmspell.run(spell, params={"text": text, "size": 7}).value
        assert "".join(parts) == text
        assert len(parts) > 20


class TestSpells:
    def test_summarize(self, notes: Path) -> None:
        value, provider = cast("summarize", lambda _: " Short. ", notes, args=[str(notes)], sentences=1)
        assert value == "Short."
        assert last(provider.requests[0]).startswith("Sum up the following text in 1 sentence. ")
        assert "harbour" in last(provider.requests[0])
        assert "market" in last(provider.requests[0])

    def test_summarize_what_is_long(self, notes: Path) -> None:
        text = "All of this is a long story.\n" * 100
        value, provider = cast("summarize", lambda _: "Short.", notes, stdin=text, size=600)
        assert value == "Short."
        assert len(provider.requests) == 6
        assert last(provider.requests[-1]).endswith("Short.\n\nShort.\n\nShort.\n\nShort.\n\nShort.")

    def test_a_model_that_does_not_shorten_ends_it_too(self, notes: Path) -> None:
        value, provider = cast("summarize", last, notes, text="word " * 400, size=500)
        assert "word" in value
        assert len(provider.requests) < 40

    def test_translate(self, notes: Path) -> None:
        def reply(request: Request) -> str:
            return last(request).upper()

        args = ["French", str(notes / "a.md"), str(notes / "b.txt")]
        value, provider = cast("translate", reply, notes, args=args, size=40)
        assert value == "THE HARBOUR OPENS AT SIX.\n\nNOBODY CAME TO THE MARKET TODAY."
        assert "into French" in provider.requests[0].messages[0].parts[0].text  # type: ignore[union-attr]  # a text

    def test_classify(self, notes: Path) -> None:
        def reply(request: Request) -> str:
            return '{"label": "bad"}' if "rain" in str(request.messages) else '{"label": "good"}'

        assert cast("classify", reply, notes, stdin="sun", args=["good, bad"])[0] == "good"
        lines = cast("classify", reply, notes, stdin="sun\n\nrain\n", labels=["good", "bad"], lines=True)[0]
        assert lines == [{"text": "sun", "label": "good"}, {"text": "rain", "label": "bad"}]

    def test_extract(self, notes: Path) -> None:
        def reply(request: Request) -> str:
            return '{"place": "harbour", "hour": 6}'

        wish = ["place,hour:integer?", str(notes / "a.md")]
        assert cast("extract", reply, notes, args=wish)[0] == {"place": "harbour", "hour": 6}
        each = cast("extract", reply, notes, args=wish, each=True)[0]
        assert each == [{"file": str(notes / "a.md"), "place": "harbour", "hour": 6}]

    def test_a_model_that_goes_on_and_on_is_asked_for_one_value_after_the_other(self, notes: Path) -> None:
        class Endless(ScriptedProvider):
            async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
                async for event in super().stream(request):
                    if request.schema:
                        await asyncio.Event().wait()
                    yield event

        provider = Endless(lambda _: "six")
        assert cast("extract", provider, notes, stdin="six", args=["hour"], seconds=0.05)[0] == {"hour": "six"}

    def test_a_model_without_json(self, notes: Path) -> None:
        def reply(request: Request) -> str:
            if "Which of these" in last(request):
                return "I say it is Good, not bad."
            return "It is 6." if last(request).endswith("the hour and nothing else.") else "Hm."

        assert cast("classify", reply, notes, stdin="sun", args=["bad,good"])[0] == "good"
        assert cast("extract", reply, notes, stdin="six", args=["hour:integer,place"])[0] == {"hour": 6, "place": "Hm."}
        with pytest.raises(LlmspellError, match="no answer that fits"):
            cast("extract", reply, notes, stdin="six", args=["other:integer"])
        with pytest.raises(LlmspellError, match="no answer that fits"):
            cast("classify", lambda _: "Hm.", notes, stdin="sun", args=["bad,good"])

    def test_ask(self, notes: Path) -> None:
        for i in range(6):
            (notes / f"other{i}.md").write_text("The wind blows.")
        value, provider = cast(
            "ask", lambda _: "At six.", notes, args=["When does the HARBOUR open?", str(notes)], parts=1
        )
        assert value == {"answer": "At six.", "sources": [str(notes / "a.md")]}
        assert "From " in last(provider.requests[0])
        assert last(provider.requests[0]).endswith("The harbour opens at six.\n\nQuestion: When does the HARBOUR open?")

    def test_ask_the_input(self, notes: Path) -> None:
        value, _ = cast("ask", lambda _: "Ada.", notes, stdin="Ada wrote this.", args=["Who wrote this?"])
        assert value == {"answer": "Ada.", "sources": ["the text"]}

    def test_review(self, notes: Path) -> None:
        value, provider = cast(
            "review", lambda request: f"Fine: {last(request)[-6:-1]}", notes, stdin=DIFF, focus="nothing"
        )
        assert value == "## one.py\n\nFine: a = 2\n\n## two.py\n\nFine: b = 2"
        assert "Look for nothing." in provider.requests[0].messages[0].parts[0].text  # type: ignore[union-attr]  # a text

    def test_chat(self, notes: Path) -> None:
        def reply(request: Request) -> str:
            return f"{len(request.messages)} {last(request)}"

        output, _ = cast("chat", reply, notes, stdin="hello\n\nbye\n")
        assert output == "2 hello\n4 bye\n"
        output, _ = cast("chat", reply, notes, stdin="one two\nthree four\nfive six\n", tokens=12, system="Hi.")
        assert output == "2 one two\n4 three four\n4 five six\n"

    @pytest.mark.parametrize(
        ("name", "params", "message"),
        [
            ("summarize", {}, "nothing to sum up"),
            ("translate", {}, "which language"),
            ("translate", {"args": ["notes.md"]}, "nothing to translate"),
            ("classify", {}, "no labels"),
            ("classify", {"args": ["a,b"]}, "nothing to classify"),
            ("extract", {}, "no fields"),
            ("extract", {"args": ["name"]}, "nothing to extract from"),
            ("ask", {}, "no question"),
            ("ask", {"question": "Who?"}, "nothing to read"),
            ("review", {}, "no diff"),
        ],
    )
    def test_what_is_missing_is_said(self, notes: Path, name: str, params: dict[str, Any], message: str) -> None:
        with pytest.raises(InvalidValueError, match=message) as error:
            cast(name, lambda _: "", notes, **params)
        assert error.value.hint
        assert error.value.file == f"llmspell:{name}"

    def test_other_files_need_permission(self, notes: Path, tmp_path: Path) -> None:
        (tmp_path / "other.md").write_text("secret")
        with pytest.raises(LlmspellError) as error:
            cast("summarize", lambda _: "x", notes, args=[str(tmp_path / "other.md")])
        assert error.value.kind == "permission"

    @pytest.mark.parametrize("language", ["lua", "js"])
    def test_spells_run_them(self, language: str) -> None:
        source = 'return spell.run("summarize", {text = "long"})'
        if language == "js":
            source = 'export default await spell.run("llmspell:summarize", { text: "long" });'
        spell = Spell(source=source, language=language, name="x")
        assert llmspell.run(spell, providers=[ScriptedProvider(["Short."])], model="scripted/x").value == "Short."


class TestCommandLine:
    def test_by_name(self, program: Program, server: Any, home: Path) -> None:  # noqa: F811  # fixtures
        (home / "notes.md").write_text("A story.")
        outcome = program("run", "summarize", "notes.md", "--model", "here/x")
        assert (outcome.code, outcome.out) == (0, "Hello, world\n"), outcome.err
        assert program("run", "llmspell:summarize", "notes.md", "--model", "here/x", "-q").code == 0

    def test_a_file_of_that_name_goes_first(self, program: Program, home: Path) -> None:  # noqa: F811  # fixtures
        (home / "summarize").write_text("return params.args")
        outcome = program("run", "summarize", "--lang", "lua", "a", "--", "-b")
        assert outcome.json == ["a", "-b"]

    def test_only_what_is_named_is_read(self, program: Program, server: Any, home: Path) -> None:  # noqa: F811  # fixtures
        (home / "notes.md").write_text("A story.")
        (home / "link").symlink_to(home / "notes.md")
        assert program("run", "summarize", "link", "--model", "here/x").code == 0
        outcome = program("run", "summarize", "-p", 'args:=["notes.md"]', "--model", "here/x")
        assert outcome.code == 1
        assert "--allow-read=notes.md" in outcome.err
        (home / "mine.lua").write_text("return fs.read(params.args[1])")
        assert "--allow-read=notes.md" in program("run", "mine.lua", "notes.md").err
        assert (
            "no file" in (err := program("run", "summarize", "nothing.md", "--model", "here/x").err) or "nothing" in err
        )

    def test_a_typo(self, program: Program) -> None:  # noqa: F811  # fixtures
        outcome = program("run", "sumarize")
        assert outcome.code == 2
        assert "did you mean summarize" in outcome.err

    def test_arguments_have_one_place(self, program: Program) -> None:  # noqa: F811  # fixtures
        outcome = program("run", "chat", "a", "-p", "args=b")
        assert outcome.code == 2
        assert "params.args" in outcome.err

    def test_list_and_show(self, program: Program) -> None:  # noqa: F811  # fixtures
        outcome = program("spells", "list")
        assert [line.split()[0] for line in outcome.out.splitlines()] == NAMES
        listed = program("spells", "list", "--json").json
        assert listed[1] == {"name": "chat", "language": "lua", "description": spellbook.entries()[1].description}
        shown = program("spells", "show", "ask").out
        assert "llmspell run ask" in shown
        assert "@args" not in shown
        assert program("spells", "show", "ask", "--source").out == Path(spellbook.entries()[0].file).read_text()
        assert "did you mean ask" in program("spells", "show", "asks").err

    def test_completion(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811  # fixtures
        from llmspell.cli.arguments import complete_spell

        (home / "story.lua").write_text("")
        found = complete_spell(None, None, "s")  # type: ignore[arg-type]  # not looked at
        assert [item.value for item in found] == ["summarize", "story.lua"]
        (other,) = complete_spell(None, None, "notes/x")  # type: ignore[arg-type]  # not looked at
        assert (other.value, other.type) == ("notes/x", "file")


@pytest.mark.model
class TestRealModel:
    @pytest.mark.parametrize(
        ("name", "params"),
        [
            ("summarize", {"sentences": 1}),
            ("translate", {"to": "French"}),
            ("extract", {"schema": {"place": "string"}, "seconds": 20}),
            ("ask", {"question": "When does the harbour open?"}),
        ],
    )
    def test_it_comes_to_something(self, smollm2: Path, name: str, params: dict[str, Any], tmp_path: Path) -> None:
        (tmp_path / "models").symlink_to(smollm2.parent)
        config = load(tmp_path, environ={"LLMSPELL_CACHE_DIR": str(tmp_path), "LLMSPELL_MODEL": "local/smollm2-135m"})
        text = "The harbour opens at six."
        result = llmspell.run(Spell.shipped(name), params={"text": text, **params}, config=config)
        assert result.value
