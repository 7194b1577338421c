"""What the log says of work that a spell started and never awaited: the engine is silent about it."""

from __future__ import annotations

from typing import Any

import pytest

from llmspell.border import EngineLimits, Failed, Print
from llmspell.errors import PermissionDeniedError
from tests.bridges.driver import PENDING, Run
from tests.llmspell_js.conftest import Cast


def refusing(args: dict[str, Any]) -> Any:
    raise PermissionDeniedError(f"no writing to {args['path']}")


WORLD = {"fs.write": refusing, "llm.complete": PENDING, "tools.call": PENDING, "stdin.lines": PENDING}


def warnings(run: Run) -> list[str]:
    return [message.text for message in run.messages if isinstance(message, Print) and message.stream == "warn"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("fs.write('a', '')\nawait sleep(0)", ["fs.write (spell.js:1) was not awaited, and failed: no writing to a"]),
        ("await 1\n\nllm().complete(new Map())",
         ["llm.complete (spell.js:3) was not awaited, and failed: prompt is a Map"]),
        ("tools.look_up(new Map())", ["tools.look_up (spell.js:1) was not awaited, and failed: arguments is a Map"]),
        ("llm().countTokens(() => { throw 1 }, 2); parallel(() => { throw 'text' }); await sleep(0)",
         ["parallel (spell.js:1) was not awaited, and failed: text"]),
        ("map([1], () => null.x); await sleep(0)",
         ["map (spell.js:1) was not awaited, and failed: cannot read property 'x' of null"]),
        ("retry(() => { throw new Error('m') }, { attempts: 1 }); await sleep(0)",
         ["retry (spell.js:1) was not awaited, and failed: m"]),
        ("llm().complete('x')",
         ["llm.complete (spell.js:1) was not awaited, and had no answer yet when the spell ended"]),
        ("tools.look_up()",
         ["tools.look_up (spell.js:1) was not awaited, and had no answer yet when the spell ended"]),
        ("async function main() {\n await llm().complete('x')\n}\nmain()",
         ["llm.complete (spell.js:2) had no answer yet when the spell ended: await what waits for it"]),
        ("(async () => { for await (const line of stdin.lines()) print(line) })()",
         ["stdin.lines (spell.js:1) had no answer yet when the spell ended: await what waits for it"]),
        ("export default async () => { fs.write('b', ''); await sleep(0) }",
         ["fs.write (spell.js:1) was not awaited, and failed: no writing to b"]),
    ],
)  # fmt: skip  # a table
def test_lost_work_is_told(cast: Cast, source: str, expected: list[str]) -> None:
    run = cast(source, WORLD)
    assert run.value is None
    assert warnings(run) == expected


@pytest.mark.parametrize(
    "source",
    [
        "await fs.write('a', '').catch(() => 1)",
        "fs.write('a', '').catch(() => 1); await sleep(0)",
        "fs.write('a', '').finally(() => 1).catch(() => 1); await sleep(0)",
        "const p = fs.write('a', ''); await sleep(0); try { await p } catch {}",
        "const p = fs.write('a', ''); await sleep(0); await Promise.allSettled([p])",
        "await Promise.any([fs.write('a', ''), sleep(0)])",
        "const f = async () => fs.write('a', ''); try { await f() } catch {}",
        "try { await new Promise((resolve) => resolve(fs.write('a', ''))) } catch {}",
        "try { await Promise.resolve(fs.write('a', '')) } catch {}",
        "try { await parallel(fs.write('a', '')) } catch {}",
        "await race(() => 1, () => llm().complete('x'))",
        "await Promise.race([1, sleep(9)])",
        "setTimeout(() => print('never'), 9000)",
        "stdin.lines()",
        "state.set('a', 1); await sleep(0)",
    ],
)
def test_what_was_looked_at_and_what_succeeded_is_not(cast: Cast, source: str) -> None:
    run = cast(source, WORLD | {"sleep": lambda args: PENDING if args["seconds"] == 9 else None})
    assert run.value is None
    assert warnings(run) == []


def test_a_spell_that_fails_tells_only_of_what_nobody_looked_at(cast: Cast) -> None:
    run = cast("const reply = llm().complete('x'); print(reply.text.length)", WORLD)
    assert "TypeError" in run.error["message"]
    assert warnings(run) == ["llm.complete (spell.js:1) was not awaited, and had no answer yet when the spell ended"]
    failed = cast("await Promise.all([llm().complete('x'), fs.write('a', '')])", WORLD)
    assert failed.error["kind"] == "permission"
    assert warnings(failed) == []


def test_it_says_no_more_than_a_few_lines(cast: Cast) -> None:
    lines = warnings(cast("for (let i = 0; i < 8; i++) llm().complete('x')", WORLD))
    assert len(lines) == 6
    assert lines[-1] == "and 3 more that were not awaited"


def test_it_counts_as_output_and_cannot_hide_a_limit(cast: Cast) -> None:
    run = cast("llm().complete('x')", WORLD, limits=EngineLimits(max_output=20))
    assert isinstance(run.messages[-1], Failed)
    assert run.error["message"] == "output limit of 20 bytes exceeded"


def test_such_a_promise_looks_like_any_other(cast: Cast) -> None:
    source = """
    const promise = sleep(0);
    const seen = [promise instanceof Promise, promise.constructor === Promise, Object.keys(promise)];
    await promise;
    export default [...seen, `${promise}`];
    """
    assert cast(source).value == [True, True, [], "[object Promise]"]
