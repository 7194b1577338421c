"""What scripts pass to `http` and get from it, and how one becomes the other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypeAlias, TypedDict
from urllib.parse import urlencode

from llmspell import values
from llmspell.errors import InvalidValueError, LlmspellError
from llmspell.scriptable.records import BlobHandle, Seconds
from llmspell.scriptable.shapes import Bounds
from llmspell.system import headers as headers_of
from llmspell.system.urls import pairs, target_of
from llmspell.system.web import MAX_SIZE, TIMEOUT, WebRequest

if TYPE_CHECKING:
    from llmspell.system.blobs import Blobs

Size: TypeAlias = Annotated[int, Bounds(at_least=1, at_most=256 * 1024 * 1024)]
Anything: TypeAlias = dict[str, Any]


class HttpOptions(TypedDict, total=False):
    """A request. At most one of `body`, `json` and `form` is what is sent."""

    method: str
    """Such as `GET`, `POST` or `DELETE`; GET if absent, or POST where something is sent."""
    headers: dict[str, str | list[str]]
    """The headers to send; a list sends one several times."""
    query: Anything
    """Fields to add to the query of the URL: texts, numbers, booleans, or lists of them."""
    body: str | BlobHandle
    """A text or a blob to send as it is."""
    json: Any
    """A value to send as JSON."""
    form: Anything
    """Fields to send as a form, URL-encoded."""
    timeout: Seconds
    """Seconds that the whole answer may take; 30 if absent."""
    max_size: Size
    """Bytes that the body of the answer may have, decompressed; 10 MiB if absent."""
    redirect: Literal["follow", "manual", "error"]
    """What to do when the server redirects: `follow` it, `manual` gives the redirect itself, `error` fails."""
    expect: Literal["text", "json", "blob", "body"]
    """How to give the body; if absent, its media type decides. `body` is a text or a blob, and JSON is not decoded."""


class StreamOptions(TypedDict, total=False):
    """A request of which the answer is read piece by piece; see `HttpOptions`."""

    method: str
    """GET if absent, or POST where something is sent."""
    headers: dict[str, str | list[str]]
    """The headers to send."""
    query: Anything
    """Fields to add to the query of the URL."""
    body: str | BlobHandle
    """A text or a blob to send as it is."""
    json: Any
    """A value to send as JSON."""
    form: Anything
    """Fields to send as a form."""
    timeout: Seconds
    """Seconds that the whole answer may take; if absent, only 60 seconds of silence end it."""
    redirect: Literal["follow", "manual", "error"]
    """What to do when the server redirects."""


class HttpResponse(TypedDict):
    """An answer. What is text has a `text`, JSON is decoded too, and all else is a `blob`."""

    status: int
    """Such as 200."""
    ok: bool
    """Whether the status is from 200 to 299."""
    url: str
    """Where the answer came from, after all redirects."""
    redirected: bool
    """Whether a redirect was followed."""
    headers: dict[str, str]
    """The headers, names in small letters; several of one name are joined with `, `, cookies with a line feed."""
    text: NotRequired[str]
    """The body as text."""
    json: NotRequired[Any]
    """The value of the body, where it is JSON."""
    blob: NotRequired[BlobHandle]
    """The body, where it is no text."""


class ServerEvent(TypedDict):
    """One server-sent event."""

    event: str
    """Its type; `message` where the server names none."""
    data: str
    """Its data; several lines are joined with line feeds."""


def request_for(url: str, options: HttpOptions, method: str, blobs: Blobs) -> WebRequest:
    """The request that a script means; `method` is the one that its method's name says. Raises `LlmspellError`."""
    body, mime = _body_of(options, blobs)
    given = options.get("method")
    if method and given is not None and given.upper() != method:
        raise InvalidValueError(f"its method is {method}, not {given[:20]!r}", hint="http.fetch takes any method")
    headers = headers_of.checked(options.get("headers") or {})
    if mime:
        headers = headers_of.with_defaults(headers, {"content-type": mime})
    return WebRequest(
        target=target_of(url).with_query(options.get("query") or {}),
        method=headers_of.method_of(method or given or ("GET" if body is None else "POST")),
        headers=headers,
        body=body,
        redirect=options.get("redirect") or "follow",
        timeout=options.get("timeout", TIMEOUT),
        max_size=options.get("max_size") or MAX_SIZE,
    )


def json_of(text: str) -> tuple[Any] | None:
    """The value of a JSON text; None for what is no JSON, or holds what cannot cross the border."""
    try:
        return (read_json(text),)
    except LlmspellError:
        return None


def read_json(text: str) -> Any:
    """The value of a JSON text. Raises `InvalidValueError` that says what the text is instead."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidValueError("something else than JSON") from None
    try:
        return values.check(found, "the value")
    except LlmspellError as error:
        raise InvalidValueError(f"JSON that a spell cannot hold: {error.message}") from None


def _body_of(options: HttpOptions, blobs: Blobs) -> tuple[bytes | None, str | None]:
    given = [name for name in ("body", "json", "form") if options.get(name) is not None]
    if len(given) > 1:
        raise InvalidValueError(f"{given[0]} and {given[1]} cannot be sent both", hint="one of body, json and form")
    if "json" in given:
        return json.dumps(options["json"], ensure_ascii=False, separators=(",", ":")).encode(), "application/json"
    if "form" in given:
        return urlencode(pairs(options["form"])).encode(), "application/x-www-form-urlencoded"
    body = options.get("body")
    if body is None:
        return None, None
    if isinstance(body, str):
        return body.encode(), "text/plain;charset=UTF-8"
    blob = blobs.get(body)
    return blob.data, blob.mime
