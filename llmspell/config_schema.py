"""What settings may be: the keys, their types, and the sentences about mistakes. Data first, then the checks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from llmspell.errors import InvalidValueError
from llmspell.permissions import KEYS

if TYPE_CHECKING:
    from pathlib import Path

_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}


class Kind(NamedTuple):
    """A type of setting: what to call it, and the value for what was written, or None when it is wrong."""

    expected: str
    read: Callable[[Any], Any]
    placed: Callable[[Any, str, Path | None], Any] = lambda value, place, folder: value  # noqa: ARG005  # as it is
    """The value for what was read, given where it stands: its place for messages, and the folder of its file."""
    secret: bool = False
    """Whether a wrong value is not shown: it may have a password in it, or be a key."""


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _variable(value: Any) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z_]\w*", value, re.ASCII) else None


def _variables(value: Any) -> tuple[str, ...] | None:
    names = _names(value)
    return names if names and all(map(_variable, names)) else None


def _positive(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and 0 < number < float("inf") else None


def _count(value: Any) -> int | None:
    number = _positive(value)
    return int(number) if number is not None and number == int(number) else None


def _number(value: Any) -> float | None:
    if isinstance(value, str):  # variables are text
        try:
            value = int(value) if value.strip().isdecimal() else float(value)
        except ValueError:
            return None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _flag(value: Any) -> bool | None:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    return words.get(value.lower()) if isinstance(value, str) else value if isinstance(value, bool) else None


def size(value: Any) -> int | None:
    """Bytes from a number or from text such as `64MB`, `64 MiB` or `64m`; the units are powers of 1024."""
    if not isinstance(value, str):
        return _count(value)
    text = value.strip().lower().removesuffix("ib" if value.strip().lower().endswith("ib") else "b").rstrip()
    unit = text[-1:] if text[-1:] in _UNITS else ""
    number = _positive(text[: len(text) - len(unit)].strip())
    return None if number is None else int(number * _UNITS[unit]) or None


def _one_of(*words: str) -> Kind:
    return Kind(" or ".join(f'"{word}"' for word in words), lambda value: value if value in words else None)


def _texts(value: Any) -> dict[str, str] | None:
    good = isinstance(value, Mapping) and all(isinstance(item, str) for item in value.values())
    return dict(value) if good else None


def _names(value: Any) -> tuple[str, ...] | None:
    good = isinstance(value, (list, tuple)) and value and all(isinstance(item, str) and item for item in value)
    return tuple(value) if good else None


_RULE: Mapping[str, type] = {"model": str, "tokens": int, "tools": bool, "media": bool}


def _rules(value: Any) -> tuple[Mapping[str, Any], ...] | None:
    good = isinstance(value, (list, tuple)) and value and all(map(_is_rule, value))
    return tuple(dict(rule) for rule in value) if good else None


def _is_rule(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and "model" in value
        and all(type(item) is _RULE.get(key) for key, item in value.items())
    )


def _url(value: Any) -> str | None:
    return value if isinstance(value, str) and value.startswith(("http://", "https://", "{")) else None


def _cache(value: Any) -> bool | float | None:
    number = _positive(value)  # before the words: a variable's "1" is a second
    return _flag(value) if number is None else number


def _in_folder(value: str, _place: str, folder: Path | None) -> Path:
    from pathlib import Path  # slow to import, and rarely needed

    return (folder or Path()) / Path(value).expanduser()


def _grant(kind: str) -> Kind:
    """Rules of a kind of permission."""

    def read(value: Any) -> Any:
        return value if isinstance(value, (str, list, tuple)) else None

    def placed(value: Any, place: str, folder: Path | None) -> tuple[Any, ...]:
        from llmspell import grants  # most settings grant nothing

        return grants.rules(kind, value, place, None if folder is None else str(folder))

    return Kind("a rule or a list of rules", read, placed)


def _split_rules(kind: str, text: str) -> list[str]:
    from llmspell import grants  # as above

    return grants.split(kind, text)


TEXT = Kind("text", _text)
TEXTS = Kind("a list of texts", _names)
SECONDS = Kind("a number of seconds above 0", _positive)
DOLLARS = Kind("a number of US dollars above 0", _positive)
COUNT = Kind("a whole number above 0", _count)
SIZE = Kind('a size above 0, such as 67108864 or "64MB"', size)
FLAG = Kind("true or false", _flag)
CACHE = Kind("true, false or a number of seconds above 0", _cache)
RULES = Kind('a list of rules such as {model = "a/b", tokens = 2000, tools = false, media = false}', _rules)
FOLDER = Kind("the path of a folder", _text, _in_folder)
FILE = Kind("the path of a file", _text, _in_folder)
PROXY = Kind(
    'a URL such as "http://proxy.example.com:3128", or "none"',
    lambda value: value if value == "none" else _url(value),
    secret=True,
)
URL = Kind("a URL that begins with http:// or https://", _url, secret=True)
VARIABLE = Kind("the name of an environment variable, such as HERE_KEY", _variable, secret=True)
VARIABLE_NAMES = Kind("a list of names of environment variables", _variables, secret=True)
HEADERS = Kind("a table of texts", _texts)
PREFIX = Kind("true, false or text", lambda value: value if isinstance(value, (bool, str)) else None)
SWITCHES = Kind("a table", lambda value: dict(value) if isinstance(value, Mapping) else None)

Schema: TypeAlias = Mapping[str, "Kind | Schema"]
EACH = "*"  # stands for any name

TIMEOUTS: Schema = {"connect": SECONDS, "first_byte": SECONDS, "between_chunks": SECONDS, "total": SECONDS}
NETWORK: Schema = {"proxy": PROXY, "ca_file": FILE, "timeouts": TIMEOUTS}

SCHEMA: Schema = {
    "model": TEXT,
    "isolation": _one_of("process", "inline"),
    "limits": {
        "memory": SIZE,
        "cpu": SECONDS,
        "timeout": SECONDS,
        "max_calls": COUNT,
        "max_output": SIZE,
        "max_cost": DOLLARS,
        "max_tokens": COUNT,
    },
    "permissions": {key: _grant(kind) for kind, key in KEYS.items()},
    "aliases": {EACH: TEXT},
    "providers": {
        EACH: {
            "base_url": URL,
            "api_key_env": VARIABLE,
            "api_key_envs": VARIABLE_NAMES,
            "wire": TEXT,
            "headers": HEADERS,
            "timeout": SECONDS,
            "default_model": TEXT,
            "dialect": SWITCHES,
            "auth_header": TEXT,
            "query": HEADERS,
            "prices": TEXT,
            "limits": {"rpm": COUNT, "tpm": COUNT, "concurrent": COUNT},
            **NETWORK,
        }
    },
    "models": {
        EACH: {
            "fallback": TEXTS,
            "balance": TEXTS,
            "route": RULES,
            "by": _one_of("turns", "least_busy"),
            "try_timeout": SECONDS,
            "rest": SECONDS,
            "on": TEXTS,
        }
    },
    "network": NETWORK,
    "mcp": {
        "file": FILE,
        "servers": {
            EACH: {
                "command": TEXT,
                "args": TEXTS,
                "env": HEADERS,
                "cwd": FOLDER,
                "url": URL,
                "headers": HEADERS,
                "timeout": SECONDS,
                "prefix": PREFIX,
                "tools": TEXTS,
                "approval": _one_of("allow", "ask", "deny"),
            }
        },
    },
    "tools": {
        "packages": TEXTS,
        "web_search": {"provider": TEXT, "api_key_env": VARIABLE, "base_url": URL, "timeout": SECONDS},
    },
    "local": {"threads": COUNT, "context_length": COUNT, "idle_timeout": SECONDS},
    "state": {"path": FILE},
    "cache": CACHE,
    "cache_dir": FOLDER,
    "download_tokenizers": FLAG,
}

VARIABLES = {
    "LLMSPELL_MODEL": ("model",),
    "LLMSPELL_ISOLATION": ("isolation",),
    "LLMSPELL_MEMORY": ("limits", "memory"),
    "LLMSPELL_CPU": ("limits", "cpu"),
    "LLMSPELL_TIMEOUT": ("limits", "timeout"),
    "LLMSPELL_MAX_CALLS": ("limits", "max_calls"),
    "LLMSPELL_MAX_OUTPUT": ("limits", "max_output"),
    "LLMSPELL_MAX_COST": ("limits", "max_cost"),
    "LLMSPELL_MAX_TOKENS": ("limits", "max_tokens"),
    "LLMSPELL_STATE": ("state", "path"),
    "LLMSPELL_CACHE": ("cache",),
    "LLMSPELL_CACHE_DIR": ("cache_dir",),
    "LLMSPELL_DOWNLOAD_TOKENIZERS": ("download_tokenizers",),
    "LLMSPELL_WEB_SEARCH": ("tools", "web_search", "provider"),
    "LLMSPELL_LOCAL_THREADS": ("local", "threads"),
    "LLMSPELL_LOCAL_CONTEXT_LENGTH": ("local", "context_length"),
    "LLMSPELL_LOCAL_IDLE_TIMEOUT": ("local", "idle_timeout"),
} | {f"LLMSPELL_ALLOW_{kind.upper()}": ("permissions", key) for kind, key in KEYS.items()}


def check(values: Mapping[str, Any], source: str, folder: Path | None = None) -> dict[str, Any]:
    """The settings in `values`, each in its proper type; relative paths start from `folder`.

    Raises `InvalidValueError` that names `source`, the key and the expected type.
    """
    for name in values.get("providers", ()):
        if "/" in name:
            place = f"{source}: providers.{name}"
            raise InvalidValueError(f"{place}: a provider has no / in its name", hint="models are named provider/model")
    return _table(values, SCHEMA, source, "", folder)


def from_variables(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings in `LLMSPELL_*` variables; empty ones count as not set."""
    found: dict[str, Any] = {}
    for variable, path in VARIABLES.items():
        if written := environ.get(variable):
            kind: Any = SCHEMA
            table = found
            for key in path[:-1]:
                kind, table = kind[key], table.setdefault(key, {})
            value = _split_rules(variable.rpartition("_")[2].lower(), written) if path[0] == "permissions" else written
            table[path[-1]] = _value(value, kind[path[-1]], variable, None)
    return found


