"""What a script may have wanted that looks for what Lua has outside of a sandbox."""

from __future__ import annotations

_INSTEAD = {
    "io": "fs reads and writes files, stdin.read() gives the input, write(text) prints",
    "dofile": "require loads a module, spell.run runs another spell",
    "loadfile": "require loads a module, spell.run runs another spell",
    "package": "require looks in the spell's own folder",
    "debug": "an error that nobody catches is shown with its stack",
    "collectgarbage": "there is nothing to collect by hand; spell.limits() tells how much memory there is",
}
_FIELDS = {
    "getenv": 'env.get("NAME") reads a variable',
    "execute": "run(program, args) starts a program",
    "popen": "run(program, args) starts a program and gives its output",
    "exit": "there is no os.exit: return ends a spell",
    "tmpname": "fs.write takes any path that was allowed",
}
_JSON = ("json", "cjson", "dkjson", "rapidjson", "lunajson")


def instead_of(name: str) -> str | None:
    """What to use instead of a global that a spell does not have."""
    return _INSTEAD.get(name)


def hint_for(message: str) -> str | None:
    """The next step after an error of the engine, if one is known."""
    if message.startswith("no module '"):
        wanted = message.split("'")[1]
        return "json.encode and json.decode are there without require" if wanted in _JSON else None
    if not message.startswith("attempt to ") or "a nil value" not in message:
        return None
    for kind, instead in (("global", _INSTEAD), ("field", _FIELDS)):
        _, found, name = message.partition(f"{kind} '")
        if found:
            return instead.get(name.partition("'")[0])
    return None
