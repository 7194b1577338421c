"""The standard input of a run."""

import asyncio
import io
import os

import pytest

from llmspell.stdin import StandardInput

TEXT = "one\r\ntwo\n\nüfour"


async def lines(stdin):
    return [line async for line in stdin.lines()]


@pytest.mark.parametrize("source", [TEXT, io.StringIO(TEXT, newline="")], ids=["text", "file"])
def test_lines_then_the_rest(source):
    async def main():
        stdin = StandardInput(source)
        async for line in stdin.lines():
            assert line == "one"
            break
        return await stdin.read(), await stdin.read(), await lines(stdin)

    assert asyncio.run(main()) == ("two\n\nüfour", "", [])


def test_all_lines():
    assert asyncio.run(lines(StandardInput(TEXT))) == ["one", "two", "", "üfour"]


def test_nothing():
    assert asyncio.run(lines(StandardInput(None))) == []
    assert asyncio.run(StandardInput(None).read()) == ""


def test_a_terminal_on_which_nobody_types_holds_nothing_up():
    reading, writing = os.pipe()

    async def main():
        with os.fdopen(reading, encoding="utf-8") as file:
            waiting = asyncio.create_task(StandardInput(file).read())
            await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            os.close(writing)
            await asyncio.sleep(0.05)

    asyncio.run(main())


def test_what_goes_wrong_is_told():
    async def main():
        await StandardInput(io.TextIOWrapper(io.BytesIO(b"\xff"), encoding="utf-8")).read()

    with pytest.raises(UnicodeDecodeError):
        asyncio.run(main())
