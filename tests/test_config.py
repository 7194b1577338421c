"""Settings: where they come from, which one wins, and what is said about mistakes."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.config import Config, LocalConfig, NetworkConfig, ProviderConfig, SelectionConfig, load, user_file
from llmspell.config_schema import VARIABLES, size
from llmspell.config_tools import ToolsConfig, WebSearchConfig
from llmspell.errors import InvalidValueError
from llmspell.limits import Limits
from llmspell.permissions import NetRule, Permissions

FULL = """
model = "fast"
isolation = "inline"
cache_dir = "models"
download_tokenizers = true

[limits]
memory = "32MB"
cpu = 2.5
timeout = 60
max_calls = 10
max_output = 1000

[aliases]
fast = "openai/gpt-5-nano"

[providers.here]
base_url = "http://127.0.0.1:8080/v1"
api_key_env = "HERE_KEY"
wire = "openai-chat"
timeout = 120
default_model = "m"
dialect = {max_tokens = "max_completion_tokens", stream_usage = false}
headers = { x-title = "spells" }

[local]
threads = 1
context_length = 2048
idle_timeout = 30
"""


@pytest.fixture
def places(tmp_path):
    """A project with a folder inside, and a home."""
    project, home = tmp_path / "project", tmp_path / "home"
    (project / "deep" / "inside").mkdir(parents=True)
    (home / ".config" / "llmspell").mkdir(parents=True)
    return project, home


def written(folder: Path, text: str) -> Path:
    file = folder / "llmspell.toml"
    file.write_text(text, encoding="utf-8")
    return file


def loaded(places, environ=None, overrides=None, cwd=None):
    project, home = places
    return load(cwd or project, {"HOME": str(home)} | (environ or {}), overrides)


def test_the_defaults_read_nothing(places):
    assert loaded(places) == Config()
    assert Config().limits == Limits()


def test_a_full_file(places):
    project, _ = places
    file = written(project, FULL)
    config = loaded(places)
    assert config == Config(
        model="fast",
        isolation="inline",
        cache_dir=project / "models",
        download_tokenizers=True,
        limits=Limits(memory=32 << 20, cpu=2.5, timeout=60, max_calls=10, max_output=1000),
        aliases={"fast": "openai/gpt-5-nano"},
        providers={
            "here": ProviderConfig(
                base_url="http://127.0.0.1:8080/v1",
                api_key_env="HERE_KEY",
                wire="openai-chat",
                timeout=120,
                default_model="m",
                dialect={"max_tokens": "max_completion_tokens", "stream_usage": False},
                headers={"x-title": "spells"},
            )
        },
        local=LocalConfig(threads=1, context_length=2048, idle_timeout=30),
    )
    assert config.files == (file,)


def test_the_nearest_file_above_is_the_projects(places):
    project, _ = places
    written(project, 'model = "outer/m"')
    assert loaded(places, cwd=project / "deep" / "inside").model == "outer/m"
    written(project / "deep", 'model = "inner/m"')
    assert loaded(places, cwd=project / "deep" / "inside").model == "inner/m"


def test_the_stronger_place_wins(places):
    project, home = places
    written(project, 'model = "project/m"\n[limits]\ncpu = 1\ntimeout = 1\nmax_calls = 1\nmax_output = 1')
    assert loaded(places).model == "project/m"
    written(home / ".config" / "llmspell", 'model = "user/m"\n[limits]\ntimeout = 2\nmax_calls = 2\nmax_output = 2')
    assert loaded(places).model == "user/m"
    variables = {"LLMSPELL_MODEL": "variable/m", "LLMSPELL_MAX_CALLS": "3", "LLMSPELL_MAX_OUTPUT": "3"}
    assert loaded(places, variables).model == "variable/m"
    flags = {"model": "flag/m", "limits": {"max_output": 4, "cpu": None}}
    config = loaded(places, variables, flags)
    assert config.model == "flag/m"
    assert config.limits == Limits(cpu=1, timeout=2, max_calls=3, max_output=4)
    assert [file.parent.name for file in config.files] == ["project", "llmspell"]


def test_tables_of_names_are_joined(places):
    project, home = places
    written(project, '[aliases]\na = "x/1"\nb = "x/1"\n[providers.here]\nbase_url = "http://a"\ntimeout = 1')
    written(home / ".config" / "llmspell", '[aliases]\nb = "x/2"\n[providers.here]\ntimeout = 2')
    config = loaded(places)
    assert config.aliases == {"a": "x/1", "b": "x/2"}
    assert config.providers["here"] == ProviderConfig(base_url="http://a", timeout=2)


def test_where_the_users_file_is():
    home = {"HOME": "/home/ada"}
    assert user_file(home | {"XDG_CONFIG_HOME": "/etc/ada"}) == "/etc/ada/llmspell/llmspell.toml"
    if sys.platform == "linux":
        assert user_file(home) == "/home/ada/.config/llmspell/llmspell.toml"


def test_every_variable_is_read(places):
    texts = {
        "LLMSPELL_MODEL": "a/b",
        "LLMSPELL_ISOLATION": "inline",
        "LLMSPELL_MEMORY": "64MB",
        "LLMSPELL_CPU": "0.5",
        "LLMSPELL_CACHE_DIR": "/cache",
        "LLMSPELL_STATE": "/state.sqlite3",
        "LLMSPELL_DOWNLOAD_TOKENIZERS": "yes",
        "LLMSPELL_ALLOW_READ": "/data,/with,,comma",
        "LLMSPELL_ALLOW_WRITE": "/out",
        "LLMSPELL_ALLOW_NET": "GET,HEAD@a.example.com,b.example.com",
    }
    config = loaded(places, dict.fromkeys(VARIABLES, "7") | texts)
    assert config == Config(
        model="a/b",
        isolation="inline",
        limits=Limits(memory=64 << 20, cpu=0.5, timeout=7, max_calls=7, max_output=7, max_cost=7, max_tokens=7),
        tools=ToolsConfig(web_search=WebSearchConfig(provider="7")),
        cache=7,
        cache_dir=Path("/cache"),
        state=Path("/state.sqlite3"),
        download_tokenizers=True,
        local=LocalConfig(threads=7, context_length=7, idle_timeout=7),
        permissions=Permissions(
            read=("/data", "/with,comma"),
            write=("/out",),
            net=(NetRule("a.example.com", methods=("GET", "HEAD")), NetRule("b.example.com")),
            env=("7",),
            run=(("7",),),
            models=("7",),
            tools=("7",),
        ),
    )


def test_empty_variables_are_not_set(places):
    assert loaded(places, dict.fromkeys(VARIABLES, "")) == Config()


def test_grants_of_all_places_add_up(places):
    project, home = places
    written(project, '[permissions]\nread = "data"\nmodels = ["local/*"]\n')
    written(home / ".config" / "llmspell", '[permissions]\nread = ["~/notes", "data"]\nenv = "TZ"\n')
    found = loaded(places, {"LLMSPELL_ALLOW_ENV": "HOME", "LLMSPELL_ALLOW_MODEL": "here/m"}).permissions
    settings = (home / ".config" / "llmspell").resolve()
    notes = str(Path("~/notes").expanduser().resolve())
    assert found.read == (str(project.resolve() / "data"), notes, str(settings / "data"))
    assert found.env == ("TZ", "HOME")
    assert found.models == ("local/*", "here/m")


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such owner")
def test_a_file_of_somebody_else_grants_nothing(places, monkeypatch):
    project, _ = places
    file = written(project, '[permissions]\nread = "data"\n')
    owner = file.stat().st_uid
    for user, allowed in ((0, True), (owner, True), (owner + 1, owner == 0)):
        monkeypatch.setattr("os.geteuid", lambda user=user: user)
        if allowed:
            assert loaded(places).permissions.read
        else:
            with pytest.raises(InvalidValueError, match="grants permissions, but belongs to another user"):
                loaded(places)
    written(project, 'model = "a/b"\n')
    assert loaded(places).model == "a/b"


MISTAKES = [
    ('[permissions]\nreed = "x"', "there is no setting permissions.reed"),
    ("[permissions]\nread = 5", "permissions.read must be a rule or a list of rules, not 5"),
    ('[permissions]\nread = ["*.txt"]', "permissions.read: paths have no wildcards"),
    ('[permissions]\nnet = "http://a/b"', "permissions.net: 'a/b' is no host"),
    ('[permissions]\nnet = [{host = "a", port = 0}]', "permissions.net: a port is a number from 1 to 65535, not 0"),
    ("model = 5", "model must be text, not 5"),
    ('isolation = "none"', 'isolation must be "process" or "inline", not \'none\''),
    ('[limits]\nmemory = "much"', "limits.memory must be a size"),
    ("[limits]\nmemory = true", "limits.memory must be a size"),
    ("[limits]\ncpu = 0", "limits.cpu must be a number of seconds above 0, not 0"),
    ("[limits]\ncpu = inf", "limits.cpu must be a number of seconds above 0"),
    ("[limits]\nmax_calls = 1.5", "limits.max_calls must be a whole number above 0, not 1.5"),
    ("limits = 3", "limits must be a table, not 3"),
    ("[model]\nname = 'x'", "model must be text, not a table"),
    ("[aliases]\na = 1", "aliases.a must be text, not 1"),
    ('[providers.x]\nbase_url = "localhost:80"', "providers.x.base_url must be a URL"),
    ("[providers.x]\nheaders = { a = 1 }", "providers.x.headers must be a table of texts"),
    ("cache = 0", "cache must be true, false or a number of seconds above 0, not 0"),
    ("[providers.x.limits]\nrpm = 0", "providers.x.limits.rpm must be a whole number above 0, not 0"),
    ("[providers.x]\napi_key_envs = 'KEY'", "providers.x.api_key_envs must be a list of names of environment"),
    ("[models.x]\nfallback = []", "models.x.fallback must be a list of texts"),
    ("[models.x]\nroute = [{tokens = 1}]", "models.x.route must be a list of rules such as {model = "),
    ("[models.x]\nroute = [{model = 'a/b', tools = 1}]", "models.x.route must be a list of rules"),
    ("[models.x]\nbalance = ['a/b']\nby = 'luck'", 'models.x.by must be "turns" or "least_busy", not \'luck\''),
    ("download_tokenizers = 1", "download_tokenizers must be true or false, not 1"),
    ("model = ", "not TOML"),
    ("model = '" + "x" * 200, "not TOML"),
]


def test_models_made_of_others(places):
    written(
        places[0],
        """
        cache = true
        [providers.x]
        api_key_envs = ["A", "B"]
        limits = {rpm = 5, tpm = 1000, concurrent = 2}
        [models.first]
        fallback = ["a/b", "c/d"]
        try_timeout = 5
        on = ["auth"]
        [models.shared]
        balance = ["a/b", "c/d"]
        by = "least_busy"
        rest = 9
        [models.routed]
        route = [{model = "a/b", tokens = 100, tools = false}, {model = "c/d", media = true}]
        """,
    )
    config = loaded(places)
    assert config.cache is True
    assert config.providers["x"] == ProviderConfig(
        api_key_envs=("A", "B"), limits={"rpm": 5, "tpm": 1000, "concurrent": 2}
    )
    assert config.models == {
        "first": SelectionConfig(fallback=("a/b", "c/d"), try_timeout=5, on=("auth",)),
        "shared": SelectionConfig(balance=("a/b", "c/d"), by="least_busy", rest=9),
        "routed": SelectionConfig(
            route=({"model": "a/b", "tokens": 100, "tools": False}, {"model": "c/d", "media": True})
        ),
    }


@pytest.mark.parametrize("table", ["rest = 1", "fallback = ['a/b']\nbalance = ['c/d']"])
def test_a_model_is_made_in_one_way(places, table):
    written(places[0], f"[models.smart]\n{table}")
    with pytest.raises(InvalidValueError, match=r"models\.smart must have one of fallback, balance and route"):
        loaded(places)


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_mistakes_name_file_key_and_type(places, text, message):
    file = written(places[0], text)
    with pytest.raises(InvalidValueError) as failed:
        loaded(places)
    assert failed.value.message.startswith(f"{file}: {message}")


@pytest.mark.parametrize(
    "text",
    [
        "[providers.x]\nbase_url = 'htp://user:planted@host'",
        "[providers.x]\nproxy = 'socks5://user:planted@host'",
        "[providers.x]\napi_key_env = 'sk-planted'",
        "[providers.x]\napi_key_envs = ['GOOD', 'sk-planted']",
        "[tools.web_search]\napi_key_env = 'sk-planted'",
    ],
)
def test_mistakes_do_not_show_what_may_be_secret(places, text):
    written(places[0], text)
    with pytest.raises(InvalidValueError, match=" must be ") as failed:
        loaded(places)
    assert "planted" not in str(failed.value.to_data())


def test_the_name_of_a_provider_ends_at_its_slash(places):
    written(places[0], "[providers.'a/b']\nbase_url = 'http://x'")
    with pytest.raises(InvalidValueError, match=r"providers\.a/b: a provider has no / in its name"):
        loaded(places)


def test_mistakes_in_variables_and_options_name_those(places):
    with pytest.raises(InvalidValueError, match=r"^LLMSPELL_CPU must be a number"):
        loaded(places, {"LLMSPELL_CPU": "fast"})
    with pytest.raises(InvalidValueError, match=r"^options: limits\.timeout must be a number"):
        loaded(places, overrides={"limits": {"timeout": -1}})


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("modle = 'x'", "modle", "did you mean model or models?"),
        ("[limits]\nmemry = 1", "limits.memry", "did you mean memory?"),
        ("[local]\nqqq = 1", "local.qqq", "known are threads, context_length, idle_timeout"),
        ("[providers.x]\napi_key = 'sk-1'", "providers.x.api_key", "api_key_env"),
    ],
)
def test_unknown_settings(places, text, place, hint):
    written(places[0], text)
    with pytest.raises(InvalidValueError, match=f"there is no setting {place}") as failed:
        loaded(places)
    assert hint in failed.value.hint


def test_a_file_that_cannot_be_decoded(places):
    file = places[0] / "llmspell.toml"
    file.write_bytes(b"model = '\xff'")
    with pytest.raises(InvalidValueError, match="not TOML"):
        loaded(places)


def test_the_configuration_is_frozen(places):
    written(places[0], FULL)
    config = loaded(places)
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.model = "other"
    for part in (config.network, config.local, config.providers["here"]):
        with pytest.raises(AttributeError):
            part.timeout = 1
    with pytest.raises(TypeError):
        config.aliases["x"] = "y"
    with pytest.raises(TypeError):
        config.providers["x"] = ProviderConfig()


def test_what_may_hold_a_key_is_in_no_repr():
    secret = {"x-key": "secret"}
    own = ProviderConfig(base_url="http://secret", headers=secret, query=secret, proxy="http://secret", timeout=2)
    config = Config(providers={"here": own}, network=NetworkConfig(proxy="http://secret", timeouts={"total": 5}))
    assert "secret" not in repr(config)
    assert "timeout=2" in repr(config)
    assert "timeouts={'total': 5}" in repr(config)


SIZES = {
    "64MB": 64 << 20,
    "64 MiB": 64 << 20,
    "64m": 64 << 20,
    "1.5G": 3 << 29,
    "512": 512,
    "512B": 512,
    "8kb": 8192,
    1024: 1024,
    "": None,
    "MB": None,
    "0MB": None,
    "-1MB": None,
    "1TB": None,
    "nan": None,
    0: None,
    True: None,
    None: None,
    0.5: None,
}


@pytest.mark.parametrize(("written", "expected"), SIZES.items())
def test_sizes(written, expected):
    assert size(written) == expected


@given(st.text())
def test_no_text_breaks_the_reading_of_sizes(text):
    result = size(text)
    assert result is None or result > 0


def test_without_files_nothing_heavy_is_imported():
    code = """
import sys
from llmspell.config import load
load("/", {})
sys.exit(", ".join({"tomllib", "platformdirs", "asyncio", "httpx2", "pydantic", "difflib"} & set(sys.modules)) or 0)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
