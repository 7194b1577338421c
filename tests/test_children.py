"""Spells that run other spells, as the program sees it; what they see of each other is in `spells/children`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import llmspell
from llmspell import Host, Limits, Permissions, Spell
from llmspell.children import MAX_CHILDREN, MAX_FAMILY
from llmspell.errors import LlmspellError, NotFoundError
from llmspell.events import CallStarted, Log, Output
from llmspell.spell import find_spell
from llmspell.system.blobs import Blobs
from llmspell.testing import ScriptedProvider
from tests.leftovers import leaving_nothing

ISOLATIONS = ("process", "inline")
pytestmark = pytest.mark.parametrize("isolation", ISOLATIONS)


def cast(folder: Path, isolation: str, spells: dict[str, str], **options: Any) -> llmspell.Result:
    """Run `main.lua` of these in a host; nothing may be left of it."""
    for name, source in spells.items():
        (folder / name).write_text(source)
    host_options = {name: options.pop(name) for name in ("providers", "permissions") if name in options}

    async def main() -> llmspell.Result:
        async with Host(**host_options) as host:
            return await host.run(folder / "main.lua", isolation=isolation, check=False, **options)

    return leaving_nothing(main)


def test_what_a_child_uses_its_parent_has_used(tmp_path, isolation):
    spells = {
        "main.lua": "print('a') local t = spell.run('child') print('b') return {t, spell.usage().calls}",
        "child.js": "print('child'); log.warn('hm'); export default (await llm().complete('hi')).text;",
    }
    events: list[Any] = []
    provider = ScriptedProvider(["one two"])
    result = cast(tmp_path, isolation, spells, providers=[provider], model="scripted/x", on_event=events.append)
    assert result.error is None
    assert result.value == ["one two", 1]
    assert (result.usage.calls, result.usage.output_tokens) == (1, 2)
    assert result.output == "a\nchild\nb\n"
    assert [event for event in events if isinstance(event, Log)] == [Log("warn", "hm")]
    assert "".join(event.text for event in events if isinstance(event, Output)) == result.output
    assert [event.method for event in events if isinstance(event, CallStarted)] == ["spell.run", "spell.usage"]


def test_it_works_without_an_event_loop(tmp_path, isolation):
    (tmp_path / "main.lua").write_text("return spell.run('child', {n = 20}).n + 1")
    (tmp_path / "child.js").write_text("export default { n: params.n * 2 };")
    assert llmspell.run(tmp_path / "main.lua", isolation=isolation).value == 41


def test_cancelling_the_parent_ends_them_all(tmp_path, isolation):
    spells = {
        "main.lua": "parallel(function() spell.run('child') end, function() spell.run('child') end)",
        "child.lua": "print('up') spell.run('sleeper')",
        "sleeper.js": "print('up'); await sleep(60);",
    }
    for name, source in spells.items():
        (tmp_path / name).write_text(source)

    async def main() -> None:
        up = asyncio.Semaphore(0)

        def hear(event: Any) -> None:
            if isinstance(event, Output):
                for _ in range(event.text.count("up")):
                    up.release()

        async with Host() as host:
            run = asyncio.create_task(host.run(tmp_path / "main.lua", isolation=isolation, on_event=hear))
            for _ in range(4):
                await up.acquire()
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run

    leaving_nothing(main)


def test_cancelling_twice_leaves_nothing_either(tmp_path, isolation):
    (tmp_path / "main.lua").write_text("print('up') spell.run('child')")
    (tmp_path / "child.lua").write_text("print('up') spell.run('sleeper')")
    (tmp_path / "sleeper.lua").write_text("print('up') sleep(60)")

    async def main() -> None:
        up = asyncio.Semaphore(0)
        async with Host() as host:
            for waits in range(6):
                hear = lambda event: up.release() if isinstance(event, Output) else None  # noqa: E731  # one line
                run = asyncio.create_task(host.run(tmp_path / "main.lua", isolation=isolation, on_event=hear))
                for _ in range(3):
                    await up.acquire()
                run.cancel()
                for _ in range(waits):
                    await asyncio.sleep(0)
                    run.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await run
                assert asyncio.all_tasks() == {asyncio.current_task()}

    leaving_nothing(main)


def test_the_end_of_its_time_is_the_end_of_theirs(tmp_path, isolation):
    spells = {
        "main.lua": "local ok, e = pcall(spell.run, 'child', nil, {timeout = 50}) print(ok, e.kind)",
        "child.lua": "print(spell.limits().timeout < 1) while true do sleep(0.01) end",
    }
    result = cast(tmp_path, isolation, spells, limits=Limits(timeout=0.4))
    assert result.error is not None
    assert (result.error.kind, result.error.message) == ("limit", "time limit of 0.4 s exceeded")
    assert result.output == "true\n"


def test_so_many_run_at_once_and_the_rest_waits(tmp_path, isolation):
    spells = {
        "main.lua": "local list = {} for i = 1, params.n do list[i] = i end\n"
        "return #map(list, function(i) return spell.run('child', {i = i}) end, {concurrency = 1000})",
        "child.lua": "sleep(0.02) return params.i",
    }
    assert cast(tmp_path, isolation, spells, params={"n": 3 * MAX_CHILDREN}).value == 3 * MAX_CHILDREN


def test_a_family_has_an_end(tmp_path, isolation):
    spells = {
        "main.lua": "local fs = {} for i = 1, 12 do fs[i] = function()\n"
        "pcall(spell.run, 'main', {depth = (params.depth or 0) + 1}) end end parallel(table.unpack(fs))",
    }
    error = cast(tmp_path, isolation, spells, limits=Limits(timeout=60)).error
    assert error is None or error.kind == "limit"
    error = cast(tmp_path, isolation, {"main.lua": spells["main.lua"].replace("pcall(spell.run, ", "spell.run(")}).error
    assert error is not None
    assert f"limit of {MAX_FAMILY} spells at once exceeded" in error.message


def test_randomness_comes_from_the_seed_of_the_parent(tmp_path, isolation):
    spells = {
        "main.lua": "return {spell.run('child'), spell.run('child'), math.random()}",
        "child.js": "export default Math.random();",
    }
    first, second, other = (cast(tmp_path, isolation, spells, seed=seed).value for seed in (1, 1, 2))
    assert first == second != other
    assert len(set(first)) == 3


def test_it_may_do_no_more_than_its_parent(tmp_path, isolation):
    (tmp_path / "note.txt").write_text("secret")
    spells = {
        "main.lua": "return spell.run('child', {path = params.path}, {permissions = {read = {'*'}, run = {'*'}}})",
        "child.lua": "local ok, e = pcall(fs.read, params.path) return ok and e or e.kind",
    }
    params = {"path": str(tmp_path / "note.txt")}
    assert cast(tmp_path, isolation, spells, params=params).value == "permission"
    allowed = Permissions(read=(str(tmp_path.resolve()),))
    assert cast(tmp_path, isolation, spells, params=params, permissions=allowed).value == "secret"


@pytest.mark.parametrize("source", ["x = = 1", "error({kind = 'cancelled', message = 'me'})", "return 1 / 0"])
def test_whatever_a_child_does_is_an_error_of_its_parent(tmp_path, isolation, source):
    spells = {"main.lua": "local ok, e = pcall(spell.run, 'child') return {ok, e.kind}", "child.lua": source}
    result = cast(tmp_path, isolation, spells)
    assert result.value in ([False, "spell"], [False, "value"])


def test_its_error_shows_its_line(tmp_path, isolation):
    spells = {"main.lua": "return spell.run('child')", "child.lua": "local x = 1\nerror('no')"}
    error = cast(tmp_path, isolation, spells).error
    assert error is not None
    assert (error.file, error.line, error.source_line) == (str(tmp_path / "child.lua"), 2, "error('no')")


def test_a_link_out_of_the_folder_is_no_spell(tmp_path, isolation):
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside.lua").write_text("return 1")
    (inside / "link.lua").symlink_to(tmp_path / "outside.lua")
    (inside / "main.lua").write_text("return 1")
    (inside / "below").mkdir()
    (inside / "below" / "child.js").write_text("export default 1;")
    spell = Spell.load(inside / "main.lua")
    for name in ("link", "../outside", str(tmp_path / "outside.lua"), "", ".", "a\0b", "below"):
        with pytest.raises(NotFoundError):
            find_spell(spell, name)
    assert find_spell(spell, "below/child").folder == str((inside / "below").resolve())
    assert find_spell(spell, "below.child").language == "js"
    with pytest.raises(NotFoundError, match="no folder"):
        find_spell(Spell(source="", language="lua", name="-e"), "child")


def test_blobs_of_a_part_count_in_the_whole(isolation):
    whole = Blobs(10_000)
    part = Blobs(within=whole)
    handle = part.add(bytes(5_000))
    assert whole.room < 5_000
    assert part.room == whole.room
    with pytest.raises(LlmspellError, match="no room"):
        part.add(bytes(5_000))
    with pytest.raises(NotFoundError):
        whole.get(handle)
    part.clear()
    whole.add(bytes(9_000))


def test_a_script_writes_few_rules(tmp_path, isolation):
    main = """
    local many = {}
    for i = 1, 101 do many[i] = "folder" .. i end
    local ok, error = pcall(spell.run, "child", nil, {permissions = {read = many}})
    return {ok, error.kind, error.message}
    """
    result = cast(tmp_path, isolation, {"main.lua": main, "child.lua": "return 1"})
    message = "run: options.permissions.read has 101 rules; a script may write 100"
    assert result.value == [False, "value", message]
