"""Ranking of documents, which Cohere, Voyage, Jina, llama.cpp, vLLM and others speak almost alike.

https://docs.cohere.com/v2/reference/rerank, https://docs.voyageai.com/reference/reranker-api,
https://api.jina.ai/redoc#tag/rerank, https://github.com/ggml-org/llama.cpp/tree/master/tools/server.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

from llmspell.errors import ProviderError
from llmspell.providers.base import Usage
from llmspell.providers.jobs import Outcome, Ranked, Rerank
from llmspell.providers.wire.bodies import count, dumps, laid_over, loads, name, not_an_answer
from llmspell.providers.wire.format import HttpRequest


def request(job: Rerank, path: str, top: str = "top_n") -> HttpRequest:
    """A request for an order; `top` is the service's word for how many documents it shall give."""
    body: dict[str, Any] = {"model": job.model, "query": job.query, "documents": job.documents}
    if job.top is not None:
        body[top] = job.top
    return HttpRequest(path, dumps(laid_over(body, job.extra)))


def read(job: Rerank, body: bytes) -> Outcome[list[Ranked]]:
    """The order in an answer, best first. Raises `ProviderError` for one that is no order of these documents."""
    data = loads(body)
    try:
        found = data["results"] if "results" in data else data["data"]
        ranked = [Ranked(item["index"], item.get("relevance_score", item.get("score"))) for item in found]
    except (AttributeError, KeyError, TypeError):
        raise not_an_answer(data) from None
    _check(ranked, len(job.documents))
    ranked.sort(key=lambda each: -each.score)
    # Some servers know nothing of a top.
    return Outcome(ranked[: job.top], name(data.get("model")) or job.model, _usage(data))


def _check(ranked: list[Ranked], documents: int) -> None:
    for each in ranked:
        index, score = each.index, each.score
        if type(index) is not int or not 0 <= index < documents:
            raise ProviderError(f"the server ranked document {index!r:.20} of {documents}")
        if type(score) not in (int, float) or not isfinite(score):
            raise ProviderError(f"the server ranked document {index} without a score")
    if len({each.index for each in ranked}) < len(ranked):
        raise ProviderError("the server ranked a document twice")


def _usage(data: dict[str, Any]) -> Usage:
    """Voyage has only a total; Cohere bills searches, and tokens only where documents are long."""
    meta, usage = data.get("meta") or {}, data.get("usage") or {}
    spent = count(usage, "prompt_tokens")
    if spent is None:
        spent = count(usage, "total_tokens")
    if spent is None:
        spent = count(meta.get("billed_units") or {}, "input_tokens")
    return Usage(input_tokens=spent)
