"""Streams: batches, leaving early, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from llmspell.border import Reject, Resolve
from llmspell.errors import NetworkError
from tests.bridges.driver import PENDING
from tests.llmspell_js.conftest import Cast


def batches(*all_: list[Any], error: Exception | None = None) -> Callable[[dict[str, Any]], Any]:
    """Answers `next` with these batches, the last of them with the end or an error after it."""
    left = list(all_)

    def answer(args: dict[str, Any]) -> Any:
        assert args == {"stream": 1}
        if not left and error is not None:
            raise error
        items = left.pop(0) if left else []
        return {"items": items, "done": not left and error is None}

    return answer


def test_a_loop_sees_all_items_with_their_names(cast: Cast) -> None:
    source = """
    const seen = [];
    for await (const chunk of llm("m").stream("x", { topP: 1 })) seen.push(chunk.text ?? chunk.finishReason);
    export default seen
    """
    run = cast(source, {"next": batches([{"text": "a"}, {"text": "b"}], [], [{"finish_reason": "stop"}])})
    assert run.value == ["a", "b", "stop"]
    assert run.calls[0].args["options"] == {"top_p": 1}
    assert run.cancelled == []


def test_a_batch_is_one_call(cast: Cast) -> None:
    run = cast(
        "let n = 0; for await (const _ of llm().stream('x')) n++; export default n", {"next": batches([{}] * 500)}
    )
    assert run.value == 500
    assert [call.method for call in run.calls] == ["llm.stream", "next"]


@pytest.mark.parametrize("leave", ["break", "throw new Error('out')", "return 5"])
def test_leaving_early_cancels_once(cast: Cast, leave: str) -> None:
    source = f"""
    async function go() {{ for await (const _ of llm().stream("x")) {{ {leave} }} }}
    try {{ await go() }} catch {{}}
    await sleep(1)
    """
    run = cast(source, {"next": batches([{}, {}], [{}])})
    assert run.value is None
    assert run.cancelled == [1]


def test_close_and_what_comes_after(cast: Cast) -> None:
    source = """
    const stream = llm().stream("x");
    const first = await stream.next();
    stream.close(); stream.close();
    export default [first, await stream.next(), await stream.collect()]
    """
    run = cast(source, {"next": batches([{"text": "a"}, {"text": "b"}], [])})
    assert run.value == [{"value": {"text": "a"}, "done": False}, {"done": True}, []]
    assert run.cancelled == [1]


def test_closing_while_a_batch_is_awaited_ends_the_loop(cast: Cast) -> None:
    source = """
    const stream = llm().stream("x");
    setTimeout(() => stream.close(), 10);
    for await (const _ of stream) print("never");
    export default "ended"
    """
    run = cast(source, {"next": PENDING})
    assert run.value == "ended"
    assert sorted(run.cancelled) == [1, 3]


def test_closing_before_the_stream_is_open(cast: Cast) -> None:
    run = cast("const s = llm().stream('x'); s.close(); export default await s.collect()")
    assert (run.value, run.cancelled) == ([], [1])


def test_collect_gives_the_rest(cast: Cast) -> None:
    source = "const s = llm().stream('x'); await s.next(); export default (await s.collect()).map((c) => c.text)"
    items = [{"text": text} for text in "abc"]
    assert cast(source, {"next": batches(items[:2], items[2:])}).value == ["b", "c"]


def test_items_can_be_asked_for_ahead(cast: Cast) -> None:
    source = """
    const s = llm().stream("x");
    export default (await Promise.all([s.next(), s.next(), s.next()])).map((step) => step.value?.text ?? null)
    """
    assert cast(source, {"next": batches([{"text": "a"}], [{"text": "b"}])}).value == ["a", "b", None]


def test_a_stream_that_cannot_be_opened(cast: Cast) -> None:
    source = "\nconst stream = llm().stream('x');\nawait sleep(1);\nfor await (const _ of stream);"
    run = cast(source, {"llm.stream": lambda _: (_ for _ in ()).throw(NetworkError("down"))})
    assert (run.error["kind"], run.error["line"]) == ("network", 2)


def test_an_error_in_the_middle_comes_after_the_items_before_it(cast: Cast) -> None:
    source = "try { for await (const c of llm().stream('x')) print(c.text) } catch (e) { print(e.kind, e.line) }"
    assert cast(source, {"next": batches([{"text": "a"}], error=NetworkError("cut"))}).output == "a\nnetwork 1\n"


def test_a_signal_closes_a_stream(cast: Cast) -> None:
    source = """
    const stop = new AbortController();
    try {
      for await (const c of llm().stream("x", { signal: stop.signal })) { print(c.text); stop.abort("enough") }
    } catch (e) { print("caught", e) }
    """
    run = cast(source, {"next": batches([{"text": "a"}, {"text": "b"}], [])})
    assert run.output == "a\ncaught enough\n"
    assert run.cancelled == [1]


def test_streams_without_declared_fields(cast: Cast) -> None:
    source = "const all = []; for await (const line of stdin.lines()) all.push(line); export default all"
    assert cast(source, {"next": batches(["a", "b"], ["c"])}).value == ["a", "b", "c"]


def test_two_streams_at_once(cast: Cast) -> None:
    source = """
    const [a, b] = [stdin.lines(), stdin.lines()];
    export default [(await a.next()).value, (await b.next()).value, (await a.next()).value];
    """
    run = cast(source, {"next": lambda args: {"items": [args["stream"], args["stream"]], "done": False}})
    assert run.value == [1, 2, 1]


@pytest.mark.parametrize("bad", [None, {"items": 5, "done": False}, 7])
def test_an_answer_that_is_no_batch(cast: Cast, bad: Any) -> None:
    run = cast("export default await stdin.lines().collect()", {"next": PENDING})
    run.feed(Resolve(2, bad))
    assert run.ended


def test_an_item_that_javascript_cannot_hold(cast: Cast) -> None:
    run = cast(
        "try { await stdin.lines().next() } catch (e) { print(e.kind) }", {"next": {"items": [2**60], "done": False}}
    )
    assert run.output == "value\n"
    assert run.cancelled == [1]


def test_a_rejected_batch_ends_the_stream(cast: Cast) -> None:
    run = cast(
        "const s = stdin.lines(); try { await s.next() } catch {} export default await s.next()", {"next": PENDING}
    )
    run.feed(Reject(2, {"kind": "network", "message": "x"}))
    assert run.value == {"done": True}
