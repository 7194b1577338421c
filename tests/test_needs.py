"""Headers of spells: what a script says it needs."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.errors import InvalidValueError
from llmspell.needs import Need, read_header
from llmspell.permissions import NetRule, Permissions
from llmspell.spell import Spell


def needs_of(source: str) -> list[tuple[str, str, str | None, int]]:
    needs, mistakes = read_header(source)
    assert mistakes == []
    return [(need.kind, need.text, need.why, need.line) for need in needs]


@pytest.mark.parametrize("mark", ["--", "---", "//", "#", "   -- "])
def test_one_line_for_each_need(mark):
    source = f'{mark} @allow read my notes/ "to sum them up"\n{mark}@allow net a.com\nx = 1'
    assert needs_of(source) == [("read", "my notes/", "to sum them up", 1), ("net", "a.com", None, 2)]


def test_tabs_are_spaces_and_a_quote_alone_is_no_reason():
    assert needs_of('--\t@allow\tenv\tTZ\t"so that"\t\n') == [("env", "TZ", "so that", 1)]
    assert needs_of('-- @allow read a"b\n-- @allow read "c\n-- @allow read d ""') == [
        ("read", 'a"b', None, 1),
        ("read", '"c', None, 2),
        ("read", "d", None, 3),
    ]


@pytest.mark.parametrize(
    ("line", "text", "why"),
    [
        ('run git log "my file" "to see \\"all\\" of it"', 'git log "my file"', 'to see "all" of it'),
        ('read a b/ "the \\"best\\" \\\\"', "a b/", 'the "best" \\\\'),
        ('env A "C:\\temp"', "A", "C:\\temp"),
    ],
)
def test_quotes_of_arguments_and_inside_of_reasons(line, text, why):
    assert needs_of(f"-- @allow {line}") == [(line.split()[0], text, why, 1)]


def test_comments_of_many_lines_in_javascript():
    assert needs_of("/**\n * Says hello.\n * @allow env TZ\n */\n/* @allow run git status */\nf();") == [
        ("env", "TZ", None, 3),
        ("run", "git status", None, 5),
    ]


def test_the_header_ends_with_the_first_line_that_runs():
    source = "#!/usr/bin/env llmspell\n\n-- about @allow read nothing\n-- @allow env A\nlocal x\n-- @allow env B\n"
    assert needs_of(source) == [("env", "A", None, 4)]
    assert needs_of("local x -- @allow env A") == []


def test_other_tags_are_let_alone():
    assert needs_of("--- @param a number\n--- @class X\n// @ts-check\n-- ada@example.com @allow env A") == []


def test_lines_may_end_like_windows_ends_them_and_begin_with_a_mark():
    assert needs_of("\ufeff-- @allow env A\r\n-- @allow env B\r\nprint(1)\r\n") == [
        ("env", "A", None, 1),
        ("env", "B", None, 2),
    ]


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("@allow", "there is no permission ''", "kinds are read, write"),
        ("@allow reed notes/", "there is no permission 'reed'", "did you mean read"),
        ("@allow network a.com", "there is no permission 'network'", "did you mean net?"),
        ("@allow models local/*", "there is no permission 'models'", "did you mean model"),
        ("@allow read", "@allow read does not say what", "@allow read notes/"),
        ('@allow read "because"', "@allow read does not say what", "@allow read notes/"),
        ("@allow net a.com/x", "@allow net: 'a.com/x' is no host", "api.example.com"),
        ('@allow read d "the "best" notes"', "@allow read has more quotes than those of the reason", "is written"),
        ('@allow read "my notes" "why"', "@allow read has more quotes", "only the reason at the end"),
        ("@allow read *.txt", "paths have no wildcards", "a folder allows"),
    ],
)
def test_mistakes(line, message, hint):
    needs, mistakes = read_header(f"-- a\n-- {line}\n-- @allow env A")
    assert [need.kind for need in needs] == ["env"]
    assert [(mistake.line, mistake.column, mistake.severity) for mistake in mistakes] == [(2, 4, "error")]
    assert message in mistakes[0].message
    assert hint in str(mistakes[0].hint)


def test_a_tag_that_looks_like_it_is_a_warning():
    needs, [mistake] = read_header("-- @alow env A")
    assert needs == []
    assert mistake == (1, 4, "there is no @alow", "did you mean @allow?", "warning")


@pytest.mark.parametrize(
    "text",
    [
        "x" + " " * 100_000 + "y",
        ("x" + " " * 200) * 500 + '"',
        '"' * 100_000,
        "a/" * 50_000,
        "\\'" * 50_000,
        "x" * 100_000,
    ],
)
@pytest.mark.parametrize("before", ["", "@", "@allow ", "@allow read ", "@allow run ", "@allow net "])
def test_a_long_line_is_soon_read(before, text):
    needs, mistakes = read_header(f"-- {before}{text}\n" * 3)
    assert needs == []
    assert all(len(mistake.message) < 500 for mistake in mistakes)


def test_a_spell_has_its_needs():
    spell = Spell(source="-- @allow env TZ\nreturn 1", language="lua", name="a.lua")
    assert spell.needs == (Need(kind="env", text="TZ", rule="TZ", line=1),)
    assert spell.needs[0].flag == "--allow-env=TZ"
    assert Spell(source="return 1", language="lua", name="a.lua").needs == ()


def test_a_spell_points_to_a_mistake():
    spell = Spell(source="-- x\n-- @allow nett a.com", language="lua", name="a.lua")
    with pytest.raises(InvalidValueError, match="there is no permission 'nett'") as caught:
        _ = spell.needs
    error = caught.value
    assert (error.file, error.line, error.column) == ("a.lua", 2, 4)
    assert error.source_line == "-- @allow nett a.com"


HERE = os.path.realpath(os.getcwd())


@pytest.mark.parametrize(
    ("line", "permissions", "met"),
    [
        ("read notes/", Permissions(), False),
        ("read notes/", Permissions(read=(HERE,)), True),
        ("read notes/", Permissions(read=(f"{HERE}/notes/a",)), False),
        ("read notes/", Permissions(write=(HERE,)), False),
        ("read *", Permissions(read=("/",)), False),
        ("write llmspell.toml", Permissions(write=(HERE,)), False),
        ("net a.com", Permissions(net=(NetRule("*"),)), True),
        ("net a.com", Permissions(net=(NetRule("a.com", 443),)), False),
        ("net a.com:443", Permissions(net=(NetRule("a.com"),)), True),
        ("net a.com", Permissions(net=(NetRule("a.com", methods=("GET",)),)), False),
        ("net GET@a.com", Permissions(net=(NetRule("a.com", methods=("GET", "HEAD")),)), True),
        ("net 127.0.0.1", Permissions(net=(NetRule("*"),)), False),
        ("net *.a.com", Permissions(net=(NetRule("*"),)), True),
        ("env AWS_*", Permissions(env=("AWS_REGION",)), False),
        ("env AWS_REGION", Permissions(env=("AWS_*",)), True),
        ("run git status", Permissions(run=(("git",),)), True),
        ("run git", Permissions(run=(("git", "status"),)), False),
        ("model local/*", Permissions(), True),
        ("model local/*", Permissions(models=("local/a",)), False),
        ("tool sum", Permissions(), True),
        ("tool sum", Permissions(tools=()), False),
    ],
)
def test_what_meets_a_need(line, permissions, met):
    ([need], []) = read_header(f"-- @allow {line}")
    assert need.is_met_by(permissions) == met
    assert need.is_met_by(Permissions.all())


@given(st.text(st.sampled_from('-/#*@ \t\n"alowredntxyz.:,[]\\'), max_size=60))
def test_any_text_has_a_header(text):
    needs, mistakes = read_header(text + "\n-- @allow " + text)
    assert all(need.rule in need.permissions.narrowed(Permissions.all()).read for need in needs if need.kind == "read")
    assert all(mistake.message for mistake in mistakes)
