"""Servers that others wrote, driven end to end through spells of both languages."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from llmspell import Config, Host, Spell
from llmspell.config import ProviderConfig
from llmspell.errors import RateLimitError

PATIENCE = 30.0
KEY = "sk-loopback-0123456789"

SPOKEN = {
    "chat": ("openai-chat", "/v1"),
    "claude": ("anthropic", "/anthropic/v1"),
    "google": ("gemini", "/gemini/v1beta"),
    "command": ("cohere-v2", "/cohere"),
    "mistralish": ("openai-chat", "/mistral/v1"),
    "groqish": ("openai-chat", "/groq/openai/v1"),
}
RULES = {
    "version": 1,
    "rules": [
        {"name": "greeting", "when": {"messages_contain": "hello"}, "respond": {"content": "Hi from the rules."}},
        {"name": "busy", "when": {"messages_contain": "busy"}, "respond": {"status": 429, "error": "Slow down"}},
    ],
}
TALK = {
    "lua": """
        local m = llm(params.model)
        local whole = m:complete("hello there")
        local pieces = {}
        for piece in m:stream("hello there") do
          if piece.text ~= "" then table.insert(pieces, piece.text) end
        end
        return {text = whole.text, reason = whole.finish_reason, tokens = whole.usage.output_tokens, pieces = pieces}
    """,
    "js": """
        const m = llm(params.model);
        const whole = await m.complete("hello there");
        const pieces = [];
        for await (const piece of m.stream("hello there")) if (piece.text) pieces.push(piece.text);
        const {text, finishReason: reason, usage} = whole;
        export default {text, reason, tokens: usage.outputTokens, pieces};
    """,
}
CALL_A_TOOL = """
    local offered = {{name = "weather", description = "The weather of a city",
      parameters = {type = "object", properties = {city = {type = "string"}}, required = {"city"}}}}
    local m = llm(params.model)
    local messages = {{role = "user", content = "What is the weather in Ulm?"}}
    local reply
    if params.stream then
      for piece in m:stream(messages, {tools = offered}) do
        if piece.tool_calls then reply = piece end
      end
    else
      reply = m:complete(messages, {tools = offered})
      table.insert(messages, reply.message)
      for _, call in ipairs(reply.tool_calls) do
        table.insert(messages, {role = "tool", tool_call_id = call.id, content = "rain"})
      end
      return {name = reply.tool_calls[1].name, after = m:complete(messages, {tools = offered}).text}
    end
    return {name = reply.tool_calls[1].name}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[int]:
    """A server process, from the moment at which it listens until the end of the block."""
    environ = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + PATIENCE
            while not listening(port):
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, "the server did not start"
                time.sleep(0.02)
            yield port
        finally:
            process.kill()
            process.wait()


def listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def needs(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} of the group `mocks` is not installed")


def program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def cast(source: str, language: str, config: Config, model: str, **params: Any) -> Any:
    async def main() -> Any:
        async with Host(config) as host:
            spell = Spell(source=source, language=language, name=f"mock.{language}")
            return (await host.run(spell, params={"model": model, **params}, isolation="inline")).value

    return asyncio.run(main())


def services(port: int, **paths: tuple[str, str]) -> Config:
    """A provider for each name: its wire format, and the path under which the server speaks it."""
    return Config(
        providers={
            name: ProviderConfig(base_url=f"http://127.0.0.1:{port}{path}", wire=wire, api_key_env="MOCK_KEY")
            for name, (wire, path) in paths.items()
        }
    )


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_KEY", KEY)


def check_talk(config: Config, name: str, lang: str, text: str) -> None:
    found = cast(TALK[lang], lang, config, f"{name}/m-1")
    assert text in found["text"]
    assert "".join(found["pieces"]) == found["text"]
    assert found["reason"] == "stop"
    assert found["tokens"] is None or found["tokens"] > 0


