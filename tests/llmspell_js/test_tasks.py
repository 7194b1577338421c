"""parallel, race, timeout, retry, map: what they give, and what becomes of the work that they no longer need."""

from __future__ import annotations

from typing import Any

import pytest

from llmspell.border import Call, Cancel, Failed, Reject, Resolve
from llmspell.errors import ToolError
from tests.bridges.driver import PENDING, Run
from tests.llmspell_js.conftest import Cast

WAIT = {"tools.call": PENDING, "sleep": PENDING}


def opened(run: Run) -> dict[str, int]:
    """The open calls of tools, by the name of the tool."""
    return {
        m.args["name"]: m.id
        for m in run.messages
        if isinstance(m, Call) and m.method == "tools.call" and m.id not in run.cancelled
    }


def rejected(number: int) -> Reject:
    return Reject(number, {"kind": "tool", "message": "broken"})


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("await parallel(() => sleep(1), async () => 2, () => 3)", [1, 2, 3]),
        ("await parallel()", []),
        ("await parallel(sleep(1), Promise.resolve(2))", [1, 2]),
        ("await race(async () => { await sleep(1); await sleep(2); return 'slow' }, () => sleep(5))", 5),
        ("await timeout(5, () => 7)", 7),
        ("await timeout(5, sleep(2))", 2),
        ("await map([1, 2, 3], (item, index) => item * index)", [0, 2, 6]),
        ("await map([], () => 1)", []),
        ("await map(new Set(['a', 'b']), async (item) => item)", ["a", "b"]),
        ("await retry((attempt) => attempt)", 1),
    ],
)
def test_what_they_give(cast: Cast, source: str, value: object) -> None:
    def sleep(args: dict[str, Any]) -> Any:
        return PENDING if "timeout" in source and args["seconds"] == 5 else args["seconds"]

    assert cast(f"export default {source}", {"sleep": sleep}).value == value


@pytest.mark.parametrize(
    "wrong",
    [
        "parallel(1)",
        "parallel([() => 1])",
        "race({})",
        "timeout('x', () => 1)",
        "timeout(1)",
        "retry(5)",
        "map([1])",
    ],
)
def test_wrong_arguments_are_type_errors_at_the_call(cast: Cast, wrong: str) -> None:
    error = cast(f"\nawait {wrong}").error
    assert (error["kind"], error["line"]) == ("type", 2)


@pytest.mark.parametrize(
    "wrong",
    ["race()", "retry(() => 1, { attempts: 0 })", "map([1], () => 1, { concurrency: 0 })", "timeout(0 / 0, () => 1)"],
)
def test_wrong_values_are_value_errors(cast: Cast, wrong: str) -> None:
    assert cast(f"await {wrong}").error["kind"] == "value"


def test_the_first_failure_of_parallel_cancels_the_rest(cast: Cast) -> None:
    source = """
    try {
      await parallel(
        async () => { try { await tools.a() } catch { print("never") } finally { print("never") } },
        async () => { await tools.b(); },
        async () => { for await (const _ of stdin.lines()); },
      );
    } catch (e) { print(e.message) }
    await tools.after();
    """
    run = cast(source, WAIT | {"next": PENDING})
    run.feed(rejected(opened(run)["b"]))
    assert run.output == "broken\n"
    assert sorted(run.cancelled) == [1, 3, 4]
    assert set(opened(run)) == {"b", "after"}


def test_a_function_that_fails_at_once(cast: Cast) -> None:
    run = cast(
        "try { await parallel(() => tools.a(), () => { throw new Error('x') }) } catch (e) { print(e.message) }", WAIT
    )
    assert run.output == "x\n"
    assert run.cancelled == [1]


def test_the_winner_of_a_race_cancels_the_others(cast: Cast) -> None:
    run = cast("export default await race(() => tools.a(), () => tools.b(), () => tools.c())", WAIT)
    run.feed(Resolve(2, "b"))
    assert run.value == "b"
    assert run.cancelled == [1, 3]


