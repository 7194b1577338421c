"""Recorded conversations, replayed: each answer that we decode goes back with the next request as it was recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import pairwise
from typing import Any, NamedTuple

from llmspell.providers.base import Request, Response
from llmspell.providers.content import Message, ToolResult
from llmspell.providers.wire import formats
from tests.conformance import naive, recordings, services
from tests.conformance.decoding import folded, streamed
from tests.conformance.recordings import Exchange
from tests.conformance.same import Body, Rule, difference, walk
from tests.conformance.tally import Tally
from tests.conformance.test_requests import encoded, in_our_words
from tests.conformance.translate import gemini
from tests.conformance.translate.common import Asked, InexpressibleError


class Turn(NamedTuple):
    """An answer, and the request that sends it back: `before` of its messages were sent for the answer."""

    wire: str
    answer: Exchange
    following: Exchange
    asked: Asked
    before: int


def chats(name: str) -> list[tuple[Exchange, str]]:
    """The chat exchanges of a recording, with their formats."""
    recording = recordings.recording(name)
    return [
        (exchange, kind[1])
        for exchange in recording.exchanges
        if (kind := services.kind_of(recording.service, exchange)) and kind[0] == "chat" and kind[1] in formats.NAMES
    ]


def turns(name: str) -> Iterator[Turn]:
    service = name.partition("/")[0]
    for (answer, wire), (following, _) in pairwise(chats(name)):
        try:
            earlier = in_our_words(service, wire, answer)
            asked = in_our_words(service, wire, following)
        except InexpressibleError:
            continue
        before, sent = earlier.request.messages, asked.request.messages
        follows = answer.status == 200 and sent[: len(before)] == before and len(sent) > len(before)
        if follows and sent[len(before)].role == "assistant":
            yield Turn(wire, answer, following, asked, len(before))


def decoded(service: str, wire: str, body: bytes) -> Response:
    form = services.format_for(service, wire)
    if naive.is_stream(body) or wire == "ollama":
        return streamed(form, [body])
    return folded(form.decode(body))


def with_answer(request: Request, before: int, answer: Message) -> tuple[Request, dict[str, str]]:
    """The request with our decoded answer in place of the recorded one, and `{our id: recorded id}` of its calls."""
    request = deepcopy(request)
    after = before
    while after < len(request.messages) and request.messages[after].role == "assistant":
        after += 1
    recorded = [call.id for message in request.messages[before:after] for call in message.tool_calls]
    ids = dict(zip(recorded, [call.id for call in answer.tool_calls], strict=False))
    request.messages[before:after] = [answer]
    for message in request.messages[before:]:
        for part in message.parts:
            if isinstance(part, ToolResult):
                part.id = ids.get(part.id, part.id)
    return request, {ours: theirs for theirs, ours in ids.items()}


@recordings.each
def test_answers_go_back_as_recorded(name: str, tally: Tally) -> None:
    service = name.partition("/")[0]
    problems = []
    for turn in turns(name):
        found = naive.READERS[turn.wire](turn.answer.answer)
        if found.error:
            tally.leave_out(service, "turns after an answer that ended with an error")
            continue
        if changed_by_client(turn, found):
            tally.leave_out(service, "turns whose answer the recorded client changed before it sent it back")
            continue
        request, ids = with_answer(
            turn.asked.request, turn.before, decoded(service, turn.wire, turn.answer.answer).message
        )
        text = encoded(service, turn.wire, Asked(request, turn.asked.stream)).body.decode()
        for mine, theirs in ids.items():
            text = text.replace(json.dumps(mine), json.dumps(theirs))
        ours = json.loads(text)
        recorded = gemini.camel(turn.following.asked) if turn.wire == "gemini" else turn.following.asked
        rules = [rule(turn) for rule in _RULES.get(turn.wire, ())]
        tally.add(service, turn.wire, name, "turns")
        tally.add(service, turn.wire, name, "states", len(opaque(recorded)))
        if problem := difference(turn.wire, recorded, ours, rules, may_add=_DROPPED_BY_CLIENTS):
            problems.append(f"{turn.wire} {problem}")
    assert not problems, "\n".join(problems)


@recordings.each
def test_no_secret_is_lost(name: str, tally: Tally) -> None:
    """Whatever a service wants back goes back with the next turn, also where the recorded client dropped it."""
    service = name.partition("/")[0]
    for exchange, wire in chats(name):
        if exchange.status != 200 or not keeps_secrets(service, wire):
            continue
        found = naive.READERS[wire](exchange.answer)
        if found.error or found.cut:
            continue
        answer = decoded(service, wire, exchange.answer)
        history = [Message("user", "?"), answer.message, Message("user", "!")]
        made = services.format_for(service, wire).chat(Request(model="gemini-2", messages=history), stream=False)
        lost = [secret for secret in secrets(wire, exchange.answer) if json.dumps(secret).encode() not in made.body]
        tally.add(service, wire, name, "states", len(secrets(wire, exchange.answer)))
        assert not lost, f"{wire} lost {lost!s:.300}"


def keeps_secrets(service: str, wire: str) -> bool:
    """Of the services with chat completions, those whose row in the catalog says that they want details back."""
    if wire != "openai-chat":
        return True
    row = services.row_of(service, wire)
    return row is not None and row.dialect.get("reasoning_echo") == "reasoning_details"


def secrets(wire: str, body: bytes) -> list[str]:
    """What is signed or encrypted in an answer; of a stream of Responses, at the end of its items."""
    if wire == "bedrock" and naive.is_stream(body):
        return secrets_in(naive.frames(body))
    if wire in ("ollama", "cohere-v2"):
        return []
    events = naive.events(body) if naive.is_stream(body) else [json.loads(body)]
    if wire == "openai-responses" and naive.is_stream(body):
        done = [event for event in events if event["type"] == "response.output_item.done"]
        events = [event for event in events if event.get("response", {}).get("output")][-1:] or done
    return secrets_in(events)


def secrets_in(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for item in value for found in secrets_in(item)]
    if not isinstance(value, dict):
        return []
    keys = ("signature", "encrypted_content", "thoughtSignature", "thought_signature", "redactedContent")
    here = [value[key] for key in keys if isinstance(value.get(key), str) and value[key]]
    if value.get("type") in ("redacted_thinking", "reasoning.encrypted"):
        here.append(value["data"])
    return here + [found for inner in value.values() for found in secrets_in(inner)]


def changed_by_client(turn: Turn, found: naive.Reading) -> bool:
    """Whether the text that goes back is another than the text that came."""
    sent = [message for message in turn.asked.request.messages[turn.before :] if message.role == "assistant"]
    text = "".join(message.text for message in sent[:2])
    return bool(text) and text != found.text


_OPAQUE = (
    "signature",
    "encrypted_content",
    "thoughtSignature",
    "thought_signature",
    "redactedContent",
    "reasoning_details",
    "reasoning_content",
)
_DROPPED_BY_CLIENTS = ("status", "id", "tool_plan", "extra_content", "phase", "annotations")
"""What recorded clients left out though it came with the answer, and services take back."""


def opaque(value: Any) -> list[Any]:
    """What the service wants back untouched, wherever it stands."""
    if isinstance(value, list):
        return [found for item in value for found in opaque(item)]
    if not isinstance(value, dict):
        return []
    if value.get("type") == "redacted_thinking":
        return [value["data"]]
    here = [inner for key, inner in value.items() if key in _OPAQUE and inner]
    return here + [found for key, inner in value.items() if key not in _OPAQUE for found in opaque(inner)]


def one_alphabet(turn: Turn) -> Rule:
    """The signatures of Gemini are bytes: clients send them back in either alphabet of base64. The ids that begin
    with `pyd_ai_` were invented by the recorded client for calls that have none."""

    def change(table: Body) -> Body:
        if signature := table.get("thoughtSignature"):
            table = {**table, "thoughtSignature": signature.replace("-", "+").replace("_", "/")}
        return {k: v for k, v in table.items() if k != "id" or not str(v).startswith("pyd_ai_")}

    return lambda body: walk(body, change)


def no_empty_answers(turn: Turn) -> Rule:
    """One recorded client sends an empty answer before the one with its calls."""

    def rule(body: Body) -> Body:
        empty = {"role": "assistant", "content": ""}
        return {**body, "messages": [message for message in body["messages"] if message != empty]}

    return rule


def either_encryption(turn: Turn) -> Rule:
    """Reasoning comes encrypted twice in a stream, when its item is done and with the whole answer, and not the same
    way, at times with another id; either may go back, and we send the later one. Items of the service's own tools
    need not go back."""
    came = items(naive.events(turn.answer.answer)) if naive.is_stream(turn.answer.answer) else []

    def change(item: Body) -> Body:
        if (item.get("id"), item.get("encrypted_content")) in came:
            return {**item, "id": "as it came", "encrypted_content": "as it came"}
        return item

    def rule(body: Body) -> Body:
        kept = [item for item in body["input"] if not item.get("type", "").endswith("_search_call")]
        return {**body, "input": [change(item) for item in kept]}

    return rule


def items(value: Any) -> list[tuple[str, str]]:
    """The id and the secret of every item that has one."""
    if isinstance(value, list):
        return [found for inner in value for found in items(inner)]
    if not isinstance(value, dict):
        return []
    here = [(value.get("id", ""), value["encrypted_content"])] if value.get("encrypted_content") else []
    return here + [found for inner in value.values() for found in items(inner)]


def signed_text(turn: Turn) -> Rule:
    """A stream signs a text with an empty part behind it, which one recorded client lays on the text, as it adds to
    the service's own tools what it found out elsewhere."""

    def rule(body: Body) -> Body:
        return {**body, "contents": [{**content, "parts": joined(content["parts"])} for content in body["contents"]]}

    def joined(parts: list[Body]) -> list[Body]:
        made: list[Body] = []
        for part in parts:
            part = {key: bare(value) if key in ("toolCall", "toolResponse") else value for key, value in part.items()}
            if made and part.get("text") == "" and "text" in made[-1]:
                made[-1] = {**part, **made[-1]}
            else:
                made.append(part)
        return made

    def bare(tool: Body) -> Body:
        return {key: value for key, value in tool.items() if key not in ("args", "response")}

    return rule


_RULES: dict[str, tuple[Callable[[Turn], Rule], ...]] = {
    "gemini": (one_alphabet, signed_text),
    "openai-chat": (no_empty_answers,),
    "openai-responses": (either_encryption,),
}
