"""What the translators of recorded requests share."""

from __future__ import annotations

import base64
import json
from typing import Any, NamedTuple

from llmspell.providers.base import Request
from llmspell.providers.content import Detail, Media, MediaKind

EFFORTS = ("none", "minimal", "low", "medium", "high")


class InexpressibleError(Exception):
    """Our types have no word for something in a recorded request."""


class Asked(NamedTuple):
    """A recorded request in our words."""

    request: Request
    stream: bool


def known(body: dict[str, Any], *allowed: str) -> None:
    """Raise for a part of a message with keys, of some value, that the translator does not know."""
    if strange := sorted(key for key, value in body.items() if key not in allowed and value not in (None, False, [])):
        raise InexpressibleError(f"`{', '.join(strange)}` beside the content of a message")


def media(kind: MediaKind, url: str, *, mime: str = "", name: str | None = None) -> Media:
    """What stands at a URL, or in one that begins with `data:`."""
    if url.startswith("data:"):
        head, _, data = url.partition(",")
        try:
            return Media(kind=kind, mime=head.removeprefix("data:").partition(";")[0], data=unpacked(data), name=name)
        except ValueError:  # a URL that nobody looks into
            pass
    return Media(kind=kind, mime=mime or f"{kind}/*", url=url, name=name)


def detail(picture: dict[str, Any]) -> Detail | None:
    """How closely to look at a picture; as closely as seems right is the default."""
    found: Detail | None = picture.get("detail")
    return None if found == "auto" else found


def described(schema: dict[str, Any], beside: dict[str, Any]) -> dict[str, Any]:
    """The schema of an answer with the description that stands beside it, where it has none itself."""
    said = beside.get("description")
    return {"description": said, **schema} if said else schema


def unpacked(text: str) -> bytes:
    """The bytes of base64, in either alphabet. Raises `ValueError` for what is none."""
    return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)


def parsed(text: Any) -> dict[str, Any]:
    """The arguments of a call."""
    found = json.loads(text or "{}") if isinstance(text, str) else text
    if found is None:  # so some models say that there are none
        return {}
    if not isinstance(found, dict):
        raise InexpressibleError("arguments of a call that are no JSON object")
    return found


def pop_words(rest: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Take the options that have another name here: `{theirs: ours}`."""
    return {ours: value for theirs, ours in names.items() if (value := rest.pop(theirs, None)) is not None}