def test_a_race_is_lost_by_an_error_too(cast: Cast) -> None:
    run = cast("await race(() => tools.a(), () => tools.b())", WAIT)
    run.feed(rejected(1))
    assert run.error["kind"] == "tool"


def test_timeout_cancels_the_work(cast: Cast) -> None:
    source = """
    try { await timeout(0.5, async () => { await tools.a(); await tools.b() }) }
    catch (e) { print(e.kind, e.message, e.line) }
    await tools.after();
    """
    run = cast(source, WAIT)
    sleep = next(call for call in run.calls if call.method == "sleep")
    run.feed(Resolve(sleep.id, None))
    assert run.output == "timeout took longer than 0.5 s 2\n"
    assert set(opened(run)) == {"after"}


def test_timeout_withdraws_its_timer(cast: Cast) -> None:
    run = cast("export default await timeout(9, () => tools.a())", WAIT)
    run.feed(Resolve(2, "in time"))
    assert (run.value, run.cancelled) == ("in time", [1])


def test_nested_tasks_are_cancelled_with_their_parents(cast: Cast) -> None:
    source = """
    try {
      await timeout(1, () => parallel(
        () => tools.a(),
        () => parallel(() => tools.b(), async () => { await tools.c(); await tools.d() }),
        () => race(() => tools.e(), () => map([1, 2], (n) => tools["f" + n]())),
      ));
    } catch (e) { print(e.kind) }
    await tools.after();
    """
    run = cast(source, WAIT)
    calls = opened(run)
    assert set(calls) == {"a", "b", "c", "e", "f1", "f2"}
    run.feed(Resolve(calls["c"], 1))
    calls = opened(run)
    run.feed(Resolve(calls["f1"], 1))
    run.feed(Resolve(1, None))
    assert run.output == "timeout\n"
    assert set(opened(run)) == {"c", "f1", "after"}
    assert sorted(run.cancelled) == sorted([calls["a"], calls["b"], calls["d"], calls["e"], calls["f2"]])


def test_a_failure_deep_inside_is_caught_outside(cast: Cast) -> None:
    source = """
    const settled = await parallel(
      async () => { try { return await parallel(() => tools.a(), () => tools.b()) } catch (e) { return e.message } },
      () => tools.c(),
    );
    export default settled;
    """
    run = cast(source, WAIT)
    calls = opened(run)
    run.feed(rejected(calls["a"]), Resolve(calls["c"], 3))
    assert run.value == ["broken", 3]
    assert run.cancelled == [calls["b"]]


def test_what_follows_an_answer_belongs_to_its_task(cast: Cast) -> None:
    source = """
    const part = (name) => async () => { await tools[name + 1](); await null; await tools[name + 2](); };
    try { await parallel(part("a"), part("b")) } catch {}
    await tools.after();
    """
    run = cast(source, WAIT)
    calls = opened(run)
    run.feed(Resolve(calls["b1"], 1), Resolve(calls["a1"], 1))
    calls = opened(run)
    run.feed(rejected(calls["a2"]))
    assert run.cancelled == [calls["b2"]]


def test_a_cancelled_task_makes_no_more_calls(cast: Cast) -> None:
    source = """
    let resume;
    const gate = new Promise((resolve) => { resume = resolve });
    await race(async () => { await gate; await tools.never() }, () => tools.a());
    resume(); await null; await tools.after();
    """
    run = cast(source, WAIT)
    run.feed(Resolve(1, None))
    assert set(opened(run)) - {"never"} == {"a", "after"}


def test_map_runs_at_most_so_many_at_once(cast: Cast) -> None:
    run = cast("export default await map([1, 2, 3, 4, 5], (n) => tools['t' + n](), { concurrency: 2 })", WAIT)
    most = 0
    for _ in range(5):
        answered = {m.id for m in run.messages if isinstance(m, Cancel)} | run.__dict__.setdefault("done", set())
        waiting = [call for call in run.calls if call.id not in answered]
        most = max(most, len(waiting))
        run.__dict__["done"].add(waiting[-1].id)
        run.feed(Resolve(waiting[-1].id, waiting[-1].args["name"]))
    assert most == 2
    assert run.value == ["t1", "t2", "t3", "t4", "t5"]


