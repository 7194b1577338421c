"""Where interpreters live: in this process, or each in a worker process of its own.

This package alone forks and signals. `child` starts a program of ours in a clean process, `serve` is what runs
inside a spell's worker, `remote` is its counterpart here, `zygote` and `pool` keep warm workers for hosts that run
many spells.
"""

from __future__ import annotations

SOCKET = 3
"""The descriptor of a child's end of its socket."""
LAST = 19
"""The priority (nice value) of a worker whose slice takes long."""


def cpu_allowance(cpu: float) -> float:
    """The processor time after which a worker whose engine should have stopped after `cpu` seconds is killed."""
    return cpu + 0.7
