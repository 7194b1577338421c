"""When two requests mean the same. Each rule is a function with its reason; bodies are equal after all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeAlias

Body: TypeAlias = dict[str, Any]
Rule: TypeAlias = Callable[[Body], Body]


def difference(
    wire: str, recorded: Body, ours: Body, rules: Sequence[Rule] = (), *, may_add: Collection[str] = ()
) -> str:
    """The first place where two requests differ in meaning; empty where they do not.

    `rules` come after those of the format; ours may have the keys `may_add` where the recorded one has not.
    """
    first, second = recorded, ours
    for rule in (*_ALL, *_RULES.get(wire, ()), *rules):
        first, second = rule(first), rule(second)
    return _first_difference(first, second, "", may_add)


def _first_difference(first: Any, second: Any, place: str, may_add: Collection[str]) -> str:
    if isinstance(first, dict) and isinstance(second, dict):
        keys = first.keys() | {key for key in second if key not in may_add}
        pairs = [(f".{key}", first.get(key, "absent"), second.get(key, "absent")) for key in sorted(keys)]
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        pairs = [(f"[{number}]", *pair) for number, pair in enumerate(zip(first, second, strict=True))]
    else:
        return "" if first == second else f"{place}: recorded {first!r:.300}, ours {second!r:.300}"
    found = (_first_difference(one, other, place + inner, may_add) for inner, one, other in pairs)
    return next((difference for difference in found if difference), "")


def walk(value: Any, change: Callable[[Body], Any]) -> Any:
    """The value with every object in it changed, the inner ones first."""
    if isinstance(value, list):
        return [walk(item, change) for item in value]
    if isinstance(value, dict):
        return change({key: walk(inner, change) for key, inner in value.items()})
    return value


def null_is_absent(body: Body) -> Body:
    """All services take `null` for a field that was left out."""
    return walk(body, lambda table: {key: value for key, value in table.items() if value is not None})


def default_of_stream(body: Body) -> Body:
    """`stream: false` is the default; the usage that we ask for beside a stream changes no answer."""
    plain = {key: value for key, value in body.items() if key != "stream_options"}
    return plain if plain.get("stream") else {key: value for key, value in plain.items() if key != "stream"}


def nothing_is_absent(body: Body) -> Body:
    """Empty options, empty lists of tools and empty instructions are none."""
    return {key: value for key, value in body.items() if value not in ({}, [], "")}


_ALL = (null_is_absent, default_of_stream, nothing_is_absent)


def texts_are_one(body: Body) -> Body:
    """A message of texts alone says the same as one text, and nothing is the empty text."""

    def change(message: Body) -> Body:
        if "role" not in message:
            return message
        content = message.get("content") or ""
        if isinstance(content, list) and all(part.keys() == {"type", "text"} for part in content):
            content = "".join(part["text"] for part in content)
        return {**message, "content": content}

    return walk(body, change)


def arguments_are_json(body: Body) -> Body:
    """Arguments of calls are JSON in a text, however it is spaced; `null` is some models' word for none."""

    def change(table: Body) -> Body:
        if not isinstance(table.get("arguments"), str):
            return table
        return {**table, "arguments": json.loads(table["arguments"] or "{}") or {}}

    return walk(body, change)


def pictures_by_url(body: Body) -> Body:
    """A picture's URL may stand alone (Mistral); looking at it as closely as seems right is the default."""

    def change(part: Body) -> Body:
        image = part.get("image_url")
        if isinstance(image, str) and part.get("type") == "image_url":
            return {**part, "image_url": {"url": image}}
        if isinstance(image, dict) and image.get("detail") == "auto":
            return {**part, "image_url": {"url": image["url"]}}
        return part

    return walk(body, change)


def defaults_of_chat(body: Body) -> Body:
    """An answer is not the beginning of the next (`prefix`) and calls no tools, caches keep for five minutes, and
    the place of a call (`index`) is the one where it stands."""
    defaults = {"prefix": False, "ttl": "5m", "tool_calls": []}

    def change(table: Body) -> Body:
        if "function" in table:
            table = {key: value for key, value in table.items() if key != "index"}
        return {key: value for key, value in table.items() if key not in defaults or defaults[key] != value}

    return walk(body, change)


def names_of_results(body: Body) -> Body:
    """The name of a tool beside its result is left from `function` messages; ids tie results to calls."""
    messages = [
        {key: value for key, value in message.items() if key != "name" or message.get("role") != "tool"}
        for message in body["messages"]
    ]
    return {**body, "messages": messages}


