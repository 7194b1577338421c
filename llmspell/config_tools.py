"""Settings of the built-in tools: `[tools]` in `llmspell.toml`.

[tools]
packages = ["acme_lookup"]        # tools of installed packages that spells are offered

[tools.web_search]
provider = "brave"                # tavily, serper, exa, searxng; see `llmspell.tools.web_search`
api_key_env = "MY_BRAVE_KEY"      # BRAVE_API_KEY if absent
base_url = "https://search.example.com"
"""

from __future__ import annotations

from typing import Any, NamedTuple


class WebSearchConfig(NamedTuple):
    """The service that `web_search` asks, from `[tools.web_search]`."""

    provider: str | None = None
    api_key_env: str | None = None
    """The variable that holds the key; by default that of the service."""
    base_url: str | None = None
    """Where the service is, if not at its usual address."""
    timeout: float = 30.0
    """Seconds for a search."""

    def __repr__(self) -> str:
        return f"WebSearchConfig(provider={self.provider!r}, api_key_env={self.api_key_env!r})"


class ToolsConfig(NamedTuple):
    """The settings of all tools, from `[tools]`."""

    packages: tuple[str, ...] = ()
    """Tools of installed packages that spells are offered, by name."""
    web_search: WebSearchConfig = WebSearchConfig()


def tools_config(table: dict[str, Any]) -> ToolsConfig:
    """The settings that stand in a checked table."""
    search = WebSearchConfig(**table.pop("web_search", {}))
    return ToolsConfig(web_search=search, **table)
