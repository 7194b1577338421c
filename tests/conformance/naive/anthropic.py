"""Anthropic's messages, read plainly."""

from __future__ import annotations

import json
from typing import Any

from tests.conformance.naive.reading import Reading, arguments, events, is_stream


def anthropic(body: bytes) -> Reading:
    """Anthropic's messages, whole or as a stream."""
    found = Reading(cut=True)
    blocks: dict[int, dict[str, Any]] = {}
    usage: dict[str, Any] = {}
    if is_stream(body):
        for event in events(body):
            _event_of_anthropic(found, blocks, usage, event)
    else:
        answer = json.loads(body)
        blocks, usage = dict(enumerate(answer["content"])), answer["usage"]
        found.stop, found.cut = answer["stop_reason"], False
        found.id, found.model = answer["id"], answer["model"]
    for block in blocks.values():
        if block["type"] == "text":
            found.say(block["text"])
        elif block["type"] == "thinking":
            found.think(block["thinking"])
        elif block["type"] == "tool_use":
            found.call()
            found.calls.append((block["name"], arguments(block.get("json")) or block["input"]))
    cached, written = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
    if "input_tokens" in usage:
        found.tokens["input"] = usage["input_tokens"] + (cached or 0) + (written or 0)
    thoughts = (usage.get("output_tokens_details") or {}).get("thinking_tokens")
    output = usage.get("output_tokens")
    found.tokens |= {"output": output, "cached": cached, "written": written, "reasoning": thoughts}
    return found


def _event_of_anthropic(found: Reading, blocks: dict[int, Any], usage: dict[str, Any], event: dict[str, Any]) -> None:
    kind = event["type"]
    if kind == "message_start":
        usage |= event["message"]["usage"]
        found.id, found.model = event["message"]["id"], event["message"]["model"]
    elif kind == "content_block_start":
        blocks[event["index"]] = {**event["content_block"], "json": ""}
    elif kind == "content_block_delta":
        block, delta = blocks[event["index"]], event["delta"]
        for theirs, ours in (("text", "text"), ("thinking", "thinking"), ("partial_json", "json")):
            block[ours] = (block.get(ours) or "") + delta[theirs] if theirs in delta else block.get(ours)
    elif kind == "message_delta":
        found.stop = event["delta"].get("stop_reason") or found.stop
        usage |= {key: value for key, value in (event.get("usage") or {}).items() if value}
    elif kind == "message_stop":
        found.cut = False
    elif kind == "error":
        found.error = True
