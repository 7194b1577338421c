from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Program, Server

REPORT = ["value", "output", "usage", "cost", "calls", "duration", "run_id", "error"]
ERROR = ["kind", "message", "file", "line", "hint"]

pytestmark = pytest.mark.parametrize("isolation", ["process", "inline"])


@pytest.fixture(autouse=True)
def inside(isolation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMSPELL_ISOLATION", isolation)


SUM = {
    "lua": "return {sum = params.a + 1, list = {1,2}}",
    "js": "export default {sum: params.a + 1, list: [1,2]}",
}


@pytest.mark.parametrize("lang", SUM)
class TestBothLanguages:
    def test_the_same_value(self, llmspell: Program, lang: str) -> None:
        outcome = llmspell("run", "-e", SUM[lang], "--lang", lang, "-p", "a:=41", "--json")
        assert outcome.code == 0
        assert outcome.json["value"] == {"sum": 42, "list": [1, 2]}
        assert outcome.err == ""

    def test_output_then_value(self, llmspell: Program, lang: str) -> None:
        source = {
            "lua": 'print("one") write("two") return {a = 1}',
            "js": 'print("one"); write("two"); export default {a: 1}',
        }
        outcome = llmspell("run", "-e", source[lang], "--lang", lang)
        assert outcome == (0, 'one\ntwo\n{\n  "a": 1\n}\n', "")

    def test_a_file(self, llmspell: Program, home: Path, lang: str) -> None:
        (home / f"a.{lang}").write_text('print("hi")', encoding="utf-8")
        assert llmspell("run", f"a.{lang}") == (0, "hi\n", "")

    def test_an_error_points_into_the_file(self, llmspell: Program, home: Path, lang: str) -> None:
        source = {"lua": "local x = 1\nerror('boom')\n", "js": "let x = 1;\nthrow new Error('boom');\n"}
        (home / f"a.{lang}").write_text(source[lang], encoding="utf-8")
        outcome = llmspell("run", f"a.{lang}")
        assert outcome.code == 1
        assert outcome.out == ""
        assert outcome.err.startswith("error: boom\n")
        assert f"a.{lang}:2" in outcome.err
        assert source[lang].splitlines()[1] in outcome.err
        assert "Traceback" not in outcome.err

    def test_a_syntax_error_has_a_caret(self, llmspell: Program, home: Path, lang: str) -> None:
        source = {"lua": "local x = = 2\n", "js": "let x = = 2;\n"}
        (home / f"a.{lang}").write_text(source[lang], encoding="utf-8")
        outcome = llmspell("run", f"a.{lang}")
        assert outcome.code == 1
        assert f"a.{lang}:1:" in outcome.err
        assert outcome.err.splitlines()[3].strip() == "^"

    def test_what_cannot_cross_is_refused(self, llmspell: Program, lang: str) -> None:
        source = {"lua": "local t = {} t.t = t return t", "js": "const t = {}; t.t = t; export default t"}
        outcome = llmspell("run", "-e", source[lang], "--lang", lang, "--json")
        assert outcome.code == 1
        assert outcome.json["error"]["kind"] == "value"

    def test_the_limit_of_time(self, llmspell: Program, lang: str) -> None:
        source = {"lua": "sleep(60)", "js": "await sleep(60)"}
        outcome = llmspell("run", "-e", source[lang], "--lang", lang, "--timeout", "0.2")
        assert outcome.code == 3
        assert outcome.err.startswith("error: time limit of 0.2 s exceeded\n")
        assert "hint: " in outcome.err

    def test_the_limit_of_memory(self, llmspell: Program, lang: str) -> None:
        source = {
            "lua": "local t = {} for i = 1, 1e9 do t[i] = {} end",
            "js": "const t = []; for (;;) t.push({})",
        }
        outcome = llmspell("run", "-e", source[lang], "--lang", lang, "--memory", "8", "--json")
        assert outcome.code == 3
        assert outcome.json["error"]["kind"] == "limit"
        assert "memory limit of 8 MiB" in outcome.json["error"]["message"]

    def test_the_limit_of_computing(self, llmspell: Program, lang: str) -> None:
        source = {"lua": "while true do end", "js": "for (;;);"}
        outcome = llmspell("run", "-e", source[lang], "--lang", lang, "--cpu", "0.2")
        assert outcome.code == 3
        assert "CPU limit of 0.2 s" in outcome.err

    def test_the_limit_of_calls(self, llmspell: Program, lang: str) -> None:
        source = {"lua": "while true do sleep(0) end", "js": "for (;;) await sleep(0)"}
        outcome = llmspell("run", "-e", source[lang], "--lang", lang, "--max-calls", "5")
        assert outcome.code == 3
        assert "limit of 5 calls" in outcome.err

    def test_the_limit_of_output(self, llmspell: Program, lang: str) -> None:
        source = {"lua": 'write(string.rep("x", 100))', "js": 'write("x".repeat(100))'}
        outcome = llmspell("run", "-e", source[lang], "--lang", lang, "--max-output", "0.00005")
        assert outcome.code == 3
        assert "output limit of 52 bytes" in outcome.err

    def test_the_limit_of_tokens(self, llmspell: Program, server: Server, lang: str) -> None:
        source = {
            "lua": 'pcall(function() return llm():complete("hello", {max_tokens = 50}) end)',
            "js": 'await llm().complete("hello", {maxTokens: 50}).catch(print)',
        }
        outcome = llmspell("run", "-e", source[lang], "--lang", lang, "--model", "here/m-1", "--max-tokens", "40")
        assert outcome.code == 3
        assert outcome.err.startswith("error: budget of 40 tokens exceeded: a call may take 62, and 40 are left\n")
        assert "hint: allow more with --max-tokens" in outcome.err
        assert not server.asked.is_set()

    def test_the_limit_of_money(
        self, llmspell: Program, home: Path, monkeypatch: pytest.MonkeyPatch, lang: str
    ) -> None:
        (home / "llmspell.toml").write_text("[limits]\nmax_cost = 0.0001\n", encoding="utf-8")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-test")
        source = {
            "lua": 'pcall(function() return llm("openai/gpt-4o"):complete("hello", {max_tokens = 50}) end)',
            "js": 'await llm("openai/gpt-4o").complete("hello", {maxTokens: 50}).catch(print)',
        }
        outcome = llmspell("run", "-e", source[lang], "--lang", lang, "--json")
        assert outcome.code == 3
        assert outcome.json["error"]["kind"] == "limit"
        assert outcome.json["error"]["message"].startswith("budget of $0.0001 exceeded: a call may cost $0.0005")
        assert "--max-cost" in outcome.json["error"]["hint"]
        outcome = llmspell("run", "-e", source[lang], "--lang", lang, "--max-cost", "0.0002")
        assert outcome.err.startswith("error: budget of $0.0002 exceeded")

    def test_a_model(self, llmspell: Program, server: Server, lang: str) -> None:
        source = {
            "lua": 'for chunk in llm():stream("Hi") do write(chunk.text) end',
            "js": 'for await (const chunk of llm().stream("Hi")) write(chunk.text)',
        }
        outcome = llmspell("run", "-e", source[lang], "--lang", lang, "--model", "here/m-1", "--json")
        assert outcome.code == 0
        report = outcome.json
        assert report["output"] == "Hello, world"
        assert report["usage"] == {"calls": 1, "input_tokens": 11, "output_tokens": 7}
        assert report["cost"] is None

    def test_the_seed(self, llmspell: Program, lang: str) -> None:
        source = {"lua": "return uuid()", "js": "export default uuid()"}
        run = ("run", "-e", source[lang], "--lang", lang, "--seed")
        assert llmspell(*run, "7") == llmspell(*run, "7")
        assert llmspell(*run, "7") != llmspell(*run, "8")


class TestInput:
    def test_the_spell_on_standard_input_leaves_none_for_itself(self, llmspell: Program) -> None:
        outcome = llmspell("run", "-", "--lang", "lua", stdin="return {text = stdin.read()}")
        assert json.loads(outcome.out) == {"text": ""}

    def test_standard_input_goes_to_the_spell(self, llmspell: Program) -> None:
        outcome = llmspell("run", "-e", "return stdin.read()", "--lang", "lua", stdin="one\ntwo\n")
        assert outcome == (0, "one\ntwo\n\n", "")

    def test_params_of_a_file(self, llmspell: Program, home: Path) -> None:
        (home / "p.json").write_text('{"a": 1, "b": 2}', encoding="utf-8")
        outcome = llmspell("run", "-e", "return params", "--lang", "lua", "--params", "p.json", "-p", "b=x", "--json")
        assert outcome.json["value"] == {"a": 1, "b": "x"}

    def test_modules_beside_the_spell(self, llmspell: Program, home: Path) -> None:
        (home / "spells").mkdir()
        (home / "spells/main.lua").write_text('return require("util").n', encoding="utf-8")
        (home / "spells/util.lua").write_text("return {n = 5}", encoding="utf-8")
        assert llmspell("run", "spells/main.lua") == (0, "5\n", "")


class TestOutput:
    @pytest.mark.parametrize(
        ("source", "out"),
        [
            ("return nil", ""),
            ("return 'text'", "text\n"),
            ("return 'ends\\n'", "ends\n\n"),
            ("return false", "false\n"),
            ("write('a')", "a"),
            ("write('a') return 1", "a\n1\n"),
            ("write('a\\n') return 1", "a\n1\n"),
            ("write('') return 1", "1\n"),
            ("print('日本 🦙')", "日本 🦙\n"),
        ],
    )
    def test_stdout(self, llmspell: Program, source: str, out: str) -> None:
        assert llmspell("run", "-e", source, "--lang", "lua") == (0, out, "")

    LOGS = "log.debug('d') log.info('i') log.warn('w') log.error('e\\x1b[2J') print('out')"

    def test_logs_go_to_stderr(self, llmspell: Program) -> None:
        outcome = llmspell("run", "-e", self.LOGS, "--lang", "lua")
        assert outcome == (0, "out\n", "info: i\nwarn: w\nerror: e\\x1b[2J\n")

    def test_quiet_has_none(self, llmspell: Program) -> None:
        assert llmspell("run", "-e", self.LOGS, "--lang", "lua", "-q") == (0, "out\n", "")

    def test_verbose_has_all_and_the_calls(self, llmspell: Program) -> None:
        outcome = llmspell("run", "-e", self.LOGS + " pcall(sleep, -1) sleep(0)", "--lang", "lua", "-v")
        lines = outcome.err.splitlines()
        assert outcome.out == "out\n"
        assert lines[0] == "debug: d"
        assert any(line.startswith("sleep 0.000 s failed: ") for line in lines)
        assert lines[-2].startswith("sleep 0.")
        assert lines[-1].endswith(" s · 2 calls")

    def test_verbose_tells_what_models_were_used(self, llmspell: Program, server: Server) -> None:
        outcome = llmspell("run", "-e", "for _ in llm('here/m-1'):stream('Hi') do end", "--lang", "lua", "-v")
        assert "llm.stream" in outcome.err
        assert outcome.err.endswith(" · 1 call · 1 model call · 11 + 7 tokens · cost unknown\n")


class TestReport:
    def test_its_shape(self, llmspell: Program) -> None:
        outcome = llmspell("run", "-e", "print('x') return 1", "--lang", "lua", "--json")
        report = outcome.json
        assert list(report) == REPORT
        assert report["run_id"]
        assert report["duration"] > 0
        assert report | {"run_id": 0, "duration": 0} == {
            "value": 1,
            "output": "x\n",
            "usage": {"calls": 0, "input_tokens": 0, "output_tokens": 0},
            "cost": 0.0,
            "calls": 0,
            "duration": 0,
            "run_id": 0,
            "error": None,
        }
        assert outcome.out.count("\n") == 1

    def test_a_failure(self, llmspell: Program, home: Path) -> None:
        (home / "a.lua").write_text("print('x')\nlog('l')\nerror('boom')", encoding="utf-8")
        outcome = llmspell("run", "a.lua", "--json")
        assert outcome.code == 1
        assert outcome.err == "info: l\n"
        report = outcome.json
        assert list(report) == REPORT
        assert report["output"] == "x\n"
        assert report["error"] == {"kind": "spell", "message": "boom", "file": "a.lua", "line": 3, "hint": None}

    @pytest.mark.parametrize(
        ("args", "kind", "words"),
        [
            (["none.lua"], "not_found", "there is no file 'none.lua'"),
            (["-e", "x", "--lang", "lua", "-p", "a"], "value", "-p 'a' is no parameter"),
            (["-e", "x"], "value", "-e needs the language"),
            (["-e", "x", "--lang", "cobol"], "not_found", "there is no language 'cobol'"),
            (["--nonsense"], "value", "--nonsense"),
            ([], "value", "give one spell"),
        ],
    )
    def test_a_run_that_never_began(self, llmspell: Program, args: list[str], kind: str, words: str) -> None:
        outcome = llmspell("run", *args, "--json")
        assert outcome.code == 2
        assert outcome.err == ""
        report = outcome.json
        assert list(report) == REPORT
        assert list(report["error"]) == ERROR
        assert report["error"]["kind"] == kind
        assert words in report["error"]["message"]
        assert report["run_id"] is None


SAY: list[str] = ["-e", "return 1", "--lang", "lua"]


class TestWrongUsage:
    """Each with a sentence that names what is wrong, and exit code 2."""

    @pytest.mark.parametrize(
        ("args", "message", "hint"),
        [
            (["where.lua"], "there is no file 'where.lua'", "check the path"),
            (["."], "cannot read '.': Is a directory", ""),
            (["noise.lua"], "'noise.lua' is not UTF-8 text (byte 0)", "save it as UTF-8"),
            (["a.txt"], "cannot tell the language of 'a.txt'", "--lang"),
            (["-"], "- needs the language of the spell", "--lang"),
            (["-e", "return 1"], "-e needs the language of the spell", "--lang"),
            ([], "give one spell: a FILE, - for the standard input, or -e SOURCE", "llmspell run --help"),
            (["a.lua", "-e", "x"], "give one spell", ""),
            (["-e", "x", "--lang", "cobol"], "there is no language 'cobol'", "lua"),
            ([*SAY, "-p", "a"], "-p 'a' is no parameter", "-p name=text"),
            ([*SAY, "-p", "a:={"], "-p a: not JSON", "-p a="),
            ([*SAY, "--params", "none.json"], "--params: there is no file 'none.json'", ""),
            ([*SAY, "--model", "opnai/gpt-5"], "there is no provider 'opnai'", "did you mean openai"),
            ([*SAY, "--model", "nonsense"], "there is no model 'nonsense'", "provider/model"),
            ([*SAY, "--model", "local/smollm2-135m"], "there is no local model 'smollm2-135m'", "models pull"),
            ([*SAY, "--model", "./none.gguf"], "there is no model file none.gguf", ""),
            ([*SAY, "--isolation", "moon"], "'moon' is not one of 'process', 'inline'", ""),
            (
                ["-e", "x", "--lang", "luajit", "--isolation", "inline"],
                "luajit cannot keep its limits inline",
                "process",
            ),
            ([*SAY, "--timeout", "0"], "'--timeout': 0 is not a number above 0", ""),
            ([*SAY, "--cpu", "nan"], "'--cpu': nan is not a number above 0", ""),
            ([*SAY, "--memory", "much"], "'--memory': 'much' is not a valid float", ""),
            ([*SAY, "--max-calls", "0"], "'--max-calls'", ""),
            ([*SAY, "--seed", "-1"], "'--seed'", ""),
            ([*SAY, "--nonsense"], "--nonsense", "llmspell run --help"),
            ([*SAY, "-q", "-v"], "-q and -v contradict each other", ""),
        ],
    )
    def test_it(self, llmspell: Program, home: Path, args: list[str], message: str, hint: str) -> None:
        (home / "a.txt").write_text("x", encoding="utf-8")
        (home / "noise.lua").write_bytes(b"\xff\xfe")
        outcome = llmspell("run", *args)
        assert outcome.code == 2
        assert outcome.out == ""
        first, *rest = outcome.err.splitlines()
        assert first.startswith("error: ")
        assert message in first
        assert hint in "\n".join(rest)
        assert "Traceback" not in outcome.err

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("model = 5", "llmspell.toml: model must be text, not 5"),
            ("modle = 'x'", "there is no setting modle"),
            ("model = ", "not TOML"),
        ],
    )
    def test_settings(self, llmspell: Program, home: Path, text: str, message: str) -> None:
        (home / "llmspell.toml").write_text(text, encoding="utf-8")
        outcome = llmspell("run", *SAY)
        assert outcome.code == 2
        assert message in outcome.err

    def test_variables(self, llmspell: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LLMSPELL_TIMEOUT", "soon")
        outcome = llmspell("run", *SAY)
        assert outcome.code == 2
        assert "LLMSPELL_TIMEOUT must be a number of seconds above 0, not 'soon'" in outcome.err


class TestModels:
    """What can go wrong with a model is an error of the spell that asked for it."""

    ASK = "return llm(params.m):complete('Hi').text"

    def ask(self, llmspell: Program, model: str, *flags: str) -> Any:
        outcome = llmspell("run", "-e", self.ASK, "--lang", "lua", "-p", f"m={model}", "--json", *flags)
        assert outcome.code == (1 if outcome.json["error"] else 0)
        return outcome.json["error"] or outcome.json["value"]

    def test_it_answers(self, llmspell: Program, server: Server) -> None:
        server.body = json.dumps(
            {"id": "c", "model": "m", "choices": [{"message": {"content": "Hi!"}, "finish_reason": "stop"}]}
        ).encode()
        assert self.ask(llmspell, "here/m-1") == "Hi!"

    @pytest.mark.parametrize(
        ("status", "body", "kind"),
        [
            (401, b'{"error": {"message": "bad key"}}', "auth"),
            (200, b"<html><body>Welcome</body></html>", "provider"),
            (404, b'{"error": {"message": "no such model"}}', "not_found"),
            (400, b'{"error": {"message": "too long", "code": "context_length_exceeded"}}', "context_length"),
        ],
    )
    def test_a_server_that_refuses(
        self, llmspell: Program, server: Server, status: int, body: bytes, kind: str
    ) -> None:
        server.status, server.body = status, body
        error = self.ask(llmspell, "here/m-1")
        assert error["kind"] == kind
        assert (error["file"], error["line"]) == ("-e", 1)

    def test_a_model_that_is_not_installed(self, llmspell: Program) -> None:
        error = self.ask(llmspell, "local/smollm2-135m")
        assert error["kind"] == "not_found"
        assert error["hint"].startswith("fetch it with: llmspell models pull smollm2-135m; or set the key of a service")

    @pytest.mark.parametrize("content", [b"GGUF\x03\x00\x00\x00", b"not a model at all"])
    def test_a_damaged_file(self, llmspell: Program, home: Path, content: bytes) -> None:
        (home / "bad.gguf").write_bytes(content)
        assert self.ask(llmspell, "./bad.gguf")["kind"] == "permission"
        error = self.ask(llmspell, "./bad.gguf", "--allow-read=bad.gguf")
        assert error["kind"] == "model"
        assert "bad.gguf" in error["message"]
