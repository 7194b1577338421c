"""From what people write to `Permissions`: the rules of flags, of `llmspell.toml` and of headers.

read, write   a file or folder, relative to where it is written; ~ is the home; * is everything
net           HOST, HOST:PORT, [IPv6]:PORT, 10.0.0.0/8, *.example.com, *; GET,HEAD@HOST for certain methods
env           a name, or one with a * at its end: AWS_*
run           a program with the arguments that it must begin with: git, 'git status'; * is every program
model, tool   a name, or one with a * at its end: local/*
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any

from llmspell.errors import InvalidValueError
from llmspell.hosts import ANY, network_of, normal_host
from llmspell.permissions import ALL, NetRule, Permissions

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_LONGEST = 4096
_PORTS = {"http": 80, "https": 443}
_COMMA = re.compile(r"(?<!,),(?!,)")
_AUTHORITY = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>.*))?", re.DOTALL)
_TABLE = {"host", "port", "methods"}


def rules(kind: str, written: Any, where: str, folder: str | None = None) -> tuple[Any, ...]:
    """The rules of one kind in a text, or in a list of texts; relative paths start from `folder`.

    Raises `InvalidValueError` that begins with `where`.
    """
    items = written if isinstance(written, (list, tuple)) else [written]
    read = _READERS[kind]
    return tuple(dict.fromkeys(read(item, where, folder or os.getcwd()) for item in items))


def split(kind: str, text: str) -> list[str]:
    """The rules in a text that has commas between them; a comma in a rule is written twice."""
    parts = [part.replace(",,", ",").strip() for part in _COMMA.split(text)]
    return _with_methods(parts) if kind == "net" else parts


def together(one: Permissions, two: Permissions) -> Permissions:
    """All that either grants, for grants from several places. A list of models or tools replaces the lack of one."""
    merged: dict[str, Any] = {}
    for field in filter(lambda field: field.init, fields(Permissions)):
        first, second = getattr(one, field.name), getattr(two, field.name)
        lists = [rules for rules in (first, second) if rules is not None]
        merged[field.name] = tuple(dict.fromkeys(rule for rules in lists for rule in rules)) if lists else None
    return Permissions(**merged)


def _with_methods(parts: list[str]) -> list[str]:
    """`GET,HEAD@host` is one rule: a method alone belongs to what follows."""
    joined: list[str] = []
    pending = ""
    for part in parts:
        if part in METHODS:
            pending += part + ","
        else:
            joined.append(pending + part)
            pending = ""
    return [*joined, pending] if pending else joined


# One rule of each kind


def _text(value: Any, where: str) -> str:
    if isinstance(value, str) and not value.strip():
        raise InvalidValueError(f"{where} is empty", hint=f"name what is allowed, or write {ALL} for everything")
    if not isinstance(value, str):
        raise InvalidValueError(f"{where} must be a text or a list of texts, not {_shown(value)}")
    if len(value) > _LONGEST:
        raise InvalidValueError(f"{where}: a rule has at most {_LONGEST} characters, not {len(value)}")
    if not value.isprintable():
        raise InvalidValueError(f"{where}: {value!r:.80} has control characters")
    return value.strip()


def _path(value: Any, where: str, folder: str) -> str:
    text = _text(value, where)
    if text == ALL:
        return ALL
    path = os.path.join(folder, os.path.expanduser(text))
    if ALL in text and not os.path.lexists(path):
        hint = f"a folder allows all that is below it; {ALL} alone is everything"
        raise InvalidValueError(f"{where}: paths have no wildcards, as in {_shown(text)}", hint=hint)
    real = os.path.realpath(path)
    return real[1:] if real.startswith("//") else real  # POSIX lets two slashes stand


def _name(value: Any, where: str, _folder: str) -> str:
    text = _text(value, where)
    if ALL in text[:-1]:
        raise InvalidValueError(f"{where}: a {ALL} may only stand at the end, not as in {_shown(text)}")
    return text


def _variable(value: Any, where: str, folder: str) -> str:
    text = _name(value, where, folder)
    if "=" in text or " " in text:
        hint = "rules are names such as HOME or AWS_*"
        raise InvalidValueError(f"{where}: {_shown(text)} is no name of a variable", hint=hint)
    return text


def _command(value: Any, where: str, folder: str) -> tuple[str, ...]:
    words = value if isinstance(value, (list, tuple)) else _words(_text(value, where), where)
    if not words or not all(isinstance(word, str) for word in words) or not words[0]:
        hint = 'such as "git", "git status" or ["git", "status"]'
        raise InvalidValueError(f"{where}: {_shown(value)} is no program with arguments", hint=hint)
    program, *arguments = words
    if ALL in program and words != [ALL]:
        raise InvalidValueError(f"{where}: programs have no wildcards, as in {_shown(value)}")
    if os.sep in program:
        program = os.path.normpath(os.path.join(folder, os.path.expanduser(program)))
    return (program, *arguments)


def _words(text: str, where: str) -> list[str]:
    import shlex  # for rules about programs

    try:
        return shlex.split(text)
    except ValueError as error:
        raise InvalidValueError(f"{where}: {_shown(text)}: {error}") from None


def _net(value: Any, where: str, _folder: str) -> NetRule:
    if isinstance(value, Mapping):
        return _net_table(value, where)
    text = _text(value, where)
    named, at, rest = text.rpartition("@")
    methods = _methods(named.split(","), where) if at else ()
    scheme, mark, behind = rest.partition("://")
    if mark and scheme.lower() not in _PORTS:
        raise _no_host(text, where)
    host, port = _authority(behind.removesuffix("/") if mark else rest, where)
    return NetRule(host, port or (_PORTS[scheme.lower()] if mark else None), methods)


def _net_table(table: Mapping[str, Any], where: str) -> NetRule:
    hint = 'such as {host = "api.example.com", port = 443, methods = ["GET"]}'
    if unknown := sorted(table.keys() - _TABLE):
        raise InvalidValueError(f"{where}: there is no {unknown[0]!r} in a rule for the network", hint=hint)
    if "host" not in table:
        raise InvalidValueError(f"{where}: a rule for the network needs a host", hint=hint)
    port, methods = table.get("port"), table.get("methods", ())
    if not isinstance(methods, (list, tuple)) or not all(isinstance(method, str) for method in methods):
        raise InvalidValueError(f"{where}: methods must be a list of texts, not {_shown(methods)}", hint=hint)
    number = None if port is None else _port(port, where)
    return NetRule(_host(_text(table["host"], where), where), number, _methods(methods, where))


def _methods(named: Iterable[str], where: str) -> tuple[str, ...]:
    methods = dict.fromkeys(method.strip().upper() for method in named)
    for method in methods:
        if method not in METHODS:
            raise InvalidValueError(
                f"{where}: {method!r:.40} is no method", hint=f"write METHOD@HOST with one of {', '.join(METHODS)}"
            )
    return tuple(methods)


def _authority(text: str, where: str) -> tuple[str, int | None]:
    if text.count(":") > 1 and not text.startswith("["):
        return _host(text, where), None
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        raise _no_host(text, where)
    port = match["port"]
    return _host(match["host"], where), None if port is None else _port(port, where)


def _port(value: Any, where: str) -> int:
    port = int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value
    if type(port) is not int or not 0 < port < 65536:
        raise InvalidValueError(f"{where}: a port is a number from 1 to 65535, not {_shown(value)}")
    return port


def _host(text: str, where: str) -> str:
    if text == ANY:
        return ANY
    if "/" in text:
        network = network_of(text)
        if network is None:
            raise _no_host(text, where)
        return str(network)
    wild = text.startswith("*.")
    name = normal_host(text[2:] if wild else text)
    if name is None or (wild and network_of(name) is not None):
        raise _no_host(text, where)
    return f"*.{name}" if wild else name


def _no_host(text: str, where: str) -> InvalidValueError:
    hint = "write it as api.example.com, api.example.com:443, *.example.com, 127.0.0.1:8080, [::1]:8080 or 10.0.0.0/8"
    return InvalidValueError(f"{where}: {_shown(text)} is no host", hint=hint)


def _shown(value: Any) -> str:
    return "a table" if isinstance(value, Mapping) else f"{value!r:.80}"


_READERS: dict[str, Callable[[Any, str, str], Any]] = {
    "read": _path,
    "write": _path,
    "net": _net,
    "env": _variable,
    "run": _command,
    "model": _name,
    "tool": _name,
}
