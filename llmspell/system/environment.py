"""The environment of the program, as far as a run may see it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from llmspell.errors import InvalidValueError

if TYPE_CHECKING:
    from llmspell.permissions import Permissions


class Environment:
    """The variables that one run may read."""

    def __init__(self, permissions: Permissions, environ: Mapping[str, str] = os.environ) -> None:
        self._permissions = permissions
        self._environ = environ

    def get(self, name: str) -> str | None:
        """The value of a variable, None if it is not set. Raises `PermissionDeniedError`, set or not."""
        if not name or "=" in name or "\0" in name:
            raise InvalidValueError(f"env: {name[:60]!r} cannot be the name of a variable")
        if not self._permissions.may_env(name):
            raise self._permissions.denied("env", f"read the environment variable {name[:60]!r}", name)
        return _text(self._environ.get(name))

    def names(self) -> list[str]:
        """The names of the variables that are set and may be read, sorted."""
        return sorted(name for name in self._environ if self._permissions.may_env(name) and name.isprintable())


def _text(value: str | None) -> str | None:
    """The value as Unicode; bytes that are none become question marks."""
    return None if value is None else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
