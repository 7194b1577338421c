from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmspell.providers.catalog import ROWS
from tests.cli.conftest import Program, Server
from tests.cli.test_completion import complete

KEY = "sk-planted-0123456789abcdef"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for row in ROWS.values():
        if row.key_env:
            monkeypatch.delenv(row.key_env, raising=False)


def facts(llmspell: Program, name: str) -> dict[str, object]:
    return next(fact for fact in llmspell("providers", "list", "--json").json if fact["name"] == name)


def line(llmspell: Program, name: str) -> list[str]:
    return next(words for row in llmspell("providers", "list").out.splitlines() if (words := row.split())[0] == name)


class TestList:
    def test_everybody_is_there(self, llmspell: Program) -> None:
        outcome = llmspell("providers", "list")
        assert (outcome.code, outcome.err) == (0, "")
        names = [row.split()[0] for row in outcome.out.splitlines()]
        assert names[0] == "NAME"
        assert set(names) >= {*ROWS, "local", "llamacpp", "ctransformers"}

    def test_a_service_with_and_without_its_key(self, llmspell: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        assert line(llmspell, "groq")[-2:] == ["no", "key"]
        monkeypatch.setenv("GROQ_API_KEY", KEY)
        assert line(llmspell, "groq") == [
            "groq",
            "openai-chat",
            "https://api.groq.com/openai/v1",
            "GROQ_API_KEY",
            "ready",
        ]

    def test_what_a_url_lacks(self, llmspell: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        assert line(llmspell, "azure")[-2:] == ["needs", "AZURE_OPENAI_ENDPOINT"]
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://mine.openai.azure.com")
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
        assert line(llmspell, "azure")[-1] == "ready"

    def test_servers_of_this_machine_may_not_run(self, llmspell: Program) -> None:
        assert line(llmspell, "vllm")[-3:] == ["if", "it", "runs"]
        assert line(llmspell, "local") == ["local", "local", "ready"]

    def test_configured_ones_come_first(self, llmspell: Program, server: Server) -> None:
        assert line(llmspell, "here") == ["here", "openai-chat", server.url, "ready"]
        assert llmspell("providers", "list", "--json").json[0]["name"] == "here"

    def test_as_json(self, llmspell: Program) -> None:
        fact = facts(llmspell, "mistral")
        assert fact["key_env"] == "MISTRAL_API_KEY"
        assert (fact["key_required"], fact["key_set"], fact["usable"]) == (True, False, False)
        assert fact["dialect"]["seed"] == "random_seed"
        assert "tools" in fact["capabilities"]

    def test_long_addresses_are_cut_for_people_alone(self, llmspell: Program) -> None:
        assert " … " in llmspell("providers", "list").out
        assert str(facts(llmspell, "cloudflare")["base_url"]).endswith("/ai/v1")


class TestShow:
    def test_a_service(self, llmspell: Program) -> None:
        outcome = llmspell("providers", "show", "azure")
        assert outcome.code == 0
        shown = dict(row.split(maxsplit=1) for row in outcome.out.splitlines() if not row.startswith(("base", "key")))
        assert shown["headers"] == "api-key"
        assert shown["state"] == "needs AZURE_OPENAI_ENDPOINT"
        assert "max_tokens = max_completion_tokens" in shown["dialect"]

    def test_as_json(self, llmspell: Program) -> None:
        assert llmspell("providers", "show", "xai", "--json").json == facts(llmspell, "xai")

    def test_a_local_one(self, llmspell: Program) -> None:
        assert "format  local" in llmspell("providers", "show", "local").out

    def test_how_a_service_is_asked(self, llmspell: Program, home: Path) -> None:
        (home / "llmspell.toml").write_text(
            '[providers.mine]\nbase_url = "http://127.0.0.1:1"\napi_key_envs = ["ONE", "TWO"]\nlimits = {rpm = 5}\n'
            'timeouts = {connect = 2}\nproxy = "http://me:planted@proxy.test:3128"\n',
            encoding="utf-8",
        )
        shown = llmspell("providers", "show", "mine").out
        assert [" ".join(row.split()) for row in shown.splitlines()][3:] == [
            "key env ONE",
            "more key envs TWO",
            "limits rpm = 5",
            "timeouts connect = 2",
            "proxy http://proxy.test:3128",
            "state no key",
        ]

    def test_a_model_made_of_others(self, llmspell: Program, home: Path) -> None:
        (home / "llmspell.toml").write_text(
            '[models.smart]\nfallback = ["openai/a", "local/b"]\ntry_timeout = 5\n'
            '[models.sized]\nroute = [{model = "smart", tokens = 9}, {model = "openai/c"}]\n',
            encoding="utf-8",
        )
        smart = llmspell("providers", "show", "smart").out
        assert [" ".join(row.split()) for row in smart.splitlines()] == [
            "name smart",
            "format selection",
            "fallback openai/a, local/b",
            "try timeout 5",
            "state ready",
        ]
        assert "model = smart, tokens = 9; model = openai/c" in llmspell("providers", "show", "sized").out

    def test_an_unknown_name(self, llmspell: Program) -> None:
        outcome = llmspell("providers", "show", "opnai")
        assert (outcome.code, outcome.out) == (2, "")
        assert outcome.err.startswith("error: there is no provider 'opnai'\nhint: did you mean openai")


class TestTry:
    @pytest.fixture(autouse=True)
    def whole(self, server: Server) -> None:
        answer = {"id": "c", "model": "m-1-today", "choices": [{"message": {"content": "OK"}, "finish_reason": "stop"}]}
        server.body = json.dumps(answer | {"usage": {"prompt_tokens": 9, "completion_tokens": 1}}).encode()

    def test_the_only_model_is_asked(self, llmspell: Program) -> None:
        outcome = llmspell("providers", "test", "here")
        assert (outcome.code, outcome.err) == (0, "")
        first, *rest = outcome.out.splitlines()
        assert first.startswith("here answers in 0.")
        assert [row.split() for row in rest] == [
            ["asked", "m-1"],
            ["model", "m-1-today"],
            ["text", "OK"],
            ["finish", "reason", "stop"],
            ["input", "tokens", "9"],
            ["output", "tokens", "1"],
        ]

    def test_a_model_can_be_named(self, llmspell: Program) -> None:
        report = llmspell("providers", "test", "here", "--model", "m-2", "--json").json
        assert (report["ok"], report["asked"], report["text"]) == (True, "m-2", "OK")

    def test_an_error_says_what_to_do(self, llmspell: Program, server: Server) -> None:
        server.status, server.body = 401, b'{"error": {"message": "no such key"}}'
        outcome = llmspell("providers", "test", "here", "--model", "m-1")
        assert (outcome.code, outcome.out) == (1, "")
        assert "refused the key: no such key" in outcome.err
        assert "hint: " in outcome.err

    def test_an_error_as_json(self, llmspell: Program, server: Server) -> None:
        server.status, server.body = 402, b'{"error": {"message": "Insufficient Balance"}}'
        outcome = llmspell("providers", "test", "here", "--model", "m-1", "--json")
        assert outcome.code == 1
        assert outcome.json["ok"] is False
        assert outcome.json["error"]["status"] == 402

    def test_several_models_need_a_name(self, llmspell: Program, server: Server) -> None:
        server.models = ["m-1", "m-2"]
        outcome = llmspell("providers", "test", "here")
        assert (outcome.code, outcome.err) == (2, "error: which model of here?\nhint: --model m-1 or m-2\n")

    def test_a_provider_that_does_not_talk_is_asked_for_a_vector(
        self, llmspell: Program, home: Path, server: Server
    ) -> None:
        (home / "llmspell.toml").write_text(f'[providers.voyage]\nbase_url = "{server.url}"\n', encoding="utf-8")
        server.body = b'{"data": [{"index": 0, "embedding": [1.0, 2.0, 3.0]}], "usage": {"total_tokens": 7}}'
        outcome = llmspell("providers", "test", "voyage", "--model", "voyage-3.5")
        assert (outcome.code, outcome.err) == (0, "")
        assert [row.split() for row in outcome.out.splitlines()][1:] == [
            ["asked", "voyage-3.5"],
            ["model", "voyage-3.5"],
            ["dimensions", "3"],
            ["input", "tokens", "7"],
        ]
        nameless = llmspell("providers", "test", "voyage")
        assert (nameless.code, nameless.err) == (2, "error: which model of voyage?\nhint: name it with --model\n")

    def test_a_server_that_is_down(self, llmspell: Program, home: Path) -> None:
        (home / "llmspell.toml").write_text('[providers.down]\nbase_url = "http://127.0.0.1:9/v1"\n')
        outcome = llmspell("providers", "test", "down", "--timeout", "5", "--model", "m")
        assert outcome.code == 1
        assert "127.0.0.1:9 cannot be reached" in outcome.err

    def test_no_key(self, llmspell: Program) -> None:
        outcome = llmspell("providers", "test", "openai")
        assert outcome.code == 1
        assert "OPENAI_API_KEY" in outcome.err

    def test_the_planted_key_is_nowhere(
        self, llmspell: Program, server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HERE_KEY", KEY)
        server.status, server.body = 401, json.dumps({"error": {"message": f"bad key {KEY}"}}).encode()
        url = server.url.replace("//", f"//user:{KEY}@")
        (home / "llmspell.toml").write_text(
            f'[providers.here]\nbase_url = "{url}"\napi_key_env = "HERE_KEY"\nheaders = {{x-secret = "{KEY}"}}\n'
            f'query = {{token = "{KEY}"}}\n'
        )
        for command in (["list"], ["show", "here"], ["test", "here", "--model", "m"]):
            for flags in ([], ["--json"]):
                outcome = llmspell("providers", *command, *flags)
                assert outcome.out + outcome.err
                assert KEY not in outcome.out + outcome.err


def test_names_are_completed(home: Path) -> None:
    assert complete("llmspell providers show moon", home) == ["plain,moonshot"]
    assert complete("llmspell models list --provider moon", home) == ["plain,moonshot"]
