"""Renews the tables in `docs/providers.md`, of services and of dialects: `python -m llmspell.providers.reference`."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from llmspell.providers.address import shown
from llmspell.providers.catalog import ROWS, Row
from llmspell.providers.wire import chat_dialect

FILE = Path(__file__).parents[2] / "docs" / "providers.md"
_MARKS = "<!-- {} -->\n", "<!-- end of {} -->\n"


def renewed(document: str) -> str:
    """The document with the tables of today between their marks."""
    for name, lines in (("services", _services()), ("switches", _switches())):
        begin, end = (mark.format(name) for mark in _MARKS)
        before, _, rest = document.partition(begin)
        table = "".join(f"{line}\n" for line in lines)
        document = f"{before}{begin}\n{table}\n{end}{rest.partition(end)[2]}"
    return document


def _services() -> Iterator[str]:
    yield "| name | format | address | key | default model |"
    yield "|---|---|---|---|---|"
    for row in ROWS.values():
        yield f"| `{row.name}` | {row.wire} | `{shown(row.base_url)}` | {_key(row)} | {_code(row.default_model)} |"


def _key(row: Row) -> str:
    return f"{_code(row.key_env)}{'' if row.key_required else ' if it wants one'}"


def _code(text: str | None) -> str:
    return f"`{text}`" if text else ""


def _switches() -> Iterator[str]:
    """The fields of the dialect, each with the text that stands below it in the source."""
    yield "| switch | usual | meaning |"
    yield "|---|---|---|"
    (made,) = (node for node in _module().body if isinstance(node, ast.ClassDef))
    for field, text in zip(made.body, made.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            assert isinstance(text.value, ast.Constant)  # noqa: S101  # every switch has its text
            meaning = " ".join(str(text.value.value).split()).replace("|", "\\|")
            yield f"| `{field.target.id}` | {_usual(field.target.id)} | {meaning} |"


def _module() -> ast.Module:
    return ast.parse(inspect.getsource(chat_dialect))


def _usual(name: str) -> str:
    usual = chat_dialect.Dialect._field_defaults[name]
    return {True: "`true`", False: "`false`", (): "`[]`"}.get(usual) or f'`"{usual}"`'


if __name__ == "__main__":
    FILE.write_text(renewed(FILE.read_text("utf-8")), "utf-8")
