"""Streams: batches, back-pressure, and sources that are closed."""

import asyncio

import pytest

from llmspell.streams import AHEAD, AHEAD_TEXT, Stream


class Source:
    """Counts what was taken from it, and notices that it was closed."""

    def __init__(self, count, error=None, pause=False):
        self.taken = 0
        self.closed = False
        self.items = self._items(count, error, pause)

    async def _items(self, count, error, pause):
        try:
            for number in range(count):
                self.taken += 1
                if pause:
                    await asyncio.sleep(0)
                yield number
            if error:
                raise error
        finally:
            self.closed = True


async def drained(stream):
    batches = []
    while True:
        batch = await stream.next()
        batches.append(batch["items"])
        if batch["done"]:
            return batches


@pytest.mark.parametrize("count", [0, 1, AHEAD - 1, AHEAD, AHEAD + 1, 3 * AHEAD + 5])
@pytest.mark.parametrize("pause", [False, True])
def test_every_item_comes_once_and_in_order(count, pause):
    async def main():
        source = Source(count, pause=pause)
        batches = await drained(Stream(source.items))
        assert [item for batch in batches for item in batch] == list(range(count))
        assert source.closed

    asyncio.run(main())


def test_what_has_arrived_comes_at_once():
    async def main():
        stream = Stream(Source(10).items)
        assert (await stream.next())["items"] == list(range(10))

    asyncio.run(main())


@pytest.mark.parametrize("shape", [str, lambda text: {"text": text, "n": 1}])
def test_long_texts_are_not_read_far_ahead(shape):
    taken = []

    async def source():
        for number in range(30):
            taken.append(number)
            yield shape("x" * (AHEAD_TEXT // 4))

    async def main():
        stream = Stream(source())
        assert len((await stream.next())["items"]) == 4
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(taken) <= 8
        assert sum(map(len, await drained(stream))) == 26

    asyncio.run(main())


def test_a_slow_reader_slows_the_source():
    async def main():
        source = Source(10 * AHEAD)
        stream = Stream(source.items)
        await stream.next()
        for _ in range(10):
            await asyncio.sleep(0)
        assert source.taken <= 2 * AHEAD + 1
        stream.close()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert source.closed

    asyncio.run(main())


def test_an_error_comes_after_the_items_before_it():
    async def main():
        stream = Stream(Source(2, error=ValueError("cut")).items)
        assert await stream.next() == {"items": [0, 1], "done": False}
        with pytest.raises(ValueError, match="cut"):
            await stream.next()

    asyncio.run(main())


def test_a_stream_closed_before_it_began_takes_nothing():
    async def main():
        source = Source(5)
        Stream(source.items).close()
        await asyncio.sleep(0)
        assert source.taken == 0

    asyncio.run(main())


def test_closing_wakes_whoever_waits():
    async def main():
        async def never():
            await asyncio.Event().wait()
            yield 1

        stream = Stream(never())
        waiting = asyncio.create_task(stream.next())
        await asyncio.sleep(0)
        stream.close()
        assert await waiting == {"items": [], "done": True}

    asyncio.run(main())
