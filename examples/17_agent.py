"""An agent in a program: a model with tools, one of which somebody must agree to.

It prints what happens, asks on the terminal before it writes to a customer, and gives its answer as data.

    python examples/17_agent.py "Has A-2 been paid? If not, remind the customer."
"""

import asyncio
import sys
from typing import Literal

from pydantic import BaseModel

import llmspell
from llmspell.agents import AgentLimits, Tool, ToolContext

ORDERS = {"A-1": {"item": "lamp", "paid": True}, "A-2": {"item": "chair", "paid": False}}


class Report(BaseModel):
    """What the agent's answer must be."""

    order: str
    paid: bool
    action: Literal["none", "reminded"]


async def look_up_order(number: str) -> dict[str, object]:
    """Find an order.

    Args:
        number: as printed on the invoice, such as A-1
    """
    if number not in ORDERS:
        raise LookupError(f"no order {number}; there are {', '.join(ORDERS)}")
    return ORDERS[number]


def send_reminder(number: str, text: str, context: ToolContext) -> str:
    """Write to the customer of an order."""
    context.values["outbox"].append((number, text))
    return "sent"


def approve(question: object) -> bool | str:
    """Ask on the terminal; without one, nothing is sent."""
    if not sys.stdin.isatty():
        return "there is nobody to ask"
    return input(f"{question}\nSend it? [y/n] ") == "y"


async def handle(host: llmspell.Host, prompt: str) -> None:
    """One request: show the steps, then what it came to."""
    outbox: list[tuple[str, str]] = []
    agent = host.agent(
        instructions="You look after orders. Look an order up before you say anything about it.",
        tools=[look_up_order, Tool(send_reminder, approval="ask")],
        output=Report,
        limits=AgentLimits(max_turns=8, max_tokens=20_000),
        options={"max_tokens": 500},
    )
    async with agent.stream(prompt, context={"outbox": outbox}, approve=approve) as events:
        async for event in events:
            if event.kind == "tool_call":
                print(f"{event.name}({event.arguments})")
    result = events.result
    last = result.data or result.text or result.detail
    print(f"{result.reason}: {last}")
    used = f"{result.usage.input_tokens} + {result.usage.output_tokens} tokens"
    print(f"{result.turns} turns, {used}, {len(outbox)} sent")


async def main(prompt: str) -> None:
    async with llmspell.Host(llmspell.load_config()) as host:
        await handle(host, prompt)


if __name__ == "__main__":
    asyncio.run(main(" ".join(sys.argv[1:]) or "Has A-2 been paid?"))
