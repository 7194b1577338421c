from __future__ import annotations

from llmspell.cli.reference import FILE, renewed


def test_the_document_has_the_help_of_today() -> None:
    document = FILE.read_text("utf-8")
    assert document == renewed(document), "run `make generate`"
