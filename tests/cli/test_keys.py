"""Keys never appear: not in errors, output, JSON, logs, tracebacks or `repr`, whatever a server or the network does."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from llmspell import Host
from llmspell.cli.app import execute
from llmspell.config import load
from llmspell.errors import LlmspellError
from llmspell.providers.base import Request
from llmspell.providers.content import Message
from llmspell.providers.registry import ProviderRegistry
from llmspell.providers.retry import RetryPolicy
from tests.cli.conftest import Program

WIRES = ("openai-chat", "openai-responses", "anthropic", "gemini", "cohere-v2", "ollama", "bedrock")
SECRETS = {
    "key": "sk-planted-QWERTYUIOP0123456789asdfgh",
    "header": "hdr-planted-ZXCVBNMLKJ9876543210qwert",
    "query": "qry-planted-POIUYTREWQ1029384756zxcvb",
    "user": "usr-planted-LKJHGFDSAM5647382910mnbvc",
}
_PIECE = 16

SPELLS = {
    "lua": """
        local m = llm("here/m")
        for i = 1, 2 do
          local ways = {
            function() return m:complete("hi").text end,
            function() for piece in m:stream("hi") do write(piece.text) end end,
            function() return m:embed({"hi"}) end,
          }
          for _, way in ipairs(ways) do
            local ok, err = pcall(way)
            if not ok then
              print(json.encode({err.kind, err.message, err.hint, err.stack}), err)
              log.error(err.message)
            end
          end
        end
        return m:complete("hi").text
    """,
    "js": """
        const m = llm("here/m");
        const ways = [
          () => m.complete("hi"),
          async () => { for await (const piece of m.stream("hi")) write(piece.text); },
          () => m.embed(["hi"]),
        ];
        for (const way of ways) {
          try { await way(); } catch (e) { print(JSON.stringify([e.kind, e.message, e.hint, e.stack]), String(e)); }
        }
        export default (await m.complete("hi")).text;
    """,
}


def _json(status: int, value: Any, kind: str = "application/json") -> tuple[int, str, bytes]:
    return status, kind, value if isinstance(value, bytes) else json.dumps(value).encode()


def _echoes(sent: str) -> dict[str, tuple[int, str, bytes] | None]:
    """What servers send, with all that was sent to them in it; None is a connection that is cut."""
    said = f"Incorrect API key provided: {sent}. You can find your key on the page for keys."
    error = {"error": {"message": said, "type": "invalid_request_error", "code": "invalid_api_key"}}
    event = f"data: {json.dumps(error)}\n\nevent: error\ndata: {json.dumps({'type': 'error', **error})}\n\n".encode()
    return {
        "refused": _json(401, error),
        "forbidden, as text": _json(403, said.encode(), "text/plain"),
        "starred": _json(401, {"error": {"message": f"bad key {sent[:20]}*****{sent[-4:]}", "code": sent}}),
        "wrong model": _json(
            404, {"error": {"message": f"the model {sent} does not exist", "code": "model_not_found"}}
        ),
        "too fast": _json(429, {"message": said, "detail": sent, "type": sent}),
        "far in the text": _json(500, {"error": {"message": "x" * 480 + " " + sent}}),
        "without spaces": _json(400, {"error": f"key='{sent}',other={sent}"}),
        "a page": _json(502, f"<html>{said}</html>".encode(), "text/html"),
        "damaged": _json(200, f'{{"key": "{sent}", '.encode()),
        "no answer": _json(200, {"received": sent, "headers": [sent]}),
        "a refusal inside": _json(200, error),
        "an event": _json(200, event, "text/event-stream"),
        "cut": None,
    }


FAILURES = tuple(_echoes(""))


@pytest.fixture
def echo() -> Iterator[_Echo]:
    with _Echo() as server:
        yield server


class _Echo:
    """A server that sends back the keys it was given, in the way that `mode` says."""

    mode = "refused"

    def __enter__(self) -> _Echo:
        outer = self
        self.asked = 0
        self.sent: set[str] = set()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # the name is http.server's
                self.rfile.read(int(self.headers["content-length"]))
                outer.answer(self)

            def do_GET(self) -> None:  # as above
                outer.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.port = self._http.server_port
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked += 1
        sent = f"{handler.headers} {handler.path}"
        found = {name: secret for name, secret in SECRETS.items() if secret in sent}
        self.sent |= found.keys()
        reply = _echoes(" ".join(found.values()))[self.mode]
        handler.close_connection = True
        if reply is not None:
            status, kind, body = reply
            head = (
                f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\nretry-after-ms: 1\r\n"
            )
            handler.wfile.write(head.encode() + b"connection: close\r\n\r\n" + body)


@pytest.fixture(autouse=True)
def planted(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of several services, and no pauses between attempts."""
    monkeypatch.setattr(RetryPolicy.__new__, "__defaults__", (2, 5.0, 0.001, 0.001))
    monkeypatch.setenv("LLMSPELL_ISOLATION", "inline")
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GROQ_API_KEY", "HERE_KEY"):
        monkeypatch.setenv(name, SECRETS["key"])


