"""From a provider's refusal to an error of ours, in one place for all formats."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from llmspell.errors import (
    AuthError,
    ContentFilterError,
    ContextLengthError,
    LlmspellError,
    NotFoundError,
    ProviderError,
    RateLimitError,
)
from llmspell.providers.wire.problem import Problem

RETRYABLE = frozenset({408, 409, 429, 500, 502, 503, 504, 529})

_CONTEXT = re.compile(
    r"context.?(length|window|size)|maximum context|prompt is too long|too many (input )?tokens"
    r"|reduce the length of the (messages|prompt)",
    re.IGNORECASE,
)
_FILTERED = re.compile(r"content.?(filter|policy|management)|usage policies|flagged|safety system", re.IGNORECASE)
_NO_MODEL = re.compile(
    r"model\b.{0,200}\b(not exist|not found|not available|not a valid|unknown|decommissioned)"
    r"|(invalid|unknown|no such) model|not a valid model|^model \S{1,200} is not supported",
    re.IGNORECASE | re.DOTALL,
)
_WRONG_KEY = re.compile(r"(incorrect|invalid) api key|api key (is )?(invalid|not valid|incorrect)", re.IGNORECASE)
"""What xAI says with status 400."""
_NO_CREDIT = re.compile(r"insufficient_quota|insufficient.balance|billing|credit", re.IGNORECASE)
_LONG = 500
_LONGEST = 4000


class Asked(NamedTuple):
    """Whom we asked, for the messages. `key` and `secrets` are there to be kept out of them."""

    provider: str
    host: str
    model: str = ""
    key: str = ""
    key_source: str = ""
    """The variable that the key is read from."""
    secrets: tuple[str, ...] = ()
    """What else we sent that may be a key."""


def failure(problem: Problem, status: int, asked: Asked) -> LlmspellError:
    """The error for a refusal with this HTTP status (that of the answer, or the one inside it)."""
    problem = problem._replace(message=problem.message[:_LONGEST])  # what follows searches it several times
    status = problem.status or status
    said = f": {_quote(problem.message, (asked.key, *asked.secrets))}" if problem.message else ""
    about = {"provider": asked.provider, "status": status}
    words = f"{problem.code} {problem.type} {problem.message}"
    if status in (401, 403) or (status == 400 and _WRONG_KEY.search(problem.message)):
        return AuthError(f"{asked.host} refused the key{said}", hint=_auth_hint(asked), **about)  # type: ignore[arg-type]  # the values fit their names
    if status in (404, 400, 422) and (problem.code == "model_not_found" or _NO_MODEL.search(problem.message)):
        return NotFoundError(
            f"{asked.provider} has no model {asked.model!r}{said}",
            hint=f"`llmspell models list --provider {asked.provider}` shows its models",
            **about,  # type: ignore[arg-type]  # the values fit their names
        )
    error = _refusal(words, status, said, asked)
    if error.retryable and problem.retry_after is not None:
        error.data = {"retry_after": problem.retry_after}
        error.hint = f"it asks to wait {_spell_out(problem.retry_after)}"
    return error


def _refusal(words: str, status: int, said: str, asked: Asked) -> LlmspellError:
    if status == 429:
        return _too_many(words, status, said, asked)
    if _CONTEXT.search(words) and status not in RETRYABLE - {500}:
        return ContextLengthError(
            f"the prompt is too long for {asked.model}{said}",
            hint="shorten the prompt, ask for fewer tokens, or choose a model with a longer context",
            provider=asked.provider,
            status=status,
        )
    if status < 500 and _FILTERED.search(words):
        return ContentFilterError(f"{asked.provider} refused the content{said}", provider=asked.provider, status=status)
    if status == 200:
        return ProviderError(f"{asked.host} sent an error in its answer{said}", provider=asked.provider)
    return ProviderError(
        f"{asked.host} answered with HTTP status {status}{said}",
        hint=_hint(status),
        retryable=status in RETRYABLE,
        provider=asked.provider,
        status=status,
    )


def _too_many(words: str, status: int, said: str, asked: Asked) -> LlmspellError:
    broke = bool(_NO_CREDIT.search(words))
    return RateLimitError(
        f"{asked.provider} {'has no credit left on this account' if broke else 'asks to slow down'}{said}",
        hint="check the account's plan and billing" if broke else "wait, or send fewer requests at once",
        retryable=not broke,
        provider=asked.provider,
        status=status,
    )


def _spell_out(seconds: float) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:g} s" if seconds < 10 else f"{seconds:.0f} s"


def _hint(status: int) -> str | None:
    if status == 402:
        return "check the account's plan and billing"
    if status in (404, 405) or 300 <= status < 400:
        return "check base_url: it should end where /chat/completions begins, often in /v1"
    return None


def _auth_hint(asked: Asked) -> str:
    if not asked.key_source:
        return f"name the variable that holds the key: api_key_env in [providers.{asked.provider}]"
    state = "check the key in" if asked.key else "put the key into"
    return f"{state} the environment variable {asked.key_source}"


def missing_key(asked: Asked) -> AuthError:
    """The error when a provider needs a key and none is there; nothing was sent."""
    return AuthError(f"there is no key for {asked.provider}", hint=_auth_hint(asked), provider=asked.provider)


def _quote(message: str, secrets: Sequence[str]) -> str:
    """The provider's own sentence, without the keys that some of them repeat, in full or with stars."""
    for secret in filter(None, secrets):
        message = message.replace(secret, "[key]")
    words = ["[key]" if "***" in word or _resembles(word, secrets) else word for word in message.split()]
    message = " ".join(words)
    return message if len(message) <= _LONG else message[:_LONG] + " …"


def _resembles(word: str, secrets: Sequence[str]) -> bool:
    """Whether the word has the beginning of a key and something after it."""
    tails = (word.partition(secret[:4])[2] for secret in secrets if len(secret) >= 12)
    return any(len(tail) >= 4 for tail in tails)
