"""Bodies of streams for tests: made, cut into pieces, and read without any of our code."""

from __future__ import annotations

import json
import random
from typing import Any


def stream(*chunks: dict[str, Any]) -> bytes:
    """An SSE body of these chunks, each named by its `type` if it has one."""
    return b"".join(_event(chunk) for chunk in chunks)


def _event(chunk: dict[str, Any]) -> bytes:
    name = f"event: {chunk['type']}\n" if "type" in chunk else ""
    return name.encode() + b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"


def cut(body: bytes, seed: int) -> list[bytes]:
    """The body in pieces of up to 60 bytes, cut within characters and line ends too."""
    dice = random.Random(seed)  # noqa: S311  # the same cuts every time
    pieces = []
    while body:
        size = dice.randint(1, 60)
        pieces.append(body[:size])
        body = body[size:]
    return pieces


def is_stream(body: bytes) -> bool:
    return body.lstrip().startswith((b"event:", b"data:"))


def chunks_of(body: bytes) -> list[dict[str, Any]]:
    """The JSON of each `data:` line."""
    lines = (line for line in body.decode().splitlines() if line.startswith("data:"))
    return [json.loads(line[5:]) for line in lines if line[5:].strip() != "[DONE]"]
