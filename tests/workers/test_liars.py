"""What a worker that lies or hangs can do: fail its own spell, and nothing else."""

import asyncio
import os
import signal
import socket
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell import Host, Spell, values
from llmspell.border import Call, Done, Failed, Resolve, SpellSource
from llmspell.errors import InternalError, LimitError
from llmspell.workers import frames
from llmspell.workers.child import start_worker
from llmspell.workers.remote import STALLED, RemoteInterpreter, RemoteWorker

SOURCE = SpellSource("test.lua", "spell.usage() return 1", {})

JUNK = [
    b"",
    b"\xff" * 40,
    b"HTTP/1.1 200 OK\r\n\r\n",
    frames.HEADER.pack(frames.MAX_FRAME + 1),
    frames.pack(None),
    frames.pack([True]),
    frames.pack([1, []]),
    frames.pack([True, {}]),
    frames.pack([True, [["done"]]]),
    frames.pack([True, [["shutdown", 1]]]),
    frames.pack([True, [["call", -1, "sleep", {}]]]),
    frames.pack([True, [["call", "1", "sleep", {}]]]),
    frames.pack([True, [["call", 1, None, {}]]]),
    frames.pack([True, [["call", 1, "sleep", []]]]),
    frames.pack([True, [["print", "/etc/passwd", "x"]]]),
    frames.pack([True, [["failed", "no object"]]]),
    frames.HEADER.pack(4) + b"[1,\xff",
    frames.HEADER.pack(100_000) + b"[" * 100_000,
    frames.HEADER.pack(3) + b"NaN",
]


class Liar:
    """Stands in for a worker process: answers every frame with the same bytes, then hangs up."""

    def __init__(self, answer: bytes, *, hang_up: bool = True) -> None:
        self.sock, self._theirs = socket.socketpair()
        self.killed = False
        self.pid = None
        self._answer = answer
        self._hang_up = hang_up
        self._thread = threading.Thread(target=self._lie)
        self._thread.start()

    def _lie(self) -> None:
        try:
            self._theirs.recv(1 << 16)
            self._theirs.sendall(self._answer)
            if self._hang_up:
                self._theirs.shutdown(socket.SHUT_WR)
            self._theirs.recv(1 << 16)
        except OSError:
            pass

    def launch(self) -> None:
        pass

    def slow_down(self) -> None:
        pass

    def kill(self) -> None:
        self.killed = True

    async def exited(self) -> int | None:
        return 7

    def close(self) -> None:
        self.sock.close()
        self._thread.join()
        self._theirs.close()


def blocking(answer: bytes) -> list:
    liar = Liar(answer)
    try:
        return RemoteInterpreter(liar).start(SOURCE)
    finally:
        liar.close()


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
def test_junk_is_a_failure_of_the_spell(junk):
    messages = blocking(junk)
    assert isinstance(messages[-1], Failed)
    assert messages[-1].error["kind"] == "internal"


@given(
    st.binary(max_size=200)
    | st.lists(
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.text(max_size=5)
            | st.sampled_from(["call", "done", "print"]),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        )
    ).map(lambda payload: frames.HEADER.pack(len(body := values.dumps(payload))) + body)
)
@settings(deadline=None, max_examples=50)
def test_no_bytes_raise(junk):
    assert isinstance(blocking(junk)[-1], (Failed, Done))


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
def test_a_host_loses_one_spell(junk, monkeypatch):
    async def main():
        spell = Spell(source="return 1", language="lua", name="test.lua")
        async with Host(warm_workers=0) as host:
            honest = asyncio.create_task(host.run(spell))
            await asyncio.sleep(0)
            liar = Liar(junk)
            with monkeypatch.context() as patch:
                patch.setattr(host.worker_pool(), "take", lambda dialect: RemoteInterpreter(liar))
                result = await host.run(spell, check=False)
            assert isinstance(result.error, InternalError)
            assert (await honest).value == 1

    asyncio.run(main())


def test_an_endless_flood_of_messages_ends():
    flood = frames.from_messages([b'["print","stdout","%b"]' % (b"x" * 1_000_000)], ended=False) * 100
    messages = blocking(flood)
    assert messages[-1].error["kind"] == "internal"
    assert len(messages) < 90


def test_a_flood_of_frames_with_nothing_in_them_ends():
    messages = blocking(frames.from_messages([], ended=False) * 200_000)
    assert messages[-1].error["message"] == "the worker of the spell sent too many messages at once"


def stopped(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)


def test_a_stopped_worker_is_killed():
    child = start_worker("lua")
    interpreter = RemoteInterpreter(child, stall=0.2)
    try:
        (call,) = interpreter.start(SOURCE)
        assert isinstance(call, Call)
        stopped(child.pid)
        (failed,) = interpreter.feed([Resolve(call.id, {})], time.time())
        assert failed == Failed(LimitError(STALLED).to_data())
        assert child.wait() == -signal.SIGKILL
    finally:
        interpreter.close()


def test_a_stopped_worker_is_killed_in_an_event_loop():
    async def main():
        child = start_worker("lua")
        slices: asyncio.Queue = asyncio.Queue()
        worker = RemoteWorker(RemoteInterpreter(child, stall=0.2), lambda *told: slices.put_nowait(told))
        try:
            worker.start(SOURCE)
            (call,), ended = await slices.get()
            assert ended
            stopped(child.pid)
            worker.feed([Resolve(call.id, {})], time.time())
            assert await slices.get() == ([Failed(LimitError(STALLED).to_data())], True)
            assert await child.exited() == -signal.SIGKILL
        finally:
            worker.close()

    asyncio.run(main())


def test_one_byte_at_a_time_is_no_answer():
    liar = Liar(b"\0", hang_up=False)
    begun = time.monotonic()
    (failed,) = RemoteInterpreter(liar, stall=0.1).start(SOURCE)
    assert failed.error["message"] == STALLED
    assert liar.killed
    assert time.monotonic() - begun < 5
    liar.close()
