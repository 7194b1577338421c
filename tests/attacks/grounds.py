"""What surrounds a host that grants something: files with secrets beside those that are granted, names that change
their address, and servers that must not be reached. The path of the folder is a secret too.
"""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SECRET = "hunter2"  # noqa: S105  # planted, to be looked for
PUBLIC, INTRANET = "127.0.0.1", "127.0.0.2"
"""Where the server is that spells are granted, and one that they are not."""
NAMES = {"a.test": [PUBLIC], "intranet.test": [INTRANET], "both.test": [INTRANET, PUBLIC]}
"""Who is where. `rebind.test` is at the first address once, and then at the other one."""


@contextmanager
def grounds() -> Iterator[dict[str, Any]]:
    """Make it all, and work there; gives what the spell is told."""
    with tempfile.TemporaryDirectory(prefix=f"{SECRET}-") as folder:
        os.chdir(folder)
        _files(Path(folder))
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
