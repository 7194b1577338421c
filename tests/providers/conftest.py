"""Fixtures for the tests of providers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests import llama_server, tiny
from tests.providers import llama


@pytest.fixture(params=["httpx2", "aiohttp"])
def connections(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whose connections the transport uses: the test runs once with each."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    if request.param == "aiohttp":
        pytest.importorskip("aiohttp", reason="the extra `fast` is not installed")
    else:
        monkeypatch.setitem(sys.modules, "llmspell.providers.fast", None)
    return str(request.param)


@pytest.fixture(scope="module")  # others count the processes that are left
def talker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of llama.cpp's own server, with a model that says something."""
    yield from _served(tmp_path_factory, "talker", context=1024)


@pytest.fixture(scope="module")  # others count the processes that are left
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """As `talker`, with a model that calls a tool."""
    yield from _served(tmp_path_factory, "caller", llama.CALL, template=tiny.HERMES, context=1024)


def _served(folders: pytest.TempPathFactory, name: str, *options: Any, **more: Any) -> Iterator[str]:
    pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")
    process, address = llama_server.serve(tiny.write(folders.mktemp("llama") / f"{name}.gguf", *options, **more))
    yield address
    llama_server.stop(process)
