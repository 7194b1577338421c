"""What a recorded answer says, found by the plainest means: one JSON value after the other, and loops.

Nothing here knows the product. Where two ways of reading are thinkable, the service's own documentation decides;
numbers of tokens are those of `llmspell.providers.base.Usage`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Reading:
    """The facts of an answer.

    `error` is true where it ends with an error, `cut` where it has no end at all, `refused` where the model says that
    it will not, in the field that its service has for that.
    """

    text: str = ""
    reasoning: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list)
    stop: str | None = None
    tokens: dict[str, int | None] = field(default_factory=dict)
    error: bool = False
    cut: bool = False
    refused: bool = False


def events(body: bytes) -> list[dict[str, Any]]:
    """The objects in server-sent events; an event's name becomes its `type` if it has none."""
    found = []
    for block in body.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        lines = block.split("\n")
        data = "\n".join(line[5:].removeprefix(" ") for line in lines if line.startswith("data:"))
        name = "".join(line[6:].strip() for line in lines if line.startswith("event:"))
        if data and data != "[DONE]":
            event = json.loads(data)
            found.append({"type": name, **event} if name else event)
    return found


def is_stream(body: bytes) -> bool:
    return body.lstrip()[:1] not in (b"{", b"[", b"")


def arguments(text: Any) -> Any:
    """The object of a call; `None` for text that is no JSON, as a limit leaves it."""
    if not isinstance(text, str):
        return {} if text is None else text
    try:
        return json.loads(text or "{}") or {}
    except ValueError:
        return None


def chat(body: bytes) -> Reading:
    """OpenAI's chat completions, whole or as a stream."""
    streamed = is_stream(body)
    found = Reading()
    calls: dict[Any, list[str]] = {}
    for chunk in events(body) if streamed else [json.loads(body)]:
        if chunk.get("error") or chunk.get("type") == "error":
            found.error = True
            continue
        for choice in (chunk.get("choices") or [])[:1]:
            message = choice.get("delta" if streamed else "message") or {}
            _said_in_chat(found, message)
            for number, call in enumerate(message.get("tool_calls") or []):
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
    content = message.get("content") or ""
    if isinstance(content, str):
        found.text += content
    else:
        for part in content:
            if part["type"] == "text":
                found.text += part["text"]
            if part["type"] == "thinking":
                found.reasoning += "".join(inner["text"] for inner in part["thinking"])
    found.text += message.get("refusal") or ""
    found.refused = found.refused or bool(message.get("refusal"))
    said = message.get("reasoning_content") or message.get("reasoning")
    if not said:
        details = message.get("reasoning_details") or []
        said = "".join(detail.get("text") or detail.get("summary") or "" for detail in details)
    found.reasoning += said


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
    for block in blocks.values():
        if block["type"] == "text":
            found.text += block["text"]
        elif block["type"] == "thinking":
            found.reasoning += block["thinking"]
        elif block["type"] == "tool_use":
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


def gemini(body: bytes) -> Reading:
    """Gemini's generateContent: each chunk of a stream is a small answer."""
    found = Reading()
    usage: dict[str, Any] = {}
    for chunk in events(body) if is_stream(body) else [json.loads(body)]:
        found.error = found.error or "error" in chunk
        for candidate in (chunk.get("candidates") or [])[:1]:
            for part in (candidate.get("content") or {}).get("parts") or []:
                if "text" in part and part.get("thought"):
                    found.reasoning += part["text"]
                elif "text" in part:
                    found.text += part["text"]
                elif "functionCall" in part:
                    found.calls.append((part["functionCall"]["name"], part["functionCall"].get("args") or {}))
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


def responses(body: bytes) -> Reading:
    """OpenAI's Responses: a stream ends with an event that has the whole answer, which is what is read.

    Some servers leave `output` empty there; then the items that were reported as done count.
    """
    if not is_stream(body):
        return _response(json.loads(body))
    done: list[dict[str, Any]] = []
    ends = ("response.completed", "response.incomplete", "response.failed")
    for event in events(body):
        if event["type"] == "response.output_item.done":
            done.append(event["item"])
        if event["type"] in ends:
            answer = event["response"]
            return _response({**answer, "output": answer.get("output") or done})
        if event["type"] == "error":
            return Reading(error=True)
    return Reading(cut=True)


