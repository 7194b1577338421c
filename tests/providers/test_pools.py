"""Small pools: full ones are left alone, idle ones are closed, and none is lost."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from llmspell.providers.pools import Pools


class Client:
    def __init__(self):
        self.closed = False

    async def aclose(self):
        self.closed = True


def test_a_full_pool_makes_room_for_another():
    pools = Pools(Client, size=2)
    held = [pools.acquire() for _ in range(5)]
    assert [pool.busy for pool in held] == [2, 2, 2, 2, 1]
    assert len(pools) == 3


def test_one_after_the_other_needs_one_pool():
    pools = Pools(Client, size=2)
    for _ in range(5):
        pools.release(pools.acquire())
    assert len(pools) == 1


def test_idle_pools_are_closed_but_never_the_last():
    async def main():
        pools = Pools(Client, size=1, idle=0.0)
        for pool in [pools.acquire() for _ in range(3)]:
            pools.release(pool)
        for _ in range(5):
            await pools.close_idle()
        return pools

    assert len(asyncio.run(main())) == 1


def test_a_busy_pool_is_not_closed():
    async def main():
        pools = Pools(Client, size=2, idle=0.0)
        first, second, third = pools.acquire(), pools.acquire(), pools.acquire()
        pools.release(first)
        pools.release(third)
        await pools.close_idle()
        return second.client.closed

    assert asyncio.run(main()) is False


def test_closing_closes_all():
    async def main():
        pools = Pools(Client, size=1)
        held = [pools.acquire() for _ in range(3)]
        pools.release(held[0])
        await pools.aclose()
        return pools, held

    pools, held = asyncio.run(main())
    assert all(pool.client.closed for pool in held)
    assert len(pools) == 0
    assert pools.acquire().client is not held[0].client


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 4), st.data())
def test_a_pool_never_holds_more_than_its_size(steps, size, draw):
    pools, held = Pools(Client, size), []
    for take in steps:
        if take or not held:
            held.append(pools.acquire())
        else:
            pools.release(held.pop(draw.draw(st.integers(0, len(held) - 1))))
        busy = {id(pool): held.count(pool) for pool in held}
        assert all(count <= size for count in busy.values())
        assert all(pool.busy == busy[id(pool)] for pool in held)
