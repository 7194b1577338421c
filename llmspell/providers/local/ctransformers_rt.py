"""ctransformers, for models from before GGUF and converted ones: the one module that touches it, in a worker.

What its Python layer gets wrong is done here: tokenising (its buffer is too small for text beyond ASCII),
streaming, stop strings, and the context's end. One model must never be used by two threads.
"""

from __future__ import annotations

import ctypes
import random
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ctransformers.llm import LLM, Config

from llmspell.errors import InvalidValueError, ModelError
from llmspell.providers.local import gguf
from llmspell.providers.local.failures import context_error
from llmspell.providers.local.prompt import Part, Prompt, render
from llmspell.providers.local.textstream import TextStream
from llmspell.providers.local.worker import Job

_BATCH = 128
"""Tokens of a prompt worked on between two looks at whether the request was cancelled."""
_LONGEST_RUN = 4096
"""Letters without a space; several times as many crash the tokenizer of BPE vocabularies."""
_CONTROL_TOKEN = 3
_OPTIONS = frozenset(
    {"messages", "max_tokens", "temperature", "top_p", "top_k", "repetition_penalty", "last_n_tokens", "seed", "stop"}
)


def load(options: dict[str, Any]) -> CTransformers:
    """The model at `options["path"]`. Raises `ModelError`."""
    return CTransformers(options)


class CTransformers:
    """A model in ctransformers; one request after the other."""

    slots = 1

    def __init__(self, options: dict[str, Any]) -> None:
        self._name: str = options["name"]
        self._path = Path(options["path"])
        config = Config(context_length=options["context_length"], threads=options["threads"])
        try:
            self._llm = LLM(str(self._path), options.get("model_type"), config=config, lib=_library())
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"ctransformers cannot load {self._path}: {error}") from None
        self._vocabulary = _Vocabulary(self._path if options["format"] == "gguf" else None)
        self.context_length: int = self._llm.context_length
        self.facts = {"context_length": self.context_length}

    def generate(self, job: Job, request: dict[str, Any]) -> None:
        """Answer a conversation. `request` may hold `top_k`, `repetition_penalty` and `last_n_tokens` besides."""
        if unknown := sorted(request.keys() - _OPTIONS):
            raise ModelError(
                f"ctransformers has no {unknown[0]}", hint="run the model on llama.cpp: name it as llamacpp/NAME"
            )
        prompt = self._render(request["messages"])
        tokens = self._tokens(prompt.parts)
        room = self.context_length - len(tokens)
        if room < 1:
            raise context_error(self._name, len(tokens), self.context_length)
        answer = _Answer(job, prompt, request.get("stop") or ())
        limit = min(request.get("max_tokens") or room, room)
        cached = self._read_prompt(job, tokens)
        for token in self._sampled(job, request, limit):
            ends = token in prompt.stop_ids or self._llm.is_eos_token(token)
            if not answer.goes_on(b"" if ends else self._bytes_of(token)) or ends:
                break
        else:
            answer.reason = "length"
        answer.finish(len(tokens), cached)

    def _read_prompt(self, job: Job, tokens: Sequence[int]) -> int:
        new = self._llm.prepare_inputs_for_generation(tokens, reset=True)
        for start in range(0, len(new), _BATCH):
            if not job.cancelled:
                self._llm.eval(new[start : start + _BATCH], batch_size=_BATCH)
        return len(tokens) - len(new)

    def _sampled(self, job: Job, request: dict[str, Any], limit: int) -> Iterator[int]:
        settings = _sampling(request)
        # The library starts its generator anew for each token, so that each needs a seed of its own.
        seeds = random.Random(request.get("seed"))  # noqa: S311  # not for secrets
        for index in range(limit):
            if job.cancelled:
                return
            token: int = self._llm.sample(seed=seeds.getrandbits(31), **settings)
            yield token
            if index + 1 < limit:
                self._llm.eval([token])

    def embed(self, job: Job, texts: list[str]) -> dict[str, Any]:
        """The state after the last token of each text, which is a weak measure of its meaning."""
        total = 0
        for text in texts:
            tokens = self._tokens([text])
            if not 0 < len(tokens) < self.context_length:
                raise context_error(self._name, len(tokens), self.context_length)
            self._read_prompt(job, tokens)
            vector = list(self._llm.embeddings)
            if not vector:
                raise ModelError(f"{self._name} makes no embeddings")
            job.emit(["vector", vector])
            total += len(tokens)
        return {"tokens": total}

    def count(self, messages: list[dict[str, Any]]) -> int:
        """The tokens of the conversation, its turn marks included."""
        return len(self._tokens(self._render(messages).parts))

    def _render(self, messages: list[dict[str, Any]]) -> Prompt:
        vocabulary = self._vocabulary
        return render(messages, vocabulary.special, vocabulary.template, f"{vocabulary.title} {self._path.stem}")

    def _tokens(self, parts: Sequence[Part]) -> list[int]:
        tokens = [self._llm.bos_token_id] if self._vocabulary.add_bos else []
        for part in parts:
            tokens += [part] if isinstance(part, int) else self._tokenize(part)
        return tokens

    def _tokenize(self, text: str) -> list[int]:
        if "\0" in text:
            raise InvalidValueError("the prompt has a NUL character, at which ctransformers would cut it off")
        pieces = re.sub(rf"\S{{{_LONGEST_RUN}}}", lambda run: run[0] + "\0", text).split("\0")
        return [token for piece in pieces for token in self._tokenize_piece(piece.encode())]

    def _tokenize_piece(self, text: bytes) -> list[int]:
        if not text:
            return []
        buffer = (ctypes.c_int * (len(text) + 2))()
        count = self._llm.ctransformers_llm_tokenize(text, False, buffer)  # a C function
        return list(buffer[:count])

    def _bytes_of(self, token: int) -> bytes:
        if token in self._vocabulary.control:
            return b""
        return self._llm.detokenize([token], decode=False)  # type: ignore[no-any-return]  # bytes, when not decoded