def roles_of_instructions(body: Body) -> Body:
    """`developer` is the newer word for `system`; the services take either."""
    return walk(body, lambda item: {**item, "role": "system"} if item.get("role") == "developer" else item)


def length_by_either_name(body: Body) -> Body:
    """`max_completion_tokens` is the newer word for `max_tokens`; which one is sent, the catalog's row says."""
    newer = {"max_tokens": body["max_completion_tokens"]} if "max_completion_tokens" in body else {}
    return {key: value for key, value in body.items() if key != "max_completion_tokens"} | newer


def stop_is_a_list(body: Body) -> Body:
    """One word to stop at is a list of one."""
    return {**body, "stop": [body["stop"]]} if isinstance(body.get("stop"), str) else body


def any_is_required(body: Body) -> Body:
    """Mistral's word for `required`, which it takes too."""
    return {**body, "tool_choice": "required"} if body.get("tool_choice") == "any" else body


def schemas_are_closed(body: Body) -> Body:
    """The answer's schema goes out closed and strict, with every property required, where it can be.

    Answers to that one are answers to the recorded one too.
    """

    def change(table: Body) -> Body:
        if "properties" in table:
            table = {**table, "required": sorted(table["properties"])}
        return {key: value for key, value in table.items() if key != "additionalProperties" or value is not False}

    form = body.get("response_format") or (body.get("text") or {}).get("format") or {}
    if form.get("type") != "json_schema":
        return body
    inner = described_inside(form.get("json_schema", form))
    closed = {**inner, "schema": walk(inner["schema"], change), "strict": True}
    if "response_format" in body:
        return {**body, "response_format": {"type": "json_schema", "json_schema": closed}}
    return {**body, "text": {**body["text"], "format": closed}}


def described_inside(form: Body) -> Body:
    """What an answer is for may stand beside its schema or, as JSON Schema has it, inside."""
    if "description" not in form:
        return form
    schema = {"description": form["description"], **form["schema"]}
    return {**{key: value for key, value in form.items() if key != "description"}, "schema": schema}


def schemas_of_bedrock(body: Body) -> Body:
    """The schema of an answer is JSON in a text, however that is spaced."""

    def change(table: Body) -> Body:
        if not isinstance(table.get("schema"), str):
            return table
        return described_inside({**table, "schema": json.loads(table["schema"])})

    return walk(body, change)


def lax_tools(body: Body) -> Body:
    """`strict: false` is the default of tools."""
    return walk(body, lambda table: {k: v for k, v in table.items() if k != "strict" or v is not False})


def nothing_kept(body: Body) -> Body:
    """Whether the service keeps a copy (`store`), and whether it adds its reasoning in encrypted form, changes no
    answer: we always say no to the one and yes to the other, since the whole conversation is sent each time."""
    made = {key: value for key, value in body.items() if key != "store"}
    include = [name for name in made.pop("include", []) if name != "reasoning.encrypted_content"]
    return {**made, **({"include": include} if include else {})}


def instructions_first(body: Body) -> Body:
    """`instructions` stand before all messages: what the system says there is the same."""
    items = body["input"]
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    said = [body["instructions"]] if body.get("instructions") else []
    while items and items[0].get("role") == "system":
        said.append(_text_of(items[0]["content"]))
        items = items[1:]
    rest = {key: value for key, value in body.items() if key not in ("instructions", "input")}
    return {**rest, "input": items, **({"instructions": "\n\n".join(said)} if said else {})}