def check_table(values: Any, schema: Schema, source: str, path: str, folder: Path | None) -> dict[str, Any]:
    """The same for one table, which has this schema and stands at `path`."""
    return _table(values, schema, source, path, folder)


def _table(values: Any, schema: Schema, source: str, path: str, folder: Path | None) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise InvalidValueError(f"{source}: {path} must be a table, not {_shown(values)}")
    checked = {}
    for key, value in values.items():
        place = f"{path}.{key}" if path else key
        kind = schema.get(key) or schema.get(EACH)
        if kind is None:
            raise _unknown(key, place, schema, source)
        if isinstance(kind, Kind):
            checked[key] = _value(value, kind, f"{source}: {place}", folder)
        else:
            checked[key] = _table(value, kind, source, place, folder)
    return checked


def _value(value: Any, kind: Kind, place: str, folder: Path | None) -> Any:
    read = kind.read(value)
    if read is None:
        said = "" if kind.secret else f", not {_shown(value)}"
        raise InvalidValueError(f"{place} must be {kind.expected}{said}")
    return kind.placed(read, place, folder)


def _unknown(key: str, place: str, schema: Schema, source: str) -> InvalidValueError:
    from llmspell.nearest import nearest  # only needed once something went wrong

    hint = nearest(key, schema) or f"known are {', '.join(schema)}"
    if place.startswith("providers.") and key in ("api_key", "key", "token"):
        hint = "keys do not belong in files: name the variable that holds it with api_key_env"
    return InvalidValueError(f"{source}: there is no setting {place}", hint=hint)


def _shown(value: Any) -> str:
    return "a table" if isinstance(value, Mapping) else f"{value!r:.80}"
