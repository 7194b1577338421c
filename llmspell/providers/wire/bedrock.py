"""Amazon Bedrock: Converse and ConverseStream, the same for all models, and embeddings by invoking one.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html. Without a bearer token, requests
are signed with the credentials of AWS, which takes the extra `bedrock`.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from llmspell.errors import ModelError
from llmspell.providers.base import EmbedKind, Event, Request, Usage
from llmspell.providers.content import Message
from llmspell.providers.wire.anthropic_schema import cleaned
from llmspell.providers.wire.bedrock_answer import AnswerReader
from llmspell.providers.wire.bedrock_auth import AwsSigner
from llmspell.providers.wire.bedrock_messages import WIRE, converse_messages
from llmspell.providers.wire.bodies import count, dumps, in_path, laid_over, unsupported
from llmspell.providers.wire.eventstream import Frames
from llmspell.providers.wire.format import Format, HttpRequest
from llmspell.providers.wire.problem import Problem
from llmspell.providers.wire.streams import Decoder, guarded, load_object

_SENTENCES = (
    (re.compile(r"model identifier is invalid|end of its life"), "model_not_found"),
    (re.compile(r"[Ii]nput is too long"), "context_length_exceeded"),
)
_BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 24576}


class Dialect(NamedTuple):
    """What may be set for the whole service."""

    input_type: str = "search_document"
    """What the embeddings of Cohere's models are for."""


