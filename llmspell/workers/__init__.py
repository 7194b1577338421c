"""Where interpreters live: in this process, or each in a worker process of its own.

This package alone forks and signals. `child` starts a program of ours in a clean process, `serve` is what runs
inside a spell's worker, `remote` is its counterpart here, `zygote` and `pool` keep warm workers for hosts that run
many spells.
"""

from __future__ import annotations

import os

SOCKET = 3
"""The descriptor of a child's end of its socket."""
_LAST = 19


def cpu_allowance(cpu: float) -> float:
    """The processor time after which a worker whose engine should have stopped after `cpu` seconds is killed."""
    return cpu + 0.7


def go_last(pid: int) -> None:
    """Let every other process go first from now on.

    On Linux it then runs when nobody else wants to (SCHED_IDLE, see sched(7)): forty processes of the lowest nice
    value cost their neighbours some milliseconds each time, forty of these cost nothing.
    """
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.setpriority(os.PRIO_PROCESS, pid, _LAST)
