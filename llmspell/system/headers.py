"""The headers that a spell sends, and those that it may not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from llmspell.errors import InvalidValueError

MAX_HEADERS = 100
MAX_SIZE = 32 * 1024
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\ud7ff\ue000-\U0010ffff]*")
_METHOD = re.compile(r"[A-Za-z]{1,20}")
_OURS = frozenset(
    [
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    ]
)
_NO_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
_HARMLESS = frozenset(
    [
        "accept",
        "accept-language",
        "cache-control",
        "content-language",
        "content-type",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-unmodified-since",
        "range",
        "user-agent",
    ]
)
_OF_THE_BODY = frozenset({"content-language", "content-type"})

Headers = list[tuple[str, str]]


def checked(headers: Mapping[str, str | Sequence[str]]) -> Headers:
    """The headers one by one, with names in small letters. Raises `InvalidValueError`."""
    found: Headers = []
    for name, values in headers.items():
        key = name.lower()
        if not _NAME.fullmatch(name):
            raise InvalidValueError(f"{name[:40]!r} is no name of a header")
        if key in _OURS or key.startswith(("proxy-", "sec-", ":")):
            raise InvalidValueError(f"the header {name} cannot be set", hint="it is set by llmspell, or not at all")
        for value in [values] if isinstance(values, str) else values:
            value = value.strip(" \t")
            if not _VALUE.fullmatch(value):
                raise InvalidValueError(f"the header {name} has a character that no header can have")
            found.append((key, value))
    if len(found) > MAX_HEADERS or sum(len(name) + len(value) for name, value in found) > MAX_SIZE:
        raise InvalidValueError(f"the headers are more than {MAX_HEADERS}, or larger than {MAX_SIZE >> 10} KiB")
    return found


def method_of(text: str) -> str:
    """A method in capitals. Raises `InvalidValueError` for what is none, or none that spells have."""
    method = text.upper()
    if not _METHOD.fullmatch(text) or method in _NO_METHODS:
        raise InvalidValueError(f"{text[:20]!r} is not a method that can be used", hint="such as GET, POST or DELETE")
    return method


def with_defaults(headers: Headers, defaults: Mapping[str, str]) -> Headers:
    """The headers, and those of the defaults that are not among them."""
    given = {name for name, _ in headers}
    return [*headers, *((name, value) for name, value in defaults.items() if name not in given)]


def for_another_origin(headers: Headers) -> Headers:
    """What may follow a redirect to somebody else: nothing that could be a secret."""
    return [(name, value) for name, value in headers if name in _HARMLESS]


def without_body(headers: Headers) -> Headers:
    """What is left when a redirect drops the body."""
    return [(name, value) for name, value in headers if name not in _OF_THE_BODY]
