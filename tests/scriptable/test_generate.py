"""The generated files: fresh, read by the languages they are for, and true to the description."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import lupa.lua54
import pytest
import tree_sitter_javascript
import tree_sitter_lua
from tree_sitter import Language, Parser

from llmspell.scriptable import describe
from llmspell.scriptable.description import type_of
from llmspell.scriptable.generate import __main__ as command
from llmspell.scriptable.generate import write_types
from llmspell.scriptable.generate.inputs import read_globals
from llmspell.scriptable.generate.lua import lua_type
from llmspell.scriptable.generate.names import camel, declared_names, for_javascript, wrapped
from llmspell.scriptable.generate.reference import type_words
from llmspell.scriptable.generate.typescript import ts_type
from llmspell.scriptable.shapes import shape_of

FILES = {path.name: text for path, text in command.generated().items()}


def test_generated_files_are_fresh() -> None:
    assert command.stale() == []


def test_check_names_what_is_stale_and_writing_renews_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command.stale, "__defaults__", (tmp_path,))
    monkeypatch.setattr(command.write, "__defaults__", (tmp_path,))
    assert command.main(["--check"]) == 1
    assert "stale: docs/reference.md" in capsys.readouterr().out
    assert command.main([]) == 0
    assert command.main(["--check"]) == 0
    (tmp_path / "docs/reference.md").write_text("edited")
    capsys.readouterr()
    assert command.main(["--check"]) == 1
    assert capsys.readouterr().out == "stale: docs/reference.md; run `make generate`\n"
    assert command.main(["--chekc"]) == 2


def to_plain(table: Any) -> Any:
    if lupa.lua54.lua_type(table) != "table":
        return table
    items = {key: to_plain(value) for key, value in table.items()}
    return list(items.values()) if all(isinstance(key, int) for key in items) else items


def names_of(tree: Any) -> Any:
    """Proxies without what only JavaScript needs."""
    if isinstance(tree, dict):
        if tree.keys() <= {"name", "spec"}:
            return tree["name"]
        return {key: names_of(value) for key, value in tree.items() if key != "result"}
    return [names_of(value) for value in tree] if isinstance(tree, list) else tree


def js_proxies():
    texts = json.loads(FILES["proxies.json"])
    return {kind: {name: json.loads(text) for name, text in things.items()} for kind, things in texts.items()}


def test_both_languages_have_the_same_proxies() -> None:
    engine = lupa.lua54.LuaRuntime()
    texts = to_plain(engine.execute(FILES["proxies.lua"]))
    lua = {kind: {name: to_plain(engine.eval(text)) for name, text in things.items()} for kind, things in texts.items()}
    assert names_of(js_proxies()) == lua
    assert lua["classes"]["llm"]["params"] == ["model", "options"]
    assert lua["classes"]["llm"]["methods"]["stream"] == {
        "method": "llm.stream",
        "params": ["prompt", "options"],
        "stream": True,
    }
    assert lua["functions"]["sleep"] == {"method": "sleep", "params": ["seconds"]}


def test_specs_name_what_javascript_writes_otherwise() -> None:
    complete = js_proxies()["classes"]["llm"]["methods"]["complete"]
    assert complete["params"][0]["spec"]["items"]["fields"].keys() == {
        "role",
        "content",
        "tool_calls",
        "tool_call_id",
        "is_error",
    }
    assert "max_tokens" in complete["params"][1]["spec"]["fields"]
    assert complete["result"]["fields"]["usage"]["fields"]["input_tokens"] is None
    assert complete["params"][1]["spec"]["fields"]["extra"] is None


def errors_in(grammar: Any, source: str) -> bool:
    return Parser(Language(grammar.language())).parse(source.encode()).root_node.has_error


def test_the_lua_stub_is_lua_and_its_types_exist() -> None:
    stub = FILES["llmspell.lua"]
    assert not errors_in(tree_sitter_lua, stub)
    lupa.lua54.LuaRuntime().compile(stub)
    declared = set(re.findall(r"^---@class (llmspell\.\w+)", stub, re.MULTILINE))
    assert set(re.findall(r"llmspell\.\w+", stub.replace("llmspell.scriptable", ""))) <= declared
    assert "---@return fun(): llmspell.Chunk\nfunction LLM:stream(prompt, options) end" in stub
    assert "---@overload fun(self: llmspell.LLM, texts: string[]" in stub


def test_the_typescript_stub_declares_every_type_that_it_uses() -> None:
    stub = FILES["llmspell.d.ts"]
    for name in describe()["types"]:
        assert f"interface {name} {{" in stub
    assert "complete(prompt: string | Message[], options?: ModelOptions): Promise<Reply>;" in stub
    assert "stream(prompt: string | Message[], options?: ModelOptions): AsyncIterable<Chunk>;" in stub
    assert "embed(texts: string[], options?: EmbedOptions): Promise<number[][]>;" in stub
    assert not re.search(r"^  (?:readonly )?\w+_\w+\??:", stub, re.MULTILINE)


def test_every_method_has_a_text_and_an_example_and_is_in_the_reference() -> None:
    described, globals_ = describe(), read_globals()
    for kind in ("modules", "classes"):
        for name, thing in described[kind].items():
            for method, each in thing["methods"].items():
                assert each["doc"], method
                assert f"{name}.{method}" in globals_.examples
                assert f"### {name}: {method}\n" in FILES["reference.md"]
    for record in described["types"].values():
        assert record["doc"]
        assert [name for name, field in record["fields"].items() if not field["doc"]] == []


def test_every_global_of_the_table_is_in_the_stubs() -> None:
    for each in read_globals().all():
        assert each["doc"].strip()
        assert "lua" not in each or each["name"] in FILES["llmspell.lua"]
        assert "js" not in each or each["name"] in FILES["llmspell.d.ts"]


@pytest.mark.parametrize(("language", "grammar"), [("lua", tree_sitter_lua), ("js", tree_sitter_javascript)])
def test_examples_of_the_reference_parse(language: str, grammar: Any) -> None:
    examples = re.findall(rf"^```{language}\n(.*?)^```", FILES["reference.md"], re.MULTILINE | re.DOTALL)
    assert len(examples) > 15
    assert [example for example in examples if errors_in(grammar, example)] == []


@pytest.mark.parametrize(
    ("hint", "lua", "typescript", "words"),
    [
        (int | None, "integer|nil", "number | null", "integer or null"),
        (list[str | int], "(string|integer)[]", "(string | number)[]", "list of text or integer"),
        (dict[str, list[bool]], "table<string, boolean[]>", "Record<string, boolean[]>", "object of list of boolean"),
        (list[list[float]], "number[][]", "number[][]", "list of list of number"),
    ],
)
def test_types_in_each_language(hint: Any, lua: str, typescript: str, words: str) -> None:
    plain = type_of(shape_of(hint))
    assert (lua_type(plain), ts_type(plain), type_words(plain)) == (lua, typescript, words)


def test_declared_names_alone_are_rewritten_in_texts() -> None:
    names = declared_names(describe())
    assert camel("max_output_tokens") == "maxOutputTokens"
    assert for_javascript("cut at `max_tokens`", names) == "cut at `maxTokens`"
    assert for_javascript("kind `context_length`, `my_key`", names) == "kind `context_length`, `my_key`"
    assert wrapped("a\n\nb") == ["a", "", "b"]


def test_types_are_written_into_a_project(tmp_path: Path) -> None:
    written = write_types(tmp_path / "spells")
    assert [path.name for path in written] == ["llmspell.d.ts", "jsconfig.json", "llmspell.lua", ".luarc.json"]
    assert (tmp_path / "spells/llmspell.lua").read_text("utf-8") == FILES["llmspell.lua"]
    assert json.loads((tmp_path / "spells/jsconfig.json").read_text())["include"]


def test_settings_of_a_project_are_kept(tmp_path: Path) -> None:
    (tmp_path / ".luarc.json").write_text("{}")
    (tmp_path / "llmspell.lua").write_text("old")
    assert [path.name for path in write_types(tmp_path)] == ["llmspell.d.ts", "jsconfig.json", "llmspell.lua"]
    assert (tmp_path / ".luarc.json").read_text() == "{}"
    assert (tmp_path / "llmspell.lua").read_text("utf-8") == FILES["llmspell.lua"]


def test_a_function_among_other_types_is_bracketed() -> None:
    either = {"one_of": ["function", "text"]}
    assert lua_type(either) == "(fun(...: any): any)|string"
    assert ts_type(either) == "((...args: any[]) => any) | string"
