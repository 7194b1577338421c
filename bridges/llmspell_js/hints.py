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
_RETURN = "a JavaScript spell gives its result with export default"
_UNKNOWN = "ReferenceError: ", " is not defined"


def instead_of(name: str) -> str | None:
    """What to use instead of a global that only others have."""
    return _INSTEAD.get(name)


def hint_for(message: str) -> str | None:
    """The next step after an error of the engine, if one is known."""
    if message == "SyntaxError: return not in a function":
        return _RETURN
    before, after = _UNKNOWN
    return instead_of(message.removeprefix(before).removesuffix(after)) if message.startswith(before) else None
