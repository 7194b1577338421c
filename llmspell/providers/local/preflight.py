"""Reasons why a model file cannot be used, found before a runtime sees it.

Both runtimes crash on some of what is checked here, and ctransformers 0.2.27, whose GGUF reader is that of
September 2023, on more: it knows two architectures, reads tokens as raw bytes, and wants scores and an output
matrix of its own.
"""

from __future__ import annotations

from pathlib import Path

from llmspell.errors import ModelError
from llmspell.providers.local import gguf
from llmspell.providers.local.gguf import Gguf, Tensor
from llmspell.providers.local.tensor_types import TENSOR_TYPES

CONVERTED_FOR = "llmspell.converted_for"
"""The metadata key by which a file that only ctransformers reads is known."""

_CT_ARCHITECTURES = ("llama", "falcon")
_CT_TENSOR_TYPES = frozenset({0, 1, 2, 3, 6, 7, 8, 10, 11, 12, 13, 14})
_SPECIAL = ("bos", "eos", "unknown", "seperator", "padding")
_NO_ID = 0xFFFFFFFF
_LLAMA_TENSORS = (
    "attn_norm",
    "attn_q",
    "attn_k",
    "attn_v",
    "attn_output",
    "ffn_norm",
    "ffn_gate",
    "ffn_down",
    "ffn_up",
)


def whole(path: Path) -> Gguf:
    """The header of a GGUF file that is not damaged, as far as a header tells. Raises `ModelError`."""
    header = gguf.read(path)
    if damage := damages(header):
        raise ModelError(f"the model file {path} is damaged: {damage[0]}", hint="fetch the file again")
    return header


def check(path: Path, runtime: str, name: str | None = None) -> Gguf:
    """The header of a GGUF file that `runtime` may be given; hints call the model by its `name`.

    Raises `ModelError`, with every reason, for one that it may not.
    """
    header, name = whole(path), name or path.stem
    converted = header.text(CONVERTED_FOR)
    if runtime == "llamacpp" and converted:
        raise ModelError(
            f"the model file {path} was converted for {converted}, and llama.cpp cannot use it",
            hint=f"name the model as {converted}/{name}",
        )
    if runtime == "ctransformers" and (reasons := refusals(header)):
        hint = f"run: llmspell models convert {name}"
        if not set(reasons) <= set(convertible(header)):
            hint = f"llama.cpp may run it: name the model as llamacpp/{name}"
        raise ModelError(f"ctransformers cannot use the model file {path}: {'; '.join(reasons)}", hint=hint)
    return header


def damages(header: Gguf) -> list[str]:
    """What makes the file useless for any runtime."""
    found = [reason for tensor in header.tensors.values() if (reason := _tensor_damage(header, tensor))]
    if not header.tensors:
        found.append("it has no tensors")
    if not header.architecture:
        found.append("it does not name its architecture")
    return found


def _tensor_damage(header: Gguf, tensor: Tensor) -> str | None:
    kind = TENSOR_TYPES.get(tensor.type)
    if tensor.offset % header.alignment:
        return f"the data of the tensor {tensor.name!r:.80} is not aligned"
    if kind is not None and tensor.shape[0] % kind.block:
        return f"the tensor {tensor.name!r:.80} has rows of {tensor.shape[0]} numbers in blocks of {kind.block}"
    if not tensor.elements:
        return f"the tensor {tensor.name!r:.80} is empty"
    start, length = header.span(tensor)
    if start + length > header.size:
        missing = start + length - header.size
        return f"it is cut off: at least {missing} bytes of the tensor {tensor.name!r:.80} are missing"
    return None


def refusals(header: Gguf) -> list[str]:
    """Why ctransformers cannot use the file; empty when it can."""
    return [*convertible(header), *_final(header)]


def convertible(header: Gguf) -> list[str]:
    """The refusals that `convert` removes."""
    found = []
    if "tokenizer.ggml.scores" not in header.fields:
        found.append("it has no token scores")
    if "output.weight" not in header.tensors:
        found.append("its output matrix is tied to its embeddings")
    if header.text("tokenizer.ggml.model") == "gpt2" and b"\n" not in _tokens(header):
        found.append("its vocabulary is byte-encoded")
    return found


def _final(header: Gguf) -> list[str]:
    found = []
    if header.architecture not in _CT_ARCHITECTURES:
        found.append(f"its architecture is {header.architecture}, not llama or falcon")
    types = sorted({tensor.type for tensor in header.tensors.values()} - _CT_TENSOR_TYPES)
    if types:
        names = [TENSOR_TYPES[code].name if code in TENSOR_TYPES else str(code) for code in types]
        found.append(f"it has tensors of the type {' and '.join(names)}")
    return [*found, *_vocabulary(header), *_graph(header)]


def _tokens(header: Gguf) -> list[bytes]:
    tokens = header.get("tokenizer.ggml.tokens")
    return tokens if isinstance(tokens, list) else []


def _vocabulary(header: Gguf) -> list[str]:
    size = header.array_length("tokenizer.ggml.tokens")
    if not size or header.fields["tokenizer.ggml.tokens"].item_type != gguf.STRING:
        return ["it has no vocabulary"]
    found = []
    if header.text("tokenizer.ggml.model") not in ("llama", "gpt2"):
        found.append("its tokenizer is neither llama nor gpt2")
    expected = {"scores": gguf.F32, "token_type": gguf.I32}
    for key, kind in expected.items():
        field = header.fields.get(f"tokenizer.ggml.{key}")
        if field is None and key == "scores":
            continue  # one of those that `convert` adds
        if field is None or field.type != gguf.ARRAY or field.item_type != kind or field.length != size:
            found.append(f"its {key.replace('_', ' ')} list does not match its vocabulary")
    return found + _special_tokens(header, size)


def _special_tokens(header: Gguf, size: int) -> list[str]:
    found = []
    for name in _SPECIAL:
        id_ = header.integer(f"tokenizer.ggml.{name}_token_id")
        if id_ is not None and id_ != _NO_ID and not 0 <= id_ < size:
            found.append(f"its {name} token {id_} is outside its vocabulary of {size}")
    return found


def _graph(header: Gguf) -> list[str]:
    if header.architecture != "llama":
        return []
    blocks = header.integer("llama.block_count")
    if blocks is None or not 0 < blocks <= len(header.tensors):
        return ["it does not say how many blocks it has"]
    wanted = {"token_embd.weight", "output_norm.weight", "output.weight"}
    wanted |= {f"blk.{block}.{name}.weight" for block in range(blocks) for name in _LLAMA_TENSORS}
    missing, surplus = (
        sorted(wanted - {"output.weight"} - header.tensors.keys()),
        sorted(header.tensors.keys() - wanted),
    )
    found = [f"it lacks the tensor {missing[0]}"] if missing else []
    return found + ([f"it has a tensor that is not expected: {surplus[0]!r:.80}"] if surplus else [])
