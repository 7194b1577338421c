"""`LocalProvider`: the models on this machine as a provider like any other."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from llmspell.errors import LlmspellError, ModelError
from llmspell.providers.base import (
    Embeddings,
    EmbedKind,
    Event,
    Finished,
    FinishReason,
    LLMProvider,
    ModelInfo,
    ReasoningDelta,
    Request,
    Started,
    TextDelta,
    TokenCount,
    ToolCallDelta,
    Usage,
)
from llmspell.providers.content import Media, Message
from llmspell.providers.local import resolve
from llmspell.providers.local.store import ModelStore, StoredModel
from llmspell.providers.wire.openai_chat import chat_messages

if TYPE_CHECKING:
    from llmspell.providers.local.pool import Lease

RuntimeChoice: TypeAlias = Literal["auto", "llamacpp", "ctransformers"]

DEFAULT_CONTEXT = 4096
_NAMES: dict[RuntimeChoice, str] = {"auto": "local", "llamacpp": "llamacpp", "ctransformers": "ctransformers"}
_REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length", "tool_calls": "tool_calls"}


class _Settings(NamedTuple):
    runtime: RuntimeChoice
    threads: int
    context_length: int
    parallel: int


class LocalProvider(LLMProvider):
    """Models of `store`, or of any path, each loaded into a process of its own that the provider shares.

    `runtime` is `llamacpp`, `ctransformers`, or `auto`, which looks at the file; it gives the provider its name.
    `threads` is by default one less than the cores; `context_length` in tokens is capped by what a model was
    trained for; `parallel` is how many answers llama.cpp makes at once, each with that context. `max_processes`
    models stay loaded, each until it was idle for `idle_timeout` seconds (None: for ever).
    """

    def __init__(
        self,
        store: ModelStore,
        runtime: RuntimeChoice = "auto",
        *,
        threads: int | None = None,
        context_length: int = DEFAULT_CONTEXT,
        parallel: int = 2,
        max_processes: int = 2,
        idle_timeout: float | None = 600.0,
    ) -> None:
        from llmspell.providers.local.pool import ProcessPool  # brings asyncio

        self.name = _NAMES[runtime]
        self._store = store
        self._settings = _Settings(runtime, threads or default_threads(), context_length, parallel)
        self._pool = ProcessPool(max_processes, idle_timeout)

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        """The answer of a local model. A prompt that does not fit raises `ContextLengthError` before anything."""
        with self._named():
            body = _body(request)
            lease = self._lease(request.model, request.timeout)
            async with lease as process:
                yield Started(model=request.model)
                with contextlib.closing(process.answers("generate", body, lease.deadline)) as answers:
                    async for events, _ in answers:
                        for event in events:
                            yield _event(event)

    @property
    def capabilities(self) -> frozenset[str] | None:
        return frozenset({"embeddings"}) if self._settings.runtime == "ctransformers" else None

    def version(self, model: str) -> str:
        path = resolve.choose(self._store, model, self._settings.runtime).path
        return f"{path} {_stamp(path)}"

    async def embed(
        self,
        model: str,
        texts: list[str],
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # part of the contract
        dimensions: int | None = None,
        kind: EmbedKind | None = None,  # noqa: ARG002  # these models make no difference
    ) -> Embeddings:
        """A vector for each text: the model's own pooling, or the mean over its tokens."""
        if dimensions is not None:
            message = f"{self.name}/{model}: how many dimensions there are is fixed by the model"
            raise ModelError(message, provider=self.name)
        vectors: list[list[float]] = []
        tokens = None
        with self._named():
            lease = self._lease(model, timeout)
            async with lease as process:
                with contextlib.closing(process.answers("embed", {"texts": texts}, lease.deadline)) as answers:
                    async for events, outcome in answers:
                        vectors += [vector for _, vector in events]
                        tokens = outcome["value"]["tokens"] if outcome else None
        return Embeddings(vectors=vectors, model=f"{self.name}/{model}", usage=Usage(input_tokens=tokens))

    async def count_tokens(self, model: str, messages: list[Message]) -> TokenCount:
        """Counted by the model's own tokenizer, its chat template included."""
        with self._named():
            body = {"messages": _texts(messages)}
            async with self._lease(model, None) as process:
                return TokenCount(await process.call("count", body), "model")

    async def list_models(self) -> list[ModelInfo]:
        """The models of the store that this provider's runtime can use."""
        found = [model for model in self._store.list() if resolve.suits(model, self._settings.runtime)]
        return [await self._info_or_problem(model) for model in found]

    async def _info_or_problem(self, model: StoredModel) -> ModelInfo:
        name = model.name
        if self._settings.runtime == "ctransformers":
            name = name.removesuffix(resolve.CONVERTED)
        try:
            return await self.info(name)
        except ModelError as error:
            details = {"file": str(model.path), "size": model.size, "problem": error.message}
            return ModelInfo(name=f"{self.name}/{name}", provider=self.name, local=True, details=details)

    async def info(self, model: str) -> ModelInfo:
        """Facts from the model's file. Raises `NotFoundError`, and `ModelError` for a damaged file."""
        with self._named():
            facts = self._store.info(str(resolve.choose(self._store, model, self._settings.runtime).path))
        trained = facts.get("trained_context", DEFAULT_CONTEXT)
        return ModelInfo(
            name=f"{self.name}/{model}",
            provider=self.name,
            context_length=min(self._settings.context_length, trained),
            local=True,
            details=facts,
        )

    async def aclose(self) -> None:
        """End the model processes. The provider can be used again afterwards."""
        await self._pool.aclose()

    def _lease(self, model: str, timeout: float | None) -> Lease:
        import asyncio  # there is a loop by now

        # One deadline covers loading the model and its answer.
        deadline = None if timeout is None else asyncio.get_running_loop().time() + timeout
        choice = resolve.choose(self._store, model, self._settings.runtime)
        return self._pool.use((choice, _stamp(choice.path)), partial(self._options, model, choice), deadline)

    def _options(self, model: str, choice: resolve.Choice) -> dict[str, Any]:
        return resolve.load_options(choice, f"{self.name}/{model}", self._settings.context_length) | {
            "threads": self._settings.threads,
            "parallel": self._settings.parallel,
        }

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except LlmspellError as error:
            error.provider = error.provider or self.name
            raise


