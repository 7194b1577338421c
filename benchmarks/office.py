"""A set of tools as large as people have them: those of an office, answered from tables."""

from __future__ import annotations

from typing import Any

from llmspell.agents import SchemaTool

TOOLS: dict[str, tuple[str, dict[str, Any]]] = {
    "weather_forecast": ("Weather forecast of a city: how warm it will be.", {"city": "string", "days": "integer?"}),
    "email_send": ("Send an email.", {"to": "string", "subject": "string", "body": "string"}),
    "email_search": ("Search emails by their text.", {"query": "string", "limit": "integer?"}),
    "email_read": ("Read one email.", {"id": "integer"}),
    "calendar_list": ("What is on the calendar of a day.", {"day": "string: YYYY-MM-DD"}),
    "calendar_add": ("Add an event to the calendar.", {"day": "string", "time": "string", "title": "string"}),
    "calendar_remove": ("Remove an event from the calendar.", {"id": "integer"}),
    "contact_find": ("Find a contact by name.", {"name": "string"}),
    "contact_add": ("Add a contact.", {"name": "string", "email": "string", "phone": "string?"}),
    "contact_list": ("All contacts, by company.", {"company": "string?"}),
    "invoice_list": ("Invoices, or those that are not paid.", {"unpaid": "boolean?", "customer": "string?"}),
    "invoice_get": ("One invoice with its items.", {"id": "integer"}),
    "invoice_create": ("Create an invoice.", {"customer": "string", "items": [{"name": "string", "price": "number"}]}),
    "invoice_remind": ("Remind a customer of an invoice.", {"id": "integer"}),
    "customer_get": ("A customer by number.", {"id": "integer"}),
    "customer_search": ("Search customers.", {"query": "string"}),
    "customer_note": ("Write a note about a customer.", {"id": "integer", "text": "string"}),
    "order_list": ("Orders of a customer.", {"customer": "integer", "state": ["open", "sent", "returned"]}),
    "order_get": ("One order.", {"id": "integer"}),
    "order_cancel": ("Cancel an order.", {"id": "integer", "reason": "string?"}),
    "stock_get": ("How many of an article are in stock.", {"article": "string"}),
    "stock_reserve": ("Reserve articles.", {"article": "string", "count": "integer"}),
    "price_get": ("The price of an article.", {"article": "string", "currency": "string?"}),
    "currency_convert": ("Convert money to another currency.", {"amount": "number", "from": "string", "to": "string"}),
    "shipping_quote": ("What shipping costs.", {"country": "string", "kilograms": "number"}),
    "shipping_track": ("Where a parcel is.", {"number": "string"}),
    "room_list": ("Meeting rooms that are free.", {"day": "string", "seats": "integer?"}),
    "room_book": ("Book a meeting room.", {"room": "string", "day": "string", "time": "string"}),
    "task_list": ("Open tasks of a person.", {"person": "string?"}),
    "task_add": ("Add a task.", {"title": "string", "person": "string", "due": "string?"}),
    "task_done": ("Mark a task as done.", {"id": "integer"}),
    "text_translate": ("Translate a text.", {"text": "string", "language": "string"}),
}
UNPAID = 12


def answer(name: str, args: dict[str, Any]) -> Any:
    """What a tool of the office gives."""
    if name == "invoice_list":
        return [
            {"id": 100 + at, "customer": at, "total": 50.5 * at, "due": f"2026-11-{at + 1:02}"} for at in range(UNPAID)
        ]
    if name == "customer_get":
        return {
            "id": args["id"],
            "name": f"Customer {args['id']}",
            "country": "FR" if args["id"] % 2 else "DE",
            "currency": "EUR" if args["id"] % 2 else "USD",
            "email": f"office@customer{args['id']}.example",
            "address": {"street": "Long Street 1", "city": "Town", "zip": "12345"},
        }
    if name == "currency_convert":
        return {"amount": args["amount"] * 2, "currency": args["to"]}
    return {"done": name}


def office(seen: list[str] | None = None) -> list[SchemaTool]:
    """The tools; `seen` is told of each call."""

    def made(name: str) -> SchemaTool:
        def run(args: dict[str, Any]) -> Any:
            if seen is not None:
                seen.append(name)
            return answer(name, args)

        return SchemaTool(name, run, description=TOOLS[name][0], parameters=TOOLS[name][1])

    return [made(name) for name in TOOLS]
