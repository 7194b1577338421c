"""The parts of messages, as scripts write them and as providers take them.

What a provider wants back untouched crosses as text, so that neither language can change a number, a null or an empty
list in it: the JSON of `[wire, data]`.

Bytes are blobs of the run, where these functions are given those; without them, as outside of a run, they are base64.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from llmspell.errors import InvalidValueError
from llmspell.providers.content import Foreign, Media, MediaKind, Part, Reasoning, State, Text, ToolCall, ToolResult
from llmspell.scriptable import records

if TYPE_CHECKING:
    from llmspell.system.blobs import Blobs

_MEDIA = ("image", "audio", "document", "video")
_SOURCES = ("data", "url", "file_id")
_ABOUT_SOURCES = (
    "data is a blob or base64, url is where the provider finds it, file_id is what the provider calls a file that was "
    "left there"
)
_MIME = re.compile(r"[\w.+-]+/[\w.+*-]+(?:;[ \w.+=-]+)?")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):", re.IGNORECASE)
_DATA_URL = re.compile(r"data:([^;,]*)(?:;[^;,]*)*;base64,", re.IGNORECASE)


Shown: TypeAlias = Mapping[int, records.Media]
"""What stands for media in a script, by the identity of the part: one blob for each, wherever it appears."""
_NONE: Shown = MappingProxyType({})


class _Fields(NamedTuple):
    needed: tuple[str, ...]
    allowed: tuple[str, ...]
    roles: tuple[str, ...]


_ANYONE = ("system", "user", "assistant", "tool")
_THING = _Fields((), ("data", "url", "file_id", "mime", "name", "cache", "state"), ("user", "assistant", "tool"))
_FIELDS = {
    "text": _Fields(("text",), ("cache", "state"), _ANYONE),
    "reasoning": _Fields((), ("text", "state"), ("assistant",)),
    "tool_call": _Fields(("id", "name", "arguments"), ("state",), ("assistant",)),
    "opaque": _Fields(("state",), (), ("assistant",)),
    **dict.fromkeys(_MEDIA, _THING),
    "image": _THING._replace(allowed=(*_THING.allowed, "detail")),
}


def part_of(part: records.MessagePart, role: str, place: str, blobs: Blobs | None = None) -> Part:
    """A part of a message of that role, for providers. Raises `InvalidValueError` that begins with `place`."""
    kind = part["type"]
    _check_fields(part, role, place)
    state = state_of(part["state"], place) if "state" in part else None
    if kind == "text":
        return Text(part["text"], state, part.get("cache", False))
    if kind == "reasoning":
        return Reasoning(part.get("text", ""), state)
    if kind == "tool_call":
        return ToolCall(part["id"], part["name"], part["arguments"], state)
    if kind == "opaque":
        return Foreign(cast(State, state))
    return _media(part, state, place, blobs)


def media_of(kind: MediaKind, given: Any, place: str, blobs: Blobs | None = None) -> Media:
    """A picture, a recording, a document that a script gave. Raises `InvalidValueError` that begins with `place`."""
    return _media(cast(records.MessagePart, {"type": kind, **given}), None, place, blobs)


def state_of(text: str, place: str) -> State:
    """What `state_text` made a text of. Raises `InvalidValueError` for any other text."""
    import json  # only for what came from a provider

    try:
        wire, data = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        wire = data = None
    if not isinstance(wire, str) or not isinstance(data, dict):
        raise InvalidValueError(
            f"{place}: state is not what a reply had", hint="pass on the message of a reply as it is"
        )
    return State(wire, data)


def state_text(state: State) -> str:
    """The text that stands for it in a script."""
    import json  # only for what came from a provider

    return json.dumps(state, ensure_ascii=False, separators=(",", ":"))


def message_of(parts: list[Part], shown: Shown = _NONE) -> records.Message:
    """An answer as a message: in the plain form if that says it all, else part by part."""
    if len(parts) == 1 and type(parts[0]) is Text and parts[0].state is None:
        return {"role": "assistant", "content": parts[0].text}
    calls = [part for part in parts if isinstance(part, ToolCall)]
    said = parts[: len(parts) - len(calls)]
    plain = len(said) < 2 and all(isinstance(part, Text) for part in said)
    if not plain or any(getattr(part, "state", None) for part in parts):
        return {"role": "assistant", "content": [record_of(part, shown) for part in parts]}
    message: records.Message = {"role": "assistant", "content": said[0].text if said else ""}  # type: ignore[union-attr]  # a text
    if calls:
        message["tool_calls"] = [call_of(call) for call in calls]
    return message


def call_of(call: ToolCall) -> records.ToolCall:
    """A tool call for a script."""
    return {"id": call.id, "name": call.name, "arguments": call.arguments}


def media_record(media: Media, blobs: Blobs | None = None) -> records.Media:
    """A picture, a recording, a document for a script."""
    found: records.Media = {"type": media.kind, "mime": media.mime}
    if media.data is not None and blobs is not None:
        found["data"] = blobs.add(media.data, media.mime)
    elif media.data is not None:
        import base64  # only for media

        found["data"] = cast(Any, base64.b64encode(media.data).decode())
    for name in ("url", "file_id", "name", "detail"):
        if (value := getattr(media, name)) is not None:
            found[name] = value
    return found


def shown_media(parts: list[Part], blobs: Blobs | None) -> dict[int, records.Media]:
    """The media among the parts of an answer, for a script."""
    return {id(part): media_record(part, blobs) for part in parts if isinstance(part, Media)}


def record_of(part: Part, shown: Shown = _NONE) -> records.MessagePart:
    """A part of an answer for a script."""
    found = _record(part, shown)
    state: State | None = getattr(part, "state", None)
    if state is not None:
        found["state"] = state_text(state)
    return found


def _record(part: Part, shown: Shown) -> records.MessagePart:
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case Reasoning(text):
            return {"type": "reasoning", "text": text}
        case ToolCall():
            return cast(records.MessagePart, {"type": "tool_call", **call_of(part)})
        case Media():
            return cast(records.MessagePart, {**(shown.get(id(part)) or media_record(part))})
        case Foreign():
            return {"type": "opaque"}
        case ToolResult():
            raise TypeError("a model does not answer with the answer of a tool")


def _check_fields(part: records.MessagePart, role: str, place: str) -> None:
    kind = part["type"]
    needed, allowed, roles = _FIELDS[kind]
    for name in needed:
        if name not in part:
            raise InvalidValueError(f"{place}: {name} is missing; a part of the type {kind} needs it")
    for name in part:
        if name != "type" and name not in needed and name not in allowed:
            hint = f"it may have {', '.join([*needed, *allowed])}"
            raise InvalidValueError(f"{place}: {name} does not belong to a part of the type {kind}", hint=hint)
    if role not in roles:
        raise InvalidValueError(f"{place}: a message of the role {role} has no parts of the type {kind}")


def _media(part: records.MessagePart, state: State | None, place: str, blobs: Blobs | None) -> Media:
    kind = cast(MediaKind, part["type"])
    data, url, file_id, name = part.get("data"), part.get("url"), part.get("file_id"), part.get("name")
    given = [key for key in _SOURCES if part.get(key) is not None]
    if len(given) != 1:
        said = f"has {' and '.join(given)}: one is enough" if given else "needs data, url or file_id"
        raise InvalidValueError(f"{place}: {kind} {said}", hint=_ABOUT_SOURCES)
    mime, content = part.get("mime"), None
    if isinstance(data, dict):
        content, of_blob = _held(data, place, blobs)
        mime, data = mime or _guessed(kind, name, None) or of_blob, None
    if url is not None and (inline := _DATA_URL.match(url)):
        mime, data, url = mime or inline[1] or None, url[inline.end() :], None
    if url is not None:
        _check_url(url, place)
    mime = mime or _guessed(kind, name, file_id or url)
    _check_mime(kind, mime, place)
    if data is not None:
        content = _bytes(data, place)
    detail = part.get("detail")
    return Media(
        kind=kind,
        mime=cast(str, mime),
        data=content,
        url=url,
        file_id=file_id,
        name=name,
        detail=None if detail == "auto" else detail,
        state=state,
        cache=part.get("cache", False),
    )


def _check_url(url: str, place: str) -> None:
    """Some servers would open a file of their machine, to which no spell has been given a right."""
    scheme = _SCHEME.match(url)
    if scheme is None or scheme[1].lower() == "file":
        raise InvalidValueError(
            f"{place}: url must be one that the provider can open, not {url[:60]!r}",
            hint="such as https://example.com/a.png; the bytes of a file go into data: fs.blob(path)",
        )


def _held(handle: Mapping[str, Any], place: str, blobs: Blobs | None) -> tuple[bytes, str | None]:
    """The bytes of a blob and its media type, if that says anything."""
    if blobs is None:
        raise InvalidValueError(f"{place}: data cannot be a blob here", hint="pass the bytes in base64")
    blob = blobs.get(handle)
    if not blob.data:
        raise InvalidValueError(f"{place}: data is empty")
    return blob.data, None if blob.mime == "application/octet-stream" else blob.mime


def _bytes(data: str, place: str) -> bytes:
    import base64  # only for media

    try:
        content = base64.b64decode(data, validate=True)
    except ValueError:
        raise InvalidValueError(
            f"{place}: data is not base64", hint="pass the bytes in base64, without spaces"
        ) from None
    if not content:
        raise InvalidValueError(f"{place}: data is empty")
    return content


def _guessed(kind: str, name: str | None, url: str | None) -> str | None:
    """The media type that the ending of the name tells; something general for a URL, which the provider reads."""
    import mimetypes  # only for media without a type

    path = name or re.split(r"[?#]", url or "", maxsplit=1)[0]
    found = mimetypes.guess_type(path, strict=False)[0]
    if found is not None and (kind == "document" or found.startswith(f"{kind}/")):
        return found
    if url is None:
        return None
    return "application/pdf" if kind == "document" else f"{kind}/*"


def _check_mime(kind: str, mime: str | None, place: str) -> None:
    if mime is None:
        raise InvalidValueError(f"{place}: mime is missing", hint="such as image/png, audio/wav or application/pdf")
    wrong = kind != "document" and not mime.startswith(f"{kind}/")
    if wrong or not _MIME.fullmatch(mime):
        raise InvalidValueError(f"{place}: {mime[:60]!r} is no media type of a part of the type {kind}")