def default_threads() -> int:
    """One less than the cores this process may use, and at least one: a runtime's spinning threads need a spare."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _body(request: Request) -> dict[str, Any]:
    _refuse_what_no_runtime_has(request)
    options = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "max_tokens": request.max_tokens,
        "seed": request.seed,
        "stop": request.stop or None,
        "tools": [{"type": "function", "function": tool} for tool in request.tools] or None,
        "tool_choice": _tool_choice(request.tool_choice),
        "parallel_tool_calls": request.parallel_tool_calls,
        "response_format": None if request.schema is None else _held_to(request.schema, request.schema_name),
    }
    given = {key: value for key, value in options.items() if value is not None}
    return request.extra | given | {"messages": _texts(request.messages)}


def _refuse_what_no_runtime_has(request: Request) -> None:
    asked = {
        "tools of their own": request.provider_tools,
        "setting for how much they think": request.reasoning,
        "log probabilities": request.logprobs,
    }
    for words, value in asked.items():
        if value:
            raise ModelError(f"local models have no {words}", hint="leave that option out")


def _tool_choice(choice: str | None) -> str | dict[str, Any] | None:
    if choice in (None, "auto", "none", "required"):
        return choice
    return {"type": "function", "function": {"name": choice}}


def _held_to(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema}}


def _texts(messages: list[Message]) -> list[dict[str, Any]]:
    """The conversation for the runtimes, which know texts and calls of tools alone."""
    parts = [part for message in messages for part in message.parts]
    parts += [part for message in messages for result in message.tool_results for part in result.parts]
    if any(isinstance(part, Media) for part in parts):
        raise ModelError("local models understand texts alone", hint="leave out pictures, sound and documents")
    return chat_messages(messages)


def _event(event: list[Any]) -> Event:
    match event:
        case ["text", text]:
            return TextDelta(text)
        case ["reasoning", text]:
            return ReasoningDelta(text)
        case ["tool", index, id_, name, arguments]:
            return ToolCallDelta(index, id_, name, arguments)
        case ["usage", input_tokens, output_tokens, cached_tokens]:
            return Usage(input_tokens, output_tokens, cached_tokens)
        case ["finish", reason, raw]:
            return Finished(_REASONS.get(reason, "other"), raw)
    raise ModelError(f"the model's process sent an unknown event {event[:1]}")