class Bedrock(Format):
    """`/model/ID/converse`, `/converse-stream`, `/count-tokens` and, for embeddings, `/invoke`."""

    name = WIRE
    stream_type = "application/vnd.amazon.eventstream"

    def __init__(self, dialect: Dialect | None = None) -> None:
        self._dialect = dialect or Dialect()

    def auth(self, key: str) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"}

    def signer(self) -> AwsSigner:
        return AwsSigner()

    def chat(self, request: Request, *, stream: bool) -> HttpRequest:
        method = "converse-stream" if stream else "converse"
        return HttpRequest(_path(request.model, method), dumps(laid_over(_body(request), request.extra)))

    def decode(self, body: bytes) -> list[Event]:
        return guarded(AnswerReader().whole, load_object(body))

    def decoder(self) -> Decoder:
        return Decoder(Frames(), AnswerReader())

    def problem(self, body: bytes, status: int) -> Problem:
        """There are sentences instead of codes."""
        problem = super().problem(body, status)
        code = next((code for pattern, code in _SENTENCES if pattern.search(problem.message)), problem.code)
        return problem._replace(code=code)

    def models(self) -> HttpRequest:
        raise ModelError(f"the {WIRE} format has no list of models", hint="`aws bedrock list-foundation-models` has")

    def decode_models(self, body: bytes) -> list[dict[str, Any]]:  # noqa: ARG002  # there is none
        raise unsupported(WIRE, "list of models")

    def max_texts(self, model: str) -> int:
        return 96 if "cohere." in model else 1

    def embeddings(
        self, model: str, texts: list[str], *, dimensions: int | None = None, kind: EmbedKind | None = None
    ) -> HttpRequest:
        if "cohere." in model:
            purpose = f"search_{kind}" if kind else self._dialect.input_type
            body: dict[str, Any] = {"texts": texts, "input_type": purpose}
            if dimensions is not None:
                body["output_dimension"] = dimensions
        elif "nova" in model:
            text = {"value": texts[0], "truncationMode": "NONE"}
            purpose = "GENERIC_RETRIEVAL" if kind == "query" else "GENERIC_INDEX"
            params: dict[str, Any] = {"embeddingPurpose": purpose, "text": text}
            if dimensions is not None:
                params["embeddingDimension"] = dimensions
            body = {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": params}
        else:
            body = {"inputText": texts[0]} | ({} if dimensions is None else {"dimensions": dimensions})
        return HttpRequest(_path(model, "invoke"), dumps(body))

    def decode_embeddings(self, body: bytes) -> tuple[list[list[float]], Usage]:
        data = load_object(body)
        return guarded(_vectors, data), Usage(input_tokens=count(data, "inputTextTokenCount"))

    def count(self, model: str, messages: list[Message]) -> HttpRequest | None:
        """Only Anthropic's models are counted, and by their own names: without the region or profile in front."""
        _, found, name = model.partition("anthropic.")
        if not found:
            return None
        return HttpRequest(
            _path(found + name, "count-tokens"), dumps({"input": {"converse": converse_messages(messages)}})
        )

    def decode_count(self, body: bytes) -> int:
        return guarded(lambda data: int(data["inputTokens"]), load_object(body))


def _path(model: str, method: str) -> str:
    return f"/model/{in_path(model)}/{method}"


def _vectors(data: dict[str, Any]) -> list[list[float]]:
    """Titan sends one vector, Nova a list of objects with one, Cohere a list of vectors, or several by their type."""
    if "embedding" in data:
        return [list(data["embedding"])]
    found = data["embeddings"]
    if isinstance(found, dict):
        found = found["float"]
    return [list(item["embedding"] if isinstance(item, dict) else item) for item in found]


def _body(request: Request) -> dict[str, Any]:
    for option in ("seed", "logprobs"):
        if getattr(request, option) is not None:
            raise unsupported(WIRE, option)
    body = converse_messages(request.messages) | _tools(request)
    if limits := _inference(request):
        body["inferenceConfig"] = limits
    if request.schema is not None:
        # Whatever the model, Bedrock takes the same few keywords as Anthropic does.
        schema = {"name": request.schema_name, "schema": dumps(cleaned(request.schema)).decode()}
        if about := request.schema.get("description"):
            schema["description"] = about
        body["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}
    if request.reasoning is not None:
        body["additionalModelRequestFields"] = _reasoning(request.model, request.reasoning)
    return body


def _inference(request: Request) -> dict[str, Any]:
    limits = {
        "maxTokens": request.max_tokens,
        "temperature": request.temperature,
        "topP": request.top_p,
        "stopSequences": request.stop or None,
    }
    return {key: value for key, value in limits.items() if value is not None}


def _tools(request: Request) -> dict[str, Any]:
    if request.parallel_tool_calls is False:
        raise unsupported(WIRE, "parallel_tool_calls")
    choice = request.tool_choice
    if choice == "none":
        if any(message.tool_calls for message in request.messages):
            raise unsupported(WIRE, "tool_choice 'none' for conversations in which tools were called")
        return {}
    tools = [{"toolSpec": _tool(tool)} for tool in request.tools] + request.provider_tools
    if not tools:
        return {}
    config: dict[str, Any] = {"tools": tools}
    if choice is not None:
        words: dict[str, Any] = {"auto": {"auto": {}}, "required": {"any": {}}}
        config["toolChoice"] = words.get(choice, {"tool": {"name": choice}})
    return {"toolConfig": config}


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    spec = {key: tool[key] for key in ("name", "description", "strict") if tool.get(key) not in (None, "")}
    return spec | {"inputSchema": {"json": tool.get("parameters") or {"type": "object"}}}


def _reasoning(model: str, reasoning: str | int) -> dict[str, Any]:
    """Each maker of models has other words for it, which Converse passes on."""
    if "anthropic." in model:
        if reasoning == "none":
            return {"thinking": {"type": "disabled"}}
        budget = reasoning if isinstance(reasoning, int) else _BUDGETS[reasoning]
        return {"thinking": {"type": "enabled", "budget_tokens": budget}}
    if isinstance(reasoning, int):
        raise unsupported(WIRE, f"number of tokens for the reasoning of {model}: say how much in a word")
    if "amazon.nova" in model:
        if reasoning == "none":
            return {"reasoningConfig": {"type": "disabled"}}
        effort = "low" if reasoning == "minimal" else reasoning
        return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}
    if "openai." in model:
        return {"reasoning_effort": reasoning}
    raise unsupported(WIRE, f"reasoning setting for {model}: give it in `extra`, as additionalModelRequestFields")
