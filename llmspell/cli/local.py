"""The models of the configuration and of this machine, for the commands that name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmspell.config import Config, load
from llmspell.errors import LlmspellError, NotFoundError
from llmspell.providers.local.store import ModelStore, default_directory

if TYPE_CHECKING:
    from llmspell.providers.local.store import StoredModel
    from llmspell.providers.registry import ProviderRegistry

RUNTIMES = ("local", "llamacpp", "ctransformers")


def store_of(config: Config) -> ModelStore:
    """Where the models of this machine are."""
    return ModelStore(default_directory() if config.cache_dir is None else config.cache_dir / "models")


def registry_of(config: Config) -> ProviderRegistry:
    """All models that the configuration knows."""
    from llmspell.providers.registry import ProviderRegistry  # slow to import

    return ProviderRegistry(config)


def check_model(config: Config, name: str) -> None:
    """Raise `NotFoundError` for a model whose provider, or whose file on this machine, does not exist."""
    provider, model = registry_of(config).resolve(name)
    if provider.name in RUNTIMES:
        store_of(config).find(model)


def local_name(name: str) -> str:
    """The name in the store of a model that may be written with its runtime, as in `local/smollm2-135m`."""
    runtime, slash, model = name.partition("/")
    return model if slash and runtime in RUNTIMES else name


def stored_model(store: ModelStore, name: str) -> StoredModel:
    """The file of a model, as `llmspell models list` shows it: that of ctransformers may be a converted one.

    Raises `NotFoundError`.
    """
    from llmspell.providers.local import resolve  # as above

    runtime, slash, model = name.partition("/")
    if not slash or runtime not in RUNTIMES:
        return store.find(name)
    found = resolve.file_of(store, model, runtime)
    if runtime != RUNTIMES[0] and not resolve.suits(found, runtime):
        raise NotFoundError(f"there is no model {name}", hint=f"the file {found.path.name} is local/{found.name}")
    return found


def model_names() -> list[str]:
    """Named models and those of this machine, for completion: a mistake in the settings is not its business."""
    try:
        config = load()
        return [*config.aliases, *config.models, *(f"local/{model.name}" for model in store_of(config).list())]
    except LlmspellError:
        return []


def provider_names() -> list[str]:
    """All providers, for completion."""
    try:
        return registry_of(load()).known()
    except LlmspellError:
        return []
