"""The system calls that Python has no function for. Each is a thing to give up; none raises where it is missing."""

from __future__ import annotations

import errno
import os
import sys
from functools import cache
from typing import Any

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_GET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 1, 4, 3, 38, 22
_CLONE_NEWUSER, _CLONE_NEWNET, _CLONE_NEWIPC = 0x10000000, 0x40000000, 0x08000000
_CAPABILITIES_V3 = 0x20080522
_NOT_HERE = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)


def prctl(option: int, *args: Any) -> int:
    """0 or more where it worked, the negative error number elsewhere (see prctl(2))."""
    return call("prctl", option, *args, *[0] * (4 - len(args)))


def syscall(number: int, *args: Any) -> int:
    """The same, for a system call that the C library has no function for."""
    return call("syscall", number, *args)


def call(name: str, *args: Any) -> int:
    """A function of the C library that sets `errno`."""
    if sys.platform != "linux":
        return -errno.ENOSYS
    ctypes, library = _library()
    words = [ctypes.c_ulong(arg) if isinstance(arg, int) else arg for arg in args]
    result: int = library[name](*words)
    return result if result >= 0 else -ctypes.get_errno()


def drop_capabilities() -> int:
    """Give up what root may do and others may not (see capset(2))."""
    ctypes, _ = _library() if sys.platform == "linux" else (None, None)
    if ctypes is None:
        return -errno.ENOSYS
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
    return call("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))


def leave_network() -> int:
    """Move to a network of its own, without any interface, and to message queues of its own (see unshare(2))."""
    return call("unshare", _CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC)


def outcome(result: int) -> str:
    """What a feature came to, for people: `used`, or why not."""
    if result >= 0:
        return "used"
    return "not in this kernel" if -result in _NOT_HERE else f"refused: {os.strerror(-result)}"


@cache
def _library() -> tuple[Any, Any]:
    import ctypes  # only children need it

    return ctypes, ctypes.CDLL(None, use_errno=True)
