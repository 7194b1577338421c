"""Makes AWS event-stream frames, by hand."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any


def header(name: str, value: str) -> bytes:
    return bytes([len(name)]) + name.encode() + b"\x07" + struct.pack("!H", len(value.encode())) + value.encode()


def framed(headers: bytes, payload: bytes) -> bytes:
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack("!I", zlib.crc32(message))


def frame(name: str, payload: Any, kind: str = "event") -> bytes:
    label = {"event": ":event-type", "exception": ":exception-type", "error": ":error-code"}[kind]
    headers = header(label, name) + header(":content-type", "application/json") + header(":message-type", kind)
    if kind == "error":
        return framed(headers + header(":error-message", payload), b"")
    return framed(headers, json.dumps(payload).encode())
