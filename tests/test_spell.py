"""Spells in files, and the modules beside them."""

import os

import pytest

from llmspell.errors import InvalidValueError, NotFoundError
from llmspell.spell import Spell, load_module


def test_the_ending_tells_the_language(tmp_path):
    for name, language in (("a.lua", "lua"), ("a.js", "js"), ("a.mjs", "js")):
        (tmp_path / name).write_text("x")
        spell = Spell.load(tmp_path / name)
        assert (spell.language, spell.source, spell.name) == (language, "x", str(tmp_path / name))
        assert spell.folder == str(tmp_path)


def test_a_language_may_be_given(tmp_path):
    (tmp_path / "spell").write_text("return 1")
    assert Spell.load(tmp_path / "spell", "lua5.5").language == "lua5.5"


@pytest.mark.parametrize(
    ("name", "content", "language", "error", "message"),
    [
        ("missing.lua", None, None, NotFoundError, "there is no file"),
        ("a.txt", b"x", None, InvalidValueError, "cannot tell the language"),
        ("a.lua", b"\xff\xfe", None, InvalidValueError, "is not UTF-8 text"),
        ("a.lua", b"x", "cobol", NotFoundError, "there is no language 'cobol'"),
        (".", None, "lua", InvalidValueError, "cannot read"),
        ("a\0b.lua", None, None, InvalidValueError, "cannot read"),
    ],
)
def test_a_file_that_is_no_spell(tmp_path, name, content, language, error, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=message):
        Spell.load(f"{tmp_path}/{name}", language)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("hallo.js", "did you mean hello.js?"),
        ("Hello", "did you mean hello.js or hello.lua?"),
        ("sumarize", "did you mean summarize?"),
        ("./sumarize", "check the path"),
        ("none/hello.js", "check the path"),
        ("qqq", "check the path"),
    ],
)
def test_a_misspelt_file_is_told_what_is_there(tmp_path, monkeypatch, name, hint):
    for file in ("hello.lua", "hello.js", "notes.txt"):
        (tmp_path / file).write_text("return 1")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFoundError) as caught:
        Spell.load(name)
    assert caught.value.hint == hint


@pytest.fixture
def spell(tmp_path):
    folder = tmp_path / "spells"
    (folder / "lib" / "pack").mkdir(parents=True)
    (tmp_path / "outside.lua").write_text("outside")
    for name in ("main.lua", "util.lua", "lib/deep.lua", "lib/pack/init.lua", "data"):
        (folder / name).write_text(name)
    (folder / "disguise.lua").symlink_to(folder / "data")
    (folder / "link.lua").symlink_to(tmp_path / "outside.lua")
    (folder / "inner.lua").symlink_to(folder / "util.lua")
    return Spell.load(folder / "main.lua")


@pytest.mark.parametrize(
    ("specifier", "importer", "found"),
    [
        ("util", "main.lua", "util.lua"),
        ("./util", "main.lua", "util.lua"),
        ("./util.lua", "main.lua", "util.lua"),
        ("lib.deep", "main.lua", "lib/deep.lua"),
        ("lib/deep", "main.lua", "lib/deep.lua"),
        ("lib.pack", "main.lua", "lib/pack/init.lua"),
        ("./lib/../util", "main.lua", "util.lua"),
        ("../util", "lib/deep.lua", "util.lua"),
        ("./pack", "lib/deep.lua", "lib/pack/init.lua"),
        ("inner", "main.lua", "inner.lua"),
    ],
)
def test_modules_are_found(spell, specifier, importer, found):
    module = load_module(spell, specifier, f"{spell.folder}/{importer}")
    assert module["name"] == f"{spell.folder}/{found}"
    assert module["source"] == ("util.lua" if found == "inner.lua" else found)


@pytest.mark.parametrize(
    "specifier",
    [
        "missing",
        "",
        ".",
        "..",
        "lib",
        "../outside",
        "../outside.lua",
        "./../outside.lua",
        "lib/../../outside.lua",
        "link",
        "data",
        "./data",
        "disguise",
        "/etc/passwd",
        "//etc/passwd",
        "\0",
        "util\0",
        "../spells/../outside.lua",
        "x" * 5000,
        "a/" * 4_000_000,
    ],
)
@pytest.mark.parametrize(
    "importer", ["main.lua", "lib/deep.lua", "../../../evil.lua", "/etc/x.lua", "\0", "", "b/" * 4_000_000]
)
def test_nothing_else_is_read(spell, specifier, importer):
    with pytest.raises(NotFoundError, match="no module"):
        load_module(spell, specifier, importer)


def test_a_script_that_is_too_large_is_not_read(spell):
    with open(f"{spell.folder}/huge.lua", "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InvalidValueError, match=r"huge\.lua' is larger than 16 MiB"):
        load_module(spell, "huge", "main.lua")


def test_a_spell_without_a_folder_has_no_modules():
    spell = Spell(source="", language="lua", name="text")
    with pytest.raises(NotFoundError, match="this spell has no folder"):
        load_module(spell, "util", "text")


def test_a_file_name_that_is_no_text_is_shown_as_near_as_can_be(tmp_path):
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.lua")
    with open(name, "w") as file:
        file.write("return 1")
    assert Spell.load(name).name == str(tmp_path / "\ufffd.lua")


@pytest.mark.parametrize(("name", "source"), [("a", "return '\udcff'"), ("\udcff", "return 1")])
def test_half_a_surrogate_pair_is_no_text(name, source):
    with pytest.raises(InvalidValueError, match="is not valid Unicode text"):
        Spell(source=source, language="lua", name=name)
