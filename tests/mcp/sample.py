"""A server made with the official SDK, with some of everything. Run as a program it speaks over stdio, or over HTTP
with `--http`: then it prints the port that it listens on."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from typing import Any

from mcp.server.mcpserver import Context, Image, MCPServer
from pydantic import BaseModel

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
server = MCPServer("sample", instructions="Be kind to it.")


class Weather(BaseModel):
    city: str
    degrees: float


@server.tool()
def add(a: float, b: float) -> float:
    """Add two numbers."""
    return a + b


@server.tool(structured_output=False)
def greet(name: str = "you") -> str:
    """Say hello."""
    return f"hello {name}"


@server.tool()
def weather(city: str) -> Weather:
    """The weather in a city."""
    return Weather(city=city, degrees=21.5)


@server.tool(structured_output=False)
def picture(caption: str) -> list[Any]:
    """A picture with a caption."""
    return [caption, Image(data=PIXEL, format="png")]


@server.tool(name="strange-name.v2", structured_output=False)
def strange() -> str:
    """A name that no script could write."""
    return "strange"


@server.tool()
def fail(why: str) -> str:
    """Fail."""
    raise RuntimeError(why)


@server.tool()
async def wait(seconds: float) -> str:
    """Wait for a while."""
    await asyncio.sleep(seconds)
    return "waited"


@server.tool(structured_output=False)
async def steps(count: int, context: Context) -> str:
    """Tell of each step."""
    for step in range(count):
        await context.report_progress(step, count)
    return f"{count} steps"


@server.tool(structured_output=False)
def variables() -> str:
    """The names of the variables of the server."""
    return ",".join(sorted(os.environ))


@server.tool()
def die(code: int) -> str:
    """End the server."""
    sys.stderr.write("it was too much\n")
    sys.stderr.flush()
    os._exit(code)


@server.tool()
def process() -> int:
    """The number of the server's process."""
    return os.getpid()


@server.resource("note://first", mime_type="text/plain")
def first() -> str:
    """The first note."""
    return "remember the milk"


@server.resource("note://pixel", mime_type="image/png")
def pixel() -> bytes:
    """A picture."""
    return PIXEL


@server.resource("note://by/{name}")
def by(name: str) -> str:
    """The note of somebody."""
    return f"a note by {name}"


@server.prompt()
def review(code: str) -> str:
    """Ask for a review."""
    return f"Please review: {code}"


if __name__ == "__main__":
    if "--http" in sys.argv:
        server.run("streamable-http", port=int(sys.argv[sys.argv.index("--http") + 1]))
    else:
        server.run()
