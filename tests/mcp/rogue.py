"""A server by hand that misbehaves in the way that its first argument names, and speaks properly otherwise."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

HOW = sys.argv[1]
MARK = sys.argv[2] if len(sys.argv) > 2 else ""
TOOL = {"name": "act", "inputSchema": {"type": "object"}}


def send(message: Any) -> None:
    sys.stdout.write((message if isinstance(message, str) else json.dumps({"jsonrpc": "2.0", **message})) + "\n")
    sys.stdout.flush()


def listed(cursor: str | None) -> dict[str, Any]:
    at = int(cursor or 0)
    if HOW == "pages":
        page = {"tools": [TOOL | {"name": f"tool{at}"}]}
        return page | ({"nextCursor": str(at + 1)} if at < 4 else {})
    if HOW == "endless-pages":
        return {"tools": [TOOL | {"name": f"tool{at}"}], "nextCursor": str(at + 1)}
    if HOW == "circle":
        return {"tools": [TOOL], "nextCursor": "7"}
    if HOW == "alike":
        return {"tools": [TOOL | {"name": name} for name in ("a.b", "a-b", "a b", "end", "1st", "x" * 90, "x" * 91)]}
    if HOW == "lies-about-tools":
        return {"tools": [{"name": 7}]}
    if HOW == "bad-schema":
        return {"tools": [TOOL | {"inputSchema": {"type": "object", "properties": {"a": {"type": "nonsense"}}}}]}
    if HOW == "changes":
        return {"tools": [TOOL, *([TOOL | {"name": "more"}] if acted else [])]}
    return {"tools": [TOOL]}


def act(id_: Any) -> None:
    """Answer a call, unless what is done first does that, or ends everything."""
    first = BEFORE.get(HOW)
    if first is None or first(id_) is not ANSWERED:
        send({"id": id_, "result": {"content": [{"type": "text", "text": "done"}]}})


ANSWERED = object()


def silent(_: Any) -> object:
    return ANSWERED


def sleeps(_: Any) -> None:
    time.sleep(60)


def long_line(_: Any) -> None:
    while True:
        sys.stdout.write("x" * 1_000_000)


def flood(_: Any) -> None:
    while True:
        send({"method": "notifications/message", "params": {"level": "info", "data": "again"}})


def noise(_: Any) -> None:
    while True:
        send("not a message at all")


def babble(_: Any) -> None:
    send("Server is listening!")
    send({"id": 99999, "result": {}})
    send({"method": "notifications/unheard-of"})


def no_result(id_: Any) -> object:
    send({"id": id_, "result": {"content": "text"}})
    return ANSWERED


def bad_base64(id_: Any) -> object:
    send({"id": id_, "result": {"content": [{"type": "image", "data": "!", "mimeType": "image/png"}]}})
    return ANSWERED


def asks(_: Any) -> None:
    send({"id": "q", "method": "sampling/createMessage", "params": {"messages": [], "maxTokens": 10}})


def changes(_: Any) -> None:
    acted.append(True)
    send({"method": "notifications/tools/list_changed"})


def dies_once(_: Any) -> None:
    if _first_time():
        sys.stderr.write("out of cheese\n")
        sys.exit(4)


BEFORE = {
    function.__name__.replace("_", "-"): function
    for function in (silent, sleeps, long_line, flood, noise, babble, no_result, bad_base64, asks, changes, dies_once)
}


def _first_time() -> bool:
    try:
        open(MARK, "x").close()
    except FileExistsError:
        return False
    return True


acted: list[bool] = []
if HOW == "never-speaks":
    time.sleep(60)
if HOW == "dies-at-once":
    sys.exit("no licence")
for line in sys.stdin:
    told = json.loads(line)
    method, id_ = told.get("method"), told.get("id")
    if method == "initialize":
        info = {"name": "rogue", "version": "1"}
        can = {"tools": {"listChanged": True}}
        if HOW == "lies-about-itself":
            can = {"tools": 5}  # type: ignore[dict-item]  # that is the lie
        result = {"protocolVersion": "2025-06-18", "capabilities": can, "serverInfo": info}
        send({"id": id_, "result": result})
    elif method == "tools/list":
        send({"id": id_, "result": listed((told.get("params") or {}).get("cursor"))})
    elif method == "tools/call":
        act(id_)
    elif method is not None and id_ is not None:
        send({"id": id_, "error": {"code": -32601, "message": "unheard of"}})
