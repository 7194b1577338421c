"""JSON bodies, read forgivingly and written strictly: what every format does alike."""

from __future__ import annotations

import json
from typing import Any

from llmspell.errors import InvalidValueError, ModelError, ProviderError
from llmspell.providers.wire.problem import RefusedError, from_json

CHECK_URL = "check base_url: it should end where the paths of the service's documentation begin, often in a version"


def _no_number(word: str) -> None:
    raise ValueError(word)


_decode = json.JSONDecoder(parse_constant=_no_number).decode
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def dumps(body: Any) -> bytes:
    """The bytes of a JSON body. Raises `InvalidValueError` for numbers that JSON has not."""
    try:
        return valid(_encode(body)).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidValueError(f"this cannot be sent as JSON: {error}") from None


def loads(body: bytes) -> Any:
    """The JSON in a body. Raises `ProviderError` for a web page and for damaged JSON."""
    try:
        return _decode(body.decode())
    except (ValueError, RecursionError):
        return _loads_leniently(body)


def _loads_leniently(body: bytes) -> Any:
    if body.lstrip()[:1] == b"<":
        raise ProviderError("the server answered with a web page, not JSON", hint=CHECK_URL)
    try:
        return _decode(body.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError):
        raise ProviderError("the server's JSON is damaged or was cut off", retryable=True) from None


def text(value: Any) -> str:
    """A value that must be text. Raises `TypeError` for any other."""
    if not isinstance(value, str):
        raise TypeError
    return valid(value)


def valid(text: str) -> str:
    """Text without lone surrogates: half an emoji that a server cut in two and then escaped."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def not_an_answer(data: Any) -> Exception:
    """The error for JSON that is not what was asked for: the refusal in it, if it holds one."""
    problem = from_json(data)
    if problem.message or problem.code:
        return RefusedError(problem)
    return ProviderError("the server sent JSON that is not an answer of a model", hint=CHECK_URL)


def unsupported(wire: str, option: str) -> ModelError:
    """The error for what a format cannot express."""
    return ModelError(f"the {wire} format has no {option}")


def laid_over(body: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """The body with what the caller adds; objects are merged one level deep, everything else is replaced."""
    merged = body | extra
    for key in body.keys() & extra.keys():
        if isinstance(body[key], dict) and isinstance(extra[key], dict):
            merged[key] = body[key] | extra[key]
    return merged


def in_path(model: str, *, folders: bool = False) -> str:
    """The name of a model as a part of a path, or as several. Raises `ModelError` for one that leads elsewhere."""
    from urllib.parse import quote  # loaded with the transport anyway

    if {".", ".."} & set(model.split("/")):
        raise ModelError(f"{model[:200]!r} is no name of a model")
    return quote(model, safe="/" if folders else "")


def count(numbers: dict[str, Any], key: str) -> int | None:
    """A number of tokens; None where the server gave none."""
    value = numbers.get(key)
    return value if type(value) is int else None


def name(value: Any) -> str | None:
    """An id or a name; None for what is empty or no text."""
    return value if isinstance(value, str) and value else None
