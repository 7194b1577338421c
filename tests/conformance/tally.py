"""What was checked, counted for the table at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

COLUMNS = ("answers", "cut anew", "cut short", "as streams", "refusals", "requests", "turns", "states", "beyond chat")


class Tally:
    """Counts by service and format, and the reasons for what was not checked."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, str], set[str]] = {}
        self._counts: dict[tuple[str, str], Counter[str]] = {}
        self._uncovered: Counter[tuple[str, str]] = Counter()

    def add(self, service: str, wire: str, file: str, column: str, number: int = 1) -> None:
        self._files.setdefault((service, wire), set()).add(file)
        self._counts.setdefault((service, wire), Counter())[column] += number

    def leave_out(self, service: str, reason: str, number: int = 1) -> None:
        self._uncovered[reason, service] += number

    def to_data(self) -> list[list[list[object]]]:
        """What was counted, in plain types, as `merge` takes it: each process of a test run counts for itself."""
        files = [[*key, sorted(names)] for key, names in self._files.items()]
        counts = [[*key, dict(counts)] for key, counts in self._counts.items()]
        return [files, counts, [[*key, number] for key, number in self._uncovered.items()]]

    def merge(self, data: list[list[list[object]]]) -> None:
        """Add what another tally counted."""
        files, counts, uncovered = data
        for service, wire, names in files:
            self._files.setdefault((service, wire), set()).update(names)
        for service, wire, numbers in counts:
            self._counts.setdefault((service, wire), Counter()).update(numbers)
        for reason, service, number in uncovered:
            self._uncovered[reason, service] += number

    def lines(self) -> Iterable[str]:
        """The table, then what is not in it and why."""
        yield f"{'service':<20} {'format':<17} {'files':>6}" + "".join(f"{name:>12}" for name in COLUMNS)
        total: Counter[str] = Counter()
        for (service, wire), counts in sorted(self._counts.items()):
            files = len(self._files[service, wire])
            total += counts + Counter(files=files)
            yield f"{service:<20} {wire:<17} {files:>6}" + _cells(counts)
        yield f"{'all':<38} {total['files']:>6}" + _cells(total)
        if self._uncovered:
            yield "not covered:"
        reasons = sorted({reason for reason, _ in self._uncovered})
        for reason in reasons:
            services = {service: number for (why, service), number in self._uncovered.items() if why == reason}
            yield f"  {sum(services.values()):>4}  {reason} ({', '.join(sorted(services))})"


def _cells(counts: Counter[str]) -> str:
    return "".join(f"{counts[name] or '':>12}" for name in COLUMNS)


TALLY = pytest.StashKey[Tally]()
"""Where a test run keeps it."""
