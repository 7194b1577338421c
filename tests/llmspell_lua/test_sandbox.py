"""What a script may reach, and that breaking its own globals breaks nothing of ours."""
# ruff: noqa: E501  # Lua sources read better on one line

from __future__ import annotations

import pytest

from llmspell.border import EngineLimits
from tests.bridges.driver import PENDING


def names(cast, of: str) -> set[str]:
    source = f"local names = array{{}} for k in pairs({of}) do names[#names + 1] = k end return names"
    return set(cast(source).value)


@pytest.mark.parametrize("dialect", ["lua", "lua5.5"])
def test_globals_are_the_allowed_ones(cast) -> None:
    lua = {
        "_G", "_VERSION", "assert", "coroutine", "error", "getmetatable", "ipairs", "load", "math", "next", "os",
        "pairs", "pcall", "rawequal", "rawget", "rawlen", "rawset", "select", "setmetatable", "string", "table",
        "tonumber", "tostring", "type", "utf8", "xpcall",
    }  # fmt: skip
    ours = {
        "array", "json", "log", "map", "now", "null", "parallel", "params", "print", "race", "require", "retry",
        "sleep", "spell", "stdin", "timeout", "tools", "uuid", "write", "llm",
        "agent", "blob", "env", "fs", "http", "mcp", "memory", "run", "state", "tool",
    }  # fmt: skip
    found = names(cast, "_G")
    assert found == lua | ours


@pytest.mark.parametrize(
    "path",
    [
        "python", "debug", "io", "package", "dofile", "loadfile", "collectgarbage", "setfenv", "getfenv", "module",
        "newproxy", "jit", "ffi", "warn", "loadstring", "os.execute", "os.exit", "os.getenv", "os.remove", "os.rename",
        "os.tmpname", "os.setlocale", "string.dump", "_G.python", "_G._G.io",
    ],
)  # fmt: skip
def test_absent(cast, path: str) -> None:
    assert cast(f"return {path} == nil").value is True


@pytest.mark.parametrize("name", ["io", "os", "debug", "python", "ffi", "string", "lupa"])
def test_require_gives_no_library(cast, name: str) -> None:
    spell = cast(f"require '{name}'", {"module": PENDING})
    assert spell.calls[0].args["specifier"] == name


def test_libraries_are_bounded(cast) -> None:
    assert names(cast, "os") == {"clock", "date", "difftime", "time"}
    assert "dump" not in names(cast, "string")


def test_load_takes_text_only(cast) -> None:
    assert cast("return load('return 1 + 1')()").value == 2
    assert cast("x = 5 return load('return x')()").value == 5
    assert cast("return load('return x', 'n', 't', {x = 6})()").value == 6
    assert cast("return load('return x == nil', 'n', 't', {})()").value is True
    assert (
        cast("local parts, i = {'return ', '7'}, 0 return load(function() i = i + 1 return parts[i] end)()").value == 7
    )
    assert cast("local f, e = load('x =') return {f == nil, e}").value[0] is True
    assert cast("return load('return python or io or debug or package')() == nil").value is True
    assert cast("return load(function() return 5 end) == nil").value is True


@pytest.mark.parametrize("mode", ["nil", "'b'", "'bt'", "'t'"])
def test_bytecode_is_refused(cast, mode: str) -> None:
    for head in ("\\27Lua", "\\27LuaT\\0\\25\\147", "\\27LJ\\2"):
        assert cast(
            f"local f, e = load('{head}' .. ('\\0'):rep(100), 'x', {mode}) return {{f == nil, e ~= nil}}"
        ).value == [
            True,
            True,
        ]


def test_metatables(cast) -> None:
    assert cast("return getmetatable('')").value == "string"
    assert cast("return (pcall(setmetatable, '', {}))").value is False
    assert cast(
        "return {getmetatable(null), getmetatable(spell), getmetatable(llm()), getmetatable(array{})}"
    ).value == [
        "null",
        "spell",
        "llm",
        "array",
    ]
    assert cast(
        "local t = setmetatable({}, {__metatable = 'mine'}) return {getmetatable(t), (pcall(setmetatable, t, {}))}"
    ).value == ["mine", False]
    assert cast("local mt = {} return getmetatable(setmetatable({}, mt)) == mt").value is True


def test_no_finalizers(cast) -> None:
    error = cast("\nsetmetatable({}, {__gc = function() end})").error
    assert error["message"] == "a metatable of a script cannot have __gc"
    assert error["line"] == 2
    late = "local mt = {} local t = setmetatable({}, mt) mt.__gc = function() print('ran') end t = nil for i = 1, 1e5 do t = {} end"
    assert cast(late).output == ""


