"""The JavaScript that every interpreter starts with, read once: the prelude, the generated proxies, the web APIs."""

from __future__ import annotations

import os.path

_HERE = os.path.dirname(__file__)  # noqa: PTH120  # pathlib costs more than the rest of this bridge's imports
_PRELUDE = ("intrinsics", "errors", "values", "tasks", "calls", "proxies", "modules", "globals", "door")
_WEB = ("kit", "clone", "text", "abort", "search", "host", "url", "web")


def _read(*path: str) -> str:
    with open(os.path.join(_HERE, *path), encoding="utf-8") as file:  # noqa: PTH118, PTH123  # as above
        return file.read()


def _wrapped(folder: str, names: tuple[str, ...], parameters: str) -> str:
    body = "\n".join(_read(folder, f"{name}.js") for name in names)
    return f'(function ({parameters}) {{"use strict";{body}}})'


PRELUDE = _wrapped("prelude", _PRELUDE, "")
"""A function that gives the door."""
WEB = _wrapped("web", _WEB, "kit")
"""A function from what the prelude lends to the web APIs."""
PROXIES = _read("proxies.js")
"""The description of the bridge objects."""
FIRST_LINE = 4000
"""Where the lines of the first file start: beyond the prelude's, so that a line number tells them apart."""
