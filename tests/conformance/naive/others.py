"""Ollama, Cohere and Bedrock, read plainly."""

from __future__ import annotations

import json
from typing import Any

from tests.conformance.naive.reading import Reading, arguments, events, is_stream


def ollama(body: bytes) -> Reading:
    """Ollama's chat: an object on each line, of which a whole answer has one."""
    found = Reading(cut=True)
    for line in body.decode().splitlines():
        if not line.strip():
            continue
        chunk = json.loads(line)
        message = chunk.get("message") or {}
        found.error = found.error or "error" in chunk
        found.model = found.model or chunk.get("model")
        found.think(message.get("thinking"))
        found.say(message.get("content"))
        for call in message.get("tool_calls") or []:
            found.call()
            found.calls.append((call["function"]["name"], call["function"]["arguments"]))
        if chunk.get("done"):
            found.cut = False
            found.stop = chunk["done_reason"]
            found.tokens = {"input": chunk.get("prompt_eval_count"), "output": chunk.get("eval_count")}
    return found


def cohere(body: bytes) -> Reading:
    """Cohere's chat, version 2; the plan before its calls is reasoning."""
    found = Reading(cut=True)
    usage: dict[str, Any] = {}
    calls: dict[int, list[str]] = {}
    if not is_stream(body):
        answer = json.loads(body)
        message, usage = answer["message"], answer["usage"]
        found.stop, found.cut = answer["finish_reason"], False
        found.id = answer["id"]
        found.think(message.get("tool_plan"))
        for part in message.get("content") or []:
            found.think(part.get("thinking"))
            found.say(part.get("text"))
        for number, call in enumerate(message.get("tool_calls") or []):
            found.call()
            calls[number] = [call["function"]["name"], call["function"]["arguments"]]
    else:
        for event in events(body):
            delta = event.get("delta") or {}
            message = delta.get("message") or {}
            content = message.get("content")
            if isinstance(content, dict):
                found.think(content.get("thinking"))
                found.say(content.get("text"))
            found.think(message.get("tool_plan"))
            found.id = found.id or event.get("id")
            if event["type"] in ("tool-call-start", "tool-call-delta"):
                found.call()
                function = message["tool_calls"]["function"]
                known = calls.setdefault(event["index"], ["", ""])
                known[0] += function.get("name") or ""
                known[1] += function.get("arguments") or ""
            if event["type"] == "message-end":
                found.stop, usage, found.cut = delta["finish_reason"], delta.get("usage") or {}, False
    found.calls = [(name, arguments(text)) for name, text in calls.values()]
    tokens = usage.get("tokens") or {}
    found.tokens = {
        "input": tokens.get("input_tokens"),
        "output": tokens.get("output_tokens"),
        "cached": usage.get("cached_tokens"),
        "reasoning": tokens.get("reasoning_tokens"),
    }
    return found


def frames(body: bytes) -> list[dict[str, Any]]:
    """The events of AWS's event stream: lengths, headers and JSON; its checksums are not looked at."""
    found = []
    while body:
        length, of_headers = int.from_bytes(body[:4]), int.from_bytes(body[4:8])
        headers, data = body[12 : 12 + of_headers], body[12 + of_headers : length - 4]
        names = {}
        while headers:
            size = headers[0]
            name = headers[1 : 1 + size].decode()
            length_of_value = int.from_bytes(headers[2 + size : 4 + size])
            names[name] = headers[4 + size : 4 + size + length_of_value].decode()
            headers = headers[4 + size + length_of_value :]
        found.append({"event": names.get(":event-type") or names.get(":exception-type"), **json.loads(data)})
        body = body[length:]
    return found


def bedrock(body: bytes) -> Reading:
    """Bedrock's Converse, whole or as AWS's event stream."""
    found = Reading(cut=True)
    blocks: dict[int, dict[str, Any]] = {}
    usage: dict[str, Any] = {}
    if not is_stream(body):
        answer = json.loads(body)
        found.stop, found.cut, usage = answer["stopReason"], False, answer.get("usage") or {}
        for number, block in enumerate(answer["output"]["message"]["content"]):
            tool = block.get("toolUse") or {}
            thought = (block.get("reasoningContent") or {}).get("reasoningText") or {}
            blocks[number] = {"text": block.get("text", ""), "thought": thought.get("text", ""), **tool}
    else:
        for event in frames(body):
            _event_of_bedrock(found, blocks, event)
            usage = event.get("usage") or usage
    for block in blocks.values():
        found.think(block["thought"])
        found.say(block["text"])
        if "name" in block and block.get("type") != "server_tool_use":
            found.call()
            found.calls.append((block["name"], arguments(block["input"])))
    cached, written = usage.get("cacheReadInputTokens"), usage.get("cacheWriteInputTokens")
    if usage:
        found.tokens["input"] = usage["inputTokens"] + (cached or 0) + (written or 0)
    found.tokens |= {"output": usage.get("outputTokens"), "cached": cached, "written": written}
    return found


def _event_of_bedrock(found: Reading, blocks: dict[int, dict[str, Any]], event: dict[str, Any]) -> None:
    block = blocks.setdefault(event.get("contentBlockIndex", -1), {"text": "", "thought": "", "input": ""})
    if event["event"] == "contentBlockStart":
        block |= event["start"].get("toolUse") or {}
    elif event["event"] == "contentBlockDelta":
        delta = event["delta"]
        block["text"] += delta.get("text") or ""
        block["thought"] += (delta.get("reasoningContent") or {}).get("text") or ""
        block["input"] += (delta.get("toolUse") or {}).get("input") or ""
    elif event["event"] == "messageStop":
        found.stop, found.cut = event["stopReason"], False
    elif event["event"] not in ("messageStart", "contentBlockStop", "metadata"):
        found.error = True
