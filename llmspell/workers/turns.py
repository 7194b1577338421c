"""Who runs next: slices that begin take turns, so that a host with many busy spells always gets the processor.

A slice has its turn until it ends or has taken long; then it has the lowest priority, and needs none.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable


class Turns:
    """At most so many turns at a time, by default one for each processor; first come, first served."""

    def __init__(self, most: int | None = None) -> None:
        self._free = most or os.cpu_count() or 1
        self._waiting: deque[Callable[[], None]] = deque()

    def take(self, go: Callable[[], None]) -> None:
        """Call `go` when there is a turn: now, or from a `give`."""
        if self._free:
            self._free -= 1
            go()
        else:
            self._waiting.append(go)

    def leave(self, go: Callable[[], None]) -> bool:
        """Wait no longer; whether it did wait."""
        try:
            self._waiting.remove(go)
        except ValueError:
            return False
        return True

    def give(self) -> None:
        """A turn is over."""
        if self._waiting:
            self._waiting.popleft()()
        else:
            self._free += 1
