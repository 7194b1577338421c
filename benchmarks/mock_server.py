"""A chat-completions server for benchmarks: it costs little, never leaves this machine, and says nothing sensible.

`python -m benchmarks.mock_server` listens on a free port of 127.0.0.1 and prints it. The model's name tells what to
answer: `mock` a short text, `mock-2000` a stream of 2,000 tokens as fast as the socket takes them, `mock-500-paced`
one of 500 tokens, each written by itself after a turn of the event loop. It ends with its standard input.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

_DEFAULT_TOKENS = 10
_BLOCK = 1 << 14
_WORDS = ("a", "the", "cat", "sees", "one", "more", "door", "than", "it", "counted", "before", "lunch", "naïve")


def _json(payload: object) -> bytes:
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def _piece(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    body = {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1735689600, "model": "mock"}
    return _framed(b"data: %b\n\n" % _json({**body, "choices": [choice], **more}))


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _usage(tokens: int) -> dict[str, int]:
    return {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}


@cache
def _tokens(count: int) -> tuple[bytes, ...]:
    """Tokens that differ from one to the next: some clients take a repeated one for a broken model."""
    return tuple(_piece({"content": f" {_WORDS[number % len(_WORDS)]}"}) for number in range(count))


@cache
def _whole_answer() -> bytes:
    message = {"role": "assistant", "content": "The cat sees one more door than it counted before lunch."}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    body = _json(
        {
            "id": "chatcmpl-bench",
            "object": "chat.completion",
            "created": 1735689600,
            "model": "mock",
            "choices": [choice],
            "usage": _usage(12),
        }
    )
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


_STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class _Connection(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""
        self._writable = asyncio.Event()
        self._writable.set()
        self._streaming: asyncio.Task[None] | None = None

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._streaming is not None:
            self._streaming.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, blank, rest = self._received.partition(b"\r\n\r\n")
        if not blank:
            return
        length = next(
            int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        )
        if len(rest) >= length:
            self._received = rest[length:]
            self._answer(json.loads(rest[:length]))

    def _answer(self, request: dict[str, Any]) -> None:
        if not request.get("stream"):
            self._transport.write(_whole_answer())
            return
        _, *options = request["model"].split("-")
        count = int(options[0]) if options else _DEFAULT_TOKENS
        self._streaming = asyncio.get_running_loop().create_task(self._stream(count, paced="paced" in options))

    async def _stream(self, count: int, *, paced: bool) -> None:
        self._transport.write(_STREAM_HEAD + _piece({"role": "assistant", "content": ""}))
        for block in _tokens(count) if paced else _blocks(_tokens(count)):
            self._transport.write(block)
            await asyncio.sleep(0)
            await self._writable.wait()
        end = _piece({}, "stop") + _framed(b"data: [DONE]\n\n") + b"0\r\n\r\n"
        self._transport.write(_piece({}, None, usage=_usage(count)) + end)


def _blocks(pieces: tuple[bytes, ...]) -> Iterator[bytes]:
    block = bytearray()
    for piece in pieces:
        block += piece
        if len(block) >= _BLOCK:
            yield bytes(block)
            block.clear()
    yield bytes(block)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = loop.create_future()
    loop.add_reader(sys.stdin, lambda: ended.done() or ended.set_result(None))
    await ended


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The server in a process of its own; gives the base URL."""
    command = [sys.executable, "-m", "benchmarks.mock_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.stdin.close()


if __name__ == "__main__":
    asyncio.run(_serve())
