"""Worker processes are a wall: whatever happens to one is an error of its spell alone, and none is left behind."""

import asyncio
import functools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import llmspell
from llmspell import CallStarted, Host, Limits, Spell
from llmspell.errors import InternalError, LimitError
from llmspell.loop import quick

LANGUAGES = ("lua", "js")
WAIT = {"lua": "sleep(60)", "js": "await sleep(60)"}
ASK_TWICE = {"lua": "spell.usage() spell.usage() return 1", "js": "await spell.usage(); await spell.usage();"}
ONE = {"lua": "return 1", "js": "export default 1"}


def in_loop(test):
    """An asynchronous test, run in an event loop of its own."""

    @functools.wraps(test)
    def run(*args, **named):
        asyncio.run(test(*args, **named))

    return run


def spell(sources, language):
    return Spell(source=sources[language], language=language, name=f"test.{language}")


def is_alive(pid):
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def below(pid=None):
    """The pids below a process, this one by default."""
    return [process.pid for process in psutil.Process(pid).children(recursive=True) if is_alive(process.pid)]


def workers(pid=None):
    """The pids of the workers below a process: those that have no process below them, so not the zygote."""
    return [pid for pid in below(pid) if not below(pid)]


def eventually(true, seconds=5.0):
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def kill_workers(event):
    """Tells of calls kill whoever made them; hosts of these tests have no idle workers."""
    if isinstance(event, CallStarted):
        for pid in workers():
            os.kill(pid, signal.SIGKILL)


def check_killed(error):
    assert isinstance(error, InternalError)
    assert "killed by signal Killed" in error.message
    assert error.hint == "only this spell is lost; the host is unharmed, run it again"


@pytest.fixture(autouse=True)
def leave_nothing():
    quick().close()  # uvloop, where it is installed, keeps one pipe as long as the process lives
    descriptors = os.listdir("/proc/self/fd")
    yield
    assert eventually(lambda: not below())
    assert len(os.listdir("/proc/self/fd")) == len(descriptors)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("source", [WAIT, ASK_TWICE], ids=["waiting", "at work"])
def test_killed_in_mid_call_without_an_event_loop(language, source):
    with pytest.raises(InternalError) as caught:
        llmspell.run(spell(source, language), on_event=kill_workers)
    check_killed(caught.value)
    assert llmspell.run(spell(ONE, language)).value == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("source", [WAIT, ASK_TWICE], ids=["waiting", "at work"])
@in_loop
async def test_killed_in_mid_call_in_a_host(language, source):
    async with Host(warm_workers=0) as host:
        with pytest.raises(InternalError) as caught:
            await host.run(spell(source, language), on_event=kill_workers)
        check_killed(caught.value)
        assert (await host.run(spell(ONE, language))).value == 1


@in_loop
async def test_idle_workers_that_were_killed_are_not_used():
    async with Host(warm_workers=3) as host:
        assert (await host.run(spell(ONE, "lua"))).value == 1
        await asyncio.sleep(0.1)
        for pid in workers():
            os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.1)
        assert (await host.run(spell(ONE, "lua"))).value == 1


@pytest.mark.parametrize("pause", [0, 0.1])
@in_loop
async def test_without_its_zygote_a_host_starts_another(pause):
    async with Host() as host:
        running = asyncio.create_task(host.run(spell(WAIT, "lua"), check=False))
        await asyncio.sleep(0.2)
        (zygote,) = psutil.Process().children()
        zygote.kill()
        assert eventually(lambda: not is_alive(zygote.pid))
        await asyncio.sleep(pause)
        assert (await host.run(spell(ONE, "lua"))).value == 1
        result = await running
        assert isinstance(result.error, InternalError)
        assert result.error.message.startswith("the worker process of the spell ")


async def started(host, language):
    """The task of a spell that waits, and the pid of its worker."""
    begun = asyncio.Event()
    task = asyncio.create_task(host.run(spell(WAIT, language), on_event=lambda event: begun.set()))
    await begun.wait()
    (pid,) = workers()
    return task, pid


@pytest.mark.parametrize("language", LANGUAGES)
@in_loop
async def test_a_worker_has_nothing(language, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    async with Host(warm_workers=0) as host:
        task, pid = await started(host, language)
        facts(pid)
        task.cancel()
        await asyncio.wait([task])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_worker_of_its_own_has_nothing(language, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")

    def look(event):
        if isinstance(event, CallStarted):
            (pid,) = workers()
            facts(pid)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        llmspell.run(spell(WAIT, language), on_event=look)


def facts(pid):
    """What holds for every worker while its spell runs."""
    process = Path(f"/proc/{pid}")
    status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines())
    assert status["NoNewPrivs"] == "1"
    assert os.getpgid(pid) != os.getpgrp()
    if os.geteuid() == 0:  # nobody else may look: it is not dumpable
        assert sorted(os.listdir(process / "fd")) == ["0", "1", "2", "3"]
        assert (process / "environ").read_bytes().strip(b"\0") == b""
    limits = dict(line.rsplit(None, 3)[:2] for line in (process / "limits").read_text().splitlines() if "Max" in line)
    assert {name: limits[f"Max {name}"] for name in ("processes", "core file size", "file size")} == {
        "processes": "0",
        "core file size": "0",
        "file size": "0",
    }
    assert int(limits["Max address space"]) < 1 << 31


HOST = """
import asyncio, llmspell
from llmspell import Host, Spell

spell = Spell(source="sleep(60)", language="lua", name="test.lua")

def blocking():
    llmspell.run(spell, on_event=lambda event: print("up", flush=True))

async def host():
    async with Host() as host:
        await host.run(spell, on_event=lambda event: print("up", flush=True))

{how}
"""


@pytest.mark.parametrize("how", ["blocking()", "asyncio.run(host())"])
def test_no_worker_outlives_its_host(how):
    command = [sys.executable, "-c", HOST.format(how=how)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout.readline() == "up\n"
        pids = below(host.pid)
        assert pids
        host.kill()
    assert eventually(lambda: not any(map(is_alive, pids)))


@in_loop
async def test_cancelling_a_run_ends_its_worker():
    async with Host(warm_workers=0) as host:
        task, pid = await started(host, "lua")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(eventually, lambda: not is_alive(pid))
        assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("pooled", [False, True], ids=["of its own", "from the pool"])
def test_one_long_c_call_is_killed(pooled):
    source = 'return (string.find(("a"):rep(40), ("a?"):rep(40) .. ("a"):rep(40)))'
    endless = Spell(source=source, language="lua", name="test.lua")
    limits = Limits(cpu=0.05)

    async def in_host():
        async with Host(warm_workers=0) as host:
            return await host.run(endless, limits=limits, check=False)

    result = asyncio.run(in_host()) if pooled else llmspell.run(endless, limits=limits, check=False)
    assert isinstance(result.error, LimitError)
    assert result.error.message == "CPU limit of 0.05 s in one slice exceeded"


def test_a_worker_lives_in_utc():
    program = "import time; from llmspell.workers import harden; harden.confine(); print(time.localtime(0)[3:5])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"TZ": "Asia/Kolkata"}
    )
    assert done.stdout.strip() == "(0, 0)"
