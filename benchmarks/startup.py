"""How long the program takes to run a spell that calls no model, and what it loads for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from importlib.metadata import distribution
from pathlib import Path

from benchmarks.measure import Figure, Row, Scale, figure, ratio_row

HELLO = {
    "hello.lua": 'print("Hello, " .. (params.name or "world"))\n',
    "hello.js": 'print("Hello, " + (params.name ?? "world"));\n',
}
FORBIDDEN = ("asyncio", "ssl", "pydantic", "httpx2", "rich")
_TARGET = 6.0
_MOST_PACKAGES, _MOST_MEGABYTES = 30, 65

_LISTING = """
import atexit, os, sys
leave = os._exit
def tell(code):
    sys.stdout.flush()
    print([name for name in %r if name in sys.modules], file=sys.stderr, flush=True)
    leave(code)
os._exit = tell
atexit.register(tell, 0)
sys.argv = ["llmspell", "run", %r, "--isolation", %r]
from llmspell.cli import main
main()
"""


def rows(scale: Scale) -> list[Row]:
    """Start-up in both isolations, forbidden modules, and the size of an installation."""
    with tempfile.TemporaryDirectory() as folder:
        for name, source in HELLO.items():
            Path(folder, name).write_text(source)
        return [*_times(folder, scale), *_imports(folder), *_size()]


def _times(folder: str, scale: Scale) -> list[Row]:
    program = Path(sys.executable).with_name("llmspell")
    bare = [sys.executable, "-c", "pass"]
    commands = {"python -c pass": bare, "again": bare}
    for name in HELLO:
        commands[name] = [str(program), "run", name]
        commands[f"{name} inline"] = [str(program), "run", name, "--isolation", "inline"]
    clock: dict[str, list[float]] = {name: [] for name in commands}
    processor: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(3 * scale.rounds + 1):
        for name, command in commands.items():
            seconds, cpu = _run(command, folder)
            if number:
                clock[name].append(seconds)
                processor[name].append(cpu)
    base, cpu_base = _both(clock), _both(processor)
    made = []
    for name in list(commands)[2:]:
        note = f"processor time {figure(processor[name]).median / cpu_base.median:.1f} x"
        made.append(ratio_row(f"llmspell run {name}", figure(clock[name]), base, _TARGET, "python -c pass", note))
    return made


def _both(samples: dict[str, list[float]]) -> Figure:
    return figure(samples["python -c pass"] + samples["again"])


def _run(command: list[str], folder: str) -> tuple[float, float]:
    """Seconds on the clock and of processor time, those of its own children included."""
    before = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command} failed"
    return seconds, usage.ru_utime + usage.ru_stime


def _imports(folder: str) -> Iterator[Row]:
    for name in HELLO:
        for isolation in ("process", "inline"):
            source = _LISTING % (FORBIDDEN, name, isolation)
            command = [sys.executable, "-c", source]
            done = subprocess.run(
                command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
            )
            loaded = json.loads(done.stderr.splitlines()[-1].replace("'", '"'))
            note = "loads " + ", ".join(loaded) if loaded else "none of " + ", ".join(FORBIDDEN)
            yield Row(f"modules it may not import, {name} {isolation}", len(loaded), "modules", 0, note=note)


def _size() -> Iterator[Row]:
    packages = _closure("llmspell")
    size = sum(_bytes(name) for name in packages) / 1e6
    yield Row("base install, packages", len(packages), "packages", _MOST_PACKAGES)
    yield Row("base install, size", size, "MB", _MOST_MEGABYTES, note="without caches; our own source not counted")


def _closure(name: str) -> set[str]:
    from packaging.requirements import Requirement

    found: set[str] = set()
    queue = [name]
    while queue:
        name = queue.pop()
        if name in found:
            continue
        found.add(name)
        for text in distribution(name).requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                queue.append(metadata.distribution(requirement.name).metadata["Name"])
    return found


def _bytes(name: str) -> int:
    files = distribution(name).files or ()
    return sum(path.stat().st_size for file in files if file.suffix != ".pyc" and (path := _path(file)).is_file())


_path: Callable[[metadata.PackagePath], Path] = lambda file: Path(str(file.locate()))  # noqa: E731  # a name for it
