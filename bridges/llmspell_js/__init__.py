"""JavaScript spells, on QuickJS."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmspell.border import Interpreter, Problem

__all__ = ["bridge"]


class _Bridge:
    """The `llmspell.border.Bridge` of JavaScript. What it needs is imported when it is first used."""

    language = "js"
    suffixes = (".js", ".mjs")
    dialects: dict[str, bool] = {"js": True}  # noqa: RUF012  # an instance attribute in the protocol; never written

    def interpreter(self, dialect: str) -> Interpreter:  # noqa: ARG002  # there is one dialect
        """A fresh interpreter, ready for `start`."""
        from llmspell_js.interpreter import JsInterpreter

        return JsInterpreter()

    def preload(self, source: str | None) -> None:
        """Load the parser of modules where the source may need it; None stands for any source."""
        if source is None or "import" in source:
            import llmspell_js.modules  # noqa: F401  # a sealed worker can load nothing any more

    def check(self, source: str, name: str) -> list[Problem]:
        """Syntax errors and unknown globals, found without running anything."""
        from llmspell_js.check import check

        return check(source, name)


bridge = _Bridge()
