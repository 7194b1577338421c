"""The prelude as a program: it uses no name that it does not have, and a fresh interpreter costs little memory."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from llmspell.border import Call, Resolve, SpellSource
from llmspell_js import bridge, sources
from llmspell_js.modules import declared
from llmspell_js.scope import free_names
from llmspell_js.syntax import Node, parse, text_of

# The URL parts are ordinary code on purpose; see parts/percent.js.
ORDINARY = {"percent", "host", "url"}


def prelude() -> Node:
    text = "\n".join(sources._read("prelude", f"{name}.js") for name in sources._PRELUDE)
    return parse(text.encode())


@pytest.mark.parametrize("part", [name for name in sources._PARTS if name not in ORDINARY])
def test_a_part_uses_only_what_the_prelude_took_before_the_script_ran(part: str) -> None:
    known = {name for statement in prelude().children for name in declared(statement)}
    free = {text_of(node) for node in free_names(parse(sources._read("parts", f"{part}.js").encode()))}
    assert free - known - {"parts"} == set()


def test_no_part_is_forgotten() -> None:
    folder = sources._HERE
    from pathlib import Path

    assert sorted(path.stem for path in Path(folder, "parts").iterdir()) == sorted(sources._PARTS)
    assert sorted(path.stem for path in Path(folder, "prelude").iterdir()) == sorted(sources._PRELUDE)


def test_the_prelude_stays_before_the_scripts_lines() -> None:
    assert sources.PRELUDE.count("\n") < sources.FIRST_LINE
    assert all(sources._read("parts", f"{name}.js").count("\n") < sources.FIRST_LINE for name in sources._PARTS)


def test_every_part_can_be_loaded() -> None:
    from llmspell_js.check import known_globals

    source = f"export default {sorted(known_globals())!r}.filter((name) => {{ globalThis[name]; return false }})"
    interpreter = bridge.interpreter("js")
    said = interpreter.start(SpellSource("a.js", source))
    interpreter.close()
    assert said[-1][0] == []


def test_importing_the_bridge_loads_little() -> None:
    code = "import sys; import llmspell_js.interpreter; print([m for m in sys.modules if m in %r])"
    heavy = ["asyncio", "pydantic", "tree_sitter", "quickjs", "threading", "dataclasses", "pathlib", "inspect", "ssl"]
    plain = subprocess.run(
        [sys.executable, "-c", "import sys; print(sorted(sys.modules))"], capture_output=True, text=True, check=True
    )
    wanted = [name for name in heavy if repr(name) not in plain.stdout]
    done = subprocess.run([sys.executable, "-c", code % wanted], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_interpreters_leave_nothing_behind() -> None:
    def one() -> None:
        interpreter = bridge.interpreter("js")
        said = interpreter.start(
            SpellSource("a.js", "await parallel(() => sleep(1), () => llm('m').complete('x', { topP: 1 }))")
        )
        first = next(message for message in said if isinstance(message, Call))
        interpreter.feed([Resolve(first.id, None)], 1.0)
        interpreter.close()

    for _ in range(100):
        one()
    gc.collect()
    before = _resident()
    for _ in range(900):
        one()
    gc.collect()
    assert _resident() - before < 2 << 20


def test_a_waiting_interpreter_is_small() -> None:
    interpreter = bridge.interpreter("js")
    interpreter.start(SpellSource("a.js", "await sleep(1)"))
    assert interpreter._engine._context.memory()["malloc_size"] < 512 << 10  # type: ignore[attr-defined]  # inside
    interpreter.close()


def _resident() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)
