"""Where models are found: from a name such as `openai/gpt-5-mini` to a provider and the model's name there."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llmspell.config import Config, ProviderConfig
from llmspell.errors import InvalidValueError, LlmspellError, ModelError, NotFoundError, ProviderError
from llmspell.nearest import nearest
from llmspell.providers.base import LLMProvider, ModelInfo

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

    from llmspell.providers.catalog import Row
    from llmspell.providers.select.answers import Answers
    from llmspell.providers.select.loads import Loads
    from llmspell.providers.select.selection import Models
    from llmspell.providers.services import Services
    from llmspell.providers.transport import HttpTransport

GROUP = "llmspell.providers"
LOCAL_MODEL = "smollm2-135m"
"""Serves when nothing is configured."""

_LOCAL = ("local", "llamacpp", "ctransformers")
_MODEL_FILES = (".gguf", ".bin")
_MOST_ALIASES = 10


class ProviderRegistry:
    """The providers of one host, each made when the first of its models is asked for.

    In this order a provider's name is looked up: `providers` (the embedder's own), `[providers.NAME]` of the
    configuration laid over the built-in one of that name, the local runtimes, and entry points of the group
    `llmspell.providers`, each a callable that takes the configuration and gives an `LLMProvider` or a `Row` of the
    catalog.

    `environ` holds the keys (the process's environment by default). `http_transport` is used for all HTTP and
    stays the caller's to close, as do `providers`.
    """

    def __init__(
        self,
        config: Config | None = None,
        *,
        providers: Iterable[LLMProvider] = (),
        environ: Mapping[str, str] | None = None,
        http_transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._config = config or Config()
        self._environ = os.environ if environ is None else environ
        self._given = {provider.name: self._at_home(provider) for provider in providers}
        self._made: dict[str, LLMProvider] = {}
        self._http_transport = http_transport
        self._transport: HttpTransport | None = None

    def resolve(self, name: str | None = None) -> tuple[LLMProvider, str]:
        """The provider for `provider/model`, an alias or a model file, and the model's name there.

        None or an empty name is the default model; a provider's name alone is its default model. Raises
        `NotFoundError` with near names.
        """
        provider, model = self._placed(self._aliases(name)[-1])
        found = self.provider(provider)
        return found, model or self._default_of(provider)

    def names_of(self, name: str | None = None) -> tuple[str, ...]:
        """What a model is called: `name`, each alias on the way, and in full, which is the last. Raises as above."""
        names = self._aliases(name)
        if names[-1] in self._config.models:
            return tuple(names)
        provider, model = self._placed(names[-1])
        return tuple(dict.fromkeys((*names, f"{provider}/{model or self._default_of(provider)}")))

    def parts_of(self, name: str) -> list[tuple[str, ...]]:
        """The models that one of the configuration is made of, down to the last, each as `names_of` has it."""
        from llmspell.providers.select.named import members_of  # most settings have none

        found: list[tuple[str, ...]] = []
        seen = {name}
        waiting = [name] if name in self._config.models else []
        while waiting:
            for names in map(self.names_of, members_of(self._config.models[waiting.pop()])):
                if names[-1] not in self._config.models:
                    found.append(names)
                elif names[-1] not in seen:
                    seen.add(names[-1])
                    waiting.append(names[-1])
        return found

    @property
    def made_of_others(self) -> Collection[str]:
        """The names of the models of the configuration that are made of others."""
        return self._config.models.keys()

    def file_of(self, name: str) -> str | None:
        """The path of the model file that a name leads to; None where the configuration or the store has the file."""
        if not _is_file(name) and "/" not in name.partition("/")[2] and "~" not in name:  # spares most the rest
            return None
        if name in self._configured:
            return None
        provider, path = self._placed(name)
        local = provider in _LOCAL and provider not in self._given and self.services.row(provider) is None
        return path if local and not self._is_stored(path) else None

    def provider(self, name: str) -> LLMProvider:
        """The provider of that name. Raises `NotFoundError` with near names."""
        found = self._given.get(name) or self._made.get(name)
        if found is None:
            make = self._maker(name)
            if make is None:
                raise NotFoundError(f"there is no provider {name!r}", hint=self._hint(name))
            found = self._made[name] = make()
        return found

    def caching(self, wanted: bool | float | None = None) -> Models:
        """The same models, their answers remembered for `wanted` seconds; True is for ever, False not at all.

        None is what the configuration says. See `llmspell.providers.select.cache`.
        """
        wanted = self._config.cache if wanted is None else wanted
        if wanted is False:
            return self
        from llmspell.providers.select.cache import CachedModels  # SQLite

        return CachedModels(self, self.answers, None if wanted is True else wanted)

    @cached_property
    def answers(self) -> Answers:
        """The answers that are remembered."""
        from llmspell.providers.select import answers  # as above

        folder = self._config.cache_dir
        return answers.Answers(answers.default_file() if folder is None else folder / answers.FILE)

    @cached_property
    def loads(self) -> Loads:
        """How busy the models are, for those that choose among them."""
        from llmspell.providers.select.loads import Loads  # most spells name their model

        return Loads()

    def default_model(self) -> str:
        """The model to use when none is named anywhere: of the first service whose key is set, else the local one."""
        if self._config.model:
            return self._config.model
        return self.services.default_model() or f"local/{LOCAL_MODEL}"

    def names(self) -> list[str]:
        """The providers that can be used now: local ones, those with a key, configured and given ones."""
        rows = (self.services.row(name) for name in self.services.names())
        usable = [row.name for row in rows if row and self.services.is_usable(row)]
        return list(dict.fromkeys((*self._given, *usable, *_LOCAL)))

    def known(self) -> list[str]:
        """All names of providers but those that packages bring."""
        return list(dict.fromkeys((*self._given, *self.services.names(), *_LOCAL)))

    def packaged(self) -> list[str]:
        """The names of the providers that installed packages bring."""
        return [entry.name for entry in _entry_points()]

    @cached_property
    def services(self) -> Services:
        """The services behind HTTP, whether usable or not."""
        from llmspell.providers.services import Services  # the catalog is rarely needed by spells without models

        return Services(self._config, self._environ)

    async def list_models(self, provider: str | None = None) -> list[ModelInfo]:
        """The models of a provider, or of all of `names()`; then, those that cannot be reached are left out."""
        if provider is not None:
            return await self.provider(provider).list_models()
        import asyncio  # needed for several at once

        return [info for infos in await asyncio.gather(*map(self._models_of, self.names())) for info in infos]

    async def aclose(self) -> None:
        """Close what the registry made. It can be used again afterwards."""
        made, self._made = self._made, {}
        for provider in made.values():
            await provider.aclose()
        if "answers" in vars(self):
            self.answers.close()
        if self._transport is not None:
            await self._transport.aclose()

    async def _models_of(self, name: str) -> list[ModelInfo]:
        try:
            return await self.provider(name).list_models()
        except (ProviderError, ModelError):  # some list none
            return []

    def _aliases(self, name: str | None) -> list[str]:
        """The name, or that of the default model, and what its aliases lead to."""
        names = [name or self._config.model or self.default_model()]
        while names[-1] in self._config.aliases:
            if len(names) > _MOST_ALIASES:
                raise InvalidValueError(f"the alias {names[-1]!r} leads back to itself", hint="check [aliases]")
            names.append(self._config.aliases[names[-1]])
        return names

    def _placed(self, name: str) -> tuple[str, str]:
        """The provider's name and the model's there, which may be empty, for a name that is no alias."""
        if name in self._config.models:
            return name, name
        provider, slash, model = name.partition("/")
        if provider not in self.known() and _is_file(name):
            return "local", name
        if slash and not model:
            raise NotFoundError(f"{name!r} names no model", hint="names are provider/model")
        if not slash and not self._exists(provider):
            raise self._unknown_model(name)
        return provider, model

    @cached_property
    def _configured(self) -> set[str]:
        """The names of models in the configuration."""
        parts = (names for made in self.made_of_others for part in self.parts_of(made) for names in part)
        return {self._config.model or "", *self._config.aliases, *self._config.aliases.values(), *parts}

    def _is_stored(self, name: str) -> bool:
        """Whether a local model's name is not a path: one without an ending, or that of a file in the store."""
        if os.sep in name or "/" in name or name.startswith("~"):
            return False
        return not name.endswith(_MODEL_FILES) or os.path.isfile(os.path.join(self._model_folder(), name))

    def _default_of(self, name: str) -> str:
        if name in _LOCAL:
            return LOCAL_MODEL
        row = None if name in self._given else self.services.row(name)
        default = row.default_model if row else self.provider(name).default_model
        if default is None:
            raise NotFoundError(f"{name!r} names no model", hint=f"names are provider/model: {name}/...")
        return default

    def _exists(self, name: str) -> bool:
        return name in self._given or name in self._made or self._maker(name) is not None

    def _maker(self, name: str) -> Callable[[], LLMProvider] | None:
        if name in self._config.models:
            return lambda: self._selection(name)
        if row := self.services.row(name):
            return lambda: self._http(row)
        if name in _LOCAL:
            return lambda: self._local(name)
        return self._entry_point(name)

    def _http(self, row: Row) -> LLMProvider:
        from llmspell.providers.http_provider import HttpProvider
        from llmspell.providers.retry import RetryPolicy
        from llmspell.providers.transport import HttpTransport

        self._transport = self._transport or HttpTransport(self._http_transport)
        keys: list[str | None] = [*self.services.keys(row)] or [None]
        own = self._config.providers.get(row.name)
        limits = own.limits if own else {}
        once = {"retries": RetryPolicy(attempts=1)} if limits or len(keys) > 1 else {}
        options: dict[str, Any] = {"download_ranks": self._config.download_tokenizers, **once}
        try:
            options["network"] = network = self.services.network(row)
            row = self.services.placed(row)
            providers = [HttpProvider(row, self._transport, key=key, **options) for key in keys]
            return providers[0] if not once else _shared(providers, limits, network.timeouts.total)
        except InvalidValueError as error:
            raise InvalidValueError(f"providers.{row.name}: {error.message}", hint=error.hint) from None

    def _selection(self, name: str) -> LLMProvider:
        from llmspell.providers.select.named import named

        if name in self.known():
            raise InvalidValueError(f"models.{name}: there is a provider of that name", hint="choose another name")
        return named(name, self._config.models, lambda part: self._aliases(part)[-1], self)

    def _at_home(self, provider: LLMProvider) -> LLMProvider:
        """One that chooses among models finds them here."""
        bound_to = getattr(provider, "bound_to", None)  # a `Selection`, whose module most hosts need not load
        return bound_to(self) if bound_to else provider

    def _local(self, name: str) -> LLMProvider:
        from llmspell.providers.local.provider import LocalProvider
        from llmspell.providers.local.store import ModelStore

        store = ModelStore(self._model_folder())
        local = self._config.local
        settings: dict[str, Any] = {
            key: value
            for key in ("threads", "context_length", "idle_timeout")
            if (value := getattr(local, key)) is not None
        }
        limits = self._limits_of_local(name)
        provider = LocalProvider(store, "auto" if name == "local" else name, **settings)  # type: ignore[arg-type]  # one of the three names
        return _shared([provider], limits, None) if limits else provider

    def _limits_of_local(self, name: str) -> Mapping[str, int]:
        own = self._config.providers.get(name, ProviderConfig())
        if own != ProviderConfig(limits=own.limits):
            raise InvalidValueError(
                f"providers.{name}: a local runtime takes nothing but limits there",
                hint=f"[local] has its settings; with base_url, {name} is a service behind HTTP",
            )
        return own.limits

    def _model_folder(self) -> Path:
        from llmspell.providers.local.store import default_directory  # local models alone have one

        folder = self._config.cache_dir
        return default_directory() if folder is None else folder / "models"

    def _entry_point(self, name: str) -> Callable[[], LLMProvider] | None:
        for entry in _entry_points():
            if entry.name == name:
                return lambda: self._of_package(entry)
        return None

    def _of_package(self, entry: Any) -> LLMProvider:
        from llmspell.providers.catalog import Row  # rarely needed, as above

        try:
            made = entry.load()(self._config)
        except Exception as error:  # noqa: BLE001  # a package may fail in any way
            told = error if isinstance(error, LlmspellError) else f"{type(error).__name__}: {error}"
            raise InvalidValueError(f"the provider {entry.name!r} cannot be made by {entry.value}: {told}") from None
        if isinstance(made, Row):
            return self._http(made)
        if not isinstance(made, LLMProvider):
            raise InvalidValueError(f"{entry.value} gave neither an LLMProvider nor a Row, but {type(made).__name__}")
        return made

    def _hint(self, name: str) -> str:
        known = [*self.known(), *self.packaged()]
        return nearest(name, known) or f"known are {', '.join(known)}; add one as [providers.{name}] in llmspell.toml"

    def _unknown_model(self, name: str) -> NotFoundError:
        hint = self._stored_near(name) or nearest(name, (*self._config.aliases, *self._config.models, *self.known()))
        return NotFoundError(
            f"there is no model {name!r}", hint=hint or "names are provider/model, such as openai/gpt-5-mini"
        )

    def _stored_near(self, name: str) -> str | None:
        """A hint for those who leave out `local/`."""
        from difflib import get_close_matches  # only for errors

        from llmspell.providers.local.store import ModelStore  # as above

        names = [model.name for model in ModelStore(self._model_folder()).list()]
        close = get_close_matches(name, names, 1, 0.7)
        return f"did you mean local/{close[0]}?" if close else None


def _shared(providers: Sequence[LLMProvider], limits: Mapping[str, int], timeout: float | None) -> LLMProvider:
    """One service for all its keys, asked as fast as its limits allow; attempts are repeated here, not below."""
    from llmspell.providers.select.balance import Keys
    from llmspell.providers.select.pace import Pace
    from llmspell.providers.select.paced import Paced

    return Paced(providers[0] if len(providers) == 1 else Keys(providers), Pace(**limits), timeout=timeout)


def _is_file(name: str) -> bool:
    return name.endswith(_MODEL_FILES) or name.startswith(("/", "./", "../", "~/"))


def _entry_points() -> Iterable[Any]:
    from importlib.metadata import entry_points  # slow, and only for names that nobody else knows

    return entry_points(group=GROUP)
