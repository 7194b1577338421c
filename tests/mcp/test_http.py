"""Our client over HTTP: servers of the configuration, and those that a spell names, within its permissions."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import httpx2
import pytest

from llmspell.agents.context import ToolContext
from llmspell.config_mcp import McpServerConfig
from llmspell.errors import InvalidValueError, LlmspellError, PermissionDeniedError
from llmspell.mcp.opening import address_of_spell
from llmspell.mcp.server import Server
from llmspell.permissions import NetRule, Permissions
from llmspell.providers.guarded import GuardedConnections
from tests.mcp.conftest import FOLDER, serving


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of the sample server."""
    port = free_port()
    command = [sys.executable, str(FOLDER / "sample.py"), "--http", str(port)]
    program = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            if program.poll() is None and _listens(port):
                break
            threading.Event().wait(0.05)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        program.kill()
        program.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def add(server: Server) -> Any:
    return await (await server.tool("add")).call({"a": 1, "b": 2}, ToolContext())


def test_a_server_of_the_configuration(url: str, monkeypatch):
    monkeypatch.setenv("WHERE", url.rpartition("/")[0])

    async def go():
        async with serving(it=McpServerConfig(url="{WHERE}/mcp", headers={"X-Trace": "1"})) as servers:
            assert await add(servers.get("it")) == {"result": 3}
            assert [note.uri for note in await servers.get("it").resources()] == ["note://first", "note://pixel"]

    asyncio.run(go())


def spells_server(url: str, *rules: NetRule, connections: GuardedConnections | None = None, **headers: str) -> Server:
    return address_of_spell(connections or GuardedConnections(), Permissions(net=rules), url, headers, 20)


def test_a_server_that_a_spell_may_talk_to(url: str):
    async def go():
        connections = GuardedConnections()
        server = spells_server(url, NetRule("127.0.0.1"), connections=connections)
        assert await add(server) == {"result": 3}
        await server.aclose()
        assert await add(server) == {"result": 3}
        await server.aclose()
        await connections.aclose()

    asyncio.run(go())


@pytest.mark.parametrize("rules", [(), (NetRule("*"),), (NetRule("127.0.0.1", methods=("GET",)),)])
def test_a_server_that_a_spell_may_not_talk_to(url: str, rules):
    with pytest.raises(PermissionDeniedError, match="may not send POST to 127"):
        spells_server(url, *rules)


def test_a_name_that_leads_to_a_private_address(url: str):
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def go():
        connections = GuardedConnections(resolve=resolve)
        port = url.rpartition(":")[2]
        server = spells_server(f"http://mcp.example.com:{port}", NetRule("mcp.example.com"), connections=connections)
        with pytest.raises(PermissionDeniedError, match=r"mcp\.example\.com: it has no public address"):
            await server.tools()
        await connections.aclose()

    asyncio.run(go())


def test_headers_and_addresses_of_spells_are_checked():
    with pytest.raises(InvalidValueError, match="Host cannot be set"):
        spells_server("http://127.0.0.1:9/", NetRule("127.0.0.1"), Host="x")
    with pytest.raises(InvalidValueError, match="user name"):
        spells_server("http://a:b@127.0.0.1:9/", NetRule("127.0.0.1"))


def test_nobody_listens():
    async def go():
        async with serving(it=McpServerConfig(url=f"http://127.0.0.1:{free_port()}/mcp")) as servers:
            with pytest.raises(LlmspellError, match=r"server it failed: .* cannot be reached") as caught:
                await servers.get("it").tools()
            assert (caught.value.kind, caught.value.retryable) == ("network", True)

    asyncio.run(go())


