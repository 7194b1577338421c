"""Settings: one frozen object, read from files, variables and flags.

From weakest to strongest: `llmspell.toml` of the project (the nearest one in the working directory or above it),
`llmspell.toml` of the user (in `$XDG_CONFIG_HOME/llmspell`, `~/.config/llmspell` or what the system uses instead),
`LLMSPELL_*` variables, flags. `Config()` alone is the defaults and reads nothing.

    model = "openai/gpt-5-mini"
    isolation = "process"             # or "inline"
    cache = 3600                      # give the same answer to the same request; seconds, or true for ever
    cache_dir = "~/.cache/llmspell"
    download_tokenizers = false       # let tiktoken fetch its tables, for exact counts

    [limits]                          # memory also as text: "64MB"
    memory = 67108864
    timeout = 60
    max_cost = 0.50                   # US dollars for models; max_tokens: of prompts and answers

    [permissions]                     # what spells may do; grants from all places add up
    read = ["data", "~/notes"]        # paths are relative to this file
    net = ["api.example.com", {host = "127.0.0.1", port = 8080, methods = ["GET"]}]
    env = ["TZ"]
    run = ["git status"]              # also write, models, tools; see `llmspell.grants`

    [state]
    path = "state.sqlite3"            # where spells keep what outlives a run

    [aliases]
    fast = "openai/gpt-5-nano"

    [providers.here]
    base_url = "http://127.0.0.1:8080/v1"
    api_key_env = "HERE_KEY"
    timeout = 120

    [providers.here.limits]
    rpm = 60                          # requests a minute; tpm: tokens a minute
    concurrent = 4                    # calls at once

    [providers.here.timeouts]         # connect, first_byte, between_chunks, total: seconds
    first_byte = 30

    [network]                         # for all services: proxy, ca_file, timeouts
    proxy = "http://proxy.example.com:3128"

    [mcp.servers.files]               # servers of tools; see `llmspell.config_mcp`
    command = "my-file-server"

    [models.smart]                    # a model that is made of others
    fallback = ["openai/gpt-5-mini", "here/qwen3-4b"]

    [local]
    threads = 1

    [tools.web_search]                # the service that the tool asks; see `llmspell.config_tools`
    provider = "brave"
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from llmspell.config_schema import check, from_variables
from llmspell.config_tools import ToolsConfig, tools_config
from llmspell.errors import InvalidValueError
from llmspell.limits import Limits
from llmspell.permissions import Permissions

if TYPE_CHECKING:
    from pathlib import Path  # paths are text until a file is found: this runs at every start

    from llmspell.config_mcp import McpConfig

FILE = "llmspell.toml"


_EMPTY: Mapping[str, Any] = MappingProxyType({})


class ProviderConfig(NamedTuple):
    """A service from `[providers.NAME]`; what is None keeps the value of the built-in provider of that name.

    `repr` leaves out the fields that may hold keys. (A named tuple, as all parts of a `Config`: they load five times
    as fast as dataclasses, and this module is read at every start.)
    """

    base_url: str | None = None
    """`{VARIABLE}` in it stands for a variable of the environment, `{VARIABLE:-text}` for one with a default."""
    api_key_env: str | None = None
    """The variable that holds the key; the key itself never stands in a file."""
    api_key_envs: tuple[str, ...] = ()
    """More such variables: their keys are used in turns."""
    wire: str | None = None
    headers: Mapping[str, str] = _EMPTY
    timeout: float | None = None
    """Seconds for a whole answer, when the request does not say."""
    default_model: str | None = None
    dialect: Mapping[str, Any] = _EMPTY
    """What the server does differently, such as `{stream_usage = false}`; see the wire formats."""
    auth_header: str | None = None
    """The header that holds the key alone, such as `api-key`; None leaves it to the format."""
    query: Mapping[str, str] = _EMPTY
    """What stands behind the `?` of every URL, such as `{api-version = "2024-10-21"}`."""
    prices: str | None = None
    """The service of the price list whose prices it has, such as `openai` for a proxy in front of it."""
    limits: Mapping[str, int] = _EMPTY
    """How fast it may be asked: `rpm` requests and `tpm` tokens a minute, `concurrent` calls at once."""
    timeouts: Mapping[str, float] = _EMPTY
    """As in `NetworkConfig`, over it; `total` is the same as `timeout`, which it precedes."""
    proxy: str | None = None
    ca_file: Path | None = None

    def __repr__(self) -> str:
        return _shown(self, "base_url", "headers", "query", "proxy")


class NetworkConfig(NamedTuple):
    """How all services are reached, unless `[providers.NAME]` says otherwise."""

    proxy: str | None = None
    """The URL of a proxy, in which `{VARIABLE}` stands for a variable of the environment; `none` is a direct
    connection, None what the environment says (`HTTPS_PROXY` and the like). What runs on this machine is
    reached directly."""
    ca_file: Path | None = None
    """A file of certificates (PEM) that are trusted beside the usual ones."""
    timeouts: Mapping[str, float] = _EMPTY
    """Seconds to `connect`, until the `first_byte`, `between_chunks` of an answer, and in `total`."""

    def __repr__(self) -> str:
        return _shown(self, "proxy")


class SelectionConfig(NamedTuple):
    """A model made of others, from `[models.NAME]`; exactly one of `fallback`, `balance` and `route` is given."""

    fallback: tuple[str, ...] | None = None
    """Names of models, best first: the next one is asked when one fails."""
    balance: tuple[str, ...] | None = None
    """Names of models that share the calls."""
    route: tuple[Mapping[str, Any], ...] | None = None
    """Rules `{model, tokens?, tools?, media?}`; the first that fits the request decides."""
    by: str | None = None
    """How `balance` shares: `turns` (the default) or `least_busy`."""
    try_timeout: float | None = None
    """Seconds for each try."""
    rest: float | None = None
    """Seconds for which a model that failed is asked last."""
    on: tuple[str, ...] = ()
    """More kinds of errors at which the next model is asked."""


class LocalConfig(NamedTuple):
    """How local models run; None leaves it to the runtime."""

    threads: int | None = None
    context_length: int | None = None
    """Tokens of prompt and answer together."""
    idle_timeout: float | None = None
    """Seconds without a call after which a model is unloaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that can be set from outside."""

    model: str | None = None
    """The model of `llm()` without a name; None lets the keys in the environment decide."""
    isolation: str = "process"
    limits: Limits = field(default_factory=Limits)
    permissions: Permissions = field(default_factory=Permissions)
    """What spells may do."""
    aliases: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    providers: Mapping[str, ProviderConfig] = field(default_factory=lambda: _EMPTY)
    models: Mapping[str, SelectionConfig] = field(default_factory=lambda: _EMPTY)
    """Models made of others, by names like those of `aliases`."""
    network: NetworkConfig = field(default_factory=NetworkConfig)
    local: LocalConfig = field(default_factory=LocalConfig)
    tools: ToolsConfig = field(default_factory=ToolsConfig)
    mcp: McpConfig | None = None
    """Servers of the Model Context Protocol; None is none."""
    state: Path | None = None
    """The file of what outlives a run; None is a file of the user's for the command line, and memory for a `Host`."""
    cache: bool | float = False
    """Whether the same request gets the same answer again, and for how many seconds; True is for ever."""
    cache_dir: Path | None = None
    """Where downloaded models and remembered answers are kept; None is the system's folder for caches."""
    download_tokenizers: bool = False
    files: tuple[Path, ...] = field(default=(), compare=False)
    """The files that were read, weakest first."""


