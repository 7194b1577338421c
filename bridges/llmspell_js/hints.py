"""What a script may have wanted that looks for what other JavaScript engines have."""

from __future__ import annotations

_INSTEAD = {
    "require": 'modules are imported: import name from "./file.js"',
    "module": "a spell gives its result with export default, a module what it exports",
    "exports": "a spell gives its result with export default, a module what it exports",
    "process": 'env.get("NAME") reads a variable, params holds parameters and arguments, write(text) prints',
    "Buffer": "use TextEncoder, atob and btoa, or blob",
    "XMLHttpRequest": "use http or fetch",
    "setImmediate": "use queueMicrotask or setTimeout",
    "crypto": "uuid() makes identifiers, and blob.hash hashes",
    "prompt": "stdin.read() and stdin.lines() give what was typed",
    "alert": "use print",
}
_MODULES = {
    "fs": "fs reads and writes files, without an import",
    "fs/promises": "fs reads and writes files, without an import",
    "child_process": "run(program, args) starts a program, without an import",
    "process": _INSTEAD["process"],
    "crypto": _INSTEAD["crypto"],
    "axios": "http and fetch are there without an import",
    "node-fetch": "http and fetch are there without an import",
}
_SYNTAX = {
    "return not in a function": "a JavaScript spell gives its result with export default",
    "unexpected 'await' keyword": "await stands in async functions, and at the top of a spell",
}
_UNKNOWN = "ReferenceError: ", " is not defined"


def instead_of(name: str) -> str | None:
    """What to use instead of a global that only others have."""
    return _INSTEAD.get(name)


def hint_for(message: str) -> str | None:
    """The next step after an error of the engine, if one is known."""
    before, after = _UNKNOWN
    if message.startswith(before):
        return instead_of(message.removeprefix(before).removesuffix(after))
    if message.startswith("no module '"):
        return _MODULES.get(message.split("'")[1].removeprefix("node:"))
    return _SYNTAX.get(message.removeprefix("SyntaxError: "))
