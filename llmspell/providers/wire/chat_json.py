"""JSON of chat completions: fast where it is well-formed, and with a plain word about what is wrong where not."""

from __future__ import annotations

import json
from typing import Any

from llmspell.errors import InvalidValueError, ProviderError
from llmspell.providers.wire.problem import RefusedError, from_json

_BOM = b"\xef\xbb\xbf"
_CHECK_URL = "check base_url: it should end where /chat/completions begins, often in /v1"
_decode = json.JSONDecoder().decode
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def loads(body: bytes) -> Any:
    """The value in a body. Raises `ProviderError` when it is a web page, empty, damaged or cut off."""
    try:
        return _decode(body.decode())
    except (ValueError, RecursionError):
        return _leniently(body)


def dumps(value: Any) -> bytes:
    """A request's body. Raises `InvalidValueError` for what JSON cannot hold, such as infinity or half a character."""
    try:
        return _encode(value).encode()
    except (TypeError, ValueError) as error:
        raise InvalidValueError(f"the request holds something that is not JSON: {error}") from None


def not_an_answer(data: Any) -> Exception:
    """What to raise for JSON that should have been an answer: the refusal in it, if there is one."""
    problem = from_json(data)
    if problem.message or problem.code:
        return RefusedError(problem)
    return ProviderError("the server sent JSON that is not an answer of a model", hint=_CHECK_URL)


def valid(text: str) -> str:
    """Without lone surrogates: half an emoji that a server cut in two and then escaped."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _leniently(body: bytes) -> Any:
    body = body.removeprefix(_BOM)
    if body.lstrip()[:1] == b"<":
        raise ProviderError("the server answered with a web page, not JSON", hint=_CHECK_URL)
    try:
        return _decode(body.decode(errors="replace"))
    except (ValueError, RecursionError):
        raise ProviderError("the server's JSON is damaged or was cut off", retryable=True) from None
