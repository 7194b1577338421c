"""A server that is a program of this machine and speaks over its standard streams.

Unlike the SDK's own, this transport bounds what a server may say, keeps its last words for messages, and gives it no
variables but those that it was given.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections import deque
from contextlib import suppress
from typing import IO, Any, cast

import anyio
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from llmspell.errors import InvalidValueError
from llmspell.workers.program import Command

MAX_MESSAGE = 32 * 1024 * 1024
"""Bytes of one message."""
MAX_UNASKED = 10_000
"""Messages that a server may send before somebody asks it for something again."""
MAX_UNASKED_BYTES = 4 * MAX_MESSAGE
_LAST_WORDS = 2000
_GRACE = 1.0
_TICK = 0.01

Streams = tuple[Any, Any]


class Program:
    """The transport, for one connection: an asynchronous context manager that gives two streams of messages."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._said: deque[bytes] = deque(maxlen=64)
        self._tasks: list[asyncio.Task[None]] = []
        self._pipes: list[asyncio.BaseTransport] = []
        self._noise = self._noise_bytes = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.over = False
        self.fault: str | None = None
        """What the server did that ended the connection."""

    def asked(self) -> None:
        """Somebody asks for something: the server may speak."""
        self._noise = self._noise_bytes = 0

    @property
    def cause(self) -> None:
        """The failure behind one that the SDK tells little of: its words are in the epitaph."""
        return

    def epitaph(self) -> str:
        """How the server ended and what it said last, for messages; empty if that is not known."""
        code = None if self._process is None else _exit(self._process)
        ended = "" if code is None else f"it ended with {_code(code)}"
        lines = b"".join(self._said)[-_LAST_WORDS:].decode(errors="replace").strip().splitlines()
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return ": ".join(part for part in (self.fault or ended, said[:300]) if part)

    async def __aenter__(self) -> Streams:
        self._process = _started(self._command)
        try:
            loop = asyncio.get_running_loop()
            reader = await self._reader(loop, self._process.stdout)
            errors = await self._reader(loop, self._process.stderr)
            writer = await self._writer_of(loop, self._process.stdin)
        except BaseException:
            await self._end()
            raise
        # Without room of their own: a server that speaks faster than it is heard has to wait.
        self._to_us, from_server = anyio.create_memory_object_stream[Any](0)
        to_server, self._to_write = anyio.create_memory_object_stream[Any](0)
        self._ours = (from_server, to_server)
        self._tasks = [
            asyncio.create_task(self._read(reader)),
            asyncio.create_task(self._hear(errors)),
            asyncio.create_task(self._write(writer)),
        ]
        self._writer = writer
        return from_server, to_server

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        try:
            await self._ended(_GRACE)
        finally:
            for task in self._tasks:
                task.cancel()
            for stream in (*self._ours, self._to_us, self._to_write):
                stream.close()
            await self._end()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _reader(self, loop: asyncio.AbstractEventLoop, pipe: IO[bytes] | None) -> asyncio.StreamReader:
        reader = asyncio.StreamReader(limit=MAX_MESSAGE, loop=loop)
        made = lambda: asyncio.StreamReaderProtocol(reader, loop=loop)  # noqa: E731  # one line in place of three
        transport, _ = await loop.connect_read_pipe(made, cast("IO[bytes]", pipe))
        self._pipes.append(transport)
        return reader

    async def _writer_of(self, loop: asyncio.AbstractEventLoop, pipe: IO[bytes] | None) -> asyncio.StreamWriter:
        protocol = asyncio.StreamReaderProtocol(asyncio.StreamReader(loop=loop), loop=loop)
        transport, _ = await loop.connect_write_pipe(lambda: protocol, cast("IO[bytes]", pipe))
        self._pipes.append(transport)
        return asyncio.StreamWriter(transport, protocol, None, loop)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            async with self._to_us:
                while self.fault is None and (line := await self._line(reader)):
                    if message := self._message(line):
                        await self._to_us.send(message)
                self.over = True

    async def _line(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readline()
        except ValueError:
            self.fault = f"it sent a message of more than {MAX_MESSAGE >> 20} MiB"
            return b""
        except OSError:
            return b""

    def _message(self, line: bytes) -> SessionMessage | None:
        self._noise += 1
        self._noise_bytes += len(line)
        if self._noise > MAX_UNASKED or self._noise_bytes > MAX_UNASKED_BYTES:
            self.fault = "it sent more messages than anybody asked for"
            return None
        try:
            return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
        except ValueError:  # what some print there is meant for people
            self._said.append(line[-_LAST_WORDS:])
            return None

    async def _hear(self, errors: asyncio.StreamReader) -> None:
        while piece := await errors.read(_LAST_WORDS):
            self._said.append(piece)

    async def _write(self, writer: asyncio.StreamWriter) -> None:
        async with self._to_write:
            with suppress(OSError):
                async for message in self._to_write:
                    written = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                    writer.write(written.encode() + b"\n")
                    await writer.drain()

    async def _ended(self, seconds: float) -> bool:
        process = cast("subprocess.Popen[bytes]", self._process)
        for _ in range(int(seconds / _TICK)):
            if _exit(process) is not None:
                return True
            await asyncio.sleep(_TICK)
        return False

    async def _end(self) -> None:
        """End it with all that it has started."""
        process = cast("subprocess.Popen[bytes]", self._process)
        try:
            if _exit(process) is None:
                _signal(process, signal.SIGTERM)
                await self._ended(_GRACE)
        finally:
            _signal(process, signal.SIGKILL)
            process.wait()
            for pipe in self._pipes:
                pipe.close()


def _started(command: Command) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603  # no shell; what may run was decided by the caller
            list(command.argv),
            executable=command.path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(command.env),
            cwd=command.folder,
            start_new_session=True,
            bufsize=0,
        )
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        raise InvalidValueError(f"{command.argv[0][:60]!r} cannot be started: {said}") from None


def _exit(process: subprocess.Popen[bytes]) -> int | None:
    """Its exit code, or a negative signal; None while it runs. It is not reaped: until then its number is its own."""
    if process.returncode is not None:
        return process.returncode
    try:
        found = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:  # reaped by somebody who waits for any child
        return 0
    if found is None:
        return None
    return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _code(code: int) -> str:
    return f"the exit code {code}" if code >= 0 else f"the signal {-code}"
