"""Recorded conversations in which tools were called, as an agent can have them again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any, NamedTuple

from llmspell.agents import Agent, AgentLimits, SchemaTool
from llmspell.errors import ToolError
from llmspell.providers.base import Request
from llmspell.providers.catalog import Row
from llmspell.providers.content import Message, ToolResult
from llmspell.providers.http_provider import HttpProvider
from llmspell.providers.transport import HttpTransport
from llmspell.testing import Answer, RecordedTransport
from tests.conformance import naive, recordings, services
from tests.conformance.recordings import Exchange
from tests.conformance.test_requests import in_our_words
from tests.conformance.test_turns import Turn, turns
from tests.conformance.translate.common import Asked

_OWN = {"model", "messages", "tools", "schema", "schema_name"}


class Conversation(NamedTuple):
    """`asked` is the first request, `answers` are all that came, `results` those of the tools, turn by turn."""

    name: str
    wire: str
    asked: Asked
    answers: list[Exchange]
    results: list[list[ToolResult]]

    @property
    def service(self) -> str:
        return self.name.partition("/")[0]

    @property
    def calls(self) -> list[tuple[str, Any]]:
        """The calls of all answers, as a naive reading finds them."""
        return [call for answer in self.answers for call in naive.READERS[self.wire](answer.answer).calls]

    @property
    def text(self) -> str:
        """The last answer."""
        return naive.READERS[self.wire](self.answers[-1].answer).text

    @property
    def ends_with_calls(self) -> bool:
        return bool(naive.READERS[self.wire](self.answers[-1].answer).calls)


def conversations() -> list[Conversation]:
    """All of them."""
    return [each for name in recordings.names() for each in conversations_in(name)]


def conversations_in(name: str) -> Iterator[Conversation]:
    chain: list[Turn] = []
    for turn in turns(name):
        if not results_of(turn):
            continue
        if chain and chain[-1].following is not turn.answer:
            yield from _conversation(name, chain)
            chain = []
        chain.append(turn)
    if chain:
        yield from _conversation(name, chain)


def _conversation(name: str, chain: list[Turn]) -> Iterator[Conversation]:
    first = chain[0]
    answers = [turn.answer for turn in chain] + [chain[-1].following]
    found = [naive.READERS[first.wire](answer.answer) for answer in answers if answer.status == 200]
    if len(found) == len(answers) and not any(each.error for each in found):
        asked = in_our_words(name.partition("/")[0], first.wire, first.answer)
        yield Conversation(name, first.wire, asked, answers, [results_of(turn) for turn in chain])


def results_of(turn: Turn) -> list[ToolResult]:
    return [each for message in turn.asked.request.messages[turn.before :] for each in message.tool_results]


class Replay:
    """An agent whose service answers as recorded, and whose tools do what they did."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.ran: list[tuple[str, dict[str, Any]]] = []
        self._left = [list(results) for results in conversation.results]
        self.transport = RecordedTransport([_answer(answer) for answer in conversation.answers])
        request = conversation.asked.request
        system = [message.text for message in request.messages if message.role == "system"]
        self.prompt: list[Message] = [message for message in request.messages if message.role != "system"]
        self.provider = self._provider()
        self.agent = Agent(
            (self.provider, request.model or "recorded"),
            instructions="\n".join(system) or None,
            tools=[self._tool(tool) for tool in request.tools],
            output=request.schema,
            output_mode="native",
            options={each.name: getattr(request, each.name) for each in fields(Request) if each.name not in _OWN},
            limits=AgentLimits(max_turns=len(conversation.answers), max_repairs=0),
        )

    def _provider(self) -> HttpProvider:
        conversation = self.conversation
        row = services.row_of(conversation.service, conversation.wire) or Row(
            conversation.service, "", wire=conversation.wire
        )
        row = row._replace(base_url="http://recorded.invalid", headers={})
        return HttpProvider(row, HttpTransport(self.transport.transport), key="recorded")

    def _tool(self, tool: dict[str, Any]) -> SchemaTool:
        return SchemaTool(
            tool["name"],
            self.recorded(tool["name"]),
            description=tool.get("description", ""),
            parameters=tool["parameters"],
        )

    def recorded(self, name: str) -> Callable[[dict[str, Any]], Any]:
        """What gives the recorded results of a tool, one after the other."""

        def run(args: dict[str, Any]) -> Any:
            self.ran.append((name, args))
            results = next(results for results in self._left if results)
            at = next((at for at, each in enumerate(results) if each.name in ("", name)), 0)
            result = results.pop(at)
            if result.is_error:
                raise ToolError(result.text)
            return result.parts or ""

        return run


def _answer(exchange: Exchange) -> Answer:
    body = exchange.answer
    kind = "application/json"
    if naive.is_stream(body):
        kind = "application/vnd.amazon.eventstream" if body[:1] == b"\0" else "text/event-stream"
    elif body.count(b"\n{"):
        kind = "application/x-ndjson"
    return Answer(200, [body], {"content-type": kind})
