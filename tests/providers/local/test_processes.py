"""Model processes: their deaths, their number, and that none is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from llmspell import values
from llmspell.errors import LlmspellError, ModelError, TimeoutExceededError
from llmspell.providers.base import Event, Request, TextDelta
from llmspell.providers.content import Message
from llmspell.providers.local import client
from llmspell.providers.local.provider import LocalProvider
from llmspell.providers.local.store import ModelStore
from llmspell.providers.local.worker import Outbox
from llmspell.workers import frames
from tests import tiny

ENDLESS = "round and round it goes for ever,"


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("processes")
    tiny.write(folder / "tiny.gguf")
    tiny.write(folder / "endless.gguf", ENDLESS, loop=True, context=4096)
    return folder


@pytest.fixture(params=["llamacpp", "ctransformers"])
def runtime(request) -> str:
    return request.param


def asked(name: str, **options: Any) -> Request:
    return Request(model=name, messages=[Message("user", "hi")], **options)


def run(folder: Path, body: Any, runtime: str = "llamacpp", **options: Any) -> Any:
    async def main() -> Any:
        provider = LocalProvider(ModelStore(folder), runtime, **options)
        try:
            return await body(provider)
        finally:
            await provider.aclose()

    before = set(children())
    result = asyncio.run(main())
    assert set(children()) == before
    return result


def children() -> list[int]:
    return [child.pid for child in psutil.Process().children() if runs(child.pid)]


def worker() -> int:
    (pid,) = [pid for pid in children() if "providers.local.worker" in " ".join(psutil.Process(pid).cmdline())]
    return pid


async def kill_in_mid_answer(provider: LocalProvider, number: int) -> LlmspellError:
    stream = provider.stream(asked("endless"))
    while not isinstance(await anext(stream), TextDelta):
        pass
    os.kill(worker(), number)
    with pytest.raises(LlmspellError) as caught:
        await exhaust(stream)
    return caught.value


async def exhaust(stream: AsyncIterator[Event]) -> None:
    async for _ in stream:
        pass


def gone(pid: int, here: Callable[[int], bool] = psutil.pid_exists) -> bool:
    """Whether a process ends within ten seconds."""
    deadline = time.monotonic() + 10
    while (still := here(pid)) and time.monotonic() < deadline:
        time.sleep(0.005)
    return not still


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_process_that_dies_fails_its_calls_and_is_replaced(folder, runtime, number):
    async def body(provider):
        error = await kill_in_mid_answer(provider, number)
        return error, (await provider.complete(asked("endless", max_tokens=2))).usage.output_tokens

    error, tokens = run(folder, body, runtime)
    assert isinstance(error, ModelError)
    assert error.retryable
    assert f"died with signal {int(number)} ({number.name})" in error.message
    assert "the next call starts a new one" in error.hint
    assert tokens == 2


def test_every_open_call_of_a_dead_process_fails(folder):
    async def body(provider):
        await provider.complete(asked("endless", max_tokens=1))
        calls = [asyncio.create_task(provider.complete(asked("endless"))) for _ in range(5)]
        await asyncio.sleep(0.05)
        os.kill(worker(), signal.SIGKILL)
        return await asyncio.gather(*calls, return_exceptions=True)

    errors = run(folder, body)
    assert all(isinstance(error, ModelError) and error.retryable for error in errors)


def test_a_death_between_calls_goes_unnoticed(folder):
    async def body(provider):
        await provider.complete(asked("tiny"))
        pid = worker()
        os.kill(pid, signal.SIGKILL)
        assert await asyncio.to_thread(gone, pid)
        return (await provider.complete(asked("tiny"))).text

    assert run(folder, body) == tiny.REPLY


def test_a_process_that_dies_while_it_loads(folder, monkeypatch):
    monkeypatch.setattr(client, "_WORKER", "tests.providers.local.crashing_worker")
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[3]), *sys.path])
    with pytest.raises(ModelError, match=r"cannot be loaded: its process died with signal 11 \(SIGSEGV\)") as caught:
        run(folder, lambda provider: provider.complete(asked("tiny")))
    assert not caught.value.retryable


def test_one_process_for_each_model_and_the_oldest_goes_first(folder):
    async def body(provider):
        counts = []
        for name in ("tiny", "tiny", "endless", str(tiny.write(folder / "third.gguf")), "endless"):
            await provider.complete(asked(name, max_tokens=1))
            counts.append(len(provider._pool._entries))
        await provider.aclose()
        return counts

    assert run(folder, body, max_processes=2) == [1, 1, 2, 2, 2]


def test_a_busy_process_is_not_ended_for_another(folder):
    async def body(provider):
        stream = provider.stream(asked("endless"))
        await anext(stream)
        reply = (await provider.complete(asked("tiny"))).text
        going_on = await anext(stream)
        await stream.aclose()
        return reply, going_on

    reply, going_on = run(folder, body, max_processes=1)
    assert reply == tiny.REPLY
    assert isinstance(going_on, TextDelta)


def test_a_file_that_changed_is_loaded_anew(tmp_path):
    async def body(provider):
        tiny.write(tmp_path / "model.gguf", "Before.")
        before = (await provider.complete(asked("model"))).text
        tiny.write(tmp_path / "new.gguf", "After that.").replace(tmp_path / "model.gguf")
        return before, (await provider.complete(asked("model"))).text

    assert run(tmp_path, body) == ("Before.", "After that.")


def test_an_idle_process_ends(folder):
    async def body(provider):
        await provider.complete(asked("tiny"))
        pid = worker()
        assert await asyncio.to_thread(gone, pid)
        return (await provider.complete(asked("tiny"))).text

    assert run(folder, body, idle_timeout=0.02) == tiny.REPLY


def test_a_provider_lives_on_after_it_was_closed(folder):
    async def body(provider):
        await provider.complete(asked("tiny"))
        await provider.aclose()
        assert children() == []
        return (await provider.complete(asked("tiny"))).text

    assert run(folder, body) == tiny.REPLY


def test_closing_fails_what_is_still_open(folder):
    async def body(provider):
        stream = provider.stream(asked("endless"))
        await anext(stream)
        closing = asyncio.create_task(provider.aclose())
        with pytest.raises(ModelError):
            await exhaust(stream)
        await closing

    run(folder, body)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_provider_used_in_one_event_loop_after_the_other(folder):
    provider = LocalProvider(ModelStore(folder), "llamacpp")
    for _ in range(2):
        assert asyncio.run(provider.complete(asked("tiny"))).text == tiny.REPLY
    asyncio.run(provider.aclose())
    assert children() == []
    gc.collect()  # the transport that was never closed complains when it goes


def test_loading_counts_towards_the_timeout(folder):
    async def body(provider):
        with pytest.raises(TimeoutExceededError, match="not loaded in time"):
            await provider.complete(asked("tiny", timeout=0.001))
        return (await provider.complete(asked("tiny"))).text

    assert run(folder, body) == tiny.REPLY


def test_a_cancelled_start_leaves_nothing(folder):
    async def body(provider):
        task = asyncio.create_task(provider.complete(asked("tiny")))
        await asyncio.sleep(0.02)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    run(folder, body)


PARENT = """
import asyncio, sys
from pathlib import Path
from llmspell.providers.base import Request
from llmspell.providers.content import Message
from llmspell.providers.local.provider import LocalProvider
from llmspell.providers.local.store import ModelStore

