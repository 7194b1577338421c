"""Turns a modern GGUF file of the llama architecture into one that ctransformers 0.2.27 loads.

Its GGUF reader wants the tokens of a BPE vocabulary as raw bytes, a score for each, and an output matrix that is
not tied to the embeddings. No number of the model changes. Byte-level BPE writes each byte as a printable
character; the alphabet is that of GPT-2 (`bytes_to_unicode` in <https://github.com/openai/gpt-2>).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from llmspell.errors import ModelError
from llmspell.providers.local import gguf, preflight
from llmspell.providers.local.gguf import Field, Gguf, NewTensor, Tensor
from llmspell.providers.local.pull import Progress, silent
from llmspell.providers.local.resolve import CONVERTED, conversion_of
from llmspell.providers.local.store import ModelStore, StoredModel

_CHUNK = 1 << 20
_NORMAL_TOKEN = 1


def convert(store: ModelStore, name: str, progress: Progress = silent) -> StoredModel:
    """Convert the model `name` and keep the result in the store as `NAME-ctransformers`.

    A result that is there already is not made again. Raises `NotFoundError`, and `ModelError` for a model
    that stays out of reach for ctransformers.
    """
    source = store.find(name)
    if (done := conversion_of(store, source)) is not None:
        return done
    target = store.place(source.name + CONVERTED)
    written = source.path.stat().st_mtime_ns
    header = _readable(source.path)
    with store.workspace() as work:
        _write(header, work / "model.gguf", progress)
        preflight.check(work / "model.gguf", "ctransformers")
        os.utime(work / "model.gguf", ns=(written, written))  # by which its source is known
        (work / "model.gguf").replace(target)
    return store.find(target.name)


def _readable(path: Path) -> Gguf:
    header = preflight.check(path, "llamacpp")
    reasons = [reason for reason in preflight.refusals(header) if reason not in preflight.convertible(header)]
    if reasons:
        raise ModelError(f"{path} cannot be converted for ctransformers: {'; '.join(reasons)}")
    return header


def _write(header: Gguf, target: Path, progress: Progress) -> None:
    tensors = list(header.tensors.values())
    if "output.weight" not in header.tensors:
        tensors.append(header.tensors["token_embd.weight"]._replace(name="output.weight"))
    total = sum(header.span(tensor)[1] for tensor in tensors)
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress("convert", done, total)

    with target.open("wb") as file:
        gguf.write(file, header.version, _fields(header), [_new(header, tensor, advance) for tensor in tensors])


def _new(header: Gguf, tensor: Tensor, advance: Callable[[int], None]) -> NewTensor:
    start, length = header.span(tensor)
    chunks = partial(_chunks, header.path, start, length, advance)
    return NewTensor(tensor.name, tensor.shape, tensor.type, length, chunks)


def _chunks(path: Path, start: int, length: int, advance: Callable[[int], None]) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while length:
            chunk = file.read(min(length, _CHUNK))
            if not chunk:
                raise ModelError(f"{path} became shorter while it was read")
            length -= len(chunk)
            yield chunk
            advance(len(chunk))


def _fields(header: Gguf) -> dict[str, Field]:
    fields = header.fields | {preflight.CONVERTED_FOR: Field.text("ctransformers")}
    tokens = header.get("tokenizer.ggml.tokens")
    if "tokenizer.ggml.scores" not in fields:
        fields["tokenizer.ggml.scores"] = Field.numbers(gguf.F32, [0.0] * len(tokens))
    if header.text("tokenizer.ggml.model") == "gpt2" and b"\n" not in tokens:
        alphabet = byte_alphabet()
        kinds = header.get("tokenizer.ggml.token_type")
        plain = [
            _plain(token, alphabet) if kind == _NORMAL_TOKEN else token
            for token, kind in zip(tokens, kinds, strict=True)
        ]
        merges = header.get("tokenizer.ggml.merges") or []
        fields["tokenizer.ggml.tokens"] = Field.strings(plain)
        fields["tokenizer.ggml.merges"] = Field.strings([_merge(merge, alphabet) for merge in merges])
    return fields


def byte_alphabet() -> dict[str, int]:
    """The byte that each character of byte-level BPE stands for: itself if printable, else the next from U+0100."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    alphabet = {chr(byte): byte for byte in printable}
    return alphabet | {chr(0x100 + index): byte for index, byte in enumerate(others)}


def _plain(token: bytes, alphabet: dict[str, int]) -> bytes:
    try:
        return bytes(alphabet[character] for character in token.decode())
    except (KeyError, UnicodeDecodeError):
        return token


def _merge(merge: bytes, alphabet: dict[str, int]) -> bytes:
    # Its halves are split at a space, so that spaces and line ends in them keep their letters.
    halves = (
        _plain(half, alphabet).replace(b" ", "Ġ".encode()).replace(b"\n", "Ċ".encode()) for half in merge.split(b" ")
    )
    return b" ".join(halves)
