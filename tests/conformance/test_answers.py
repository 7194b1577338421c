"""Each recorded answer, whole and cut anew, is decoded to what a naive reader finds in it."""

from __future__ import annotations

import contextlib
import json
import random
import re
from itertools import takewhile

from llmspell.errors import LlmspellError
from llmspell.providers.base import Response
from llmspell.providers.wire import formats
from llmspell.providers.wire.problem import RefusedError
from tests.conformance import naive, recordings, services
from tests.conformance.decoding import differences, folded, pieces, streamed
from tests.conformance.recordings import Exchange
from tests.conformance.streaming import WRITERS
from tests.conformance.tally import Tally

ROUNDS = (1, 6, 40)


def chats(name: str) -> list[tuple[int, Exchange, str]]:
    """The chat exchanges of a recording, with their formats."""
    recording = recordings.recording(name)
    return [
        (number, exchange, kind[1])
        for number, exchange in enumerate(recording.exchanges)
        if (kind := services.kind_of(recording.service, exchange)) and kind[0] == "chat"
    ]


@recordings.each
def test_answers_say_what_the_naive_reader_finds(name: str, tally: Tally) -> None:
    service = name.partition("/")[0]
    problems: list[str] = []
    for number, exchange, wire in chats(name):
        if wire not in formats.NAMES:
            tally.leave_out(service, f"the format {wire} is not there yet")
        elif exchange.status == 200:
            problems += [f"{wire} #{number} {problem}" for problem in check(name, wire, exchange, tally)]
    assert not problems, "\n".join(problems)


def check(name: str, wire: str, exchange: Exchange, tally: Tally) -> list[str]:
    service = name.partition("/")[0]
    found = naive.READERS[wire](exchange.answer)
    if found.error or found.cut:
        tally.add(service, wire, name, "refusals")
        return must_fail(service, wire, exchange)
    tally.add(service, wire, name, "answers")
    form = services.format_for(service, wire)
    if not naive.is_stream(exchange.answer) and wire != "ollama":
        return compared(service, wire, folded(form.decode(exchange.answer)), found)
    whole = streamed(form, [exchange.answer])
    problems = compared(service, wire, whole, found)
    for cuts in ROUNDS:
        for body in bodies(wire, exchange.answer):
            tally.add(service, wire, name, "cut anew")
            if streamed(form, pieces(body, name, cuts)) != whole:
                problems.append(f"another answer when cut in {cuts}")
    return problems


@recordings.each
def test_a_whole_answer_is_its_stream(name: str, tally: Tally) -> None:
    service = name.partition("/")[0]
    problems: list[str] = []
    for number, exchange, wire in chats(name):
        if exchange.status != 200 or wire not in formats.NAMES or not is_whole(wire, exchange.answer):
            continue
        form = services.format_for(service, wire)
        body = WRITERS[wire](json.loads(exchange.answer))
        whole, stream = folded(form.decode(exchange.answer)), streamed(form, pieces(body, name, 5))
        tally.add(service, wire, name, "as streams")
        problems += [f"{wire} #{number} {problem}" for problem in unlike(whole, stream)]
    assert not problems, "\n".join(problems)


def is_whole(wire: str, body: bytes) -> bool:
    """Whether this is a whole answer of a model; Ollama's are those of one line."""
    if naive.is_stream(body) or body.strip().count(b"\n{"):
        return False
    found = naive.READERS[wire](body)
    return not found.error and not found.cut


def unlike(whole: Response, stream: Response) -> list[str]:
    """The fields in which two answers differ."""
    fields = ("parts", "finish_reason", "raw_finish_reason", "usage", "logprobs", "id", "model")
    return [
        f"{field}: whole {getattr(whole, field)!r:.400}, streamed {getattr(stream, field)!r:.400}"
        for field in fields
        if getattr(whole, field) != getattr(stream, field)
    ]


@recordings.each
def test_a_stream_that_ends_early_is_an_error(name: str, tally: Tally) -> None:
    service = name.partition("/")[0]
    problems: list[str] = []
    for number, exchange, wire in chats(name):
        if exchange.status != 200 or wire not in formats.NAMES or not is_streamed(wire, exchange.answer):
            continue
        form = services.format_for(service, wire)
        for end in early_ends(name, wire, exchange.answer):
            tally.add(service, wire, name, "cut short")
            with contextlib.suppress(LlmspellError, RefusedError):
                answer = streamed(form, [exchange.answer[:end]])
                problems.append(f"{wire} #{number} cut after {end} bytes passed for {answer!r:.200}")
    assert not problems, "\n".join(problems)


def is_streamed(wire: str, body: bytes) -> bool:
    if wire == "ollama":
        return body.strip().count(b"\n{") > 0
    return naive.is_stream(body)


def early_ends(name: str, wire: str, body: bytes) -> list[int]:
    """Some places before the event that ends the answer, at borders of events and elsewhere."""
    border = {"ollama": b"\n", "bedrock": None}.get(wire, b"\n\n")
    chance = random.Random(name)  # noqa: S311  # repeatable, not secret
    ends = borders(body, border)
    early = list(takewhile(lambda end: not body[:end].strip() or naive.READERS[wire](body[:end]).cut, ends))
    middles = [chance.randrange(early[-1]) for _ in range(4)] if early else []
    return [0, *chance.sample(early, min(8, len(early))), *middles]


def borders(body: bytes, border: bytes | None) -> list[int]:
    """Where the events of a stream end."""
    if border is None:
        ends, place = [], 0
        while place < len(body):
            place += int.from_bytes(body[place : place + 4])
            ends.append(place)
        return ends
    plain = body.replace(b"\r\n", b"\n")
    if plain != body:
        border = border.replace(b"\n", b"\r\n")
    return [found.end() for found in re.finditer(re.escape(border), body)]


def compared(service: str, wire: str, response: Response, found: naive.Reading) -> list[str]:
    row = services.row_of(service, wire)
    in_total = bool(row and row.dialect.get("output_in_total"))
    return differences(response, found, output_in_total=in_total)


def bodies(wire: str, body: bytes) -> list[bytes]:
    """The body, and the same one as a server with other line ends sends it."""
    if wire == "bedrock":
        return [body]
    return [body, body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")]


def must_fail(service: str, wire: str, exchange: Exchange) -> list[str]:
    form = services.format_for(service, wire)
    try:
        if naive.is_stream(exchange.answer) or wire == "ollama":
            streamed(form, [exchange.answer])
        else:
            folded(form.decode(exchange.answer))
    except RefusedError as refused:
        return [] if refused.problem.message else ["a refusal without a message"]
    except LlmspellError as error:
        return [] if error.message else ["an error without a message"]
    return ["an answer with an error in it, or without an end, passed for a success"]


@recordings.each
def test_refusals_say_why(name: str, tally: Tally) -> None:
    recording = recordings.recording(name)
    for exchange in recording.exchanges:
        kind = services.kind_of(recording.service, exchange)
        if exchange.status < 400 or kind is None or kind[1] not in formats.NAMES:
            continue
        tally.add(recording.service, kind[1], name, "refusals")
        problem = services.format_for(recording.service, kind[1]).problem(exchange.answer, exchange.status)
        assert problem.message, exchange.answer[:300]
        # Google calls a wrong key a wrong request.
        assert problem.status == (401 if b"API_KEY_INVALID" in exchange.answer else exchange.status)
