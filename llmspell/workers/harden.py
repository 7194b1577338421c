"""What a child process gives up before it runs anything that is not ours, in two steps.

`confine` takes what no worker needs from its birth on; `seal` comes once its language is loaded and before the
first word of a script, and leaves it its pipe, its memory and the clock. What a machine lacks is left out.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time

from llmspell.workers import SOCKET, kernel, landlock, seccomp

_HEADROOM = 512 * 1024 * 1024
_MAX_FILES = 16


def die_with_parent(parent: int) -> None:
    """Be killed when the process `parent`, which started this one, dies (Linux; elsewhere the closed socket tells)."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def close_descriptors(keep: int) -> None:
    """Close every descriptor above `keep`."""
    os.closerange(keep + 1, 65536)


def keep_private() -> None:
    """No new privileges by running a program, no core dumps, and no other process may look into this one."""
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def confine() -> None:
    """No privileges, core dumps, files to write or processes, few descriptors, no folder of anybody's."""
    keep_private()
    for limit, value in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, _MAX_FILES),
    ):
        resource.setrlimit(limit, (value, value))
    kernel.drop_capabilities()
    os.chdir("/")
    os.environ["TZ"] = "UTC"  # a script sees the same dates on every machine
    time.tzset()


def seal(dialect: str) -> dict[str, int]:
    """No further file, socket, process or machine code, for good; to be called after `confine`.

    Gives for `landlock` and `seccomp` what they came to: 0 or more where they hold, else a negative error number.
    """
    made = {"landlock": landlock.restrict()}
    resource.setrlimit(resource.RLIMIT_NOFILE, (SOCKET + 1, SOCKET + 1))
    return made | {"seccomp": seccomp.confine(dialect)}


def address_space() -> int | None:
    """How large this process is, in bytes, for `bound_memory`; None where nobody tells. To be asked before `seal`."""
    if sys.platform != "linux":
        return None
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def bound_memory(used: int | None, heap: int) -> None:
    """Bound the address space to what is used now, `heap` bytes for the script, and room for what crosses."""
    if used is not None:
        bound = used + 2 * heap + _HEADROOM
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))


def bound_slice(seconds: float) -> None:
    """Be killed after that much more processor time, unless called again; waiting takes none."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
