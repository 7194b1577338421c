"""What scripts see of the machine that they run on besides its files: `env` and `run`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, TypeAlias, TypedDict

from llmspell.scriptable.context import RunContext
from llmspell.scriptable.records import BlobHandle, Seconds
from llmspell.scriptable.shapes import Bounds
from llmspell.system.environment import Environment

Kept: TypeAlias = Annotated[int, Bounds(at_least=0, at_most=64 * 1024 * 1024)]
Names: TypeAlias = list[str]
_MAX_TEXT = 7 * 1024 * 1024


class RunOptions(TypedDict, total=False):
    """How a program is run."""

    input: str | BlobHandle
    """What it reads; nothing if absent."""
    timeout: Seconds
    """Seconds that it may take; then it is killed, with an error of the kind `timeout`."""
    max_output: Kept
    """Bytes that are kept of each of its outputs, 4 MiB if absent; the rest is dropped."""
    cwd: str
    """The folder that it works in, which the spell must be allowed to read; the program's own if absent."""
    env: dict[str, str]
    """Variables for it, each of which the spell must be allowed to use."""


class ProgramResult(TypedDict):
    """How a program ended."""

    code: int
    """Its exit code; a negative number is the signal that killed it."""
    stdout: str | BlobHandle
    """What it wrote to its standard output: text, or a blob if that is not UTF-8 or has more than 7 MiB."""
    stderr: str | BlobHandle
    """What it wrote to its standard error, likewise."""
    truncated: bool
    """Whether it wrote more than was kept."""
    duration: float
    """Seconds that it took."""


class ScriptableEnvironment:
    """The variables of the environment that the spell may read: see `--allow-env`."""

    def __init__(self, context: RunContext) -> None:
        self._environment = Environment(context.permissions)

    def get(self, name: str) -> str | None:
        """The value of a variable; null if it is not set. Fails with `permission` if the spell may not read it."""
        return self._environment.get(name)

    def list(self) -> Names:
        """The names of the variables that are set and may be read, sorted."""
        return self._environment.names()


async def run(
    context: RunContext, program: str, args: list[str] | None = None, options: RunOptions | None = None
) -> ProgramResult:
    """Run a program that the spell may run (see `--allow-run`) and wait for its end.

    There is no shell: the program gets exactly these arguments. Its environment is `PATH` and the variables that the
    spell may read. It is killed, with all that it has started, when the call is cancelled or the spell ends. An exit
    code that is not 0 is no error.
    """
    given: RunOptions = options or {}
    fed = given.get("input", "")
    from llmspell.system.programs import KEEP  # not needed for the environment

    keep = given.get("max_output", KEEP)
    with _room_for(context, 0 if keep <= KEEP else keep):
        outcome = await context.programs.run(
            [program, *(args or [])],
            folder=_folder(context, given.get("cwd")),
            env=given.get("env"),
            input=fed.encode() if isinstance(fed, str) else context.blobs.get(fed).data,
            keep=keep,
            timeout=given.get("timeout"),
        )
    return {
        "code": outcome.code,
        "stdout": _output(context, outcome.stdout, outcome.truncated),
        "stderr": _output(context, outcome.stderr, outcome.truncated),
        "truncated": outcome.truncated,
        "duration": outcome.duration,
    }


@contextmanager
def _room_for(context: RunContext, size: int) -> Iterator[None]:
    """Much output is held in the room for blobs while it comes: many programs at once may print it."""
    if size:
        context.blobs.hold(size)
    try:
        yield
    finally:
        context.blobs.release(size)


def _folder(context: RunContext, path: str | None) -> str | None:
    if path is None:
        return None
    from llmspell.system.files import Files  # most programs work where we do

    return Files(context.permissions, context.blobs).folder(path)


def _output(context: RunContext, data: bytes, truncated: bool) -> str | BlobHandle:
    """Text if it is some; what was cut may end in the middle of a letter."""
    if len(data) <= _MAX_TEXT:
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            if truncated and error.start > len(data) - 4:
                return data[: error.start].decode()
    return context.blobs.add(data)
