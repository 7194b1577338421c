"""What a run may do: data, and checks that touch nothing.

Everything is denied until it is granted. Files, hosts, variables and programs have to be named; models and tools of
the host may be used unless a list of them says which. Rules come from `llmspell.grants`, which reads flags and files.

A set of permissions only ever shrinks on its way inward: `narrowed` gives a child what both it and its parent allow.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from llmspell.errors import InvalidValueError, PermissionDeniedError

ALL = "*"
SETTINGS = "llmspell.toml"
KINDS = ("read", "write", "net", "env", "run", "model", "tool")
KEYS = {kind: kind for kind in KINDS} | {"model": "models", "tool": "tools"}
"""The field of `Permissions`, and the key in `llmspell.toml`, for each kind of permission."""

_Rule = TypeVar("_Rule")


class NetRule(NamedTuple):
    """A host that may be talked to.

    `host` is a name, `*.example.com` for all below it, `*` for all public hosts, an address (IPv6 without brackets)
    or a network such as `10.0.0.0/8`. Addresses that are not public have to be named as such: the name of a host
    opens none, but for `localhost`. `port` None is any port; `methods`, in capitals, are all when empty.
    """

    host: str
    port: int | None = None
    methods: tuple[str, ...] = ()

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host and "/" not in self.host and self.port is not None else self.host
        port = "" if self.port is None else f":{self.port}"
        return f"{','.join(self.methods)}@{host}{port}" if self.methods else host + port


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What a run may do; `Permissions()` is the default, `Permissions.all()` everything.

    Grants are made by people, from outside; nothing that runs can add to its own. Raises `InvalidValueError` for rules
    that could never mean what they seem to.
    """

    read: tuple[str, ...] = ()
    """Files and folders that may be read, with all that is below them: absolute real paths, or `*`."""
    write: tuple[str, ...] = ()
    """Files and folders that may be written, made and removed."""
    net: tuple[NetRule, ...] = ()
    env: tuple[str, ...] = ()
    """Names of variables; a `*` at the end stands for any rest."""
    run: tuple[tuple[str, ...], ...] = ()
    """Programs, each with the arguments that a command must begin with; `("*",)` is every program."""
    models: tuple[str, ...] | None = None
    """Names of models, with `*` at the end for any rest; None is every model that is configured."""
    tools: tuple[str, ...] | None = None
    """Names of tools, with `*` at the end for any rest; None is every tool of the host."""
    reserved: tuple[str, ...] = ()
    """Files that the runtime believes, such as its own database: nobody writes them, nor moves or removes a folder that
    holds them, but who may write everything."""
    is_part: bool = field(default=False, init=False, compare=False)
    """Whether these are what was left to a part of a run, such as an agent, of what the run may do."""

    def __post_init__(self) -> None:
        for name, (is_good, expected) in _RULES.items():
            given: Any = getattr(self, name)
            if given == () or (given is None and name in ("models", "tools")):
                continue
            if not isinstance(given, (tuple, list)) or not all(map(is_good, given)):
                raise InvalidValueError(f"Permissions: {name} must be a tuple of {expected}, not {given!r:.120}")
            object.__setattr__(self, name, tuple(tuple(rule) if name == "run" else rule for rule in given))

    @classmethod
    def all(cls) -> Permissions:
        """Everything, private addresses too."""
        hosts = (ALL, "localhost", "*.localhost", "0.0.0.0/0", "::/0")
        return cls(read=(ALL,), write=(ALL,), net=tuple(map(NetRule, hosts)), env=(ALL,), run=((ALL,),))

    # Asking

    def may_read(self, path: str) -> bool:
        """Whether the file at an absolute path, its links resolved, may be read."""
        return _covers_path(self.read, path)

    def may_write(self, path: str) -> bool:
        """Whether the file at an absolute path, its links resolved, may be written, made or removed.

        A folder does not stand for an `llmspell.toml` in it: with that, a spell would grant itself the next run.
        """
        if ALL not in self.write:
            if _is_settings(path):
                return path in self.write
            if path in self.reserved:
                return False
        return _covers_path(self.write, path)

    def is_kept(self, path: str) -> bool:
        """Whether an absolute path could be written if it were not `reserved`."""
        return path in self.reserved and not self.may_write(path) and _covers_path(self.write, path)

    def may_displace(self, path: str) -> bool:
        """Whether what is at an absolute path may be moved or removed with all that is below it."""
        return ALL in self.write or not any(_below(file, path) for file in self.reserved)

    def may_connect(self, scheme: str, host: str, port: int, method: str) -> bool:
        """Whether a request may be sent to a host. Its address has to be asked for too: `may_reach`."""
        from llmspell.hosts import allows_host, normal_host  # most runs have no network

        if scheme not in ("http", "https") or (name := normal_host(host)) is None:
            return False
        return any(_fits(rule, port, method) and allows_host(rule.host, name) for rule in self.net)

    def may_reach(self, host: str, port: int, address: str) -> bool:
        """Whether `address` is one that `host` may have: a public one, or one that a rule names.

        Ask for every address before connecting, since a name may be made to point anywhere.
        """
        from llmspell.hosts import allows_address, normal_host  # as above

        name = normal_host(host)
        rules = [rule.host for rule in self.net if rule.port in (None, port)]
        return name is not None and allows_address(rules, name, address)

    def may_env(self, name: str) -> bool:
        """Whether a variable of the environment may be read."""
        return _covers_name(self.env, name)

    def may_run(self, argv: Sequence[str]) -> bool:
        """Whether a program may be started with these arguments; the first is the program."""
        return bool(argv) and any(rule == (ALL,) or rule == tuple(argv[: len(rule)]) for rule in self.run)

    def may_use_model(self, name: str) -> bool:
        """Whether a model, by its full name `provider/model`, may be asked."""
        return self.models is None or _covers_name(self.models, name)

    def may_use_tool(self, name: str) -> bool:
        """Whether a tool may be called."""
        return self.tools is None or _covers_name(self.tools, name)

    # Shrinking

    def narrowed(self, other: Permissions) -> Permissions:
        """What both allow; for a child that asks for `other`."""
        both = Permissions(
            read=_meet(self.read, other.read, _meet_paths),
            write=_meet(self.write, other.write, _meet_written),
            net=_meet(self.net, other.net, _meet_net),
            env=_meet(self.env, other.env, _meet_names),
            run=_meet(self.run, other.run, _meet_commands),
            models=_meet_optional(self.models, other.models),
            tools=_meet_optional(self.tools, other.tools),
            reserved=tuple(dict.fromkeys((*self.reserved, *other.reserved))),
        )
        object.__setattr__(both, "is_part", True)
        return both

    def denied(self, kind: str, action: str, grant: str) -> PermissionDeniedError:
        """The error for something that these do not allow; see the function of that name."""
        error = denied(kind, action, grant)
        if self.is_part:
            error.hint = f"{error.hint}; the `permissions` of this part of the run must allow it too"
        return error


