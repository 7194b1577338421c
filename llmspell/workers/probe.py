"""Tries from inside a worker what no worker may do, to see that the wall holds on this machine.

`probe` starts a real worker process of a dialect, sealed as every other, except that it runs no spell: for each
attempt it is forked just before it seals itself, and its copy seals itself and tries.
"""

from __future__ import annotations

import _thread
import errno
import mmap
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable

from llmspell import values
from llmspell.errors import InternalError, InvalidValueError
from llmspell.languages import bridge_of
from llmspell.workers import SOCKET, frames, harden, kernel
from llmspell.workers.child import Child
from llmspell.workers.seccomp import MAKES_CODE

_DONE = 0
_RUNS_CODE = "map memory that runs"
_READ = 1 << 16
_SECONDS = 20.0
_PTRACE_ATTACH = 16
_PROCESS_VM_READV = 310 if os.uname().machine == "x86_64" else 270
_IO_URING_SETUP, _CLONE_NEWUSER = 425, 0x10000000
_TOO_MUCH = 1 << 40
_MOST_DESCRIPTORS = 64
_LINUX = sys.platform == "linux"


def probe(dialect: str) -> dict[str, dict[str, str]]:
    """What a worker of that dialect can do here: `features` of the system, and `attempts` with what each came to.

    A feature is `used`, or says why it is not. An attempt was `refused: ...`, `killed`, or `DONE`, which must not be.
    Raises `InternalError` when no worker comes up.
    """
    child = Child.start("llmspell.workers.probe", [dialect, str(os.getpid())])
    try:
        child.sock.settimeout(_SECONDS)
        buffer = frames.FrameBuffer()
        while data := child.sock.recv(_READ):
            for body in buffer.feed(data):
                report: dict[str, dict[str, str]] = values.loads(body)
                return report
    except (OSError, InvalidValueError):
        pass
    finally:
        child.close()
    raise InternalError(f"no worker process for {dialect} comes up", hint="run a spell in it to see why")


def expected(dialect: str, attempt: str) -> bool:
    """Whether a worker of that dialect has to be able to do that: some engines make machine code."""
    return attempt == _RUNS_CODE and dialect in MAKES_CODE


def main(args: list[str]) -> None:
    """The inside: `args` are the dialect and the pid of the parent."""
    dialect, parent = args
    harden.die_with_parent(int(parent))
    harden.close_descriptors(SOCKET)
    bridge_of(dialect).interpreter(dialect)
    report = {"features": _features(dialect), "attempts": {}}
    for name, attempt in ATTEMPTS.items():
        report["attempts"][name] = _outcome(dialect, lambda attempt=attempt: attempt(int(parent)))  # type: ignore[misc]  # binds it
    os.write(SOCKET, frames.pack(report))


def _outcome(dialect: str, attempt: Callable[[], object]) -> str:
    """What comes of it in a copy of this process that is sealed first."""
    pid = os.fork()
    if pid == 0:
        _try(dialect, attempt)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status < 0:
        return "killed" if -status == signal.SIGSYS else f"killed by signal {-status}"
    return "DONE" if status == _DONE else f"refused: {os.strerror(status)}"


def _try(dialect: str, attempt: Callable[[], object]) -> None:
    code = errno.EPERM
    try:
        harden.confine()
        harden.bound_memory(harden.address_space(), 1 << 20)
        harden.seal(dialect)
        attempt()
        code = _DONE
    except OSError as error:
        code = error.errno or errno.EPERM
    except MemoryError:
        code = errno.ENOMEM
    finally:
        os._exit(code)


def _features(dialect: str) -> dict[str, str]:
    """What the system has, tried in a copy of this process."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(theirs, values.dumps(_try_features(dialect)))
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        found: dict[str, str] = values.loads(pipe.read())
    os.waitpid(pid, 0)
    return found


def _try_features(dialect: str) -> dict[str, str]:
    network = kernel.outcome(kernel.leave_network())
    harden.confine()
    limits = ("CORE", "FSIZE", "NPROC", "NOFILE")
    privileges = kernel.outcome(kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1))
    private = kernel.outcome(kernel.prctl(kernel.PR_SET_DUMPABLE, 0))
    capabilities = kernel.outcome(kernel.drop_capabilities())
    made = harden.seal(dialect)
    abi = made["landlock"]
    return {
        "seccomp": kernel.outcome(made["seccomp"]),
        "landlock": kernel.outcome(abi) + (f", version {abi}" if abi > 0 else ""),
        "namespaces": network,
        "no_new_privs": privileges,
        "not_dumpable": private,
        "no_capabilities": capabilities,
        "rlimits": "used: " + ", ".join([*limits, "AS"] if _LINUX else limits).lower(),
    }


def _checked(result: int) -> None:
    if result < 0:
        raise OSError(-result, os.strerror(-result))


def _look_at_environment(_: int) -> None:
    if set(os.environ) <= {"TZ", "LC_CTYPE"}:
        raise PermissionError(errno.ENOENT, "nothing is there")


def _use_descriptors(_: int) -> None:
    for descriptor in range(SOCKET + 1, _MOST_DESCRIPTORS):
        try:
            os.read(descriptor, 1)
        except OSError as error:
            if error.errno == errno.EBADF:
                continue
        return
    raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def _start_thread(_: int) -> None:
    try:
        _thread.start_new_thread(lambda: None, ())
    except RuntimeError:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from None


def _fork(_: int) -> None:
    if os.fork() == 0:
        os._exit(0)


def _run_program(_: int) -> None:
    os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", "pass"])  # noqa: S606  # that is the attempt


ATTEMPTS: dict[str, Callable[[int], object]] = {
    "read a file": lambda _: os.open("/etc/passwd", os.O_RDONLY),
    "make a file": lambda _: os.open("/tmp/llmspell-probe", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600),  # noqa: S108  # so
    "list a folder": lambda _: os.listdir("/"),
    "change its folder": lambda _: os.chdir("/usr"),
    "read its environment": _look_at_environment,
    "read its process": lambda _: os.open("/proc/self/environ", os.O_RDONLY),
    "read the host's environment": lambda host: os.open(f"/proc/{host}/environ", os.O_RDONLY),
    "read the host's memory": lambda host: _checked(kernel.syscall(_PROCESS_VM_READV, host, 0, 0, 0, 0, 0)),
    "trace the host": lambda host: _checked(kernel.call("ptrace", _PTRACE_ATTACH, host, 0, 0)),
    "signal the host": lambda host: os.kill(host, 0),
    "use other descriptors": _use_descriptors,
    "open a network socket": lambda _: socket.socket(),
    "open a local socket": lambda _: socket.socket(socket.AF_UNIX),
    "fork": _fork,
    "start a thread": _start_thread,
    "run a program": _run_program,
    _RUNS_CODE: lambda _: mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_EXEC),
    "take a lot of memory": lambda _: mmap.mmap(-1, _TOO_MUCH),
    "raise its limits": lambda _: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
    "become readable again": lambda _: _checked(kernel.prctl(kernel.PR_SET_DUMPABLE, 1)),
    "make a namespace": lambda _: _checked(kernel.call("unshare", _CLONE_NEWUSER)),
    "use io_uring": lambda _: _checked(kernel.syscall(_IO_URING_SETUP, 1, bytes(120))),
}
"""What `probe` tries, each with the pid of the host."""
