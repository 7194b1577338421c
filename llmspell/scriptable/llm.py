"""`llm`: language models for scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, overload

from llmspell.errors import InvalidValueError
from llmspell.providers.base import LLMProvider, Request
from llmspell.scriptable.choices import ModelChoice
from llmspell.scriptable.context import RunContext
from llmspell.scriptable.jobs import (
    ImageOptions,
    RankedDocument,
    Recording,
    RerankOptions,
    SpeechOptions,
    TranscribeOptions,
    Transcript,
    documents_of,
    ranking_of,
    recording_of,
    text_of,
)
from llmspell.scriptable.parts import media_record
from llmspell.scriptable.prompts import request_for, request_options, to_messages
from llmspell.scriptable.records import (
    AnswerOptions,
    Chunk,
    EmbedOptions,
    Media,
    ModelInfo,
    ModelOptions,
    Prompt,
    Reply,
    TokenCount,
)
from llmspell.scriptable.replies import Meter, chunks_of, reply_of

if TYPE_CHECKING:
    from llmspell.providers.jobs import Job

T = TypeVar("T")
_OF_ANSWERS = ("mode", "instructions", "repairs")


class ScriptableLLM:
    """A language model: `llm()` is the default one, `llm("provider/model")` or an alias a certain one.

    With `fallback`, `balance` or `route` instead of a name, each call is answered by one of several models.
    Whether the model exists shows when it is first used. The options are the defaults of every call.
    """

    def __init__(
        self, context: RunContext, model: str | ModelChoice | None = None, options: ModelOptions | None = None
    ) -> None:
        self._context = context
        self._model = context.default_model if model is None or model == "" else model
        self._options: ModelOptions = options or {}

    async def complete(self, prompt: Prompt, options: ModelOptions | None = None) -> Reply:
        """The whole answer to a text or to a list of messages.

        Fails with `type` or `value` for wrong arguments, `not_found` for an unknown model, and as the provider did:
        `auth`, `rate_limit`, `network`, `timeout`, `context_length`, `content_filter`, `model` or `provider`.
        """
        provider, request = self._request("complete", prompt, options)
        with Meter(self._context.usage, provider, request.model) as meter:
            response = await provider.complete(request)
            meter.cached = response.cached
            price = meter.finish(response.model, response.usage)
        return reply_of(provider.name, response, price, data=request.schema is not None, blobs=self._context.blobs)

    def stream(self, prompt: Prompt, options: ModelOptions | None = None) -> AsyncIterator[Chunk]:
        """The answer as it comes. Leaving the loop early closes the connection.

        Fails as `complete` does, when it is opened or at any chunk.
        """
        provider, request = self._request("stream", prompt, options)
        meter = Meter(self._context.usage, provider, request.model)
        return chunks_of(provider, request, meter, self._context.blobs)

    @overload
    async def embed(self, texts: str, options: EmbedOptions | None = None) -> list[float]: ...
    @overload
    async def embed(self, texts: list[str], options: EmbedOptions | None = None) -> list[list[float]]: ...
    async def embed(self, texts: str | list[str], options: EmbedOptions | None = None) -> Any:
        """A vector for a text, or a list of vectors for a list of texts, in their order.

        Fails as `complete` does; with `model` where a model makes no embeddings, or does not let one choose how many
        `dimensions` they have.
        """
        several = [texts] if isinstance(texts, str) else texts
        if not several or "" in several:
            raise InvalidValueError("embed: there is no text to embed", hint="pass a text, or a list of texts")
        provider, model = self._resolved()
        with Meter(self._context.usage, provider, model) as meter:
            embeddings = await provider.embed(model, several, **self._timed(options))
            meter.finish(embeddings.model, embeddings.usage)
        return embeddings.vectors[0] if isinstance(texts, str) else embeddings.vectors

    async def extract(self, text: str, schema: Any, options: AnswerOptions | None = None) -> Any:
        """What the schema asks for, as the text has it: `model:extract("Ada lives in Paris", {city = "string"})`.

        The schema is JSON Schema or its short form. An answer that does not fit goes back to the model with the
        reason. Fails as `complete` does; with `model` when the model never gives what fits, and with `value` for a
        schema that is none.
        """
        from llmspell.agents.structured import extract

        return await extract(self._source, text, schema, **self._answered(options))

    async def classify(
        self, text: str, labels: list[str] | dict[str, str], options: AnswerOptions | None = None
    ) -> str:
        """The label that fits the text best. Labels are a list, or an object that says what each of them means.

        Fails as `extract` does.
        """
        from llmspell.agents.structured import classify

        return await classify(self._source, text, labels, **self._answered(options))

    async def rerank(
        self, query: str, documents: list[str], options: RerankOptions | None = None
    ) -> list[RankedDocument]:
        """The documents in the order in which they fit the query, best first.

        Fails as `complete` does; with `model` where a model does not rank.
        """
        from llmspell.providers import jobs

        documents = documents_of(query, documents)
        ranked = await self._perform(partial(jobs.Rerank, query=query, documents=documents), options)
        return ranking_of(ranked, documents)

    async def image(self, prompt: str, options: ImageOptions | None = None) -> list[Media]:
        """Pictures of what the prompt says.

        Fails as `complete` does; with `model` where a model does not paint.
        """
        from llmspell.providers import jobs

        pictures = await self._perform(partial(jobs.Paint, prompt=text_of("image", "prompt", prompt)), options)
        return [media_record(picture, self._context.blobs) for picture in pictures]

    async def speak(self, text: str, options: SpeechOptions | None = None) -> Media:
        """A recording of the text, read aloud.

        Fails as `complete` does; with `model` where a model does not speak.
        """
        from llmspell.providers import jobs

        spoken = await self._perform(partial(jobs.Speak, text=text_of("speak", "text", text)), options)
        return media_record(spoken, self._context.blobs)

    async def transcribe(self, audio: Recording, options: TranscribeOptions | None = None) -> Transcript:
        """What is said in a recording.

        Fails as `complete` does; with `model` where a model does not listen.
        """
        from llmspell.providers import jobs

        recording = recording_of(audio, self._context.blobs)
        heard = await self._perform(partial(jobs.Transcribe, audio=recording), options)
        return {"text": heard.text, "details": heard.details}

    async def count_tokens(self, prompt: Prompt) -> TokenCount:
        """How many tokens a prompt has for this model, and how they were counted."""
        provider, model = self._resolved()
        count = await provider.count_tokens(model, to_messages(prompt, "count_tokens", self._context.blobs))
        return {"tokens": count.tokens, "method": count.method}

    async def info(self) -> ModelInfo:
        """What is known of this model."""
        provider, model = self._resolved()
        info = await provider.info(model)
        return {
            "name": info.name,
            "provider": info.provider,
            "context_length": info.context_length,
            "max_output_tokens": info.max_output_tokens,
            "local": info.local,
            "details": info.details,
        }

    async def _perform(self, make: Callable[..., Job[T]], options: Any) -> T:
        provider, model = self._resolved()
        with Meter(self._context.usage, provider, model) as meter:
            outcome = await provider.perform(make(model=model, **self._timed(options)))
            meter.finish(outcome.model, outcome.usage)
        return outcome.value

    def _source(self, *_: object) -> tuple[LLMProvider, str]:
        # The models keep to the budget of the run, and to its permissions.
        return self._resolved(self._options.get("cache"))

    def _answered(self, options: AnswerOptions | None) -> dict[str, Any]:
        from llmspell.agents.tools import serving  # loads with agents

        merged: dict[str, Any] = {**self._options, **(options or {})}
        merged.pop("cache", None)
        own: dict[str, Any] = {name: merged.pop(name) for name in _OF_ANSWERS if name in merged}
        return {**own, "options": request_options(merged), "serving": serving(self._context)}

    def _timed(self, options: Any) -> dict[str, Any]:
        """Options that have, if no timeout of their own, that of the model."""
        return {"timeout": self._options.get("timeout"), **(options or {})}

    def _request(self, method: str, prompt: Prompt, options: ModelOptions | None) -> tuple[LLMProvider, Request]:
        merged: ModelOptions = {**self._options, **(options or {})}
        provider, model = self._resolved(merged.pop("cache", None))
        return provider, request_for(method, model, prompt, merged, self._context.blobs)

    def _resolved(self, cache: bool | float | None = False) -> tuple[LLMProvider, str]:
        models = self._context.registry.caching(cache)
        if not isinstance(self._model, dict):
            return models.resolve(self._model)
        from llmspell.scriptable.choosing import selection_of  # most spells name their model

        selection = selection_of(self._model, models)
        return selection, selection.name
