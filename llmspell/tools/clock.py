"""`clock`: the time in any zone, and arithmetic with dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from llmspell.errors import InvalidValueError, NotFoundError
from llmspell.tools.base import Reach, Spec, check_length, within

_MAX_TEXT = 64
_MAX_SHIFT = 10_000_000
_UNITS = ("seconds", "minutes", "hours", "days", "weeks", "months", "years")
_FIXED = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}
_NEAREST = 3


async def _tell(args: dict[str, Any], reach: Reach) -> dict[str, Any]:
    return await reach.slow(lambda _: tell(args))  # zones are files


def tell(args: dict[str, Any]) -> dict[str, Any]:
    """What is known of the moment that the arguments describe. Raises `LlmspellError`."""
    zone = _zone(args.get("time_zone", "UTC"))
    moment = _moment(args["time"], zone) if args.get("time") else datetime.now(zone)
    moment = _shifted(moment, args.get("add", 0), args.get("unit", "days"))
    told = _told(moment)
    if until := args.get("until"):
        told["until"] = _span(moment, _moment(until, zone))
    return told


def _told(moment: datetime) -> dict[str, Any]:
    return {
        "time": moment.isoformat(timespec="seconds"),
        "date": moment.date().isoformat(),
        "clock": moment.strftime("%H:%M:%S"),
        "weekday": _WEEKDAYS[moment.weekday()],
        "week": moment.isocalendar().week,
        "day_of_year": moment.timetuple().tm_yday,
        "time_zone": str(moment.tzinfo),
        "utc_offset": _offset(moment),
        "timestamp": int(moment.timestamp()),
    }


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _offset(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")[19:] or "+00:00"


def _zone(name: str) -> tzinfo:
    """The zone of a name. Raises `NotFoundError` with near names."""
    if name.strip().upper() in ("UTC", "Z", "GMT"):
        return UTC
    import zoneinfo  # only for zones elsewhere

    check_length("time_zone", name, _MAX_TEXT)
    try:
        return zoneinfo.ZoneInfo(name.strip().replace(" ", "_"))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise NotFoundError(f"there is no time zone {name[:60]!r}", hint=_similar(name)) from None


def _similar(name: str) -> str:
    import zoneinfo  # as above

    known = zoneinfo.available_timezones()
    if not known:
        return "this machine has no time zones; run: pip install 'llmspell[tools]'"
    word = name.strip().rpartition("/")[2].replace(" ", "_").lower()
    same = sorted(zone for zone in known if word and word in zone.lower())[:_NEAREST]
    return f"did you mean {' or '.join(same)}?" if same else "such as Europe/Paris, America/New_York or Asia/Tokyo"


def _moment(text: str, zone: tzinfo) -> datetime:
    """A date or time as ISO 8601, in the zone unless it has one of its own."""
    check_length("time", text, _MAX_TEXT)
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidValueError(
            f"{text!r} is no date or time", hint="write it as 2025-01-31 or 2025-01-31T14:30 or with +02:00 behind it"
        ) from None
    try:
        return found.replace(tzinfo=zone) if found.tzinfo is None else found.astimezone(zone)
    except OverflowError:
        raise _beyond() from None


def _shifted(moment: datetime, amount: float, unit: str) -> datetime:
    within("add", amount, -_MAX_SHIFT, _MAX_SHIFT)
    try:
        if unit in ("hours", "minutes", "seconds"):  # these pass in the world, the others on the calendar
            passed = moment.astimezone(UTC) + timedelta(seconds=amount * _FIXED[unit])
            return passed.astimezone(moment.tzinfo)
        if unit in _FIXED:
            return moment + timedelta(seconds=amount * _FIXED[unit])
        if amount != int(amount):
            raise InvalidValueError(f"{unit} must be added in whole numbers, not {amount:g}")
        return _by_months(moment, int(amount) * (12 if unit == "years" else 1))
    except (OverflowError, ValueError):
        raise _beyond() from None


def _by_months(moment: datetime, months: int) -> datetime:
    """The same day of another month, or its last day where it is shorter."""
    from calendar import monthrange  # for months alone

    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def _span(start: datetime, end: datetime) -> dict[str, Any]:
    seconds = int((end - start).total_seconds())
    return {
        "seconds": seconds,
        "days": (end.date() - start.date()).days,
        "text": _spoken(seconds),
    }


def _spoken(seconds: int) -> str:
    rest, parts = abs(seconds), []
    for unit in ("days", "hours", "minutes", "seconds"):
        count, rest = divmod(rest, _FIXED[unit])
        if count:
            parts.append(f"{count} {unit if count > 1 else unit[:-1]}")
    told = ", ".join(parts) or "no time"
    return f"{told} ago" if seconds < 0 else told


def _beyond() -> InvalidValueError:
    return InvalidValueError("that is beyond the calendar", hint="it has the years from 1 to 9999")


CLOCK = Spec(
    name="clock",
    description=(
        "Tell the current date and time, or compute with dates. Without arguments it gives the time now in UTC. "
        "`time` starts from another moment, `add` with `unit` moves it, `until` counts the days to another date. "
        'Examples: {"time_zone": "Asia/Tokyo"}; {"time": "2025-01-31", "add": 2, "unit": "weeks"}; '
        '{"until": "2026-12-24"}'
    ),
    parameters={
        "time_zone": 'string?: A zone such as "Europe/Paris" or "America/New_York"; UTC if absent.',
        "time": 'string?: A moment as "2025-01-31" or "2025-01-31T14:30"; now if absent.',
        "add": "number?: How much to add to the moment; below 0 goes back.",
        "unit?": {"type": "string", "enum": list(_UNITS), "description": "The unit of `add`; days if absent."},
        "until": "string?: Another moment; the result says how long it is until then.",
    },
    work=_tell,
    timeout=10,
    example="-p time_zone=Europe/Paris",
)
