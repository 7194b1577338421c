"""The house stands: what is public, what is light, and how it is packed."""

import importlib
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import distribution, entry_points
from pathlib import Path

import pytest

import llmspell
from llmspell import languages

ROOT = Path(__file__).parent.parent

CAST = """
import json, sys, llmspell
lua = llmspell.run(llmspell.Spell(source="return {n = params.n + 1}", language="lua", name="a"), params={"n": 1})
js = llmspell.run(llmspell.Spell(source="export default {n: params.n + 1}", language="js", name="a"), params={"n": 1})
shipped = llmspell.Spell.shipped("summarize")
text = llmspell.run(llmspell.Spell(source="return #require('llmspell:text').chunks('ab', 1)", language="lua", name="a"))
print(json.dumps([llmspell.__file__, lua.value, js.value, [shipped.folder, text.value]]))
"""


def cast(*paths: Path) -> list:
    """Run a spell of each language, in worker processes, with these folders first on the path."""
    path = [str(folder) for folder in paths]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}\n{CAST}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=sysconfig.get_path("data"),
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_public_names_are_sorted_and_there():
    assert sorted(llmspell.__all__) == llmspell.__all__
    for name in llmspell.__all__:
        assert getattr(llmspell, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        llmspell.nonsense  # noqa: B018  # the access is the test


def test_shipped_languages_are_the_entry_points():
    found = {entry.name: entry.value for entry in entry_points(group=languages.GROUP)}
    assert found == languages.SHIPPED


def test_every_language_is_found_by_its_dialects_and_its_files():
    for target in languages.SHIPPED.values():
        bridge = importlib.import_module(target.partition(":")[0]).bridge
        assert bridge.language in bridge.dialects
        assert all(languages.bridge_of(dialect) is bridge for dialect in bridge.dialects)
        assert all(languages.bridge_for(f"x{suffix}") is bridge for suffix in bridge.suffixes)
    assert languages.bridge_for("notes.txt") is None


HEAVY = (
    "asyncio",
    "ssl",
    "pydantic",
    "httpx2",
    "aiohttp",
    "uvloop",
    "rich",
    "click",
    "tiktoken",
    "importlib.metadata",
    "lupa",
    "_quickjs",
)


@pytest.mark.parametrize(
    "module", ["llmspell", "llmspell.host", "llmspell.workers.remote", "llmspell_lua", "llmspell_js"]
)
def test_imports_are_light(module):
    source = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-I", "-c", source], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_the_editable_install_runs_both_languages():
    url = json.loads(distribution("llmspell").read_text("direct_url.json") or "{}")
    assert url.get("dir_info", {}).get("editable") is True
    where, *values = cast()
    assert Path(where) == ROOT / "llmspell" / "__init__.py"
    assert values == [{"n": 2}, {"n": 2}, [str(ROOT / "scripts"), 2]]


def test_the_extra_all_is_every_other_one():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    (everything,) = extras.pop("all")
    assert sorted(re.findall(r"\w+", everything)) == sorted([*extras, "llmspell"])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, ROOT],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_all_that_the_source_tree_does(wheel):
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    packages = {"llmspell": ROOT, "llmspell_lua": ROOT / "bridges", "llmspell_js": ROOT / "bridges"}
    there = {
        str(file.relative_to(home))
        for name, home in packages.items()
        for file in (home / name).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    scripts = ROOT / "scripts"
    there |= {f"llmspell/spellbook/{file.relative_to(scripts)}" for file in scripts.rglob("*.*") if file.is_file()}
    assert packed == there


def test_a_wheel_of_the_source_distribution_is_the_same(wheel, tmp_path):
    def build(kind: str, where: Path, into: Path) -> Path:
        source = f"from hatchling.build import build_{kind}; print(build_{kind}({str(into)!r}))"
        command = [sys.executable, "-c", source]
        done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return into / done.stdout.split()[-1]

    shutil.unpack_archive(build("sdist", ROOT, tmp_path), tmp_path, filter="data")
    (unpacked,) = (path for path in tmp_path.iterdir() if path.is_dir())
    again = build("wheel", unpacked, tmp_path)
    assert zipfile.ZipFile(again).namelist() == zipfile.ZipFile(wheel).namelist()


def test_the_wheel_runs_both_languages(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    where, *values = cast(tmp_path)
    assert Path(where) == tmp_path / "llmspell" / "__init__.py"
    assert values == [{"n": 2}, {"n": 2}, [str(tmp_path.resolve() / "llmspell" / "spellbook"), 2]]
