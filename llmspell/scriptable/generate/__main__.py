"""`python -m llmspell.scriptable.generate [--check]`, to be run in the source tree."""

from __future__ import annotations

import sys
from pathlib import Path

from llmspell.scriptable.description import describe
from llmspell.scriptable.generate.inputs import read_globals
from llmspell.scriptable.generate.lua import lua_stub
from llmspell.scriptable.generate.proxies import js_proxies, lua_proxies
from llmspell.scriptable.generate.reference import reference
from llmspell.scriptable.generate.typescript import typescript_stub

ROOT = Path(__file__).parents[3]


def generated() -> dict[Path, str]:
    """Each generated file, relative to the source tree, with what it must contain."""
    described, globals_ = describe(), read_globals()
    return {
        Path("bridges/llmspell_lua/llmspell.lua"): lua_stub(described, globals_),
        Path("bridges/llmspell_lua/proxies.lua"): lua_proxies(described),
        Path("bridges/llmspell_js/llmspell.d.ts"): typescript_stub(described, globals_),
        Path("bridges/llmspell_js/proxies.json"): js_proxies(described),
        Path("docs/reference.md"): reference(described, globals_),
    }


def stale(root: Path = ROOT) -> list[Path]:
    """The generated files that are missing or out of date."""
    return [path for path, text in generated().items() if not _same(root / path, text)]


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text


def write(root: Path = ROOT) -> list[Path]:
    """Renew what is stale; gives what was written."""
    written = stale(root)
    texts = generated()
    for path in written:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(texts[path], "utf-8", newline="\n")
    return written


def main(args: list[str]) -> int:
    """Exit code 0 when all is fresh, 1 when `--check` found something stale, 2 for wrong usage."""
    if args not in ([], ["--check"]):
        sys.stderr.write("usage: python -m llmspell.scriptable.generate [--check]\n")
        return 2
    if args:
        found = stale()
        sys.stdout.writelines(f"stale: {path}; run `make generate`\n" for path in found)
        return 1 if found else 0
    sys.stdout.writelines(f"wrote {path}\n" for path in write())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
