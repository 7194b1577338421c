"""Suggestions for names that do not exist."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

_LONGEST, _MOST = 80, 1000
"""The letters and the names that are compared: scripts may pass any of both, and comparing takes its time."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """A hint with up to three known names that look like `name`; None when none does."""
    import difflib  # only needed once something went wrong

    name, names = name[:_LONGEST], list(dict.fromkeys(islice(known, _MOST)))
    folded = {candidate.lower(): candidate for candidate in names}
    close = [folded[match] for match in difflib.get_close_matches(name.lower(), folded, n=3, cutoff=0.6)]
    if not close and len(name) > 2:
        close = [candidate for candidate in names if name.lower() in candidate.lower()][:3]
    return f"did you mean {' or '.join(close)}?" if close else None


def near(name: str, names: Iterable[str]) -> str | None:
    """`did you mean 'temperature'?`, if one of the names is close."""
    from difflib import get_close_matches  # only for errors

    close = get_close_matches(name[:_LONGEST], list(islice(names, _MOST)), 1)
    return f"did you mean '{close[0]}'?" if close else None