def _response(answer: dict[str, Any]) -> Reading:
    found = Reading(error=answer["status"] == "failed")
    for item in answer["output"]:
        if item["type"] == "message":
            found.text += "".join(part.get("text") or part.get("refusal") or "" for part in item["content"])
            found.refused = found.refused or any(part.get("refusal") for part in item["content"])
        elif item["type"] == "reasoning":
            content = item.get("content") or item.get("summary") or []
            found.reasoning += "\n\n".join(part["text"] for part in content)
        elif item["type"] == "function_call":
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


def ollama(body: bytes) -> Reading:
    """Ollama's chat: an object on each line, of which a whole answer has one."""
    found = Reading(cut=True)
    for line in body.decode().splitlines():
        if not line.strip():
            continue
        chunk = json.loads(line)
        message = chunk.get("message") or {}
        found.error = found.error or "error" in chunk
        found.text += message.get("content") or ""
        found.reasoning += message.get("thinking") or ""
        for call in message.get("tool_calls") or []:
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
        found.reasoning = message.get("tool_plan") or ""
        for part in message.get("content") or []:
            found.text += part.get("text") or ""
            found.reasoning += part.get("thinking") or ""
        for number, call in enumerate(message.get("tool_calls") or []):
            calls[number] = [call["function"]["name"], call["function"]["arguments"]]
    else:
        for event in events(body):
            delta = event.get("delta") or {}
            message = delta.get("message") or {}
            content = message.get("content")
            if isinstance(content, dict):
                found.text += content.get("text") or ""
                found.reasoning += content.get("thinking") or ""
            found.reasoning += message.get("tool_plan") or ""
            if event["type"] in ("tool-call-start", "tool-call-delta"):
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
            block = blocks.setdefault(event.get("contentBlockIndex", -1), {"text": "", "thought": "", "input": ""})
            if event["event"] == "contentBlockStart":
                block |= (event["start"].get("toolUse")) or {}
            elif event["event"] == "contentBlockDelta":
                delta = event["delta"]
                block["text"] += delta.get("text") or ""
                block["thought"] += (delta.get("reasoningContent") or {}).get("text") or ""
                block["input"] += (delta.get("toolUse") or {}).get("input") or ""
            elif event["event"] == "messageStop":
                found.stop, found.cut = event["stopReason"], False
            elif event["event"] == "metadata":
                usage = event["usage"]
            elif event["event"] not in ("messageStart", "contentBlockStop"):
                found.error = True
    found.text = "".join(block["text"] for block in blocks.values())
    found.reasoning = "".join(block["thought"] for block in blocks.values())
    found.calls = [
        (block["name"], arguments(block["input"]))
        for block in blocks.values()
        if "name" in block and block.get("type") != "server_tool_use"
    ]
    cached, written = usage.get("cacheReadInputTokens"), usage.get("cacheWriteInputTokens")
    if usage:
        found.tokens["input"] = usage["inputTokens"] + (cached or 0) + (written or 0)
    found.tokens |= {"output": usage.get("outputTokens"), "cached": cached, "written": written}
    return found


READERS = {
    "openai-chat": chat,
    "openai-responses": responses,
    "anthropic": anthropic,
    "gemini": gemini,
    "ollama": ollama,
    "cohere-v2": cohere,
    "bedrock": bedrock,
}

WORDS = {
    "stop": "stop",
    "end_turn": "stop",
    "eos": "stop",
    "stop_sequence": "stop",
    "STOP": "stop",
    "COMPLETE": "stop",
    "completed": "stop",
    "complete": "stop",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "MAX_TOKENS": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "tool_use": "tool_calls",
    "TOOL_CALL": "tool_calls",
    "UNEXPECTED_TOOL_CALL": "tool_calls",
    "content_filter": "content_filter",
    "guardrail_intervened": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "SAFETY": "content_filter",
    "refusal": "content_filter",
}
"""The documented words for why a model stopped, in the closed set of the product."""
