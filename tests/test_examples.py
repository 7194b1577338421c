"""Every example runs as it is: with a fake server, and once with the real local model."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import llmspell
from llmspell import Config, load_config
from llmspell.permissions import NetRule, Permissions
from tests.fake_openai import Fake, fake_openai

EXAMPLES = Path(__file__).parents[1] / "examples"
LANGUAGES = ("lua", "js")
NOTES = "The harbour opens at six.\nNobody came to the market today.\nThe bridge is closed for repairs.\n"


class Spell(NamedTuple):
    """What an example is given."""

    params: dict[str, Any] = {}  # noqa: RUF012  # never changed
    stdin: str | None = None
    permissions: Permissions = Permissions()


SPELLS = {
    "01_hello": Spell(),
    "02_params_and_results": Spell({"word": "tide", "rhymes": ["side", "wide"]}),
    "03_streaming": Spell(),
    "04_parallel": Spell({"topic": "lighthouses"}),
    "05_retry_timeout_race": Spell(),
    "06_modules/main": Spell({"language": "French"}),
    "07_map_summaries": Spell(stdin=NOTES),
    "08_chat": Spell(stdin="Hello!\nHow are you?\n"),
    "09_compare_models": Spell(),
    "13_fallback": Spell(),
    "14_web": Spell(permissions=Permissions(net=(NetRule("localhost", methods=("GET",)),))),
    "15_notes": Spell(permissions=Permissions(read=("*",), write=("*",))),
    "16_word_report": Spell(permissions=Permissions(read=("*",), write=("*",), run=(("sort",),))),
    "19_counter": Spell({"topic": "tea"}),
    "21_code_mode": Spell(),
    "20_ask_notes": Spell(permissions=Permissions(read=("*",))),
    "18_review/main": Spell({"topic": "lighthouses"}),
    "22_tools": Spell(permissions=Permissions(read=("*",))),
    "23_mcp/main": Spell(),
}
PROGRAMS = ("10_embed_script", "11_embed_service", "12_embed_sync", "17_agent")
SERVERS = {"mcp": {"file": str(EXAMPLES / "23_mcp/servers.json")}}
LIMITS = llmspell.Limits(timeout=300)
MODULES = ("06_modules/ask", "06_modules/prompts/translate", "18_review/judge")


@pytest.fixture(scope="module")
def fake() -> Iterator[Fake]:
    with fake_openai() as fake:
        yield fake


@pytest.fixture(scope="module")
def project(fake: Fake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose settings send every model call to the fake server."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "llmspell.toml").write_text(
        f'model = "fake/test"\ncache_dir = "cache"\n[providers.fake]\nbase_url = "{fake.url}"\n'
    )
    return folder


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    """The address of a page that a server of this machine has."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<p>The <b>tide</b> comes at six.</p>")

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def python(monkeypatch: pytest.MonkeyPatch) -> None:
    """What examples start as `python3`."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")


@pytest.fixture
def config(project: Path) -> Config:
    return load_config(project, environ={}, overrides=SERVERS)


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a folder of notes in it."""
    (tmp_path / "notes").mkdir()
    for name, line in zip(("a", "b", "c"), NOTES.splitlines(), strict=True):
        (tmp_path / "notes" / f"{name}.txt").write_text(line, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(name: str, language: str, config: Config, **params: Any) -> llmspell.Result:
    given = SPELLS[name]
    path = EXAMPLES / f"{name}.{language}"
    return llmspell.run(
        path,
        params=given.params | params,
        stdin=given.stdin,
        permissions=given.permissions,
        config=config,
        limits=LIMITS,
    )


def program(name: str, cwd: Path, **environ: str) -> str:
    """The output of a Python example."""
    kept = {key: os.environ[key] for key in ("HOME", "PATH", "XDG_CACHE_HOME") if key in os.environ}
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py")],
        cwd=cwd,
        env=kept | {"XDG_CONFIG_HOME": str(cwd), "PYTHONUTF8": "1"} | environ,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_nothing_is_left_out() -> None:
    known = {f"{name}.{language}" for name in (*SPELLS, *MODULES) for language in LANGUAGES}
    known |= {f"{name}.py" for name in PROGRAMS} | {"23_mcp/server.py", "23_mcp/servers.json", "README.md"}
    there = {path.relative_to(EXAMPLES) for path in EXAMPLES.rglob("*.*") if path.suffix != ".pyc"}
    assert {str(path) for path in there if path.parts[0] != "patterns"} == known  # those have tests of their own


def test_the_list_of_examples_is_whole() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", (EXAMPLES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    there = {path.stem for path in EXAMPLES.iterdir() if path.stem not in ("README", "__pycache__")}
    assert sorted(listed) == sorted(there)


@pytest.mark.parametrize("language", LANGUAGES)
class TestSpells:
    """With the fake server, both languages come to the same."""

    def test_hello_shows_the_answer(self, config: Config, language: str) -> None:
        result = run("01_hello", language, config)
        assert result.output == "You said: Say hello to somebody who writes their first program.. That is all.\n"

    def test_hello_asks_for_little(self, config: Config, fake: Fake, language: str) -> None:
        run("01_hello", language, config)
        assert fake.requests[-1]["max_tokens"] <= 60
        assert fake.requests[-1]["stream"] is True

    def test_params_and_results(self, config: Config, language: str) -> None:
        result = run("02_params_and_results", language, config)
        prompt = 'Write one line of a poem that ends with "tide".'
        assert result.value == {
            "word": "tide",
            "line": f"You said: {prompt}. That is all.",
            "rhymes": ["side", "wide"],
            "tokens": 15,
            "finished": True,
        }

    def test_streaming_stops_at_the_sentence(self, config: Config, language: str) -> None:
        result = run("03_streaming", language, config)
        sentence = "You said: Tell me about the sea.."
        assert result.value == {"sentence": sentence, "length": len(sentence)}
        assert result.output == f"{sentence} That\n"

    def test_parallel(self, config: Config, language: str) -> None:
        assert run("04_parallel", language, config).value == {
            "good": "You said: What is good about lighthouses?. That is all.",
            "bad": "You said: What is bad about lighthouses?. That is all.",
            "calls": 2,
        }

    def test_retry_timeout_race(self, config: Config, language: str) -> None:
        assert run("05_retry_timeout_race", language, config).value == {
            "answer": "You said: Name a colour.. That is all.",
            "late": "timeout",
            "first": "You said: Name a fruit.. That is all.",
        }

    def test_modules(self, config: Config, language: str) -> None:
        text = "You said: Translate into French: Good morning. That is all."
        assert run("06_modules/main", language, config).value == {"language": "French", "text": text}

    def test_map_summaries(self, config: Config, language: str) -> None:
        result = run("07_map_summaries", language, config)
        assert result.value == 3
        first, second, third = result.output.splitlines()
        assert first == "1. You said: Summarize in five words: The harbour opens at six.. That is all."
        assert second.startswith("2. ")
        assert third.startswith("3. ")

    def test_chat_remembers(self, config: Config, fake: Fake, language: str) -> None:
        result = run("08_chat", language, config)
        assert result.value["turns"] == 2
        assert result.output == "You said: Hello!. That is all.\nYou said: How are you?. That is all.\n"
        assert [message["role"] for message in fake.requests[-1]["messages"]] == ["system", "user", "assistant", "user"]

    def test_compare_models(self, config: Config, language: str) -> None:
        result = run("09_compare_models", language, config, models=["fake/one", "nobody/two"])
        good, bad = result.value
        assert good.keys() == {"model", "text", "seconds"}
        assert good["text"] == "You said: What is the capital of France?. That is all."
        assert bad["model"] == "nobody/two"
        assert bad["problem"].startswith("not_found: ")

    def test_fallback_remembers(self, config: Config, language: str) -> None:
        result = run("13_fallback", language, config, models=["fake/one", "fake/two"])
        text = "You said: Name a colour.. That is all."
        assert result.value == {"text": text, "model": "fake/one", "remembered": True}

    def test_web_asks_about_the_page(self, config: Config, page: str, language: str) -> None:
        question = "Say in one sentence what this page is about:  The tide comes at six. "
        result = run("14_web", language, config, url=page)
        assert result.value == {"url": page, "summary": f"You said: {question}. That is all."}

    def test_review_runs_a_spell_for_each_draft(self, config: Config, language: str) -> None:
        result = run("18_review/main", language, config)
        assert [verdict["words"] for verdict in result.value] == [13, 13, 13]
        assert result.value[0]["remark"].startswith("You said: Say what is good about: You said: Write one sentence")
        assert result.output == "1\t13 words\n2\t13 words\n3\t13 words\n"
        assert result.usage.calls == 6

    def test_counter_remembers(self, config: Config, tmp_path: Path, language: str) -> None:
        config = replace(config, state=tmp_path / "state.sqlite3")
        assert run("19_counter", language, config).value == {"runs": 1, "topics": ["tea"], "fresh": True}
        again = run("19_counter", language, config)
        assert again.value == {"runs": 2, "topics": ["tea"], "fresh": False}
        assert again.usage.calls == 0
        assert run("19_counter", language, config, topic="ink").value == {
            "runs": 3,
            "topics": ["ink", "tea"],
            "fresh": True,
        }

    def test_ask_notes(self, config: Config, notes: Path, tmp_path: Path, language: str) -> None:
        config = replace(config, state=tmp_path / "state.sqlite3")
        result = run("20_ask_notes", language, config, question="When does the harbour open?")
        assert result.value == {"sources": ["notes/a.txt"], "new": 3}
        assert "The harbour opens at six." in result.output
        assert run("20_ask_notes", language, config).value["new"] == 0

    def test_notes(self, config: Config, notes: Path, language: str) -> None:
        assert run("15_notes", language, config).value == 3
        first, second, _ = (notes / "summary.md").read_text(encoding="utf-8").splitlines()
        assert first == "- notes/a.txt: You said: Sum up in one sentence: The harbour opens at six.. That is all."
        assert second.startswith("- notes/b.txt: ")

    def test_word_report(self, config: Config, notes: Path, language: str) -> None:
        result = run("16_word_report", language, config)
        report = (notes / "report" / "words.tsv").read_bytes()
        title, *counts = report.decode().splitlines()
        assert title.startswith("# You said: Give a short title")
        assert counts == ["6\tnotes/c.txt", "6\tnotes/b.txt", "5\tnotes/a.txt"]
        assert result.blob(result.value) == report
        assert result.output.startswith("3 notes, SHA-256 of the report: ")

    def test_tools_find_lines(self, config: Config, notes: Path, language: str) -> None:
        result = run("22_tools", language, config).value
        assert (result["lines"], result["per_file"], result["words"]) == (3, 1, 3)
        assert result["summary"].startswith("You said: Sum up in one sentence: The harbour opens at six.")

    def test_mcp_server(self, config: Config, language: str) -> None:
        result = run("23_mcp/main", language, config)
        assert result.value == {"found": "The harbour opens at six.", "count": 2}
        assert "When does it open?" in result.output

    def test_notes_need_permissions(self, notes: Path, language: str) -> None:
        spell = llmspell.Spell.load(EXAMPLES / f"15_notes.{language}")
        assert [need.flag for need in spell.needs] == ["--allow-read=notes/", "--allow-write=summary.md"]
        granted = Permissions(read=(str(notes.resolve() / "notes"),), write=(str(notes.resolve() / "summary.md"),))
        assert all(need.is_met_by(granted) for need in spell.needs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_hello_from_the_command_line(project: Path, language: str) -> None:
    llmspell_command = Path(sys.executable).with_name("llmspell")
    done = subprocess.run(
        [llmspell_command, "run", EXAMPLES / f"01_hello.{language}"],
        cwd=project,
        env={"PATH": os.environ["PATH"], "HOME": str(project)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("You said: Say hello")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [*SPELLS, *MODULES])
def test_examples_have_no_problems(name: str, language: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("llmspell"), "check", EXAMPLES / f"{name}.{language}"],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


class TestPrograms:
    """The embedding examples, with the fake server."""

    def test_script(self, project: Path) -> None:
        line, usage = program("10_embed_script", project).splitlines()
        assert line == 'You said: Write one line of a poem that ends with "sun".. That is all.'
        assert usage.startswith("15 tokens in ")

    def test_script_shows_an_error(self, project: Path, tmp_path: Path) -> None:
        with pytest.raises(AssertionError, match=r"not_found: .*hint"):
            program("10_embed_script", project, LLMSPELL_MODEL="nobody/nothing")

    def test_service(self, project: Path) -> None:
        first, second, third = program("11_embed_service", project).splitlines()
        assert first.startswith("A-1: paid: You said: Write one polite line")
        assert second.startswith("A-2: open: You said: ")
        assert third == "A-3: tool: tool look_up_order failed: no order A-3"

    def test_sync(self, project: Path) -> None:
        expected = "You said: Name three animals.. That is all.\n['LYNX', 'OTTER', 'WREN']\n"
        assert program("12_embed_sync", project) == expected

    def test_an_agent_whose_model_only_talks(self, project: Path) -> None:
        end, *_, used = program("17_agent", project).splitlines()
        assert end.startswith("invalid_output: You said: The answer does not fit: ")
        assert used.startswith("3 turns, ")


@pytest.fixture(scope="module", params=LANGUAGES)
def real(
    request: pytest.FixtureRequest, smollm2: Path, page: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], llmspell.Result]]:
    """Runs the examples of one language with the real model, which is loaded once."""
    cache = tmp_path_factory.mktemp("real")  # remembered answers are neither the user's nor the other language's
    (cache / "models").symlink_to(smollm2.parent)
    environ = {"LLMSPELL_MODEL": "local/smollm2-135m", "LLMSPELL_CACHE_DIR": str(cache)}
    host = llmspell.Host(load_config(cache, environ=environ, overrides=SERVERS))
    with asyncio.Runner() as runner:

        def run(name: str) -> llmspell.Result:
            given = SPELLS[name]
            spell = EXAMPLES / f"{name}.{request.param}"
            params = {"url": page, **given.params}
            options = {"params": params, "stdin": given.stdin, "permissions": given.permissions, "limits": LIMITS}
            return runner.run(host.run(spell, **options))

        yield run
        runner.run(host.aclose())


@pytest.mark.model
class TestRealModel:
    """Everything once more, with a real model."""

    @pytest.mark.usefixtures("notes")
    @pytest.mark.parametrize("name", SPELLS)
    def test_spell(self, real: Callable[[str], llmspell.Result], name: str) -> None:
        result = real(name)
        assert result.usage.calls > 0
        assert result.value is not None or result.output.strip()

    @pytest.mark.parametrize("name", PROGRAMS)
    def test_program(self, smollm2: Path, tmp_path: Path, name: str) -> None:
        assert program(name, tmp_path, LLMSPELL_MODEL="local/smollm2-135m").strip()
