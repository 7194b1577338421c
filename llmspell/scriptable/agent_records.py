"""The objects that agents and tools of scripts take and give."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from llmspell.scriptable.records import Count, Message, ModelOptions, Seconds, TokenUsage
from llmspell.scriptable.run import PermissionRules
from llmspell.scriptable.shapes import Bounds, ScriptFunction

Whole = Annotated[int, Bounds(at_least=0)]
Dollars = Annotated[float, Bounds(at_least=0)]
Attempts = Annotated[int, Bounds(at_least=0, at_most=100)]
Mode = Literal["auto", "native", "tool", "prompted"]
Language = Literal["js", "lua"]
Verdict = Literal["allow", "ask", "deny"]


class ToolSpec(TypedDict):
    """A tool that the spell makes."""

    name: str
    """Its name for the model: letters, digits and underscores."""
    description: NotRequired[str]
    """What it does, for the model."""
    parameters: NotRequired[Any]
    """JSON Schema of its arguments, or the short form: `{city = "string", days = "integer?"}`."""
    run: ScriptFunction
    """Takes the arguments and `{id, attempt, context}` of the call, and gives the result. What it throws is told to the
    model."""
    approval: NotRequired[Verdict | ScriptFunction]
    """Whether models may call it just so, after somebody agreed (`ask`), or not at all; or a function that takes what
    `run` takes and gives one of them."""
    timeout: NotRequired[Seconds]
    """Seconds for each attempt."""
    retries: NotRequired[Attempts]
    """How often a failed call is tried again before the model is told."""
    max_result: NotRequired[Count]
    """The most characters of a result that the model is shown."""


class AgentTool(TypedDict, total=False):
    """A tool of an agent: what `tool` made, another agent, what `as_tool` or `as_tools` gave, or what `tool` takes."""

    tool: dict[str, Any]
    """What a `tool` is, as it crosses."""
    agent: dict[str, Any]
    """What an `agent` is, as it crosses."""
    memory: dict[str, Any]
    """What a `memory` is and how it is searched, as it crosses."""
    mcp: dict[str, Any]
    """What a tool of an MCP server is, as it crosses."""
    name: str
    """Its name for the model."""
    description: str
    """What it does, for the model."""
    parameters: Any
    """JSON Schema of its arguments, or the short form."""
    run: ScriptFunction
    """Takes the arguments and gives the result."""
    approval: Verdict | ScriptFunction
    """Whether models may call it just so."""
    timeout: Seconds
    """Seconds for each attempt."""
    retries: Attempts
    """How often a failed call is tried again."""
    max_result: Count
    """The most characters of a result that the model is shown."""


class AgentBounds(TypedDict, total=False):
    """How far an agent may go in one run."""

    max_turns: Count
    """Calls of the model; 20 unless told otherwise."""
    max_tool_calls: Whole
    """Calls of tools."""
    max_tokens: Whole
    """Tokens of prompts and answers together."""
    max_cost: Dollars
    """US dollars."""
    max_repairs: Whole
    """How often an answer that does not fit its schema is sent back; 2 unless told otherwise."""
    timeout: Seconds
    """Seconds that models and tools may take, not those that somebody takes to approve."""


class AgentCall(TypedDict, total=False):
    """What one run of an agent is told besides the prompt."""

    context: Any
    """Told to tools that are functions of the spell, and never to the model; JSON."""


class AgentMemory(TypedDict, total=False):
    """What the model is shown of a long conversation; the conversation itself is kept whole."""

    messages: Count
    """The last messages."""
    tokens: Count
    """As many of the last messages as have so many tokens."""
    summary: Count
    """Once there are more tokens, a summary of all but the last messages."""


class AgentCode(TypedDict):
    """How the model of an agent writes code that calls the tools."""

    language: Language
    """What it writes."""
    timeout: NotRequired[Seconds]
    """Seconds for each piece of code, its tools included; 120 unless told otherwise."""
    cpu: NotRequired[Seconds]
    """Seconds of processor time from one answer to the next wait; 10 unless told otherwise."""
    memory: NotRequired[Count]
    """Bytes of its heap; 64 MiB unless told otherwise."""
    max_calls: NotRequired[Count]
    """Calls that its code makes in one run of the agent; 10,000 unless told otherwise."""
    declare: NotRequired[Whole]
    """Up to how many tools are declared in full; 20 unless told otherwise. The names of more are listed."""
    max_output: NotRequired[Count]
    """The most characters of what a piece of code prints that the model is shown; 20,000 unless told otherwise."""


class AgentOptions(TypedDict, total=False):
    """What an agent is made of."""

    model: str
    """The model; the default one, if absent."""
    instructions: str
    """What the model is told first."""
    tools: list[str | AgentTool]
    """Tools of the program by their names, tools of the spell, other agents, and what `as_tool` and `as_tools` gave."""
    output: Any
    """What the answer must be: JSON Schema or the short form; the reply then has `data`."""
    output_mode: Mode
    """How the model is held to that."""
    code: Language | AgentCode
    """The model writes code that calls the tools, in a sandbox of its own, instead of calling them one by one."""
    declare: Whole
    """With more tools than that, and without `code`, the model searches for those that it needs."""
    limits: AgentBounds
    """How far it may go in one run."""
    permissions: PermissionRules
    """What its built-in tools, the spells that it runs and the agents that it calls may do, of what this spell may do;
    functions of the spell may do all that the spell may."""
    thread: str
    """A name under which the conversation is kept: it goes on in a later run of the spell."""
    memory: AgentMemory
    """What the model is shown of a long conversation."""
    approve: ScriptFunction
    """Decides about a call that must be approved: takes `{id, name, arguments}` and gives true, false, or why not."""
    hooks: dict[str, ScriptFunction]
    """Functions by the kind of event that they see, as for `on`."""
    options: ModelOptions
    """How the model answers."""
    concurrency: Count
    """How many tools run at once; 8 unless told otherwise."""
    tool_timeout: Seconds
    """Seconds for each attempt of a tool that has no timeout of its own."""
    max_result: Count
    """The most characters of a tool's result that the model is shown."""
    name: str
    """Its name where it is a tool."""
    description: str
    """What it does, for models that have it as a tool."""


