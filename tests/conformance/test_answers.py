"""Each recorded answer, whole and cut anew, is decoded to what a naive reader finds in it."""

from __future__ import annotations

import pytest

from llmspell.errors import LlmspellError
from llmspell.providers.catalog import ROWS
from llmspell.providers.wire import formats
from llmspell.providers.wire.problem import RefusedError
from tests.conformance import naive, recordings, services
from tests.conformance.decoding import differences, folded, pieces, streamed
from tests.conformance.recordings import Exchange
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


@pytest.mark.parametrize("name", recordings.names(), ids=str)
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


def compared(service: str, wire: str, response, found: naive.Reading) -> list[str]:
    row = ROWS.get(services.row_name(service, wire))
    in_total = bool(row and row.wire == wire and row.dialect.get("output_in_total"))
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


@pytest.mark.parametrize("name", recordings.names(), ids=str)
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
