"""`clock`: zones, calendars, spans."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.tools.calling import call, refused


def test_now_in_utc() -> None:
    told = call("clock")
    assert abs(datetime.fromisoformat(told["time"]).timestamp() - datetime.now(UTC).timestamp()) < 60
    assert told["utc_offset"] == "+00:00"
    assert told["date"] == told["time"][:10]


def test_a_moment_in_a_zone() -> None:
    told = call("clock", time="2025-07-01T12:00", time_zone="Europe/Paris")
    assert told == {
        "time": "2025-07-01T12:00:00+02:00",
        "date": "2025-07-01",
        "clock": "12:00:00",
        "weekday": "Tuesday",
        "week": 27,
        "day_of_year": 182,
        "time_zone": "Europe/Paris",
        "utc_offset": "+02:00",
        "timestamp": 1751364000,
    }


def test_a_moment_of_one_zone_in_another() -> None:
    assert call("clock", time="2025-01-01T00:00Z", time_zone="Asia/Tokyo")["time"] == "2025-01-01T09:00:00+09:00"


@pytest.mark.parametrize(
    ("start", "amount", "unit", "date"),
    [
        ("2025-01-31", 1, "months", "2025-02-28"),
        ("2024-01-31", 1, "months", "2024-02-29"),
        ("2024-02-29", 1, "years", "2025-02-28"),
        ("2025-01-15", -1, "months", "2024-12-15"),
        ("2025-12-31", 1, "days", "2026-01-01"),
        ("2025-01-01", -2, "weeks", "2024-12-18"),
        ("2025-01-01", 36, "hours", "2025-01-02"),
        ("2025-01-01", 0.5, "days", "2025-01-01"),
    ],
)
def test_dates_are_moved(start: str, amount: float, unit: str, date: str) -> None:
    assert call("clock", time=start, add=amount, unit=unit)["date"] == date


def test_days_pass_on_the_calendar_and_hours_in_the_world() -> None:
    eve = {"time": "2025-03-29T12:00", "time_zone": "Europe/Paris"}  # the clock goes forward in that night
    assert call("clock", **eve, add=1, unit="days")["clock"] == "12:00:00"
    assert call("clock", **eve, add=24, unit="hours")["clock"] == "13:00:00"


def test_how_long_it_is() -> None:
    until = call("clock", time="2025-12-01", until="2025-12-24T06:00")["until"]
    assert until == {"seconds": 2_008_800, "days": 23, "text": "23 days, 6 hours"}
    assert call("clock", time="2025-12-24", until="2025-12-23")["until"]["text"] == "1 day ago"
    assert call("clock", time="2025-12-24", until="2025-12-24")["until"]["text"] == "no time"


@pytest.mark.parametrize(
    ("args", "kind", "said"),
    [
        ({"time_zone": "Europe/Pari"}, "not_found", "no time zone"),
        ({"time_zone": "../../etc/passwd"}, "not_found", "no time zone"),
        ({"time_zone": "/etc/passwd"}, "not_found", "no time zone"),
        ({"time_zone": "x" * 100}, "value", "100 characters"),
        ({"time_zone": "a\0b"}, "not_found", "no time zone"),
        ({"time": "tomorrow"}, "value", "no date or time"),
        ({"time": "9999-12-31", "add": 5}, "value", "beyond the calendar"),
        ({"time": "0001-01-01T00:00", "time_zone": "Asia/Tokyo", "until": "2025-01-01Z"}, "value", ""),
        ({"add": 1e300}, "value", "add must be from"),
        ({"add": 9_000_000, "unit": "years"}, "value", "beyond the calendar"),
        ({"add": 0.5, "unit": "months"}, "value", "whole numbers"),
        ({"add": 1, "unit": "fortnights"}, "value", "unit"),
        ({"add": float("inf")}, "type", "add"),
    ],
)
def test_what_is_refused(args: dict[str, object], kind: str, said: str) -> None:
    error = refused("clock", **args)
    assert error.kind == kind
    assert said in error.message


def test_near_zones_are_told() -> None:
    assert refused("clock", time_zone="Europe/Pari").hint == "did you mean Europe/Paris?"