def settle(home: Path, port: int, wire: str = "openai-chat", *, user: bool = True) -> None:
    """Settings with a secret in every place that can hold one; a user in the address takes the place of the key."""
    before = f"me:{SECRETS['user']}@" if user else ""
    lines = [
        "[providers.here]",
        f'base_url = "http://{before}127.0.0.1:{port}/v1"',
        f'wire = "{wire}"',
        'api_key_env = "HERE_KEY"',
        f'query = {{token = "{SECRETS["query"]}"}}',
        f'headers = {{x-own = "{SECRETS["header"]}"}}',
    ]
    (home / "llmspell.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def check(*texts: object) -> None:
    """None of the secrets, nor a long part of one, is in these texts."""
    text = "\n".join(map(str, texts))
    for name, secret in SECRETS.items():
        for start in range(len(secret) - _PIECE + 1):
            assert secret[start : start + _PIECE] not in text, f"the {name} is in {text!r}"


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("lang", SPELLS)
def test_spells_that_fail(
    llmspell: Program, echo: _Echo, home: Path, wire: str, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, mode in enumerate(FAILURES):
        settle(home, echo.port, wire, user=False)
        echo.mode, echo.asked = mode, 0
        monkeypatch.setenv("LLMSPELL_DEBUG", str(number % 2))
        outcome = llmspell("run", "-e", SPELLS[lang], "--lang", lang, *(["--json"], ["-v"], [])[number % 3])
        assert (outcome.code, echo.asked > 0) == (1, True), (mode, outcome)
        check(outcome.out, outcome.err)
    assert echo.sent == {"key", "header", "query"}


@pytest.mark.parametrize("user", [False, True])
@pytest.mark.parametrize("mode", FAILURES)
def test_commands_that_fail(llmspell: Program, echo: _Echo, home: Path, mode: str, user: bool) -> None:
    settle(home, echo.port, user=user)
    echo.mode = mode
    for args in (
        ["providers", "test", "here", "--model", "m"],
        ["providers", "test", "here", "--json"],
        ["models", "list", "--provider", "here"],
    ):
        outcome = llmspell(*args)
        assert outcome.code != 0 or mode == "no answer", (args, outcome)
        check(outcome.out, outcome.err)


def test_commands_that_show(llmspell: Program, echo: _Echo, home: Path) -> None:
    settle(home, echo.port)
    for args in (["list"], ["list", "--json"], ["show", "here"], ["show", "here", "--json"], ["show", "openai"]):
        outcome = llmspell("providers", *args)
        assert outcome.code == 0, outcome
        check(outcome.out, outcome.err)


@pytest.mark.parametrize("connections", ["httpx2", "aiohttp"])
@pytest.mark.parametrize("key", [SECRETS["key"] + "\n", SECRETS["key"] + "\r\nx: y", SECRETS["key"] + "é", " "])
def test_keys_that_fit_in_no_header(
    llmspell: Program, home: Path, key: str, connections: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connections == "httpx2":
        monkeypatch.setitem(sys.modules, "llmspell.providers.fast", None)
    settle(home, 9, user=False)
    monkeypatch.setenv("HERE_KEY", key)
    outcome = llmspell("run", "-e", "return llm('here/m'):complete('hi').text", "--lang", "lua", "--json")
    assert outcome.code == 1
    assert outcome.json["error"]["kind"] in ("auth", "network", "provider")
    check(outcome.out, outcome.err)


def test_a_server_that_is_not_there(llmspell: Program, home: Path) -> None:
    settle(home, 9)
    for flags in ([], ["--json"], ["-v"]):
        outcome = llmspell("run", "-e", SPELLS["js"], "--lang", "js", *flags)
        assert outcome.code == 1
        check(outcome.out, outcome.err)


def test_our_own_faults(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The traceback of a fault, as LLMSPELL_DEBUG=1 lets it through."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a fault")

    settle(home, 9)
    monkeypatch.setenv("LLMSPELL_DEBUG", "1")
    monkeypatch.setattr("llmspell.providers.http_provider.HttpProvider.complete", broken)
    source = "return llm('here/m'):complete('hi').text"
    try:
        assert execute(["run", "-e", source, "--lang", "lua"]) != 0
    except RuntimeError as error:
        check(*traceback.format_exception(error))
    check(*capsys.readouterr())


def test_python_and_its_logs(echo: _Echo, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    settle(home, echo.port)
    caplog.set_level(logging.INFO)
    for name in ("llmspell", "stamina"):
        caplog.set_level(logging.DEBUG, logger=name)

    async def main() -> list[object]:
        shown: list[object] = []
        registry = ProviderRegistry(load())
        provider = registry.provider("here")
        shown += [repr(registry), repr(provider), repr(vars(registry.services.row("here") and provider).keys())]
        for echo.mode in FAILURES:
            try:
                await provider.complete(Request(model="m", messages=[Message("user", "hi")]))
            except LlmspellError as error:
                shown += [*traceback.format_exception(error), repr(error), json.dumps(error.to_data()), vars(error)]
        await registry.aclose()
        return shown

    config = load()
    shown = asyncio.run(main())
    assert len(shown) > 3 * len(FAILURES)
    host = Host(config)
    check(*shown, repr(host), repr(host.models), repr(config), repr(config.providers["here"]), str(config))
    check(repr(host.models.services.row("here")), repr(host.models.services))
    check(caplog.text, *(vars(record) for record in caplog.records))
