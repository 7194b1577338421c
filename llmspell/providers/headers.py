"""What the headers of an answer tell: the provider's name for the request, and the state of its rate limits."""

from __future__ import annotations

from collections.abc import Mapping

# OpenAI and most others; Anthropic; AWS; Azure.
_REQUEST_IDS = ("x-request-id", "request-id", "x-amzn-requestid", "apim-request-id")


def request_id(headers: Mapping[str, str]) -> str | None:
    """The provider's name for the HTTP request, which its support asks for."""
    return next((value for name in _REQUEST_IDS if (value := headers.get(name))), None)


def rate_limits(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers about rate limits: `x-ratelimit-*`, `anthropic-ratelimit-*`, `ratelimit-*` and `retry-after*`."""
    named = [name for name in headers if "ratelimit" in name or name.startswith("retry-after")]
    return {name: headers[name] for name in named}
