"""Scripts that change what they were given: the border keeps its words, and nothing else of the process is in reach."""

from __future__ import annotations

import pytest

from llmspell.border import Call, EngineLimits
from tests.llmspell_js.conftest import Cast

POISON = {
    "objects": """
        for (const name of ["kind", "message", "value", "get", "set", "done", "items", "text", "signal",
          "spec", "then2",
                            "toString", "enumerable", "writable", "configurable", "task", "name", "0", "1", "length2"])
          Object.defineProperty(Object.prototype, name, { __proto__: null, set() { throw "poison" },
            configurable: true });
    """,
    "arrays": """
        for (let i = 0; i < 20; i++) Object.defineProperty(Array.prototype, i, { set() { throw "poison" },
          configurable: true });
        for (const name of ["push", "map", "forEach", "slice", "join", "toJSON",
          "toString"]) Array.prototype[name] = () => { throw "poison" };
        Array.prototype[Symbol.iterator] = () => { throw "poison" };
    """,
    "functions": """
        for (const name of ["call", "apply", "bind"]) Function.prototype[name] = () => { throw "poison" };
        Object.prototype.toJSON = () => "poison"; String.prototype.toJSON = () => "poison";
    """,
    "promises": """
        Promise.prototype.then = () => { throw "poison" }; Promise.resolve = Promise.all = () => { throw "poison" };
        globalThis.Promise = function () { throw "poison" };
    """,
    "builtins": """
        JSON.stringify = JSON.parse = () => { throw "poison" };
        Object.keys = Object.defineProperty = Object.getPrototypeOf = Reflect.apply = () => { throw "poison" };
        for (const type of [Map, WeakMap, Set]) for (const name of ["get", "set", "has", "delete", "forEach", "add"])
          if (name in type.prototype) type.prototype[name] = () => { throw "poison" };
        for (const name of Object.getOwnPropertyNames(globalThis)) try {
          if (!["Error", "llm", "sleep", "print", "tools", "parallel", "stdin", "json", "params", "globalThis",
            "undefined"].includes(name)) globalThis[name] = undefined;
        } catch {}
    """,
    "strings": """
        for (const name of Object.getOwnPropertyNames(String.prototype))
          if (name !== "constructor") try { String.prototype[name] = () => { throw "poison" } } catch {}
        Number.prototype.toString = () => { throw "poison" };
    """,
    "errors": """
        Error.stackTraceLimit = "x"; Error.prototype.toString = () => { throw "poison" };
        Object.defineProperty(Error, Symbol.hasInstance, { value: () => { throw "poison" } });
    """,
}
WORK = """
    print("hello", { a: [1] });
    const [one, two] = [await sleep(1), await llm("m", { topP: 1 }).complete("x", { maxTokens: 2 })];
    const three = await parallel(() => sleep(3), async () => 4);
    const all = stdin.lines(); const first = await all.next(); all.close();
    export default { one, two, three, first, text: json.encode([1, "x"]) };
"""


@pytest.mark.parametrize("poison", [name for name in POISON if name != "promises"])
def test_a_poisoned_world_changes_nothing(cast: Cast, poison: str) -> None:
    work = WORK
    if poison == "arrays":  # the script's own destructuring is broken too
        work = work.replace("const [one, two] = [await sleep(1), ", "const one = await sleep(1); const two = ").replace(
            "{ maxTokens: 2 })];", "{ maxTokens: 2 });"
        )
    answers = {
        "sleep": lambda a: a["seconds"],
        "llm.complete": {"finish_reason": "stop"},
        "next": {"items": ["l"], "done": False},
    }
    run = cast(POISON[poison] + work, answers)
    assert run.output == 'hello {"a":[1]}\n'
    assert run.value == {
        "one": 1, "two": {"finishReason": "stop"}, "three": [3, 4], "first": {"value": "l", "done": False},
        "text": '[1,"x"]',
    }  # fmt: skip  # fields in rows
    assert run.calls[1].args == {
        "self": {"model": "m", "options": {"top_p": 1}},
        "prompt": "x",
        "options": {"max_tokens": 2},
    }


def test_poisoned_promises_hurt_the_script_alone(cast: Cast) -> None:
    run = cast(POISON["promises"] + "print('a'); await sleep(1); print(await llm('m').info()); export default 5")
    assert run.value == 5
    assert run.output == "a\nnull\n"


