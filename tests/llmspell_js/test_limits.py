"""Limits: what ends a run, what the script cannot do about it, and what it still has said."""

from __future__ import annotations

import threading

import pytest

from llmspell.border import EngineLimits, Print, Resolve, SpellSource
from llmspell_js import bridge
from tests.bridges.driver import PENDING
from tests.llmspell_js.conftest import Cast

QUICK = EngineLimits(cpu=0.05)


@pytest.mark.parametrize(
    "source",
    [
        "while (true);",
        "try { while (true); } catch {} finally { while (true); }",
        "await null; while (true);",
        "(async () => { while (true) await null })(); await new Promise(() => {})",
        "const f = () => Promise.resolve().then(f); await f()",
        "new Promise(() => { while (true); }).catch(() => {}); while (true);",
        "[2, 1].sort(() => { while (true); })",
        "'x'.replace(/x/, () => { while (true); })",
        "({ get a() { while (true); } }).a",
        "function* g() { while (true) yield 1 } for (const _ of g());",
        "export default { get a() { while (true); } }",
        "export default { toJSON: 1, get b() { for (;;) try { throw 1 } catch {} } }",
        "throw { kind: 'tool', get message() { while (true); } }",
        "print({ get a() { while (true); } })",
        "/(x+x+)+y/.test('x'.repeat(40))",
        "setTimeout(() => { while (true); }, 0); await sleep(1)",
        "eval('while (true);')",
        "new Function('while (true);')()",
        "class A extends (() => { while (true); })() {}",
        "for await (const _ of { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false }) }) });",
        "BigInt('1' + '0'.repeat(300000)).toString(3)",
        "let s = ''; for (let i = 0; i < 3e5; i++) s = 'a' + s + 'b'; while (true);",
        "new Array(2 ** 25).fill(0).sort()",
    ],
)
def test_endless_work_is_stopped(cast: Cast, source: str) -> None:
    error = cast(source, limits=QUICK).error
    assert error["kind"] == "limit"
    assert error["message"] in ("CPU limit of 0.05 s in one slice exceeded", "memory limit of 64 MiB exceeded")


def test_the_cpu_limit_points_at_the_loop(cast: Cast) -> None:
    error = cast("function spin() {\n  while (true);\n}\nspin()", limits=QUICK).error
    assert (error["file"], error["stack"][0]) == ("spell.js", f"spell.js:{error['line']}: in function spin")


def test_a_function_that_the_runtime_calls_is_limited_too(cast: Cast) -> None:
    from llmspell.border import Invoke

    run = cast("await tools.x(() => { while (true); })", {"tools.call": PENDING}, limits=QUICK)
    run.feed(Invoke(1, run.calls[0].args["arguments"]["$function"], []))
    assert run.error["kind"] == "limit"


def test_each_slice_has_its_own_time(cast: Cast) -> None:
    source = "for (let i = 0; i < 6; i++) { for (let n = 0; n < 1e5; n++); await sleep(1) }"
    assert cast(source, limits=EngineLimits(cpu=0.1)).value is None


@pytest.mark.parametrize(
    "source",
    [
        "const all = []; while (true) all.push(new Array(1000).fill(1))",
        "const all = []; while (true) all.push({})",
        "const all = new Map(); for (let i = 0; ; i++) all.set(i, {})",
        "new Uint8Array(2 ** 30)",
        "'x'.repeat(2 ** 29)",
        "try { 'x'.repeat(2 ** 29) } catch {}; export default 1",
        "await Promise.allSettled([(async () => new Uint8Array(2 ** 29))()]); await sleep(1); export default 1",
        "for (let all = []; ; ) all.push(new Promise(() => {}))",
        "const grow = (x) => grow({ x, y: new Array(1e5).fill(x) }); grow(1)",
    ],
)
def test_memory_is_limited(cast: Cast, source: str) -> None:
    error = cast(source, limits=EngineLimits(memory=16 << 20)).error
    assert (error["kind"], error["message"]) == ("limit", "memory limit of 16 MiB exceeded")


