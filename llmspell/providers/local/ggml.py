"""Model files from before GGUF: recognising which kind one is, and whether it is whole.

Such a file says nothing about its architecture, so that each known layout is tried, and the one that ends exactly
where the file ends is it. The layouts are those of the examples of <https://github.com/ggml-org/ggml> in mid-2023:
a magic, some numbers, the vocabulary, and the tensors one after the other.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

from llmspell.errors import ModelError
from llmspell.providers.local.gguf import Tensor
from llmspell.providers.local.tensor_types import TENSOR_TYPES

MAGICS = {b"lmgg": "ggml", b"fmgg": "ggmf", b"tjgg": "ggjt"}
"""The first four bytes of such files, which are these names in little-endian."""

_LONGEST_NAME = 4096
_MOST_TENSORS = 100_000


class _Layout(NamedTuple):
    """How a kind of model is laid out: how many numbers come first and which say what, and its first tensor."""

    kind: str
    numbers: int
    vocabulary: int
    context: int | None
    marker: str
    repeated: bool = False
    scored: bool = False


_LAYOUTS = (
    _Layout("gpt2", 6, 0, 1, "model/wte", repeated=True),
    _Layout("gptj", 7, 0, 1, "transformer.wte.weight", repeated=True),
    _Layout("gpt_neox", 8, 0, 1, "gpt_neox.embed_in.weight"),
    _Layout("mpt", 8, 4, 1, "transformer.wte.weight"),
    _Layout("replit", 6, 4, 1, "transformer.wte.weight", scored=True),
    _Layout("llama", 7, 0, None, "tok_embeddings.weight", scored=True),
)


class GgmlModel(NamedTuple):
    """A file from before GGUF: `kind` is ctransformers' name of its architecture."""

    kind: str
    vocabulary: int
    context_length: int | None
    tensors: dict[str, Tensor]


class _MismatchError(Exception):
    """The file does not follow the layout."""


def read(path: Path) -> GgmlModel:
    """What the file at `path` is. Raises `ModelError` for one that is cut off or of no known kind."""
    try:
        with path.open("rb") as file:
            return _identify(file)
    except OSError as error:
        raise ModelError(f"cannot read the model file {path}: {error.strerror}") from None
    except _MismatchError:
        kinds = ", ".join([*(layout.kind for layout in _LAYOUTS), "starcoder"])
        raise ModelError(
            f"the model file {path} is damaged, or of a kind that is not known",
            hint=f"fetch the file again; known kinds from before GGUF: {kinds}",
        ) from None


def _identify(file: BinaryIO) -> GgmlModel:
    size = file.seek(0, 2)
    for layout in _LAYOUTS:
        file.seek(0)
        try:
            return _walk(_Reader(file, size), layout)
        except _MismatchError:
            continue
    raise _MismatchError


def _walk(reader: _Reader, layout: _Layout) -> GgmlModel:
    magic = MAGICS.get(reader.take(4), "")
    if not magic:
        raise _MismatchError
    reader.take(0 if magic == "ggml" else 4)  # a version
    numbers = reader.numbers(layout.numbers)
    vocabulary = numbers[layout.vocabulary]
    if layout.repeated and reader.numbers(1)[0] != vocabulary:
        raise _MismatchError
    reader.skip_words(vocabulary, scored=layout.scored)
    tensors = reader.tensors(aligned=magic == "ggjt")
    if layout.marker not in tensors:
        raise _MismatchError
    context = None if layout.context is None else numbers[layout.context]
    return GgmlModel(_kind(layout, tensors), vocabulary, context, tensors)


def _kind(layout: _Layout, tensors: dict[str, Tensor]) -> str:
    """StarCoder is laid out as GPT-2, but all its heads share one key and one value."""
    attention = tensors.get("model/h0/attn/c_attn/w")
    if layout.kind == "gpt2" and attention is not None and attention.shape[1:] != (3 * attention.shape[0],):
        return "starcoder"
    return layout.kind


class _Reader:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size

    def take(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) != count:
            raise _MismatchError
        return data

    def numbers(self, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}i", self.take(4 * count))

    def skip_words(self, count: int, *, scored: bool) -> None:
        if not 0 < count <= self._size // 4:
            raise _MismatchError
        for _ in range(count):
            length = self.numbers(1)[0]
            if not 0 <= length <= _LONGEST_NAME:
                raise _MismatchError
            self.take(length + (4 if scored else 0))

    def tensors(self, *, aligned: bool) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        while self._file.tell() < self._size:
            tensor = self._tensor(aligned=aligned)
            if tensor.name in found or len(found) >= _MOST_TENSORS:
                raise _MismatchError
            found[tensor.name] = tensor
        return found

    def _tensor(self, *, aligned: bool) -> Tensor:
        dimensions, length, kind = self.numbers(3)
        if not 1 <= dimensions <= 4 or not 0 < length <= _LONGEST_NAME or kind not in TENSOR_TYPES:
            raise _MismatchError
        shape = self.numbers(dimensions)
        name = self.take(length).decode(errors="replace")
        start = self._file.tell()
        start += -start % 32 if aligned else 0
        tensor = Tensor(name, shape, kind, start)
        nbytes = tensor.nbytes
        if min(shape) < 1 or nbytes is None or start + nbytes > self._size:
            raise _MismatchError
        self._file.seek(start + nbytes)
        return tensor