def denied(kind: str, action: str, grant: str) -> PermissionDeniedError:
    """The error for something that was not granted.

    `kind` is one of `KINDS`, `action` says what was asked, as in `read 'notes.txt'`, and `grant` is the rule that
    would allow it. Neither may show a path of the host that the script did not name itself.
    """
    return PermissionDeniedError(
        f"this spell may not {action}",
        hint=f"allow it with {flag(kind, grant)}, or with {entry(kind, grant)} under [permissions] in llmspell.toml",
    )


def flag(kind: str, grant: str) -> str:
    """The flag that grants a rule, ready for a shell."""
    import shlex  # for messages alone

    value = grant if kind == "net" else grant.replace(",", ",,")
    return f"--allow-{kind}={shlex.quote(value)}"


def entry(kind: str, grant: str) -> str:
    """The line under `[permissions]` that grants a rule."""
    import json  # its strings are also TOML's

    return f"{KEYS[kind]} = [{json.dumps(grant, ensure_ascii=False)}]"


def _covers_path(rules: Iterable[str], path: str) -> bool:
    if not _is_resolved(path):
        return False
    return any(rule == ALL or _below(path, rule) for rule in rules)


def _is_resolved(path: str) -> bool:
    usual = os.path.isabs(path) and os.path.normpath(path) == path
    return usual and "\0" not in path and not path.startswith("//")


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _is_settings(path: str) -> bool:
    return path.rpartition(os.sep)[2].casefold() == SETTINGS


