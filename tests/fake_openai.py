"""A server on the loopback interface that speaks OpenAI chat completions and answers with the words it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from llmspell.testing import words


class Fake(NamedTuple):
    """The running server: its base URL, and the bodies of the requests so far."""

    url: str
    requests: list[dict[str, Any]]


@contextmanager
def fake_openai() -> Iterator[Fake]:
    """Runs the server while the block runs."""
    requests: list[dict[str, Any]] = []

    class Handler(_Handler):
        seen = requests

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Fake(f"http://127.0.0.1:{server.server_port}/v1", requests)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    seen: list[dict[str, Any]]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.seen.append(body)
        text = f"You said: {_last(body)}. That is all."
        if body.get("stream"):
            self._send("text/event-stream", b"".join(_events(text, body["model"])))
        else:
            self._send("application/json", json.dumps(_answer(text, body["model"])).encode())

    def log_message(self, *args: object) -> None:
        """Keep the report of the tests clean."""

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _last(body: dict[str, Any]) -> str:
    content = body["messages"][-1]["content"]
    return str(content)


def _answer(text: str, model: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "fake-1", "object": "chat.completion", "model": model, "choices": [choice], "usage": _usage(text)}


def _usage(text: str) -> dict[str, int]:
    count = len(text.split())
    return {"prompt_tokens": 5, "completion_tokens": count, "total_tokens": count + 5}


def _events(text: str, model: str) -> Iterator[bytes]:
    for word in words(text):
        yield _event(model, {"content": word}, None)
    yield _event(model, {}, "stop")
    last = {"id": "fake-1", "object": "chat.completion.chunk", "model": model, "choices": [], "usage": _usage(text)}
    yield b"data: " + json.dumps(last).encode() + b"\n\n"
    yield b"data: [DONE]\n\n"


def _event(model: str, delta: dict[str, Any], reason: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    data = {"id": "fake-1", "object": "chat.completion.chunk", "model": model, "choices": [choice]}
    return b"data: " + json.dumps(data).encode() + b"\n\n"
