"""`http`: the web for scripts."""

from __future__ import annotations

import codecs
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, cast

from llmspell import values
from llmspell.errors import InvalidValueError, LlmspellError
from llmspell.scriptable.context import RunContext
from llmspell.scriptable.web_records import (
    HttpOptions,
    HttpResponse,
    ServerEvent,
    StreamOptions,
    json_of,
    read_json,
    request_for,
)
from llmspell.system.bodies import charset_of, is_json, is_text, text_of
from llmspell.system.web import Web, WebAnswer, WebRequest

_LONGEST_LINE = 1024 * 1024


class ScriptableHttp:
    """The web. Each host must be allowed: `--allow-net=api.example.com`, or `net` under `[permissions]`.

    Redirects are followed, each of them must be allowed too, and secrets are not passed on to another host. Every
    method fails with `permission`, `value` and `type` for what was asked, and with `network`, `timeout` or `provider`
    for how it went. A status such as 404 is no failure where there is a `status` to look at.
    """

    def __init__(self, context: RunContext) -> None:
        self._context = context

    async def fetch(self, url: str, options: HttpOptions | None = None) -> HttpResponse:
        """The answer to a request, by default a GET."""
        return await self._fetch("fetch", url, options)

    async def get(self, url: str, options: HttpOptions | None = None) -> HttpResponse:
        """The answer to a GET."""
        return await self._fetch("get", url, options, "GET")

    async def head(self, url: str, options: HttpOptions | None = None) -> HttpResponse:
        """The status and headers that a GET would have."""
        return await self._fetch("head", url, options, "HEAD")

    async def post(self, url: str, options: HttpOptions | None = None) -> HttpResponse:
        """The answer to a POST; `json`, `form` or `body` in the options is what is sent."""
        return await self._fetch("post", url, options, "POST")

    async def put(self, url: str, options: HttpOptions | None = None) -> HttpResponse:
        """The answer to a PUT."""
        return await self._fetch("put", url, options, "PUT")

    async def patch(self, url: str, options: HttpOptions | None = None) -> HttpResponse:
        """The answer to a PATCH."""
        return await self._fetch("patch", url, options, "PATCH")

    async def delete(self, url: str, options: HttpOptions | None = None) -> HttpResponse:
        """The answer to a DELETE."""
        return await self._fetch("delete", url, options, "DELETE")

    async def stream(self, url: str, options: StreamOptions | None = None) -> AsyncIterator[str]:
        """The text of an answer as it comes, piece by piece. Leaving the loop early closes the connection.

        Fails with `provider` for a status that is none of success.
        """
        async with self._open("stream", url, options) as answer:
            async for text in _texts(answer):
                yield text

    async def lines(self, url: str, options: StreamOptions | None = None) -> AsyncIterator[str]:
        """The lines of an answer as they come, without their ends; fails and ends as `stream` does."""
        async with self._open("lines", url, options) as answer:
            lines = _Lines()
            async for text in _texts(answer):
                for line in lines.feed(text):
                    yield line
            for line in lines.end():
                yield line

    async def events(self, url: str, options: StreamOptions | None = None) -> AsyncIterator[ServerEvent]:
        """The server-sent events of an answer as they come; fails and ends as `stream` does."""
        from llmspell.providers.wire.sse import Decoder  # only for events

        async with self._open("events", url, options, accept="text/event-stream") as answer:
            decoder = Decoder()
            async for piece in answer.pieces():
                for event in decoder.feed(piece):
                    yield _event(event.name, event.data)
            for event in decoder.end():
                yield _event(event.name, event.data)

    async def _fetch(self, called: str, url: str, options: HttpOptions | None, method: str = "") -> HttpResponse:
        request = self._request(called, url, options, method)
        async with self._web().open(request) as answer:
            return self._response(called, answer, await self._read(answer), (options or {}).get("expect"))

    async def _read(self, answer: WebAnswer) -> bytes:
        """The whole body; what all calls of the run hold at once is bounded."""
        blobs, pieces, size = self._context.blobs, [], 0
        try:
            async for piece in answer.whole():
                blobs.hold(len(piece))
                size += len(piece)
                pieces.append(piece)
        finally:
            blobs.release(size)
        return b"".join(pieces)

    @asynccontextmanager
    async def _open(
        self, called: str, url: str, options: StreamOptions | None, accept: str | None = None
    ) -> AsyncIterator[WebAnswer]:
        request = self._request(
            called, url, cast(HttpOptions, {"timeout": None, "max_size": 1 << 40, **(options or {})})
        )
        if accept is not None:
            request.headers.append(("accept", accept))
        async with self._web().open(request) as answer:
            if not answer.ok:
                raise answer.failure()
            yield answer

    def _request(self, called: str, url: str, options: HttpOptions | None, method: str = "") -> WebRequest:
        try:
            return request_for(url, options or {}, method, self._context.blobs)
        except LlmspellError as error:
            raise type(error)(f"http.{called}: {error.message}", hint=error.hint) from None

    def _web(self) -> Web:
        return Web(self._context.connections, self._context.permissions)

    def _response(self, called: str, answer: WebAnswer, body: bytes, expect: str | None) -> HttpResponse:
        response: HttpResponse = {
            "status": answer.status,
            "ok": answer.ok,
            "url": answer.target.url,
            "redirected": answer.redirected,
            "headers": answer.headers,
        }
        mime = answer.mime
        if expect == "blob" or (expect in (None, "body") and body and not is_text(mime, body)):
            response["blob"] = cast(Any, self._context.blobs.add(body, mime or "application/octet-stream"))
            return response
        if len(body) > values.MAX_BYTES:
            raise InvalidValueError(
                f"http.{called}: the answer of {answer.target.authority} is too large for a text, which has at most "
                f"{values.MAX_BYTES >> 20} MiB",
                hint='take it with expect = "blob", or piece by piece with http.stream or http.lines',
            )
        text = text_of(answer.headers, body)
        response["text"] = text
        if expect == "json":
            try:
                response["json"] = read_json(text)
            except InvalidValueError as error:
                raise InvalidValueError(
                    f"http.{called}: {answer.target.authority} answered with {error.message}",
                    hint='look at `status`, and at `text` with expect = "text"',
                ) from None
        elif expect is None and is_json(mime) and (found := json_of(text)) is not None:
            response["json"] = found[0]
        return response


async def _texts(answer: WebAnswer) -> AsyncGenerator[str, None]:
    decoder = codecs.getincrementaldecoder(charset_of(answer.headers, b""))("replace")
    async for piece in answer.pieces():
        if text := decoder.decode(piece):
            yield text
    if text := decoder.decode(b"", final=True):
        yield text


def _event(name: str, data: bytes) -> ServerEvent:
    return {"event": name or "message", "data": data.decode(errors="replace")}


class _Lines:
    """Text in, lines out: what ends in a line feed, or in a carriage return and one."""

    def __init__(self) -> None:
        self._partial: list[str] = []
        self._size = 0

    def feed(self, text: str) -> Iterator[str]:
        *whole, rest = text.split("\n")
        for line in whole:
            yield "".join((*self._partial, line)).removesuffix("\r")
            self._partial, self._size = [], 0
        self._partial.append(rest)
        self._size += len(rest)
        if self._size > _LONGEST_LINE:
            raise InvalidValueError(
                f"http.lines: a line has more than {_LONGEST_LINE} characters", hint="use http.stream"
            )

    def end(self) -> Iterator[str]:
        if rest := "".join(self._partial):
            yield rest.removesuffix("\r")
