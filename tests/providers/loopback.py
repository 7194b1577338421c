"""A server on the loopback interface that does what a list says, and the recorded traffic."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, NamedTuple

CASSETTES = Path(__file__).parents[3] / "shared" / "cassettes"


class Received(NamedTuple):
    """A request as it arrived; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class LoopbackServer:
    """Answers each request with the next of `replies`, a list of steps: bytes to send, seconds to wait, or `CUT`.

    The connection stays open afterwards. `received` are the requests; `asked` is set with the first of them,
    `hung_up` once a client closed its connection.
    """

    CUT = "cut"

    def __init__(self, *replies: list[bytes | float | str]) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self.asked = asyncio.Event()
        self.hung_up = asyncio.Event()
        self._replies = list(replies)
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> LoopbackServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.CancelledError, asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.hung_up.set()
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = first.split()
        self.received.append(Received(method, path, headers, json.loads(body) if body else None))
        self.asked.set()
        hung_up = asyncio.ensure_future(reader.read(1))
        try:
            return await self._reply(writer, hung_up)
        finally:
            hung_up.cancel()

    async def _reply(self, writer: asyncio.StreamWriter, hung_up: asyncio.Future[bytes]) -> bool:
        for step in self._replies.pop(0):
            if step == self.CUT:
                return False
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            else:
                await asyncio.wait([hung_up], timeout=float(step))
                if hung_up.done():
                    return False
        return True


def http(body: bytes | Any, status: int = 200, **headers: str) -> list[bytes | float | str]:
    """A whole answer: bytes as they are, anything else as JSON. Underscores in header names become dashes."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
        headers.setdefault("content_type", "application/json")
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ["\r\n".join(lines).encode() + b"\r\n\r\n" + body]


def sse(*steps: Any, end: bool = True) -> list[bytes | float | str]:
    """A stream of events: objects become `data:` lines, texts too, numbers are pauses, bytes go out raw."""
    reply: list[bytes | float | str] = [
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    ]
    for step in steps:
        if isinstance(step, (int, float)) or step == LoopbackServer.CUT:
            reply.append(step)
            continue
        data = step if isinstance(step, bytes) else f"data: {_event(step)}\n\n".encode()
        reply.append(b"%x\r\n%b\r\n" % (len(data), data))
    return [*reply, b"0\r\n\r\n"] if end else reply


def _event(step: Any) -> str:
    return step if isinstance(step, str) else json.dumps(step)


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """One piece of a streamed chat completion."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m-1", "choices": [choice], **fields}


def completion(text: str = "Hello", **fields: Any) -> dict[str, Any]:
    """A whole chat completion."""
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "m-1",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7},
        **fields,
    }
