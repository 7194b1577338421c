"""What a provider says when it refuses: the same few facts, dug out of the many shapes of error bodies."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

_STATUSES = {
    "invalid_request_error": 400,
    "invalid_prompt": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "api_error": 500,
    "server_error": 500,
    "internal_server_error": 500,
    "service_unavailable": 503,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The HTTP status that an error would have had, by its code or type: within an answer that began well it has none."""

_LONGEST_PLAIN = 1000


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
    """The problem in the body of an answer, which may be plain text; an empty one when the body says nothing."""
    try:
        return from_json(json.loads(body), status)
    except (ValueError, RecursionError):
        return Problem(_plain(body), status=status)


def _plain(body: bytes) -> str:
    """A short text, as proxies and simple servers send it; empty for a page and for all else."""
    try:
        text = body.decode().strip()
    except UnicodeDecodeError:
        return ""
    readable = len(text) <= _LONGEST_PLAIN and all(char.isprintable() or char.isspace() for char in text)
    return text if readable and text[:1] not in ("<", "{", "[") else ""


def from_json(data: Any, status: int | None = None) -> Problem:
    """The problem in a JSON value: `{"error": {...}}`, `{"error": "text"}`, `{"detail": ...}`, `[{...}]`, ..."""
    if isinstance(data, list):
        data = data[0] if data else {}
    if not isinstance(data, dict):
        return Problem(status=status)
    error = data.get("error")
    inner = error if isinstance(error, dict) else data
    code = inner.get("code")
    kind = _text(inner.get("type")) or _text(inner.get("status"))
    return Problem(
        message=error if isinstance(error, str) else _upstream(inner) or _message(inner),
        code="" if code is None else str(code),
        type=kind,
        status=_status(code) or status or _STATUSES.get(str(code)) or _STATUSES.get(kind),
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
            value = _placed(value[0])
        if isinstance(value, dict):
            value = _message(value)
        if isinstance(value, str) and value:
            return value
    return ""


def _placed(error: dict[str, Any]) -> str:
    """What is wrong, with the field that it is about, as servers made with FastAPI have it: `loc`."""
    message, place = _message(error), error.get("loc")
    if not message or not isinstance(place, list):
        return message
    named = ".".join(str(step) for step in place if step != "body")
    return f"{named}: {message}" if named else message


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _status(code: Any) -> int | None:
    """Routers such as OpenRouter put the HTTP status of the real provider into `code`."""
    return code if type(code) is int and 400 <= code < 600 else None
