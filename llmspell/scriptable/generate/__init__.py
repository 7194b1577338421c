"""Writes, from the description of the bridge objects, the files that must not drift from it.

`python -m llmspell.scriptable.generate` renews them; with `--check` it names those that are stale. `write_types`
brings the stubs into a project.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from llmspell.languages import GROUP, SHIPPED

_EDITOR_SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "llmspell.lua": (
        ".luarc.json",
        {
            "runtime.version": "Lua 5.4",
            "runtime.builtin": dict.fromkeys(("debug", "ffi", "io", "jit", "package"), "disable"),
        },
    ),
    "llmspell.d.ts": (
        "jsconfig.json",
        {
            "compilerOptions": {
                "target": "ES2022",
                "lib": ["ES2024"],
                "module": "ESNext",
                "moduleResolution": "bundler",
                "moduleDetection": "force",
                "types": [],
                "checkJs": True,
                "strict": False,
            },
            "include": ["**/*.js", "**/*.mjs", "llmspell.d.ts"],
        },
    ),
}


def write_types(directory: Path) -> list[Path]:
    """Write the stubs of every installed language, `llmspell.*`, into a project, and give what was written.

    Settings for the editor, `.luarc.json` and `jsconfig.json`, are written where there are none. Raises `OSError`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for stub in _stubs():
        written.append(_write(directory / stub.name, stub.read_text("utf-8")))
        settings, content = _EDITOR_SETTINGS.get(stub.name, ("", {}))
        if settings and not (directory / settings).exists():
            written.append(_write(directory / settings, json.dumps(content, indent=2) + "\n"))
    return written


def _write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8", newline="\n")
    return path


def _stubs() -> Iterator[Path]:
    """The stubs inside the packages of the bridges, which are found without importing them."""
    installed = [entry.value for entry in entry_points(group=GROUP)]
    packages = {target.partition(":")[0].partition(".")[0] for target in (*SHIPPED.values(), *installed)}
    for package in sorted(packages):
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            yield from sorted(Path(folder).glob("llmspell.*"))