@pytest.fixture(scope="module")
def llmock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    needs("llmock")
    port = free_port()
    command = [program("llmock"), "serve", "--port", str(port), "--response-style", "hello"]
    with running(command, port, tmp_path_factory.mktemp("llmock")):
        yield services(port, **SPOKEN)


@pytest.fixture(scope="module")
def llm_mock_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    needs("llm_mock_api")
    port, folder = free_port(), tmp_path_factory.mktemp("llm-mock-api")
    command = [program("llm-mock-api"), "start", "-H", "127.0.0.1", "-p", str(port), "-c", "5"]
    with running([*command, "-f", "Grüße from 東京"], port, folder):
        yield services(
            port,
            chat=("openai-chat", "/v1"),
            responses=("openai-responses", "/v1"),
            claude=("anthropic", "/v1"),
        )


@pytest.fixture(scope="module")
def fakellm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    needs("fakellm")
    port, folder = free_port(), tmp_path_factory.mktemp("fakellm")
    (folder / "fakellm.yaml").write_text(json.dumps(RULES), encoding="utf-8")  # JSON is YAML
    with running([program("fakellm"), "serve", "--port", str(port)], port, folder):
        yield services(port, chat=("openai-chat", "/v1"), claude=("anthropic", "/v1"))


class TestLlmock:
    """https://pypi.org/project/llmock: OpenAI, Anthropic, Gemini, Cohere, Mistral and more, with faults on demand."""

    @pytest.mark.parametrize("lang", TALK)
    @pytest.mark.parametrize("name", SPOKEN)
    def test_talk(self, llmock: Config, name: str, lang: str) -> None:
        check_talk(llmock, name, lang, "")

    @pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
    @pytest.mark.parametrize("name", SPOKEN)
    def test_tools(self, llmock: Config, name: str, stream: bool) -> None:
        found = cast(CALL_A_TOOL, "lua", llmock, f"{name}/m-1", stream=stream)
        assert found["name"] == "weather"
        assert stream or found["after"]

    @pytest.mark.parametrize("name", ["chat", "claude", "google", "command"])
    def test_its_verdict_on_how_we_try_again_is_good(self, name: str, tmp_path: Path) -> None:
        """It refuses now and then, and watches whether and when it is asked again."""
        needs("llmock")
        port = free_port()
        command = [program("llmock"), "serve", "--port", str(port), "--error-rate-503", "0.3"]
        source = "for i = 1, 4 do pcall(function() return llm(params.model):complete('hi ' .. i) end) end"
        with running(command, port, tmp_path):
            cast(source, "lua", services(port, **SPOKEN), f"{name}/m-1")
            verdict = subprocess.run(
                [program("llmock"), "report", "--url", f"http://127.0.0.1:{port}"],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        assert verdict.returncode == 0, verdict.stdout + verdict.stderr


class TestLlmMockApi:
    """https://pypi.org/project/llm-mock-api: OpenAI's two formats and Anthropic's."""

    @pytest.mark.parametrize("lang", TALK)
    @pytest.mark.parametrize("name", ["chat", "responses", "claude"])
    def test_talk(self, llm_mock_api: Config, name: str, lang: str) -> None:
        check_talk(llm_mock_api, name, lang, "Grüße from 東京")


class TestFakellm:
    """https://pypi.org/project/fakellm: OpenAI's chat completions and Anthropic's messages, by rules."""

    @pytest.mark.parametrize("lang", TALK)
    @pytest.mark.parametrize("name", ["chat", "claude"])
    def test_talk(self, fakellm: Config, name: str, lang: str) -> None:
        check_talk(fakellm, name, lang, "Hi from the rules.")

    @pytest.mark.parametrize("name", ["chat", "claude"])
    def test_refusals(self, fakellm: Config, name: str) -> None:
        with pytest.raises(RateLimitError, match="Slow down"):
            cast("return llm(params.model):complete('busy')", "lua", fakellm, f"{name}/m-1")
