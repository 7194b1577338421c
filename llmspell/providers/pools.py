"""Many small connection pools instead of a large one.

httpx2's pool looks at each of its connections whenever a request begins or ends, so that a hundred requests at
once cost twice as much as one after the other. Pools of eight do not, and there is no limit to their number.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """What a pool holds: an HTTP client."""

    async def aclose(self) -> None:
        """Close all its connections."""
        ...


C = TypeVar("C", bound=Closable)


class Pool(Generic[C]):
    """A client, how many requests it is serving, and since when it serves none."""

    def __init__(self, client: C) -> None:
        self.client = client
        self.busy = 0
        self.idle_since = 0.0


class Pools(Generic[C]):
    """Hands out pools, the most recently used first; `make` makes a client for `size` requests at once."""

    def __init__(self, make: Callable[[], C], size: float, idle: float = 30.0) -> None:
        self._make = make
        self._size = size
        self._idle = idle
        self._all: list[Pool[C]] = []
        self._roomy: list[Pool[C]] = []

    def __len__(self) -> int:
        return len(self._all)

    def acquire(self) -> Pool[C]:
        """A pool with room for a request, which must be given back to `release`."""
        if not self._roomy:
            pool = Pool(self._make())
            self._all.append(pool)
            self._roomy.append(pool)
        pool = self._roomy[-1]
        pool.busy += 1
        if pool.busy >= self._size:
            self._roomy.pop()
        return pool

    def release(self, pool: Pool[C]) -> None:
        """The request is over."""
        if pool.busy >= self._size:
            self._roomy.append(pool)
        pool.busy -= 1
        if not pool.busy:
            pool.idle_since = time.monotonic()

    async def close_idle(self) -> None:
        """Close the pool that was out of use for longest, if that is long enough."""
        if len(self._roomy) > 1:
            oldest = self._roomy[0]
            if not oldest.busy and time.monotonic() - oldest.idle_since > self._idle:
                del self._roomy[0]
                self._all.remove(oldest)
                await oldest.client.aclose()

    async def aclose(self) -> None:
        """Close all connections. The pools can be used again afterwards."""
        pools, self._all, self._roomy = self._all, [], []
        for pool in pools:
            await pool.client.aclose()
