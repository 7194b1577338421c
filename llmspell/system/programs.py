"""Programs of the machine, for a run that may start them.

No shell is involved: a program gets exactly the arguments of the call. Its file is found on the PATH of this process
once, and it may not be one that the spell itself can write. Its environment is PATH and the variables that the spell
may read.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from llmspell.errors import (
    InvalidValueError,
    LlmspellError,
    NotFoundError,
    PermissionDeniedError,
    TimeoutExceededError,
)
from llmspell.permissions import ALL

if TYPE_CHECKING:
    import asyncio

    from llmspell.permissions import Permissions
    from llmspell.workers.program import Command, Finished

MAX_AT_ONCE = 16
"""How many programs, searches and copies of one run there are at any time; others wait for their turn."""
MAX_ARGUMENTS = 128 * 1024
KEEP = 4 * 1024 * 1024
"""The bytes of each output that are kept, unless told otherwise."""


class Outcome(NamedTuple):
    """How a program ended: `code` is negative for a signal; `duration` is in seconds."""

    code: int
    stdout: bytes
    stderr: bytes
    truncated: bool
    duration: float


class Programs:
    """What one run may do with programs."""

    def __init__(self, permissions: Permissions, environ: Mapping[str, str] = os.environ) -> None:
        self._permissions = permissions
        self._environ = environ
        self._slots: asyncio.Semaphore | None = None

    async def run(
        self,
        argv: Sequence[str],
        *,
        folder: str | None = None,
        env: Mapping[str, str] | None = None,
        input: bytes = b"",  # noqa: A002  # the word for it
        keep: int = KEEP,
        timeout: float | None = None,  # noqa: ASYNC109  # a program does not hear of a cancelled scope: it is killed
    ) -> Outcome:
        """Run a program to its end. It is killed, with all that it has started, when the call is cancelled.

        `folder` is the real path of its working directory, checked by the caller; `env` adds variables, each of which
        the spell must be allowed to use. Raises `PermissionDeniedError`, `NotFoundError`, `InvalidValueError`, and
        `TimeoutExceededError` when it takes longer than `timeout` seconds.
        """
        command = self.command(argv, folder=folder, env=env, input=input)
        async with self.slot():
            started = time.monotonic()
            finished = await _in_thread(command, keep, timeout)
        if finished is None:
            raise TimeoutExceededError(
                f"run: {argv[0][:60]!r} was killed because it took more than {timeout:g} s",
                hint="allow more with the option timeout",
            )
        return Outcome(*finished, time.monotonic() - started)

    def command(
        self,
        argv: Sequence[str],
        *,
        folder: str | None = None,
        env: Mapping[str, str] | None = None,
        input: bytes = b"",  # noqa: A002  # the word for it
    ) -> Command:
        """A program with its environment, ready to be started by somebody else. Takes and raises what `run` does."""
        path, variables = self._program(argv), self._environment(env or {})
        from llmspell.workers.program import Command  # nothing of it is needed for a refusal

        return Command(path, argv, variables, folder, input)

    def slot(self) -> asyncio.Semaphore:
        """The turns of all in this run that takes long and has a thread of its own."""
        if self._slots is None:
            import asyncio  # whoever awaits this has it

            self._slots = asyncio.Semaphore(MAX_AT_ONCE)
        return self._slots

    def _program(self, argv: Sequence[str]) -> str:
        """The file of the program, if it may be started with these arguments."""
        _check_arguments(argv)
        program = _placed(argv[0])
        if not self._permissions.may_run([program, *argv[1:]]):
            raise self._permissions.denied("run", f"run {' '.join(argv)[:200]!r}", argv[0])
        found = shutil.which(program, path=self._environ.get("PATH", os.defpath))
        if found is None:
            raise NotFoundError(
                f"run: there is no program {argv[0][:60]!r}", hint="it must be on the PATH, or be named by its path"
            )
        path = os.path.abspath(found)
        everything = (ALL,) in self._permissions.run or ALL in self._permissions.write
        if not everything and self._permissions.may_write(os.path.realpath(path)):
            raise PermissionDeniedError(
                f"run: this spell may not run {argv[0][:60]!r}, because it may also write that file",
                hint="allow it to write in another folder",
            )
        return path

    def _environment(self, given: Mapping[str, str]) -> dict[str, str]:
        for name, value in given.items():
            if not name or "=" in name or "\0" in name + value:
                raise InvalidValueError(f"run: {name[:60]!r} cannot be a variable, or has a value that cannot be one")
            if not self._permissions.may_env(name):
                raise self._permissions.denied("env", f"set {name[:60]!r} for a program", name)
        allowed = {name: value for name, value in self._environ.items() if self._permissions.may_env(name)}
        path = {"PATH": self._environ["PATH"]} if "PATH" in self._environ else {}
        return {**path, **allowed, **given}


async def _in_thread(command: Command, keep: int, seconds: float | None) -> Finished | None:
    """Run it in a thread of its own: the common ones are for work that ends soon."""
    from llmspell.threads import own
    from llmspell.workers.program import Program

    program = Program(command)
    try:
        return await own(lambda: program.run(keep, seconds))
    except OSError as error:
        raise _not_started(error, command.argv[0]) from None
    finally:
        program.kill()


def _placed(program: str) -> str:
    """A program as rules have it: one that is named by its path is at an absolute one."""
    from llmspell.system.walk import at_home  # most programs are found on the PATH

    return os.path.normpath(os.path.join(os.getcwd(), at_home(program))) if os.sep in program else program


def _not_started(error: OSError, name: str) -> LlmspellError:
    said = os.strerror(error.errno) if error.errno else type(error).__name__
    return InvalidValueError(f"run: {name[:60]!r} cannot be started: {said}")


def _check_arguments(argv: Sequence[str]) -> None:
    if not argv[0]:
        raise InvalidValueError("run: program is empty")
    if any("\0" in argument for argument in argv):
        raise InvalidValueError("run: an argument of a program cannot have a NUL")
    if sum(len(argument.encode()) + 1 for argument in argv) > MAX_ARGUMENTS:
        raise InvalidValueError(
            f"run: the arguments have more than {MAX_ARGUMENTS >> 10} KiB", hint="pass long texts with the option input"
        )