@pytest.mark.parametrize("poison", POISON)
def test_errors_of_a_poisoned_world(cast: Cast, poison: str) -> None:
    assert cast(POISON[poison] + "\nnull.x").error["kind"] == "spell"
    assert cast(POISON[poison] + "\nawait llm({ a: 1n }).info()").error["kind"] in ("value", "spell")
    assert (
        cast(POISON[poison] + "\nfor (;;) print('x')", limits=EngineLimits(max_output=100, cpu=0.5)).error["kind"]
        == "limit"
    )


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("const r = { then(f) { f(5) } }; export default r", 5),
        ("export default { then: 5 }", {"then": 5}),
        ("export default { toJSON: () => 'x' }.toJSON()", "x"),
        ("Object.prototype.toJSON = () => 'forged'; export default [{ a: 1 }]", [{"a": 1}]),
        ("Object.prototype.then = undefined; export default { a: 1 }", {"a": 1}),
        (
            "Object.freeze(Object.prototype); Object.freeze(Array.prototype); export default [await sleep(1)]",
            [None],
        ),
        ("export default Object.getOwnPropertyNames(globalThis).filter((name) => name.includes('llmspell'))", []),
    ],
)
def test_results_that_try_tricks(cast: Cast, source: str, value: object) -> None:
    assert cast(source).value == value


@pytest.mark.parametrize(
    "source",
    [
        "export default { then() { throw new Error('m') } }",
        "export default { get then() { throw new Error('m') } }",
        "export default { get a() { throw new Error('m') } }",
        "export default new Proxy({}, { ownKeys() { throw new Error('m') } })",
        "export default new (class { toJSON() { throw new Error('m') } })()",
        "export default new (class { get toJSON() { throw new Error('m') } })()",
    ],
)
def test_results_that_throw(cast: Cast, source: str) -> None:
    assert cast(source).error["message"] == "m"


def test_a_result_that_never_comes(cast: Cast) -> None:
    assert "never happens" in cast("export default { then() {} }").error["message"]


def test_methods_that_do_not_exist_are_not_called(cast: Cast) -> None:
    names = "['__proto__', 'constructor', 'toString']"
    run = cast(f"export default {names}.map((name) => typeof llm('m')[name] + typeof tools[name])")
    assert run.value == ["objectobject", "functionfunction", "functionfunction"]
    assert run.calls == []


def test_a_function_cannot_be_forged(cast: Cast) -> None:
    run = cast("await tools.x({ f: [{ $function: 9 }] })")
    assert run.calls == []
    assert run.error["message"] == "arguments.f[0] has the key $function, which is how functions cross"
    assert cast("export default [{ $function: 9 }, json.encode({ $function: 1 })]").value == [
        {"$function": 9},
        '{"$function":1}',
    ]


def test_an_error_without_room_for_its_message_is_a_lack_of_memory(cast: Cast) -> None:
    assert cast("try { throw new InternalError() } catch {} export default 1").error["kind"] == "limit"


def test_errors_are_told_apart_by_the_engine(cast: Cast) -> None:
    source = "Object.defineProperty(Error, Symbol.hasInstance, { value() { throw 1 } }); throw new TypeError('mine')"
    assert cast(source).error["message"] == "TypeError: mine"


def test_a_tool_may_have_any_name(cast: Cast) -> None:
    run = cast("""await tools['"],["Done",1],["']()""")
    assert run.calls == [Call(1, "tools.call", {"name": '"],["Done",1],["', "arguments": {}})]


def test_the_stack_gives_no_function_of_the_bridge(cast: Cast) -> None:
    source = """
    const seen = [];
    try { Error.prepareStackTrace = (_, sites) => { seen.push(...sites); return "mine" } } catch {}
    const o = {}; Error.captureStackTrace(o);
    const holder = [1].map(() => new Error("x").stack);
    export default [seen.length, typeof o.stack, typeof holder[0],
      typeof Object.getOwnPropertyDescriptor(Error.prototype, "stack").get.call(new Error("x"))];
    """
    assert cast(source).value == [0, "string", "string", "string"]


def test_nothing_of_the_engine_loads_modules(cast: Cast) -> None:
    source = """
    const found = [];
    for (const name of ["std", "os", "qjs:std", "qjs:os", "/etc/passwd", "./spell.js", "file:///etc/passwd"])
      for (const load of [(0, eval)("(n) => imp" + "ort(n)"), new Function("n", "return imp" + "ort(n)")])
        try { await load(name); found.push(name) } catch {}
    export default found;
    """
    assert cast(source).value == []


def test_finalizers_cannot_fail_the_run(cast: Cast) -> None:
    source = """
    const registry = new FinalizationRegistry(() => { throw new Error("late") });
    for (let i = 0; i < 50; i++) { const a = {}; a.self = a; registry.register(a, i) }
    const all = []; for (let i = 0; i < 1e5; i++) all.push({ i });
    await sleep(1); await sleep(2); export default all.length
    """
    assert cast(source).value == 100_000