def _shown(part: ProviderConfig | NetworkConfig, *hidden: str) -> str:
    shown = (f"{name}={value!r}" for name, value in part._asdict().items() if name not in hidden)
    return f"{type(part).__name__}({', '.join(shown)})"


def load(
    cwd: str | Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Config:
    """The settings for a run in `cwd` (the current directory) with the variables of `environ` (the process's).

    `overrides` has the shape of the file, and values of None in it count as not given. Raises `InvalidValueError`
    that names the file, variable or option, the key, and the type that was expected.
    """
    variables = os.environ if environ is None else environ
    merged: dict[str, Any] = {}
    files = _files(os.getcwd() if cwd is None else os.fspath(cwd), variables)
    for file in files:
        written = check(_read(file), str(file), file.parent)
        if "permissions" in written or "mcp" in written:
            _refuse_foreign(file, written)
        _merge(merged, written)
    _merge(merged, from_variables(variables))
    _merge(merged, check(_given(overrides or {}), "options"))
    return _config(merged, tuple(files))


def _config(values: dict[str, Any], files: tuple[Path, ...]) -> Config:
    providers = {name: ProviderConfig(**table) for name, table in values.pop("providers", {}).items()}
    models = {name: _selection(name, table) for name, table in values.pop("models", {}).items()}
    return Config(
        limits=Limits(**values.pop("limits", {})),
        permissions=Permissions(**values.pop("permissions", {})),
        network=NetworkConfig(**values.pop("network", {})),
        local=LocalConfig(**values.pop("local", {})),
        state=values.pop("state", {}).get("path"),
        tools=tools_config(values.pop("tools", {})),
        mcp=_mcp(values.pop("mcp", None)),
        aliases=MappingProxyType(values.pop("aliases", {})),
        providers=MappingProxyType(providers),
        models=MappingProxyType(models),
        files=files,
        **values,
    )


def _mcp(table: dict[str, Any] | None) -> McpConfig | None:
    if table is None:
        return None
    from llmspell.config_mcp import mcp_config  # most projects have no servers

    return mcp_config(table)


def _selection(name: str, table: dict[str, Any]) -> SelectionConfig:
    if len({"fallback", "balance", "route"} & table.keys()) != 1:
        raise InvalidValueError(
            f"models.{name} must have one of fallback, balance and route", hint='such as fallback = ["a/b", "c/d"]'
        )
    return SelectionConfig(**table)


def _files(cwd: str, environ: Mapping[str, str]) -> list[Path]:
    folder = os.path.abspath(cwd)  # resolving links would leave the project that the user sees
    candidates = [os.path.join(folder, FILE)]
    while (parent := os.path.dirname(folder)) != folder and not os.path.isfile(candidates[-1]):
        folder = parent
        candidates.append(os.path.join(folder, FILE))
    found = dict.fromkeys(file for file in (candidates[-1], user_file(environ)) if os.path.isfile(file))
    return [_path(file) for file in found]


def _path(file: str) -> Path:
    from pathlib import Path  # see the top of this module

    return Path(file)


def user_file(environ: Mapping[str, str]) -> str:
    """Where the user's own settings are, whether or not the file exists."""
    if sys.platform in ("darwin", "win32"):
        import platformdirs  # Linux's rule is one line, and start-up time counts

        return os.path.join(platformdirs.user_config_dir("llmspell", appauthor=False), FILE)
    base = environ.get("XDG_CONFIG_HOME") or os.path.join(environ.get("HOME") or "~", ".config")
    return os.path.join(os.path.expanduser(base), "llmspell", FILE)


def user_state(environ: Mapping[str, str]) -> str:
    """The file in which `llmspell` keeps what outlives a run, unless the settings name another one."""
    if sys.platform in ("darwin", "win32"):
        import platformdirs  # as above

        folder = platformdirs.user_data_dir("llmspell", appauthor=False)
    else:
        base = environ.get("XDG_DATA_HOME") or os.path.join(environ.get("HOME") or "~", ".local", "share")
        folder = os.path.join(os.path.expanduser(base), "llmspell")
    return os.path.join(folder, "state.sqlite3")


def _read(file: Path) -> dict[str, Any]:
    import tomllib  # only when there is a file

    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidValueError(f"{file}: not TOML: {error}") from None
    except OSError as error:
        raise InvalidValueError(f"{file} cannot be read: {error.strerror}") from None


def _refuse_foreign(file: Path, written: Mapping[str, Any]) -> None:
    """Nobody else grants rights over what is the user's: the file may lie in a folder above, such as /tmp."""
    if hasattr(os, "geteuid") and os.geteuid() not in (0, file.stat().st_uid) and file.stat().st_uid != 0:
        does = "grants permissions" if "permissions" in written else "names MCP servers"
        raise InvalidValueError(
            f"{file} {does}, but belongs to another user",
            hint="make it your own if you trust it, or run spells elsewhere",
        )


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without the options that were not given."""
    given = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            value = _given(value)
        if value is not None:
            given[key] = value
    return given


def _merge(weaker: dict[str, Any], stronger: Mapping[str, Any], *, adds: bool = False) -> None:
    """Lay the stronger settings over the weaker ones; with `adds`, to lists."""
    for key, value in stronger.items():
        if isinstance(value, dict) and isinstance(weaker.get(key), dict):
            _merge(weaker[key], value, adds=key == "permissions")
        elif adds and key in weaker:
            weaker[key] = tuple(dict.fromkeys((*weaker[key], *value)))
        else:
            weaker[key] = value
