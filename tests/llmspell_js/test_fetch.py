"""`fetch` in JavaScript, as browsers have it, over `http.fetch`."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from llmspell import Config, Host, Result, Spell
from llmspell.permissions import NetRule, Permissions

URL = "http://api.test/x"


async def cast(
    source: str, *answers: httpx2.Response, isolation: str = "inline"
) -> tuple[Result, list[httpx2.Request]]:
    """What a spell comes to that may reach `api.test`, and what it sent."""
    requests: list[httpx2.Request] = []
    left = list(answers) or [httpx2.Response(200, text="hi")]

    def answer(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return left.pop(0)

    permissions = Permissions(net=(NetRule("api.test"),))
    async with Host(Config(), http_transport=httpx2.MockTransport(answer), permissions=permissions) as host:
        spell = Spell(source=source, language="js", name="spell.js")
        return await host.run(spell, isolation=isolation, check=False), requests


def value(source: str, *answers: httpx2.Response, isolation: str = "inline") -> Any:
    import asyncio

    result, _ = asyncio.run(cast(source, *answers, isolation=isolation))
    assert result.error is None, result.error.to_data()
    return result.value


def sent(source: str) -> httpx2.Request:
    import asyncio

    result, [request] = asyncio.run(cast(source))
    assert result.error is None, result.error.to_data()
    return request


@pytest.mark.parametrize("isolation", ["inline", "process"])
def test_an_answer_has_what_browsers_give(isolation: str) -> None:
    source = f"""
    const r = await fetch(new URL("{URL}?a=1"));
    export default [r.status, r.ok, r.url, r.redirected, r.headers.get("X-A"), r.headers.has("x-b"), r.bodyUsed,
      await r.json(), r.bodyUsed, [...r.headers.keys()].includes("x-a")];
    """
    answer = httpx2.Response(201, json={"n": [1]}, headers={"x-a": "1"})
    assert value(source, answer, isolation=isolation) == [
        201, True, f"{URL}?a=1", False, "1", False, False, {"n": [1]}, True, True,
    ]  # fmt: skip


def test_a_body_is_read_once_and_as_what_it_is() -> None:
    source = f"""
    const text = await fetch("{URL}"), blob = await fetch("{URL}"), none = await fetch("{URL}");
    const told = [await text.text()];
    for (const read of [() => text.text(), () => blob.text(), () => none.blob(), () => none.json()])
      told.push(await read().catch((error) => error.name));
    export default [...told, (await blob.blob()).size, none.ok];
    """
    answers = [
        httpx2.Response(200, text="hi"),
        httpx2.Response(200, content=b"\0\1", headers={"content-type": "image/png"}),
        httpx2.Response(500, text="no JSON"),
    ]
    assert value(source, *answers) == ["hi", "TypeError", "TypeError", "TypeError", "SyntaxError", 2, False]


def test_integers_are_rounded_as_in_browsers() -> None:
    source = f"""
    const [json, text] = [await fetch("{URL}"), await fetch("{URL}")];
    const refused = await http.get("{URL}").catch((error) => error.kind);
    export default [(await json.json()).id % 1000, await text.text(), refused];
    """
    body = '{"id": 1152921504606846977}'
    answers = [httpx2.Response(200, text=body, headers={"content-type": "application/json"}) for _ in range(3)]
    assert value(source, *answers) == [2**60 % 1000, body, "value"]


def test_what_is_sent() -> None:
    request = sent(
        f"""const headers = {{"Content-Type": "application/json"}};
        await fetch("{URL}", {{method: "PUT", body: JSON.stringify([1]), headers}}); export default 1"""
    )
    assert (request.method, request.headers["content-type"], json.loads(request.content)) == (
        "PUT", "application/json", [1],
    )  # fmt: skip
    request = sent(
        f"""await fetch("{URL}", {{method: "post", body: new URLSearchParams({{a: "ä b"}}), headers: [["x-a", "1"]]}});
        export default 1"""
    )
    assert (request.method, request.content, request.headers["x-a"]) == ("POST", b"a=%C3%A4+b", "1")
    assert request.headers["content-type"].startswith("application/x-www-form-urlencoded")
    request = sent(f"""await fetch("{URL}", {{headers: new Headers({{"X-A": 1, "x-b": "2"}})}}); export default 1""")
    assert (request.method, request.headers["x-a"], request.headers["x-b"]) == ("GET", "1", "2")


def test_headers_by_themselves() -> None:
    source = """
    const headers = new Headers([["A", "1"], ["a", "2"]]);
    headers.set("B", 3); headers.append("c", "4"); headers.delete("C");
    const seen = []; headers.forEach((value, name) => seen.push(name + value));
    export default [headers.get("a"), headers.get("c"), [...headers], [...headers.values()], seen, headers];
    """
    assert value(source) == [
        "1, 2", None, [["a", "1, 2"], ["b", "3"]], ["1, 2", "3"], ["a1, 2", "b3"], {"a": "1, 2", "b": "3"},
    ]  # fmt: skip


def test_it_is_denied_and_aborted_as_all_calls_are() -> None:
    source = f"""
    const denied = await fetch("http://other.test/").catch((error) => error.kind);
    const controller = new AbortController(); controller.abort();
    const aborted = await fetch("{URL}", {{signal: controller.signal}}).catch((error) => error.name);
    const wrong = await fetch("{URL}", {{body: new Uint8Array(1), method: "POST"}}).catch((error) => error.name);
    export default [denied, aborted, wrong, typeof Headers, fetch.name];
    """
    assert value(source) == ["permission", "AbortError", "TypeError", "function", "fetch"]
