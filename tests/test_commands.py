"""The commands of the README and the guides run as they stand, with a model server of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_openai import fake_openai
from tests.test_readme import BLOCKS, FILES, ROOT

LOCAL = " --model local/smollm2-135m"  # the server answers in its place
DIFF = "--- a/shop.py\n+++ b/shop.py\n@@ -1 +1 @@\n-price = 1\n+price = 2\n"
# What the commands are about; the spells of the README are beside them.
THINGS = {
    "story.lua": "return params.topic or (params.args or { 'nothing' })[1]",
    "story.js": "export default params.topic;",
    "summarize.lua": "return stdin.read()",
    "report.lua": "return fs.exists('notes/a.txt')",
    "spell.js": "export default 4;",
    "spells/greet.lua": "return 'hello'",
    "notes/a.txt": "The harbour opens at six.",
    "notes.md": "The tide comes at six.",
    "notes.txt": "one\ntwo\n",
    "letter.txt": "Ada is 36.",
    "template.txt": "Dear ...",
    "letter.diff": DIFF,
}
# There is no key for what these ask.
CODES = {"llmspell providers test mistral": 1, "llmspell models list --provider mistral": 1}
NOT_RUN = (
    "llmspell models pull",  # from the network
    "llmspell serve --mcp spells/ --http",  # until it is stopped
)


def commands() -> list[str]:
    lines = (
        line.partition("  #")[0].strip()
        for block in BLOCKS
        if block.language == "sh"
        for line in block.code.splitlines()
    )
    return sorted({line for line in lines if "llmspell " in line and not line.startswith(NOT_RUN)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("commands")
    hello = {f"hello.{block.language}": block.code for block in reversed(BLOCKS) if block.page == "README.md"}
    files = {block.extra.removeprefix("file="): block.code for block in FILES}
    for name, text in {**hello, **files, **THINGS}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "examples").symlink_to(ROOT / "examples")
    with fake_openai() as fake:
        server = f'model = "fake/test"\n[providers.fake]\nbase_url = "{fake.url}"\n'
        notes = '[mcp.servers.notes]\ncommand = "python3"\nargs = ["notes_server.py"]\n'
        (folder / "llmspell.toml").write_text(server + notes, encoding="utf-8")
        yield folder


@pytest.mark.parametrize("line", commands())
def test_a_command_runs(line: str, folder: Path) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"git() {{ cat letter.diff; }}\n{line.replace(LOCAL, '')}"],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == CODES.get(line, 0), done.stderr
    assert done.stdout or line.startswith(("llmspell check", "llmspell serve")) or done.returncode


def test_every_exception_is_a_command_of_the_pages() -> None:
    assert CODES.keys() <= set(commands())