async def main():
    provider = LocalProvider(ModelStore(Path(sys.argv[1])), sys.argv[2])
    async for _ in provider.stream(Request(model="endless", messages=[Message("user", "hi")])):
        print("going", flush=True)

asyncio.run(main())
"""


def test_a_model_process_does_not_outlive_its_parent(folder, runtime):
    with subprocess.Popen([sys.executable, "-c", PARENT, str(folder), runtime], stdout=subprocess.PIPE) as parent:
        assert parent.stdout.readline() == b"going\n"
        (pid,) = [child.pid for child in psutil.Process(parent.pid).children()]
        parent.kill()
    assert gone(pid, runs)  # whoever adopts it may take its time to reap it


def test_a_missing_runtime_says_how_to_install_it(folder, monkeypatch):
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if "site-packages" not in entry])
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[3]), *sys.path])
    with pytest.raises(ModelError, match="llamacpp is not installed") as caught:
        run(folder, lambda provider: provider.complete(asked("tiny")))
    assert caught.value.hint.startswith("run: pip install 'llmspell[local]'; or set the key of a service")


def test_the_worker_sees_no_keys(folder, monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", "secret")

    async def body(provider):
        await provider.complete(asked("tiny"))
        return psutil.Process(worker()).environ()

    assert "SOME_API_KEY" not in run(folder, body)


def read_frames(sock: socket.socket) -> list[Any]:
    return [values.loads(body) for body in frames.FrameBuffer().feed(sock.recv(1 << 20))]


def test_what_waits_leaves_in_one_frame_for_each_request():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        outbox = Outbox(theirs)
        for id_, event in [(1, ["text", "a"]), (2, ["text", "x"]), (1, ["text", "b"]), (1, ["finish", "stop", "stop"])]:
            outbox.add(id_, event)
        outbox.add(1, ["text", "c"])
        outbox.finish(1, {"value": None})
        outbox.flush()
        assert read_frames(ours) == [
            [1, [["text", "ab"], ["finish", "stop", "stop"], ["text", "c"]], {"value": None}],
            [2, [["text", "x"]], None],
        ]
