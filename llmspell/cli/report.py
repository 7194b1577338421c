"""The one object that `llmspell run --json` prints."""

from __future__ import annotations

import json
from typing import Any

from llmspell.errors import LlmspellError
from llmspell.events import Result


def report(result: Result) -> str:
    """The object for a run."""
    return _text(
        value=result.value,
        output=result.output,
        usage={
            "calls": result.usage.calls,
            "input_tokens": result.usage.input_tokens,
            "output_tokens": result.usage.output_tokens,
        },
        cost=result.cost,
        calls=result.calls,
        duration=round(result.duration, 6),
        run_id=result.run_id,
        error=result.error,
    )


def refused(error: LlmspellError) -> str:
    """The object for a run that never began."""
    usage = {"calls": 0, "input_tokens": 0, "output_tokens": 0}
    return _text(value=None, output="", usage=usage, cost=0.0, calls=0, duration=0.0, run_id=None, error=error)


def _text(*, error: LlmspellError | None, **fields: Any) -> str:
    return json.dumps(fields | {"error": _error(error)}, ensure_ascii=False)


def _error(error: LlmspellError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {
        "kind": error.kind,
        "message": error.message,
        "file": error.file,
        "line": error.line,
        "hint": error.hint,
    }
