"""Finds tools by what they do: the words of a query against their names and descriptions.

The ranking is Okapi BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) with the words of a
name counted three times, and similar words standing in for those that no tool has.
"""

from __future__ import annotations

import difflib
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from llmspell.agents.code.declarations import declared, fields_of, summary
from llmspell.agents.toolbox import definition
from llmspell.agents.tools import BaseTool, SchemaTool

SEARCH = "search_tools"
FOUND = 5
_MOST = 20
_NAME_WEIGHT = 3
_K1, _B = 1.2, 0.75
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")
_DULL = frozenset(
    ["a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "is", "it", "of", "on", "or", "that", "the", "to"]
)


def ranked(tools: Sequence[BaseTool], query: str, limit: int = FOUND) -> list[BaseTool]:
    """The tools that fit a query best, the best first; none for a query that nothing fits."""
    documents = [_document(tool) for tool in tools]
    known = {word for document in documents for word in document}
    average = sum(document.total() for document in documents) / max(len(documents), 1)
    scores = [0.0] * len(documents)
    for word in dict.fromkeys(_words(query)[:_MOST]):
        for stands_in, weight in _known(word, known):
            for at, score in _scores(stands_in, documents, average):
                scores[at] += weight * score
    best = sorted(range(len(tools)), key=lambda at: (-scores[at], tools[at].name))
    return [tools[at] for at in best[:limit] if scores[at] > 0]


def _document(tool: BaseTool) -> Counter[str]:
    words = Counter(_words(tool.description))
    for word in _words(tool.name):
        words[word] += _NAME_WEIGHT
    for name in fields_of(tool.parameters):
        words.update(_words(name))
    return words


def _words(text: str) -> list[str]:
    """The words of a text in small letters, those of `camelCase` and `snake_case` apart, without common endings."""
    return [_stem(word.lower()) for word in _WORD.findall(text) if word.lower() not in _DULL]


def _stem(word: str) -> str:
    for ending, least in (("ies", 3), ("ing", 4), ("es", 4), ("ed", 4), ("s", 3)):
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word.removesuffix("e") if len(word) > 4 else word


def _known(word: str, known: set[str]) -> list[tuple[str, float]]:
    if word in known:
        return [(word, 1.0)]
    return [(near, 0.5) for near in difflib.get_close_matches(word, sorted(known), n=2, cutoff=0.8)]


def _scores(word: str, documents: list[Counter[str]], average: float) -> Iterable[tuple[int, float]]:
    having = [at for at, document in enumerate(documents) if document[word]]
    rarity = math.log(1 + (len(documents) - len(having) + 0.5) / (len(having) + 0.5))
    for at in having:
        count, length = documents[at][word], documents[at].total()
        yield at, rarity * count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * length / average))


def found(tools: Sequence[BaseTool], query: str, limit: int, language: str | None) -> list[dict[str, Any]]:
    """What a search gives: names, descriptions, and declarations in a language, else JSON Schema of the arguments."""
    return [
        {"name": tool.name, "description": summary(tool), "declaration": declared([tool], language)}
        if language
        else definition(tool)
        for tool in ranked(tools, query, limit)
    ]


def search_tool(tools: Iterable[BaseTool], *, name: str = SEARCH, language: str | None = None) -> BaseTool:
    """A tool that finds others among many, for a model or for its code.

    It gives `[{name, description, parameters}]`, or with `language` each tool's `declaration` in that language.
    """
    among = list(tools)

    def search(args: dict[str, Any]) -> list[dict[str, Any]]:
        return found(among, args["query"], args.get("limit", FOUND), language)

    return SchemaTool(
        name,
        search,
        description="Find tools by what they do. Gives the names, descriptions and arguments of those that fit best.",
        parameters={
            "type": "object",
            "properties": {
                "query": {"type": "string", "description": "what the tool should do, in a few words"},
                "limit": {"type": "integer", "minimum": 1, "maximum": _MOST, "default": FOUND},
            },
            "required": ["query"],
            "additionalProperties": False,
        },
    )
