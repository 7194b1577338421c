"""import and export: what is loaded, in which order it runs, and where its errors point."""

from __future__ import annotations

from typing import Any

import pytest

from llmspell.border import Resolve
from llmspell.errors import NotFoundError
from llmspell_js import bridge
from tests.bridges.driver import PENDING
from tests.llmspell_js.conftest import Cast


def files(**sources: str) -> dict[str, Any]:
    """Answers `module` with these sources, by their names without the suffix."""

    def module(args: dict[str, Any]) -> Any:
        name = args["specifier"].removeprefix("./")
        if name.removesuffix(".js") not in sources:
            raise NotFoundError(f"no module {name}")
        return {"name": name, "source": sources[name.removesuffix(".js")]}

    return {"module": module}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('import x from "./m.js"; export default x', "default"),
        ('import { a } from "./m.js"; export default a', 1),
        ('import { a as b } from "./m.js"; export default b', 1),
        ('import x, { a } from "./m.js"; export default [x, a]', ["default", 1]),
        ('import x, * as m from "./m.js"; export default [x, m.a]', ["default", 1]),
        ('import * as m from "./m.js"; export default Object.keys(m).sort()', ["a", "default", "f", "k"]),
        ('import { default as d, f } from "./m.js"; export default [d, f()]', ["default", "f"]),
        ('import { "a" as quoted } from "./m.js"; export default quoted', 1),
        ('import "./m.js"; export default 5', 5),
        ('const m = await import("./m.js"); export default m.a', 1),
        ('const { default: d } = await import("./" + "m.js"); export default d', "default"),
        ('export default import.meta.name; import "./m.js"', "spell.js"),
        ("export default import.meta.main; import './m.js'", True),
        ("import {k} from './m.js'\nexport default k.x", 7),
    ],
)
def test_ways_to_import(cast: Cast, source: str, value: object) -> None:
    module = """export const a = 1; export default 'default'; export function f() { return 'f' };
    const o = { x: 7 }; export { o as k }"""
    assert cast(source, files(m=module)).value == value


@pytest.mark.parametrize(
    ("module", "value"),
    [
        ('export * from "./o.js"', {"a": 1, "b": 2}),
        ('export * as all from "./o.js"', {"all": {"a": 1, "b": 2, "default": 3}}),
        ('export { a as x, default } from "./o.js"', {"x": 1, "default": 3}),
        ('export { default as d } from "./o.js"; export let c = 4', {"d": 3, "c": 4}),
        ('import { a } from "./o.js"; export { a as again }', {"again": 1}),
        ('export * from "./o.js"; export const a = "mine"', {"a": "mine", "b": 2}),
        (
            "export default class { }; export const { p, q: [r], ...s } = { p: 1, q: [2], t: 3 }",
            {"p": 1, "r": 2, "s": {"t": 3}},
        ),
        ("export async function* gen() {}; export class A {}; export default function named() {}", {}),
    ],
)
def test_ways_to_export(cast: Cast, module: str, value: object) -> None:
    source = """import * as m from "./m.js";
    export default Object.fromEntries(Object.entries(m).filter(([, v]) => typeof v !== "function"))"""
    assert cast(source, files(m=module, o="export const a = 1, b = 2; export default 3")).value == value


def test_bindings_are_live(cast: Cast) -> None:
    source = 'import { n, more } from "./m.js"; more(); const one = n; more(); export default [one, n]'
    assert cast(source, files(m="export let n = 0; export function more() { n++ }")).value == [1, 2]


def test_each_module_runs_once_after_what_it_imports(cast: Cast) -> None:
    sources = files(
        a='import "./c.js"; import { name } from "./b.js"; print("a", name)',
        b='import "./c.js"; await sleep(1); export const name = "b"; print("b")',
        c='print("c")',
    )
    run = cast('print("main"); import "./a.js"; import "./b.js"; await import("./c.js"); export default 1', sources)
    assert run.output == "c\nb\na b\nmain\n"
    assert run.value == 1


def test_a_module_is_told_by_its_resolved_name(cast: Cast) -> None:
    source = 'import { n } from "./m.js"; import { n as same } from "../x/m.js"; export default n === same'
    answers = {"module": {"name": "x/m.js", "source": "export const n = {}; print('once')"}}
    run = cast(source, answers)
    assert (run.value, run.output) == (True, "once\n")
    assert run.calls[0].args == {"specifier": "./m.js", "importer": "spell.js"}


def test_the_importer_is_the_module_that_imports(cast: Cast) -> None:
    run = cast('import "./a.js"', files(a='import "./b.js"', b=""))
    assert [call.args["importer"] for call in run.calls] == ["spell.js", "a.js"]


@pytest.mark.parametrize(
    ("sources", "chain"),
    [
        ({"a": 'import "./b.js"', "b": 'import "./a.js"'}, "a.js → b.js → a.js"),
        ({"a": 'import "./a.js"'}, "a.js → a.js"),
        ({"a": 'await import("./b.js")', "b": 'import "./a.js"'}, "a.js → b.js → a.js"),
        (
            {"a": 'export * from "./b.js"', "b": 'import "./c.js"', "c": 'export { x } from "./b.js"'},
            "b.js → c.js → b.js",
        ),
    ],
)
def test_a_cycle_is_an_error_that_shows_it(cast: Cast, sources: dict[str, str], chain: str) -> None:
    error = cast('import "./a.js"', files(**sources)).error
    assert (error["kind"], error["message"]) == ("spell", f"modules import each other: {chain}")