POISON = """
  local function bad() error("poisoned", 0) end
  local keep = {print = print, next = next, pairs = pairs, type = type, setmetatable = setmetatable}
  for _, lib in keep.pairs{string, table, math, coroutine, os, utf8 or {}} do
    for name in keep.pairs(lib) do lib[name] = bad end
  end
  for name, value in keep.next, _G do
    if keep.type(value) == "function" and not ours[name] then _G[name] = bad end
  end
  keep.setmetatable(_G, {__index = bad, __newindex = bad})
"""


def test_poisoned_globals_break_only_the_script(cast) -> None:
    source = f"""
      local sleep, parallel, map, json, print, tools, race = sleep, parallel, map, json, print, tools, race
      local llm, error, pcall, uuid, retry, timeout, log, spell = llm, error, pcall, uuid, retry, timeout, log, spell
      local ours = {{}}
      {POISON}
      print("text", 1.5, {{a = {{1, "x"}}, b = print}})
      log.warn("careful")
      local a, b = parallel(function() return sleep(1) end, function() return tools.t{{x = {{1, 2}}}} end)
      for item in llm("m"):stream("x") do print(item) end
      local ok, e = pcall(sleep, 0/0)
      print(ok, e.kind)
      timeout(1, function() end)
      retry(function() return sleep(1) end)
      local list = map({{1, 2}}, function(x) return x end)
      return {{a, b, json.decode('{{"x": [1]}}').x[1], json.encode({{1}}), #uuid(), list[2], spell.name}}
    """
    answers = {"sleep": "s", "tools.call": "t", "llm.stream": None, "next": {"items": ["chunk"], "done": True}}
    spell = cast(source, answers)
    assert spell.value == ["s", "t", 1, "[1]", 36, 2, "spell.lua"]
    assert spell.output == 'text\t1.5\t{"a":[1,"x"],"b":"<function>"}\nchunk\nfalse\tvalue\n'


def test_a_poisoned_error_is_still_described(cast) -> None:
    spell = cast(f"local ours = {{}} local error = error {POISON} error({{a = 1}})")
    assert spell.error["data"] == {"a": 1}


@pytest.mark.parametrize(
    "value",
    [
        "setmetatable({}, {__index = trap, __len = trap, __pairs = trap, __call = trap, __eq = trap, __lt = trap})",
        "setmetatable({1}, {__index = trap, __len = trap, __pairs = trap, __ipairs = trap, __concat = trap})",
    ],
)
def test_metamethods_do_not_run_at_the_border(cast, value: str) -> None:
    trap = "local function trap() print('trapped') while true do end end"
    limits = EngineLimits(cpu=0.5)
    for use in ("return v", "error(v)", "tools.t(v)", "sleep(v)", "coroutine.wrap(function() error(v) end)()"):
        assert cast(f"{trap} local v = {value} {use}", limits=limits).output == ""
    assert (
        cast(
            f"{trap} local v = {value} coroutine.wrap(function() coroutine.yield(v) end)() return 1", limits=limits
        ).value
        == 1
    )


def test_no_addresses(cast) -> None:
    source = """
      local t, f, co = {}, function() end, coroutine.create(print)
      print(tostring(t), tostring(f), tostring(co), tostring(t), tostring({}))
      print(string.format("%s|%10s|%5.1f|%s", t, f, 1, "s"), (pcall(string.format, "%p", t)))
      print(string.format("100%% of %s, %%p %d", "it", 3))
      print(tostring(llm("x")), tostring(setmetatable({}, {__name = "mine"})), tostring(print):match("^function: %d+$") ~= nil)
    """
    assert cast(source).output.splitlines() == [
        "table: 1\tfunction: 2\tthread: 3\ttable: 1\ttable: 4",
        "table: 1|function: 2|  1.0|s\tfalse",
        "100% of it, %p 3",
        "llm: 5\tmine: 6\ttrue",
    ]


def test_modules_of_the_runtime_cannot_be_forged_into_other_calls(cast) -> None:
    source = """
      local other = setmetatable({}, {__metatable = "llm"})
      return {(pcall(llm("a").complete, other, "x")), (pcall(llm("a").complete, {}, "x")), (pcall(llm("a").complete))}
    """
    spell = cast(source)
    assert spell.value == [False, False, False]
    assert not spell.calls


def test_tool_names_are_only_names(cast) -> None:
    spell = cast("local n = 'a\"],\"x' tools[n]{} return tools[1] == nil", {"tools.call": None})
    assert spell.calls[0].args == {"name": 'a"],"x', "arguments": {}}
    assert spell.value is True
