"""Whole answers as the streams that their services would have sent, by the documentation of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from zlib import crc32

Json = dict[str, Any]


def _events(events: Iterable[Json], end: str = "") -> bytes:
    lines = [f"event: {event['type']}\n" if "type" in event else "" for event in events]
    data = [f"data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events]
    return ("".join(line + text for line, text in zip(lines, data, strict=True)) + end).encode()


def _halves(text: str) -> list[str]:
    return [piece for piece in (text[: len(text) // 2], text[len(text) // 2 :]) if piece]


def chat(answer: Json) -> bytes:
    """The message in one piece, but for the texts and arguments, which come in two."""
    rest = {key: value for key, value in answer.items() if key not in ("choices", "usage")}
    choice = answer["choices"][0]
    message = dict(choice["message"])
    content, calls = message.pop("content", None), message.pop("tool_calls", None) or []
    deltas: list[Json] = [message]
    deltas += [{"content": piece} for piece in _halves(content)] if isinstance(content, str) else [{"content": content}]
    for index, call in enumerate(calls):
        function = call["function"]
        first, *more = _halves(function["arguments"] or "") or [""]
        deltas.append({"tool_calls": [{**call, "index": index, "function": {**function, "arguments": first}}]})
        deltas += [{"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in more]
    last = {key: value for key, value in choice.items() if key != "message"}
    chunks = [{**rest, "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    chunks += [{**rest, "choices": [{**last, "delta": {}}]}]
    if "usage" in answer:
        chunks.append({**rest, "choices": [], "usage": answer["usage"]})
    return _events(chunks, "data: [DONE]\n\n")


def anthropic(answer: Json) -> bytes:
    events: list[Json] = [
        {"type": "message_start", "message": {**answer, "content": [], "stop_reason": None, "stop_sequence": None}},
        {"type": "ping"},
    ]
    for index, block in enumerate(answer["content"]):
        start, deltas = _block_of_anthropic(block)
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    reasons = {key: answer.get(key) for key in ("stop_reason", "stop_sequence")}
    events += [{"type": "message_delta", "delta": reasons, "usage": answer["usage"]}, {"type": "message_stop"}]
    return _events(events)


def _block_of_anthropic(block: Json) -> tuple[Json, list[Json]]:
    match block["type"]:
        case "text":
            deltas = [{"type": "text_delta", "text": piece} for piece in _halves(block["text"])]
            cited = [{"type": "citations_delta", "citation": item} for item in block.get("citations") or ()]
            start = {"type": "text", "text": ""} | ({"citations": []} if cited else {})
            return start, cited + deltas
        case "thinking":
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in _halves(block["thinking"])]
            signed = {"type": "signature_delta", "signature": block["signature"]}
            return {"type": "thinking", "thinking": "", "signature": ""}, [*deltas, signed]
        case "tool_use" | "server_tool_use":
            text = json.dumps(block["input"])
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", *_halves(text))]
            return {**block, "input": {}}, deltas
    return block, []


def gemini(answer: Json) -> bytes:
    """One chunk for each part, of which the last has what is beside the parts."""
    rest = {key: value for key, value in answer.items() if key not in ("candidates", "usageMetadata")}
    if not answer.get("candidates"):
        return _events([answer])
    candidate = answer["candidates"][0]
    content = candidate.get("content") or {}
    parts = content.get("parts") or []
    chunks = [
        {**rest, "candidates": [{"content": {**content, "parts": [part]}, "index": 0}]}
        for part in parts
        if part != parts[-1]
    ]
    last = {**candidate, "content": {**content, "parts": parts[-1:]}}
    return _events([*chunks, {**answer, "candidates": [last]}])


def responses(answer: Json) -> bytes:
    begun = {**answer, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    events: list[Json] = [{"type": "response.created", "response": begun}]
    for index, item in enumerate(answer["output"]):
        where = {"output_index": index, "item_id": item.get("id")}
        empty = {key: [] if key in ("content", "summary") else value for key, value in item.items()}
        begins = {**empty, "arguments": ""} if "arguments" in item else empty
        events.append({"type": "response.output_item.added", "output_index": index, "item": begins})
        events += [{**where, **delta} for delta in _deltas_of_responses(item)]
        events.append({"type": "response.output_item.done", "output_index": index, "item": item})
    end = "response.incomplete" if answer["status"] == "incomplete" else "response.completed"
    return _events([*events, {"type": end, "response": answer}])


def _deltas_of_responses(item: Json) -> list[Json]:
    deltas: list[Json] = []
    for number, part in enumerate(item.get("summary") or ()):
        place = {"type": "response.reasoning_summary_text.delta", "summary_index": number}
        deltas += [{**place, "delta": piece} for piece in _halves(part["text"])]
    for number, part in enumerate(item.get("content") or ()):
        kind = {"output_text": "output_text", "refusal": "refusal", "reasoning_text": "reasoning_text"}[part["type"]]
        place = {"type": f"response.{kind}.delta", "content_index": number}
        deltas += [{**place, "delta": piece} for piece in _halves(part.get("text") or part.get("refusal") or "")]
    if item["type"] == "function_call":
        place = {"type": "response.function_call_arguments.delta"}
        deltas += [{**place, "delta": piece} for piece in _halves(item["arguments"])]
    return deltas


def cohere(answer: Json) -> bytes:
    message = answer["message"]
    events: list[Json] = [{"type": "message-start", "id": answer["id"], "delta": {"message": {"role": "assistant"}}}]
    plan = _halves(message.get("tool_plan") or "")
    events += [{"type": "tool-plan-delta", "delta": {"message": {"tool_plan": piece}}} for piece in plan]
    for index, part in enumerate(message.get("content") or ()):
        key = "thinking" if part["type"] == "thinking" else "text"
        contents: list[Json] = [{"type": part["type"], key: ""}, *({key: piece} for piece in _halves(part[key]))]
        for number, content in enumerate(contents):
            kind = "content-delta" if number else "content-start"
            events.append({"type": kind, "index": index, "delta": {"message": {"content": content}}})
        events.append({"type": "content-end", "index": index})
    for index, call in enumerate(message.get("tool_calls") or ()):
        first, *more = _halves(call["function"]["arguments"])
        start = {**call, "function": {**call["function"], "arguments": first}}
        events.append({"type": "tool-call-start", "index": index, "delta": {"message": {"tool_calls": start}}})
        for piece in more:
            grown = {"function": {"arguments": piece}}
            events.append({"type": "tool-call-delta", "index": index, "delta": {"message": {"tool_calls": grown}}})
        events.append({"type": "tool-call-end", "index": index})
    end = {"finish_reason": answer["finish_reason"], "usage": answer["usage"]}
    return _events([*events, {"type": "message-end", "id": answer["id"], "delta": end}])


def ollama(answer: Json) -> bytes:
    """Each field of the message on a line of its own, and a last line without any."""
    message = answer["message"]
    begun = {"model": answer["model"], "created_at": answer["created_at"], "done": False}
    contents: list[Json] = [{"thinking": piece, "content": ""} for piece in _halves(message.get("thinking") or "")]
    contents += [{"content": piece} for piece in _halves(message.get("content") or "")]
    contents += [{"content": "", "tool_calls": [call]} for call in message.get("tool_calls") or ()]
    lines: list[Json] = [{**begun, "message": {"role": "assistant", **content}} for content in contents]
    lines.append({**answer, "message": {"role": "assistant", "content": ""}})
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def bedrock(answer: Json) -> bytes:
    events: list[tuple[str, Json]] = [("messageStart", {"role": "assistant"})]
    for index, block in enumerate(answer["output"]["message"]["content"]):
        start, deltas = _block_of_bedrock(block)
        if start:
            events.append(("contentBlockStart", {"contentBlockIndex": index, "start": start}))
        events += [("contentBlockDelta", {"contentBlockIndex": index, "delta": delta}) for delta in deltas]
        events.append(("contentBlockStop", {"contentBlockIndex": index}))
    events.append(("messageStop", {"stopReason": answer["stopReason"]}))
    rest = {key: value for key, value in answer.items() if key not in ("output", "stopReason")}
    events.append(("metadata", rest))
    return b"".join(_frame(name, event) for name, event in events)


def _block_of_bedrock(block: Json) -> tuple[Json, list[Json]]:
    if "text" in block:
        return {}, [{"text": piece} for piece in _halves(block["text"])]
    if "toolUse" in block:
        tool = block["toolUse"]
        text = json.dumps(tool["input"])
        return {"toolUse": {k: v for k, v in tool.items() if k != "input"}}, [
            {"toolUse": {"input": piece}} for piece in _halves(text)
        ]
    if "toolResult" in block:
        result = block["toolResult"]
        return {"toolResult": {k: v for k, v in result.items() if k != "content"}}, [{"toolResult": result["content"]}]
    thought = block["reasoningContent"].get("reasoningText")
    if thought is None:
        return {}, [{"reasoningContent": block["reasoningContent"]}]
    deltas = [{"reasoningContent": {"text": piece}} for piece in _halves(thought["text"])]
    signed = [{"reasoningContent": {"signature": thought["signature"]}}] if "signature" in thought else []
    return {}, deltas + signed


def _frame(name: str, event: Json) -> bytes:
    """https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html"""
    fields = {":message-type": "event", ":event-type": name, ":content-type": "application/json"}
    headers = b"".join(
        bytes([len(key)]) + key.encode() + b"\x07" + len(value).to_bytes(2) + value.encode()
        for key, value in fields.items()
    )
    body = json.dumps(event).encode()
    prelude = (16 + len(headers) + len(body)).to_bytes(4) + len(headers).to_bytes(4)
    message = prelude + crc32(prelude).to_bytes(4) + headers + body
    return message + crc32(message).to_bytes(4)


WRITERS: dict[str, Callable[[Json], bytes]] = {
    "openai-chat": chat,
    "openai-responses": responses,
    "anthropic": anthropic,
    "gemini": gemini,
    "ollama": ollama,
    "cohere-v2": cohere,
    "bedrock": bedrock,
}
