"""What permissions allow: each kind of question, against a reference, and that they only ever shrink."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.errors import InvalidValueError, PermissionDeniedError
from llmspell.grants import together
from llmspell.permissions import KEYS, KINDS, NetRule, Permissions, denied, entry, flag

# Small alphabets, so that rules and questions meet

SEGMENTS = st.sampled_from(["a", "b", "ab", "a b", "llmspell.toml", "LLMSPELL.toml"])
PATHS = st.one_of(st.just("/"), st.lists(SEGMENTS, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts)))
RULE_PATHS = st.one_of(PATHS, st.just("*"))
NAMES = st.text("abA_/", min_size=1, max_size=4)
RULE_NAMES = st.one_of(NAMES, NAMES.map(lambda name: name + "*"), st.just("*"))
WORDS = st.sampled_from(["git", "status", "-v"])
COMMANDS = st.lists(WORDS, min_size=1, max_size=3).map(tuple)
RULE_COMMANDS = st.one_of(COMMANDS, st.just(("*",)))
ADDRESSES = st.sampled_from(
    ["8.8.8.8", "8.8.4.4", "127.0.0.1", "10.0.0.1", "10.1.0.1", "169.254.169.254", "::1", "2606:4700::1", "fe80::1"]
)
HOSTS = st.one_of(
    ADDRESSES, st.sampled_from(["a.com", "b.a.com", "c.b.a.com", "com", "localhost", "x.localhost", "xa.com"])
)
RULE_HOSTS = st.one_of(
    HOSTS,
    st.sampled_from(["*", "*.com", "*.a.com", "*.b.a.com", "*.localhost", "10.0.0.0/8", "10.0.0.0/16"]),
    st.sampled_from(["0.0.0.0/0", "::/0", "127.0.0.0/8", "8.8.8.0/24", "fe80::/10"]),
)
METHODS = st.sampled_from(["GET", "HEAD", "POST"])
PORTS = st.sampled_from([80, 443])
NET_RULES = st.builds(NetRule, RULE_HOSTS, st.none() | PORTS, st.lists(METHODS, max_size=2, unique=True).map(tuple))


def several(rules):
    return st.lists(rules, max_size=3).map(tuple)


PERMISSIONS = st.builds(
    Permissions,
    read=several(RULE_PATHS),
    write=several(RULE_PATHS),
    net=several(NET_RULES),
    env=several(RULE_NAMES),
    run=several(RULE_COMMANDS),
    models=st.none() | several(RULE_NAMES),
    tools=st.none() | several(RULE_NAMES),
    reserved=several(PATHS),
)
QUESTIONS = st.one_of(
    st.tuples(st.just("may_read"), PATHS),
    st.tuples(st.just("may_write"), PATHS),
    st.tuples(st.just("may_displace"), PATHS),
    st.tuples(st.just("may_connect"), st.just("https"), HOSTS, PORTS, METHODS),
    st.tuples(st.just("may_reach"), HOSTS, PORTS, ADDRESSES),
    st.tuples(st.just("may_env"), NAMES),
    st.tuples(st.just("may_run"), COMMANDS),
    st.tuples(st.just("may_use_model"), NAMES),
    st.tuples(st.just("may_use_tool"), NAMES),
)


def answer(permissions: Permissions, question) -> bool:
    name, *arguments = question
    return getattr(permissions, name)(*arguments)


class TestNarrowed:
    @given(PERMISSIONS, PERMISSIONS, st.lists(QUESTIONS, min_size=1, max_size=20))
    def test_never_allows_what_one_of_the_two_does_not(self, one, two, questions):
        both = one.narrowed(two)
        for question in questions:
            if question[0] == "may_reach":  # asked only of hosts that may be connected to
                continue
            assert not answer(both, question) or (answer(one, question) and answer(two, question)), question

    @given(PERMISSIONS, PERMISSIONS, HOSTS, PORTS, METHODS, ADDRESSES)
    def test_never_reaches_an_address_that_one_of_the_two_does_not(self, one, two, host, port, method, address):
        def reaches(permissions):
            connects = permissions.may_connect("https", host, port, method)
            return connects and permissions.may_reach(host, port, address)

        assert not reaches(one.narrowed(two)) or (reaches(one) and reaches(two))

    @given(PERMISSIONS, PERMISSIONS, st.lists(QUESTIONS, min_size=1, max_size=20))
    def test_keeps_what_both_allow_but_for_the_network_and_what_is_reserved(self, one, two, questions):
        both = one.narrowed(two)
        for question in questions:
            if question[0] in ("may_connect", "may_reach", "may_displace") or "llmspell.toml" in str(question).lower():
                continue
            if question[0] == "may_write" and question[1] in both.reserved:
                continue
            assert answer(both, question) == (answer(one, question) and answer(two, question)), question

    @given(PERMISSIONS)
    def test_by_everything_changes_nothing(self, permissions):
        same = permissions.narrowed(Permissions.all())
        for field in ("read", "write", "env", "run", "net"):
            assert set(getattr(same, field)) == set(getattr(permissions, field))
        assert (same.models, same.tools) == (permissions.models, permissions.tools)

    @given(PERMISSIONS, st.lists(QUESTIONS, min_size=1, max_size=20))
    def test_by_nothing_allows_nothing_but_models_and_tools(self, permissions, questions):
        nothing = permissions.narrowed(Permissions())
        for question in questions:
            if question[0] not in ("may_use_model", "may_use_tool", "may_reach", "may_displace"):
                assert not answer(nothing, question)

    def test_a_list_of_models_narrows_the_lack_of_one(self):
        assert Permissions().narrowed(Permissions(models=("local/*",))).models == ("local/*",)
        assert Permissions(models=("local/*",)).narrowed(Permissions()).models == ("local/*",)
        assert Permissions(models=("local/*",)).narrowed(Permissions(models=("local/a", "b/c"))).models == ("local/a",)


class TestPaths:
    @given(st.lists(RULE_PATHS, max_size=3), PATHS)
    def test_reading_agrees_with_a_walk_up_the_tree(self, rules, path):
        def parents(path):
            yield path
            while path != "/":
                path = posixpath.dirname(path)
                yield path

        expected = "*" in rules or any(parent in rules for parent in parents(path))
        assert Permissions(read=tuple(rules)).may_read(path) == expected

    @pytest.mark.parametrize(
        "path", ["", "a", "./a", "/a/../b", "/a/./b", "/a//b", "/a/", "/a/b\0", "//a/b", "/a/b/.."]
    )
    def test_a_path_that_is_not_resolved_is_never_allowed(self, path):
        assert not Permissions.all().may_read(path)
        assert not Permissions(read=("/a",), write=("/a",)).may_write(path)

    def test_a_name_that_only_begins_like_a_folder_is_outside(self):
        permissions = Permissions(read=("/home/ada/notes",))
        assert permissions.may_read("/home/ada/notes/a/b")
        assert not permissions.may_read("/home/ada/notes2")
        assert not permissions.may_read("/home/ada")

    def test_reading_and_writing_are_two_things(self):
        assert not Permissions(read=("/a",)).may_write("/a/b")
        assert not Permissions(write=("/a",)).may_read("/a/b")

    @pytest.mark.parametrize("name", ["llmspell.toml", "LLMSPELL.TOML", "deep/llmspell.toml"])
    def test_the_settings_in_a_folder_are_not_written_with_it(self, name):
        assert not Permissions(write=("/project",)).may_write(f"/project/{name}")
        assert Permissions(write=(f"/project/{name}",)).may_write(f"/project/{name}")
        assert Permissions(write=("*",)).may_write(f"/project/{name}")
        assert Permissions(read=("/project",)).may_read(f"/project/{name}")
        assert not Permissions(write=("*",)).may_write(f"/project/../{name}")

    def test_what_is_reserved_is_not_written(self):
        kept = "/project/data/state.sqlite3"
        permissions = Permissions(read=("/project",), write=("/project",), reserved=(kept,))
        assert permissions.may_read(kept)
        assert not permissions.may_write(kept)
        assert permissions.may_write(f"{kept}.txt")
        assert not permissions.narrowed(Permissions(write=(kept,))).may_write(kept)
        assert not Permissions(write=(kept,)).narrowed(permissions).may_write(kept)
        assert not Permissions(write=(kept,), reserved=(kept,)).may_write(kept)
        assert Permissions(write=("*",), reserved=(kept,)).may_write(kept)
        assert [permissions.is_kept(path) for path in (kept, "/project/a", "/b")] == [True, False, False]
        assert not Permissions(reserved=(kept,)).is_kept(kept)

    def test_a_folder_that_holds_what_is_reserved_stays_where_it_is(self):
        permissions = Permissions(write=("/project",), reserved=("/project/data/state.sqlite3",))
        assert [permissions.may_displace(path) for path in ("/project/data", "/project", "/")] == [False] * 3
        assert permissions.may_displace("/project/dat")
        assert permissions.may_displace("/project/data/other")
        assert Permissions(write=("*",), reserved=("/a/b",)).may_displace("/a")


class TestNames:
    def test_a_star_at_the_end_stands_for_any_rest(self):
        permissions = Permissions(env=("HOME", "AWS_*"))
        assert permissions.may_env("HOME")
        assert permissions.may_env("AWS_REGION")
        assert not permissions.may_env("HOME2")
        assert not permissions.may_env("aws_region")
        assert not permissions.may_env("")

    def test_without_a_list_every_model_and_tool_is_allowed(self):
        assert Permissions().may_use_model("openai/gpt-5")
        assert Permissions().may_use_tool("search")
        assert not Permissions(models=()).may_use_model("openai/gpt-5")
        assert not Permissions(tools=("sum",)).may_use_tool("search")


class TestPrograms:
    def test_a_command_must_begin_with_all_of_a_rule(self):
        permissions = Permissions(run=(("git", "status"), ("ls",)))
        assert permissions.may_run(["git", "status"])
        assert permissions.may_run(["git", "status", "-s"])
        assert permissions.may_run(["ls", "anything"])
        assert not permissions.may_run(["git"])
        assert not permissions.may_run(["git", "status -s"])
        assert not permissions.may_run(["git", "push", "status"])
        assert not permissions.may_run(["/bin/ls"])
        assert not permissions.may_run([])

    def test_a_star_is_every_program(self):
        assert Permissions(run=(("*",),)).may_run(["sh", "-c", "true"])
        assert not Permissions(run=(("*", "a"),)).may_run(["sh", "a"])


class TestHosts:
    @pytest.mark.parametrize(
        ("rule", "host", "allowed"),
        [
            ("a.com", "a.com", True),
            ("a.com", "A.COM.", True),
            ("a.com", "b.a.com", False),
            ("a.com", "a.com.evil.net", False),
            ("*.a.com", "b.a.com", True),
            ("*.a.com", "a.com", False),
            ("*.a.com", "xa.com", False),
            ("*", "a.com", True),
            ("*", "8.8.8.8", True),
            ("*", "[2606:4700::1]", True),
            ("*", "localhost", False),
            ("*", "x.localhost", False),
            ("*", "127.0.0.1", False),
            ("*", "127.1", False),
            ("*", "0x7f000001", False),
            ("*", "0x7f.0.0.1", False),
            ("*", "2130706433", False),
            ("*", "0177.0.0.1", False),
            ("*", "10.0.0.1", False),
            ("*", "169.254.169.254", False),
            ("*", "[::1]", False),
            ("*", "[::ffff:127.0.0.1]", False),
            ("*", "[64:ff9b::7f00:1]", False),
            ("*", "[2002:7f00:1::]", False),
            ("*", "0.0.0.0", False),  # noqa: S104  # nothing is bound to it
            ("*", "224.0.0.1", False),
            ("*", "", False),
            ("*", "a..com", False),
            ("*", "a b", False),
            ("*", "a.com/x", False),
            ("*", "user@a.com", False),
            ("127.0.0.1", "127.0.0.1", True),
            ("127.0.0.1", "localhost", False),
            ("10.0.0.0/8", "10.200.3.4", True),
            ("10.0.0.0/8", "11.0.0.1", False),
            ("::1", "[0:0::1]", True),
            ("localhost", "localhost", True),
            ("xn--mnchen-3ya.de", "münchen.de", True),
        ],
    )
    def test_which_hosts_a_rule_covers(self, rule, host, allowed):
        assert Permissions(net=(NetRule(rule),)).may_connect("https", host, 443, "GET") == allowed

    def test_ports_and_methods(self):
        permissions = Permissions(net=(NetRule("a.com", 443, ("GET", "HEAD")),))
        assert permissions.may_connect("https", "a.com", 443, "get")
        assert not permissions.may_connect("https", "a.com", 443, "POST")
        assert not permissions.may_connect("https", "a.com", 8443, "GET")

    @pytest.mark.parametrize("scheme", ["file", "ftp", "gopher", "HTTP", ""])
    def test_no_other_schemes(self, scheme):
        assert not Permissions.all().may_connect(scheme, "a.com", 80, "GET")


class TestAddresses:
    @pytest.mark.parametrize(
        ("rule", "host", "address", "allowed"),
        [
            ("a.com", "a.com", "8.8.8.8", True),
            ("a.com", "a.com", "127.0.0.1", False),
            ("a.com", "a.com", "10.0.0.1", False),
            ("a.com", "a.com", "169.254.169.254", False),
            ("a.com", "a.com", "::1", False),
            ("a.com", "a.com", "::ffff:10.0.0.1", False),
            ("a.com", "a.com", "fe80::1%eth0", False),
            ("a.com", "a.com", "not an address", False),
            ("localhost", "localhost", "127.0.0.1", True),
            ("localhost", "localhost", "::1", True),
            ("localhost", "localhost", "10.0.0.1", False),
            ("*.localhost", "x.localhost", "127.0.0.1", True),
            ("localhost", "a.com", "127.0.0.1", False),
            ("10.0.0.0/8", "nas.example.com", "10.0.0.1", True),
            ("127.0.0.1", "127.0.0.1", "127.0.0.1", True),
            ("127.0.0.1", "127.0.0.1", "127.0.0.2", False),
        ],
    )
    def test_a_name_opens_no_private_address(self, rule, host, address, allowed):
        assert Permissions(net=(NetRule(rule),)).may_reach(host, 80, address) == allowed

    def test_a_private_address_is_allowed_at_its_port_alone(self):
        permissions = Permissions(net=(NetRule("127.0.0.1", 8080),))
        assert permissions.may_reach("127.0.0.1", 8080, "127.0.0.1")
        assert not permissions.may_reach("127.0.0.1", 8081, "127.0.0.1")

    @given(HOSTS, ADDRESSES)
    def test_everything_is_everything(self, host, address):
        assert Permissions.all().may_connect("http", host, 80, "GET")
        assert Permissions.all().may_reach(host, 80, address)


class TestRules:
    @pytest.mark.parametrize(
        "rules",
        [
            {"read": "/a"},
            {"read": ("a",)},
            {"write": ("/a/../b",)},
            {"write": ("/a/",)},
            {"write": None},
            {"env": "A*"},
            {"env": ("*A",)},
            {"env": ("",)},
            {"models": "local/*"},
            {"tools": (1,)},
            {"run": ("git",)},
            {"run": "git"},
            {"run": ((),)},
            {"run": (("",),)},
            {"run": (("git", 1),)},
            {"net": ("a.com",)},
            {"net": NetRule("a.com")},
            {"net": (NetRule("A.com"),)},
            {"net": (NetRule("a.com:80"),)},
            {"net": (NetRule("[::1]"),)},
            {"net": (NetRule("10.0.0.1/8"),)},
            {"net": (NetRule("*.1.2.3.4"),)},
            {"net": (NetRule("127.1"),)},
            {"net": (NetRule("a.com", "80"),)},
            {"net": (NetRule("a.com", 0),)},
            {"net": (NetRule("a.com", methods=("get",)),)},
            {"net": (NetRule("a.com", methods="GET"),)},
        ],
    )
    def test_what_would_not_mean_what_it_says_is_refused(self, rules):
        [field] = rules
        with pytest.raises(InvalidValueError, match=f"^Permissions: {field} must be a tuple of "):
            Permissions(**rules)

    def test_lists_are_taken_for_tuples(self):
        permissions = Permissions(read=["/a"], run=[["git", "status"]], models=[])
        assert permissions == Permissions(read=("/a",), run=(("git", "status"),), models=())
        assert hash(permissions) == hash(permissions.narrowed(Permissions.all()))


class TestRefusals:
    @pytest.mark.parametrize("kind", KINDS)
    def test_say_how_to_allow_it(self, kind):
        error = denied(kind, "do this", "x, 'y'")
        assert isinstance(error, PermissionDeniedError)
        assert error.kind == "permission"
        assert error.message == "this spell may not do this"
        assert f"--allow-{kind}=" in error.hint
        assert f"{KEYS[kind]} = [" in error.hint

    def test_a_part_of_a_run_is_told_of_its_own_permissions(self):
        whole = Permissions(read=("/a", "/b"))
        part = whole.narrowed(Permissions(read=("/a",)))
        assert whole.denied("read", "read 'b'", "b").hint == denied("read", "read 'b'", "b").hint
        assert part.denied("read", "read 'b'", "b").hint.endswith(
            "; the `permissions` of this part of the run must allow it too"
        )
        assert part == Permissions(read=("/a",))
        assert not together(part, whole).is_part

    def test_flags_can_be_pasted_into_a_shell(self):
        assert flag("read", "a,b c") == "--allow-read='a,,b c'"
        assert flag("net", "GET,HEAD@a.com") == "--allow-net=GET,HEAD@a.com"
        assert entry("run", 'say "hi"') == 'run = ["say \\"hi\\""]'


@given(NET_RULES)
def test_a_rule_for_the_network_is_shown_as_it_is_written(rule):
    from llmspell.grants import rules, split

    if "/" not in rule.host or rule.port is None:  # networks have no ports in text
        assert rules("net", split("net", str(rule)), "x") == (rule,)