def _covers_name(rules: Iterable[str], name: str) -> bool:
    return any(name == rule or (rule.endswith(ALL) and name.startswith(rule[:-1])) for rule in rules)


def _fits(rule: NetRule, port: int, method: str) -> bool:
    return rule.port in (None, port) and (not rule.methods or method.upper() in rule.methods)


# What rules look like


def _is_path(rule: Any) -> bool:
    return rule == ALL or _is_resolved_path(rule)


def _is_resolved_path(path: Any) -> bool:
    return isinstance(path, str) and _is_resolved(path)


def _is_name(rule: Any) -> bool:
    return isinstance(rule, str) and rule != "" and ALL not in rule[:-1]


def _is_command(rule: Any) -> bool:
    return isinstance(rule, (tuple, list)) and bool(rule and rule[0]) and all(isinstance(word, str) for word in rule)


def _is_net(rule: Any) -> bool:
    from llmspell.hosts import is_rule  # as above

    if not isinstance(rule, NetRule):
        return False
    fields: tuple[Any, ...] = rule
    host, port, methods = fields
    good_port = port is None or (type(port) is int and 0 < port < 65536)
    good_methods = isinstance(methods, tuple) and all(isinstance(word, str) and word.isupper() for word in methods)
    return isinstance(host, str) and is_rule(host) and good_port and good_methods


_PATHS = (_is_path, "absolute paths without links and .., or '*'; see os.path.realpath")
_NAMES = (_is_name, "names, a '*' at their end at most")
_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "read": _PATHS,
    "write": _PATHS,
    "net": (_is_net, "NetRule with a host in small letters, a port or None, and a tuple of methods in capitals"),
    "env": _NAMES,
    "run": (_is_command, "tuples of a program and arguments, such as ('git', 'status')"),
    "models": _NAMES,
    "tools": _NAMES,
    "reserved": (_is_resolved_path, "absolute paths without links and .."),
}


# What two rules both allow, or None when that is nothing


def _meet(
    ours: Iterable[_Rule], theirs: Iterable[_Rule], both: Callable[[Any, Any], _Rule | None]
) -> tuple[_Rule, ...]:
    theirs = tuple(theirs)
    met = (both(our, their) for our in ours for their in theirs)
    return tuple(dict.fromkeys(rule for rule in met if rule is not None))


def _meet_optional(ours: tuple[str, ...] | None, theirs: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if ours is None or theirs is None:
        return theirs if ours is None else ours
    return _meet(ours, theirs, _meet_names)


def _meet_paths(one: str, two: str) -> str | None:
    if ALL in (one, two):
        return two if one == ALL else one
    if _below(one, two):
        return one
    return two if _below(two, one) else None


def _meet_written(one: str, two: str) -> str | None:
    met = _meet_paths(one, two)
    return None if met is not None and _is_settings(met) and one != two and ALL not in (one, two) else met


def _meet_names(one: str, two: str) -> str | None:
    if _covers_name([one], two):
        return two
    return one if _covers_name([two], one) else None


def _meet_commands(one: tuple[str, ...], two: tuple[str, ...]) -> tuple[str, ...] | None:
    if (ALL,) in (one, two):
        return two if one == (ALL,) else one
    shorter, longer = sorted((one, two), key=len)
    return longer if longer[: len(shorter)] == shorter else None


def _meet_net(one: NetRule, two: NetRule) -> NetRule | None:
    from llmspell.hosts import meet_hosts  # as above

    host = meet_hosts(one.host, two.host)
    if host is None or (one.port != two.port and None not in (one.port, two.port)):
        return None
    methods = tuple(method for method in one.methods if method in two.methods)
    if one.methods and two.methods and not methods:
        return None
    port = one.port if two.port is None else two.port
    return NetRule(host, port, methods or one.methods or two.methods)
