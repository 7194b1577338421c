"""Models within permissions.

A run's `RunContext.registry` is this already. Who narrows its permissions further, an agent for instance, takes
`registry.narrowed(permissions)`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from llmspell.permissions import Permissions

if TYPE_CHECKING:
    from llmspell.providers.base import LLMProvider
    from llmspell.providers.registry import ProviderRegistry
    from llmspell.providers.select.loads import Loads
    from llmspell.providers.select.selection import Models


class PermittedModels:
    """`models`, of which those are given out that `permissions` allow.

    A model may be granted by its full name, by an alias that leads to it, or with a model of the configuration that
    is made of it. A model file that neither the configuration nor `default`, what the user named for the run, names
    has to be readable as well: else a script could look for files. `known` is where the names are from.
    """

    def __init__(
        self, models: Models, known: ProviderRegistry, permissions: Permissions, default: str | None = None
    ) -> None:
        self._models = models
        self._known = known
        self._permissions = permissions
        self._default = default

    @property
    def loads(self) -> Loads:
        """How busy the models are."""
        return self._models.loads

    def resolve(self, name: str | None) -> tuple[LLMProvider, str]:
        """The provider of a model, and the model's name there.

        Raises `PermissionDeniedError` for one that is not allowed, and what the registry raises.
        """
        if name and name != self._default:
            self._require_file(name)
        if self._permissions.models is not None:
            self._require_model(name)
        return self._models.resolve(name)

    def _require_file(self, name: str) -> None:
        file = self._known.file_of(name)
        if file is not None and not self._permissions.may_read(os.path.realpath(os.path.expanduser(file))):
            raise self._permissions.denied("read", f"read the model file {file!r}", file)

    def _require_model(self, name: str | None) -> None:
        names = self._known.names_of(name)
        if not (self._granted(names) or self._granted_in_parts(names[-1]) or self._granted_as_part(names[-1])):
            raise self._permissions.denied("model", f"use the model {names[0]!r}", names[-1])

    def _granted(self, names: tuple[str, ...]) -> bool:
        return any(map(self._permissions.may_use_model, names))

    def _granted_in_parts(self, name: str) -> bool:
        parts = self._known.parts_of(name)
        return bool(parts) and all(map(self._granted, parts))

    def _granted_as_part(self, name: str) -> bool:
        made = filter(self._permissions.may_use_model, self._known.made_of_others)
        return any(part[-1] == name for whole in made for part in self._known.parts_of(whole))


class Cacheable(Protocol):
    """A registry, or one that keeps to a budget."""

    def resolve(self, name: str | None) -> tuple[LLMProvider, str]:
        """The provider of a model, and the model's name there."""
        ...

    @property
    def loads(self) -> Loads:
        """How busy the models are."""
        ...

    def caching(self, wanted: bool | float | None = None) -> Models:
        """The same models, their answers remembered for so long."""
        ...


class PermittedRegistry(PermittedModels):
    """A registry for one run."""

    def __init__(
        self, models: Cacheable, known: ProviderRegistry, permissions: Permissions, default: str | None = None
    ) -> None:
        super().__init__(models, known, permissions, default)
        self._registry = models

    def caching(self, wanted: bool | float | None = None) -> PermittedModels:
        """The same models, their answers remembered for so long; None is what the configuration says."""
        return PermittedModels(self._registry.caching(wanted), self._known, self._permissions, self._default)

    def narrowed(self, permissions: Permissions) -> PermittedRegistry:
        """The same models, for a part of the run that may do no more than these permissions allow as well."""
        both = self._permissions.narrowed(permissions)
        return PermittedRegistry(self._registry, self._known, both, self._default)
