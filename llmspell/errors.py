"""The errors of llmspell.

Each has a `kind`, the same word in Python, Lua, JavaScript and `--json`:

    LlmspellError
    ├── SpellError               spell           the script failed or threw
    ├── ArgumentTypeError        type            an argument has the wrong type
    ├── InvalidValueError        value           a value is not acceptable
    ├── NotFoundError            not_found       a file, model, tool or module does not exist
    ├── PermissionDeniedError    permission      the spell was not given that right
    ├── TimeoutExceededError     timeout         it took longer than was allowed
    ├── ModelError               model           a model cannot do that, or its file is damaged
    │   ├── ContextLengthError   context_length  the prompt does not fit the model's context
    │   └── ContentFilterError   content_filter  the provider refused the content
    ├── ProviderError            provider        a provider answered wrongly
    │   ├── NetworkError         network         a provider could not be reached
    │   ├── AuthError            auth            a provider refused the key
    │   └── RateLimitError       rate_limit      a provider asks to slow down
    ├── ToolError                tool            a tool failed
    ├── InternalError            internal        a fault of llmspell
    ├── LimitError               limit           a limit of the run was hit; no script can catch it
    └── CancelledError           cancelled       the run was stopped; no script can catch it

An error crosses the border as a JSON object, `to_data()`, and `from_data()` makes it an exception again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

ErrorData = dict[str, Any]

_TEXTS = ("hint", "provider", "file", "source_line")
_NUMBERS = ("status", "line", "column")


class LlmspellError(Exception):
    """Any failure llmspell knows; see the tree in this module.

    `message` is one sentence for a person, `hint` the next step to take. `file`, `line`, `column` (from 1) and
    `source_line` point into the script, `stack` holds its frames, innermost first. `retryable` says whether the
    same call may succeed later; `provider` and `status` (HTTP) say who answered. `data` is what a script threw,
    when that was not a plain message, or the `text` and `reasoning` that had arrived of an answer that broke off.
    """

    kind: ClassVar[str] = "internal"
    sent = False
    """Whether whoever was called may have done the work, and charge for it, nevertheless. It stays on this side."""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        retryable: bool = False,
        provider: str | None = None,
        status: int | None = None,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        source_line: str | None = None,
        stack: Sequence[str] = (),
        data: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.retryable = retryable
        self.provider = provider
        self.status = status
        self.file = file
        self.line = line
        self.column = column
        self.source_line = source_line
        self.stack = tuple(stack)
        self.data = data

    def to_data(self) -> ErrorData:
        """The JSON object that crosses the border: `kind`, `message` and every field that is set."""
        data: ErrorData = {"kind": self.kind, "message": self.message}
        for name in (*_TEXTS, *_NUMBERS, "data"):
            if (value := getattr(self, name)) is not None:
                data[name] = value
        if self.retryable:
            data["retryable"] = True
        if self.stack:
            data["stack"] = list(self.stack)
        return data


class SpellError(LlmspellError):
    """The script failed: a syntax error, a runtime error, or something it threw and did not catch."""

    kind = "spell"


class ArgumentTypeError(LlmspellError):
    """An argument has the wrong type, or a needed one is missing."""

    kind = "type"


class InvalidValueError(LlmspellError):
    """A value cannot be used: not JSON, too deep, too large, out of range."""

    kind = "value"


class NotFoundError(LlmspellError):
    """A file, model, tool or module does not exist; the hint has the nearest names."""

    kind = "not_found"


class PermissionDeniedError(LlmspellError):
    """The spell was not given that right."""

    kind = "permission"


class TimeoutExceededError(LlmspellError):
    """Something took longer than it was allowed to."""

    kind = "timeout"
    sent = True


class ModelError(LlmspellError):
    """A model cannot do what was asked, or its file cannot be used."""

    kind = "model"


class ContextLengthError(ModelError):
    """Prompt and answer do not fit into the model's context."""

    kind = "context_length"


class ContentFilterError(ModelError):
    """The provider refused the content."""

    kind = "content_filter"


class ProviderError(LlmspellError):
    """A provider answered with an error, or with something that is not an answer."""

    kind = "provider"
    retry_after: float | None = None
    """Seconds that the provider asks to wait, where it says so. It stays on this side of the border."""


class NetworkError(ProviderError):
    """A provider could not be reached, or the connection broke."""

    kind = "network"


class AuthError(ProviderError):
    """A provider refused the key, or there is none."""

    kind = "auth"


class RateLimitError(ProviderError):
    """A provider asks to slow down."""

    kind = "rate_limit"


class ToolError(LlmspellError):
    """A tool failed."""

    kind = "tool"


class InternalError(LlmspellError):
    """A fault of llmspell itself, never of the script."""

    kind = "internal"


class LimitError(LlmspellError):
    """A limit of the run was hit. A script cannot catch it."""

    kind = "limit"


class CancelledError(LlmspellError):
    """The run, or this part of it, was stopped. A script cannot catch it."""

    kind = "cancelled"


KINDS: dict[str, type[LlmspellError]] = {
    cls.kind: cls
    for cls in (
        SpellError,
        ArgumentTypeError,
        InvalidValueError,
        NotFoundError,
        PermissionDeniedError,
        TimeoutExceededError,
        ModelError,
        ContextLengthError,
        ContentFilterError,
        ProviderError,
        NetworkError,
        AuthError,
        RateLimitError,
        ToolError,
        InternalError,
        LimitError,
        CancelledError,
    )
}
UNCATCHABLE = frozenset({"limit", "cancelled"})


def from_data(data: Mapping[str, Any]) -> LlmspellError:
    """The exception for an error object that came over the border.

    Fields of a wrong type are dropped and an unknown kind reads as `spell`, since the object may come from a
    hostile worker; this never raises.
    """
    fields: dict[str, Any] = {name: data[name] for name in _TEXTS if isinstance(data.get(name), str)}
    fields |= {name: data[name] for name in _NUMBERS if type(data.get(name)) is int}
    stack = data.get("stack")
    if isinstance(stack, list):
        fields["stack"] = [frame for frame in stack if isinstance(frame, str)]
    kind, message = data.get("kind"), data.get("message")
    cls = KINDS.get(kind, SpellError) if isinstance(kind, str) else SpellError
    return cls(
        message if isinstance(message, str) else "unknown error",
        retryable=data.get("retryable") is True,
        data=data.get("data"),
        **fields,
    )
