"""What lateness costs: from the time of receipt and the due date to points taken off a notebook's score.

Three policies: `NoPenalty`, `PerDay`, `Cutoff`. Each has `penalty(score, due, received)`, where both times carry a
time zone; `parse_policy` reads a policy from words such as "10% per day, grace 15 min, at most 5 days".
"""

import re
from dataclasses import dataclass
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

EXAMPLES = '"none", "cutoff", "cutoff, grace 1 hour", "10% per day, grace 15 min, at most 5 days, in Europe/Berlin"'
_UNITS = {"second": 1, "sec": 1, "s": 1, "minute": 60, "min": 60, "hour": 3600, "h": 3600, "day": 86400, "d": 86400}
_NOTHING = timedelta(0)


@dataclass(frozen=True)
class NoPenalty:
    """Late work counts in full; that it was late is still recorded."""

    def penalty(self, score, due, received):
        """Always 0.0."""
        return 0.0

    def __str__(self):
        return "none"


@dataclass(frozen=True)
class Cutoff:
    """Work received later than `grace` after the due date scores nothing."""

    grace: timedelta = _NOTHING

    def __post_init__(self):
        _check_grace(self.grace)

    def penalty(self, score, due, received):
        """The points to take off: all of `score`, or 0.0; `due` and `received` carry a time zone."""
        return float(score) if _utc(received) - self.grace > _utc(due) else 0.0

    def __str__(self):
        return "cutoff" + _grace_words(self.grace)


@dataclass(frozen=True)
class PerDay:
    """`percent` of the score for each day that has begun since the due date.

    `grace` is taken off the lateness first: with 15 minutes of grace, work that is a day and ten minutes late is one
    day late, not two. The deduction stops growing after `max_days`; None sets no bound but the score itself. Days are
    counted by the clock on the wall in `zone`, so that a deadline at midnight stays at midnight over a change to or
    from daylight saving time; in UTC a day is 24 hours.
    """

    percent: float
    grace: timedelta = _NOTHING
    max_days: int | None = None
    zone: str = "UTC"

    def __post_init__(self):
        _check_grace(self.grace)
        if not 0 < self.percent <= 100:
            raise ValueError(f"percent per day: expected more than 0 and at most 100, got {self.percent:g}")
        if self.max_days is not None and self.max_days < 1:
            raise ValueError(f"at most N days: expected a whole number from 1, got {self.max_days}")
        _zone(self.zone)

    def penalty(self, score, due, received):
        """The points to take off a notebook with this score, at most all of them; both times carry a time zone."""
        days = started_days(due, received - self.grace, _zone(self.zone))
        if self.max_days is not None:
            days = min(days, self.max_days)
        return round(min(1.0, days * self.percent / 100) * float(score), 6)

    def __str__(self):
        most = f", at most {self.max_days} day{'s' * (self.max_days > 1)}" if self.max_days is not None else ""
        zone = f", in {self.zone}" if self.zone != "UTC" else ""
        return f"{self.percent:g}% per day{_grace_words(self.grace)}{most}{zone}"


def started_days(due, received, zone=UTC):
    """How many days have begun at `received` since `due`, by the wall clock in `zone`; 0 if nothing is late.

    >>> from datetime import datetime
    >>> berlin = ZoneInfo("Europe/Berlin")
    >>> due = datetime(2025, 10, 25, 23, 59, tzinfo=berlin)  # the night after, clocks go back by one hour
    >>> received = datetime(2025, 10, 26, 23, 58, tzinfo=berlin)
    >>> started_days(due, received, berlin), started_days(due, received, UTC)
    (1, 2)
    """
    if _utc(received) <= _utc(due):
        return 0
    wall = due.astimezone(zone).replace(tzinfo=None)
    days = max(0, (received.astimezone(zone).replace(tzinfo=None) - wall).days - 1)
    # Two times of one zone would be compared by their clocks, blind to a change of them: compare in UTC.
    while _utc(received) > _utc((wall + timedelta(days=days)).replace(tzinfo=zone)):
        days += 1
    return days


def parse_policy(words):
    """The policy that these words describe; `str(policy)` gives words that describe it.

    >>> parse_policy("10% per day, grace 15 min, at most 5 days")
    PerDay(percent=10.0, grace=datetime.timedelta(seconds=900), max_days=5, zone='UTC')

    Raises:
        ValueError: the words describe no policy; the message names the part and shows examples.
    """
    first, *rest = [" ".join(part.split()) for part in words.split(",")]
    if first.lower() in ("none", "no penalty"):
        return _made(NoPenalty, {}, rest, words)
    if first.lower() in ("cutoff", "zero"):
        return _made(Cutoff, {}, rest, words)
    per_day = re.fullmatch(r"(\d+(?:\.\d+)?) ?% (?:per|a|each) day", first, re.IGNORECASE)
    if not per_day:
        raise ValueError(f'late policy: cannot read "{first}"; expected words such as {EXAMPLES}')
    return _made(PerDay, {"percent": float(per_day[1])}, rest, words)


def _made(kind, values, parts, words):
    for part in parts:
        name, value = _clause(part)
        if name not in kind.__dataclass_fields__:
            raise ValueError(f'late policy: "{part}" does not go with "{words.split(",")[0].strip()}"')
        if name in values:
            raise ValueError(f'late policy: "{part}" says a second time what was said before it')
        values[name] = value
    return kind(**values)


def _clause(part):
    """(field, value) of one part after the first, such as "grace 15 min"."""
    if found := re.fullmatch(r"grace(?: of)? (\d+(?:\.\d+)?) ?([a-z]+)", part, re.IGNORECASE):
        return "grace", _duration(found[1], found[2], part)
    if found := re.fullmatch(r"at most (\d+) days?", part, re.IGNORECASE):
        return "max_days", int(found[1])
    if found := re.fullmatch(r"in (\S+)", part, re.IGNORECASE):
        return "zone", found[1]
    raise ValueError(f'late policy: cannot read "{part}"; expected words such as {EXAMPLES}')


def _duration(number, unit, part):
    seconds = _UNITS.get(unit.lower()) or _UNITS.get(unit.lower().removesuffix("s"))
    if seconds is None:
        raise ValueError(f'late policy: "{unit}" in "{part}" is no unit of time; expected seconds, min, hours or days')
    return timedelta(seconds=float(number) * seconds)


def _check_grace(grace):
    if grace < _NOTHING:
        raise ValueError(f"grace: expected no negative time, got {grace}")


def _grace_words(grace):
    """Such as ", grace 15 min", in the largest unit that leaves a whole number; nothing without grace."""
    seconds = grace.total_seconds()
    for name, size in (("days", 86400), ("hours", 3600), ("min", 60)):
        if seconds and seconds % size == 0:
            return f", grace {seconds / size:g} {name}"
    return f", grace {seconds:g} seconds" if seconds else ""


def _zone(name):
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # a folder, a path that leads elsewhere, an unknown name
        raise ValueError(f'"{name}" is no time zone; expected a name such as Europe/Berlin') from error


def _utc(time):
    if time.tzinfo is None:
        raise ValueError(f"expected a time with a time zone, got {time.isoformat()} without one")
    return time.astimezone(UTC)
