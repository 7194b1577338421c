"""The web APIs: timers, aborting, text coding, cloning."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell.border import Call, Done, SpellSource
from llmspell_js import bridge
from tests.bridges.driver import PENDING
from tests.llmspell_js.conftest import Cast


def test_timers_are_sleep_calls(cast: Cast) -> None:
    source = """
    setTimeout((a, b) => print(a, b), 1500, "x", 2);
    clearTimeout(setTimeout(() => print("never"), 10)); clearTimeout(99); clearTimeout();
    await sleep(3);
    """
    run = cast(source)
    assert run.output == "x 2\n"
    assert [call.args["seconds"] for call in run.calls] == [1.5, 0.01, 3]
    assert run.cancelled == [2]


def test_intervals_go_on_until_they_are_cleared(cast: Cast) -> None:
    source = """
    let n = 0;
    const timer = setInterval(() => { if (++n === 3) clearInterval(timer) }, 1);
    while (n < 3) await sleep(1);
    await sleep(1); await sleep(1);
    export default n;
    """
    assert cast(source).value == 3


def test_microtasks_run_in_order(cast: Cast) -> None:
    source = "queueMicrotask(() => print(2)); Promise.resolve().then(() => print(3)); print(1); await sleep(1)"
    assert cast(source).output == "1\n2\n3\n"


@pytest.mark.parametrize("wrong", ["setTimeout('code', 1)", "setInterval()", "queueMicrotask(5)"])
def test_timers_take_functions(cast: Cast, wrong: str) -> None:
    assert cast(wrong).error["message"].startswith("TypeError")


def test_abort_signals(cast: Cast) -> None:
    source = """
    const c = new AbortController(), { signal } = c;
    const seen = [];
    signal.onabort = (event) => seen.push(event.type, event.target === signal);
    signal.addEventListener("abort", () => seen.push("once"), { once: true });
    const gone = () => seen.push("never"); signal.addEventListener("abort", gone);
      signal.removeEventListener("abort", gone);
    signal.addEventListener("abort", { handleEvent: () => seen.push("object") });
    const any = AbortSignal.any([new AbortController().signal, signal]);
    seen.push(signal.aborted, any.aborted);
    c.abort(); c.abort("again");
    seen.push(signal.aborted, any.aborted, signal.reason.name, any.reason === signal.reason,
      AbortSignal.abort(5).reason);
    try { signal.throwIfAborted() } catch (e) { seen.push(e instanceof DOMException) }
    try { new AbortSignal() } catch (e) { seen.push(e.name) }
    export default seen;
    """
    assert cast(source).value == [
        False, False, "abort", True, "once", "object", True, True, "AbortError", True, 5, True, "TypeError",
    ]  # fmt: skip  # one row


def test_abort_signal_timeout(cast: Cast) -> None:
    source = """
    const signal = AbortSignal.timeout(20);
    try { await llm().complete("x", { signal }) } catch (e) { print(e.name) }
    """
    run = cast(source, {"llm.complete": PENDING})
    assert run.output == "TimeoutError\n"
    assert run.cancelled == [2]
    assert run.calls[0] == Call(1, "sleep", {"seconds": 0.02})


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 40))
def test_text_decoder_decodes_like_python(data: bytes, cut: int) -> None:
    source = """
    const bytes = new Uint8Array(params.bytes);
    const stream = new TextDecoder("utf-8", { ignoreBOM: true });
    const split = stream.decode(bytes.subarray(0, params.cut),
      { stream: true }) + stream.decode(bytes.subarray(params.cut));
    export default [new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), split];
    """
    interpreter = bridge.interpreter("js")
    last = interpreter.start(SpellSource("a.js", source, {"bytes": list(data), "cut": cut}))[-1]
    interpreter.close()
    text = data.decode("utf-8", errors="replace")
    assert last == Done([text, text])


def test_text_encoder_encodes_like_python(cast: Cast) -> None:
    text = "a\x7f\x80é\u07ff\u0800€\uffff\U00010000😀\U0010ffff"
    source = """const e = new TextEncoder();
    export default [[...e.encode(params)], e.encode("\\ud800").length, e.encoding]"""
    assert cast(source, params=text).value == [list(text.encode()), 3, "utf-8"]


def test_text_decoder_options(cast: Cast) -> None:
    source = """
    const bytes = new Uint8Array([0xef, 0xbb, 0xbf, 0x61]);
    const results = [new TextDecoder().decode(bytes), new TextDecoder("utf8",
      { ignoreBOM: true }).decode(bytes.buffer).length];
    for (const wrong of [() => new TextDecoder("latin1"), () => new TextDecoder("utf-8",
      { fatal: true }).decode(new Uint8Array([255])), () => new TextDecoder().decode("x")])
      try { wrong() } catch (e) { results.push(e.name) }
    export default results;
    """
    assert cast(source).value == ["a", 2, "RangeError", "TypeError", "TypeError"]


def test_encode_into(cast: Cast) -> None:
    source = "const t = new Uint8Array(4); export default [new TextEncoder().encodeInto('a€é', t), [...t]]"
    assert cast(source).value == [{"read": 2, "written": 4}, [0x61, 0xE2, 0x82, 0xAC]]


def test_base64(cast: Cast) -> None:
    assert cast("export default [btoa('hi'), atob('aGk=')]").value == ["aGk=", "hi"]


def test_structured_clone(cast: Cast) -> None:
    source = """
    const date = new Date(5), shared = { n: 1 }, error = new RangeError("bad", { cause: shared });
    const original = { date, map: new Map([[shared, new Set([1])]]), list: [1, , shared],
      bytes: new Uint8Array([1, 2]).subarray(1),
      pattern: /a/gi, error, nothing: undefined, big: 5n, boxed: Object(5), view: new DataView(new ArrayBuffer(2)) };
    original.self = original;
    const copy = structuredClone(original);
    const key = [...copy.map.keys()][0];
    export default [copy !== original, copy.self === copy, copy.date.getTime(), key === copy.list[2],
      key !== shared, copy.map.get(key).has(1),
      copy.list.length, 1 in copy.list, copy.bytes[0], `${copy.pattern}`, copy.error instanceof RangeError,
        copy.error.cause === key,
      "nothing" in copy, copy.big === 5n, copy.boxed + 1, copy.view.byteLength, structuredClone("x")];
    """
    assert cast(source).value == [
        True, True, 5, True, True, True, 3, False, 2, "/a/gi", True, True, True, True, 6, 2, "x",
    ]  # fmt: skip  # one row


@pytest.mark.parametrize("value", ["() => 1", "Symbol('s')", "new WeakMap()", "{ a: Promise.resolve() }"])
def test_what_cannot_be_cloned(cast: Cast, value: str) -> None:
    assert "DataCloneError" in cast(f"structuredClone({value})").error["message"]
