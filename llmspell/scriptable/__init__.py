"""The bridge objects: what scripts of every language see of the runtime."""

from __future__ import annotations

from typing import Any


def describe() -> dict[str, Any]:
    """All that scripts may call, as a plain object; see `llmspell.scriptable.description`."""
    from llmspell.scriptable.description import describe  # runs need only the methods that they call

    return describe()
