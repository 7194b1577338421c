"""What a provider says when it refuses: the same few facts, dug out of the many shapes of error bodies."""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class Problem(NamedTuple):
    """A refusal: the provider's sentence, its code and type (empty when it gave none), and the HTTP status.

    `retry_after` are seconds to wait, where the body says so and not a header.
    """

    message: str = ""
    code: str = ""
    type: str = ""
    status: int | None = None
    retry_after: float | None = None


class RefusedError(Exception):
    """The provider refused inside an answer that otherwise looked well. Becomes an `LlmspellError` outside."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def from_body(body: bytes, status: int | None = None) -> Problem:
    """The problem in the body of an answer; an empty one when the body is not JSON or says nothing."""
    try:
        return from_json(json.loads(body), status)
    except (ValueError, RecursionError):
        return Problem(status=status)


def from_json(data: Any, status: int | None = None) -> Problem:
    """The problem in a JSON value: `{"error": {...}}`, `{"error": "text"}`, `{"detail": ...}`, `[{...}]`, ..."""
    if isinstance(data, list):
        data = data[0] if data else {}
    if not isinstance(data, dict):
        return Problem(status=status)
    error = data.get("error")
    inner = error if isinstance(error, dict) else data
    code = inner.get("code")
    return Problem(
        message=error if isinstance(error, str) else _upstream(inner) or _message(inner),
        code="" if code is None else str(code),
        type=_text(inner.get("type")) or _text(inner.get("status")),
        status=_status(code) or status,
    )


def _upstream(error: dict[str, Any]) -> str:
    """What the real provider said, which OpenRouter puts beside "Provider returned error".

    It may be JSON once more: https://openrouter.ai/docs/api-reference/errors.
    """
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    if not isinstance(raw, str):
        return ""
    return (from_body(raw.encode(errors="replace")).message if raw[:1] in ("{", "[") else raw) or raw


def _message(error: dict[str, Any]) -> str:
    for key in ("message", "detail", "msg"):
        value = error.get(key)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = _message(value[0])
        if isinstance(value, dict):
            value = _message(value)
        if isinstance(value, str) and value:
            return value
    return ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _status(code: Any) -> int | None:
    """Routers such as OpenRouter put the HTTP status of the real provider into `code`."""
    return code if type(code) is int and 400 <= code < 600 else None
