"""How the tests call a built-in tool."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from llmspell.agents.context import ToolContext
from llmspell.errors import LlmspellError
from llmspell.permissions import Permissions
from llmspell.tools import builtin


def call(name: str, permissions: Permissions | None = None, /, **args: Any) -> Any:
    """What a tool gives to a caller with these permissions, by default none."""
    return asyncio.run(builtin(name).call(args, ToolContext(permissions=permissions or Permissions())))


def refused(name: str, permissions: Permissions | None = None, /, **args: Any) -> LlmspellError:
    """The error of a call that must fail."""
    with pytest.raises(LlmspellError) as caught:
        call(name, permissions, **args)
    return caught.value