def _text_of(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def items_in_short(body: Body) -> Body:
    """Items of Responses leave out what is the default: the type of messages, empty annotations, `detail: auto`,
    the state of a result; and one text may stand for its part."""

    def change(item: Body) -> Body:
        defaults = {"annotations": [], "detail": "auto", "logprobs": []}
        item = {key: value for key, value in item.items() if defaults.get(key, "none") != value}
        if "role" in item:
            item = {key: value for key, value in item.items() if (key, value) != ("type", "message")}
            kinds = ({"type", "text"},)
            if isinstance(item["content"], list) and all(part.keys() in kinds for part in item["content"]):
                item["content"] = _text_of(item["content"])
        if item.get("type") == "function_call_output":
            item = {key: value for key, value in item.items() if key != "status"}
            if isinstance(item["output"], list) and all(part["type"] == "input_text" for part in item["output"]):
                item["output"] = _text_of(item["output"])
        return item

    return {**body, "input": [walk(item, change) for item in body["input"]]}


def words_are_blocks(body: Body) -> Body:
    """Anthropic takes a text for a list of one block of text, in messages, the system's and results."""

    def change(table: Body) -> Body:
        for key in ("content", "system"):
            if isinstance(table.get(key), str):
                table = {**table, key: [{"type": "text", "text": table[key]}]}
        return table

    return walk(body, change)


def turns_alternate(body: Body) -> Body:
    """Anthropic and Bedrock join the turns of one role that follow each other."""
    turns: list[Body] = []
    for turn in body["messages"]:
        if turns and turns[-1]["role"] == turn["role"]:
            turns[-1] = {**turn, "content": turns[-1]["content"] + turn["content"]}
        else:
            turns.append(turn)
    return {**body, "messages": turns}


def defaults_of_anthropic(body: Body) -> Body:
    """What is worked on well, is kept for five minutes, and is called directly, need not say so."""
    defaults = {"is_error": False, "ttl": "5m", "caller": {"type": "direct"}}

    def change(table: Body) -> Body:
        return {key: value for key, value in table.items() if key not in defaults or defaults[key] != value}

    return walk(body, change)


def schemas_of_anthropic(body: Body) -> Body:
    """The answer's schema goes out closed, since the service wants it so."""
    config = body.get("output_config")
    if not config or "format" not in config:
        return body
    form = config["format"]

    def change(table: Body) -> Body:
        return {key: value for key, value in table.items() if key != "additionalProperties" or value is not False}

    return {**body, "output_config": {**config, "format": {**form, "schema": walk(form["schema"], change)}}}


def json_is_text(body: Body) -> Body:
    """A result of a tool as JSON says the same as its text, and what went well need not say so."""

    def text(block: Body) -> Body:
        try:
            found = block["json"] if "json" in block else json.loads(block.get("text", ""))
        except ValueError:
            return block
        return {"text": json.dumps(found, sort_keys=True)}

    def change(table: Body) -> Body:
        if "toolUseId" in table and "content" in table:
            table = {**table, "content": [text(block) for block in table["content"]]}
        return {key: value for key, value in table.items() if (key, value) != ("status", "success")}

    return walk(body, change)


def ids_of_ollama(body: Body) -> Body:
    """Older servers give calls no ids: names and order tie results to them. `type: function` is the only one."""

    def change(table: Body) -> Body:
        if table.get("type") == "function":
            table = {key: value for key, value in table.items() if key not in ("id", "type")}
        return {key: value for key, value in table.items() if key != "tool_call_id"}

    messages = [walk(message, change) for message in body["messages"]]
    tools = {"tools": walk(body["tools"], change)} if "tools" in body else {}
    return {**body, **tools, "messages": messages}


def no_citations(body: Body) -> Body:
    """No citations of an answer are as good as an empty list of them."""
    return walk(body, lambda table: {k: v for k, v in table.items() if (k, v) != ("citations", [])})


def schemas_of_gemini(body: Body) -> Body:
    """`parameters` is the older field for what `parametersJsonSchema` takes, where no keyword differs."""

    def change(table: Body) -> Body:
        return {"parametersJsonSchema" if key == "parameters" else key: value for key, value in table.items()}

    return {**body, "tools": walk(body["tools"], change)} if "tools" in body else body


def defaults_of_gemini(body: Body) -> Body:
    """What is no thought need not say so, instructions have no role, and both alphabets of base64 are read."""
    system = {key: value for key, value in (body.get("systemInstruction") or {}).items() if key != "role"}

    def change(table: Body) -> Body:
        if "mimeType" in table and "data" in table:
            table = {**table, "data": table["data"].replace("-", "+").replace("_", "/")}
        return {key: value for key, value in table.items() if (key, value) != ("thought", False)}

    return walk({**body, **({"systemInstruction": system} if system else {})}, change)


_RULES: dict[str, tuple[Rule, ...]] = {
    "openai-chat": (
        texts_are_one,
        arguments_are_json,
        pictures_by_url,
        defaults_of_chat,
        names_of_results,
        roles_of_instructions,
        length_by_either_name,
        stop_is_a_list,
        any_is_required,
        lax_tools,
        schemas_are_closed,
    ),
    "openai-responses": (
        nothing_kept,
        roles_of_instructions,
        instructions_first,
        items_in_short,
        arguments_are_json,
        lax_tools,
        schemas_are_closed,
    ),
    "anthropic": (words_are_blocks, turns_alternate, defaults_of_anthropic, schemas_of_anthropic),
    "bedrock": (turns_alternate, json_is_text, schemas_of_bedrock),
    "ollama": (texts_are_one, ids_of_ollama),
    "cohere-v2": (texts_are_one, arguments_are_json, no_citations),
    "gemini": (defaults_of_gemini, schemas_of_gemini),
}
