"""How an agent is put into code mode."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from llmspell.errors import InvalidValueError
from llmspell.limits import Limits

if TYPE_CHECKING:
    from llmspell.agents.code.runner import CodeRunner

Language: TypeAlias = Literal["js", "lua"]
LANGUAGES = ("js", "lua")
MOST_DECLARED = 20
TIMEOUT = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Code mode: the model gets one tool, `run_code`, and calls the others from what it writes.

    `language` is what it writes. `limits` are those of its session; `timeout` counts for each piece of code, tools
    included, the rest for all of them. Up to `declare` tools are declared to the model in full; of more than that it
    sees the names, and asks `tools.search` for the rest. At most `max_output` characters of what a piece of code prints
    are shown to the model. `runner` runs the code; `Host.agent` and spells give theirs.
    """

    language: Language = "js"
    limits: Limits = field(default_factory=lambda: Limits(timeout=TIMEOUT))
    declare: int = MOST_DECLARED
    max_output: int = 20_000
    runner: CodeRunner | None = None

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise InvalidValueError(
                f"code mode writes js or lua, not {self.language!r:.40}", hint='pass code="js" or code="lua"'
            )
        for name, least in (("declare", 0), ("max_output", 1)):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise InvalidValueError(f"code: {name} must be a whole number of at least {least}, not {value!r:.40}")

    @classmethod
    def of(cls, given: Any, runner: CodeRunner | None = None) -> Code | None:
        """The options that a language or a `Code` stands for, with this runner where it has none; None for None."""
        if given is None:
            return None
        code = given if isinstance(given, cls) else cls(language=given)
        if code.runner is not None or runner is None:
            return code
        return replace(code, runner=runner)
