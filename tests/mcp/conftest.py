"""Servers to talk to: `sample.py`, made with the official SDK, and `rogue.py`, which does not do what it should."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from llmspell.config_mcp import McpServerConfig
from llmspell.mcp.server import Server
from llmspell.mcp.servers import Servers
from llmspell.providers.network import Network

FOLDER = Path(__file__).parent
Making = Callable[..., AbstractAsyncContextManager[Server]]


def config_of(script: str, *args: str, **options: Any) -> McpServerConfig:
    """A server that is a script of this folder."""
    return McpServerConfig(command=sys.executable, args=(str(FOLDER / script), *args), **options)


@asynccontextmanager
async def serving(**configs: McpServerConfig) -> AsyncIterator[Servers]:
    """Servers by name, ended at the end."""
    servers = Servers(configs, lambda _: Network())
    try:
        yield servers
    finally:
        await servers.aclose()


@asynccontextmanager
async def _one(script: str, *args: str, **options: Any) -> AsyncIterator[Server]:
    async with serving(it=config_of(script, *args, **options)) as servers:
        yield servers.get("it")


@pytest.fixture
def server() -> Making:
    """Makes a server of a script, for `async with`."""
    return _one
