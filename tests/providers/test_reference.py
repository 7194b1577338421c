"""`docs/providers.md` tells of today's services, and its examples are true."""

from __future__ import annotations

import re
import tomllib

from llmspell.config_schema import check
from llmspell.providers.catalog import ROWS
from llmspell.providers.reference import FILE, renewed
from llmspell.providers.wire.chat_dialect import Dialect

DOCUMENT = FILE.read_text("utf-8")


def test_the_tables_are_those_of_today() -> None:
    assert renewed(DOCUMENT) == DOCUMENT, "run `make generate`"


def test_every_service_and_every_switch_has_its_line() -> None:
    named = set(re.findall(r"^\| `([^`]+)` \|", DOCUMENT, re.MULTILINE))
    assert named == {*ROWS, *Dialect._fields}


def test_the_examples_are_settings() -> None:
    examples = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    settings = [tomllib.loads(example) for example in examples if "[project" not in example]
    assert len(settings) == 2
    for values in settings:
        assert check(values, "docs") == values


def test_the_example_of_a_package_makes_a_row() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102  # our own document
    provider = names["provider"]
    assert callable(provider)
    assert provider(None).key_env == "ACME_API_KEY"
