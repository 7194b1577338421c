"""Calls to the runtime: how arguments cross, how answers and errors come back, and functions that the runtime calls."""

from __future__ import annotations

from typing import Any

import pytest

from llmspell.agents.tools import RESERVED
from llmspell.border import Abort, Call, Cancel, Failed, Invoke, Raise, Reject, Resolve, Return
from llmspell.errors import NetworkError
from tests.bridges.driver import PENDING
from tests.llmspell_js.conftest import Cast


def failing(args: dict[str, Any]) -> Any:
    raise NetworkError("the server is down", hint="start it", retryable=True, provider="acme", status=503)


def test_arguments_go_under_the_names_of_their_parameters(cast: Cast) -> None:
    run = cast('await llm("m", { topP: 1 }).complete("hi", { maxTokens: 5, extra: { maxTokens: 6 } }); await sleep(2)')
    own = {"model": "m", "options": {"top_p": 1}}
    options = {"max_tokens": 5, "extra": {"maxTokens": 6}}
    assert run.calls == [
        Call(1, "llm.complete", {"self": own, "prompt": "hi", "options": options}),
        Call(2, "sleep", {"seconds": 2}),
    ]


def test_undefined_arguments_are_left_out(cast: Cast) -> None:
    assert cast("await llm(undefined, {}).complete('x', undefined)").calls == [
        Call(1, "llm.complete", {"self": {"options": {}}, "prompt": "x"})
    ]
    assert cast("await llm().complete()").calls == [Call(1, "llm.complete", {"self": {}})]


def test_declared_fields_of_messages_are_renamed_and_others_are_not(cast: Cast) -> None:
    source = 'await llm().complete([{ role: "user", content: "x", toolCallId: "1", someThing: { toolCalls: 2 } }])'
    message = {"role": "user", "content": "x", "tool_call_id": "1", "someThing": {"toolCalls": 2}}
    assert cast(source).calls[0].args["prompt"] == [message]


def test_results_come_with_camel_case_names(cast: Cast) -> None:
    answer = {"text": "x", "finish_reason": "stop", "usage": {"input_tokens": 1, "other_field": {"finish_reason": 2}}}
    value = cast("export default await llm().complete('x')", {"llm.complete": answer}).value
    assert value == {
        "text": "x",
        "finishReason": "stop",
        "usage": {"inputTokens": 1, "other_field": {"finish_reason": 2}},
    }


def test_methods_have_camel_case_names(cast: Cast) -> None:
    run = cast("export default await llm('m').countTokens('x')", {"llm.count_tokens": 3})
    assert run.value == 3


def test_methods_work_without_their_object(cast: Cast) -> None:
    assert cast("const { info } = llm('m'); await info()").calls == [Call(1, "llm.info", {"self": {"model": "m"}})]


def test_a_bridge_object_cannot_be_changed(cast: Cast) -> None:
    assert "TypeError" in cast("llm('m').complete = 1").error["message"]
    assert cast("export default [Object.keys(llm('m')), `${llm('m')}`]").value == [[], "[object Object]"]


@pytest.mark.parametrize(
    ("made", "name"),
    [("llm('m')", "llm"), ("stdin.lines()", "stream"), ("fs", "fs"), ("spell", "spell"), ("tools", "tools")],
)
def test_a_bridge_object_does_not_cross(cast: Cast, made: str, name: str) -> None:
    message = f"the value.x is a bridge object ({name})"
    assert cast(f"export default {{ x: {made} }}").error["message"] == message
    assert cast(f"print({made}, [{made}])").output == f"[{name}] [[{name}]]\n"


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("llm().complette('x')", "did you mean complete?"),
        ("spell.usge()", "did you mean usage?"),
        ("llm().qqqqqqqq", None),
    ],
)
def test_a_wrong_name_is_an_error_that_knows_better(cast: Cast, source: str, hint: str | None) -> None:
    error = cast(source).error
    assert (error["kind"], error.get("hint"), error["line"]) == ("type", hint, 1)
    assert "has no method or field" in error["message"]


def test_calls_of_one_slice_go_together(cast: Cast) -> None:
    run = cast("export default await Promise.all([sleep(1), sleep(2)])", {"sleep": lambda args: args["seconds"]})
    assert run.value == [1, 2]
    assert [call.id for call in run.calls] == [1, 2]


def test_an_error_of_the_runtime_points_at_the_call(cast: Cast) -> None:
    source = """
    async function ask() {
      return await llm().complete("x");
    }
    try { await ask() } catch (e) {
      print(e instanceof SpellError, e instanceof Error, e.name, e.kind, e.message, e.hint, e.retryable,
        e.provider, e.status);
      print(e.file, e.line, e.column, e.stack);
    }
    await ask();
    """
    run = cast(source, {"llm.complete": failing})
    assert run.output.splitlines() == [
        "true true SpellError network the server is down start it true acme 503",
        "spell.js 3 26     at ask (spell.js:3:26)",
        "    at spell.js:5:17",
    ]
    assert run.error == {
        "kind": "network", "message": "the server is down", "hint": "start it", "retryable": True, "provider": "acme",
        "status": 503, "file": "spell.js", "line": 3, "column": 26,
        "stack": ["spell.js:3: in function ask", "spell.js:10"],
    }  # fmt: skip  # fields in rows


