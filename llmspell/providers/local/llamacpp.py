"""llama.cpp through xllamacpp: the one module that touches it, inside a worker process.

Attribute names of xllamacpp drift between builds; they are those of the version pinned in the extra `local`.
"""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Callable
from functools import cached_property
from typing import Any

import xllamacpp

from llmspell.errors import ContextLengthError, LlmspellError, ModelError
from llmspell.providers.local.failures import context_error
from llmspell.providers.local.worker import Job

_BATCH = 512
"""Tokens of a prompt worked on between two looks at whether the request was cancelled."""
_NO_SEED = 2**32 - 1
"""llama.cpp takes seeds below this one, which stands for any."""
_ROUNDING = 256
"""llama.cpp rounds the context of a slot up to a multiple of this."""


def load(options: dict[str, Any]) -> LlamaCpp:
    """The model at `options["path"]`. Raises `ModelError`."""
    return LlamaCpp(options)


class LlamaCpp:
    """A model in llama.cpp's server, called in this process and not over HTTP."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._name: str = options["name"]
        self._key = secrets.token_hex(16)
        self.slots: int = options["parallel"]
        self.context_length = -(-options["context_length"] // _ROUNDING) * _ROUNDING
        try:
            self._server = xllamacpp.Server(self._params(options))
        except Exception as error:  # noqa: BLE001  # any C++ exception, under many names
            raise ModelError(
                f"llama.cpp cannot load {options['path']}: {error}",
                hint="the file may be damaged, of an architecture it does not know, or too large for the memory",
            ) from None
        self.facts = {"context_length": self.context_length}

    def _params(self, options: dict[str, Any]) -> Any:
        params = xllamacpp.CommonParams()
        params.model.path = options["path"]
        params.model_alias = {self._name}
        params.n_ctx = self.context_length * self.slots
        params.n_parallel = self.slots
        params.cpuparams.n_threads = options["threads"]
        params.cpuparams_batch.n_threads = options["threads"]
        params.embedding = True
        if options["pooling"]:
            params.n_batch = params.n_ubatch = self.context_length
        else:
            params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
            params.n_batch = params.n_ubatch = _BATCH
        params.fit_params = False
        params.warmup = False
        params.cache_ram_mib = 0
        params.verbosity = -1
        # The server always opens a port on the loopback device; nobody else may use it.
        params.api_keys = [self._key]
        params.ui = False
        params.n_threads_http = 1
        return params

    def generate(self, job: Job, request: dict[str, Any]) -> None:
        """Answer a conversation; `request` is a body of OpenAI's chat completions.

        Raises `ModelError` for what it cannot answer, and where a tool must be called and the model knows of none:
        llama.cpp would leave them out.
        """
        if request.get("tool_choice", "none") not in ("none", "auto") and not self._knows_tools:
            raise ModelError(
                f"{self._name} cannot be made to call a tool: its chat template has no tools",
                hint="take a model that was trained to call tools, or leave the choice to it",
            )
        reader = _ChunkReader(job, self._error)
        body = request | {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
        try:
            if "seed" in body:
                body["seed"] %= _NO_SEED
            self._server.handle_chat_completions(body, reader)
        except Exception as error:  # noqa: BLE001  # any C++ exception, under many names
            raise ModelError(f"{self._name} cannot answer this request: {error}") from None
        if reader.error is not None:
            raise reader.error

    def embed(self, job: Job, texts: list[str]) -> dict[str, Any]:
        """The mean of the last layer's states for each text, or the model's own pooling; of length one."""
        tokens = 0
        for text in texts:
            if job.cancelled:
                break
            answer = self._server.handle_embeddings({"input": [text]})
            if "error" in answer:
                raise self._error(answer["error"])
            tokens += answer["usage"]["prompt_tokens"]
            job.emit(["vector", answer["data"][0]["embedding"]])
        return {"tokens": tokens}

    def count(self, messages: list[dict[str, Any]]) -> int:
        """The tokens of the conversation with the model's chat template around it."""
        return int(self._ask("POST", "/v1/chat/completions/input_tokens", {"messages": messages})["input_tokens"])

    @cached_property
    def _knows_tools(self) -> bool:
        able: bool = self._ask("GET", "/props")["chat_template_caps"]["supports_tools"]
        return able

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self._server.listening_address.removeprefix("http://"))
        try:
            headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        if "error" in answer:
            raise self._error(answer["error"])
        return answer

    def _error(self, error: dict[str, Any]) -> LlmspellError:
        message = str(error.get("message", "no reason given"))
        if error.get("type") == "exceed_context_size_error":
            return context_error(self._name, int(error["n_prompt_tokens"]), int(error["n_ctx"]))
        if "too large to process" in message:
            return ContextLengthError(f"{self._name} cannot embed a text of this length: {message.split('.')[0]}")
        return ModelError(f"{self._name} cannot answer this request: {message}")


class _ChunkReader:
    """The callback of a stream: turns chunks into events, and stops it by returning True."""

    def __init__(self, job: Job, to_error: Callable[[dict[str, Any]], LlmspellError]) -> None:
        self._job = job
        self._to_error = to_error
        self.error: LlmspellError | None = None

    def __call__(self, chunk: dict[str, Any]) -> bool:
        if "error" in chunk:
            self.error = self._to_error(chunk["error"])
            return True
        for choice in chunk["choices"]:
            self._delta(choice["delta"])
            if choice["finish_reason"]:
                self._job.emit(["finish", choice["finish_reason"], choice["finish_reason"]])
        if usage := chunk.get("usage"):
            cached = usage.get("prompt_tokens_details", {}).get("cached_tokens")
            self._job.emit(["usage", usage["prompt_tokens"], usage["completion_tokens"], cached])
        return self._job.cancelled

    def _delta(self, delta: dict[str, Any]) -> None:
        if text := delta.get("content"):
            self._job.emit(["text", text])
        if text := delta.get("reasoning_content"):
            self._job.emit(["reasoning", text])
        for call in delta.get("tool_calls") or ():
            function = call.get("function", {})
            self._job.emit(
                [
                    "tool",
                    call["index"],
                    call.get("id") or "",
                    function.get("name") or "",
                    function.get("arguments") or "",
                ]
            )
