"""What surrounds a host that grants something: files with secrets beside those that are granted, names that change
their address, and servers that must not be reached. The path of the folder is a secret too.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmspell.config import Config

SECRET = "hunter2"  # noqa: S105  # planted, to be looked for
PUBLIC, INTRANET = "127.0.0.1", "127.0.0.2"
"""Where the server is that spells are granted, and one that they are not."""
CHILDREN = Path(__file__).parent / "children"
"""The spells that a hostile one may run."""
NAMES = {"a.test": [PUBLIC], "intranet.test": [INTRANET], "both.test": [INTRANET, PUBLIC]}
"""Who is where. `rebind.test` is at the first address once, and then at the other one."""


@contextmanager
def grounds() -> Iterator[dict[str, Any]]:
    """Make it all, and work there; gives what the spell is told."""
    with tempfile.TemporaryDirectory(prefix=f"{SECRET}-") as folder:
        os.chdir(folder)
        _files(Path(folder))
        _kept(Path(folder))
        _names()
        yield {"port": _servers()}


def _files(root: Path) -> None:
    (root / "secret.txt").write_text(f"{SECRET} beside what is granted")
    (root / "granted-not").mkdir()
    (root / "granted-not" / "secret.txt").write_text(f"{SECRET} in a folder of nearly the same name")
    granted = root / "granted"
    (granted / "below").mkdir(parents=True)
    (granted / "file.txt").write_text("fine\n")
    links = {
        "to_file": "../secret.txt",
        "to_file_absolute": root / "secret.txt",
        "to_parent": "..",
        "to_root": "/",
        "chain": "chain2",
        "chain2": "below/chain3",
        "below/chain3": "../../secret.txt",
        "broken": "../nowhere",
        "loop": "loop2",
        "loop2": "loop",
        "inside": "below/../file.txt",
        "swap.link": "..",
    }
    for name, target in links.items():
        (granted / name).symlink_to(target)
    (granted / "swap").mkdir()
    (granted / "swap" / "secret.txt").write_text("fine\n")
    os.link(granted / "file.txt", granted / "hard")
    os.mkfifo(granted / "fifo")
    for child in CHILDREN.iterdir():
        (granted / child.name).write_bytes(child.read_bytes())


def _kept(root: Path) -> None:
    """What another spell has kept in the file of states, and a database with a secret."""
    from llmspell.storage import database, state

    kept = database.Database(root / "state.sqlite3")
    other = str(root / "granted" / "other.lua")
    for shared in (None, "elsewhere"):
        state.Scope(kept, state.scope_name(other if shared is None else str(root / "other.lua"), shared)).set(
            "key", SECRET
        )
    kept.close()
    with closing(sqlite3.connect(root / "secret.db")) as secrets:
        secrets.execute("CREATE TABLE secrets AS SELECT ? AS secret", (SECRET,))
        secrets.commit()
    with closing(sqlite3.connect(root / "granted" / "fine.db")) as fine:
        fine.execute("CREATE TABLE items AS SELECT 'fine' AS name")
        fine.commit()


def settings(port: int) -> Config:
    """A configuration with a secret wherever one may stand: services and servers of tools."""
    from llmspell.config import Config, ProviderConfig
    from llmspell.config_mcp import McpConfig, McpServerConfig

    url = f"http://{PUBLIC}:{port}"
    keyed = ProviderConfig(
        base_url=f"{url}/v1",
        api_key_env="OPENAI_API_KEY",
        headers={"x-key": f"{SECRET}-in-a-header"},
        query={"key": f"{SECRET}-in-a-query"},
    )
    servers = {
        "program": McpServerConfig(command="no-such-server", args=(f"--token={SECRET}",), env={"TOKEN": SECRET}),
        "remote": McpServerConfig(url=f"{url}/mcp?key={SECRET}", headers={"Authorization": f"Bearer {SECRET}"}),
    }
    return Config(providers={"keyed": keyed}, mcp=McpConfig(servers=servers), cache_dir=Path("cache"))


@contextmanager
def swapping() -> Iterator[None]:
    """A folder becomes a link to its parent and a folder again, all the time."""
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for here, there in (("swap", "swap.folder"), ("swap.link", "swap"), ("swap", "swap.link")):
                os.rename(f"granted/{here}", f"granted/{there}")
            os.rename("granted/swap.folder", "granted/swap")

    thread = threading.Thread(target=swap)
    thread.start()
    yield
    stop.set()
    thread.join()


@contextmanager
def killing() -> Iterator[None]:
    """Every child of this process is killed when it has lived for a moment."""
    stop = threading.Event()

    def kill() -> None:
        while not stop.wait(0.3):
            for pid in Path("/proc/self/task", str(os.getpid()), "children").read_text().split():
                os.kill(int(pid), signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    yield
    stop.set()
    thread.join()


def _names() -> None:
    real, asked = socket.getaddrinfo, {"rebind.test": 0}

    def getaddrinfo(host: str, port: int, *args: Any, **options: Any) -> Any:
        if host in asked:
            asked[host] += 1
            found = [PUBLIC] if asked[host] == 1 else [INTRANET]
        elif host in NAMES:
            found = NAMES[host]
        else:
            return real(host, port, *args, flags=socket.AI_NUMERICHOST)  # an address in any spelling, never a look-up
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]  # this process is there for one attack


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        text = SECRET if self.server.server_address[0] == INTRANET else "public"
        to = "/loop" if self.path == "/loop" else self.path.removeprefix("/to/")
        self.send_response(302 if to != self.path or to == "/loop" else 200)
        self.send_header("location", to)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self) -> None:
        """Refuse the key, and say it: services do."""
        said = {name: self.headers.get(name) for name in ("authorization", "x-key")}
        text = json.dumps({"error": {"message": f"wrong key in {self.path} {said}"}})
        self.send_response(401)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        pass


def _servers() -> int:
    """The port of a public server, and of one with a secret at another address; they end with the process."""
    servers = [ThreadingHTTPServer((PUBLIC, 0), _Handler)]
    port = servers[0].server_address[1]
    servers.append(ThreadingHTTPServer((INTRANET, port), _Handler))
    for server in servers:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
    return port
