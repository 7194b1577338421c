"""From the name of a model to the file and the runtime that serve it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from llmspell.errors import ModelError
from llmspell.providers.local import ggml, preflight
from llmspell.providers.local.store import ModelStore, StoredModel

CONVERTED = "-ctransformers"
"""What `convert` adds to the name of a model."""

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
    model = _converted(store, name) if runtime == "ctransformers" else None
    model = model or store.find(name)
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


def _converted(store: ModelStore, name: str) -> StoredModel | None:
    wanted = name.removesuffix(".gguf") + CONVERTED
    return next((model for model in store.list() if model.name == wanted), None)


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
    header = preflight.check(choice.path, choice.runtime)
    trained = header.context_length or _RUNTIME_CONTEXT
    return options | {
        "context_length": min(context_length, trained),
        "pooling": bool(header.integer(f"{header.architecture}.pooling_type")),
        "format": "gguf",
    }
