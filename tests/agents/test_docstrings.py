"""Descriptions of tools out of their docstrings."""

from __future__ import annotations

import pytest

from llmspell.agents.docstrings import parse_docstring


@pytest.mark.parametrize(
    ("doc", "description", "parameters"),
    [
        ("", "", {}),
        ("One line.", "One line.", {}),
        ("Two.\n\nParagraphs: here.", "Two.\n\nParagraphs: here.", {}),
        (
            "Do.\n\nArgs:\n    a: The a.\n    b (int): The b,\n        at length.\n",
            "Do.",
            {"a": "The a.", "b": "The b, at length."},
        ),
        ("Do.\n\nArgs:\n  a: A\n\n  b: B\n\nReturns:\n  x: X", "Do.", {"a": "A", "b": "B"}),
        (
            "Do.\n\n:param a: The a.\n:param int b: The b,\n    at length.\n:returns: x",
            "Do.",
            {"a": "The a.", "b": "The b, at length."},
        ),
        ("Args:\n    a: A", "", {"a": "A"}),
        ("Do.\n\nRaises:\n    ValueError: always.", "Do.", {}),
    ],
)
def test_parse(doc: str, description: str, parameters: dict[str, str]) -> None:
    assert parse_docstring(doc) == (description, parameters)
