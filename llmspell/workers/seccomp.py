"""The seccomp filter of a worker: which system calls are left once its language is loaded.

A call that is not named here kills the process. One that libraries try without need (is this a terminal? is that
file there?) is refused instead, and so is memory that can be both written by a script and run. The program is in
the kernel's own form, classic BPF (linux/filter.h, linux/seccomp.h), so that no library is needed.
"""

from __future__ import annotations

import errno
import os
import struct
from functools import cache
from typing import NamedTuple

from llmspell.workers import kernel

MAKES_CODE = frozenset({"luajit"})
"""The dialects whose engine compiles to machine code; no other may have memory that runs."""

# name: number on x86_64, number on aarch64; None where the machine has no such call
_ALLOWED: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "write": (1, 64),
    "futex": (202, 98),
    "setitimer": (38, 103),
    "munmap": (11, 215),
    "brk": (12, 214),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "times": (100, 153),
    "getrusage": (98, 165),
    "recvfrom": (45, 207),
    "sendto": (44, 206),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "getcpu": (309, 168),
    "nanosleep": (35, 101),
    "clock_nanosleep": (230, 115),
    "getrandom": (318, 278),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getppid": (110, 173),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getrlimit": (97, 163),
    "getitimer": (36, 102),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "membarrier": (324, 283),
    "rseq": (334, 293),
    "set_robust_list": (273, 99),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    "open": (2, None),
    "openat": (257, 56),
    "openat2": (437, 437),
    "stat": (4, None),
    "lstat": (6, None),
    "newfstatat": (262, 79),
    "statx": (332, 291),
    "statfs": (137, 43),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "getcwd": (79, 17),
    "getdents64": (217, 61),
    "ioctl": (16, 29),
    "fcntl": (72, 25),
    "uname": (63, 160),
    "sysinfo": (99, 179),
    "prctl": (157, 167),
    "setrlimit": (160, 164),
}
_MAPPING: dict[str, tuple[int | None, int | None]] = {
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "pkey_mprotect": (329, 288),
}
_PRLIMIT = (302, 261)

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCH_AT, _ARGS_AT = 0, 4, 16
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_X32 = 0x40000000
_PROT_EXEC = 4
_MODE_FILTER = 2
_INSTRUCTION = struct.Struct("HBBI")
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


class Step(NamedTuple):
    """One instruction: where a test is true it goes on at the label `then`, otherwise at `other` or the next one."""

    code: int
    operand: int
    then: str = ""
    other: str = ""
    label: str = ""


def confine(dialect: str) -> int:
    """Put this process under the filter for good. Gives 0, or a negative error number; never raises."""
    filtered = program(os.uname().machine, makes_code=dialect in MAKES_CODE)
    if filtered is None:
        return -errno.ENOSYS
    import ctypes  # loaded by everybody who comes here

    code = ctypes.create_string_buffer(filtered, len(filtered))
    # struct sock_fprog: the number of instructions, padding up to a pointer, and the pointer
    head = struct.pack("HP", len(filtered) // _INSTRUCTION.size, ctypes.addressof(code))
    return kernel.prctl(kernel.PR_SET_SECCOMP, _MODE_FILTER, head)


@cache
def program(machine: str, *, makes_code: bool = False) -> bytes | None:
    """The filter for a machine such as `x86_64`; None for one whose numbers are not known here."""
    if machine not in _MACHINES:
        return None
    column, arch = _MACHINES[machine]
    return assemble(_steps(column, arch, makes_code=makes_code))


def _steps(column: int, arch: int, *, makes_code: bool) -> list[Step]:
    steps = [Step(_LOAD, _ARCH_AT), Step(_EQUAL, arch, other="kill"), Step(_LOAD, _NUMBER_AT)]
    if column == 0:
        steps.append(Step(_AT_LEAST, _X32, then="kill"))
    mapping = "allow" if makes_code else "mapping"
    for calls, label in ((_ALLOWED, "allow"), (_MAPPING, mapping), (_REFUSED, "refuse")):
        steps += [Step(_EQUAL, number, then=label) for pair in calls.values() if (number := pair[column]) is not None]
    return [
        *steps,
        Step(_EQUAL, _PRLIMIT[column], then="limits"),
        Step(_RETURN, _KILL, label="kill"),
        Step(_LOAD, _ARGS_AT + 2 * 8, label="mapping"),  # the third argument: what the memory may be used for
        Step(_ANY_BIT, _PROT_EXEC, then="refuse", other="allow"),
        Step(_LOAD, _ARGS_AT, label="limits"),  # the process meant; 0 is this one
        Step(_EQUAL, 0, then="allow", other="refuse"),
        Step(_RETURN, _ERRNO | errno.EPERM, label="refuse"),
        Step(_RETURN, _ALLOW, label="allow"),
    ]


def assemble(steps: list[Step]) -> bytes:
    """The instructions as the kernel reads them, with labels as the distances to jump."""
    places = {step.label: at for at, step in enumerate(steps) if step.label}

    def distance(at: int, label: str) -> int:
        return places[label] - at - 1 if label else 0

    return b"".join(
        _INSTRUCTION.pack(step.code, distance(at, step.then), distance(at, step.other), step.operand)
        for at, step in enumerate(steps)
    )
