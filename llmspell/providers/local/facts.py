"""What the header of a model file tells, in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llmspell.providers.local import ggml, gguf, preflight

_QUANTISATIONS = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    10: "Q2_K",
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    18: "Q6_K",
    32: "BF16",
    38: "MXFP4",
}


def describe(path: Path, format_: str) -> dict[str, Any]:
    """Facts of the model file at `path`; a key is absent when the file does not say.

    Raises `ModelError` for a damaged file.
    """
    facts: dict[str, Any] = {}
    if format_ == "gguf":
        facts = _of_gguf(preflight.whole(path))
    elif format_ == "ggml":
        facts = _of_ggml(ggml.read(path))
    return {key: value for key, value in facts.items() if value is not None}


def _of_ggml(model: ggml.GgmlModel) -> dict[str, Any]:
    return {
        "architecture": model.kind,
        "parameters": sum(tensor.elements for tensor in model.tensors.values()),
        "trained_context": model.context_length,
        "vocabulary": model.vocabulary,
        "chat_template": False,
    }


def _of_gguf(header: gguf.Gguf) -> dict[str, Any]:
    architecture = header.architecture
    return {
        "architecture": architecture or None,
        "title": header.text("general.name"),
        "quantisation": _QUANTISATIONS.get(header.integer("general.file_type") or 0),
        "parameters": sum(tensor.elements for tensor in header.tensors.values()),
        "trained_context": header.context_length,
        "embedding_length": header.integer(f"{architecture}.embedding_length"),
        "vocabulary": header.array_length("tokenizer.ggml.tokens"),
        "license": header.text("general.license"),
        "chat_template": "tokenizer.chat_template" in header.fields,
        "gguf_version": header.version,
    }
