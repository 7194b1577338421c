"""`fs`, `blob`, `env` and `run` in whole runs: with a loop and without, and what is left when a run ends."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import llmspell
from llmspell.errors import InvalidValueError, LimitError, LlmspellError, NotFoundError, SpellError
from llmspell.permissions import Permissions
from llmspell.scriptable.objects import method
from llmspell.system.blobs import Blobs
from tests.scriptable.fakes import FakeContext
from tests.system.test_programs import gone, number_in

FOREVER = "echo $$ > pid; sleep 60 & sleep 60"


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeContext:
    monkeypatch.chdir(tmp_path)
    context = FakeContext()
    here = os.path.realpath(tmp_path)
    context.permissions = Permissions(read=(here,), write=(here,))
    return context


def call(context: FakeContext, name: str, **args: Any) -> Any:
    found = method(name)
    assert found is not None
    return found.call(context, args)


def spell(source: str) -> llmspell.Spell:
    return llmspell.Spell(source=source, language="lua", name="spell.lua")


QUICK = [
    ("fs.write", {"path": "f", "content": "text"}),
    ("fs.read", {"path": "f"}),
    ("fs.blob", {"path": "f"}),
    ("fs.list", {"path": "."}),
    ("fs.stat", {"path": "f"}),
    ("fs.exists", {"path": "f"}),
    ("fs.make", {"path": "d"}),
    ("fs.move", {"source": "f", "target": "d/f"}),
]


def test_where_nobody_else_waits_files_need_no_thread_and_no_loop(context: FakeContext) -> None:
    for name, args in QUICK:
        assert not inspect.isawaitable(call(context, name, **args)), name

    assert Path("d/f").read_text() == "text"


def test_in_an_event_loop_files_hold_up_nobody(context: FakeContext) -> None:
    async def all_of_them() -> None:
        for name, args in QUICK:
            waiting = call(context, name, **args)
            assert inspect.isawaitable(waiting), name
            await waiting

    asyncio.run(all_of_them())

    assert Path("d/f").read_text() == "text"


def test_a_spell_that_reads_a_file_loads_no_event_loop(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("here")
    code = f"""
