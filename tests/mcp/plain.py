"""A small server of notes, by hand: it starts at once, since it loads no SDK."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
QUERY = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
NONE = {"type": "object", "properties": {}}
TOOLS = [
    {"name": "search", "description": "Search the notes.", "inputSchema": QUERY},
    {"name": "count", "description": "How many notes there are.", "inputSchema": NONE},
    {"name": "draw", "description": "Draw a dot.", "inputSchema": NONE},
    {"name": "forget-all", "description": "Fail.", "inputSchema": NONE},
    {"name": "die", "description": "End the server.", "inputSchema": NONE},
    {"name": "variables", "description": "The variables of the server.", "inputSchema": NONE},
]


def text(said: str, **more: Any) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": said}], **more}


def call(name: str, args: dict[str, Any]) -> dict[str, Any]:
    if name == "search":
        return text(f"found {args['query']}")
    if name == "count":
        return text('{"notes": 2}', structuredContent={"notes": 2})
    if name == "draw":
        return {"content": [{"type": "text", "text": "a dot"}, {"type": "image", "data": DOT, "mimeType": "image/png"}]}
    if name == "variables":
        return text(",".join(sorted(os.environ)))
    if name == "die":
        sys.stderr.write("farewell\n")
        sys.exit(5)
    return text("that is not possible", isError=True)


def answer(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    if method == "initialize":
        can: dict[str, Any] = {"tools": {}, "resources": {}, "prompts": {}}
        info = {"name": "notes", "version": "1.2"}
        return {"protocolVersion": "2025-06-18", "capabilities": can, "serverInfo": info, "instructions": "Be brief."}
    if method == "tools/list":
        return {"tools": TOOLS}
    if method == "tools/call":
        return call(params["name"], params.get("arguments") or {})
    if method == "resources/list":
        note = {"uri": "note://today", "name": "today", "description": "The note of today", "mimeType": "text/plain"}
        return {"resources": [note]}
    if method == "resources/templates/list":
        return {"resourceTemplates": [{"uriTemplate": "note://{day}", "name": "note"}]}
    if method == "resources/read":
        return {"contents": [{"uri": params["uri"], "mimeType": "text/plain", "text": f"tea with {params['uri']}"}]}
    if method == "prompts/list":
        arguments = [{"name": "topic", "description": "what it is about", "required": True}]
        return {"prompts": [{"name": "summary", "description": "Ask for a summary", "arguments": arguments}]}
    if method == "prompts/get":
        said = f"Sum up all about {params['arguments']['topic']}."
        return {"messages": [{"role": "user", "content": {"type": "text", "text": said}}]}
    return None


if __name__ == "__main__":
    for line in sys.stdin:
        asked = json.loads(line)
        if asked.get("id") is None or "method" not in asked:
            continue
        found = answer(asked["method"], asked.get("params") or {})
        told = {"error": {"code": -32601, "message": "unheard of"}} if found is None else {"result": found}
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": asked["id"], **told}) + "\n")
        sys.stdout.flush()
