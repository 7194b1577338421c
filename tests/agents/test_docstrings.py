"""Descriptions of tools out of their docstrings."""

from __future__ import annotations

import pytest

from llmspell.agents.docstrings import parse_docstring

NUMPY = """\
Do.

At length.

Parameters
----------
a : int
    The a,
    at length.
b, c
    Both.

Returns
-------
str
    What comes.
"""


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
        (
            NUMPY,
            "Do.\n\nAt length.",
            {"a": "The a, at length.", "b": "Both.", "c": "Both."},
        ),
        ("Do.\n\nOther Parameters\n---\na\n    A", "Do.", {"a": "A"}),
        ("Notes\nfor all", "Notes\nfor all", {}),
        ("Do.\n\nRaises:\n    ValueError: always.", "Do.", {}),
    ],
)
def test_parse(doc: str, description: str, parameters: dict[str, str]) -> None:
    assert parse_docstring(doc) == (description, parameters)
