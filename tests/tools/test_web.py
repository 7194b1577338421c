"""`fetch_page`, `http_request` and `web_search`, on a server of this machine."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest

from llmspell.agents.context import ToolContext
from llmspell.config_tools import ToolsConfig, WebSearchConfig
from llmspell.errors import LlmspellError
from llmspell.permissions import NetRule, Permissions
from llmspell.providers.guarded import GuardedConnections
from llmspell.tools import Home, builtin
from llmspell.tools.web_search import SERVICES
from tests.tools.calling import call, refused

ARTICLE = "<html><head><title>Tides</title></head><body><nav>Menu</nav><article><h1>Tides</h1>" + (
    "<p>The tide comes at six. It goes at noon, and people walk on the sand.</p>" * 5 + "</article></body></html>"
)
KEY = "planted-key-123"


class Server:
    """Remembers requests, and answers with what is in `answers` for the path, or a text."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                size = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(size).decode()
                outer.requests.append(
                    {"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body}
                )
                answer = outer.answers.get(self.path.partition("?")[0], (200, "text/plain", b"hello"))
                self.send_response(answer[0])
                self.send_header("location" if answer[0] == 302 else "content-type", answer[1])
                self.send_header("content-length", str(len(answer[2])))
                self.end_headers()
                self.wfile.write(answer[2])

            do_GET = do_POST = do_DELETE = answer  # noqa: N815  # the names are http.server's

            def log_message(self, *_: object) -> None: ...

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.http.shutdown()
    server.http.server_close()
    thread.join()


@pytest.fixture
def server(running: Server) -> Server:
    running.requests.clear()
    running.answers.clear()
    return running


@pytest.fixture
def allowed() -> Permissions:
    return Permissions(net=(NetRule("127.0.0.1"),))


class TestPage:
    def test_what_it_says(self, server: Server, allowed: Permissions) -> None:
        server.answers["/a"] = (200, "text/html", ARTICLE.encode())
        page = call("fetch_page", allowed, url=f"{server.url}/a")
        assert page["title"] == "Tides"
        assert "The tide comes at six." in page["text"]
        assert "Menu" not in page["text"]

    def test_in_pieces(self, server: Server, allowed: Permissions) -> None:
        server.answers["/a"] = (200, "text/plain", b"0123456789")
        first = call("fetch_page", allowed, url=f"{server.url}/a", max_characters=6)
        assert (first["text"], first["next_start"]) == ("012345", 6)
        rest = call("fetch_page", allowed, url=f"{server.url}/a", max_characters=6, start=first["next_start"])
        assert rest["text"] == "6789"
        assert "next_start" not in rest

    @pytest.mark.parametrize(
        ("url", "kind"),
        [("http://127.0.0.2/", "permission"), ("file:///etc/passwd", "value"), ("nonsense", "value"), ("", "value")],
    )
    def test_what_is_refused(self, allowed: Permissions, url: str, kind: str) -> None:
        assert refused("fetch_page", allowed, url=url).kind == kind

    def test_a_redirect_is_asked_for_too(self, server: Server, allowed: Permissions) -> None:
        server.answers["/r"] = (302, "http://127.0.0.2:1/", b"")
        assert refused("fetch_page", allowed, url=f"{server.url}/r").kind == "permission"

    def test_without_permission(self, server: Server) -> None:
        error = refused("fetch_page", url=f"{server.url}/a")
        assert error.kind == "permission"
        assert "--allow-net=127.0.0.1" in (error.hint or "")
        assert server.requests == []


class TestRequest:
    def test_json_goes_and_comes(self, server: Server, allowed: Permissions) -> None:
        server.answers["/items"] = (201, "application/json", b'{"id": 7}')
        answer = call(
            "http_request",
            allowed,
            url=f"{server.url}/items",
            json={"name": "lamp"},
            query={"dry": True},
            headers={"x-own": "1"},
        )
        assert (answer["status"], answer["ok"], answer["json"]) == (201, True, {"id": 7})
        (request,) = server.requests
        assert (request["method"], request["path"], request["body"]) == (
            "POST",
            "/items?dry=true",
            '{"name": "lamp"}',
        )
        assert request["headers"]["x-own"] == "1"
        assert request["headers"]["content-type"] == "application/json"

    def test_a_status_is_no_failure(self, server: Server, allowed: Permissions) -> None:
        server.answers["/no"] = (404, "text/plain", b"not here")
        answer = call("http_request", allowed, url=f"{server.url}/no")
        assert (answer["status"], answer["ok"], answer["text"]) == (404, False, "not here")

    def test_long_and_binary_answers(self, server: Server, allowed: Permissions) -> None:
        server.answers["/long"] = (200, "text/plain", b"x" * 100_000)
        answer = call("http_request", allowed, url=f"{server.url}/long")
        assert (len(answer["text"]), answer["cut"]) == (40_000, True)
        server.answers["/bytes"] = (200, "image/png", b"\x89PNG")
        assert call("http_request", allowed, url=f"{server.url}/bytes")["bytes"] == 4

    def test_methods_are_granted_one_by_one(self, server: Server) -> None:
        reading = Permissions(net=(NetRule("127.0.0.1", methods=("GET",)),))
        assert call("http_request", reading, url=server.url)["text"] == "hello"
        assert refused("http_request", reading, url=server.url, method="DELETE").kind == "permission"

    @pytest.mark.parametrize(
        "args",
        [
            {"body": "a", "json": 1},
            {"method": "TRACE"},
            {"headers": {"host": "evil.example.com"}},
            {"headers": {"x": "a\r\nb: c"}},
            {"timeout": 10_000},
        ],
    )
    def test_what_is_refused(self, server: Server, allowed: Permissions, args: dict[str, Any]) -> None:
        assert refused("http_request", allowed, url=server.url, **args).kind == "value"
        assert server.requests == []


def search(settings: WebSearchConfig, environ: dict[str, str], transport: Any = None, **args: Any) -> Any:
    """What a search comes to for a run without any permissions."""

    async def wait() -> Any:
        connections = GuardedConnections(transport)
        home = Home(settings=ToolsConfig(web_search=settings), connect=lambda: connections, environ=environ)
        try:
            return await builtin("web_search", home=home).call(args, ToolContext(permissions=Permissions()))
        finally:
            await connections.aclose()

    return asyncio.run(wait())


def failed(settings: WebSearchConfig, environ: dict[str, str], transport: Any = None, **args: Any) -> LlmspellError:
    with pytest.raises(LlmspellError) as caught:
        search(settings, environ, transport, **args)
    return caught.value


RECORDED: dict[str, tuple[str, dict[str, Any]]] = {
    "brave": (
        "GET https://api.search.brave.com/res/v1/web/search?q=tides&count=2&text_decorations=false",
        {"web": {"results": [{"title": "T", "url": "https://a.example/", "description": "D", "page_age": "2025"}]}},
    ),
    "tavily": (
        "POST https://api.tavily.com/search",
        {"results": [{"title": "T", "url": "https://a.example/", "content": "D", "published_date": "2025"}]},
    ),
    "serper": (
        "POST https://google.serper.dev/search",
        {"organic": [{"title": "T", "link": "https://a.example/", "snippet": "D", "date": "2025"}]},
    ),
    "exa": (
        "POST https://api.exa.ai/search",
        {"results": [{"title": "T", "url": "https://a.example/", "text": "D", "publishedDate": "2025"}]},
    ),
    "searxng": (
        "GET https://search.example/search?q=tides&format=json",
        {"results": [{"title": "T", "url": "https://a.example/", "content": "D", "publishedDate": "2025"}]},
    ),
}


class TestSearch:
    @pytest.mark.parametrize("name", SERVICES)
    def test_every_service(self, name: str) -> None:
        asked, answer = RECORDED[name]
        seen: list[httpx2.Request] = []

        async def serve(request: httpx2.Request) -> httpx2.Response:
            seen.append(request)
            return httpx2.Response(200, json=answer)

        settings = WebSearchConfig(provider=name, base_url="https://search.example" if name == "searxng" else None)
        variable = SERVICES[name].key_env
        environ = {variable: KEY} if variable else {}
        found = search(settings, environ, httpx2.MockTransport(serve), query="tides", count=2)
        result = {"title": "T", "url": "https://a.example/", "text": "D", "date": "2025"}
        assert found == {"query": "tides", "results": [result]}
        (request,) = seen
        assert f"{request.method} {request.url}" == asked
        assert not variable or request.headers[SERVICES[name].key_header] == SERVICES[name].key_prefix + KEY
        if request.method == "POST":
            assert "tides" in json.loads(request.content).values()

    def test_a_real_server(self, server: Server) -> None:
        many = [{"title": f"T{n}", "url": f"https://a.example/{n}", "content": "x" * 5000} for n in range(50)]
        odd = [None, {"title": 5}, {"url": ""}, {"title": "\ud800", "url": "https://b.example/"}]
        server.answers["/search"] = (200, "application/json", json.dumps({"results": odd + many}).encode())
        settings = WebSearchConfig(provider="searxng", base_url=f"{server.url}/")
        found = search(settings, {}, query="a b", count=4)["results"]
        assert [result["title"] for result in found] == ["?", "T0", "T1", "T2"]
        assert len(found[1]["text"]) == 1000
        assert server.requests[0]["path"] == "/search?q=a+b&format=json"

    @pytest.mark.parametrize(
        ("status", "kind"), [(401, "auth"), (403, "auth"), (429, "rate_limit"), (500, "provider"), (400, "provider")]
    )
    def test_what_a_service_refuses(self, server: Server, status: int, kind: str) -> None:
        server.answers["/search"] = (status, "text/plain", f"bad {KEY}".encode())
        settings = WebSearchConfig(provider="tavily", base_url=server.url)
        error = failed(settings, {"TAVILY_API_KEY": KEY}, query="a")
        assert error.kind == kind
        assert KEY not in str(error.to_data())

    @pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"results": 5}', b"[" * 100_000])
    def test_what_is_no_answer(self, server: Server, body: bytes) -> None:
        server.answers["/search"] = (200, "application/json", body)
        settings = WebSearchConfig(provider="searxng", base_url=server.url)
        assert failed(settings, {}, query="a").kind == "provider"

    def test_it_goes_nowhere_else(self, server: Server) -> None:
        server.answers["/search"] = (302, f"{server.url}/elsewhere", b"")
        settings = WebSearchConfig(provider="searxng", base_url=server.url)
        assert "redirects" in failed(settings, {}, query="a").message
        assert len(server.requests) == 1

    def test_nothing_is_configured(self) -> None:
        error = failed(WebSearchConfig(), {}, query="a")
        assert error.kind == "not_found"
        assert "[tools.web_search]" in (error.hint or "")

    @pytest.mark.parametrize(
        ("settings", "environ", "said"),
        [
            (WebSearchConfig(provider="brav"), {}, "no search service 'brav'"),
            (WebSearchConfig(provider="searxng"), {}, "no usual address"),
            (WebSearchConfig(provider="brave"), {}, "needs a key"),
            (WebSearchConfig(provider="brave", api_key_env="MINE"), {"BRAVE_API_KEY": KEY}, "needs a key"),
            (WebSearchConfig(provider="brave"), {"BRAVE_API_KEY": "a\nb"}, "no key has"),
        ],
    )
    def test_mistakes_of_the_settings(self, settings: WebSearchConfig, environ: dict[str, str], said: str) -> None:
        assert said in failed(settings, environ, query="a").message

    @pytest.mark.parametrize("args", [{"query": ""}, {"query": "x" * 401}, {"query": "a", "count": 0}])
    def test_mistakes_of_a_call(self, args: dict[str, Any]) -> None:
        assert failed(WebSearchConfig(provider="brave"), {"BRAVE_API_KEY": KEY}, **args).kind == "value"

    def test_settings_do_not_show_an_address(self) -> None:
        settings = WebSearchConfig(provider="searxng", base_url="http://user:secret@search.example")
        assert "secret" not in repr(ToolsConfig(web_search=settings))
