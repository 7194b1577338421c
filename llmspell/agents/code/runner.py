"""What code mode needs of whoever can run spells: a sandbox for one session of code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from llmspell.errors import LlmspellError
from llmspell.limits import Limits

if TYPE_CHECKING:
    from llmspell.agents.tools import BaseTool
    from llmspell.budget import Budget


class Session(Protocol):
    """A spell that waits for pieces of code."""

    async def drive(self) -> LlmspellError | None:
        """Run it to its end; gives what ended it, None if nothing failed. Cancelling ends it at once."""
        ...


class CodeRunner(Protocol):
    """Gives sessions in which a script can reach `tools` and nothing else: no models, files, network, or state."""

    def __call__(
        self,
        language: str,
        source: str,
        *,
        tools: Mapping[str, BaseTool],
        pieces: Mapping[str, str],
        limits: Limits,
        budget: Budget | None,
        seed: int,
        show: Callable[[str], None],
    ) -> Session:
        """A session that runs `source`.

        `pieces` are the sources that the script may load as chunks, by their names. `budget` is that of the agent.
        `seed` begins its randomness. `show` is given what it prints.
        """
        ...
