"""`AgentRun`: what an agent does next, as a state machine without I/O.

    run = AgentRun(template, [Message("user", "Is it warm in Paris?")])
    while True:
        match run.step():
            case CallModel(request):   run.answered(response, cost)
            case CallTools(calls):     run.tool_done(call.key, result)   # or run.ask(call.key, question)
            case Ask(questions):       run.decide(question.id, True)
            case Done(reason):         break

`step` changes nothing: it says what is due until it was told that it is done. `to_data` and `from_data` carry a run
into another process at any moment; what was asked of a model or a tool and not answered is then asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from llmspell.agents.data import (
    damaged,
    messages_from_data,
    messages_to_data,
    usage_from_data,
    usage_to_data,
)
from llmspell.agents.limits import AgentLimits, EndReason
from llmspell.agents.output import Output
from llmspell.agents.pending import PendingCall, pending_from_data, pending_to_data
from llmspell.agents.results import refusal
from llmspell.agents.steps import Ask, CallModel, CallTools, Done, Question, Step
from llmspell.errors import InvalidValueError, LlmspellError, from_data
from llmspell.providers.base import Request, Response, Usage
from llmspell.providers.content import Media, Message, Text, ToolCall, ToolResult

VERSION = 1
_COUNTS = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "cache_write_tokens")
_NOT_RUN = "This tool was not run: {}."
_BROKEN_OFF = "This call was broken off, whatever it has done by then: {}."


class AgentRun:
    """One run: the conversation so far, what it has used, and what is due.

    `template` is the request that each call of the model is made of: its messages come before those of the
    conversation, its tools are those that the model may call. `messages` is the conversation until now, which ends with
    what the model is to answer.
    """

    def __init__(
        self,
        template: Request,
        messages: list[Message],
        *,
        limits: AgentLimits | None = None,
        output: Output | None = None,
    ) -> None:
        self.template = template
        self.limits = limits or AgentLimits()
        self.output = output
        self.messages = list(messages)
        self.begins = max(len(messages) - 1, 0)
        """Where the messages of this run begin: with the prompt."""
        self.turns = 0
        self.tool_calls = 0
        self.repairs = 0
        self.seconds = 0.0
        """How long it has worked, as far as its driver tells."""
        self.usage = Usage(0, 0)
        self.cost: float | None = 0.0
        self.pending: list[PendingCall] = []
        self.memory: dict[str, Any] = {}
        """What a policy for the history keeps."""
        self.reason: EndReason | None = None
        self.detail: str | None = None
        """What is to say about the end, in a sentence."""
        self.error: LlmspellError | None = None
        self.value: Any = None
        """The structured output."""
        self.has_value = False
        self.text = ""
        """The last text of the model."""
        self.answer: str | None = None
        """The text that code has given as the model's: the answer, once the calls of this turn are done."""
        self._empty = 0

    # What is due

    def step(self) -> Step:
        """What to do next."""
        if self.reason is not None:
            return Done(self.reason)
        if ready := [call for call in self.pending if call.status == "ready"]:
            return CallTools(ready)
        if self.pending:
            return Ask(self.questions)
        return CallModel(self.request(self.messages))

    @property
    def questions(self) -> list[Question]:
        """What waits to be decided."""
        return [
            Question(each["id"], each["name"], each["arguments"], each.get("reason"))
            for call in self.pending
            if call.status == "asked"
            for each in call.questions
            if each["id"] not in call.answers
        ]

    def request(self, messages: list[Message]) -> Request:
        """What to ask the model, with these messages as the conversation."""
        request = replace(self.template, messages=[*self.template.messages, *messages])
        return request if self.output is None else self.output.prepared(request)

    # What the model did

    def answered(self, response: Response, cost: float | None, malformed: Mapping[int, str] | None = None) -> None:
        """The model answered. `malformed` are texts of arguments that cannot be read, by the number of the call."""
        self._count_turn(response.usage, cost)
        calls = response.tool_calls
        self.text = response.text or self.text
        if calls:
            self._empty = 0
            self.messages.append(response.message)
            self._call_tools(calls, malformed or {})
        elif response.finish_reason == "content_filter":
            self._say(response)
            self._end("refused", "the model refused to answer")
        elif response.finish_reason == "length":
            self._say(response)
            self._end("length", "the answer was cut at the most tokens that it may have")
        elif response.raw_finish_reason == "pause_turn":  # Anthropic's own tools take long: it goes on when asked
            self._say(response)
        elif not response.text.strip() and not any(isinstance(part, Media) for part in response.parts):
            self._nothing_said()
        else:
            self._said(response.message)
        self._check_limits()

    def retry(self, usage: Usage, cost: float | None, note: str | None = None) -> None:
        """The model answered, but is to answer again; `note` is put before it as a message of the user."""
        self._count_turn(usage, cost)
        if note:
            self.messages.append(Message("user", note))
        self._check_limits()

    def failed(self, error: LlmspellError) -> None:
        """Something failed for good: the run ends."""
        self.error, self.reason = error, None  # a hook may fail after the last answer
        self._end("refused" if error.kind == "content_filter" else "error", error.message)

    def stop(self, why: str | None = None, reason: EndReason = "stopped") -> None:
        """End the run now. Calls that wait are answered with that they were not run."""
        self._end(reason, why)

    def stopped(self, why: str | None = None) -> None:
        """The run has failed, but ends as one that was stopped."""
        self.reason, self.detail, self.error = "stopped", why, None

    def spend(self, usage: Usage, cost: float | None) -> None:
        """Count what a tool used of models."""
        for name in _COUNTS:
            if (count := getattr(usage, name)) is not None:
                setattr(self.usage, name, (getattr(self.usage, name) or 0) + count)
        self.cost = None if self.cost is None or cost is None else self.cost + cost

    # What the tools did

    def tool_done(self, key: int, result: ToolResult) -> None:
        """A call is answered; when it was the last one, the results go to the conversation in the order of calls."""
        call = self._pending(key)
        call.status, call.result = "done", result
        self._settle()

    def ask(
        self,
        key: int,
        questions: list[dict[str, Any]],
        arguments: dict[str, Any],
        paused: Mapping[str, Any] | None = None,
    ) -> None:
        """A call waits for answers. `questions` are `{"id", "name", "arguments", "reason"?}`, ids those of the asker;
        `arguments` are those of the call, and `paused` is the state of a tool that is called again with the answers."""
        call = self._pending(key)
        call.status, call.answers = "asked", {}
        call.arguments = arguments
        call.paused = None if paused is None else dict(paused)
        prefix = self._id_of(call)
        inner = [{**each, "id": f"{prefix}/{each['id']}"} for each in questions]
        call.questions = inner if paused is not None else [{**questions[0], "id": prefix}]

    def decide(self, id_: str, approved: bool, reason: str | None = None) -> None:
        """Answer a question. Raises `InvalidValueError` for one that was not asked."""
        asked = [call for call in self.pending if call.status == "asked" and id_ in {q["id"] for q in call.questions}]
        if not asked:
            ids = ", ".join(question.id for question in self.questions)
            raise InvalidValueError(f"nothing asks for an approval with the id {id_!r:.60}", hint=f"there is: {ids}")
        call = asked[0]
        call.answers[id_] = {"approved": approved, "reason": reason}
        if len(call.answers) < len(call.questions):
            return
        if call.paused is None and not approved:
            why = f": {reason}" if reason else ""
            self.tool_done(call.key, refusal(call.call.id, call.call.name, f"This call was not approved{why}."))
        else:
            call.status, call.approved = "ready", True

    def inner_answers(self, call: PendingCall) -> dict[str, Any]:
        """The answers to what a tool asked, by the ids that it gave them."""
        prefix = f"{self._id_of(call)}/"
        return {id_.removeprefix(prefix): answer for id_, answer in call.answers.items()}

    # Inside

    def _count_turn(self, usage: Usage, cost: float | None) -> None:
        self.turns += 1
        self.spend(usage, cost)

    def _say(self, response: Response) -> None:
        if response.parts:
            self.messages.append(response.message)

    def _said(self, message: Message) -> None:
        self.messages.append(message)
        if self.output is None:
            self._end("done")
            return
        try:
            self.value, self.has_value = self.output.of_text(message.text), True
        except LlmspellError as error:
            self._repair(error.message)
        else:
            self._end("done")

    def _nothing_said(self) -> None:
        self._empty += 1
        if self.has_value:
            self._end("done")
        elif self._empty > 1:
            self._end("empty", "the model answered nothing")

    def _repair(self, problem: str) -> None:
        assert self.output is not None  # noqa: S101  # for the type checker: only its answers are repaired
        if self.repairs >= self.limits.max_repairs:
            self._end("invalid_output", problem)
            return
        self.repairs += 1
        self.messages.append(Message("user", self.output.complaint(problem)))

    def _call_tools(self, calls: list[ToolCall], malformed: Mapping[int, str]) -> None:
        self.pending = [PendingCall(key=at, call=call, malformed=malformed.get(at)) for at, call in enumerate(calls)]
        if self.output is not None:
            self._take_output()
        self._settle_limits()
        self._settle()

    def _take_output(self) -> None:
        """Calls of the tool that stands for the answer: the first that fits is the answer."""
        assert self.output is not None  # noqa: S101  # for the type checker: the caller looked
        for each in self.pending:
            if not self.output.is_answer(each.call):
                continue
            try:
                value = self.output.of_call(each.call, each.malformed)
            except LlmspellError as error:
                self.repairs += 1
                each.result = refusal(each.call.id, each.call.name, self.output.complaint(error.message))
            else:
                if not self.has_value:
                    self.value, self.has_value = value, True
                each.result = ToolResult(each.call.id, [Text("Taken.")], each.call.name)
            each.status = "done"

    def _settle_limits(self) -> None:
        left = [call for call in self.pending if call.status != "done"]
        most = self.limits.max_tool_calls
        if self.has_value and not left:
            return
        if not self.has_value and self.repairs > self.limits.max_repairs:
            self._end("invalid_output", "the answer never fitted its schema")
        elif most is not None and self.tool_calls + len(left) > most:
            self._end("max_tool_calls", f"the model asked for more than {most} calls of tools")
        elif left and not self.has_value and self.turns >= self.limits.max_turns:
            self._end("max_turns", f"the model wanted more than {self.limits.max_turns} turns")
        self.tool_calls += len(left) if self.reason is None else 0

    def _settle(self) -> None:
        if self.reason is not None or not self.pending or any(call.status != "done" for call in self.pending):
            return
        self._write_results()
        if self.has_value:
            self._end("done")
            return
        if self.answer is not None:
            self.text, self.answer = self.answer, None
            self._said(Message("assistant", self.text))
        self._check_limits()

    def _write_results(self) -> None:
        results: list[Any] = [call.result for call in self.pending]
        self.messages.append(Message("tool", results))
        self.pending = []

    def _check_limits(self) -> None:
        """Before the model is called again."""
        if self.reason is not None or self.pending:
            return
        limits, tokens = self.limits, (self.usage.input_tokens or 0) + (self.usage.output_tokens or 0)
        if self.turns >= limits.max_turns:
            self._end("max_turns", f"no answer after {limits.max_turns} turns")
        elif limits.max_tokens is not None and tokens >= limits.max_tokens:
            self._end("max_tokens", f"{tokens} of {limits.max_tokens} tokens are used")
        elif limits.max_cost is not None and self.cost is not None and self.cost >= limits.max_cost:
            self._end("max_cost", f"${self.cost:.6g} of ${limits.max_cost:.6g} are spent")

    def _end(self, reason: EndReason, detail: str | None = None) -> None:
        if self.reason is not None:
            return
        self.reason, self.detail = reason, detail
        if self.pending:  # a provider takes no conversation in which calls have no answer
            for call in self.pending:
                told = (_BROKEN_OFF if call.begun else _NOT_RUN).format(detail or "the run ended")
                call.result = call.result or refusal(call.call.id, call.call.name, told)
            self._write_results()

    def _pending(self, key: int) -> PendingCall:
        return next(call for call in self.pending if call.key == key)

    def _id_of(self, call: PendingCall) -> str:
        """The id of the call, told apart from others with the same."""
        twins = [each.key for each in self.pending if each.call.id == call.call.id]
        return call.call.id if twins[0] == call.key else f"{call.call.id}#{twins.index(call.key) + 1}"

    # As JSON

    def to_data(self) -> dict[str, Any]:
        """The whole run as JSON, but for the template, the limits and the schema of the output."""
        return {
            "version": VERSION,
            "messages": messages_to_data(self.messages),
            "begins": self.begins,
            "turns": self.turns,
            "tool_calls": self.tool_calls,
            "repairs": self.repairs,
            "seconds": self.seconds,
            "empty": self._empty,
            "usage": usage_to_data(self.usage),
            "cost": self.cost,
            "pending": [pending_to_data(call) for call in self.pending],
            "memory": self.memory,
            "reason": self.reason,
            "detail": self.detail,
            "error": self.error.to_data() if self.error else None,
            "value": self.value,
            "has_value": self.has_value,
            "text": self.text,
            "answer": self.answer,
            "mode": self.output.mode if self.output else None,
        }

    @classmethod
    def from_data(
        cls,
        data: Any,
        template: Request,
        *,
        limits: AgentLimits | None = None,
        output: Output | None = None,
    ) -> AgentRun:
        """The run that `to_data` made JSON of, with the same template, limits and output. Raises `InvalidValueError`
        for anything else."""
        if not isinstance(data, Mapping) or data.get("version") != VERSION:
            raise InvalidValueError("this is no run of an agent that was saved", hint="pass what was saved, unchanged")
        data = deepcopy(dict(data))  # whoever kept it may begin with it again
        run = cls(template, messages_from_data(data.get("messages"), "the run"), limits=limits, output=output)
        try:
            run._restore(data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise damaged("the run", error) from None
        return run

    def _restore(self, data: Mapping[str, Any]) -> None:
        for name in ("begins", "turns", "tool_calls", "repairs", "cost", "reason", "detail", "value", "text"):
            setattr(self, name, data[name])
        self.answer, self.seconds = data.get("answer"), float(data.get("seconds", 0.0))
        self.has_value, self._empty, self.memory = data["has_value"], data["empty"], dict(data["memory"])
        self.usage = usage_from_data(data["usage"])
        self.error = from_data(data["error"]) if data["error"] else None
        self.pending = [pending_from_data(call) for call in data["pending"]]
        if self.output is not None and data["mode"] is not None:
            self.output.mode = data["mode"]
