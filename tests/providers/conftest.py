"""Fixtures for the tests of providers."""

from __future__ import annotations

import sys

import pytest


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
