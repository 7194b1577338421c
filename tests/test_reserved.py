"""Files that a host believes: no spell writes, moves or removes them with the folder in which they lie."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import llmspell
from llmspell import Config, Host, Permissions, Spell
from llmspell.config_mcp import McpConfig
from llmspell.errors import LlmspellError

TRY = {
    "lua": """
        local function said(ok, error) return ok and "done" or error.kind end
        local method, args = params[1], params[2]
        return said(pcall(fs[method], table.unpack(args)))
    """,
    "js": """
        const [method, args] = params;
        let said = "done";
        try { await fs[method](...args) } catch (error) { said = error.kind }
        export default said;
    """,
}

both = [
    pytest.mark.parametrize("language", TRY),
    pytest.mark.parametrize("isolation", ["inline", "process"]),
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that spells may write, with all that a host believes."""
    project = tmp_path.resolve() / "project"
    (project / "data").mkdir(parents=True)
    (project / "nested").mkdir()
    (project / "alias").symlink_to("data")
    for name in ("llmspell.toml", "data/state.sqlite3", "mcp.json", "free.txt", "nested/llmspell.toml"):
        (project / name).write_text("")
    monkeypatch.chdir(project)
    return project


def allowed(project: Path) -> Permissions:
    return Permissions(read=(str(project),), write=(str(project),))


def settings(project: Path) -> Config:
    files = (project / "llmspell.toml",)
    return Config(state=project / "alias" / "state.sqlite3", mcp=McpConfig(file=project / "mcp.json"), files=files)


def attempt(language: str, isolation: str, project: Path, method: str, *args: Any) -> Any:
    spell = Spell(name=f"a.{language}", language=language, source=TRY[language])
    return llmspell.run(
        spell,
        params=[method, list(args)],
        config=settings(project),
        permissions=allowed(project),
        isolation=isolation,
    ).value


class TestSpells:
    pytestmark = both

    @pytest.mark.parametrize("folder", ["data", "alias"])
    @pytest.mark.parametrize("ending", ["", "-journal", "-wal", "-shm"])
    def test_do_not_write_the_database_nor_what_sqlite_reads_beside_it(
        self, language, isolation, project, folder, ending
    ):
        name = f"{folder}/state.sqlite3{ending}"
        before = sorted(os.listdir("data"))
        assert attempt(language, isolation, project, "write", name, "x") == "permission"
        assert attempt(language, isolation, project, "move", "free.txt", name) == "permission"
        assert attempt(language, isolation, project, "copy", "free.txt", name) == "permission"
        assert sorted(os.listdir("data")) == before

    def test_do_not_write_the_list_of_servers(self, language, isolation, project):
        assert attempt(language, isolation, project, "write", "mcp.json", "{}") == "permission"
        assert attempt(language, isolation, project, "remove", "mcp.json") == "permission"

    @pytest.mark.parametrize("name", ["data", "alias", "."])
    def test_do_not_move_or_remove_what_leads_there(self, language, isolation, project, name):
        folder = os.path.normpath(project / name)
        assert attempt(language, isolation, project, "move", folder, "elsewhere") == "permission"
        assert attempt(language, isolation, project, "remove", folder, {"recursive": True}) == "permission"
        assert (project / "data" / "state.sqlite3").exists()
        assert (project / "alias").is_symlink()

    def test_do_not_remove_settings_with_their_folder(self, language, isolation, project):
        assert attempt(language, isolation, project, "remove", "nested", {"recursive": True}) == "permission"
        assert (project / "nested" / "llmspell.toml").exists()

    def test_may_do_as_they_like_beside_them(self, language, isolation, project):
        assert attempt(language, isolation, project, "write", "data/other.sqlite3-journal", "x") == "done"
        assert attempt(language, isolation, project, "move", "data/other.sqlite3-journal", "moved") == "done"
        assert attempt(language, isolation, project, "remove", "moved") == "done"


def test_who_may_write_everything_may_write_them_too(project: Path) -> None:
    spell = Spell(name="a.lua", language="lua", source='fs.write("mcp.json", "{}")')
    llmspell.run(spell, config=settings(project), permissions=Permissions.all())
    assert (project / "mcp.json").read_text() == "{}"


def test_it_is_not_written_by_name_either(project: Path) -> None:
    spell = Spell(name="a.lua", language="lua", source="fs.write(params.file, '{}')")
    named = Permissions(write=tuple(str(project / name) for name in ("mcp.json", "llmspell.toml")))
    with pytest.raises(
        LlmspellError, match=r"may not write 'mcp\.json', because llmspell keeps its own data"
    ) as refused:
        llmspell.run(spell, params={"file": "mcp.json"}, config=settings(project), permissions=named)
    assert "--allow-write" not in (refused.value.hint or "")
    llmspell.run(spell, params={"file": "llmspell.toml"}, config=settings(project), permissions=named)
    assert (project / "llmspell.toml").read_text() == "{}"


def test_where_it_is_shows_to_nobody_who_may_not_write_there(project: Path) -> None:
    spell = Spell(name="a.lua", language="lua", source="fs.write('data/state.sqlite3', '{}')")
    elsewhere = Permissions(write=(str(project / "nested"),))
    with pytest.raises(LlmspellError, match=r"may not write 'data/state\.sqlite3'$"):
        llmspell.run(spell, config=settings(project), permissions=elsewhere)


def test_tools_do_not_write_it_either(project: Path) -> None:
    source = "return tools.sqlite_query{database='data/state.sqlite3', sql='CREATE TABLE t (a)', write=true}"
    spell = Spell(name="a.lua", language="lua", source=source)
    with pytest.raises(LlmspellError, match="llmspell keeps its own data there"):
        llmspell.run(spell, config=settings(project), permissions=allowed(project))


def test_a_host_keeps_its_own_file_from_its_spells_and_tools(project: Path) -> None:
    host = Host(state=project / "own.sqlite3", permissions=allowed(project))
    for permissions in (host.permissions, host.guarded(allowed(project))):
        assert not permissions.may_write(str(project / "own.sqlite3-wal"))
        assert permissions.may_write(str(project / "free.txt"))
    assert Host(permissions=allowed(project)).permissions == allowed(project)
