"""`web_search`: results of the search service that `[tools.web_search]` names.

Services, as data; formats from their own documentation:

    brave     https://api-dashboard.search.brave.com/app/documentation/web-search
    tavily    https://docs.tavily.com/documentation/api-reference/endpoint/search
    serper    https://serper.dev/playground
    exa       https://docs.exa.ai/reference/search
    searxng   https://docs.searxng.org/dev/search_api.html, with `json` among its formats; needs `base_url`

Whoever configures a service lets the tool talk to it, at that host alone; a run needs no permission of its own, but
`--allow-tool` can leave the tool out. Redirects are refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from llmspell.errors import AuthError, InvalidValueError, LlmspellError, NotFoundError, ProviderError, RateLimitError
from llmspell.permissions import NetRule, Permissions
from llmspell.tools.base import Reach, Spec, check_length, cut, within

if TYPE_CHECKING:
    from llmspell.system.urls import Target
    from llmspell.system.web import WebAnswer, WebRequest

_MOST = 20
_FEW = 5
_MAX_QUERY = 400
_SNIPPET = 1000
_MAX_ANSWER = 4_000_000


class Asked(NamedTuple):
    """A request to a service: what stands behind its address, and what is sent as JSON."""

    path: str
    query: Mapping[str, Any]
    sent: Mapping[str, Any] | None = None


class Service(NamedTuple):
    """A search service."""

    base_url: str | None
    key_env: str | None
    key_header: str
    ask: Callable[[str, int], Asked]
    results: tuple[str, ...]
    """The way to the list of results in the answer."""
    fields: Mapping[str, str]
    """The names of `title`, `url`, `text` and `date` in a result."""
    key_prefix: str = ""


_TITLED = {"title": "title", "url": "url"}

SERVICES: Mapping[str, Service] = {
    "brave": Service(
        "https://api.search.brave.com",
        "BRAVE_API_KEY",
        "x-subscription-token",
        lambda query, count: Asked("/res/v1/web/search", {"q": query, "count": count, "text_decorations": "false"}),
        ("web", "results"),
        _TITLED | {"text": "description", "date": "page_age"},
    ),
    "tavily": Service(
        "https://api.tavily.com",
        "TAVILY_API_KEY",
        "authorization",
        lambda query, count: Asked("/search", {}, {"query": query, "max_results": count}),
        ("results",),
        _TITLED | {"text": "content", "date": "published_date"},
        "Bearer ",
    ),
    "serper": Service(
        "https://google.serper.dev",
        "SERPER_API_KEY",
        "x-api-key",
        lambda query, count: Asked("/search", {}, {"q": query, "num": count}),
        ("organic",),
        {"title": "title", "url": "link", "text": "snippet", "date": "date"},
    ),
    "exa": Service(
        "https://api.exa.ai",
        "EXA_API_KEY",
        "x-api-key",
        lambda query, count: Asked(
            "/search",
            {},
            {"query": query, "numResults": count, "contents": {"text": {"maxCharacters": _SNIPPET}}},
        ),
        ("results",),
        _TITLED | {"text": "text", "date": "publishedDate"},
    ),
    "searxng": Service(
        None,
        None,
        "authorization",
        lambda query, _: Asked("/search", {"q": query, "format": "json"}),
        ("results",),
        _TITLED | {"text": "content", "date": "publishedDate"},
        "Bearer ",
    ),
}


async def _search(args: dict[str, Any], reach: Reach) -> dict[str, Any]:
    count = args.get("count", _FEW)
    within("count", count, 1, _MOST)
    check_length("query", args["query"], _MAX_QUERY)
    if not args["query"].strip():
        raise InvalidValueError("query is empty")
    name, service = configured(reach)
    request = _request(reach, name, service, service.ask(args["query"], count))
    async with reach.web(_only(request.target)) as web, web.open(request) as answer:
        body = await answer.read()
        if not answer.ok:
            raise _refused(name, answer)
    return {"query": args["query"], "results": results(name, service, body)[:count]}


def configured(reach: Reach) -> tuple[str, Service]:
    """The service of the settings. Raises `NotFoundError` where there is none."""
    from llmspell.nearest import near  # only for mistakes

    name = reach.home.settings.web_search.provider
    if name is None:
        raise NotFoundError(
            "no search service is configured",
            hint='write provider = "brave" under [tools.web_search] in llmspell.toml, or set LLMSPELL_WEB_SEARCH; '
            f"there are {', '.join(SERVICES)}",
        )
    if name not in SERVICES:
        known = near(name, SERVICES) or f"there are {', '.join(SERVICES)}"
        raise NotFoundError(f"tools.web_search.provider: there is no search service {name[:40]!r}", hint=known)
    return name, SERVICES[name]


def _request(reach: Reach, name: str, service: Service, asked: Asked) -> WebRequest:
    from llmspell.system.urls import target_of  # loads the web
    from llmspell.system.web import WebRequest

    settings = reach.home.settings.web_search
    base = settings.base_url or service.base_url
    if base is None:
        raise NotFoundError(
            f"{name} has no usual address", hint="write base_url under [tools.web_search] in llmspell.toml"
        )
    query = f"?{urlencode(asked.query)}" if asked.query else ""
    headers = [("accept", "application/json")]
    if (key := _key(reach, name, service)) is not None:
        headers.append((service.key_header, service.key_prefix + key))
    body = None if asked.sent is None else json.dumps(asked.sent, ensure_ascii=False).encode()
    return WebRequest(
        target=target_of(base.rstrip("/") + asked.path + query),
        method="GET" if body is None else "POST",
        headers=headers if body is None else [*headers, ("content-type", "application/json")],
        body=body,
        redirect="error",
        timeout=settings.timeout,
        max_size=_MAX_ANSWER,
    )


def _key(reach: Reach, name: str, service: Service) -> str | None:
    variable = reach.home.settings.web_search.api_key_env or service.key_env
    if variable is None:
        return None
    key = reach.home.environ.get(variable, "").strip()
    if not key:
        raise AuthError(f"{name} needs a key", hint=f"set the variable {variable}", provider=name)
    if not key.isascii() or not key.isprintable():
        raise AuthError(f"the key of {name} has letters that no key has", hint=f"look at {variable}", provider=name)
    return key


def _only(target: Target) -> Permissions:
    """Permission for the service and nothing else; wherever it is, since somebody has configured it."""
    anywhere = (NetRule("0.0.0.0/0", target.port), NetRule("::/0", target.port))
    return Permissions(net=(NetRule(target.host, target.port), *anywhere))


def _refused(name: str, answer: WebAnswer) -> LlmspellError:
    status = answer.status
    if status in (401, 403):
        return AuthError(f"{name} refused the key", hint="look at the variable that holds it", status=status)
    if status == 429:
        return RateLimitError(f"{name} asks to slow down", status=status, retryable=True)
    return ProviderError(f"{name} answered with the status {status}", status=status, retryable=status >= 500)


def results(name: str, service: Service, body: bytes) -> list[dict[str, str]]:
    """The results in an answer: `title`, `url`, `text`, and `date` where it is told. Raises `ProviderError`."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        hint = "add json to search.formats in its settings.yml" if name == "searxng" else None
        raise ProviderError(f"{name} answered with something else than JSON", hint=hint) from None
    for step in service.results:
        found = found.get(step, []) if isinstance(found, dict) else None
    if not isinstance(found, list):
        raise ProviderError(f"{name} answered without results")
    return [told for each in found[:_MOST] if isinstance(each, dict) and (told := _told(service, each))["url"]]


def _told(service: Service, result: Mapping[str, Any]) -> dict[str, str]:
    told = {ours: _plain(result.get(theirs)) for ours, theirs in service.fields.items()}
    return {name: text for name, text in told.items() if text or name != "date"}


def _plain(text: Any) -> str:
    clean = text.encode(errors="replace").decode() if isinstance(text, str) else ""
    return cut(clean.strip(), _SNIPPET)[0]


WEB_SEARCH = Spec(
    name="web_search",
    description=(
        "Search the web. Gives titles, addresses and a few lines of each page; read one with fetch_page. "
        'Example: {"query": "height of the Eiffel Tower"}'
    ),
    parameters={
        "query": "string: What to search for, in a few words.",
        "count": f"integer?: How many results, from 1 to {_MOST}; {_FEW} if absent.",
    },
    work=_search,
    timeout=300,
    example="-p query='lua string patterns'",
)