import sys, llmspell
from llmspell.permissions import Permissions
spell = llmspell.Spell(source='return fs.read("{tmp_path}/f")', language="lua", name="x")
print(llmspell.run(spell, permissions=Permissions(read=({os.path.realpath(tmp_path)!r},))).value)
print("asyncio" in sys.modules, "hashlib" in sys.modules, "subprocess" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["here", "False False False"]


def test_a_stopped_search_ends_its_thread(context: FakeContext) -> None:
    for at in range(50):
        Path(f"f{at}").write_text("")

    async def cancelled() -> None:
        task = asyncio.ensure_future(call(context, "fs.glob", pattern="**"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(cancelled(), 10))


@pytest.mark.parametrize(
    ("name", "args", "said"),
    [
        ("blob.from_base64", {"text": "no base64"}, "is not base64"),
        ("blob.from_text", {"text": "x", "mime": "nonsense"}, "no media type"),
        ("blob.from_text", {"text": "x", "mime": "a/b\r\nX: y"}, "no media type"),
    ],
)
def test_what_no_blob_is_made_of(context: FakeContext, name: str, args: Any, said: str) -> None:
    with pytest.raises(InvalidValueError, match=said):
        call(context, name, **args)


def test_blobs_have_a_bound_before_they_are_made(context: FakeContext) -> None:
    context.blobs = Blobs(max_bytes=4000)
    handle = context.blobs.add(bytes(1500))

    with pytest.raises(InvalidValueError, match="no room"):
        call(context, "blob.concat", handles=[handle] * 3)
    call(context, "blob.slice", handle=handle, start=0)
    with pytest.raises(InvalidValueError, match="no room"):
        call(context, "blob.slice", handle=handle, start=0, stop=10**9)
    assert call(context, "blob.slice", handle=handle, start=9, stop=3)["size"] == 0


def test_what_is_too_large_to_cross_stays(context: FakeContext) -> None:
    handle = context.blobs.add(bytes(17 << 20))

    for name in ("blob.text", "blob.base64"):
        with pytest.raises(InvalidValueError, match="too large"):
            call(context, name, handle=handle)
    assert len(call(context, "blob.hash", handle=handle)) == 64


def test_much_output_needs_room_while_it_comes(context: FakeContext) -> None:
    context.programs._permissions = Permissions(run=(("printf",),))

    async def several() -> list[Any]:
        wanted = {"program": "printf", "args": ["x"], "options": {"max_output": 64 << 20}}
        return await asyncio.gather(*(call(context, "run", **wanted) for _ in range(4)), return_exceptions=True)

    ended = asyncio.run(several())
    assert [each["stdout"] for each in ended[:3]] == ["x", "x", "x"]
    assert "has no room" in str(ended[3])
    assert context.blobs.room > 255 << 20


def test_a_long_output_is_a_blob(context: FakeContext) -> None:
    context.permissions = Permissions(run=(("head",),))
    context.programs._permissions = context.permissions
    options = {"max_output": 8 << 20}
    ended = asyncio.run(call(context, "run", program="head", args=["-c", "8000000", "/dev/zero"], options=options))

    assert (ended["stdout"]["size"], ended["truncated"], ended["stderr"]) == (8_000_000, False, "")


def test_what_was_cut_in_the_middle_of_a_letter_is_a_text_nevertheless(context: FakeContext) -> None:
    context.programs._permissions = Permissions(run=(("printf",),))
    ended = asyncio.run(call(context, "run", program="printf", args=["aéé"], options={"max_output": 4}))

    assert (ended["stdout"], ended["truncated"]) == ("aé", True)


def test_the_result_has_the_bytes_of_its_handles_and_no_others() -> None:
    result = llmspell.run(
        spell('local other = blob.from_text("no") return { a = { blob.from_text("yes", "text/x") } }')
    )

    [handle] = result.value["a"]
    assert result.blob(handle) == b"yes"
    assert [(blob.data, blob.mime) for blob in result.blobs.values()] == [(b"yes", "text/x")]
    for forged in ({"blob": "no"}, {}, {"blob": None}):
        with pytest.raises(NotFoundError):
            result.blob(forged)


def test_bytes_among_the_parameters_are_blobs() -> None:
    source = "return { blob.text(params.a[1]), params.a[1].mime, params.b.mime, params.b, params.n }"
    params = {"a": [b"bytes"], "b": llmspell.Blob(b"\x89PNG", "image/png"), "n": 1}
    text, mime, own, handle, number = (result := llmspell.run(spell(source), params=params)).value

    assert (text, mime, own, number) == ("bytes", "application/octet-stream", "image/png", 1)
    assert result.blob(handle) == b"\x89PNG"


@pytest.mark.parametrize("wrong", ["cyclic", "object"])
def test_parameters_that_cannot_cross(wrong: str) -> None:
    params: dict[str, Any] = {"a": b"bytes"}
    params["b"] = params if wrong == "cyclic" else object()

    with pytest.raises(InvalidValueError, match="params"):
        llmspell.run(spell("return 1"), params=params)


def test_a_handle_of_another_run_is_worth_nothing() -> None:
    handle = llmspell.run(spell('return blob.from_text("secret")')).value

    with pytest.raises(NotFoundError):
        llmspell.run(spell("return blob.text(params)"), params=handle)


@pytest.mark.parametrize(
    ("source", "options", "error"),
    [
        (f"run('sh', {{'-c', '{FOREVER}'}})", {"limits": llmspell.Limits(timeout=1)}, LimitError),
        (
            f"parallel(function() run('sh', {{'-c', '{FOREVER}'}}) end, function() sleep(0.5) error('x') end)",
            {},
            SpellError,
        ),
        (f"race(function() run('sh', {{'-c', '{FOREVER}'}}) end, function() sleep(0.5) end)", {}, None),
    ],
)
def test_no_program_outlives_its_run(
    source: str, options: Any, error: type[LlmspellError] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = llmspell.run(spell(source), permissions=Permissions(run=(("sh",),)), check=False, **options)

    assert result.error is None if error is None else isinstance(result.error, error)
    assert gone(number_in(tmp_path / "pid"))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_no_program_outlives_an_interrupted_command(how: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "s.lua").write_text(f"run('sh', {{'-c', '{FOREVER}'}})")
    command = [Path(sys.executable).with_name("llmspell"), "run", "s.lua", "--allow-run=sh"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
    pid = number_in(tmp_path / "pid")
    process.send_signal(how)
    process.wait(10)

    assert gone(pid)


def test_a_cancelled_run_ends_its_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def cancelled() -> None:
        async with llmspell.Host() as host:
            running = host.run(spell(f"run('sh', {{'-c', '{FOREVER}'}})"), permissions=Permissions(run=(("sh",),)))
            task = asyncio.create_task(running)
            await asyncio.to_thread(number_in, tmp_path / "pid")
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(cancelled())

    assert gone(number_in(tmp_path / "pid"))


def test_many_searches_leave_the_common_threads_alone(context: FakeContext) -> None:
    Path("f").write_text("text")

    async def together() -> list[Any]:
        searches = [call(context, "fs.glob", pattern="**") for _ in range(40)]
        return await asyncio.gather(*searches, call(context, "fs.read", path="f"))

    *searches, text = asyncio.run(together())

    assert searches == [["f"]] * 40
    assert text == "text"
