"""What the tests of the command line share: an empty home, the program in this process, a server that is a model."""

from __future__ import annotations

import io
import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from llmspell.cli.app import execute


class Outcome(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Program = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of its own, without settings, keys or models."""
    for name in list(os.environ):
        if name.startswith("LLMSPELL_") or name.endswith("_API_KEY") or name in ("NO_COLOR", "OPENAI_BASE_URL"):
            monkeypatch.delenv(name)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def llmspell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """Runs a command line in this process."""

    def run(*args: str, stdin: str = "") -> Outcome:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = execute(args)
        return Outcome(code, *capsys.readouterr())

    return run


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    """A model server that is configured as the provider `here`."""
    with Server() as server:
        (home / "llmspell.toml").write_text(f'[providers.here]\nbase_url = "{server.url}"\n', encoding="utf-8")
        yield server


class Server:
    """An OpenAI-compatible server on the loopback interface: it streams `words`, with `pause` seconds before each."""

    def __init__(self) -> None:
        self.words = ["Hello", ", ", "world"]
        self.pause = 0.0
        self.status = 200
        self.body: bytes | None = None
        self.models = ["m-1"]
        self.asked = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # the name is http.server's
                self.rfile.read(int(self.headers["content-length"]))
                outer.asked.set()
                outer.answer(self)

            def do_GET(self) -> None:  # the name is http.server's
                self.wfile.write(_whole(200, json.dumps({"data": [{"id": name} for name in outer.models]}).encode()))

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> Server:
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request for a chat completion."""
        if self.body is not None:
            handler.wfile.write(_whole(self.status, self.body))
            return
        handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        handler.close_connection = True
        try:
            for event in self._events():
                handler.wfile.write(f"data: {event}\n\n".encode())
                handler.wfile.flush()
                threading.Event().wait(self.pause)
        except OSError:  # the client went away
            pass

    def _events(self) -> Iterator[str]:
        for word in self.words:
            yield json.dumps({"id": "c", "model": "m-1", "choices": [{"index": 0, "delta": {"content": word}}]})
        yield json.dumps({"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        yield json.dumps({"id": "c", "choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7}})
        yield "[DONE]"


def _whole(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body