class ToolNames(TypedDict, total=False):
    """How an agent is called where it is a tool."""

    name: str
    """Its name for the model."""
    description: str
    """What it does, for the model."""
    approval: Verdict
    """Whether models may call it just so."""
    timeout: Seconds
    """Seconds for each attempt."""
    retries: Attempts
    """How often a run that fails is tried again before the model is told."""
    max_result: Count
    """The most characters of an answer that the model is shown."""


class AgentQuestion(TypedDict):
    """A call that somebody must agree to."""

    id: str
    """What the answer refers to."""
    name: str
    """The tool."""
    arguments: dict[str, Any]
    """What it would be called with."""


class AgentReply(TypedDict):
    """What a run of an agent came to."""

    text: str
    """The last text of the model."""
    data: NotRequired[Any]
    """The answer, where `output` says what it must be."""
    reason: Literal[
        "done",
        "length",
        "empty",
        "refused",
        "invalid_output",
        "max_turns",
        "max_tool_calls",
        "max_tokens",
        "max_cost",
        "timeout",
        "stopped",
        "paused",
        "error",
    ]
    """Why it ended."""
    detail: NotRequired[str]
    """More about that."""
    turns: int
    """Calls of the model."""
    tool_calls: int
    """Calls of tools."""
    usage: TokenUsage
    """The tokens of all calls."""
    cost: float | None
    """The price in US dollars; null when it is unknown."""
    messages: list[Message]
    """The messages of this run, from the prompt on."""
    questions: NotRequired[list[AgentQuestion]]
    """When it paused: what is to be approved."""
    state: NotRequired[str]
    """When it paused: what `resume` goes on with, also in another run of the spell."""


class AgentEvent(TypedDict, total=False):
    """What happens in a run of an agent, for `stream` and for hooks."""

    type: Literal[
        "model_call",
        "text",
        "reasoning",
        "output",
        "response",
        "tool_call",
        "tool_result",
        "approval",
        "turn_end",
        "error",
        "finish",
    ]
    """The kind of event."""
    turn: int
    """Of `model_call`, `response` and `turn_end`: the turn, from 1."""
    text: str
    """Of `text` and `reasoning`: more of it; of `response`, `tool_result` and `finish`: the text; of `error`: the
    message."""
    value: Any
    """Of `output`: the answer as far as it has come; of `finish`: the structured answer."""
    id: str
    """Of calls, results and approvals: the id of the call."""
    name: str
    """Of calls, results and approvals: the tool."""
    arguments: dict[str, Any]
    """Of calls and approvals: the arguments."""
    failed: bool
    """Of `tool_result`: whether the tool failed."""
    kind: str
    """Of `error`: its kind."""
    reason: str
    """Of `finish`: why the run ended."""
    reply: AgentReply
    """Of `finish`, in a stream: what the run came to."""