def test_an_error_keeps_the_place_that_it_came_with(cast: Cast) -> None:
    run = cast("await sleep(1)", {"sleep": PENDING})
    place = {"file": "other.js", "line": 7, "stack": ["other.js:7"]}
    run.feed(Reject(1, {"kind": "tool", "message": "m"} | place))
    assert run.error == {"kind": "tool", "message": "m"} | place


def test_answers_that_nobody_waits_for_are_ignored(cast: Cast) -> None:
    run = cast("export default [await sleep(1), await sleep(2)]", {"sleep": PENDING})
    run.feed(Resolve(99, "forged"), Reject(98, {"kind": "tool", "message": "x"}), Resolve(1, "a"), Resolve(1, "again"))
    run.feed(Resolve(1, "again"), Resolve(2, "b"))
    assert run.value == ["a", "b"]


def test_tools_are_called_by_any_name(cast: Cast) -> None:
    run = cast(
        'await tools.find({ q: 1 }); await tools["a-b"](); export default [typeof tools.then, await tools === tools]'
    )
    assert run.calls == [
        Call(1, "tools.call", {"name": "find", "arguments": {"q": 1}}),
        Call(2, "tools.call", {"name": "a-b", "arguments": {}}),
    ]
    assert run.value == ["undefined", True]


def test_a_signal_withdraws_a_call(cast: Cast) -> None:
    source = """
    const stop = new AbortController();
    const call = llm().complete("x", { signal: stop.signal, temperature: 0 });
    await sleep(1);
    stop.abort("enough");
    try { await call } catch (e) { print(e) }
    try { await llm().complete("y", { signal: stop.signal }) } catch (e) { print("again", e) }
    """
    run = cast(source, {"llm.complete": PENDING})
    assert run.calls[0].args["options"] == {"temperature": 0}
    assert run.cancelled == [1]
    assert run.output == "enough\nagain enough\n"


def test_functions_cross_as_numbers_and_are_called(cast: Cast) -> None:
    source = """
    const run = async ({ n }) => { if (n < 0) throw new TypeError("negative");
      return (await tools.twice({ n })).value };
    export default await tools.use({ run, again: run, other: () => undefined });
    """
    run = cast(source, {"tools.call": lambda args: {"value": 2} if args["name"] == "twice" else PENDING})
    given = run.calls[0].args["arguments"]
    assert given["run"] == given["again"] != given["other"]
    number = given["run"]["$function"]
    run.go_on(run.feed(Invoke(1, number, [{"n": 1}]), Invoke(2, given["other"]["$function"], [])))
    run.go_on(run.feed(Invoke(3, number, [{"n": -1}]), Invoke(4, 77, [])))
    answers = [m for m in run.messages if isinstance(m, (Return, Raise))]
    assert answers[:2] == [Return(2, None), Return(1, 2)]
    raised = {m.id: m.error for m in answers[2:] if isinstance(m, Raise)}
    assert raised[3]["message"] == "TypeError: negative"
    assert raised[3]["line"] == 2
    assert raised[4]["kind"] == "not_found"
    run.feed(Resolve(1, "end"))
    assert run.value == "end"


def test_what_a_function_gives_must_cross_too(cast: Cast) -> None:
    run = cast("await tools.use({ run: () => 0 / 0, sync() { throw { code: 5 } } })", {"tools.call": PENDING})
    given = run.calls[0].args["arguments"]
    said = run.feed(Invoke(1, given["run"]["$function"], []), Invoke(2, given["sync"]["$function"], []))
    errors = {m.id: m.error for m in said if isinstance(m, Raise)}
    assert errors[1]["message"] == "the value is not a finite number"
    assert errors[2]["data"] == {"code": 5}


def test_an_abort_ends_the_run_where_it_waits(cast: Cast) -> None:
    run = cast("print(1);\ntry {\n await sleep(1) } finally { print(2) }", {"sleep": PENDING})
    said = run.feed(Abort({"kind": "limit", "message": "time limit of 1 s exceeded"}), Resolve(1, None))
    assert isinstance(said[0], Failed)
    assert said[0].error | {"stack": []} == {
        "kind": "limit", "message": "time limit of 1 s exceeded", "file": "spell.js",
        "line": 3, "column": 8, "stack": [],
    }  # fmt: skip  # fields in rows
    assert len(said) == 1
    assert run.feed(Resolve(1, None)) == []


def test_open_calls_are_left_to_the_runtime_when_the_spell_ends(cast: Cast) -> None:
    run = cast("sleep(1); export default 1")
    assert run.value == 1
    assert not [m for m in run.messages if isinstance(m, Cancel)]


def test_big_answers_and_big_outboxes_cross(cast: Cast) -> None:
    source = """
    const text = (await tools.big()).text;
    for (let i = 0; i < 3000; i++) print(text.slice(0, 100));
    export default text.length + (await tools.echo({ text })).n;
    """
    run = cast(source, {"tools.call": lambda a: {"text": "é" * 100_000, "n": len(a["arguments"].get("text", ""))}})
    assert run.value == 200_000
    assert len(run.output) == 3000 * 101


def test_no_tool_is_called_what_the_language_asks_every_object_for(cast: Cast) -> None:
    names = "[...Object.getOwnPropertyNames(Object.prototype), 'then', 'toJSON']"
    run = cast(f"export default {names}.filter((name) => tools[name] === Object.prototype[name])")
    assert {"constructor", "hasOwnProperty", "then", "toJSON"} <= set(run.value)
    assert set(run.value) <= RESERVED