class Odd(BaseHTTPRequestHandler):
    """Answers every request as its path says."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        how = self.path.strip("/")
        status = {"locked": 401, "broken": 500, "moved": 307}.get(how, 200)
        body = {"big": b" " * (1 << 20), "page": b"<html>"}.get(how, b"{")
        self.send_response(status)
        self.send_header("content-type", "text/html" if how == "page" else "application/json")
        if how == "moved":
            self.send_header("location", "http://169.254.169.254/latest")
        if how == "packed":
            self.send_header("content-encoding", "gzip")
        count = 80 if how == "big" else 1
        self.send_header("content-length", str(len(body) * count))
        self.end_headers()
        for _ in range(count):
            try:
                self.wfile.write(body)
            except OSError:
                return

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def odd() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("guarded", [False, True])
@pytest.mark.parametrize(
    ("how", "kind", "message"),
    [
        ("locked", "auth", "answered with the status 401"),
        ("broken", "provider", "answered with the status 500"),
        ("moved", "provider", "not followed"),
        ("packed", "provider", "a compressed answer, although none was asked for"),
        ("big", "provider", "more than 64 MiB in one answer"),
        ("page", "provider", "Unexpected content type"),
        ("rubbish", "provider", "Failed to parse JSON"),
    ],
)
def test_what_it_does_is_an_error_of_the_call(odd: str, how, kind, message, guarded):
    async def go():
        connections = GuardedConnections()
        async with serving(it=McpServerConfig(url=f"{odd}/{how}", timeout=20)) as servers:
            server = servers.get("it")
            if guarded:
                server = spells_server(f"{odd}/{how}", NetRule("127.0.0.1"), connections=connections)
            with pytest.raises(LlmspellError) as caught:
                await server.tools()
            assert (caught.value.kind, message in caught.value.message) == (kind, True), caught.value.message
            await server.aclose()
        await connections.aclose()

    asyncio.run(go())


def test_the_transport_of_the_host_is_used():
    asked: list[str] = []

    def serve(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(404)

    async def go():
        connections = GuardedConnections(httpx2.MockTransport(serve))
        server = spells_server("https://mcp.example.com/", NetRule("mcp.example.com"), connections=connections)
        with pytest.raises(LlmspellError):
            await server.tools()
        assert set(asked) == {"https://mcp.example.com/"}

    asyncio.run(go())


class Forgetful(BaseHTTPRequestHandler):
    """A server of the older protocol that forgets its sessions when its `sessions` are changed."""

    sessions: ClassVar[list[str]] = []
    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["content-length"])))
        method, id_ = told["method"], told.get("id")
        self.asked.append(method)
        if method == "initialize":
            self.sessions.append(f"s{len(self.sessions)}")
            can = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}}
            self._answer({"result": can | {"serverInfo": {"name": "f", "version": "1"}}}, id_)
        elif method == "server/discover":
            self._answer({"error": {"code": -32601, "message": "unheard of"}}, id_)
        elif self.headers["mcp-session-id"] != self.sessions[-1]:
            self._answer(None, id_, 404)
        elif method == "tools/list":
            self._answer({"result": {"tools": [{"name": "act", "inputSchema": {"type": "object"}}]}}, id_)
        elif id_ is not None:
            self._answer({"result": {"content": [{"type": "text", "text": self.sessions[-1]}]}}, id_)
        else:
            self._answer(None, id_, 202)

    def do_GET(self) -> None:
        self._answer(None, None, 405)

    def do_DELETE(self) -> None:
        self._answer(None, None, 405)

    def _answer(self, body: dict[str, Any] | None, id_: Any, status: int = 200) -> None:
        written = b"" if body is None else json.dumps({"jsonrpc": "2.0", "id": id_, **body}).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(written)))
        if self.sessions:
            self.send_header("mcp-session-id", self.sessions[-1])
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, *_: Any) -> None:
        pass


def test_a_session_that_is_over_is_begun_anew():
    async def go(port: int):
        async with serving(it=McpServerConfig(url=f"http://127.0.0.1:{port}/", timeout=20)) as servers:
            tool = await servers.get("it").tool("act")
            assert await tool.call({}, ToolContext()) == "s0"
            Forgetful.sessions.append("nobody's")
            assert await tool.call({}, ToolContext()) == "s2"
            assert Forgetful.asked.count("initialize") == 2

    with ThreadingHTTPServer(("127.0.0.1", 0), Forgetful) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            asyncio.run(go(server.server_port))
        finally:
            server.shutdown()
            thread.join()
