"""Landlock: no file can be opened, no port used and no process outside be reached, whoever asks in this process.

The rights are those of linux/landlock.h; each version of the interface knows more of them.
"""

from __future__ import annotations

import errno
import os
import struct

from llmspell.workers import kernel

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # the same on every machine
_VERSION = 1
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
_ATTRIBUTES = struct.Struct("QQQ")
_NET_RIGHTS, _SCOPES = 0b11, 0b11
_NET_SINCE, _SCOPES_SINCE = 4, 6


def version() -> int:
    """The version of the kernel's interface, or a negative error number."""
    return kernel.syscall(_CREATE_RULESET, 0, 0, _VERSION)


def restrict() -> int:
    """Deny this process all of it, for good. Gives the version, or a negative error number; never raises."""
    abi = version()
    if abi < 1:
        return abi or -errno.ENOSYS
    attributes, size = ruleset(abi)
    rules = kernel.syscall(_CREATE_RULESET, attributes, size, 0)
    if rules < 0:
        return rules
    result = kernel.syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)
    return abi if result == 0 else result


def ruleset(abi: int) -> tuple[bytes, int]:
    """The attributes of a ruleset that handles, and so denies, everything that this version can."""
    rights = max(count for since, count in _FILE_RIGHTS.items() if since <= abi)
    net = _NET_RIGHTS if abi >= _NET_SINCE else 0
    scopes = _SCOPES if abi >= _SCOPES_SINCE else 0
    size = 24 if scopes else 16 if net else 8
    return _ATTRIBUTES.pack((1 << rights) - 1, net, scopes), size
