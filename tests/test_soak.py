"""Many spells one after the other in one host: memory stays flat, and no process, descriptor or task is left.

`python -m benchmarks soak` runs ten thousand in each isolation.
"""

import asyncio

import pytest

from benchmarks.soak import Leaks, soak


@pytest.mark.parametrize(("isolation", "count"), [("inline", 10_000), ("process", 800)])
def test_nothing_is_left(isolation, count):
    leaks = asyncio.run(soak(isolation, count))
    assert leaks._replace(memory=0) == Leaks(memory=0, descriptors=0, processes=0, tasks=0, threads=0)
    assert leaks.memory < 4 << 20, "the memory of the host grew while it ran spells"
