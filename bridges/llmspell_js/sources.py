"""The JavaScript that every interpreter starts with, read once: the prelude, the generated proxies, the web APIs."""

from __future__ import annotations

import json
import os.path
import re

_HERE = os.path.dirname(__file__)  # pathlib costs more than the rest of this bridge's imports
_WIDE = re.compile(r"[^\0-\x7f]")
_PRELUDE = ("intrinsics", "errors", "tasks", "outbox", "globals", "door")
_PARTS = (
    "encode", "foreign", "show", "shapes", "errors", "tasks", "proxies", "streams", "functions", "modules",
    "unheard", "random", "console", "timers", "clone", "text", "abort", "percent", "host", "url",
    "fetch",
)  # fmt: skip  # a row reads better than a column


def _read(*path: str) -> str:
    with open(os.path.join(_HERE, *path), encoding="utf-8") as file:  # as above
        return file.read()


def _slim(source: str) -> str:
    """The same program without comment lines and indentation, in ASCII: every context keeps its sources, and one
    character beyond Latin-1 doubles the size of its text."""
    text = "\n".join([line for line in map(str.lstrip, source.split("\n")) if line[:2] != "//"])
    return text if text.isascii() else _WIDE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _prelude() -> str:
    body = "\n".join(_slim(_read("prelude", f"{name}.js")) for name in _PRELUDE)
    return f'(function (sources, eval) {{ return (function () {{ "use strict"; {body} }})(); }})'


def _parts() -> str:
    return json.dumps({name: f"(function () {{ {_slim(_read('parts', f'{name}.js'))} }})" for name in _PARTS})


PRELUDE = _prelude()
"""A function of the parts and of `eval`; gives the door."""
PARTS = _parts()
"""The parts by name, in JSON: each is compiled when the script first needs it."""
PROXIES = _read("proxies.json")
"""The bridge objects by kind and name, generated: JSON of JSON, so that a spell parses only those that it uses."""
FIRST_LINE = 2000
"""Where the lines of the first file start: beyond the prelude's, so that a line number tells them apart."""