def test_the_spell_itself_cannot_be_imported(cast: Cast) -> None:
    error = cast('import "./a.js"', {"module": {"name": "spell.js", "source": ""}}).error
    assert "spell.js → spell.js" in error["message"]


def test_a_missing_module_points_at_the_import(cast: Cast) -> None:
    error = cast('\n  import { x } from "./none.js";', files()).error
    assert (error["kind"], error["file"], error["line"], error["column"]) == ("not_found", "spell.js", 2, 3)
    error = cast('import "./a.js"', files(a='print(1);\n\nawait import("./none.js")')).error
    assert (error["kind"], error["file"], error["line"], error["column"]) == ("not_found", "a.js", 3, 7)


def test_a_dynamic_import_can_be_caught_and_tried_again(cast: Cast) -> None:
    source = """
    for (const _ of [1, 2]) try { await import("./none.js") } catch (e) { print(e.kind) }
    """
    run = cast(source, files())
    assert run.output == "not_found\nnot_found\n"
    assert len(run.calls) == 2


def test_a_missing_export_names_the_nearest(cast: Cast) -> None:
    error = cast('\nimport { helo } from "./m.js"', files(m="export const hello = 1")).error
    assert error["message"] == 'm.js exports no "helo"'
    assert (error["hint"], error["line"]) == ("did you mean hello?", 2)


def test_errors_keep_their_file_line_and_column(cast: Cast) -> None:
    module = 'import "./o.js"\nexport function fail() {\n  null.x\n}'
    run = cast('import { fail } from "./m.js"\n/* */ fail()', files(m=module, o=""))
    assert run.error["stack"] == ["m.js:3: in function fail", "spell.js:2"]
    assert (run.error["file"], run.error["line"], run.error["column"]) == ("m.js", 3, 3)
    run = cast(
        'import { fail } from "./m.js"\n/* */ try { fail() } catch (e) { print(e.stack) }', files(m=module, o="")
    )
    assert run.output == "    at fail (m.js:3:3)\n    at spell.js:2:13\n"


def test_rewriting_moves_no_column(cast: Cast) -> None:
    for end in (
        "export const b = null, c = () => b.x; c()",
        "export { y }; const y = params.a.b",
        "export default f(); function f() { null.x }",
    ):
        plain, rewritten = ("/* 6789 'm.js */; " + end, "import './m.js'  ; " + end)
        place, moved = (cast(source, files(m="")).error["column"] for source in (plain, rewritten))
        assert moved == place + 1


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ('import "./m.js";\nlet a = ;', 2, 9),
        ('import "./m.js";\n  return 5', 2, 3),
        ('import "./m.js"; function f() {', 1, 32),
        ('import "./m.js"; }); (async () => {', 1, 18),
        ('import { x from "./m.js"', 1, 12),
    ],
)
def test_syntax_errors_beside_imports(cast: Cast, source: str, line: int, column: int) -> None:
    error = cast(source, files(m="")).error
    assert error["message"].startswith("SyntaxError")
    assert (error["file"], error["line"], error["column"]) == ("spell.js", line, column)


def test_a_syntax_error_in_a_module(cast: Cast) -> None:
    run = cast('import "./m.js"', files(m="\n\nlet = 5 5"))
    assert (run.error["file"], run.error["line"]) == ("m.js", 3)
    assert cast('try { await import("./m.js") } catch (e) { print(e.file) }', files(m="let let")).output == "m.js\n"


def test_imports_cannot_be_assigned(cast: Cast) -> None:
    error = cast('import { a } from "./m.js";\na = 2', files(m="export let a = 1")).error
    assert "'a' is imported and cannot be changed" in error["message"]
    assert error["line"] == 2


def test_a_module_that_throws_fails_each_import(cast: Cast) -> None:
    source = """
    for (const _ of [1, 2]) try { await import("./m.js") } catch (e) { print(e.message) }
    """
    assert cast(source, files(m="print('run'); throw new Error('bad')")).output == "run\nbad\nbad\n"


def test_the_word_import_in_a_text_is_no_import(cast: Cast) -> None:
    source = 'const t = "import x from y"; /* import */ export default `${t} import(${1 + 1})`'
    assert cast(source).value == "import x from y import(2)"


def test_an_import_in_a_task_that_is_cancelled_still_loads(cast: Cast) -> None:
    source = """
    await race(() => import("./m.js"), () => sleep(1));
    export default (await import("./m.js")).n
    """
    run = cast(source, {"module": PENDING})
    assert run.calls[0].method == "module"
    run.feed(Resolve(1, {"name": "m.js", "source": "export const n = 3"}))
    assert run.value == 3


def test_importing_from_eval_is_refused(cast: Cast) -> None:
    assert "could not load module" in cast("""await eval('import("./x.js")')""").error["message"]


@pytest.mark.parametrize("start", ["#!/usr/bin/env llmspell\n", "\ufeff#!/usr/bin/env llmspell\n", "\ufeff"])
def test_the_first_line_may_name_a_program(cast: Cast, start: str) -> None:
    assert cast(f"{start}export default 5").value == 5
    assert cast(f"{start}import x from './m.js'; export default x", files(m=f"{start}export default 6")).value == 6
    assert cast(f"{start}null.x").error["line"] == start.count("\n") + 1
    assert bridge.check(f"{start}export default 5", "a.js") == []
    assert bridge.check(f"{start}export default x", "a.js")[0].line == start.count("\n") + 1
