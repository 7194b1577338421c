"""Measuring on a machine that others use too: interleaved rounds, medians, processor time where it tells enough."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Row(NamedTuple):
    """One figure. `against` names what it was measured beside in this run, `ratio` is how many times that it takes."""

    name: str
    value: float | None
    unit: str
    target: float | None = None
    at_least: bool = False
    against: str = ""
    ratio: float | None = None
    spread: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """`ok` or `over` (`under` for a figure that should be high); empty without a target."""
        if self.value is None:
            return "skipped"
        if self.target is None:
            return ""
        if self.at_least:
            return "ok" if self.value >= self.target else "under"
        return "ok" if self.value <= self.target else "over"


class Scale(NamedTuple):
    """How much to measure: `rounds` of everything, each of about `size` times the usual work."""

    rounds: int = 7
    size: float = 1.0

    def times(self, number: int) -> int:
        """A count of work, scaled."""
        return max(2, int(number * self.size))


FULL = Scale()
QUICK = Scale(rounds=3, size=0.1)
TINY = Scale(rounds=1, size=0.01)


class Figure(NamedTuple):
    """The median of several rounds, and half the distance between their quartiles as a part of it."""

    median: float
    spread: float | None


def figure(samples: list[float]) -> Figure:
    """What several rounds come to."""
    median = statistics.median(samples)
    if len(samples) < 4 or not median:
        return Figure(median, None)
    low, _, high = statistics.quantiles(samples, n=4)
    return Figure(median, (high - low) / 2 / median)


def interleaved(contestants: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, Figure]:
    """Each contestant measures itself once in every round, after one round that does not count."""
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, measure in contestants.items():
            sample = measure()
            if number or rounds == 1:
                samples[name].append(sample)
    return {name: figure(values) for name, values in samples.items()}


def cpu(work: Callable[[], object], count: int) -> float:
    """Microseconds of this process's processor time for each of `count` things that `work` does."""
    before = time.process_time()
    work()
    return (time.process_time() - before) / count * 1e6


def wall(work: Callable[[], object], count: int) -> float:
    """Microseconds on the clock for each of `count` things that `work` does."""
    before = time.perf_counter()
    work()
    return (time.perf_counter() - before) / count * 1e6


def row(
    name: str,
    measured: Figure,
    unit: str,
    *,
    target: float | None = None,
    against: str = "",
    base: Figure | None = None,
    note: str = "",
) -> Row:
    """A row with its ratio to `base`."""
    ratio = measured.median / base.median if base is not None and base.median else None
    return Row(name, measured.median, unit, target, False, against, ratio, measured.spread, note)


def ratio_row(name: str, measured: Figure, base: Figure, target: float, against: str, note: str = "") -> Row:
    """A row whose figure is itself the ratio to `base`."""
    ratio = measured.median / base.median
    return Row(name, ratio, "x", target, False, against, ratio, measured.spread, note)


def skipped(name: str, why: str) -> Row:
    """A row that could not be measured here."""
    return Row(name, None, "", note=why)