def test_a_spell_that_throws_null_itself_is_not_out_of_memory(cast: Cast) -> None:
    assert cast("throw null").error["kind"] == "spell"
    assert cast("await Promise.reject(null)").error["kind"] == "spell"


def test_calls_are_limited(cast: Cast) -> None:
    source = """
    for (let i = 0; i < 20; i++) {
      try { await sleep(i) } catch { print("caught") }
    }
    """
    run = cast(source, limits=EngineLimits(max_calls=5))
    assert (run.error["message"], run.error["line"]) == ("limit of 5 calls exceeded", 3)
    assert len(run.calls) == 5
    assert run.output == ""


def test_ten_thousand_calls_in_one_slice(cast: Cast) -> None:
    run = cast("while (true) sleep(1)", limits=EngineLimits(cpu=2))
    assert run.error["message"] == "limit of 10000 calls exceeded"


@pytest.mark.parametrize(
    "source", ["for (;;) print('x'.repeat(99))", "for (;;) write('é'.repeat(50))", "for (;;) log.info('x'.repeat(99))"]
)
def test_output_is_limited(cast: Cast, source: str) -> None:
    run = cast(source, limits=EngineLimits(max_output=1000))
    assert run.error["message"] == "output limit of 1000 bytes exceeded"
    said = sum(len(m.text.encode()) for m in run.messages if isinstance(m, Print))
    assert 900 <= said <= 1000


def test_output_counts_bytes(cast: Cast) -> None:
    run = cast("write('é'.repeat(60)); export default 1", limits=EngineLimits(max_output=100))
    assert run.error["kind"] == "limit"
    assert cast("write('x'.repeat(100)); export default 1", limits=EngineLimits(max_output=100)).value == 1


def test_a_gigabyte_of_output_does_not_fit(cast: Cast) -> None:
    assert cast("const s = 'x'.repeat(1e6); for (;;) write(s)").error["kind"] == "limit"


def test_a_caught_limit_still_ends_the_run(cast: Cast) -> None:
    source = "for (;;) { try { print('x'.repeat(50)) } catch {} }"
    run = cast(source, limits=EngineLimits(max_output=100, cpu=0.1))
    assert run.error["message"] == "output limit of 100 bytes exceeded"


def test_what_was_printed_before_a_limit_is_not_lost(cast: Cast) -> None:
    assert cast("print('before'); sleep(1); while (true);", limits=QUICK).output == "before\n"
    assert (
        cast("print('before'); const a = []; for (;;) a.push([])", limits=EngineLimits(memory=16 << 20)).output
        == "before\n"
    )


@pytest.mark.parametrize(
    "source",
    [
        "const f = () => f() + 1; f()",
        "const a = []; let b = a; for (let i = 0; i < 1e5; i++) b = [b]; b.flat(Infinity)",
        "JSON.parse('['.repeat(1e5))",
        "eval('('.repeat(1e5))",
        "let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p.x",
    ],
)
def test_deep_recursion_is_an_error_that_can_be_caught(cast: Cast, source: str) -> None:
    assert cast(f"try {{ {source} }} catch (e) {{ print(e.name) }} export default 1").output == "RangeError\n"


def test_recursion_has_room_for_ordinary_work(cast: Cast) -> None:
    assert cast("const sum = (n) => n === 0 ? 0 : n + sum(n - 1); export default sum(1000)").value == 500500


def test_deep_recursion_in_another_thread_than_the_first(cast: Cast) -> None:
    interpreter = bridge.interpreter("js")
    said = []

    def start() -> None:
        said.extend(interpreter.start(SpellSource("a.js", "await sleep(1); const f = () => f(); f()")))
        said.extend(interpreter.feed([Resolve(1, None)], 1.0))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    interpreter.close()
    assert "RangeError" in said[-1].error["message"]
