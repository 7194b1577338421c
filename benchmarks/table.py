"""The table that people read."""

from __future__ import annotations

from benchmarks.measure import Row

_COLUMNS = f"{'':48} {'measured':>18} {'±':>5} {'target':>10} {'':>7}  against, in the same run"


class Table:
    """Prints one group after the other."""

    def add(self, title: str, rows: list[Row] | None) -> None:
        """Print a group; None is one that failed."""
        print(f"\n{title}\n{_COLUMNS}")
        for row in rows or ():
            print(line(row))
        if rows is None:
            print("  could not be measured", flush=True)


def line(row: Row) -> str:
    """One figure."""
    value = "-" if row.value is None else f"{_number(row.value)} {row.unit}"
    spread = "" if row.spread is None else f"{row.spread:.0%}"
    target = "" if row.target is None else f"{'>=' if row.at_least else '<='} {row.target:g}"
    against = "" if row.ratio is None else f"{_number(row.ratio)} x {row.against}"
    tail = "; ".join(text for text in (against, row.note) if text)
    return f"{row.name:48} {value:>18} {spread:>5} {target:>10} {row.verdict:>7}  {tail}".rstrip()


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