def test_map_stops_at_the_first_failure(cast: Cast) -> None:
    run = cast(
        "try { await map([1, 2, 3, 4], (n) => tools['t' + n](), { concurrency: 2 }) } catch (e) { print(e.kind) }", WAIT
    )
    run.feed(rejected(1))
    assert run.output == "tool\n"
    assert run.cancelled == [2]
    assert len(run.calls) == 2


def test_retry_waits_longer_each_time(cast: Cast) -> None:
    def flaky(args: dict[str, Any]) -> Any:
        if args["arguments"]["attempt"] < 4:
            raise ToolError("not yet")
        return "done"

    source = "export default await retry((attempt) => tools.t({ attempt }), { attempts: 5, delay: 1, factor: 3 })"
    run = cast(source, {"tools.call": flaky})
    assert run.value == "done"
    assert [call.args["seconds"] for call in run.calls if call.method == "sleep"] == [1, 3, 9]


def test_retry_throws_the_last_error(cast: Cast) -> None:
    source = "await retry((attempt) => { throw new Error(`attempt ${attempt}`) }, { attempts: 2, delay: 0 })"
    assert cast(source).error["message"] == "attempt 2"


def test_retry_inside_a_task_is_cancelled_with_it(cast: Cast) -> None:
    run = cast("await race(() => retry(() => tools.a(), { delay: 5 }), () => tools.b()); await tools.after()", WAIT)
    run.feed(rejected(1))
    sleep = next(call for call in run.calls if call.method == "sleep")
    run.feed(Resolve(2, None))
    assert run.cancelled == [sleep.id]


def test_a_timer_of_a_cancelled_task_does_not_fire(cast: Cast) -> None:
    run = cast(
        "await race(() => new Promise(() => setTimeout(() => print('never'), 50)), () => tools.a()); await tools.b()",
        WAIT,
    )
    timer = next(call for call in run.calls if call.method == "sleep")
    run.feed(Resolve(2, None))
    assert run.cancelled == [timer.id]


@pytest.mark.parametrize(
    "source",
    [
        "await new Promise(() => {})",
        "await parallel(() => new Promise(() => {}))",
        "await race(() => new Promise(() => {}))",
    ],
)
def test_waiting_for_nothing_is_an_error(cast: Cast, source: str) -> None:
    run = cast(source)
    assert run.error["message"] == "the spell waits for something that never happens"
    assert run.error["hint"]


def test_waiting_for_nothing_is_seen_after_the_last_answer_only(cast: Cast) -> None:
    run = cast("await sleep(1); await new Promise(() => {})", {"sleep": PENDING})
    assert not run.ended
    run.feed(Resolve(1, None))
    assert isinstance(run.messages[-1], Failed)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("5", "the first argument of map must be a list, not 5"),
        ("{ a: 1 }", 'the first argument of map must be a list, not {"a":1}'),
        ("undefined", "the first argument of map must be a list, not undefined"),
        ("stdin.lines()", "the first argument of map must be a list, not a stream"),
    ],
)
def test_map_takes_nothing_that_has_no_items(cast: Cast, given: str, message: str) -> None:
    error = cast(f"await map({given}, print)").error
    assert (error["kind"], error["message"]) == ("type", message)


def test_map_takes_what_can_be_gone_through(cast: Cast) -> None:
    lists = "[new Set([1]), 'ab', [2].values(), { length: 1, 0: 3 }]"
    assert cast(f"export default await Promise.all({lists}.map((list) => map(list, (x) => x)))").value == [
        [1],
        ["a", "b"],
        [2],
        [3],
    ]
