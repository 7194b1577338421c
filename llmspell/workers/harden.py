"""What a child process gives up before it runs anything that is not ours."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_HEADROOM = 512 * 1024 * 1024
_MAX_FILES = 16


def die_with_parent(parent: int) -> None:
    """Be killed when the process `parent`, which started this one, dies (Linux; elsewhere the closed socket tells)."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def close_descriptors(keep: int) -> None:
    """Close every descriptor above `keep`."""
    os.closerange(keep + 1, 65536)


def confine() -> None:
    """No new privileges, core dumps, files to write, processes or further descriptors."""
    if sys.platform == "linux":
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        _prctl(_PR_SET_DUMPABLE, 0)
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, _MAX_FILES),
    ):
        resource.setrlimit(limit, (value, value))
    os.chdir("/")
    os.environ["TZ"] = "UTC"  # a script sees the same dates on every machine
    time.tzset()


def bound_memory(heap: int) -> None:
    """Bound the address space to what is used now, `heap` bytes for the script, and room for what crosses."""
    if sys.platform == "linux":
        with open("/proc/self/statm", "rb") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        bound = used + 2 * heap + _HEADROOM
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))


def bound_slice(seconds: float) -> None:
    """Be killed after that much more processor time, unless called again; waiting takes none."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _prctl(option: int, value: int) -> None:
    import ctypes  # only children need it

    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
