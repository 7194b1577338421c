"""From the name of a model to the file and the runtime that serve it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from llmspell.errors import ModelError, NotFoundError
from llmspell.providers.local import ggml, preflight
from llmspell.providers.local.store import ModelStore, StoredModel

CONVERTED = "-ctransformers"
"""What `convert` adds to the name of a model."""

_TIME_ERROR = 2_000_000_000
"""Nanoseconds by which file systems may differ about the time of a file."""

_RUNTIME_CONTEXT = 512
"""What both runtimes assume when a file does not say what it was trained for."""


class Choice(NamedTuple):
    """A model file and what runs it: `llamacpp` or `ctransformers`."""

    path: Path
    format: str
    runtime: str


def choose(store: ModelStore, name: str, runtime: str) -> Choice:
    """What serves the model `name`; `runtime` `auto` looks at the file.

    Raises `NotFoundError`, and `ModelError` for a file that the runtime does not read.
    """
    model = file_of(store, name, runtime)
    if model.format == "unknown":
        raise ModelError(f"{model.path} is not a model file: it is neither GGUF nor GGML")
    if runtime == "auto":
        old = model.format == "ggml" or model.name.endswith(CONVERTED)
        return Choice(model.path, model.format, "ctransformers" if old else "llamacpp")
    if runtime == "llamacpp" and model.format == "ggml":
        raise ModelError(
            f"{model.path} is in the GGML format from before GGUF, which llama.cpp no longer reads",
            hint=f"name the model as ctransformers/{name}",
        )
    return Choice(model.path, model.format, runtime)


def file_of(store: ModelStore, name: str, runtime: str) -> StoredModel:
    """The file of the model `name`; for ctransformers, what it was converted to, if it was. Raises `NotFoundError`."""
    try:
        model = store.find(name)
    except NotFoundError:
        if runtime == "ctransformers" and (kept := store.get(name.removesuffix(".gguf") + CONVERTED)):
            return kept  # the original is gone
        raise
    return (conversion_of(store, model) if runtime == "ctransformers" else None) or model


def conversion_of(store: ModelStore, model: StoredModel) -> StoredModel | None:
    """What the model was converted to, unless its file is another one by now: both bear the same time."""
    found = store.get(model.name.removesuffix(CONVERTED) + CONVERTED)
    if found is None or abs(found.path.stat().st_mtime_ns - model.path.stat().st_mtime_ns) > _TIME_ERROR:
        return None
    return found


def suits(model: StoredModel, runtime: str) -> bool:
    """Whether `runtime` can be expected to run a stored model; damage is left to be found later."""
    if runtime == "auto":
        return model.format != "unknown"
    converted = model.name.endswith(CONVERTED)
    if runtime == "llamacpp":
        return model.format == "gguf" and not converted
    if model.format == "gguf" and not converted:
        return _passes(model.path)
    return model.format != "unknown"


def _passes(path: Path) -> bool:
    try:
        preflight.check(path, "ctransformers")
    except ModelError:
        return False
    return True


def load_options(choice: Choice, name: str, context_length: int) -> dict[str, Any]:
    """The worker's `load` request for a file that passed its checks. Raises `ModelError` for one that did not."""
    options: dict[str, Any] = {"path": str(choice.path), "runtime": choice.runtime, "name": name}
    if choice.format == "ggml":
        old = ggml.read(choice.path)
        context = min(context_length, old.context_length or context_length)
        return options | {"context_length": context, "pooling": False, "format": "ggml", "model_type": old.kind}
    header = preflight.check(choice.path, choice.runtime, name.partition("/")[2])
    trained = header.context_length or _RUNTIME_CONTEXT
    return options | {
        "context_length": min(context_length, trained),
        "pooling": bool(header.integer(f"{header.architecture}.pooling_type")),
        "format": "gguf",
    }
