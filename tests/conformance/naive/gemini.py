"""Gemini's generateContent, read plainly."""

from __future__ import annotations

import json
from typing import Any

from tests.conformance.naive.reading import Reading, events, is_stream


def gemini(body: bytes) -> Reading:
    """Gemini's generateContent: each chunk of a stream is a small answer."""
    found = Reading()
    usage: dict[str, Any] = {}
    for chunk in events(body) if is_stream(body) else [json.loads(body)]:
        found.error = found.error or "error" in chunk
        found.id, found.model = found.id or chunk.get("responseId"), found.model or chunk.get("modelVersion")
        for candidate in (chunk.get("candidates") or [])[:1]:
            for part in (candidate.get("content") or {}).get("parts") or []:
                if "text" in part and part.get("thought"):
                    found.think(part["text"])
                elif "text" in part:
                    found.say(part["text"])
                elif "functionCall" in part:
                    found.call()
                    found.calls.append((part["functionCall"]["name"], part["functionCall"].get("args") or {}))
            for token in (candidate.get("logprobsResult") or {}).get("chosenCandidates") or []:
                found.logprobs.append((token["token"], token["logProbability"]))
            found.stop = candidate.get("finishReason") or found.stop
        found.stop = (chunk.get("promptFeedback") or {}).get("blockReason") or found.stop
        usage = chunk.get("usageMetadata") or usage
    found.cut = found.stop is None
    thoughts = usage.get("thoughtsTokenCount")
    if "totalTokenCount" not in usage:
        return found
    found.tokens = {
        "input": usage.get("promptTokenCount", 0) + usage.get("toolUsePromptTokenCount", 0),
        "output": usage.get("candidatesTokenCount", 0) + (thoughts or 0),
        "cached": usage.get("cachedContentTokenCount"),
        "reasoning": thoughts,
        "total": usage.get("totalTokenCount"),
    }
    return found
