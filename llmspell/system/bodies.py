"""What a body is: text or not, in which letters, by what its headers and its bytes tell."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping


def is_json(mime: str) -> bool:
    """Whether a body of this media type is JSON."""
    return mime in ("application/json", "text/json") or mime.endswith("+json")


def is_text(mime: str, body: bytes) -> bool:
    """Whether a body is text: its media type decides, and without one, whether it is UTF-8 without control bytes."""
    if not mime:
        try:
            return "\0" not in body.decode()
        except UnicodeDecodeError:
            return False
    kind = mime.partition("/")[2]
    return mime.startswith("text/") or is_json(mime) or kind in _TEXTS or kind.endswith(("+xml", "+yaml", "+text"))


def charset_of(headers: Mapping[str, str], body: bytes) -> str:
    """The codec for a body: what the header says, if that is one of the web's encodings, or UTF-8."""
    if body.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    return _codec(_told_in(headers))


def text_of(headers: Mapping[str, str], body: bytes) -> str:
    """The body as text; what is none becomes U+FFFD."""
    return body.decode(charset_of(headers, body), errors="replace")


def page_of(headers: Mapping[str, str], body: bytes) -> str:
    """An HTML page as text: where no header tells its letters, the page itself may, near its beginning."""
    if _told_in(headers) is not None or body.startswith(codecs.BOM_UTF8):
        return text_of(headers, body)
    head = body[:_HEAD].decode("latin-1")
    charset = _codec(_CHARSET.search("".join(_METAS.findall(head))))
    charset = "utf-8" if charset.startswith("utf-16") else charset  # then the page could not have told it
    return body.decode(charset, errors="replace")


def _told_in(headers: Mapping[str, str]) -> re.Match[str] | None:
    return _CHARSET.search(headers.get("content-type", ""))


def _codec(told: re.Match[str] | None) -> str:
    try:
        name = codecs.lookup(told[1]).name if told is not None else "utf-8"
    except LookupError:
        return "utf-8"
    if name in ("ascii", "iso8859-1"):
        return "cp1252"  # as browsers read them (https://encoding.spec.whatwg.org/#names-and-labels)
    return name if name in _CHARSETS else "utf-8"


_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_METAS = re.compile(r"<meta[^>]{1,200}>", re.IGNORECASE)
_HEAD = 1024
"""How far into a page its letters are told (https://html.spec.whatwg.org/multipage/semantics.html#charset)."""
_TEXTS = frozenset(
    [
        "ecmascript",
        "graphql",
        "javascript",
        "ld+json",
        "rtf",
        "sql",
        "toml",
        "x-httpd-php",
        "x-javascript",
        "x-ndjson",
        "x-sh",
        "x-tex",
        "x-www-form-urlencoded",
        "x-yaml",
        "xml",
        "yaml",
        "jsonl",
        "x-jsonlines",
        "ndjson",
    ]
)
_CHARSETS = (
    frozenset(
        [
            "utf-8",
            "utf-16",
            "utf-16-le",
            "utf-16-be",
            "big5",
            "big5hkscs",
            "euc_jp",
            "euc_kr",
            "gb18030",
            "gb2312",
            "gbk",
            "iso2022_jp",
            "koi8-r",
            "koi8-u",
            "shift_jis",
            "cp866",
            "cp874",
            "cp932",
            "cp949",
            "mac-roman",
            "mac-cyrillic",
        ]
    )
    | {f"cp125{n}" for n in range(9)}
    | {f"iso8859-{n}" for n in range(2, 17)}
)
