"""`fetch_page` and `http_request`: the web, as far as the permissions of the run reach."""

from __future__ import annotations

import json
from typing import Any

from llmspell import values
from llmspell.errors import InvalidValueError, LlmspellError
from llmspell.tools.base import MAX_TEXT, Reach, Spec, check_length, cut, within

_PAGE = 20_000
_MAX_BODY = 4_000_000
_SECONDS = 30.0
_SHOWN = ("content-type", "date", "etag", "last-modified", "link", "location", "retry-after")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


async def _page(args: dict[str, Any], reach: Reach) -> dict[str, Any]:
    from llmspell.system.pages import fetch_page  # loads the web

    start, most = args.get("start", 0), args.get("max_characters", _PAGE)
    within("start", start, 0, 1e9)
    within("max_characters", most, 1, MAX_TEXT)
    async with reach.web() as web:
        article = await fetch_page(web, args["url"], seconds=_SECONDS, links=args.get("links", False))
    text, more = cut(article.text[start:], most)
    facts = {"title": article.title, "author": article.author, "date": article.date, "site": article.site}
    told = {name: fact for name, fact in facts.items() if fact}
    end = {"next_start": start + most} if more else {}
    return {"url": args["url"], **told, "text": text, **end}


async def _request(args: dict[str, Any], reach: Reach) -> dict[str, Any]:
    async with reach.web() as web, web.open(request_of(args)) as answer:
        body = await answer.read()
    from llmspell.system.bodies import is_json, is_text, text_of  # the web has loaded it

    told = {
        "status": answer.status,
        "ok": answer.ok,
        "url": answer.target.url,
        "headers": {name: answer.headers[name][:500] for name in _SHOWN if name in answer.headers},
    }
    if not body:
        return told
    if not is_text(answer.mime, body):
        return told | {"bytes": len(body)}
    text, more = cut(text_of(answer.headers, body))
    if is_json(answer.mime) and not more and (found := _json(text)) is not None:
        return told | {"json": found[0]}
    return told | {"text": text} | ({"cut": True} if more else {})


def request_of(args: dict[str, Any]) -> Any:
    """The request that the arguments describe. Raises `InvalidValueError`."""
    from llmspell.system import headers as headers_of  # loads the web
    from llmspell.system.urls import target_of
    from llmspell.system.web import WebRequest

    seconds = args.get("timeout", _SECONDS)
    within("timeout", seconds, 0.1, 300)
    body, mime = _body(args)
    headers = headers_of.checked(args.get("headers") or {})
    return WebRequest(
        target=target_of(args["url"]).with_query(args.get("query") or {}),
        method=headers_of.method_of(args.get("method") or ("GET" if body is None else "POST")),
        headers=headers_of.with_defaults(headers, {"content-type": mime}) if mime else headers,
        body=body,
        timeout=seconds,
        max_size=_MAX_BODY,
    )


def _body(args: dict[str, Any]) -> tuple[bytes | None, str]:
    if args.get("body") is not None and "json" in args:
        raise InvalidValueError("body and json cannot be sent both", hint="give one of them")
    if "json" in args:
        return json.dumps(args["json"], ensure_ascii=False).encode(), "application/json"
    if args.get("body") is None:
        return None, ""
    check_length("body", args["body"], _MAX_BODY)
    return args["body"].encode(), "text/plain;charset=UTF-8"


def _json(text: str) -> tuple[Any] | None:
    """The value of a JSON text; None for what is no JSON."""
    try:
        return (values.check(json.loads(text), "the JSON"),)
    except (ValueError, RecursionError, LlmspellError):
        return None


FETCH_PAGE = Spec(
    name="fetch_page",
    description=(
        "Fetch a page of the web and give what it says as Markdown, without menus and advertisements. A long page "
        'comes in pieces: `next_start` is the `start` of the next one. Example: {"url": "https://example.com/article"}'
    ),
    parameters={
        "url": "string: The address, with https:// at its beginning.",
        "links": "boolean?: true to keep the addresses of links.",
        "start": "integer?: Where to begin, in characters; 0 if absent.",
        "max_characters": f"integer?: The length of the piece; {_PAGE} if absent.",
    },
    work=_page,
    needs=("net",),
    example="-p url=https://example.com/ --allow-net=example.com",
)
HTTP_REQUEST = Spec(
    name="http_request",
    description=(
        "Send an HTTP request to an API and give the status and the answer. To read a web page use fetch_page. "
        'Example: {"url": "https://api.example.com/items", "method": "POST", "json": {"name": "lamp"}}'
    ),
    parameters={
        "url": "string: The address, with https:// at its beginning.",
        "method?": {"type": "string", "enum": list(_METHODS), "description": "GET if absent, POST with a body."},
        "query": "object?: Fields to add to the query of the address.",
        "headers?": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Headers to send.",
        },
        "json": "any?: A value to send as JSON.",
        "body": "string?: A text to send.",
        "timeout": f"number?: Seconds that it may take; {_SECONDS:g} if absent.",
    },
    work=_request,
    needs=("net",),
    timeout=320,
    example="-p url=https://api.example.com/items --allow-net=api.example.com",
)
