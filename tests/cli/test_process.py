"""The program as a process of its own: signals, pipes, and what it loads."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import psutil
import pytest

from tests.cli.conftest import Server

PATIENCE = 8.0
"""Seconds, below the 10 s of computing after which a busy spell ends by itself."""

Start: TypeAlias = "Callable[..., subprocess.Popen[bytes]]"


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the program; what still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*args: str, flags: tuple[str, ...] = (), **options: Any) -> subprocess.Popen[bytes]:
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        process = subprocess.Popen([sys.executable, *flags, "-m", "llmspell", *args], **pipes)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def finish(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    """Exit code, output and errors of a process that ends soon."""
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def interrupt(process: subprocess.Popen[bytes], number: int, go: bytes = b"go\n") -> tuple[int, bytes, bytes]:
    """Send a signal once the spell has said `go`; nothing of it may be left afterwards."""
    assert process.stdout is not None
    assert process.stdout.read(len(go)) == go
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    outcome = finish(process)
    _, alive = psutil.wait_procs(family, timeout=PATIENCE)
    assert not alive
    return outcome


# A call that needs no waiting ends the slice, so that the output appears; one that waits needs the event loop.
BUSY = {
    "lua": 'print("go") spell.usage() while true do end',
    "js": 'print("go"); await spell.usage(); for (;;);',
}
BUSY_LATER = {
    "lua": 'sleep(0) print("go") sleep(0) while true do end',
    "js": 'await sleep(0); print("go"); await sleep(0); for (;;);',
}
WAITING = {"lua": 'print("go") sleep(60)', "js": 'print("go"); await sleep(60)'}
READING = {"lua": 'print("go") return stdin.read()', "js": 'print("go"); export default await stdin.read()'}


@pytest.mark.parametrize("isolation", ["process", "inline"])
@pytest.mark.parametrize("lang", ["lua", "js"])
@pytest.mark.parametrize("spell", [BUSY, BUSY_LATER, WAITING], ids=["busy", "busy later", "waiting"])
def test_ctrl_c(start: Start, spell: dict[str, str], lang: str, isolation: str) -> None:
    process = start("run", "-e", spell[lang], "--lang", lang, "--isolation", isolation)
    assert interrupt(process, signal.SIGINT) == (130, b"", b"interrupted\n")


@pytest.mark.parametrize("lang", ["lua", "js"])
def test_ctrl_c_while_it_reads_from_a_terminal(start: Start, lang: str) -> None:
    process = start("run", "-e", READING[lang], "--lang", lang, stdin=subprocess.PIPE)
    assert interrupt(process, signal.SIGINT) == (130, b"", b"interrupted\n")


def test_ctrl_c_during_an_answer_of_a_model(start: Start, server: Server) -> None:
    server.words, server.pause = ["go\n"] * 1000, 0.05
    source = "for chunk in llm('here/m-1'):stream('Hi') do write(chunk.text) end"
    code, _, err = interrupt(start("run", "-e", source, "--lang", "lua"), signal.SIGINT)
    assert (code, err) == (130, b"interrupted\n")


@pytest.mark.parametrize("spell", [BUSY, WAITING], ids=["busy", "waiting"])
def test_ctrl_c_with_json_still_gives_the_object(start: Start, spell: dict[str, str]) -> None:
    source = spell["lua"].replace('print("go")', 'print("go") log("go")')
    process = start("run", "-e", source, "--lang", "lua", "--json", stdout=subprocess.PIPE)
    assert process.stderr is not None
    assert process.stderr.readline() == b"info: go\n"
    process.send_signal(signal.SIGINT)
    code, out, _ = finish(process)
    report = json.loads(out)
    assert code == 130
    assert report["error"]["kind"] == "cancelled"
    assert report["output"] == "go\n"
    assert report["run_id"]


@pytest.mark.parametrize("lang", ["lua", "js"])
def test_ctrl_c_with_json_gives_an_object_even_if_the_script_cannot_be_stopped(start: Start, lang: str) -> None:
    source = BUSY[lang].replace('print("go")', 'log("go")')
    process = start("run", "-e", source, "--lang", lang, "--isolation", "inline", "--json")
    assert process.stderr is not None
    assert process.stderr.readline() == b"info: go\n"
    process.send_signal(signal.SIGINT)
    code, out, _ = finish(process)
    assert code == 130
    assert json.loads(out)["error"] == {
        "kind": "cancelled", "message": "the run was interrupted", "file": None, "line": None, "hint": None,
    }  # fmt: skip  # a row


@pytest.mark.parametrize("isolation", ["process", "inline"])
@pytest.mark.parametrize("spell", [BUSY, WAITING], ids=["busy", "waiting"])
def test_sigterm(start: Start, spell: dict[str, str], isolation: str) -> None:
    process = start("run", "-e", spell["lua"], "--lang", "lua", "--isolation", isolation)
    assert interrupt(process, signal.SIGTERM)[0] == 143


@pytest.mark.parametrize(
    "source",
    [
        "while true do print('x') spell.usage() end",
        "sleep(0) while true do print('x') sleep(0.001) end",
        "while true do print(('x'):rep(100000)) spell.usage() end",
    ],
)
@pytest.mark.parametrize("isolation", ["process", "inline"])
def test_a_reader_that_leaves_ends_it_quietly(start: Start, source: str, isolation: str) -> None:
    process = start("run", "-e", source, "--lang", "lua", "--isolation", isolation)
    assert process.stdout is not None
    assert process.stdout.read(1) == b"x"
    process.stdout.close()
    assert process.wait(PATIENCE) == 141
    assert process.stderr is not None
    assert process.stderr.read() == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("wait", ["", "sleep(0) "])
def test_output_that_cannot_be_written(start: Start, wait: str) -> None:
    with open("/dev/full", "wb") as full:
        process = start("run", "-e", wait + "print('x') sleep(60)", "--lang", "lua", stdout=full)
        code, _, err = finish(process)
    assert code == 1
    assert err.startswith(b"error: cannot write the output: No space left on device\n")


def test_output_appears_as_it_comes(start: Start, server: Server) -> None:
    server.words, server.pause = ["one ", "two ", "three"], 0.2
    source = "for chunk in llm('here/m-1'):stream('Hi') do write(chunk.text) end"
    process = start("run", "-e", source, "--lang", "lua")
    assert process.stdout is not None
    pieces = []
    while piece := os.read(process.stdout.fileno(), 100):
        pieces.append(piece)
    assert pieces == [b"one ", b"two ", b"three"]


def test_standard_input_is_piped_through(start: Start) -> None:
    process = start(
        "run", "-e", "for l in stdin.lines() do print('>' .. l) end", "--lang", "lua", stdin=subprocess.PIPE
    )
    out, err = process.communicate("eins\nzwölf\n".encode(), timeout=PATIENCE)
    assert (out.decode(), err) == (">eins\n>zwölf\n", b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_text_is_utf8_everywhere(start: Start, encoding: str) -> None:
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    process = start("run", "-e", "return stdin.read()", "--lang", "lua", stdin=subprocess.PIPE, env=environment)
    out, _ = process.communicate("日本 🦙".encode(), timeout=PATIENCE)
    assert out.decode() == "日本 🦙\n"


def test_bytes_that_are_no_text_are_replaced(start: Start) -> None:
    process = start("run", "-e", "return stdin.read()", "--lang", "lua", stdin=subprocess.PIPE)
    out, _ = process.communicate(b"a\xffb", timeout=PATIENCE)
    assert out.decode() == "a\ufffdb\n"


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-"])
def test_a_closed_descriptor(closed: str) -> None:
    source = "log('l') print('x') return stdin.read()"
    command = f'"$0" -m llmspell run -e "{source}" --lang lua {closed}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout == (b"" if closed == "1>&-" else b"x\n\n")
    assert done.stderr == (b"" if closed == "2>&-" else b"info: l\n")


@pytest.mark.parametrize("isolation", ["process", "inline"])
@pytest.mark.parametrize("lang", ["lua", "js"])
def test_a_spell_without_models_loads_nothing_heavy(start: Start, home: Path, lang: str, isolation: str) -> None:
    (home / f"hello.{lang}").write_text("print('hello')", encoding="utf-8")
    process = start("run", f"hello.{lang}", "--isolation", isolation, flags=("-X", "importtime"))
    code, out, err = finish(process)
    assert (code, out) == (0, b"hello\n")
    loaded = set(re.findall(r"\| +([\w.]+)$", err.decode(), re.MULTILINE))
    heavy = {"asyncio", "httpx2", "importlib.metadata", "pathlib", "pydantic", "rich", "ssl", "tiktoken", "tree_sitter"}
    assert "llmspell.host" in loaded
    assert not loaded & heavy
    if isolation == "process":
        assert not loaded & {"lupa", "_quickjs"}


def test_the_version(start: Start) -> None:
    code, out, _ = finish(start("--version"))
    assert (code, out) == (0, b"llmspell, version 0.1.0\n")


def test_the_installed_program(home: Path) -> None:
    program = Path(sys.executable).with_name("llmspell")
    done = subprocess.run([program, "run", "none.lua"], capture_output=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: there is no file 'none.lua'\n")
