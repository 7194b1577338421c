"""A worker process that says what it is told, and border messages as a hostile one would make them."""

from __future__ import annotations

import os
import random
import signal
import struct
import sys
import time
from typing import Any

SOCKET = 3
HEADER = struct.Struct(">I")
MOST_SECONDS = 30.0
METHODS = ("echo", "slow", "items", "apply", "next", "llm.complete", "sleep", "uuid", "fs.read", "http.get", "env.get",
           "spell.usage", "blob.text", "tools.echo", "__proto__", "constructor", "", "x" * 5000, "next\0")  # fmt: skip
KINDS = ("spell", "limit", "cancelled", "internal", "permission", "nothing", "")
TAGS = ("call", "cancel", "return", "raise", "print", "done", "failed", "resolve", "invoke", "abort", "start", "")


def main(args: list[str]) -> None:
    """Answer the first frame with what the file holds, then do as `args` say: exit, hang, killed, loop or more."""
    path, then = args
    with open(path, "rb") as file:
        words = file.read()
    os.read(SOCKET, 1 << 16)
    try:
        _say(words)
        if then == "more":
            os.read(SOCKET, 1 << 16)
            _say(words)
        elif then == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        _end(then)
    except OSError:  # the host has heard enough
        sys.exit(0)


def _say(words: bytes) -> None:
    while words:
        words = words[os.write(SOCKET, words) :]


def _end(then: str) -> None:
    end = time.monotonic() + MOST_SECONDS
    while then == "loop" and time.monotonic() < end:
        pass
    if then == "hang":
        time.sleep(MOST_SECONDS)


class Liar:
    """Makes messages: each nearly right, or not at all."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # only to be repeatable
        self._id = 0

    def message(self) -> Any:
        """One message, as JSON."""
        pick = self._random.random()
        if pick < 0.08:
            return self._value(3)
        if pick < 0.16:
            return [self._one(TAGS), *[self._value(2) for _ in range(self._random.randrange(5))]]
        return self._one(
            (self._call, self._call, self._call, self._cancel, self._return, self._raise, self._print, self._end)
        )()

    def _call(self) -> Any:
        self._id += self._one((1, 1, 1, 1, 1, 1, 0, -1, 2**52))
        wrong = self._random.random() < 0.1
        return [
            "call",
            self._value(1) if wrong else self._id,
            self._value(1) if wrong else self._one(METHODS),
            self._args(),
        ]

    def _args(self) -> Any:
        names = ("value", "stream", "self", "function", "path", "url", "prompt", "name", "seconds", "__proto__")
        return {self._one(names): self._value(2) for _ in range(self._random.randrange(4))}

    def _cancel(self) -> Any:
        return ["cancel", self._number()]

    def _return(self) -> Any:
        return ["return", self._number(), self._value(2)]

    def _raise(self) -> Any:
        return ["raise", self._number(), self._error()]

    def _print(self) -> Any:
        return ["print", self._one(("stdout", "debug", "warn", "error", "stderr", "", 1)), self._value(0)]

    def _end(self) -> Any:
        if self._random.random() < 0.7:  # a run that is over hears no more lies
            return self._print()
        return self._one((["done", self._value(2)], ["failed", self._error()]))

    def _error(self) -> Any:
        fields = ("kind", "message", "hint", "file", "line", "column", "stack", "data", "status", "retryable", "x")
        error = {self._one(fields): self._value(1) for _ in range(self._random.randrange(6))}
        return error | {"kind": self._one(KINDS)} if self._random.random() < 0.5 else error

    def _number(self) -> Any:
        return self._one((0, 1, 2, 3, self._id, self._id + 1, -1, 2**53, 2**53 + 1, True, 1.5, "1", None))

    def _value(self, depth: int) -> Any:
        pick = self._random.randrange(12)
        if depth > 0 and pick == 0:
            return [self._value(depth - 1) for _ in range(self._random.randrange(4))]
        if depth > 0 and pick == 1:
            return {str(self._value(0)): self._value(depth - 1) for _ in range(self._random.randrange(4))}
        if pick == 2:
            return self._one(({"$function": self._number()}, {"$blob": self._number()}, {"$function": []}))
        if pick == 3:
            return self._deep()
        return self._one(
            (None, True, 0, -1, 7, 2**63, 1e300, 0.5, "", "a", "\ud800", "\0", "é" * 50, "../..", "x" * 3000)
        )

    def _deep(self) -> Any:
        value: Any = 1
        for _ in range(self._one((5, 190, 199, 205, 400))):
            value = [value]
        return value

    def _one(self, choices: Any) -> Any:
        return self._random.choice(choices)
