"""The services that are known by name, as data. Any compatible server can be added in `llmspell.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Row(NamedTuple):
    """A service: where it is, how it is spoken to, and which variable holds its key."""

    name: str
    base_url: str
    key_env: str | None = None
    """The environment variable with the key; None for a server that wants none."""
    key_required: bool = False
    default_model: str | None = None
    headers: Mapping[str, str] = MappingProxyType({})
    wire: str = "openai-chat"
    """The format it speaks."""
    dialect: Mapping[str, Any] = MappingProxyType({})
    """What it does differently: fields of the format's `Dialect`."""
    timeout: float | None = None
    """Seconds for a whole answer, when a request does not say; None waits as long as bytes keep coming."""
    prices: str | None = None
    """The service's name in the list of prices; None when what it costs is not known."""


OPENAI = Row(
    name="openai",
    base_url="https://api.openai.com/v1",
    key_env="OPENAI_API_KEY",
    key_required=True,
    default_model="gpt-5-mini",
    dialect=MappingProxyType({"max_tokens": "max_completion_tokens"}),
    prices="openai",
)

ROWS = {row.name: row for row in (OPENAI,)}
