"""OpenAI's chat completions and Responses, read plainly."""

from __future__ import annotations

import json
from typing import Any

from tests.conformance.naive.reading import Reading, arguments, events, is_stream


def chat(body: bytes) -> Reading:
    """OpenAI's chat completions, whole or as a stream."""
    streamed = is_stream(body)
    found = Reading()
    calls: dict[Any, list[str]] = {}
    for chunk in events(body) if streamed else [json.loads(body)]:
        if chunk.get("error") or chunk.get("type") == "error":
            found.error = True
            continue
        found.id, found.model = found.id or chunk.get("id"), found.model or chunk.get("model")
        for choice in (chunk.get("choices") or [])[:1]:
            for token in (choice.get("logprobs") or {}).get("content") or []:
                found.logprobs.append((token["token"], token["logprob"]))
            message = choice.get("delta" if streamed else "message") or {}
            _said_in_chat(found, message)
            for number, call in enumerate(message.get("tool_calls") or []):
                found.call()
                _called_in_chat(calls, call, call.get("index", number) if streamed else number)
            found.stop = choice.get("finish_reason") or found.stop
        usage = chunk.get("usage") or (chunk.get("x_groq") or {}).get("usage")
        if usage:
            found.tokens = _tokens_of_chat(usage)
    found.calls = [(name, arguments(text)) for name, text in calls.values()]
    # Some servers give no reason at all: a stream that says that it is over is complete all the same.
    found.cut = streamed and found.stop is None and b"data: [DONE]" not in body
    return found


def _said_in_chat(found: Reading, message: dict[str, Any]) -> None:
    details = message.get("reasoning_details") or []
    told = "".join(detail.get("text") or detail.get("summary") or "" for detail in details)
    found.think(message.get("reasoning_content") or message.get("reasoning") or told)
    content = message.get("content") or ""
    if isinstance(content, str):
        found.say(content)
    else:
        for part in content:
            if part["type"] == "text":
                found.say(part["text"])
            if part["type"] == "thinking":
                found.think("".join(inner["text"] for inner in part["thinking"]))
    found.say(message.get("refusal"))
    found.refused = found.refused or bool(message.get("refusal"))


def _called_in_chat(calls: dict[Any, list[str]], call: dict[str, Any], index: int) -> None:
    known = calls.setdefault(index, ["", ""])
    function = call.get("function") or {}
    known[0] = known[0] or function.get("name") or ""
    known[1] += function.get("arguments") or ""


def _tokens_of_chat(usage: dict[str, Any]) -> dict[str, int | None]:
    prompt = usage.get("prompt_tokens_details") or {}
    completion = usage.get("completion_tokens_details") or {}
    return {
        "input": usage.get("prompt_tokens"),
        "output": usage.get("completion_tokens"),
        "cached": prompt.get("cached_tokens") or usage.get("prompt_cache_hit_tokens") or usage.get("num_cached_tokens"),
        "written": prompt.get("cache_write_tokens") or usage.get("cache_creation_input_tokens"),
        "reasoning": completion.get("reasoning_tokens") or usage.get("reasoning_tokens"),
        "total": usage.get("total_tokens"),
    }


def responses(body: bytes) -> Reading:
    """OpenAI's Responses: a stream ends with an event that has the whole answer, which is what is read.

    Some servers leave `output` empty there; then the items that were reported as done count. Those that name the
    answer anew with every event named it first with the first.
    """
    if not is_stream(body):
        return _response(json.loads(body))
    done: list[dict[str, Any]] = []
    name = ""
    ends = ("response.completed", "response.incomplete", "response.failed")
    for event in events(body):
        name = name or event.get("response", {}).get("id") or ""
        if event["type"] == "response.output_item.done":
            done.append(event["item"])
        if event["type"] in ends:
            answer = event["response"]
            return _response({**answer, "id": name, "output": answer.get("output") or done})
        if event["type"] == "error":
            return Reading(error=True)
    return Reading(cut=True)


def _response(answer: dict[str, Any]) -> Reading:
    found = Reading(error=answer["status"] == "failed", id=answer["id"], model=answer["model"])
    for item in answer["output"]:
        if item["type"] == "message":
            for part in item["content"]:
                found.say(part.get("text") or part.get("refusal"))
                found.refused = found.refused or bool(part.get("refusal"))
                found.logprobs += [(token["token"], token["logprob"]) for token in part.get("logprobs") or []]
        elif item["type"] == "reasoning":
            content = item.get("content") or item.get("summary") or []
            found.think("\n\n".join(part["text"] for part in content))
        elif item["type"] == "function_call":
            found.call()
            found.calls.append((item["name"], arguments(item["arguments"])))
    found.stop = (answer.get("incomplete_details") or {}).get("reason") or answer["status"]
    if usage := answer.get("usage"):
        found.tokens = {
            "input": usage["input_tokens"],
            "output": usage["output_tokens"],
            "cached": (usage.get("input_tokens_details") or {}).get("cached_tokens"),
            "written": (usage.get("input_tokens_details") or {}).get("cache_write_tokens"),
            "reasoning": (usage.get("output_tokens_details") or {}).get("reasoning_tokens"),
            "total": usage.get("total_tokens"),
        }
    return found
