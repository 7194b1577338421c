"""What the headers of an answer tell: the provider's name for the request, and the state of its rate limits."""

from __future__ import annotations

from collections.abc import Mapping

# OpenAI and most others; Anthropic; AWS; Azure.
_REQUEST_IDS = frozenset({"x-request-id", "request-id", "x-amzn-requestid", "apim-request-id"})


def read(headers: Mapping[str, str]) -> tuple[str | None, dict[str, str]]:
    """The provider's name for the HTTP request, which its support asks for, and the headers about rate limits.

    Those are `x-ratelimit-*`, `anthropic-ratelimit-*`, `ratelimit-*` and `retry-after*`.
    """
    request_id, limits = None, {}
    for name, value in headers.items():
        if "ratelimit" in name or name.startswith("retry-after"):
            limits[name] = value
        elif name in _REQUEST_IDS and (request_id is None or name == "x-request-id"):
            request_id = value
    return request_id, limits