class _Vocabulary:
    """What a GGUF header tells of the tokens; files from before GGUF tell nothing."""

    def __init__(self, path: Path | None) -> None:
        self.special: dict[str, int] = {}
        self.template = self.title = ""
        self.add_bos = False
        if path is not None:
            self._read(gguf.read(path))
        self.control = frozenset(self.special.values())

    def _read(self, header: gguf.Gguf) -> None:
        tokens, kinds = header.get("tokenizer.ggml.tokens"), header.get("tokenizer.ggml.token_type")
        self.special = {
            token.decode(errors="replace"): id_
            for id_, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
            if kind == _CONTROL_TOKEN
        }
        self.template = header.text("tokenizer.chat_template") or ""
        self.title = header.text("general.name") or ""
        wanted = header.get("tokenizer.ggml.add_bos_token")
        self.add_bos = header.text("tokenizer.ggml.model") == "llama" if wanted is None else bool(wanted)


class _Answer:
    """The events of one answer."""

    def __init__(self, job: Job, prompt: Prompt, stops: Sequence[str]) -> None:
        self._job = job
        self._text = TextStream([*prompt.stops, *stops])
        self._trim = prompt.trim
        self._tokens = 0
        self.reason = "stop"

    def goes_on(self, data: bytes) -> bool:
        """Take the bytes of the next token; false when they complete a stop string."""
        self._tokens += 1
        self._emit(self._text.feed(data))
        return not self._text.stopped

    def _emit(self, text: str) -> None:
        if self._trim:
            text = text.lstrip()
        if text:
            self._trim = False
            self._job.emit(["text", text])

    def finish(self, input_tokens: int, cached: int) -> None:
        """Send what was held back, and how it ended."""
        self._emit(self._text.finish())
        self._job.emit(["finish", self.reason, self.reason])
        self._job.emit(["usage", input_tokens, self._tokens, cached])


def _sampling(request: dict[str, Any]) -> dict[str, Any]:
    names = ("top_k", "top_p", "temperature", "last_n_tokens", "repetition_penalty")
    settings = {"repetition_penalty": 1.0} | {name: request[name] for name in names if name in request}
    if settings.get("temperature") == 0:  # files from before GGUF would divide by it
        return settings | {"top_k": 1, "temperature": 1.0}
    return settings


def _library() -> str | None:
    """The variant of the native library; None lets ctransformers find out, which takes over a second."""
    if sys.platform == "linux" and re.search(r"^flags.* avx2 ", _cpu_info(), re.MULTILINE):
        return "avx2"
    return None


def _cpu_info() -> str:
    try:
        return Path("/proc/cpuinfo").read_text()
    except OSError:
        return ""
