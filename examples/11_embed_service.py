"""A service that runs many spells at once on one host: its workers stay warm and its connections open.

Spells come from the users of the service, so each runs in a process of its own, with limits, and sees only the tools
that it is offered. Orders stand for the service's own data.

    python examples/11_embed_service.py
"""

import asyncio

import llmspell

ORDERS = {"A-1": {"item": "lamp", "paid": True}, "A-2": {"item": "chair", "paid": False}}

SPELL = llmspell.Spell(
    name="triage.lua",
    language="lua",
    source="""
        local order = tools.look_up_order { number = params.order }
        local prompt = "Write one polite line about the order: " .. json.encode(order)
        local reply = llm():complete(prompt, { max_tokens = 40 })
        print("answered", params.order)
        return { paid = order.paid, text = reply.text }
    """,
)


async def look_up_order(number: str) -> dict[str, object]:
    """Find an order.

    Args:
        number: as printed on the invoice
    """
    if number not in ORDERS:
        raise LookupError(f"no order {number}")
    return ORDERS[number]


async def answer(host: llmspell.Host, order: str) -> str:
    """One request to the service."""
    limits = llmspell.Limits(timeout=120, cpu=1, max_calls=10)
    result = await host.run(SPELL, params={"order": order}, limits=limits, check=False)
    if result.error is not None:
        return f"{order}: {result.error.kind}: {result.error.message}"
    return f"{order}: {'paid' if result.value['paid'] else 'open'}: {result.value['text']}"


async def main() -> None:
    async with llmspell.Host(llmspell.load_config(), tools=[look_up_order]) as host:
        for line in await asyncio.gather(*(answer(host, order) for order in ("A-1", "A-2", "A-3"))):
            print(line)


if __name__ == "__main__":
    asyncio.run(main())
