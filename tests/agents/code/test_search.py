"""Finding tools among many."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import code_mode
from benchmarks.office import TOOLS, office
from llmspell import Host
from llmspell.agents import Agent, Conversation, SchemaTool, Tool
from llmspell.agents.code import Code, search_tool
from llmspell.agents.code.search import ranked
from llmspell.agents.context import ToolContext
from llmspell.errors import InvalidValueError
from llmspell.testing import ScriptedProvider
from tests.agents.code.test_sessions import told
from tests.agents.models import calls


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("weather forecast", "weather_forecast"),
        ("how warm will it be", "weather_forecast"),
        ("send an email to somebody", "email_send"),
        ("searching emails", "email_search"),
        ("invoices that nobody paid", "invoice_list"),
        ("convertCurrency", "currency_convert"),
        ("currancy", "currency_convert"),
        ("book a room", "room_book"),
        ("what is on my calendar", "calendar_list"),
        ("translate a text", "text_translate"),
    ],
)
def test_the_best_comes_first(query: str, best: str) -> None:
    assert ranked(office(), query)[0].name == best


def test_what_fits_nothing_finds_nothing() -> None:
    assert ranked(office(), "zzzz qqqq") == []
    assert ranked([], "weather") == []
    assert ranked(office(), "") == []


def test_at_most_so_many() -> None:
    assert len(ranked(office(), "list", limit=3)) == 3


@given(st.text(max_size=200))
def test_any_query_is_answered(query: str) -> None:
    assert len(ranked(office(), query)) <= 5


def test_the_order_of_tools_does_not_matter() -> None:
    forth, back = office(), office()[::-1]
    for query in ("list", "send", "contact name"):
        assert [tool.name for tool in ranked(forth, query)] == [tool.name for tool in ranked(back, query)]


def test_a_search_tool_for_models_that_call_one_by_one() -> None:
    found = asyncio.run(search_tool(office()).call({"query": "weather", "limit": 1}, ToolContext()))
    assert [each["name"] for each in found] == ["weather_forecast"]
    assert found[0]["parameters"]["required"] == ["city"]
    with pytest.raises(InvalidValueError, match="limit"):
        asyncio.run(search_tool(office()).call({"query": "weather", "limit": 0}, ToolContext()))


# In code mode


def run(language: str, *pieces: str, tools: Any, **options: Any) -> Any:
    async def go() -> Any:
        async with Host() as host:
            provider = ScriptedProvider([*(calls(("run_code", {"code": piece})) for piece in pieces), "done"])
            code = Code(language=language, runner=host.code_runner, **options)  # type: ignore[arg-type]
            return await Agent((provider, "t"), tools=tools, code=code).run("go"), provider

    return asyncio.run(go())


SEARCHES = {
    "js": "(await tools.search({ query: 'weather of a city', limit: 1 }))[0]",
    "lua": "return tools.search { query = 'weather of a city', limit = 1 }[1]",
}


@pytest.mark.parametrize("language", ["js", "lua"])
def test_many_tools_are_listed_and_searched(language: str) -> None:
    assert len(TOOLS) >= 30
    result, provider = run(language, SEARCHES[language], tools=office())
    [definition] = provider.requests[0].tools
    description = definition["description"]
    assert "tools.search" in description
    assert "- weather_forecast: " in description
    assert "Promise<any>" not in description
    assert "---@param" not in description
    assert "weather_forecast" in told(result)[0][1]
    assert "city" in told(result)[0][1]


@pytest.mark.parametrize("language", ["js", "lua"])
def test_a_task_over_thirty_tools_takes_one_call_of_the_model(language: str) -> None:
    assert len(code_mode.by_code(language, declare=len(TOOLS))) == 1
    assert len(code_mode.by_code(language, declare=0)) == 2
    assert len(code_mode.one_by_one()) == 6


def test_few_tools_are_declared_in_full() -> None:
    _, provider = run("js", tools=office()[:20])
    description = provider.requests[0].tools[0]["description"]
    assert description.count("Promise<any>") == 20
    assert "tools.search" not in description
    _, provider = run("js", tools=office()[:20], declare=19)
    assert "tools.search" in provider.requests[0].tools[0]["description"]


def test_a_tool_that_is_called_search_keeps_its_name() -> None:
    def search(query: str) -> str:
        """Search the web."""
        return f"web: {query}"

    extra = SchemaTool("search_tools", lambda _: "mine", description="Other.")
    code = "[await tools.search({ query: 'x' }), (await tools.search_tools_by_words({ query: 'web' }))[0].name]"
    result, _ = run("js", code, tools=[Tool(search), extra], declare=1)
    assert told(result) == [(False, '["web: x", "search"]')]


# Without code


def test_a_model_that_calls_one_by_one_is_told_of_what_it_searched_for() -> None:
    seen: list[str] = []
    provider = ScriptedProvider(
        [
            calls(("search_tools", {"query": "weather of a city", "limit": 1})),
            calls(("weather_forecast", {"city": "Paris"})),
            "Warm.",
            "Still.",
        ]
    )
    agent = Agent((provider, "t"), tools=office(seen), declare=20)

    async def go() -> Any:
        talk = Conversation(agent)
        first = await talk.run("Is it warm?")
        await talk.run("Sure?")
        return first

    result = asyncio.run(go())
    assert seen == ["weather_forecast"]
    assert json.loads(told(result)[0][1])[0]["name"] == "weather_forecast"
    names = [[tool["name"] for tool in request.tools] for request in provider.requests]
    assert names == [["search_tools"], *[["search_tools", "weather_forecast"]] * 3]
    assert "invoice_list" in provider.requests[0].tools[0]["description"]


def test_what_was_found_survives_a_pause() -> None:
    def provider(*replies: Any) -> ScriptedProvider:
        return ScriptedProvider(list(replies))

    def tools() -> list[Any]:
        return [*office(), SchemaTool("launch", lambda _: "up", description="Launch a rocket.", approval="ask")]

    first = provider(calls(("search_tools", {"query": "rocket"})), calls(("launch", {})))
    second = provider("Done.")

    async def go() -> Any:
        paused = await Agent((first, "t"), tools=tools(), declare=5).run("go")
        again = Agent((second, "t"), tools=tools(), declare=5)
        return await again.resume(json.loads(json.dumps(paused.state)), {"c0": True})

    assert asyncio.run(go()).text == "Done."
    assert "launch" in [tool["name"] for tool in second.requests[0].tools]


def test_few_tools_are_not_searched() -> None:
    made = ScriptedProvider(["ok"])
    asyncio.run(Agent((made, "t"), tools=office()[:3], declare=3).run("go"))
    assert len(made.requests[0].tools) == 3
